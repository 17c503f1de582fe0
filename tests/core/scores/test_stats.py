"""Shares and their intervals."""

import math
import random

import pytest

from sftctl.core.errors import EvalError
from sftctl.core.scores.stats import (
    difference,
    exponential,
    flipped,
    mcnemar,
    per_token,
    rise,
    score,
    spread,
    summarise,
)
from sftctl.core.types import Score, Verdict


def verdict(category: str, ok: bool, **metrics: bool) -> Verdict:
    return Verdict("id", category, ok, "" if ok else "wrong_name", None, None, metrics)


@pytest.mark.parametrize(("hits", "n"), [(1, 3), (50, 100), (3, 40), (95, 100), (700, 2351)])
def test_the_interval_is_what_resampling_finds(hits: int, n: int) -> None:
    marks = [True] * hits + [False] * (n - hits)
    draw = random.Random(1)
    shares = sorted(sum(draw.choices(marks, k=n)) / n for _ in range(4000))

    result = score(marks)

    assert result.value == hits / n
    assert result.low == pytest.approx(shares[int(0.025 * 4000)], abs=1.5 / n + 0.003)
    assert result.high == pytest.approx(shares[int(0.975 * 4000)], abs=1.5 / n + 0.003)


def test_all_alike_is_no_certainty() -> None:
    none, every = score([False] * 100), score([True] * 100)

    assert (none.value, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx(0.0362, abs=1e-4)
    assert (every.value, every.high) == (1.0, 1.0)
    assert every.low == pytest.approx(1 - none.high)


@pytest.mark.parametrize("n", [1, 2, 7, 50, 3000])
def test_bounds_enclose_the_share(n: int) -> None:
    for hits in {0, 1, n // 2, n}:
        result = score([True] * hits + [False] * (n - hits))
        assert 0 <= result.low <= result.value <= result.high <= 1
        assert result.n == n


def test_no_marks_no_score() -> None:
    with pytest.raises(EvalError, match="no answers"):
        score([])


def test_summary_by_category_metric_and_overall() -> None:
    verdicts = [
        verdict("simple", True, name=True),
        verdict("simple", False, name=True),
        verdict("irrelevance", True, no_call=True),
        verdict("irrelevance", True, no_call=True),
    ]

    scores = summarise(verdicts)

    assert list(scores) == [
        *("simple", "simple/name", "irrelevance", "irrelevance/no_call"),
        *("overall", "overall/name", "overall/no_call"),
    ]
    assert scores["simple"].value == 0.5
    assert scores["overall"].value == 0.75
    assert scores["overall/name"] == Score(1.0, scores["simple/name"].low, 1.0, 2)
    assert summarise(verdicts) == scores


def test_a_spread_is_even_and_always_the_same() -> None:
    assert spread(range(10), 4) == [0, 2, 5, 7]
    assert spread(range(3), 5) == spread(range(3), None) == [0, 1, 2]
    assert len(set(spread(range(399), 100))) == 100


# ---------------------------------------------------------------- losses


def test_a_loss_weighs_tokens_and_not_pieces() -> None:
    loss = per_token([10.0, 1.0], [5, 1])
    assert (loss.value, loss.n, loss.loss) == (11 / 6, 2, True)
    assert exponential(loss).value == pytest.approx(math.exp(11 / 6))


def test_the_interval_of_a_loss_is_that_of_its_pieces() -> None:
    draw = random.Random(0)
    nats = [draw.gauss(3.0, 0.5) for _ in range(200)]
    loss = per_token(nats, [1] * 200)
    assert loss == per_token(nats, [1] * 200), "the same in every call"
    half = 1.96 * 0.5 / math.sqrt(200)
    assert loss.high - loss.value == pytest.approx(half, rel=0.2)
    assert loss.value - loss.low == pytest.approx(half, rel=0.2)


def test_no_tokens_no_loss() -> None:
    with pytest.raises(EvalError, match="no tokens"):
        per_token([0.0], [0])


# ---------------------------------------------------------------- two models on the same items


def pairs(gained: int, lost: int, both: int, neither: int) -> list[tuple[bool, bool]]:
    return [(False, True)] * gained + [(True, False)] * lost + [(True, True)] * both + [(False, False)] * neither


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    [(10, 2, 0.03857), (2, 10, 0.03857), (0, 6, 0.03125), (5, 5, 1.0), (0, 0, 1.0), (1, 0, 1.0), (40, 15, 0.00101)],
)
def test_mcnemar_is_the_exact_binomial_test(gained: int, lost: int, p: float) -> None:
    assert mcnemar(gained, lost) == pytest.approx(p, rel=0.02)


@pytest.mark.parametrize(
    "counts", [(10, 2, 20, 18), (3, 0, 40, 57), (30, 25, 10, 60), (0, 1, 5, 4), (90, 60, 300, 250)]
)
def test_the_interval_of_a_difference_is_what_resampling_finds(counts: tuple[int, int, int, int]) -> None:
    marks, draw = pairs(*counts), random.Random(1)
    n = len(marks)
    gaps = [after - before for before, after in marks]
    means = sorted(sum(draw.choices(gaps, k=n)) / n for _ in range(3000))
    result = difference(marks)
    assert result.value == pytest.approx((counts[0] - counts[1]) / n)
    assert (result.gained, result.lost, result.n) == (*counts[:2], n)
    assert result.low == pytest.approx(means[int(0.025 * 3000)], abs=1.5 / n + 0.004)
    assert result.high == pytest.approx(means[int(0.975 * 3000)], abs=1.5 / n + 0.004)


def test_a_difference_of_items_that_are_all_alike_is_no_certainty() -> None:
    none, every, fallen = (difference(pairs(*counts)) for counts in ((0, 0, 50, 50), (100, 0, 0, 0), (0, 100, 0, 0)))
    assert (none.value, none.p) == (0, 1)
    assert none.high == pytest.approx(0.0362, abs=1e-4) and none.low == -none.high
    assert (every.value, every.high) == (1, 1) and every.low == pytest.approx(0.9638, abs=1e-4)
    assert (fallen.low, fallen.high) == (-every.high, -every.low)
    with pytest.raises(EvalError, match="no items"):
        difference([])


# ---------------------------------------------------------------- two losses of the same text


@pytest.mark.parametrize(("gained", "lost"), [(10, 2), (0, 6), (5, 5), (40, 15), (300, 240)])
def test_flipping_signs_of_marks_is_mcnemars_test(gained: int, lost: int) -> None:
    expected = pytest.approx(mcnemar(gained, lost), abs=1e-9 if gained + lost <= 13 else 0.015)
    assert flipped([1.0] * gained + [-1.0] * lost) == expected
    assert flipped([-1.0] * lost + [0.0] * 5 + [1.0] * gained) == expected


def test_pieces_that_do_not_differ_say_nothing() -> None:
    assert flipped([]) == flipped([0.0, 0.0]) == 1
    alike = rise([((10.0, 5), (10.0, 5))] * 8, perplexity=True)
    assert (alike.value, alike.low, alike.high, alike.p, alike.gained, alike.lost) == (0, 0, 0, 1, 0, 0)


def losses(shift: float, noise: float) -> list[tuple[tuple[float, int], tuple[float, int]]]:
    """Texts that are unlikely in very different degrees, to two models that hardly differ."""
    draw = random.Random(4)
    pieces = [(64 * draw.uniform(1, 5), 64) for _ in range(40)]
    return [(piece, (piece[0] + 64 * (shift + draw.gauss(0, noise)), 64)) for piece in pieces]


def test_a_small_rise_is_seen_since_the_text_is_the_same() -> None:
    pairs = losses(shift=0.05, noise=0.05)
    before, after = (per_token(*zip(*side, strict=True)) for side in zip(*pairs, strict=True))
    assert before.low < after.value < before.high, "unpaired it is lost among the pieces"
    found = rise(pairs, perplexity=True)
    assert found.p < 0.001 and 0 < found.low < found.value < found.high
    assert found.value == pytest.approx(math.exp(after.value - before.value) - 1)
    assert rise(pairs, perplexity=False).value == pytest.approx(after.value / before.value - 1)
    assert rise(pairs, perplexity=True) == found, "the same in every call"
    back = rise([(after, before) for before, after in pairs], perplexity=True)
    assert back.p == found.p and (back.gained, back.lost) == (found.lost, found.gained)


def test_the_interval_of_a_rise_is_what_resampling_finds() -> None:
    pairs, draw = losses(shift=0.02, noise=0.1), random.Random(8)
    drawn = []
    for _ in range(4000):
        chosen = draw.choices(pairs, k=len(pairs))
        drawn.append(math.exp(sum(after[0] - before[0] for before, after in chosen) / (64 * len(pairs))) - 1)
    drawn.sort()
    found = rise(pairs, perplexity=True)
    assert (found.low, found.high) == pytest.approx((drawn[100], drawn[-101]), abs=0.005)


def test_where_neither_model_is_better_p_is_small_as_seldom_as_it_says() -> None:
    draw = random.Random(2)
    small = sum(flipped([draw.gauss(0, 1) for _ in range(10)]) < 0.05 for _ in range(400))
    assert small / 400 == pytest.approx(0.05, abs=0.03)
