"""Augmentation: each share changes what it says, and the three checks still hold."""

import json
import random
import re
from collections.abc import Iterator

import pytest
from jsonschema import Draft202012Validator

from sftctl.core.types import Example, Tool, Toolset
from sftctl.plugins.toolcall import checks
from sftctl.plugins.toolcall.describing import reworded
from sftctl.plugins.toolcall.disguise import without_some
from sftctl.plugins.toolcall.notation import respelled
from sftctl.plugins.toolcall.phrasing import parse
from sftctl.plugins.toolcall.registry import registry
from sftctl.plugins.toolcall.requests import ask
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


@pytest.mark.parametrize(
    "settings",
    [
        {"masked": 0.5},
        {"reworded": 1},
        {"spellings": 1},
        {"dropped": 0.6},
        {"masked": 0.3, "reworded": 0.5, "spellings": 0.5, "dropped": 0.3, "composed": 0.4},
    ],
)
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


def tool(description: str, **properties: object) -> Tool:
    return Tool("t", description, {"type": "object", "properties": properties, "required": ["a"]})


def test_a_description_is_reworded_by_the_form_of_its_verb() -> None:
    rng = random.Random(0)
    said = {reworded(tool("Carry out and log a check."), rng).description.removesuffix(".") for _ in range(300)}
    assert {"Carries out and log a check", "Use this to carry out and log a check"} & said
    said = {reworded(tool("Search and rank the shops."), rng).description.removesuffix(".") for _ in range(300)}
    assert "This function searches and ranks the shops" in said
    assert "Use this to search and rank the shops" in said
    assert {reworded(tool(text), rng).description for text in ["Weather for a city.", ""] for _ in range(50)} == {
        "Weather for a city.",
        "",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Length of the base.", {"The length of the base", "Specifies the length of the base"}),
        ("Whether to clean up.", {"Specifies whether to clean up", "Determines whether to clean up"}),
        ('The crop, e.g. "wheat".', {"The crop", "Defines the crop"}),
        ("ISO code (such as EUR).", {"The ISO code", "Sets the ISO code"}),
        ("True to switch on.", {"True to switch on"}),
    ],
)
def test_a_parameter_is_described_in_other_words(text: str, expected: set[str]) -> None:
    rng = random.Random(0)
    before = tool("Do it.", a={"type": "string", "description": text})
    after = [reworded(before, rng).properties["a"]["description"].removesuffix(".") for _ in range(300)]
    assert expected <= set(after)
    assert not any("the the" in said.lower() or "the whether" in said or "the true" in said for said in after)


def test_other_spellings_accept_what_the_schema_accepts() -> None:
    rng = random.Random(0)
    written = set()
    for original in (*TOOLS.tools, *registry(300, 1)):
        shown = respelled(original, rng)
        call = ask(original, rng).calls[0]
        assert checks.schema_error(shown, call) == ""
        assert checks.schema_error(shown, {}) == checks.schema_error(original, {})
        Draft202012Validator.check_schema(shown.parameters)
        written |= {key for schema in shown.properties.values() for key in schema}
        written |= {json.dumps(schema.get("type")) for schema in shown.properties.values()}
        written |= {"closed"} if shown.parameters.get("additionalProperties") is False else set()
    assert written >= {"anyOf", "nullable", "title", "exclusiveMinimum", '["string", "null"]', "closed"}


def test_null_is_accepted_for_what_is_optional_alone() -> None:
    rng = random.Random(1)
    original = tool("Do it.", a={"type": "integer"}, b={"type": "string", "enum": ["x", "y"]})
    verdicts = set()
    for _ in range(200):
        shown = respelled(original, rng)
        assert checks.schema_error(shown, {"a": None}) != ""
        assert checks.schema_error(shown, {"a": 1, "b": "z"}) != ""
        verdicts.add(checks.schema_error(shown, {"a": 1, "b": None}) == "")
    assert verdicts == {True, False}


def test_dropped_parameters_are_those_that_no_request_speaks_of() -> None:
    whole, less = made(dropped=0), made(dropped=0.6)
    sizes = [
        sum(len(f["parameters"]["properties"]) for shown in functions(examples) for f in shown.values())  # type: ignore[index]
        / sum(map(len, functions(examples)))
        for examples in (whole, less)
    ]
    assert sizes[1] < 0.85 * sizes[0]
    for original in TOOLS.tools:
        rest = without_some(original, 1, random.Random(0))
        assert set(rest.required) == set(original.required)
        assert bool(rest.asks) == bool(original.asks)
        gone = set(original.properties) - set(rest.properties)
        assert not any(gone & parse(template).spoken(rest.properties) for template in rest.asks)
