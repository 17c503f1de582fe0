"""No call is made twice in one answer: the engine takes a repetition back, to where another way was likeliest."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from engines import open_engine
from serving import events, joined, post, told
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from sftctl.core.manager import Plugins
from sftctl.core.types import Generation, LastCall, Matcher, Sampling, Step
from sftctl.core.verify.tiny import CORPUS
from sftctl.plugins.hermes import Hermes
from sftctl.serve.app import create_app
from sftctl.serve.chat import ChatModel
from sftctl.serve.engine import row
from sftctl.serve.engine.row import PassedBy, Row
from sftctl.serve.engine.sampling import choose
from sftctl.serve.grammar import Grammars, Shape
from sftctl.serve.matching import TokenMatcher
from sftctl.serve.server import running
from sftctl.serve.service import Service

STOP = "<|im_end|>"
ROOMS = ["attic", "bathroom", "cellar"]
LAMP = {
    "type": "function",
    "function": {
        "name": "lamp",
        "parameters": {"type": "object", "properties": {"room": {"enum": ROOMS}}, "required": ["room"]},
    },
}


@pytest.fixture(scope="module")
def merging() -> Any:
    """A tokenizer that writes `>` and a line break as one token, as those of Llama 3 and Qwen do."""
    raw = Tokenizer(models.BPE())
    words = Regex(r" ?\p{L}+| ?[^\s\p{L}]+[\r\n]*|\s+")
    raw.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(words, "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    raw.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", STOP]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    raw.train_from_iterator(CORPUS * 2, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=raw, eos_token=STOP)


def call(room: str) -> str:
    before, after = Hermes().call_frame("lamp")
    return before + json.dumps({"room": room}) + after


def write(matcher: Matcher, tokenizer: Any, text: str) -> int:
    """How many tokens it takes."""
    tokens = tokenizer.encode(text, add_special_tokens=False)
    for token in tokens:
        matcher.advance(token)
    return len(tokens)


def test_what_a_matcher_says_of_the_last_call(grammars: Grammars, tokenizer: Any) -> None:
    matcher, between = grammars.of(Shape((LAMP,))).start(), Hermes().call_separator
    write(matcher, tokenizer, "Well. ")
    assert matcher.last_call() is None
    write(matcher, tokenizer, call("attic"))
    assert matcher.last_call() == LastCall(repeated=False, open=0)
    write(matcher, tokenizer, between + call("cellar"))
    assert matcher.last_call() == LastCall(repeated=False, open=0)
    again = write(matcher, tokenizer, between + call("attic"))
    assert matcher.last_call() == LastCall(repeated=True, open=0)
    mask = matcher.mask()
    matcher.rollback(again)
    assert matcher.last_call() == LastCall(repeated=False, open=0)
    begun = write(matcher, tokenizer, between + call("attic")[: call("attic").index("attic")])
    assert matcher.last_call() == LastCall(repeated=False, open=begun)
    write(matcher, tokenizer, call("bathroom")[call("bathroom").index("bathroom") :])
    assert matcher.last_call() == LastCall(repeated=False, open=0)
    assert matcher.mask() == mask


def test_a_call_may_end_within_a_token(merging: Any) -> None:
    stop, end = merging.convert_tokens_to_ids([STOP, ">Ċ"])
    matcher, between = Grammars(merging, Hermes(), [stop]).of(Shape((LAMP,))).start(), Hermes().call_separator
    begun = "Well. " + call("attic") + between
    first = len(merging.encode(begun, add_special_tokens=False))
    written = merging.encode(begun + call("attic") + between, add_special_tokens=False)
    assert written[first - 1] == written[-1] == end
    for token in written[:first]:
        matcher.advance(token)
    assert matcher.last_call() == LastCall(repeated=False, open=1)
    mask = matcher.mask()
    for token in written[first:-1]:
        matcher.advance(token)
    assert matcher.last_call() == LastCall(repeated=False, open=len(written) - first)  # and the token before
    matcher.advance(end)
    assert matcher.last_call() == LastCall(repeated=True, open=1)
    matcher.rollback(len(written) - first)
    assert matcher.last_call() == LastCall(repeated=False, open=1) and matcher.mask() == mask
    write(matcher, merging, call("cellar"))
    assert matcher.last_call() == LastCall(repeated=False, open=0)


def test_a_request_may_ask_for_the_same_call_twice(grammars: Grammars, tokenizer: Any) -> None:
    matcher = grammars.of(Shape((LAMP,), repeats=True)).start()
    write(matcher, tokenizer, call("attic") + Hermes().call_separator + call("attic"))
    assert matcher.last_call() is None


def answer(engine: Any, grammars: Grammars, shape: Shape, tokenizer: Any, stop: int, **sampling: Any) -> Any:
    """What an answer's tokens spell, in the order in which they are given."""
    grammar = grammars.of(shape)
    prompt = tuple(tokenizer.encode("lamps, please", add_special_tokens=False))
    drawn = Sampling(**{"max_tokens": 400, **sampling})
    ticket = engine.submit(Generation(prompt, drawn, (stop,), grammar=grammar))
    tokens = [step.token for step in ticket]
    return ticket.finish_reason, Hermes().parse(tokenizer.decode(tokens).removesuffix(STOP))


@pytest.mark.parametrize("sampling", [{}, {"temperature": 1.5, "seed": 3}], ids=["greedy", "drawn"])
def test_an_answer_makes_no_call_twice(
    tiny_model_dir: Path, grammars: Grammars, tokenizer: Any, stop: int, sampling: dict[str, Any]
) -> None:
    """A random model that is kept from stopping calls for ever, unless it is out of calls."""
    engine = open_engine(tiny_model_dir)
    eager = {"logit_bias": {stop: -50.0}, **sampling}

    def rooms(shape: Shape) -> tuple[str, list[str]]:
        reason, message = answer(engine, grammars, shape, tokenizer, stop, **eager)
        calls = message.get("tool_calls", [])
        return reason, [json.loads(call["function"]["arguments"])["room"] for call in calls]

    reason, called = rooms(Shape((LAMP,), required=True, repeats=True))
    assert reason == "length" and len(called) > len(ROOMS)
    reason, called = rooms(Shape((LAMP,), required=True))
    assert reason == "stop" and sorted(called) == ROOMS


@pytest.mark.parametrize("sampling", [{}, {"temperature": 1.0, "seed": 3}], ids=["greedy", "drawn"])
def test_a_way_that_led_to_a_repetition_is_taken_again_for_its_other_ends(
    tiny_model_dir: Path, grammars: Grammars, tokenizer: Any, stop: int, sampling: dict[str, Any]
) -> None:
    """Values that begin alike: where one is made again, those that begin like it can still be made."""
    engine, rooms = open_engine(tiny_model_dir), ["a", "ab", "abc", "b"]
    parameters = {"type": "object", "properties": {"room": {"enum": rooms}}, "required": ["room"]}
    tool = {"type": "function", "function": {"name": "lamp", "parameters": parameters}}
    eager = {"logit_bias": {stop: -50.0}, **sampling}
    reason, message = answer(engine, grammars, Shape((tool,), required=True), tokenizer, stop, **eager)
    called = [json.loads(call["function"]["arguments"])["room"] for call in message["tool_calls"]]
    assert reason == "stop" and sorted(called) == rooms


def test_a_repetition_does_not_stand_where_the_answer_is_cut(
    tiny_model_dir: Path, grammars: Grammars, tokenizer: Any, stop: int
) -> None:
    """At every length, those at which a second call of the same would just have become whole among them."""
    engine, shape, eager = open_engine(tiny_model_dir), Shape((LAMP,), required=True), {stop: -50.0}
    repeated = 0
    for length in range(60, 120):
        for repeats in (True, False):
            sampling = {"logit_bias": eager, "max_tokens": length}
            cut = answer(engine, grammars, replace(shape, repeats=repeats), tokenizer, stop, **sampling)
            calls = [call["function"]["arguments"] for call in cut[1].get("tool_calls", [])]
            assert cut[0] == "length" and (repeats or len(set(calls)) == len(calls)), length
            repeated += len(set(calls)) < len(calls)
    assert repeated, "it would have repeated calls"


def test_it_goes_back_into_a_token_that_ends_a_call(tiny_model_dir: Path, merging: Any) -> None:
    """So the answer can end there: the one call that there is has been made."""
    stop = merging.convert_tokens_to_ids(STOP)
    ping = {"type": "function", "function": {"name": "ping", "parameters": {"type": "object", "properties": {}}}}
    engine, grammars, shape = open_engine(tiny_model_dir), Grammars(merging, Hermes(), [stop]), Shape((ping,), True)
    eager = {merging.convert_tokens_to_ids(">Ċ"): 50.0}
    reason, message = answer(engine, grammars, replace(shape, repeats=True), merging, stop, logit_bias=eager)
    assert reason == "length" and len(message["tool_calls"]) > 2
    reason, message = answer(engine, grammars, shape, merging, stop, logit_bias=eager)
    assert reason == "stop" and len(message["tool_calls"]) == 1


def test_tokens_that_are_taken_back_are_never_counted(
    tiny_model_dir: Path, grammars: Grammars, tokenizer: Any, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, counts, mask = open_engine(tiny_model_dir), list[int](), TokenMatcher.mask

    def count(matcher: TokenMatcher) -> bytes:
        counts.append(engine.stats().generated_tokens)
        return mask(matcher)

    monkeypatch.setattr(TokenMatcher, "mask", count)
    request = Generation((5,), Sampling(max_tokens=400, logit_bias={stop: -50.0}), (stop,))
    ticket = engine.submit(replace(request, grammar=grammars.of(Shape((LAMP,), required=True))))
    told = len(list(ticket))
    assert 0 < counts[-1] <= told and counts == sorted(counts)


def test_an_answer_ends_with_its_grammar_even_on_a_call_made_twice(tiny_model_dir: Path) -> None:
    class Twice:
        """Allows two tokens, the second of which it forces."""

        rules, written = "", 0

        def start(self) -> "Twice":
            return self

        @property
        def stopped(self) -> bool:
            return self.written == 2

        def mask(self) -> bytes:
            return b"\xff" * 100

        def advance(self, token: int) -> None:
            self.written += 1

        def forced(self) -> tuple[int, ...]:
            return (7,) * (self.written == 1)

        def last_call(self) -> LastCall | None:
            return LastCall(repeated=True, open=0) if self.written else None

        def rollback(self, count: int) -> None:
            raise AssertionError

        def preferred(self, mask: bytes) -> dict[int, float]:
            return {}

    ticket = open_engine(tiny_model_dir).submit(Generation((5,), Sampling(max_tokens=20), (), grammar=Twice()))
    assert (len(list(ticket)), ticket.finish_reason) == (2, "stop")


def test_a_repetition_stands_once_the_answer_went_back_often_enough(
    tiny_model_dir: Path, grammars: Grammars, tokenizer: Any, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, eager = open_engine(tiny_model_dir), {stop: -50.0}
    free = answer(engine, grammars, Shape((LAMP,), required=True, repeats=True), tokenizer, stop, logit_bias=eager)
    monkeypatch.setattr(row, "REWINDS", 0)
    assert answer(engine, grammars, Shape((LAMP,), required=True), tokenizer, stop, logit_bias=eager) == free


def test_requests_say_whether_calls_may_repeat(tiny_model_dir: Path, tokenizer: Any, stop: int) -> None:
    model = ChatModel("base", open_engine(tiny_model_dir), Hermes(), tokenizer)
    asked: dict[str, Any] = {"model": "base", "tool_choice": "required", "logit_bias": {str(stop): -50}}
    chat = {**asked, "messages": [{"role": "user", "content": "lamps"}], "tools": [LAMP], "max_tokens": 300}
    flat = {"type": "function", **LAMP["function"]}
    responses = {**asked, "input": "lamps", "tools": [flat], "max_output_tokens": 300}
    with running(create_app(Plugins(), Service([model]))) as url:
        choice = post(url, "chat/completions", chat)["choices"][0]
        assert len(choice["message"]["tool_calls"]) == len(ROOMS)
        assert joined(events(url, "chat/completions", chat)) == told(choice)
        again = post(url, "chat/completions", chat | {"repeat_calls": True})["choices"][0]
        assert len(again["message"]["tool_calls"]) > len(ROOMS)
        assert len(post(url, "responses", responses)["output"]) == len(ROOMS)
        assert len(post(url, "responses", responses | {"repeat_calls": True})["output"]) > len(ROOMS)


def test_it_goes_back_to_where_another_way_was_likeliest() -> None:
    class Back:
        count = 0

        def rollback(self, count: int) -> None:
            self.count = count

        def mask(self) -> bytes:
            return b""

        def last_call(self) -> None:
            return None

        def preferred(self, mask: bytes) -> dict[int, float]:
            return {}

    asked = Row(0, Generation((1, 2), Sampling(max_tokens=99), ()), None, 100)  # type: ignore[arg-type]
    matcher = asked._matcher = Back()  # type: ignore[assignment]
    asked.tokens += [10, 11, 12, 13]
    asked.counts.update([10, 11, 12, 13])
    # another token at place 3 is likelier by itself than one at 5, and one at 5 after all that comes before it
    asked.passed_by = {3: PassedBy(-0.1, -4.0), 4: PassedBy(-0.2, -9.0), 5: PassedBy(-0.1, -3.0)}
    assert asked._rewind() and asked.look is not None and asked.look.result(60)
    assert (asked.tokens, matcher.count) == ([1, 2, 10, 11, 12], 1)
    assert dict(asked.counts) == {10: 1, 11: 1, 12: 1}
    assert asked.spent == {
        (10, 11, 12): {13: -math.inf},
        (10, 11): {12: pytest.approx(-3.2)},  # its own -0.2, and -3.0 beyond it
        (10,): {11: pytest.approx(-3.3)},
    }
    assert asked.spent_here == {13: -math.inf}
    assert set(asked.passed_by) == {3, 4} and asked.rewound


def test_a_spent_token_is_chosen_by_what_is_left_of_it_and_noted_by_its_own() -> None:
    asked = Row(0, Generation((1,), Sampling(max_tokens=9), ()), None, 10)  # type: ignore[arg-type]
    asked.mask, asked.call, asked.spent = b"\x0f", LastCall(repeated=False, open=0), {(): {2: -1.5}}
    logits = torch.tensor([[0.1, 0.2, 0.6, 0.1]]).log()
    assert choose(logits, [asked])[0] == Step(2)
    (way,) = asked.passed_by.values()
    assert (way.chosen, way.other) == (pytest.approx(math.log(0.6)), pytest.approx(math.log(0.2)))
    asked.spent = {(): {2: -1.7}}
    assert choose(logits, [asked])[0] == Step(1)
    (way,) = asked.passed_by.values()
    assert (way.chosen, way.other) == (pytest.approx(math.log(0.2)), pytest.approx(-1.7))


def test_what_is_allowed_after_tokens_are_taken_back_is_what_was_allowed_there(
    grammars: Grammars, tokenizer: Any
) -> None:
    """llguidance (1.9) itself goes on to allow a comma after the last argument, once an earlier one was open."""
    properties = {name: {"type": "string"} for name in ("artist", "place", "date", "time", "ticket")}
    parameters = {"type": "object", "properties": properties, "required": ["artist"]}
    grammar = grammars.of(Shape(({"type": "function", "function": {"name": "concert", "parameters": parameters}},)))
    matcher = grammar.start()
    written: list[int] = []

    def write(text: str) -> None:
        for token in tokenizer.encode(text, add_special_tokens=False):
            matcher.advance(token)
            written.append(token)

    write('<tool_call>\n{"name": "concert", "arguments": {"artist": "A"')
    place = len(written)
    for key in ("ticket", "place", "date", "time"):
        write(f', "{key}": "C')
        anew = grammar.start()
        for token in written:
            anew.advance(token)
        assert matcher.mask() == anew.mask()
        write('"')
        matcher.rollback(len(written) - place)
        del written[place:]
