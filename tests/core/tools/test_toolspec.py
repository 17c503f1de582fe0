"""Tools as people spell them → proper JSON Schema; nulls that Arrow filled in, gone; deliberate ones, kept."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sftctl.core.errors import DataError
from sftctl.core.tools.toolspec import object_schema, schema_of_type, spec_of, without_filled_nulls

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "function", "function": {"name": "f", "description": "F.", "parameters": CITY}},
        {"name": "f", "description": "F.", "parameters": CITY},
        {"name": "f", "description": "F.", "input_schema": CITY},
        {"name": "f", "description": "F.", "inputSchema": CITY, "annotations": {}},
        {"name": "f", "description": "F.", "parameters": {"city": {"type": "str"}}},
        {"name": "f", "description": "F.", "parameters": {**CITY, "type": "dict"}, "required": None},
        {"api_name": "f", "api_description": "F.", "parameters": {"city": {"type": "str"}}, "required": ["city"]},
        {"name": "f", "description": "F.", "parameters": {**CITY, "required": None}, "required": ["city"]},
    ],
    ids=["openai", "bare", "anthropic", "mcp", "xlam", "toolace", "seal-tools", "required beside"],
)
def test_every_spelling_is_the_same_tool(tool: Any) -> None:
    expected = {"name": "f", "description": "F.", "parameters": CITY}
    assert spec_of(tool) == {"type": "function", "function": expected}


def test_a_tool_without_parameters_takes_none() -> None:
    empty = {"type": "object", "properties": {}}
    assert spec_of({"name": "f", "type": "api"})["function"] == {"name": "f", "parameters": empty}
    assert spec_of({"name": "f"})["function"] == {"name": "f", "parameters": empty}
    assert spec_of({"name": "f", "parameters": {"type": "object"}, "strict": True})["function"]["strict"] is True


def test_a_property_may_be_true_or_the_name_of_its_type() -> None:
    given = {"a": True, "b": "str", "c": False, "d": None, "e": {"type": "int"}}
    schema = object_schema({"type": "object", "properties": given, "required": ["a"]})
    types = {"a": {}, "b": {"type": "string"}, "c": {"not": {}}, "e": {"type": "integer"}}
    assert schema == {"type": "object", "properties": types, "required": ["a"]}
    with pytest.raises(DataError, match="described by an object or the name of its type, not by 7"):
        object_schema({"type": "object", "properties": {"a": 7}})


@pytest.mark.parametrize("tool", ["f", {"description": "F."}, {"name": ""}, {"name": "f", "parameters": [1]}])
def test_what_is_no_tool_is_refused(tool: Any) -> None:
    with pytest.raises(DataError):
        spec_of(tool)


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("str", {"type": "string"}),
        ("int, optional", {"type": "integer"}),
        ("float (optional)", {"type": "number"}),
        ("List[str]", {"type": "array", "items": {"type": "string"}}),
        ("typing.List[typing.Dict[str, int]]", {"type": "array", "items": {"type": "object"}}),
        (
            "Tuple[float, float]",
            {"type": "array", "prefixItems": [{"type": "number"}] * 2, "minItems": 2, "maxItems": 2},
        ),
        ("Tuple[int, ...]", {"type": "array", "items": {"type": "integer"}}),
        ("Optional[int]", {"type": ["integer", "null"]}),
        ("Union[int, float], optional", {"type": ["integer", "number"]}),
        ("int or str", {"type": ["integer", "string"]}),
        ("List[int] | None", {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]}),
        ("Literal['a', 'b', 3]", {"enum": ["a", "b", 3]}),
        ("Callable[[float], float]", {}),
        ("any", {}),
        ("Union[str, Any]", {}),
        ("list", {"type": "array"}),
    ],
)
def test_types_in_words(text: str, schema: Any) -> None:
    assert schema_of_type(text) == schema


@given(st.text(alphabet="strintListDcOpUnal[],| ().'3", max_size=30))
def test_any_words_give_a_valid_schema(text: str) -> None:
    Draft202012Validator.check_schema(schema_of_type(text))


def test_parameters_without_a_schema_around_them() -> None:
    described = {
        "type": {"type": "str", "description": "A parameter that is named type.", "choices": ["a", "b"]},
        "days": {"type": "int, optional", "example": 3},
        "unit": {"type": "str", "default": "C"},
        "properties": "float",
        "filled": None,
    }
    assert object_schema(described) == {
        "type": "object",
        "properties": {
            "type": {"type": "string", "description": "A parameter that is named type.", "enum": ["a", "b"]},
            "days": {"type": "integer", "examples": [3]},
            "unit": {"type": "string", "default": "C"},
            "properties": {"type": "number"},
        },
        "required": ["type", "properties"],
    }


def test_a_property_may_be_the_name_of_its_type_or_anything() -> None:
    given = {"type": "object", "properties": {"x": True, "y": "list[int]", "z": None}, "required": ["x"]}
    integers = {"type": "array", "items": {"type": "integer"}}
    assert object_schema(given) == {"type": "object", "properties": {"x": {}, "y": integers}, "required": ["x"]}


def test_a_schema_loses_nulls_and_foreign_names_at_every_depth() -> None:
    inner = {"type": "dict", "properties": {"x": {"type": "float", "enum": None}, "other_tools": None}, "items": None}
    schema = object_schema({"type": "object", "properties": {"a": {"type": "list", "items": inner}}, "required": ["a"]})
    assert schema == {
        "type": "object",
        "properties": {
            "a": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "number"}}}},
        },
        "required": ["a"],
    }


# ---------------------------------------------------------------- nulls


def test_filled_nulls_go_and_deliberate_ones_stay() -> None:
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "until": {"type": ["string", "null"]},
            "unit": {"enum": ["C", None]},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "old": {"type": "string", "nullable": True},
            "place": {"type": "object", "properties": {"lat": {"type": "number"}, "name": {"type": "null"}}},
            "stops": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "integer"}}}},
            "any": {},
        },
    }
    kept = {"until": None, "unit": None, "note": None, "old": None}
    given = kept | {"city": None, "any": None, "of_another_tool": None, "place": {"lat": None, "name": None, "z": None}}
    given |= {"stops": [{"x": 1, "y": None}, {"x": None}]}
    assert without_filled_nulls(given, schema) == kept | {"place": {"name": None}, "stops": [{"x": 1}, {}]}


def test_nothing_is_dropped_where_no_schema_speaks() -> None:
    given = {"a": None, "b": {"c": None}}
    assert without_filled_nulls(given, None) == given
    assert without_filled_nulls(given, {"type": "object"}) == given
    assert without_filled_nulls({"a": None}, {"properties": {}, "additionalProperties": {"type": "null"}}) == {
        "a": None
    }
