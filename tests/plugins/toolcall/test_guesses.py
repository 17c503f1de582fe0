"""Values for tools that say nothing of where theirs come from: by schema, description and name."""

import random
import re
from collections import Counter
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sftctl.core.types import Json, Tool, Toolset
from sftctl.plugins.toolcall import checks
from sftctl.plugins.toolcall.composed.results import told
from sftctl.plugins.toolcall.patterns import text_for
from sftctl.plugins.toolcall.requests import ask, ask_without, untaught
from sftctl.plugins.toolcall.settings import SynthesisConfig
from sftctl.plugins.toolcall.synthesis import synthesize
from sftctl.plugins.toolcall.values import Value, draw


def drawn(schema: dict[str, Json], name: str = "thing", tool: str = "use", times: int = 60) -> list[Value]:
    made = Tool(tool, "", {"type": "object", "properties": {name: schema}, "required": [name]})
    rng = random.Random(0)
    values = [draw(made, name, rng) for _ in range(times)]
    assert all(Draft202012Validator(schema).is_valid(value.value) for value in values), values
    return values


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "^[A-Z]{2,5}$"},
        {"type": "string", "pattern": r"^(usr|grp)_\d{4}-[^\W_]+$"},
        {"type": "string", "maxLength": 12},
        {"type": "string", "maxLength": 3},
        {"type": "string", "minLength": 40},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {"type": "number", "minimum": 0.5, "maximum": 13, "multipleOf": 0.5},
        {"type": "integer", "multipleOf": 25, "minimum": 100},
        {"type": "integer", "minimum": 1000},
        {"type": "number", "maximum": -5},
        {"type": "integer", "exclusiveMinimum": 5, "exclusiveMaximum": 7},
        {"type": "array", "items": {"type": "string"}, "maxItems": 1},
        {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 3}, "uniqueItems": True},
        {"type": "array", "prefixItems": [{"type": "integer"}, {"enum": ["km", "mi"]}], "minItems": 2, "maxItems": 2},
        {"anyOf": [{"type": "string", "pattern": "^[0-9]+$"}, {"type": "integer"}, {"type": "null"}]},
        {"allOf": [{"properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"required": ["b"]}],
         "type": "object", "properties": {"b": {"type": "boolean"}}},
        {"type": "object"},
        {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "minProperties": 1},
        {"enum": [None]},
    ],
)  # fmt: skip
def test_values_fit_their_schema(schema: dict[str, Json]) -> None:
    assert drawn(schema)


@pytest.mark.parametrize(
    ("schema", "name", "form"),
    [
        ({"type": "string", "description": "The city and state, e.g. San Francisco, CA"}, "location", r".+, [A-Z]{2}"),
        ({"type": "string", "description": "Two-letter country code."}, "country_code", "[A-Z]{2}"),
        ({"type": "string", "description": "IATA code of the airport"}, "origin", "[A-Z]{3}"),
        ({"type": "string", "description": "Start in YYYY-MM-DD format"}, "start", r"\d{4}-\d\d-\d\d"),
        ({"type": "string", "description": "DD/MM/YYYY"}, "start", r"\d\d/\d\d/\d{4}"),
        ({"type": "string", "description": "When (HH:MM)"}, "start", r"\d\d:\d\d"),
        ({"type": "string", "description": "Either 'asc' or 'desc'"}, "order", "asc|desc"),
        ({"type": "string", "description": "For example red, green or blue."}, "tint", "red|green|blue"),
        ({"type": "string", "description": "Coupon, e.g. SPRING24"}, "coupon", r"SPRING\d\d"),
        ({"type": "string", "description": "A channel such as #general"}, "channel", "#.+"),
        ({"type": "string", "format": "uuid"}, "id", r"[0-9a-f-]{36}"),
        ({"type": "string"}, "departure_date", r"\d{4}-\d\d-\d\d"),
        ({"type": "string"}, "departureDate", r"\d{4}-\d\d-\d\d"),
        ({"type": "string"}, "ip_address", r"[\d.]+"),
        ({"type": "string"}, "username", r"[\w.]+"),
        ({"type": "string"}, "timezone", r"UTC|\w+/\w+"),
        ({"type": "string", "examples": ["a1", "b2"]}, "x", "a1|b2"),
    ],
)
def test_what_is_said_of_a_parameter_decides(schema: dict[str, Json], name: str, form: str) -> None:
    for value in drawn(schema, name):
        assert re.fullmatch(form, str(value.value)), value


@pytest.mark.parametrize(
    ("name", "other"),
    [("explanation", "country"), ("candidate", "date"), ("profile", "file_path"), ("hotel_name", "name")],
)
def test_a_word_within_a_word_decides_nothing(name: str, other: str) -> None:
    assert {v.value for v in drawn({"type": "string"}, name)}.isdisjoint(
        {v.value for v in drawn({"type": "string"}, other, times=300)}
    )


def test_a_name_is_of_what_the_function_or_the_object_is_of() -> None:
    teams = {value.value for value in drawn({"type": "string"}, "name", "create_project")}
    people = {value.value for value in drawn({"type": "string"}, "name", "greet")}
    assert len(teams) < 20 < len(people)


@pytest.mark.parametrize(
    ("schema", "name", "low", "high"),
    [
        ({"type": "integer"}, "passengers", 1, 8),
        ({"type": "integer", "description": "Days ahead (1-7)"}, "ahead", 1, 7),
        ({"type": "number", "description": "Between 0 and 1."}, "weight", 0, 1),
        ({"type": "number", "description": "Tip in percent, e.g. 15"}, "tip", 7.5, 30),
        ({"type": "integer", "minimum": 3}, "guests", 3, 8),
        ({"type": "number", "minimum": 0, "maximum": 100_000}, "thing", 200, 100_000),
    ],
)
def test_numbers_are_of_a_likely_size(schema: dict[str, Json], name: str, low: float, high: float) -> None:
    values = [float(value.value) for value in drawn(schema, name)]
    assert max(values) <= high and (min(values) >= low or (high == 100_000 and max(values) > low))


@pytest.mark.parametrize(
    "pattern", [r"^\+[1-9]\d{7,14}$", r"[a-z]+(\.[a-z]+)*@x\.org", r"^(?:A|B)-(\d)\1$", r"^\w{3}\s\S+$", "^[^a-z]{4}$"]
)
def test_a_pattern_is_matched(pattern: str) -> None:
    texts = [text_for(pattern, random.Random(seed)) for seed in range(20)]
    assert all(re.search(pattern, text) for text in texts) and len(set(texts)) > 5


def test_a_pattern_that_nothing_is_found_for_gives_nothing() -> None:
    assert text_for("(", random.Random(0)) == text_for("a(?=b)c", random.Random(0)) == ""


ORDER = Tool(
    "add_items",
    "Adds items to an order.",
    {
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "product_name": {"type": "string"},
                        "quantity": {"type": "integer"},
                        "unit_price": {"type": "number"},
                        "gift_wrap": {"type": "boolean"},
                    },
                    "required": ["product_name", "quantity", "gift_wrap"],
                },
            }
        },
        "required": ["items"],
    },
)


def test_all_that_is_in_an_object_is_said_with_its_name() -> None:
    rng = random.Random(0)
    seen: set[bool] = set()
    for _ in range(60):
        request = ask(ORDER, rng)
        (call,) = request.calls
        for item in call["items"]:
            words = f"gift wrap {'yes' if item['gift_wrap'] else 'no'}"
            assert f"{item['quantity']} {item['product_name']} (" in request.text and words in request.text
            assert ("unit_price" not in item) or f"unit price {item['unit_price']}" in request.text
            seen.add("unit_price" in item)
    assert seen == {True, False}, "what is not required is now and then given"


def test_nobody_asks_for_an_object_of_which_nothing_is_known() -> None:
    anything = {"type": "object"}
    folder = {"type": "object", "properties": {"title": {"type": "string"}, "parent": anything}, "required": ["title"]}
    properties = {"folder": folder, "more": anything, "labels": {"type": "object", "additionalProperties": {}}}
    tool = Tool("add_folder", "Adds a folder.", {"type": "object", "properties": properties, "required": ["folder"]})
    rng = random.Random(0)
    calls = [call for _ in range(60) for call in ask(tool, rng).calls]
    assert {tuple(call["folder"]) for call in calls} == {("title",)} and not any("more" in call for call in calls)
    assert any("labels" in call for call in calls)


def _tool(run: Any, **schema: Json) -> Tool:
    return Tool("get_order", "Get an order.", {"type": "object", "properties": {"id": schema}, "required": ["id"]}, run)


def test_a_tool_that_no_example_can_call_is_named_with_the_reason() -> None:
    def missing(id: str) -> str:
        raise KeyError(f"no order {id[:0]}")

    assert untaught([ORDER, _tool(lambda id: id, type="string")]) == {}
    assert "no order" in untaught([_tool(missing, type="string")])["get_order"]
    assert "does not match" in untaught([_tool(None, type="string", pattern="a(?=b)c")])["get_order"]


def test_a_value_stands_where_the_description_speaks_of_it() -> None:
    weather = Tool(
        "weather",
        "Gets the weather in a given city.",
        {"type": "object", "properties": {"city_name": {"type": "string"}}, "required": ["city_name"]},
    )
    rng = random.Random(0)
    requests = [ask(weather, rng) for _ in range(100)]
    placed = [
        r
        for r in requests
        if f" the weather in {r.calls[0]['city_name']}"
        in r.text.lower().replace(str(r.calls[0]["city_name"]).lower(), str(r.calls[0]["city_name"]))
    ]
    assert 40 < len(placed) < 95
    assert not any(checks.unsupported(r.calls[0], r.text) for r in requests)
    assert not any("given city" in r.text for r in placed)


@pytest.mark.parametrize(
    ("description", "told"),
    [("Retrieves the opening hours.", "tell me the opening hours"), ("Find out who plays.", "let me know who plays")],
)
def test_what_is_looked_up_is_also_asked_for_as_what_one_wants_to_be_told(description: str, told: str) -> None:
    hours = Tool("f", description, {"type": "object", "properties": {}})
    texts = {ask(hours, random.Random(seed)).text.lower() for seed in range(300)}
    assert {f"{told}.", f"can you {told}?", f"could you {told}?"} <= texts
    assert not any(text.startswith(("i'd like to tell", "i need you to let", "provide who")) for text in texts)
    door = Tool("f", "Lock the door.", {"type": "object", "properties": {}})
    assert all("lock the door" in ask(door, random.Random(seed)).text.lower() for seed in range(60))


def test_a_required_argument_can_be_left_unsaid() -> None:
    transfer = Tool(
        "transfer",
        "Transfers an amount to a given account.",
        {
            "type": "object",
            "properties": {"amount": {"type": "number"}, "account": {"type": "string"}},
            "required": ["amount", "account"],
        },
    )
    requests = [ask_without(transfer, random.Random(seed)) for seed in range(60)]
    missing = Counter(request.missing for request in requests if request)
    assert missing["amount"] > 15 and missing["account"] > 15
    for request in filter(None, requests):
        has_account = re.search(r"[a-zA-Z]{2}-\d{4}", request.text) is not None
        assert has_account == (request.missing == "amount")


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        (None, "Done."),
        (True, "The answer is yes."),
        (4.5, "The result is 4.5."),
        ("P-1", "The result is P-1."),
        ("It rains.", "It rains."),
        ({"unit_price": 5, "isOpen": False, "note": None}, "The result: unit price 5, is open no, note unknown."),
        (["a", "b"], "The result: a, b."),
        ([], "The result is empty."),
        ({"rows": [1, 2]}, ""),
        (list(range(9)), ""),
        ("x" * 301, ""),
        ("", ""),
    ],
)
def test_a_result_without_a_template_is_told(result: Json, answer: str) -> None:
    assert told(result) == answer


def test_a_function_without_templates_is_in_every_category() -> None:
    def price(count: int, size: str) -> dict[str, int]:
        return {"price": count * len(size)}

    schema = {"count": {"type": "integer"}, "size": {"enum": ["small", "large"]}}
    tools = [
        Tool(f"price_{what}", f"Gets the price of {what}.", {"type": "object", "properties": schema,
             "required": ["count", "size"]}, price)
        for what in ("mugs", "tents", "lamps")
    ]  # fmt: skip
    config = SynthesisConfig.model_validate(
        {"mix": {"irrelevance": 0.1, "missing": 0.2, "result": 0.2, "correction": 0.2}}
    )
    counts = Counter(example.category for example in synthesize(Toolset("prices", "", tuple(tools)), 200, 0, config))
    assert min(counts[category] for category in ("missing", "result", "correction")) > 20


def test_of_several_possible_fields_a_lone_one_has_its_name() -> None:
    properties = {"minutes_before": {"type": "integer"}, "method": {"enum": ["popup", "email"]}}
    said = {str(v.said) for v in drawn({"type": "object", "properties": properties}) if len(v.value) == 1}
    assert said and all(re.fullmatch(r"minutes before .+|method (popup|email)", text) for text in said)
    assert {v.said for v in drawn({"type": "object", "properties": {"method": {"const": "popup"}}})} == {"popup"}
