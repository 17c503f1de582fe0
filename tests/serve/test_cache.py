"""The torch engine's cache: beginnings that are shared, blocks that run out, rows that go away."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from engines import begin, open_engine, run
from serving import wait_for

from sftctl.core.types import Generation, Sampling, Step, Ticket
from sftctl.serve.engine import TorchEngine
from sftctl.serve.engine.blocks import BLOCK
from sftctl.serve.engine.loading import open_model

TOOLS = [30 + at % 200 for at in range(5 * BLOCK + 10)]


@pytest.fixture
def engine(tiny_model_dir: Path) -> Any:
    return open_engine(tiny_model_dir)


def small(path: Path, blocks: int, **options: Any) -> TorchEngine:
    """An engine whose cache holds so many blocks."""
    return TorchEngine(replace(open_model(path, None, torch.float32), blocks=blocks + 1), **options)


def scored(engine: Any, prompt: list[int], **more: Any) -> tuple[Ticket, list[Step]]:
    ticket = engine.submit(Generation(tuple(prompt), Sampling(max_tokens=8), (), logprobs=3, **more))
    return ticket, list(ticket)


def same(first: list[Step], second: list[Step]) -> None:
    assert [step.token for step in first] == [step.token for step in second]
    for a, b in zip(first, second, strict=True):
        assert a.logprob == pytest.approx(b.logprob, abs=1e-4)
        assert dict(a.top) == pytest.approx(dict(b.top), abs=1e-4)


def test_a_shared_beginning_is_computed_once(engine: Any, tiny_model_dir: Path) -> None:
    first, second = [*TOOLS, 5, 6, 7], [*TOOLS, 8, 9]
    fresh = [scored(open_engine(tiny_model_dir), prompt)[1] for prompt in (first, second)]
    ticket, steps = scored(engine, first)
    assert ticket.cached_tokens == 0
    same(steps, fresh[0])
    for prompt, expected in ((second, fresh[1]), (first, fresh[0])):
        ticket, steps = scored(engine, prompt)
        assert ticket.cached_tokens == 5 * BLOCK
        same(steps, expected)
    assert engine.stats().cached_tokens == 10 * BLOCK
    assert engine.stats().prompt_tokens == 2 * len(first) + len(second)


def test_rows_that_begin_alike_share_even_when_they_come_together(engine: Any) -> None:
    tickets = begin(engine, [[*TOOLS, at] for at in range(6)], max_tokens=4)
    assert [len(list(ticket)) for ticket in tickets] == [4] * 6
    assert sorted(ticket.cached_tokens for ticket in tickets) == [0] + [5 * BLOCK] * 5


def test_a_whole_prompt_that_is_known_is_computed_from_its_last_block(engine: Any) -> None:
    prompt = TOOLS[: 2 * BLOCK]
    first, again = (scored(engine, prompt) for _ in range(2))
    assert again[0].cached_tokens == BLOCK
    same(first[1], again[1])


def test_the_answer_is_part_of_what_is_known(engine: Any) -> None:
    answer = run(engine, [TOOLS], max_tokens=2 * BLOCK)[0]
    (ticket,) = begin(engine, [[*TOOLS, *answer, 5]], max_tokens=1)
    list(ticket)
    assert ticket.cached_tokens == 7 * BLOCK


def test_a_prompt_that_is_scored_is_computed(engine: Any) -> None:
    fresh, again = (scored(engine, TOOLS, echo=True) for _ in range(2))
    assert again[0].cached_tokens == 0
    assert fresh[0].prompt_logprobs is not None and again[0].prompt_logprobs is not None
    assert len(fresh[0].prompt_logprobs) == len(TOOLS)
    same(list(fresh[0].prompt_logprobs[1:]), list(again[0].prompt_logprobs[1:]))


# ---------------------------------------------------------------- when blocks run out


def test_rows_that_do_not_fit_together_still_all_finish(tiny_model_dir: Path) -> None:
    """Eight rows of up to seven blocks each, and twelve blocks: as much as each needs now, not what it may need."""
    prompts = [[40 + at] * (10 + 7 * at) for at in range(8)]
    wide, tight = small(tiny_model_dir, 200), small(tiny_model_dir, 12)
    expected = run(wide, prompts, max_tokens=150)
    tickets = begin(tight, prompts, max_tokens=150)
    wait_for(lambda: tight.stats().running >= 4)  # reserving seven blocks for each would let one in
    assert [[step.token for step in ticket] for ticket in tickets] == expected
    assert tight.stats().prompt_tokens == sum(map(len, prompts))
    wait_for(lambda: tight._blocks.available == 12)


@pytest.mark.parametrize("sampling", [{"temperature": 1.0, "seed": 3}, {"frequency_penalty": 1.0}])
def test_what_a_row_lost_is_computed_again(tiny_model_dir: Path, sampling: dict[str, Any]) -> None:
    prompts = [[50 + at] * 40 for at in range(4)]
    expected = run(small(tiny_model_dir, 200), prompts, max_tokens=100, **sampling)
    assert run(small(tiny_model_dir, 7), prompts, max_tokens=100, **sampling) == expected


def test_a_scored_prompt_that_lost_its_blocks_is_scored_once(tiny_model_dir: Path) -> None:
    tight = small(tiny_model_dir, 6)
    other = tight.submit(Generation((9,) * 60, Sampling(max_tokens=90), ()))
    prompt = tuple(range(20, 80))
    ticket = tight.submit(Generation(prompt, Sampling(max_tokens=60), (), logprobs=0, echo=True))
    assert (len(list(other)), len(list(ticket))) == (90, 60)
    assert ticket.prompt_logprobs is not None
    assert [step.token for step in ticket.prompt_logprobs] == list(prompt)


def test_the_oldest_row_is_never_let_go(tiny_model_dir: Path) -> None:
    """However many come after it, it ends first: nothing starves."""
    tight = small(tiny_model_dir, 8)
    (first,) = begin(tight, [[5] * 30], max_tokens=200)
    others = begin(tight, [[6 + at] * 30 for at in range(20)], max_tokens=200)
    list(first)
    assert sum(ticket.finish_reason is None for ticket in others) >= 15
    assert [len(list(ticket)) for ticket in others] == [200] * 20


def test_models_of_other_kinds_recompute_too(tiny_model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sftctl.serve.engine import loading

    prompts = [[50 + at] * 40 for at in range(3)]
    expected = run(small(tiny_model_dir, 200), prompts, max_tokens=40)
    monkeypatch.setattr(loading, "_llama", lambda *args: None)
    assert run(small(tiny_model_dir, 5), prompts, max_tokens=40) == expected


# ---------------------------------------------------------------- rows that go away


def test_rows_that_are_aborted_leave_no_block_behind(tiny_model_dir: Path) -> None:
    engine = small(tiny_model_dir, 100)
    for number in range(20):
        tickets = begin(engine, [[5 + at + number] * 50 for at in range(10)], max_tokens=1000)
        next(iter(tickets[0]))
        for ticket in tickets:
            engine.abort(ticket)
    wait_for(lambda: engine.stats().running == engine.stats().waiting == 0 and engine._blocks.available == 100)
    assert {ticket.finish_reason for ticket in tickets} == {"cancelled"}
    assert len(run(engine, [[5, 6, 7]], max_tokens=5)[0]) == 5
