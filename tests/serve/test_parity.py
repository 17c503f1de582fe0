"""Train/serve parity: over HTTP, a conversation reaches the engine as the very tokens that a trainer is given."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fakes import ScriptedEngine
from openai.types.chat import ChatCompletionMessage
from serving import script

from sftctl.core.manager import plugin_manager
from sftctl.core.stages.rendering import render_all
from sftctl.core.tools.toolset import load_toolset
from sftctl.core.types import IGNORED, Example, Message, Rendered
from sftctl.serve.app import create_app
from sftctl.serve.chat import ChatModel
from sftctl.serve.server import running
from sftctl.serve.service import Service

PLUGINS = plugin_manager()


@pytest.fixture(scope="module", params=["hermes", "outline"])
def model(request: pytest.FixtureRequest, tokenizer: Any) -> ChatModel:
    engine = ScriptedEngine(tokenizer, script, capabilities=frozenset())
    return ChatModel("base", engine, PLUGINS.chat_formats()[request.param], tokenizer)


@pytest.fixture(scope="module")
def served(model: ChatModel) -> Iterator[str]:
    with running(create_app(PLUGINS, Service([model]))) as base_url:
        yield base_url


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    toolset = load_toolset(PLUGINS, ["all"])
    make = PLUGINS.synthesizers()["toolcall"]
    return list(make.synthesize(toolset, 100, 7, make.config()))


@pytest.fixture(scope="module")
def rows(model: ChatModel, examples: list[Example]) -> list[Rendered]:
    """What a trainer is given."""
    found = render_all(examples, model.chat_format, model.tokenizer, None, lambda event: None)
    assert len(found) == len(examples)
    return found


def prompt_of(url: str, model: ChatModel, example: Example, messages: list[Message]) -> list[int]:
    """The tokens that the engine is asked to go on from."""
    body: dict[str, Any] = {"model": "base", "messages": messages, "max_tokens": 1}
    body |= {"tools": list(example.tools)} if example.tools else {}
    response = httpx.post(f"{url}/chat/completions", json=body)
    assert response.status_code == 200, response.text
    engine: Any = model.engine
    return list(engine.requests[-1].prompt)


def test_a_hundred_conversations(served: str, model: ChatModel, examples: list[Example], rows: list[Rendered]) -> None:
    assert len({example.category for example in examples}) > 4
    for example, row in zip(examples, rows, strict=True):
        prompt = prompt_of(served, model, example, list(example.messages[:-1]))
        assert row.input_ids[: len(prompt)] == prompt
        learned = [label != IGNORED for label in row.labels[len(prompt) :]]
        assert learned[0], "what is learned begins where the prompt ends"
        assert learned == sorted(learned, reverse=True), "and has no gaps"


def test_what_the_server_answers_is_sent_back_as_what_was_learned(
    served: str, model: ChatModel, examples: list[Example], rows: list[Rendered]
) -> None:
    """The learned tokens, decoded and parsed as an answer, in the client's own dress, make the same prompt again."""
    for example, row in zip(examples[:40], rows, strict=False):
        start = len(model.chat_format.prompt(example.messages[:-1], example.tools, model.tokenizer))
        learned = [label for label in row.labels[start:] if label != IGNORED]
        said = model.chat_format.parse(model.tokenizer.decode(learned[:-1], skip_special_tokens=False))
        for at, call in enumerate(said.get("tool_calls", ())):
            call["id"] = f"call_{at}"
        dressed = ChatCompletionMessage.model_validate(said).model_dump()
        results = [{"role": "tool", "tool_call_id": each["id"], "content": ""} for each in said.get("tool_calls", ())]
        messages = [*example.messages[:-1], dressed, *results, {"role": "user", "content": "And then?"}]
        prompt = prompt_of(served, model, example, messages)
        assert prompt[: start + len(learned)] == row.input_ids[: start + len(learned)]
