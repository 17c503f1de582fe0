"""Arguments in the types of their schemas, where nothing is lost by it."""

from typing import Any

import pytest

from sftctl.core.tools.casting import cast, fitted
from sftctl.core.types import Example, Json, tool_call


@pytest.mark.parametrize(
    ("value", "kind", "becomes"),
    [
        ("2003", "integer", 2003),
        ("-5", "integer", -5),
        ("2.5", "integer", "2.5"),
        ("007", "integer", "007"),  # more than a number
        ("1,000", "integer", "1,000"),
        (" 5", "integer", " 5"),
        ("five", "integer", "five"),
        ("", "integer", ""),
        ("2.50", "number", 2.5),
        ("1e3", "number", 1000.0),
        ("NaN", "number", "NaN"),
        ("True", "boolean", True),
        ("false", "boolean", False),
        ("yes", "boolean", "yes"),
        (90210, "string", "90210"),
        (1.50, "string", 1.5),  # how it was written is not known
        (True, "string", True),
        (True, "integer", True),
        ("5", "string", "5"),
        ("5", ["integer", "string"], "5"),
        ("5", ["integer", "null"], 5),
        ("five", ["integer", "null"], "five"),
        (None, ["integer", "null"], None),
        ("true", ["number", "boolean"], True),
        ("5", None, "5"),
    ],
)
def test_one_value(value: Json, kind: Any, becomes: Json) -> None:
    made = fitted(value, {"type": kind} if kind else {})
    assert (type(made), made) == (type(becomes), becomes)


def test_values_inside_others() -> None:
    number = {"type": "number"}
    schema = {
        "type": "object",
        "properties": {"a": {"type": "array", "items": number}, "b": {"type": "object", "properties": {"c": number}}},
    }
    assert fitted({"a": ["1", "x", 2], "b": {"c": "3"}, "d": "4"}, schema) == {
        "a": [1, "x", 2],
        "b": {"c": 3},
        "d": "4",
    }
    assert fitted({"a": ["1"]}, {"properties": {"a": True}}) == {"a": ["1"]}
    several = {"anyOf": [{"type": "null"}, schema | {"type": ["null", "object"]}, {"enum": ["1"]}]}
    assert fitted({"a": ["1"]}, several) == {"a": [1]}
    assert fitted("1", several) == "1"
    assert fitted("1", {"oneOf": [number, {"type": "null"}]}) == 1
    assert fitted("1", {"anyOf": [number, {}]}) == "1"


def test_the_calls_of_an_example() -> None:
    nights = {"type": "object", "properties": {"nights": {"type": "integer"}}}
    tools: Any = ({"type": "function", "function": {"name": "book", "parameters": nights}},)
    broken: Any = {"id": "", "type": "function", "function": {"name": "book", "arguments": "{"}}
    calls = [tool_call("book", {"nights": "2"}), tool_call("fly", {"nights": "2"}), broken]
    said = ({"role": "user", "content": "2 nights"}, {"role": "assistant", "content": None, "tool_calls": calls})
    made = cast(Example(said, tools))
    assert made.messages[0] == said[0]
    assert made.messages[1]["tool_calls"] == [tool_call("book", {"nights": 2}), *calls[1:]]
    assert calls[0] == tool_call("book", {"nights": "2"})  # the row itself is as it was
