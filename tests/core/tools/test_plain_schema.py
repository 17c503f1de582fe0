"""The short cut through plain schemas agrees with the long way."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sftctl.core.tools.plain_schema import fits, is_plain, is_plain_object
from sftctl.core.types import Json, Tool
from sftctl.plugins.toolcall.checks import schema_error

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xy"), inner, max_size=2),
    max_leaves=6,
)
KINDS = st.sampled_from(["object", "array", "string", "number", "integer", "boolean", "null"])
BOUNDS = st.integers(-2, 2) | st.floats(-2, 2)
SIZES = st.integers(0, 2)
LEAVES = {
    "type": KINDS,
    "enum": st.lists(st.sampled_from(["a", "b", 1, 0, 2.5]), min_size=1),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), BOUNDS),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), SIZES),
}
SCHEMAS = st.recursive(
    st.fixed_dictionaries({}, optional=LEAVES),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": KINDS,
            "properties": st.dictionaries(st.sampled_from("xy"), inner, max_size=2),
            "required": st.lists(st.sampled_from("xy"), unique=True),
            "additionalProperties": st.booleans() | inner,
            "items": inner,
            "title": st.just("t") | st.just(7),
            "pattern": st.just("a"),
        },
    ),
    max_leaves=5,
)


@settings(deadline=None)
@given(SCHEMAS, VALUES)
def test_a_quick_yes_is_never_wrong(schema: dict[str, Json], value: Json) -> None:
    if is_plain(schema):
        Draft202012Validator.check_schema(schema)
    if fits(schema, value):
        assert Draft202012Validator(schema).is_valid(value), json.dumps([schema, value])


PLAIN = st.fixed_dictionaries({}, optional=LEAVES | {"items": st.fixed_dictionaries({}, optional=LEAVES)})


@settings(deadline=None)
@given(PLAIN, VALUES)
@example({"enum": [1]}, True)
@example({"type": "integer"}, 2.0)
def test_a_no_is_wrong_of_whole_numbers_and_truth_values_alone(schema: dict[str, Json], value: Json) -> None:
    assert is_plain(schema)
    careful = any(isinstance(inner, float | bool) for inner in (value if isinstance(value, list) else [value]))
    if not fits(schema, value) and not careful:
        assert not Draft202012Validator(schema).is_valid(value), json.dumps([schema, value])


@settings(deadline=None)
@given(SCHEMAS, st.dictionaries(st.sampled_from("xy"), VALUES, max_size=2))
def test_the_check_of_a_call_is_as_strict_as_jsonschema(schema: dict[str, Json], arguments: dict[str, Json]) -> None:
    unknown = set(arguments) - set(schema.get("properties", {}))
    valid = Draft202012Validator(schema).is_valid(arguments) and not unknown
    assert (schema_error(Tool("t", "", schema), arguments) == "") == valid


BOOK = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "Where.", "minLength": 2, "examples": ["Oslo"]},
        "nights": {"type": "integer", "minimum": 1, "maximum": 30, "default": 1},
    },
    "required": ["city"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("arguments", "fitting"),
    [
        ({"city": "Oslo"}, True),
        ({"city": "Oslo", "nights": 30}, True),
        ({"city": "O"}, False),
        ({"nights": 2}, False),
        ({"city": "Oslo", "nights": 31}, False),
        ({"city": "Oslo", "nights": 0}, False),
        ({"city": "Oslo", "nights": True}, False),
        ({"city": "Oslo", "stars": 5}, False),
    ],
)
def test_the_short_cut_is_taken(arguments: dict[str, Json], fitting: bool) -> None:
    assert is_plain_object(BOOK)
    assert fits(BOOK, arguments) == fitting


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "objekt"},
        {"type": ["string", "null"]},
        {"minimum": "1"},
        {"minLength": -1},
        {"type": 5},
        {"enum": "b"},
        {"properties": ["x"]},
        {"required": "x"},
        {"properties": ["x"], "additionalProperties": False},
        {"additionalProperties": False, "properties": ["x"]},
        {"required": ["x", "x"]},
        {"enum": [None]},
        {"pattern": "a"},
        {"properties": {"x": {"pattern": "a"}}},
        {"additionalProperties": {"type": "string"}},
        True,
    ],
)
def test_what_is_not_plain_goes_the_long_way(schema: Json) -> None:
    assert not is_plain(schema) and not fits(schema, {"x": "b"})
