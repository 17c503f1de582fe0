"""Requests for several calls: what differs is listed, in the order of the calls, and what is shared is said once."""

import random
import re
from datetime import datetime
from statistics import median
from typing import Any

import pytest

from sftctl.core.tools import Between, Pick
from sftctl.core.types import Tool
from sftctl.plugins.toolcall import checks
from sftctl.plugins.toolcall.english import can_follow, lowered
from sftctl.plugins.toolcall.ranges import LONGEST_RANGE, SHORT_RANGE
from sftctl.plugins.toolcall.requests import ask
from sftctl.plugins.toolcall.several import ask_again, ask_each, ask_many, ask_sets, ask_several, ask_stretch
from sftctl.toolsets import sftctl_toolsets

TOOLS = [tool for toolset in sftctl_toolsets() for tool in toolset.tools]
STAY = Tool(
    "price_stay",
    "Price a stay in a city.",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}, "nights": {"type": "integer"}, "breakfast": {"type": "boolean"}},
        "required": ["city", "nights"],
    },
    asks=("What do {nights} nights in {city} cost[, {breakfast:with|without} breakfast]?",),
    values={"city": Pick("Oslo", "Rome", "Lima", "Bern"), "nights": Between(2, 9)},
)


@pytest.mark.parametrize("way", [ask_many, ask_stretch, ask_sets, ask_again, ask_several])
def test_every_call_is_asked_for(way: object) -> None:
    rng, made, unheard = random.Random(4), 0, []
    assert callable(way)
    for tool in TOOLS:
        request = way(tool, rng.randint(2, 5), rng)
        for call in request.calls if request else ():
            made += 1
            unheard += [request] if checks.unsupported(call, request.text) else []  # `threex`: never kept
    assert made > 300
    assert len(unheard) < 0.01 * made, unheard


def test_a_stretch_of_the_sentence_is_said_for_each_call() -> None:
    rng = random.Random(0)
    requests = [ask_stretch(STAY, 2, rng) for _ in range(60)]
    texts = [request.text for request in requests if request and len({call["city"] for call in request.calls}) == 2]
    both = re.compile(
        r"What do \d nights in \w+ (and|and also|as well as) \d nights in \w+ cost(, with(out)? breakfast)?\?"
    )
    assert sum(bool(both.fullmatch(text)) for text in texts) > 10, texts


def test_every_pair_of_two_lists_is_a_call() -> None:
    rng = random.Random(3)
    assert ask_each(STAY, 3, rng) is None, "three is no product of two lists"
    for count in (4, 6):
        request = next(filter(None, (ask_each(STAY, count, rng) for _ in range(20))))
        cities, nights = ({call[name] for call in request.calls} for name in ("city", "nights"))
        assert len(cities) * len(nights) == count == len(request.calls)
        assert len({(call["city"], call["nights"]) for call in request.calls}) == count
        assert "respectively" not in request.text
        assert not any(checks.unsupported(call, request.text) for call in request.calls)


def test_two_enumerations_are_told_apart() -> None:
    rng = random.Random(1)
    for _ in range(50):
        request = ask_many(STAY, 3, rng)
        assert request
        first, second, third = request.calls
        differs = [name for name in first if first[name] != second[name]]
        assert ("respectively" in request.text) == (len(differs) == 2)
        assert len({str(first), str(second), str(third)}) == 3
        places = [[request.text.find(str(call[name])) for call in request.calls] for name in differs]
        assert all(place == sorted(place) for place in places if -1 not in place)


def test_what_sets_share_is_said_once() -> None:
    rng = random.Random(2)
    texts = [request.text for _ in range(200) if (request := ask_sets(STAY, 3, rng))]
    assert any("in each case" in text and text.count("city") == 1 for text in texts)
    assert any(text.count("\n") == 3 for text in texts), "as rows"


def test_a_quoted_text_keeps_its_quotation_marks() -> None:
    rng = random.Random(3)
    tool = next(tool for tool in TOOLS if tool.name == "encode_string")
    for _ in range(40):
        for way in (ask_many, ask_stretch):
            request = way(tool, 3, rng)
            assert request is None or request.text.count('"') % 2 == 0, request.text


def test_both_ends_of_a_range_are_in_order() -> None:
    rng = random.Random(5)
    tool = next(tool for tool in TOOLS if tool.name == "search_homes_for_sale")
    calls = [call for _ in range(200) for call in ask(tool, rng).calls if {"min_price", "max_price"} <= call.keys()]
    assert len(calls) > 20
    assert all(call["min_price"] <= call["max_price"] for call in calls)


DAYS = {"type": "string", "format": "date"}
MOMENTS = {"type": "string", "format": "date-time"}
GERMAN = {"type": "string", "description": "As DD.MM.YYYY."}


@pytest.mark.parametrize("schema", [DAYS, MOMENTS, GERMAN], ids=["days", "moments", "another form"])
@pytest.mark.parametrize("names", [("start_date", "end_date"), ("checkIn", "checkOut"), ("pickup_on", "return_on")])
def test_a_range_of_days_begins_before_it_ends_and_is_not_years_long(names: tuple[str, str], schema: Any) -> None:
    properties = dict.fromkeys(names, schema)
    flat = {"type": "object", "properties": properties, "required": [*names]}
    nested = {"type": "object", "properties": {"stay": flat}, "required": ["stay"]}
    rng = random.Random(2)
    tools = [Tool("book_room", "Book a room.", parameters) for parameters in (flat, nested)]
    ways = (lambda tool, rng: ask(tool, rng), lambda tool, rng: ask_several(tool, 3, rng))
    requests = [way(tool, rng) for tool in tools for way in ways for _ in range(60)]
    spans = []
    for request in filter(None, requests):
        for call in request.calls:
            stay = call.get("stay", call)
            form = "%d.%m.%Y" if schema is GERMAN else "%Y-%m-%dT%H:%M" if schema is MOMENTS else "%Y-%m-%d"
            first, last = (datetime.strptime(stay[name], form) for name in names)
            spans.append((last - first).total_seconds() / 86400)
            assert not checks.unsupported(call, request.text), (request.text, call)
    assert len(spans) > 200 and min(spans) >= 0 and max(spans) <= LONGEST_RANGE
    assert median(spans) <= SHORT_RANGE
    assert (min(spans) < 1) == (schema is MOMENTS)


def test_a_range_of_times_is_in_order() -> None:
    rng = random.Random(5)
    tool = next(tool for tool in TOOLS if tool.name == "chance_of_rain")
    calls = [call for _ in range(100) for call in ask(tool, rng).calls if {"start_time", "end_time"} <= call.keys()]
    assert len(calls) > 20 and all(call["start_time"] <= call["end_time"] for call in calls)


@pytest.mark.parametrize(
    ("text", "expected", "follows"),
    [
        ("What is it?", "what is it?", True),
        ("I'd like tea.", "I'd like tea.", True),
        ("PV output: 3", "PV output: 3", False),
        ("Marissa in letters", "Marissa in letters", False),
        ("A cylinder holds 3 L.", "a cylinder holds 3 L.", True),
        ("tides Bergen", "tides Bergen", True),
    ],
)
def test_what_may_stand_after_other_words(text: str, expected: str, follows: bool) -> None:
    assert (lowered(text), can_follow(text)) == (expected, follows)


def test_no_call_has_the_same_text_twice() -> None:
    kinds = {"enum": ["USD", "EUR", "GBP"], "type": "string"}
    schema = {"type": "object", "properties": {"source": kinds, "target": kinds}, "required": ["source", "target"]}
    tool = Tool("exchange", "Exchange a currency for another.", schema)
    requests = [ask_several(tool, 2, random.Random(seed)) for seed in range(200)]
    calls = [call for request in requests if request for call in request.calls]
    assert len(calls) > 100 and all(call["source"] != call["target"] for call in calls)
