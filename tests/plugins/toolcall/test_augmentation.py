"""Augmentation: each share changes what it says, and the three checks still hold."""

import json
import random
import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from jsonschema import Draft202012Validator

from sftctl.core import quantities
from sftctl.core.tools import Between
from sftctl.core.types import Example, Tool, Toolset, call_of, canonical_json
from sftctl.plugins.toolcall import checks, days
from sftctl.plugins.toolcall.composed.registry import registry
from sftctl.plugins.toolcall.days import brought_near, relative_days
from sftctl.plugins.toolcall.describing import reworded
from sftctl.plugins.toolcall.disguise import disguise, without_some
from sftctl.plugins.toolcall.english import words_of
from sftctl.plugins.toolcall.implicit import implied
from sftctl.plugins.toolcall.notation import respelled
from sftctl.plugins.toolcall.phrasing import parse
from sftctl.plugins.toolcall.registers import in_context, indirect
from sftctl.plugins.toolcall.requests import ask
from sftctl.plugins.toolcall.scenes import count_marks
from sftctl.plugins.toolcall.settings import MIX, SynthesisConfig
from sftctl.plugins.toolcall.synthesis import synthesize
from sftctl.plugins.toolcall.values import DAYS, FIRST_DAY, draw, spoken_dates
from sftctl.toolsets import sftctl_toolsets

TOOLS = Toolset("all", "", tuple(tool for toolset in sftctl_toolsets() for tool in toolset.tools))
DESCRIPTIONS = {tool.description: tool for tool in TOOLS.tools}
FORMS = {
    form: day for day in (FIRST_DAY + timedelta(days=number) for number in range(DAYS)) for form in spoken_dates(day)
}


def made(n: int = 300, **settings: object) -> list[Example]:
    return list(synthesize(TOOLS, n, 5, SynthesisConfig.model_validate({"scene": 5, **settings})))


def functions(examples: list[Example]) -> Iterator[dict[str, dict[str, object]]]:
    """What each example shows, by name."""
    for example in examples:
        yield {spec["function"]["name"]: spec["function"] for spec in example.tools}


def told_day(example: Example) -> date | None:
    """The day that an example's system message tells, read as the assistant has to."""
    if example.messages[0]["role"] != "system":
        return None
    text = example.messages[0]["content"]
    return next(day for form, day in FORMS.items() if form in text and f"{day:%A}" in text)


@pytest.mark.parametrize(
    "settings",
    [
        {"masked": 0.5},
        {"reworded": 1},
        {"spellings": 1},
        {"dropped": 0.6},
        {"implicit": 1},
        {"dated": 1},
        {"indirect": 1, "context": 0.5},
        {"refused": 1, "mix": {"failure": 0.3}},
        {"long": 0.5},
        {"undescribed": 1, "mix": {"completed": 0.3}},
        {
            "masked": 0.3,
            "reworded": 0.5,
            "spellings": 0.5,
            "dropped": 0.3,
            "composed": 0.4,
            "implicit": 0.5,
            "dated": 0.5,
        },
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
                assert checks.unsupported(arguments, said, told_day(example)) == ""
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


def test_a_tool_that_takes_percents_is_also_shown_as_one_that_takes_fractions() -> None:
    """Of the same tool, some calls say 5 for 5 %, and some 0.05, as the description that is shown has it."""
    tool = next(tool for tool in TOOLS.tools if tool.name == "simple_interest_earned")
    both = {bool(shown.scales): shown for shown in (disguise(tool, random.Random(seed)) for seed in range(40))}
    arguments = {"amount": 100, "rate": 5.75}
    assert list(both[False].call(arguments)[1].values()) == [100, 5.75]
    assert list(both[True].call(arguments)[1].values()) == [100, 0.0575]
    assert both[True].scales == {"rate": 0.01}
    for percents, shown in both.items():
        said = shown.tool.properties[shown.parameters["rate"]].get("description", "in percent" if not percents else "")
        assert ("in percent" in said) == (not percents)
    name = both[True].parameters["rate"]
    assert "percent" not in name
    for example in made(600):
        for spec in example.tools:
            for shown_as, schema in spec["function"]["parameters"]["properties"].items():
                assert not ("percent" in shown_as and "as a decimal" in schema.get("description", ""))


def test_a_tool_that_takes_fractions_is_also_shown_as_one_that_takes_percents() -> None:
    tool = next(tool for tool in TOOLS.tools if tool.name == "years_until_multiple")
    both = {bool(shown.scales): shown for shown in (disguise(tool, random.Random(seed)) for seed in range(40))}
    arguments = {"growth_rate": 0.07, "multiple": 3}
    assert list(both[False].call(arguments)[1].values()) == [0.07, 3]
    assert list(both[True].call(arguments)[1].values()) == [7, 3]
    assert re.search(r"pct|percent", both[True].parameters["growth_rate"], re.IGNORECASE)
    assert both[True].scales == {"growth_rate": 100}


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


def test_hasty_tools_have_their_names_alone_and_nobody_is_asked_for_what_they_do_not_require() -> None:
    some_are_named = some_require_nothing = False
    examples = made(undescribed=1, mix={"missing": 0.3})
    for example, shown in zip(examples, functions(examples), strict=True):
        for name, function in shown.items():
            parameters = function["parameters"]
            assert isinstance(parameters, dict)
            assert not any("description" in schema for schema in parameters["properties"].values())
            assert str(function["description"]).lower().rstrip(".") in ("", words_of(name))
            some_are_named |= bool(function["description"])
            some_require_nothing |= "required" not in parameters
        if example.category == "missing":
            assert any(spec["function"]["parameters"].get("required") for spec in example.tools)
    assert some_are_named and some_require_nothing


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


# ---------------------------------------------------------------- implicit values


def test_every_way_to_say_a_quantity_is_heard_as_it() -> None:
    said = set()
    for number in range(2, 101):
        for noun in ("", "eggs", "seconds", "minutes", "hours", "days", "months"):
            for words in quantities.ways(number, noun, after=False):
                assert number in quantities.heard(words) | quantities.in_smaller_units(words), (number, words)
                said.add(words)
    assert {"half a dozen eggs", "a couple of days", "half an hour", "a year and a half", "forty-two"} <= said


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("half a dozen eggs", {6}),
        ("two dozen", {24}),
        ("forty-two or forty two", {42}),
        ("an hour and a half", {90}),
        ("three quarters of an hour", {45}),
        ("eight percent", {8, 0.08}),
        ("a quarter of it", {0.25, 25}),
        ("compounded monthly, paid every two weeks", {12, 26}),
        ("within the decade", {10}),
        ("three decades, half a decade", {30, 5}),
        ("twice a year or once a month", {2, 12}),
        ("it starts from rest", {0}),
        ("a stone is dropped", {0}),
        ("a fair coin, a fairer coin", {0.5}),
        ("it doubles, then triples; twice tenfold", {2, 3, 10}),
        ("someone often attends, heightened", set()),
    ],
)
def test_numbers_that_are_heard(text: str, numbers: set[float]) -> None:
    assert quantities.heard(text) == numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("a track of 3 minutes", {180}), ("the next week", {7, 1}), ("last month", {1}), ("this weekend", set())],
)
def test_spans_that_are_heard(text: str, numbers: set[float]) -> None:
    assert quantities.in_smaller_units(text) == numbers


def test_prices_are_often_round_and_years_are_not() -> None:
    parameters = {"properties": {"year": {"type": "integer"}, "price": {"type": "integer"}}}
    tool = Tool("f", "", parameters, values={"year": Between(1910, 2019), "price": Between(900, 90_000)})
    rng = random.Random(0)
    drawn = {name: [draw(tool, name, rng).value for _ in range(300)] for name in tool.properties}
    assert sum(price % 100 == 0 for price in drawn["price"]) > 100
    assert sum(year % 10 == 0 for year in drawn["year"]) < 60


def test_small_talk_is_never_answered_by_a_call() -> None:
    asked = [example for example in made(300, small_talk=1) if example.category == "irrelevance"]
    assert len(asked) > 60
    for example in asked:
        question, refusal = (str(message["content"]) for message in example.messages)
        assert "tool_calls" not in example.messages[1]
        assert refusal.startswith("I")
        described = " ".join(tool["function"]["description"] for tool in example.tools).casefold()
        deeds = re.findall(r"invented|discovered|pronounce|history|recommend", question)
        assert not any(deed in described for deed in deeds), (question, described)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("a budget of 2.5 million", {2_500_000.0}),
        ("$15k or 3M", {15_000.0, 3_000_000.0}),
        ("1.2bn people and 40 thousand", {1_200_000_000.0, 40_000.0}),
        ("5 km, 10K_run, v2.3M1 and 1,200 thousand", set()),
    ],
)
def test_numbers_in_thousands_and_millions(text: str, numbers: set[float]) -> None:
    assert quantities.scaled(text) == numbers


@pytest.mark.parametrize("number", [1000, 2500, 40_000, 1_500_000, 3_000_000_000])
def test_a_round_number_is_heard_as_it_is_said(number: int) -> None:
    said = quantities.in_scale(number)
    assert said
    assert all(quantities.scaled(words) == {number} for words in said)
    assert quantities.in_scale(number + 7) == []


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        ("Boil 6 eggs.", {"n": 6}, {"Boil half a dozen eggs.", "Boil six eggs."}),
        (
            "Set a timer for 30 minutes.",
            {"n": 30},
            {"Set a timer for half an hour.", "Set a timer for thirty minutes."},
        ),
        ("Show the next 7 days.", {"n": 7}, {"Show the next seven days."}),
        ("Take 25% off.", {"n": 25}, {"Take a quarter off.", "Take twenty-five percent off."}),
        ("A 50% discount.", {"n": 50}, {"A fifty percent discount."}),
        ("10 to 12 eggs on March 6, at 6:30 for $6 in 6 x 6", {"n": 6, "m": 12}, set()),
        ("Add 6, 7 and 8.", {"n": 6, "m": 8}, set()),
        ("Room 6b, n=6, version 6.1", {"n": 6}, set()),
        ("Boil 6 eggs.", {"n": 7}, set()),
    ],
)
def test_numbers_in_other_words(text: str, arguments: dict[str, int], expected: set[str]) -> None:
    made_of = Tool("t", "", {"type": "object", "properties": {name: {"type": "integer"} for name in arguments}})
    said = {implied(text, made_of, [arguments], random.Random(seed)) for seed in range(60)} - {text}
    assert said == expected


@pytest.mark.parametrize(
    ("text", "options", "chosen", "expected"),
    [
        ("Save it as pdf.", ["pdf", "csv"], "pdf", {"Save it as PDF."}),
        ("In km, please.", ["km", "mi"], "km", {"In kilometers, please."}),
        ("Filed under books.", ["books", "toys"], "books", {"Filed under book."}),
        ("Filed under books.", ["books", "book"], "books", set()),
        ("In thirty days", ["days", "weeks"], "days", set()),
        ("A gluten free meal", ["gluten_free", "vegan"], "gluten_free", {"A gluten-free meal"}),
        ("Red wine in a red cup", ["red", "blue"], "red", set()),
    ],
)
def test_options_in_other_words(text: str, options: list[str], chosen: str, expected: set[str]) -> None:
    made_of = Tool("t", "", {"type": "object", "properties": {"a": {"type": "string", "enum": options}}})
    said = {implied(text, made_of, [{"a": chosen}], random.Random(seed)) for seed in range(30)} - {text}
    assert said == expected
    assert not any(checks.unsupported({"a": chosen}, words) for words in said)


def test_what_is_not_said_is_not_supported() -> None:
    assert checks.unsupported({"n": 30}, "in half an hour") == ""
    assert checks.unsupported({"n": 30}, "in an hour") == "30"
    assert checks.unsupported({"n": 12}, "half a dozen") == "12"
    assert checks.unsupported({"n": 2}, "forty-two") == "2"
    assert checks.unsupported({"rate": 0.08}, "at eight percent") == ""
    assert checks.unsupported({"unit": "km"}, "in miles") == "km"


# ---------------------------------------------------------------- relative days

WEDNESDAY = date(2026, 1, 14)


@pytest.mark.parametrize(
    ("day", "said", "unsaid"),
    [
        ("2026-01-15", "tomorrow", "next Thursday"),
        ("2026-01-16", "this Friday", "next Friday"),
        ("2026-01-19", "next Monday", "this Monday"),
        ("2026-01-12", "the day before yesterday", "last Monday"),
        ("2026-01-09", "last Friday", "this Friday"),
        ("2026-01-17", "in three days", "in four days"),
        ("2026-01-28", "in two weeks", "in a week"),
    ],
)
def test_a_day_as_seen_from_today(day: str, said: str, unsaid: str) -> None:
    assert said in relative_days(date.fromisoformat(day), WEDNESDAY)
    assert unsaid not in relative_days(date.fromisoformat(day), WEDNESDAY)
    assert checks.unsupported({"d": day}, f"Do it {said}.", WEDNESDAY) == ""
    assert checks.unsupported({"d": day}, f"Do it {unsaid}.", WEDNESDAY) == day
    assert checks.unsupported({"d": day}, f"Do it {said}.") == day


def test_days_are_moved_in_their_order_and_said_in_grammar() -> None:
    texts = ("On March 1, 2026 I leave, back by 2026-03-09 at 10:00.",)
    calls = ({"out": "2026-03-01", "back": ["2026-03-09T10:00"], "note": "2026-13-40"},)
    for seed in range(200):
        (text,), (call,) = brought_near(texts, calls, WEDNESDAY, random.Random(seed))
        assert call["out"] < call["back"][0] and call["back"][0].endswith("T10:00") and call["note"] == "2026-13-40"
        assert checks.unsupported(call | {"note": ""}, text, WEDNESDAY) == ""
        assert text[0].isupper() and not re.search(r"[Oo]n (in|to|next)|by in|2026", text)


def test_the_day_that_is_told_is_read_again() -> None:
    rng = random.Random(0)
    for _ in range(300):
        day = days.some_day(rng)
        assert days.told_day(days.announced(day, rng)) == day
    assert days.told_day("Be brief.") is None
    assert days.told_day("It is Friday, 31 February 2026.") is None


def test_a_dated_scene_tells_its_day() -> None:
    examples = made(dated=0.5)
    told = [example for example in examples if example.messages[0]["role"] == "system"]
    assert 0.3 < len(told) / len(examples) < 0.7
    assert all(re.search(r"20\d\d", example.messages[0]["content"]) for example in told)
    said = [m["content"] for e in told for m in e.messages if m["role"] == "user"]
    assert sum(bool(re.search(r"tomorrow|from now|in \w+ days|next \w+day|this \w+day", text)) for text in said) > 5


# ---------------------------------------------------------------- registers, failures, long scenes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Please book a table for 4.", "I was wondering if you could book a table for 4."),
        ("Can you book a table for 4?", "It would help me if you could book a table for 4."),
        ("What is the area of it?", "It would help me to know the area of it."),
        ("How far is it?", "I keep asking myself: How far is it?"),
    ],
)
def test_a_need_is_stated(text: str, expected: str) -> None:
    said = {indirect(text, random.Random(seed)) for seed in range(200)}
    assert expected in said and text not in said


def test_what_is_no_command_stays_as_it_is() -> None:
    assert indirect("I'm hungry, a table for 4.", random.Random(0)) == "I'm hungry, a table for 4."


def test_context_comes_before_the_request() -> None:
    told = {in_context("Book it.", random.Random(seed)) for seed in range(100)}
    assert len(told) == 100
    assert all(text.endswith("Book it.") and len(text) > 100 and not re.search(r"[(|)]", text) for text in told)


def test_a_refused_value_is_replaced_by_a_better_one() -> None:
    failures = made(40, refused=1, mix=dict.fromkeys(MIX, 0) | {"failure": 1})
    for example in failures:
        roles = [message["role"] for message in example.messages]
        assert roles == ["user", "assistant", "tool", "assistant", "user", "assistant"]
        (_, refused), (_, better) = (
            call_of(message["tool_calls"][0]) for message in example.messages if message.get("tool_calls")
        )
        changed = [name for name in refused if refused[name] != better[name]]
        assert len(changed) == 1 and set(refused) == set(better)
        error = json.loads(example.messages[2]["content"])["error"]
        assert changed[0] in error and str(refused[changed[0]]) in error and error in example.messages[3]["content"]
    assert len({e.messages[3]["content"] for e in failures}) > 30


def test_long_scenes_show_no_more_tools_than_fit() -> None:
    for tokens in (1700, 3000):
        sizes = [
            sum(count_marks(canonical_json(spec)) for spec in example.tools)
            for example in made(200, long=1, long_tokens=tokens)
            if len(example.tools) > 5
        ]
        assert len(sizes) > 20 and tokens * 0.7 < max(sizes) <= tokens


def test_long_scenes_show_many_tools_of_several_domains() -> None:
    domains = {tool.description: tool.domain for tool in TOOLS.tools}
    examples = made(300, long=0.5, long_tokens=9000)
    sizes = [len(example.tools) for example in examples if len(example.tools) > 1]
    long = [example for example in examples if len(example.tools) >= 8]
    assert 0.3 < len(long) / len(sizes) < 0.7 and max(sizes) <= 24
    assert all(len({domains[spec["function"]["description"]] for spec in example.tools}) > 1 for example in long)
    assert {example.category for example in long} >= {"multiple", "parallel_multiple", "irrelevance"}
