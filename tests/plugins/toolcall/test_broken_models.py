"""Models that are broken in one way each: the report names what is wrong with them, and ranks them."""

from functools import cache
from typing import Any

import pytest
from broken import BROKEN, Spoil, always_calls, never_calls, perfect, prose_around, scored

from sftctl.core.report.comparison import compare
from sftctl.core.report.facts import headlines, ranking
from sftctl.core.report.results import Results, results_of
from sftctl.core.types import Example, Message, Toolset
from sftctl.plugins.toolcall.judge import evaluator
from sftctl.plugins.toolcall.mistakes import MISTAKES
from sftctl.plugins.toolcall.synthesis import synthesize
from sftctl.toolsets import sftctl_toolsets

NOISE = 0.1
TOOLS = Toolset("all", "", tuple(tool for toolset in sftctl_toolsets() for tool in toolset.tools))
EXAMPLES = list(synthesize(TOOLS, 200, seed=3))


def half_right(example: Example) -> Message:
    other = never_calls if example.calls else always_calls
    return (perfect if EXAMPLES.index(example) % 2 else other)(example)


@cache
def results(name: str) -> Results:
    spoil = {"perfect": perfect, "half right": half_right}.get(name) or BROKEN[name][0]
    return results_of(name, [scored(EXAMPLES, spoil, 0 if name in ("perfect", "half right") else NOISE)])


@pytest.mark.parametrize("name", BROKEN)
def test_the_headline_names_the_mistake(name: str) -> None:
    _, mistake = BROKEN[name]
    (headline,) = headlines(compare(results("perfect"), results(name)), results(name))
    assert headline["verdict"] == "worse"
    assert headline["mistake"].startswith(f"{mistake.replace('_', ' ')} (")
    assert mistake in MISTAKES
    counts = results(name).mistakes("toolcall")
    assert counts[mistake] > counts.total() / 2


def test_the_better_model_ranks_higher() -> None:
    ranked = [
        name for name, _, _ in ranking([results(name) for name in ("half right", *BROKEN, "perfect")], "toolcall")
    ]
    assert ranked[0] == "perfect"
    middle = ranked.index("half right")
    spoils_little = {"one call of several", "no optional arguments", "always calls", "wrong tool"}
    spoils_every_call = {
        "never calls",
        "wrong case",
        "extra arguments",
        "truncated JSON",
        "unknown tool",
        "one more call",
        "one call made up",
        "no arguments",
        "nulls",
        "renamed arguments",
        "prefixed names",
        "calls as text",
    }
    assert spoils_little <= set(ranked[:middle])
    assert spoils_every_call <= set(ranked[middle:])


@pytest.mark.parametrize(
    "harmless", [prose_around, lambda example: {**perfect(example), "tool_calls": backwards(example)}]
)
def test_what_breaks_nothing_is_no_mistake(harmless: Spoil) -> None:
    assert scored([example for example in EXAMPLES if example.calls], harmless, 0).scores["overall"].value == 1


def backwards(example: Example) -> list[Any]:
    return list(reversed(perfect(example)["tool_calls"]))


def test_every_kind_of_mistake_is_explained_once() -> None:
    assert evaluator().mistakes == MISTAKES
    assert len(set(MISTAKES.values())) == len(MISTAKES)
