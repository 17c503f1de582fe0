"""The live proof, with a scripted model behind a real server."""

from collections.abc import Iterator
from typing import Any

import pytest
from fakes import ScriptedEngine

from sftctl.core.errors import DataError
from sftctl.core.manager import Plugins
from sftctl.core.types import Tool, Toolset
from sftctl.plugins.hermes import Hermes
from sftctl.serve.app import create_app
from sftctl.serve.chat import ChatModel
from sftctl.serve.proof import prove
from sftctl.serve.server import running
from sftctl.serve.service import Service


def area(width: float, height: float) -> float:
    if width < 0:
        raise ValueError("negative")
    return width * height


NUMBER = {"type": "number"}
SCHEMA = {
    "type": "object",
    "properties": {"width": NUMBER, "height": NUMBER},
    "required": ["width", "height"],
}
TOOLS = Toolset("geometry", "areas", (Tool("area", "Area of a rectangle.", SCHEMA, run=area),))
ANSWERS = {
    "right": '{"name": "area", "arguments": {"width": 2, "height": 3}}',
    "mistyped": '{"name": "area", "arguments": {"width": "2", "height": 3}}',
    "raising": '{"name": "area", "arguments": {"width": -2, "height": 3}}',
    "unknown": '{"name": "volume", "arguments": {}}',
}


def script(prompt: str) -> str:
    if "<tool_response>" in prompt:
        return "It is 6." if "\n6\n" in prompt else "Sorry."
    asked = prompt.rpartition("<|im_start|>user\n")[2].partition("<|im_end|>")[0]
    return f"<tool_call>\n{ANSWERS[asked]}\n</tool_call>" if asked in ANSWERS else "No idea."


@pytest.fixture(scope="module")
def url(tokenizer: Any) -> Iterator[str]:
    model = ChatModel("tuned", ScriptedEngine(tokenizer, script, capabilities=frozenset()), Hermes(), tokenizer)
    with running(create_app(Plugins(), Service([model]))) as base_url:
        yield base_url


def test_a_call_that_is_right(url: str) -> None:
    proof = prove(url, "tuned", TOOLS, "right", ["area"])
    assert (proof.ok, proof.reason, proof.answer) == (True, "", "It is 6.")
    assert [message["role"] for message in proof.transcript] == ["user", "assistant", "tool", "assistant"]
    assert proof.transcript[2]["content"] == "6"


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("mistyped", "'2' is not of type 'number'"),
        ("raising", "ValueError: negative"),
        ("unknown", "no tool 'volume'"),
        ("silent", "called no tool"),
    ],
)
def test_mistakes_are_recorded(url: str, query: str, reason: str) -> None:
    proof = prove(url, "tuned", TOOLS, query, ["area"])
    assert not proof.ok
    assert reason in proof.reason
    assert proof.transcript[-1]["role"] == "assistant"


def test_a_service_that_fails_is_recorded(url: str) -> None:
    proof = prove(url, "nobody", TOOLS, "right", ["area"])
    assert (proof.ok, proof.answer) == (False, "")
    assert "does not exist" in proof.reason


def test_an_unknown_tool_is_the_callers_mistake(url: str) -> None:
    with pytest.raises(DataError, match=r"has no tool 'aera'\. Did you mean 'area'"):
        prove(url, "tuned", TOOLS, "right", ["aera"])
