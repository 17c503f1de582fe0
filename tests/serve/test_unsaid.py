"""An argument that need not be given counts less where nobody has spoken of its value: the engine thinks twice."""

import json
from pathlib import Path
from typing import Any

import pytest
from engines import open_engine
from serving import call

from sftctl.core.types import Generation, LastCall, Sampling, Unsaid
from sftctl.serve.arguments import Argument, arguments_of
from sftctl.serve.engine import row
from sftctl.serve.engine.row import PassedBy, Row
from sftctl.serve.grammar import Grammars, Shape
from sftctl.serve.matching import TokenMatcher
from sftctl.serve.source import Pieces, source_of

PROPERTIES = {
    "city": {"type": "string"},
    "day": {"type": "string"},
    "days": {"type": "integer", "default": 1},
    "hourly": {"type": "boolean"},
    "unit": {"enum": ["C", "F"]},
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


# ---------------------------------------------------------------- what a conversation says


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("to New  York", "new york", True),
        ("to New York", "York", True),
        ("to Rome", "Oslo", False),
        ("in snake_case", "snake case", True),
        ("for 3 days", 3, True),
        ("for three days", 3, True),
        ("for 4 days", 3, False),
        ("for 1,500 euros", 1500, True),
        ("2.5 million", 2_500_000, True),
        ("15%", 0.15, True),
        ("-5 degrees", 5, True),
        ("on May 7th", "2024-05-07", True),
        ("tomorrow", "2024-05-07", True),
        ("on Friday", "2024-05-07", True),
        ("in Rome", "2024-05-07", False),
        ("at 3 pm", "15:00", True),
        ("at noon", "12:00", True),
        ("in Rome", "12:00", False),
        ("on the 7th at 3 pm", "2024-05-07T15:00", True),
        ("at 3 pm", "2024-05-07T15:00", False),
        ("", True, True),
        ("", None, True),
        ("", {"a": "b"}, True),
        ("Rome", ["Rome", "Oslo"], True),
        ("Lima", ["Rome", "Oslo"], False),
        ("", [], True),
    ],
)
def test_whether_a_value_is_said(text: str, value: Any, said: bool) -> None:
    source = source_of(Pieces([]), [{"role": "user", "content": text}])
    assert source.says(value) is said


def test_what_is_given_twice_has_to_be_said_twice() -> None:
    source = source_of(Pieces([]), [{"role": "user", "content": "Oslo, 3 and 3"}])
    assert [source.says(value, 2) for value in ("Oslo", 3)] == [False, True]


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
        ({"city": "Lima"}, []),  # it must be given
        ({"city": "Oslo", "day": "Monday"}, ["day"]),
        ({"city": "Oslo", "day": "Oslo"}, ["day"]),  # that is the city
        ({"city": "Oslo", "day": "rain"}, []),
        ({"city": "Oslo", "days": 3}, []),
        ({"city": "Oslo", "days": 7}, ["days"]),
        ({"city": "Oslo", "days": 1}, []),  # as if it were not given
        ({"city": "Oslo", "hourly": True}, []),
        ({"city": "Oslo", "unit": "C"}, []),  # one of a few
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
        value = tokenizer.decode(taken[len(taken) - unsaid_here.value :])
        assert f'"{name}":' in argument and f'"{name}"' not in value
        assert argument.partition(f'"{name}":')[2].endswith(value)


def test_what_may_turn_out_to_be_unsaid_is_held(grammars: Grammars, tokenizer: Any) -> None:
    answer = call("forecast", {"city": "Oslo", "days": 3, "unit": "C"})
    held = {text[-8:]: last.open for text, last in watched(grammars, tokenizer, answer, Shape((FORECAST,))) if last}
    assert max(held.values()) > 5
    for text, count in held.items():
        if text.endswith(('"Osl', '"C', "}", "</")):
            assert count == 0, text


def test_nothing_is_unsaid_without_a_conversation(grammars: Grammars, tokenizer: Any) -> None:
    matcher = grammars.of(Shape((FORECAST,))).start()
    for token in tokenizer.encode(call("forecast", {"city": "Oslo", "day": "Monday"}), add_special_tokens=False):
        matcher.advance(token)
        assert matcher.last_call() is None or matcher.last_call() == LastCall(False, 0)


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
    monkeypatch.setattr(row, "UNSAID", 1000.0)
    for call_made in answers(engine, grounded, stop, tokenizer):
        assert {call_made.get(name, 3) for name in ("b", "c")} <= {3}
    monkeypatch.setattr(row, "UNSAID", -1000.0)
    assert answers(engine, grounded, stop, tokenizer) == free


def test_it_stays_where_it_is_likelier_than_any_other_way() -> None:
    def thinks_twice(value: float, other: float) -> Any:
        asked = Row(0, Generation((1,), Sampling(max_tokens=99), ()), None, 100)  # type: ignore[arg-type]
        asked._matcher = TokenMatcher(Matcherless(), None)
        asked.tokens += [10, 11, 12]  # a comma, a name, a value
        asked.counts.update([10, 11, 12])
        asked.passed_by = {1: PassedBy(-0.1, other), 2: PassedBy(-0.2, -9.0), 3: PassedBy(value, -0.01)}
        asked.call = LastCall(False, 3, Unsaid(3, 1))
        return asked._rewind(), asked.tokens

    assert thinks_twice(-0.1, -3.0) == (True, [1])  # -0.1 - 0.2 - 0.1 - UNSAID is less than -3.0
    assert thinks_twice(-0.1, -4.0) == (False, [1, 10, 11, 12])
    assert thinks_twice(-2.0, -4.0) == (True, [1])  # a doubtful value weighs less


class Matcherless:
    def rollback(self, count: int) -> None: ...

    def is_error(self) -> bool:
        return False

    def compute_bitmask(self) -> bytes:
        return b""
