"""The proof of cleanliness: that each of its checks finds what it looks for."""

import hashlib
from typing import Any

import pytest

from sftctl.core.examples.census import Census, SplitAudit
from sftctl.core.lint import LintRule
from sftctl.core.types import Example, Message, Tool, Toolset, tool_call
from sftctl.plugins.hermes import Hermes

LIGHT, SNUFF = Tool("light_lamp", "Light a lamp.", {}), Tool("snuff_candle", "Put a candle out.", {})
SHOUTS = LintRule("shouts", "an answer in capitals", "warning", lambda: lambda row: ["loud"] * row.said.count("NO"))
TOKENS = LintRule("tokens", "never", "error", lambda: lambda row: [], needs_model=True)


def calls(*names: str, **more: Any) -> Message:
    return {"role": "assistant", "content": None, "tool_calls": [tool_call(name, {}) for name in names], **more}


def example(*messages: Message, tools: tuple[Tool, ...] = (LIGHT,), **more: Any) -> Example:
    return Example(
        ({"role": "user", "content": "Some light, please."}, *messages), tuple(t.spec for t in tools), **more
    )


ANSWER: Message = {"role": "assistant", "content": "NO! NO!"}
EXAMPLES = [
    example(calls("light_lamp", "light_lamp"), ANSWER, category="b"),
    example(calls("snuff_candle", weight=0), calls("light_lamp"), tools=(LIGHT, SNUFF), category="b"),
    example(ANSWER, tools=(), source="own"),
]


def taken(*examples: Example) -> tuple[list[str], dict[str, Any]]:
    """The lines, and the report on them."""
    census = Census([SHOUTS, TOKENS], Hermes())
    return list(census.lines(examples)), census.report()


def test_everything_is_counted_on_its_way_into_the_file() -> None:
    lines, report = taken(*EXAMPLES)
    assert lines == [one.to_json() for one in EXAMPLES]
    assert report == {
        "examples": 3,
        "by_category": {"b": 2, "own": 1},
        "calls_by_tool": {"light_lamp": 3},  # a call of weight 0 is not learned
        "tools_called": 1,
        "tools_shown": 2,
        "words_per_request": {"shortest": 3, "median": 3, "longest": 3, "histogram": {"3-4": 3}},
        "lint": {"shouts": {"rows": 2, "share": 2 / 3}},
        "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
    }


def test_the_order_of_examples_changes_nothing_but_the_hash() -> None:
    one, other = (taken(*examples)[1] for examples in (EXAMPLES, EXAMPLES[::-1]))
    assert one.pop("sha256") != other.pop("sha256")
    assert repr(one) == repr(other)


def test_no_example_is_held_while_others_come() -> None:
    census, seen = Census([], Hermes()), list[Example]()
    lines = census.lines(iter(EXAMPLES), seen.append)
    for number in range(len(EXAMPLES)):
        next(lines)
        assert (census.examples, seen) == (number + 1, EXAMPLES[: number + 1])


def test_nothing_is_counted_in_nothing() -> None:
    _, report = taken()
    assert (report["examples"], report["lint"]["shouts"]) == (0, {"rows": 0, "share": 0.0})
    assert report["sha256"] == hashlib.sha256(b"").hexdigest()


# ---------------------------------------------------------------- held-out tools


def audit(*examples: Example, training: tuple[Tool, ...] = (LIGHT,)) -> list[list[str]]:
    """The held-out tools that are called, shown and described in the examples."""
    found = SplitAudit(Toolset("training", "", training), Toolset("held-out", "", (SNUFF,)))
    for one in examples:
        found.add(one)
    report = found.report()
    assert (report["tools_in_training"], report["held_out_tools"]) == (len(training), ["snuff_candle"])
    return [report[f"held_out_{what}"] for what in ("called", "shown", "described")]


def test_a_clean_split() -> None:
    assert audit(example(calls("light_lamp"))) == [[], [], []]


@pytest.mark.parametrize("name", ["snuff_candle", "snuffCandle", "Snuff.Candle"])
def test_a_held_out_name_is_found_however_it_is_spelled(name: str) -> None:
    assert audit(example(calls(name))) == [["snuff_candle"], [], []]
    assert audit(example(ANSWER, tools=(Tool(name, "", {}),))) == [[], ["snuff_candle"], []]


def test_a_held_out_tool_in_disguise_is_found_by_its_description() -> None:
    disguised = example(calls("douse"), tools=(Tool("douse", SNUFF.description, {}),))
    assert audit(disguised) == [[], [], ["snuff_candle"]]
    assert audit(disguised, training=(LIGHT, Tool("douse", SNUFF.description, {}))) == [[], [], []]
