"""When two calls are equal, and when an answer says what a tool result does."""

import json
from typing import Any

import pytest

from sftctl.plugins.toolcall.compare import missing_facts, normal
from sftctl.plugins.toolcall.mistakes import call_mistake

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
UNITS = {"enum": ["celsius", "fahrenheit"]}
CONVERT = {
    "amounts": {"type": "array", "items": {"type": "number"}},
    "to": {"type": "string"},
    "markets": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    "digits": {"type": "integer", "description": "Digits of the result. Default is 2."},
    "exact": {"type": "boolean", "description": "No rounding (default: False)"},
    "by": {"type": "string", "description": "Whose rates; defaults to 'ECB'."},
}


def mistake(expected: dict[str, Any], given: dict[str, Any], properties: dict[str, Any], **more: Any) -> str:
    """The mistake in a call of a tool whose parameters have these schemas; empty if the two are equal."""
    return call_mistake([("f", expected)], [("f", given)], {"f": {"properties": properties, **more}})


def of_one(expected: Any, given: Any, schema: Any, **more: Any) -> str:
    return mistake({"a": expected}, {"a": given}, {"a": schema}, **more)


@pytest.mark.parametrize(
    "more",
    [
        {"amounts": [5.0, 7.5000000000001]},
        {"markets": ["Oslo", "Rome", "Bonn"]},
        {"digits": 2},
        {"exact": False, "by": "ECB"},
    ],
)
def test_numbers_sets_and_defaults_in_words_are_compared_fairly(more: dict[str, Any]) -> None:
    expected = {"amounts": [5, 7.5], "to": "EUR", "markets": ["Bonn", "Oslo", "Rome"]}
    assert mistake(expected, expected | more, CONVERT) == ""


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"amounts": [5, 7.500001]}, "wrong_value"),
        ({"amounts": [12345678901, 7.5]}, "wrong_value"),
        ({"amounts": [12345678902.5, 7.5]}, "wrong_value"),
        ({"markets": ["Bonn", "Oslo", "Oslo"]}, "wrong_value"),
        ({"digits": 3}, "extra_argument"),
        ({"exact": True}, "extra_argument"),
        ({"by": "Fed"}, "extra_argument"),
    ],
)
def test_and_no_further(more: dict[str, Any], kind: str) -> None:
    expected = {"amounts": [5, 7.5], "to": "EUR", "markets": ["Bonn", "Oslo"]}
    if more.get("amounts", [0])[0] > 5:
        expected["amounts"] = [12345678902, 7.5]
    assert mistake(expected, expected | more, CONVERT) == kind


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("caf\u00e9", "cafe\u0301"),
        ("O'Hare", "O’Hare"),
        ("ABC 1", "ＡＢＣ\u00a01"),
        ("-5 degrees", "−5 degrees"),
        (12345678.5, 12345678.500000001),
        (1234567890.5, 1234567890.5000001),
    ],
)
def test_what_is_equal(left: Any, right: Any) -> None:
    assert normal(left, {}) == normal(right, {})


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, True),
        (5, "5"),
        (0, False),
        (None, ""),
        ([1, 2], [2, 1]),
        ("?", "!"),
        (1234567890.5, 1234567893.5),
        (1234567890.5, 1234567890),
    ],
)
def test_what_is_not_equal(left: Any, right: Any) -> None:
    assert normal(left, {}) != normal(right, {})


# ---------------------------------------------------------------- schemas


@pytest.mark.parametrize(
    ("schema", "more"),
    [
        (UNITS, {}),
        ({"const": "celsius"}, {}),
        ({"$ref": "#/$defs/Unit"}, {"$defs": {"Unit": UNITS}}),
        (
            {"$ref": "#/$defs/Again", "description": "A unit."},
            {"$defs": {"Again": {"$ref": "#/$defs/Unit"}, "Unit": UNITS}},
        ),
        ({"$ref": "#/definitions/a~1b"}, {"definitions": {"a/b": UNITS}}),
        ({"allOf": [{"description": "A unit."}, UNITS]}, {}),
        ({"anyOf": [UNITS, {"type": "null"}]}, {}),
        ({"anyOf": [{"type": "null"}, {"$ref": "#/$defs/Unit"}]}, {"$defs": {"Unit": {**UNITS, "type": "string"}}}),
        ({"oneOf": [{"type": "integer"}, {"const": "celsius"}]}, {}),
    ],
)
def test_case_counts_in_what_the_schema_lists_wherever_it_does(schema: dict[str, Any], more: dict[str, Any]) -> None:
    assert of_one("celsius", "celsius", schema, **more) == ""
    assert of_one("celsius", "CELSIUS", schema, **more) == "wrong_case"
    for outer in ({"items": schema}, {"anyOf": [{"type": "array", "items": schema}, {"type": "null"}]}):
        assert of_one(["celsius"], ["CELSIUS"], outer, **more) == "wrong_case"
    for outer in ({"additionalProperties": schema}, {"properties": {"k": schema}}):
        assert of_one({"k": "celsius"}, {"k": "CELSIUS"}, outer, **more) == "wrong_case"


def test_a_value_that_is_listed_is_not_one_in_free_text() -> None:
    assert of_one("celsius", "CELSIUS", {"anyOf": [UNITS, TEXT]}) == "wrong_case"
    lamp = {"properties": {"kind": {"const": "lamp"}, "unit": TEXT}}
    oven = {"properties": {"kind": {"const": "oven"}, "unit": UNITS}}
    expected = {"kind": "oven", "unit": "celsius"}
    for given, kind in ((expected, ""), (expected | {"unit": "CELSIUS"}, "wrong_case")):
        assert of_one(expected, given, {"anyOf": [lamp | {"type": "object"}, oven | {"type": "object"}]}) == kind


@pytest.mark.parametrize(
    "schema",
    [
        TEXT,
        {"anyOf": [UNITS, TEXT]},
        {"$ref": "#/$defs/Nowhere"},
        {"$ref": "elsewhere.json"},
        {"$ref": "#"},
        {"$ref": "#/properties/a"},
        {"anyOf": [{"$ref": "#/properties/a"}, {"type": "null"}]},
        {"allOf": [{"$ref": "#/properties/a"}]},
        {"anyOf": [{"type": 5}, {"minLength": "x"}]},
        True,
        None,
    ],
)
def test_and_not_in_free_text(schema: Any) -> None:
    assert of_one("Paris", "PARIS", schema) == ""
    assert of_one("Paris", "Rome", schema) == "wrong_value"


POINT = {"type": "object", "properties": {"x": NUMBER, "y": NUMBER | {"default": 2}}, "required": ["x"]}


@pytest.mark.parametrize(
    "schema", [POINT, {"$ref": "#/$defs/P"}, {"anyOf": [{"$ref": "#/$defs/P"}, {"type": "null"}]}, {"allOf": [POINT]}]
)
def test_a_default_may_be_left_out_wherever_it_is_said(schema: dict[str, Any]) -> None:
    for expected, given, kind in (
        ({"x": 1, "y": 2}, {"x": 1}, ""),
        ({"x": 1}, {"x": 1, "y": 2}, ""),
        ({"x": 1}, {"x": 1, "y": 3}, "wrong_value"),
        ({"x": 1, "y": 2}, {"y": 2}, "wrong_value"),
    ):
        assert of_one(expected, given, schema, **{"$defs": {"P": POINT}}) == kind


def test_a_set_has_no_order_wherever_it_is_one() -> None:
    numbers = {"type": "array", "uniqueItems": True}
    for schema in (numbers, {"anyOf": [numbers, {"type": "null"}]}, {"$ref": "#/$defs/S"}):
        assert of_one([1, 2], [2, 1], schema, **{"$defs": {"S": numbers}}) == ""
    assert of_one([1, 2], [2, 1], {"anyOf": [{"type": "array"}, {"type": "null"}]}) == "wrong_value"


def test_a_schema_that_refers_to_itself_is_followed_as_deep_as_the_value() -> None:
    tree = {"properties": {"name": UNITS, "in": {"$ref": "#/$defs/T"}}}
    inner = {"in": {"in": {"name": "celsius"}}}
    assert of_one(inner, inner, {"$ref": "#/$defs/T"}, **{"$defs": {"T": tree}}) == ""
    other = {"in": {"in": {"name": "Celsius"}}}
    assert of_one(inner, other, {"$ref": "#/$defs/T"}, **{"$defs": {"T": tree}}) == "wrong_case"


@pytest.mark.parametrize("odd", [{"properties": None}, {"required": None}, {"required": True}])
def test_a_schema_that_is_none_says_nothing(odd: dict[str, Any]) -> None:
    schemas = {"f": {"properties": {"a": NUMBER}, **odd}}
    assert call_mistake([("f", {"a": 1})], [("f", {"a": 1})], schemas) == ""
    assert call_mistake([("f", {"a": 1})], [("f", {"a": 2})], schemas) == "wrong_value"


# ---------------------------------------------------------------- defaults


def test_a_default_that_is_written_out_is_an_argument_like_others() -> None:
    schema = {"properties": {"city": {"type": "string"}, "days": {"type": "integer", "default": 3}}}

    def kind(expected: dict[str, Any], given: dict[str, Any]) -> str:
        return call_mistake([("f", expected)], [("f", given)], {"f": schema})

    oslo = {"city": "Oslo"}
    assert kind(oslo | {"days": 3}, oslo) == kind(oslo, oslo | {"days": 3}) == ""
    assert kind(oslo | {"days": 3}, oslo | {"days": 4}) == "wrong_value", "it was asked for"
    assert kind(oslo | {"days": 4}, oslo | {"days": 3}) == "wrong_value"
    assert kind(oslo | {"days": 3}, {"city": 3, "days": "Oslo"}) == "swapped_values"
    assert kind(oslo, oslo | {"days": 4}) == "extra_argument"
    assert kind(oslo | {"days": 4}, oslo) == "missing_argument"


@pytest.mark.parametrize(
    "said",
    [
        "Rows. Default is 10.",
        "Rows (default: 10)",
        "Optional, defaults to 10 if omitted.",
        "(default: 10) Number of rows",
        "(default 10) Number of rows",
        "Rows. By default 10.",
        "Rows, by default 10, at most 50.",
        "Rows. Default 10",
        "Default=10; at most 50",
        "Default = 10. At most 50.",
        "The default for rows: Default value is 10.",
    ],
)
@pytest.mark.parametrize("schema", [NUMBER, {"type": ["integer", "null"]}, {"anyOf": [NUMBER, {"type": "null"}]}, {}])
def test_a_default_is_heard_in_words(said: str, schema: dict[str, Any]) -> None:
    for value, kind in ((10, ""), (50, "extra_argument"), (None, "extra_argument")):
        assert mistake({}, {"a": value}, {"a": schema | {"description": said}}) == kind
    if schema == NUMBER:
        assert mistake({}, {"a": "10"}, {"a": NUMBER | {"description": said}}) == "extra_argument"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (TEXT | {"description": "A city. Default is St. Louis."}, "St. Louis"),
        (TEXT | {"description": "A city. Default is 'Paris, France'."}, "Paris, France"),
        (TEXT | {"description": "A unit (default km) of length"}, "km"),
        ({"type": ["string", "null"], "description": "A unit. Default is km."}, "km"),
        ({"enum": ["km", "mi"], "description": "A unit. Default is 'km'."}, "km"),
        ({"type": "boolean", "description": "Exactly? Default is True if it is short."}, True),
        ({"type": ["string", "null"], "description": "A unit. Defaults to None."}, None),
        ({"type": ["string", "null"]}, None),
        ({"anyOf": [TEXT, {"type": "null"}]}, None),
    ],
)
def test_what_may_be_left_out(schema: dict[str, Any], value: Any) -> None:
    assert mistake({}, {"a": value}, {"a": schema}) == mistake({"a": value}, {}, {"a": schema}) == ""
    assert mistake({}, {"a": value}, {"a": schema}, required=["a"]) == "extra_argument"
    assert mistake({"a": value}, {}, {"a": schema}, required=["a"]) == "missing_argument"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (TEXT, None),
        ({"type": ["integer", "null"], "default": 5}, None),
        (NUMBER | {"description": "The default number of rows is 5; 10 are the most."}, 10),
        (NUMBER | {"description": "At most 10, as by default."}, 10),
    ],
)
def test_and_what_may_not(schema: dict[str, Any], value: Any) -> None:
    assert mistake({}, {"a": value}, {"a": schema}) == "extra_argument"


# ---------------------------------------------------------------- facts


@pytest.mark.parametrize(
    ("result", "expected", "given", "right"),
    [
        (
            {"sky": "light rain", "high": 18.5},
            "Light rain, up to 18.5 degrees.",
            "18.5 °C with light rain",
            True,
        ),
        (
            {"sky": "light rain", "high": 18.5},
            "Light rain, up to 18.5 degrees.",
            "18.5 °C, sunny",
            False,
        ),
        (
            {"sky": "light rain", "high": 18.5},
            "Light rain, up to 18.5 degrees.",
            "light rain, 18",
            False,
        ),
        ({"sky": "light rain", "high": 18.5}, "Up to 18.5 degrees.", "It will be 18.5.", True),
        (12.3456, "About 12.35 metres.", "It is 12.35.", True),
        (12.3456, "About 12.35 metres.", "It is 12.3456.", True),
        (12.3456, "About 12.35 metres.", "It is 12.3.", False),
        (12.0, "It is 12.0.", "It is 12.", True),
        (5, "It is 5.", "It is 5.4.", False),
        (1234567, "It is 1,234,567.", "It is 1234567.", True),
        ([2, 3, 5], "They are 2, 3 and 5.", "2, 3, 5", True),
        ([2, 3, 5], "They are 2, 3 and 5.", "2 and 3", False),
        ("2026-03-14", "It is on 14 March 2026.", "March 14th, 2026", True),
        ("2026-03-14", "It is on 14 March 2026.", "March 13, 2026", False),
        ({"city": "Paris", "high": 18}, "Paris will see 18 degrees.", "It will be 18 degrees.", True),
        ({"city": "Paris"}, "The city is Paris.", "The city is Rome.", False),
        (True, "Yes, it is open.", "Yes.", True),
        (True, "Yes, it is open.", "No.", False),
        ("done", "All set.", "Of course.", True),
        (-5, "It is -5 °C.", "It is −5 °C.", True),
        (-5, "It is -5 °C.", "It is 5 °C.", False),
        ("caf\u00e9", "At the caf\u00e9.", "The cafe\u0301.", True),
        ({"at": "O'Hare"}, "At O'Hare.", "It’s at O’Hare.", True),
        (True, "Yes, it is in stock.", "It is in stock.", True),
        (True, "Yes, it is in stock.", "I doubt that it is in stock.", False),
        (True, "Yes, it is in stock.", "It is in stockings.", False),
        (True, "Yes.", "It is in stock.", False),
        (False, "No, it is not in stock.", "It is not in stock.", True),
        (False, "No, it is not in stock.", "It is in stock.", False),
    ],
)
def test_facts_of_a_result(result: Any, expected: str, given: str, right: bool) -> None:
    content = result if isinstance(result, str) else json.dumps(result)
    assert right is not bool(missing_facts(given, expected, [content], "What is the weather in Paris?"))
