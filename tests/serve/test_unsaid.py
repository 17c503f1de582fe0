"""A value that nobody has spoken of counts less: the engine thinks twice of it, and of the call that needs it."""

import json
import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from engines import open_engine
from serving import call

from sftctl.core.types import Generation, LastCall, Sampling, Unsaid
from sftctl.plugins.hermes import Hermes
from sftctl.serve import preferring
from sftctl.serve.arguments import Argument, arguments_of
from sftctl.serve.engine import row
from sftctl.serve.engine.engine import TorchEngine
from sftctl.serve.engine.row import PassedBy, Row
from sftctl.serve.grammar import Grammars, Shape
from sftctl.serve.matching import TokenMatcher

PROPERTIES = {
    "city": {"type": "string"},
    "day": {"type": "string"},
    "days": {"type": "integer", "default": 1},
    "hourly": {"type": "boolean"},
    "unit": {"enum": ["C", "F", "kelvin"]},
    "topics": {"type": "array", "items": {"type": "string"}},
}
FORECAST: Any = {
    "type": "function",
    "function": {
        "name": "forecast",
        "parameters": {"type": "object", "properties": PROPERTIES, "required": ["city"]},
    },
}
REQUEST = [{"role": "user", "content": "Rain in Oslo for 3 days?"}]


# ---------------------------------------------------------------- arguments on the way


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("{", [(0, None, None, False)]),
        ('{"ci', [(0, None, None, False)]),
        ('{"a"', [(0, "a", None, False)]),
        ('{"a": 12', [(0, "a", " 12", False)]),
        ('{"a": 12,', [(0, "a", " 12", True), (8, None, None, False)]),
        ('{"a": "x, }", "b": [1, {"c": 2}], "d": {}}', [(0, "a", ' "x, }"', True), (12, "b", ' [1, {"c": 2}]', True),
                                                     (32, "d", " {}", True)]),
        ('{"a": "\\"', [(0, "a", ' "\\"', False)]),
        ("{}", []),
        ('{"a": true}}\n</tool_call>', [(0, "a", " true", True)]),
    ],
)  # fmt: skip
def test_the_arguments_of_an_object_on_the_way(text: str, arguments: list[Any]) -> None:
    def plain(each: Argument) -> Any:
        name = json.loads(each.name) if each.name else None
        value = None if each.value is None else text[each.value : each.end]
        return each.begin, name, value, each.end is not None

    assert [plain(each) for each in arguments_of(text.encode())] == arguments


# ---------------------------------------------------------------- what a grammar says of them


def watched(grammars: Grammars, tokenizer: Any, answer: str, shape: Shape) -> list[tuple[str, LastCall | None]]:
    """What stands there after each token, and what is said of it."""
    matcher = grammars.grounded(grammars.of(shape), REQUEST).start()
    seen = []
    for token in tokenizer.encode(answer, add_special_tokens=False):
        matcher.advance(token)
        seen.append((bytes(matcher._text).decode(errors="replace"), matcher.last_call()))
    return seen


@pytest.mark.parametrize(
    ("arguments", "unsaid"),
    [
        ({"city": "Oslo"}, []),
        ({"city": "Lima"}, ["city"]),
        ({"city": "a town of my own making"}, []),  # a text
        ({"city": "Oslo", "day": "Monday"}, ["day"]),
        ({"city": "Oslo", "day": "Oslo"}, ["day"]),  # that is the city
        ({"city": "Oslo", "day": "rain"}, []),
        ({"city": "Oslo", "days": 3}, []),
        ({"city": "Oslo", "days": 7}, ["days"]),
        ({"city": "Oslo", "days": 1}, []),  # as if it were not given
        ({"city": "Oslo", "hourly": True}, ["hourly"]),
        ({"city": "Oslo", "unit": "C"}, []),  # no word
        ({"city": "Oslo", "unit": "kelvin"}, ["unit"]),
        ({"city": "Oslo", "topics": ["snow", "ice"]}, ["topics"]),
        ({"city": "Oslo", "topics": ["snow", "rain"]}, []),
        ({"city": "Oslo", "day": "Monday", "days": 7}, ["day", "days"]),
    ],
)
@pytest.mark.parametrize("shape", [Shape((FORECAST,)), Shape((FORECAST,), parallel=False)])
def test_an_argument_is_unsaid_once_it_is_whole(
    grammars: Grammars, tokenizer: Any, arguments: Any, unsaid: list[str], shape: Shape
) -> None:
    answer = call("forecast", arguments)
    found = [(text, last.unsaid) for text, last in watched(grammars, tokenizer, answer, shape) if last and last.unsaid]
    assert len(found) == len(unsaid)
    for (text, unsaid_here), name in zip(found, unsaid, strict=True):
        taken = tokenizer.encode(text, add_special_tokens=False)
        argument = tokenizer.decode(taken[len(taken) - unsaid_here.tokens :])
        is_required = name == "city"
        assert (f'"{name}":' in argument) is not is_required and json.dumps(arguments[name])[1:-1] in argument
        assert unsaid_here.call == (len(taken) if is_required else 0)


@pytest.mark.parametrize(
    ("second", "unsaid"),
    [
        ({"low": 7, "high": 9}, False),
        ({"low": 3, "high": 9}, False),  # what the calls share
        ({"low": 5, "high": 9}, True),  # that is the first one's `high`
        ({"low": 7, "high": 9, "strict": True}, False),
    ],
)
def test_a_number_said_once_is_of_one_argument(
    grammars: Grammars, tokenizer: Any, second: dict[str, Any], unsaid: bool
) -> None:
    properties = {"low": {"type": "integer"}, "high": {"type": "integer"}, "strict": {"type": "boolean"}}
    schema = {"type": "object", "properties": properties, "required": ["low", "high"]}
    tool: Any = {"type": "function", "function": {"name": "draw", "parameters": schema}}
    request = [{"role": "user", "content": "Strictly from 3 to 5, then from 7 to 9, or to 1."}]
    matcher = grammars.grounded(grammars.of(Shape((tool,))), request).start()
    answer = Hermes().call_separator.join(call("draw", each) for each in ({"low": 3, "high": 5}, second))
    told = []
    for token in tokenizer.encode(answer, add_special_tokens=False):
        matcher.advance(token)
        told.append(matcher.last_call())
    assert any(last and last.unsaid for last in told) is unsaid


def test_true_is_not_the_number_one(grammars: Grammars, tokenizer: Any) -> None:
    properties = {"strict": {"type": "boolean"}, "count": {"type": "integer"}}
    schema = {"type": "object", "properties": properties, "required": ["strict", "count"]}
    tool: Any = {"type": "function", "function": {"name": "draw", "parameters": schema}}
    request = [{"role": "user", "content": "Draw 1, strictly."}]
    matcher = grammars.grounded(grammars.of(Shape((tool,))), request).start()
    for token in tokenizer.encode(call("draw", {"strict": True, "count": 1}), add_special_tokens=False):
        matcher.advance(token)
        last = matcher.last_call()
        assert not (last and last.unsaid)


def test_what_may_turn_out_to_be_unsaid_is_held(grammars: Grammars, tokenizer: Any) -> None:
    answer = call("forecast", {"city": "Oslo", "days": 3, "unit": "C"})
    held = {text[-8:]: last.open for text, last in watched(grammars, tokenizer, answer, Shape((FORECAST,))) if last}
    assert max(held.values()) > 5
    for text, count in held.items():
        if text.endswith(("}", "</")):
            assert count == 0, text


def test_nothing_is_unsaid_without_a_conversation(grammars: Grammars, tokenizer: Any) -> None:
    matcher = grammars.of(Shape((FORECAST,))).start()
    for token in tokenizer.encode(call("forecast", {"city": "Oslo", "day": "Monday"}), add_special_tokens=False):
        matcher.advance(token)
        assert matcher.last_call() in (None, LastCall(False, 0))


def test_an_argument_that_was_taken_back_is_judged_again(grammars: Grammars, tokenizer: Any) -> None:
    matcher = grammars.grounded(grammars.of(Shape((FORECAST,))), REQUEST).start()
    text = call("forecast", {"city": "Oslo", "day": "Monday"}).partition("}")[0]
    tokens = tokenizer.encode(text, add_special_tokens=False)
    for token in tokens:
        matcher.advance(token)
    first = matcher.last_call()
    assert first and first.unsaid and matcher.last_call() != first  # it is told once
    matcher.rollback(3)
    for token in tokens[-3:]:
        matcher.advance(token)
    again = matcher.last_call()
    assert again and again.unsaid == first.unsaid


# ---------------------------------------------------------------- what an engine does


def answers(engine: Any, grammar: Any, stop: int, tokenizer: Any, **more: Any) -> list[dict[str, Any]]:
    """The arguments of the calls that a random model makes after 8 prompts."""
    sampling = Sampling(max_tokens=400, **more)
    asked = [Generation((seed,) * 9, sampling, (stop,), grammar=grammar) for seed in range(5, 13)]
    tickets = [engine.submit(each) for each in asked]
    texts = [tokenizer.decode([step.token for step in ticket]) for ticket in tickets]
    parts = [text.partition("<tool_call>")[2].partition("</tool_call>") for text in texts]
    return [json.loads(inside)["arguments"] for inside, closed, _ in parts if closed]


def test_what_nobody_spoke_of_is_left_out_where_it_counts_little(
    tiny_model_dir: Path, grammars: Grammars, tokenizer: Any, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = {name: {"type": "integer", "maximum": 9} for name in ("a", "b", "c")}
    schema = {"type": "object", "properties": numbers, "required": ["a"]}
    tool: Any = {"type": "function", "function": {"name": "f", "parameters": schema}}
    grammar = grammars.of(Shape((tool,), required=True, parallel=False))
    engine = open_engine(tiny_model_dir)
    free = answers(engine, grammar, stop, tokenizer)
    assert any({"b", "c"} & call.keys() for call in free)
    grounded = grammars.grounded(grammar, REQUEST)
    monkeypatch.setattr(preferring, "GOING_ON", 0.0)
    monkeypatch.setattr(row, "UNSAID", 1000.0)
    for call_made in answers(engine, grounded, stop, tokenizer):
        assert {call_made.get(name, 3) for name in ("b", "c")} <= {3}
    monkeypatch.setattr(row, "UNSAID", -1000.0)
    assert answers(engine, grounded, stop, tokenizer) == free


def test_what_stays_of_an_answer_is_not_computed_again(
    tiny_model_dir: Path, grammars: Grammars, tokenizer: Any, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = {name: {"type": "integer", "maximum": 9} for name in ("a", "b", "c")}
    tool: Any = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": numbers}}}
    grammar = grammars.grounded(grammars.of(Shape((tool,), required=True, parallel=False)), REQUEST)
    monkeypatch.setattr(row, "UNSAID", 1000.0)

    def computed() -> tuple[list[dict[str, Any]], int]:
        engine, tokens = open_engine(tiny_model_dir), list[int]()
        forward = engine._decoder.forward
        spy = partial(_spy, forward, tokens)
        monkeypatch.setattr(engine._decoder, "forward", spy)
        return answers(engine, grammar, stop, tokenizer), sum(tokens)

    with_it, few = computed()
    monkeypatch.setattr(TorchEngine, "_goes_on_from_there", lambda *_: False)
    without, many = computed()
    assert with_it == without and few < 0.9 * many


def _spy(forward: Any, tokens: list[int], spans: Any, weights: Any) -> Any:
    tokens += [len(span.tokens) for span in spans]
    return forward(spans, weights)


def after(chosen: Sequence[tuple[float, float]], call: LastCall) -> Row:
    """A row that has written a token for each of `chosen`: the log-probabilities of it and of the likeliest other."""
    asked = Row(0, Generation((1,), Sampling(max_tokens=99), ()), None, 100)  # type: ignore[arg-type]
    asked._matcher = TokenMatcher(Matcherless(), None)
    asked.tokens += range(10, 10 + len(chosen))
    asked.counts.update(asked.tokens[1:])
    asked.passed_by = {at: PassedBy(*each) for at, each in enumerate(chosen, start=1)}
    asked.call = call
    return asked


@pytest.mark.parametrize(
    ("value", "other", "left_out", "kept"),
    [
        (-0.1, -9.0, -3.0, 0),  # -0.1 - 0.2 - 0.1 - UNSAID is less than -3.0
        (-0.1, -9.0, -4.0, 3),
        (-2.0, -9.0, -4.0, 0),  # a doubtful value weighs less
        (-0.1, -2.0, -4.0, 2),  # another value is likelier
    ],
)
def test_an_argument_stays_where_it_is_likelier_than_any_other_way(
    value: float, other: float, left_out: float, kept: int
) -> None:
    asked = after([(-0.1, left_out), (-0.2, -9.0), (value, other)], LastCall(False, 3, Unsaid(3)))  # `, "day": 7`
    assert asked._rewind() is (kept < 3)
    assert asked.tokens == [1, 10, 11, 12][: 1 + kept]


@pytest.mark.parametrize(
    ("refusal", "other", "kept"),
    [(-2.0, -9.0, 0), (-3.5, -9.0, 3), (-math.inf, -9.0, 3), (-2.0, -1.0, 2), (-1.0, -1.5, 0)],
    ids=["none is nearly as likely", "the call is sure", "one must be made", "another value is likelier", "or less"],
)
def test_a_call_is_taken_back_that_lacks_a_value(refusal: float, other: float, kept: int) -> None:
    unsaid = LastCall(False, 1, Unsaid(1, call=3), begun=3)
    asked = after([(-0.2, refusal), (-4.0, -5.0), (-0.3, other)], unsaid)  # `<tool_call>`, its beginning, the value
    assert asked._rewind() is (kept < 3)
    assert asked.tokens == [1, 10, 11, 12][: 1 + kept]


def test_a_call_that_may_be_taken_back_is_held(grammars: Grammars, tokenizer: Any) -> None:
    answer = call("forecast", {"city": "Oslo", "days": 3})
    begun = {text: last and last.begun for text, last in watched(grammars, tokenizer, answer, Shape((FORECAST,)))}
    for text, count in begun.items():
        lacks_city = '"Oslo"' not in text
        assert count == (len(tokenizer.encode(text, add_special_tokens=False)) if lacks_city else 0), text


def test_words_are_not_held(grammars: Grammars, tokenizer: Any) -> None:
    assert {last for _, last in watched(grammars, tokenizer, "I do not know.", Shape((FORECAST,)))} == {None}


class Matcherless:
    def deep_copy(self) -> "Matcherless":
        return self

    def consume_tokens(self, tokens: Sequence[int]) -> None: ...

    def is_error(self) -> bool:
        return False

    def compute_bitmask(self) -> bytes:
        return b""
