"""Synthesis: every category, checked calls, held to its seed."""

import gc
import json
import os
import random
import subprocess
import sys
import tracemalloc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from sftctl.core.errors import DataError
from sftctl.core.types import OWN, Example, Json, Limits, Tool, Toolset, is_learned, tool_call
from sftctl.plugins.toolcall import checks, disguise, scenes, synthesis
from sftctl.plugins.toolcall.conversation import conversations
from sftctl.plugins.toolcall.settings import MIX, SynthesisConfig
from sftctl.plugins.toolcall.synthesis import synthesize
from sftctl.plugins.toolsources import python, specs
from sftctl.toolsets import sftctl_toolsets

TOOLS = Toolset("all", "", tuple(tool for toolset in sftctl_toolsets() for tool in toolset.tools))


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return list(synthesize(TOOLS, 600, seed=3))


def test_every_category_in_its_share(examples: list[Example]) -> None:
    counts = Counter(example.category for example in examples)
    assert set(counts) == {category for category, share in MIX.items() if share}
    for category, share in MIX.items():
        assert counts[category] == pytest.approx(600 * share, rel=0.4, abs=10)


def test_the_mix_is_a_setting() -> None:
    config = SynthesisConfig.model_validate({"mix": dict.fromkeys(MIX, 0) | {"parallel": 1, "failure": 1}})
    counts = Counter(example.category for example in synthesize(TOOLS, 60, 0, config))
    assert set(counts) == {"parallel", "failure"}
    with pytest.raises(ValidationError, match=r"'paralel' is not a category\. Did you mean 'parallel'"):
        SynthesisConfig.model_validate({"mix": {"paralel": 1}})


def test_conversations_have_neither_tools_nor_calls_and_end_when_all_are_told() -> None:
    config = SynthesisConfig.model_validate({"mix": dict.fromkeys(MIX, 0) | {"conversation": 1, "simple": 1}})
    examples = [e for e in synthesize(TOOLS, 600, 0, config) if e.category == "conversation"]
    assert 100 < len(examples) <= len(conversations())
    assert {tuple(str(message["content"]) for message in example.messages) for example in examples} <= {
        *conversations()
    }
    assert not any(example.tools or "tool_calls" in example.messages[1] for example in examples)


def test_examples_of_a_scene_show_the_same_tools() -> None:
    config = SynthesisConfig(scene=5)
    shown = Counter(json.dumps(example.tools) for example in synthesize(TOOLS, 100, 0, config))
    assert 15 < len(shown) < 35


def test_each_scene_holds_calls_and_refusals_as_the_mix_says() -> None:
    mix = dict.fromkeys(MIX, 0.0) | {"multiple": 0.6, "irrelevance": 0.8}  # half of these are shown a single tool
    refusals: Counter[str] = Counter()
    for example in synthesize(TOOLS, 300, 5, SynthesisConfig(mix=mix, scene=10)):
        if len(example.tools) > 1:
            refusals[json.dumps(example.tools)] += not example.calls
    assert len(refusals) > 10
    assert set(refusals.values()) == {4}  # drawn one by one, three of four scenes would hold more or fewer


def test_registers_leave_every_value_as_it_is() -> None:
    restyled = list(synthesize(TOOLS, 200, 1, SynthesisConfig(registers=1)))
    plain = list(synthesize(TOOLS, 200, 1, SynthesisConfig(registers=0)))
    assert len({e.messages[0]["content"] for e in restyled} - {e.messages[0]["content"] for e in plain}) > 150
    for example in restyled:
        if example.category in ("simple", "parallel"):
            for _, arguments in example.calls:
                assert checks.unsupported(arguments, example.messages[0]["content"]) == ""


def test_a_function_that_is_supplied_later_is_called_and_the_refusal_not_learned() -> None:
    config = SynthesisConfig.model_validate({"mix": dict.fromkeys(MIX, 0) | {"supplied": 1}})
    for example in synthesize(TOOLS, 60, 0, config):
        asked, refusal, supplied, called = example.messages
        assert [m["role"] for m in example.messages] == ["user", "assistant", "user", "assistant"]
        assert refusal["weight"] == 0 and refusal["content"].startswith("I") and "{" not in supplied["content"]
        (call,) = example.calls
        assert called["tool_calls"] and not checks.unsupported(call[1], asked["content"])


def test_an_argument_is_given_when_asked_for_or_all_are_confirmed_and_then_the_call_is_made() -> None:
    config = SynthesisConfig.model_validate({"mix": dict.fromkeys(MIX, 0) | {"completed": 1}})
    lengths, learned = set(), set()
    for example in synthesize(TOOLS, 80, 0, config):
        *before, called = example.messages
        assert [m["role"] for m in example.messages] == ["user", "assistant"] * (len(example.messages) // 2)
        said = "\n".join(message["content"] for message in before if message["role"] == "user")
        (call,) = example.calls
        assert called["tool_calls"] and not checks.unsupported(call[1], said)
        lengths.add(len(example.messages))
        learned |= {is_learned(message) for message in before if message["role"] == "assistant"}
    assert lengths == {4, 6} and learned == {True, False}


def test_what_is_read_back_is_what_is_called() -> None:
    """Also where the call's names and scales are others than the tool's own."""
    config = SynthesisConfig.model_validate({"mix": dict.fromkeys(MIX, 0) | {"completed": 1}})
    found = 0
    for example in synthesize(TOOLS, 400, 1, config):
        read_back = example.messages[-3]["content"]
        openings = {words.partition("{}")[0] for words in scenes.CONFIRMATIONS}
        if any(read_back.startswith(opening) for opening in openings):
            found += 1
            (call,) = example.calls
            assert call[1] and scenes._listed(call[1]) in read_back
    assert found > 50


def test_what_needs_nothing_is_called_with_nothing_unless_something_is_asked_for() -> None:
    """Of tools without parameters, or with optional ones alone; there is nothing to read back of such a call."""
    without = Toolset("", "", tuple(tool for tool in TOOLS.tools if not tool.required))
    by_kind: dict[str, list[bool]] = {"none": [], "optional": []}
    for example in synthesize(without, 400, 2, SynthesisConfig.model_validate({"mix": MIX | {"completed": 0.2}})):
        shown = {tool["function"]["name"]: tool["function"]["parameters"]["properties"] for tool in example.tools}
        for name, arguments in example.calls:
            by_kind["optional" if shown[name] else "none"].append(bool(arguments))
        assert not any(
            message["content"] in {c.format("") for c in scenes.CONFIRMATIONS} for message in example.messages
        )
    assert len(by_kind["none"]) > 50 and not any(by_kind["none"])
    assert 0.4 < sum(by_kind["optional"]) / len(by_kind["optional"]) < 0.9


def test_what_no_tool_fits_may_be_several_things(monkeypatch: pytest.MonkeyPatch) -> None:
    config = SynthesisConfig.model_validate({"mix": dict.fromkeys(MIX, 0) | {"irrelevance": 1}})
    lengths = []
    for share in (0, 1):
        monkeypatch.setattr(scenes, "SEVERAL_REFUSED", share)
        requests = [str(example.messages[0]["content"]) for example in synthesize(TOOLS, 100, 1, config)]
        lengths.append(sum(map(len, requests)))
    assert lengths[1] > 1.8 * lengths[0]


def test_what_no_tool_fits_is_refused_even_if_it_was_confirmed() -> None:
    config = SynthesisConfig.model_validate({"mix": dict.fromkeys(MIX, 0) | {"irrelevance": 1}})
    late = 0
    for example in synthesize(TOOLS, 400, 1, config):
        *before, refusal = example.messages
        assert is_learned(refusal) and not example.calls and not any(map(is_learned, before))
        if len(before) > 1:
            late += 1
            assert before[2]["content"] in scenes.CONFIRMED
    assert 10 < late < 60


def test_requests_are_all_different(examples: list[Example]) -> None:
    requests = [example.messages[0]["content"] for example in examples]
    assert len(set(requests)) == len(requests)


def test_every_call_satisfies_the_schema_that_is_shown_with_it(examples: list[Example]) -> None:
    assert list(misfits(examples)) == []
    assert sum(len(m.get("tool_calls") or ()) for example in examples for m in example.messages) > 600


def misfits(examples: Iterable[Example]) -> Iterator[Example]:
    """Those with a call that breaks the schema shown with it, as jsonschema itself says."""
    for example in examples:
        shown = {spec["function"]["name"]: spec["function"]["parameters"] for spec in example.tools}
        calls = [call["function"] for message in example.messages for call in message.get("tool_calls") or ()]
        for call in calls:
            schema = shown[call["name"]] | {"additionalProperties": False}
            if not Draft202012Validator(schema).is_valid(json.loads(call["arguments"])):
                yield example


def test_a_disguise_that_breaks_its_calls_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    respell = disguise._respell

    def wrong(schema: Mapping[str, Json], wordless: bool, rng: random.Random) -> dict[str, Json]:
        shown = respell(schema, wordless, rng)
        return shown | {"type": "string"} if schema.get("type") == "integer" and rng.random() < 0.2 else shown

    monkeypatch.setattr(disguise, "_respell", wrong)
    assert list(misfits(synthesize(TOOLS, 150, 0))) == []
    monkeypatch.setattr(synthesis, "shown_error", lambda example: "")
    assert list(misfits(synthesize(TOOLS, 150, 0)))


def test_a_call_is_held_to_the_tools_as_they_are_shown() -> None:
    spec = Tool("wait", "", {"type": "object", "properties": {"minutes": {"type": "integer"}}}).spec

    def turn(name: str, **arguments: Json) -> Example:
        call = tool_call(name, arguments)
        return Example(({"role": "user", "content": "?"}, {"role": "assistant", "tool_calls": [call]}), (spec,))

    assert checks.shown_error(turn("wait", minutes=5)) == ""
    assert checks.shown_error(turn("wait", minutes="5")) == "wait: '5' is not of type 'integer'"
    assert checks.shown_error(turn("wait", hours=5)) == "wait: unknown argument 'hours'"
    assert checks.shown_error(turn("sleep")) == "sleep: it is not shown"


def test_memory_does_not_grow_with_the_examples() -> None:
    made = synthesize(Toolset("few", "", TOOLS.tools[:8]), 4000, 0)
    tracemalloc.start()
    try:
        held = [memory_after(1500, made), memory_after(2500, made)]
    finally:
        tracemalloc.stop()
    assert held[1] - held[0] < 2500 * 20, "bytes; one request alone has some 100"


def memory_after(many: int, made: Iterator[Example]) -> int:
    """The bytes in use once `many` more examples are made."""
    for _ in range(many):
        next(made)
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def test_every_value_is_in_the_request(examples: list[Example]) -> None:
    for example in examples:
        users = [message["content"] for message in example.messages if message["role"] == "user"]
        request = "\n".join(users if example.category in ("correction", "failure", "supplied") else users[-1:])
        for _, arguments in example.calls:
            assert checks.unsupported(arguments, request) == ""


def test_what_each_category_promises(examples: list[Example]) -> None:
    for example in examples:
        names = [name for name, _ in example.calls]
        match example.category:
            case "simple":
                assert len(names) == len(example.tools) == 1
            case "multiple":
                assert len(names) == 1 < len(example.tools)
            case "parallel":
                assert len(names) > 1 == len(set(names))
            case "parallel_multiple":
                assert len(set(names)) > 1
            case "irrelevance" | "missing":
                assert not names
                assert example.messages[-1]["content"]
            case "result":
                assert [m["role"] for m in example.messages] == ["user", "assistant", "tool", "assistant"]
            case "dialogue":
                assert sum(message["role"] == "user" for message in example.messages) > 1
                assert every_result_follows_its_call(example)


def every_result_follows_its_call(example: Example) -> bool:
    asked = [call["id"] for m in example.messages[:-1] for call in m.get("tool_calls") or ()]
    given = [message["tool_call_id"] for message in example.messages if message["role"] == "tool"]
    return asked == given and len(set(asked)) == len(asked)


def test_the_same_seed_gives_the_same_bytes_in_another_process(examples: list[Example]) -> None:
    script = (
        "from sftctl.core.types import Toolset\n"
        "from sftctl.toolsets import sftctl_toolsets\n"
        "from sftctl.plugins.toolcall.synthesis import synthesize\n"
        "tools = Toolset('all', '', tuple(t for ts in sftctl_toolsets() for t in ts.tools))\n"
        "for example in synthesize(tools, 600, 3): print(example.to_json())\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [example.to_json() for example in examples]


def test_the_order_of_sets_which_no_process_shares_decides_nothing() -> None:
    script = (
        "from sftctl.plugins.toolcall.disguise import _other_scales\n"
        "from sftctl.core.types import Toolset\n"
        "from sftctl.toolsets import sftctl_toolsets\n"
        "from sftctl.plugins.toolcall.synthesis import synthesize\n"
        "tools = tuple(t for ts in sftctl_toolsets() for t in ts.tools if len(_other_scales(t)) > 1)\n"
        "for example in synthesize(Toolset('percents', '', tools), 60, 0): print(example.to_json())\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1 and b"tool_calls" in outputs.pop()


def test_another_seed_gives_other_examples(examples: list[Example]) -> None:
    assert next(synthesize(TOOLS, 1, seed=4)) != examples[0]


def test_a_users_tools_need_nothing_but_a_schema(tmp_path: Path) -> None:
    tools = [
        {
            "type": "function",
            "function": {
                "name": "open_ticket",
                "description": "Opens a support ticket for a customer.",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "customer_email": {"type": "string"},
                        "severity": {"type": "string", "enum": ["low", "high"]},
                        "summary": {"type": "string"},
                        "hours": {"type": "integer", "minimum": 1, "maximum": 48},
                    },
                    "required": ["customer_email", "severity"],
                },
            },
        },
        {"type": "function", "function": {"name": "ping", "description": "Checks that the server answers."}},
    ]
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(tools))
    made = list(synthesize(specs.load(str(path), Limits()), 80, seed=0))
    called = Counter(name for example in made for name, _ in example.calls)
    assert len(made) == 80
    assert sum(called.values()) > 40


def test_a_users_own_tools_are_not_lost_among_the_others() -> None:
    mine = Tool(
        "feed_cat", "Feeds the cat.", {"type": "object", "properties": {"grams": {"type": "integer"}}}, domain=OWN
    )
    both = Toolset("both", "", (*TOOLS.tools, mine))

    def shown(share: float) -> float:
        made = list(synthesize(both, 300, 0, SynthesisConfig(own=share)))
        return sum("cat" in str(example.tools) and "grams" in str(example.tools) for example in made) / 300

    assert shown(0.3) > 0.2 > shown(0)
    alone = list(
        synthesize(Toolset("own", "", (mine,)), 20, 0, SynthesisConfig.model_validate({"mix": {"irrelevance": 0}}))
    )
    assert not any("own_" in str(example.tools) for example in alone), "a mark of ours is no part of a name"


def test_a_toolset_that_cannot_yield_enough_says_so(tmp_path: Path) -> None:
    path = tmp_path / "ping.json"
    path.write_text(json.dumps([{"name": "ping", "description": "Checks that the server answers."}]))
    with pytest.raises(DataError, match=r"gave only .* different examples"):
        list(synthesize(specs.load(str(path), Limits()), 3000, seed=0))


MIXED = '''
"""A tool that works on some of what it is asked, and one that never comes back."""

def half(number: int) -> int:
    """Halve an even number."""
    if number % 2:
        raise ValueError("odd")
    print(number)
    return number // 2

def hang(number: int) -> int:
    """Ponder a number."""
    while True:
        pass
'''


def test_only_calls_that_ran_in_the_sandbox_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "numbers.py"
    path.write_text(MIXED)
    made = list(synthesize(python.load(str(path), Limits(timeout=1)), 60, seed=0))
    kept = [number for example in made for _, arguments in example.calls for number in arguments.values()]
    assert len(kept) > 20
    assert all(number % 2 == 0 for number in kept)


@pytest.mark.parametrize(
    ("arguments", "request_text", "missing"),
    [
        ({"n": 5}, "take 5 of them", ""),
        ({"n": 5}, "take some of them", "5"),
        ({"n": 15}, "take 5 of them", "15"),
        ({"n": 1500}, "take 1,500 of them", ""),
        ({"city": "Paris"}, "weather in paris", ""),
        ({"city": "Paris"}, "weather in London", "Paris"),
        ({"kind": "home_office"}, "a home office desk", ""),
        ({"on": "2026-03-14"}, "on March 14, 2026", ""),
        ({"on": "2026-03-14"}, "on the 14th of March 2026", ""),
        ({"on": "2026-03-14"}, "on March 15, 2026", "2026-03-14"),
        ({"at": "14:30"}, "at 2:30 pm", ""),
        ({"at": "2026-03-14T14:30"}, "on 14 March 2026 at 2:30 pm", ""),
        ({"at": "2026-03-14T14:30"}, "on 14 March 2026", "2026-03-14T14:30"),
        ({"items": ["tea", "milk"]}, "tea and milk", ""),
        ({"items": ["tea", "milk"]}, "tea", "milk"),
        ({"x": -3.5}, "minus: -3.5", ""),
    ],
)
def test_support_by_the_request(arguments: dict[str, object], request_text: str, missing: str) -> None:
    assert checks.unsupported(arguments, request_text) == missing
