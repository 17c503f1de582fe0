"""Augmentation: each share changes what it says, and the three checks still hold."""

import json
import re
from collections.abc import Iterator

import pytest

from sftctl.core.types import Example, Tool, Toolset
from sftctl.plugins.toolcall import checks
from sftctl.plugins.toolcall.settings import SynthesisConfig
from sftctl.plugins.toolcall.synthesis import synthesize
from sftctl.toolsets import sftctl_toolsets

TOOLS = Toolset("all", "", tuple(tool for toolset in sftctl_toolsets() for tool in toolset.tools))
DESCRIPTIONS = {tool.description: tool for tool in TOOLS.tools}


def made(n: int = 300, **settings: object) -> list[Example]:
    return list(synthesize(TOOLS, n, 5, SynthesisConfig.model_validate({"scene": 5, **settings})))


def functions(examples: list[Example]) -> Iterator[dict[str, dict[str, object]]]:
    """What each example shows, by name."""
    for example in examples:
        yield {spec["function"]["name"]: spec["function"] for spec in example.tools}


@pytest.mark.parametrize("settings", [{"masked": 0.5}])
def test_every_call_fits_what_is_shown_and_what_was_said(settings: dict[str, object]) -> None:
    examples = made(400, **settings)
    assert examples == made(400, **settings)
    assert examples != made(400)
    calls = 0
    for example, shown in zip(examples, functions(examples), strict=True):
        assert len(shown) == len(example.tools)
        said = "\n".join(str(message["content"]) for message in example.messages if message["role"] == "user")
        for message in example.messages:
            for call in message.get("tool_calls") or ():
                function = shown[call["function"]["name"]]
                arguments = json.loads(call["function"]["arguments"])
                assert checks.schema_error(Tool(function["name"], "", function["parameters"]), arguments) == ""
                assert checks.unsupported(arguments, said) == ""
                calls += 1
    assert calls > 200


def test_masked_names_say_nothing_and_keep_their_descriptions() -> None:
    shown = [function for functions_ in functions(made(masked=1)) for function in functions_.values()]
    assert all(re.fullmatch(r"[a-z]+_?(\d+|[a-z])", function["name"]) for function in shown)
    assert all(function["description"] in DESCRIPTIONS for function in shown)
    names = {function["name"] for function in shown}
    some = [name in names for functions_ in functions(made(masked=0.5)) for name in functions_]
    assert 0.3 < sum(some) / len(some) < 0.7
