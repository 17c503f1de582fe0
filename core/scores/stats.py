"""Shares and losses with their uncertainty: what a score is worth, given how many items it rests on."""

import math
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sftctl.core.errors import EvalError
from sftctl.core.types import Score, Verdict

T = TypeVar("T")
TAIL = 0.025
"""What a 95 % interval leaves out on either side."""
SIGNIFICANT = 0.05
"""The p value below which one model is called better than another."""


def score(marks: Sequence[bool]) -> Score:
    """The share of true marks with its 95 % percentile bootstrap interval. Raises EvalError without marks.

    A bootstrap draws n marks with replacement, again and again, and takes the 2.5 % and 97.5 % percentiles
    of the drawn shares. For yes/no marks the number drawn is binomial with the observed share, so the
    percentiles are read off that distribution: the limit of infinitely many draws, with no randomness left.
    Where all marks are alike, every draw equals the next and the interval would shrink to a point, which
    claims too much; there the exact (Clopper-Pearson) bound takes its place: 0 of 100 gives [0, 0.036].
    """
    n, hits = len(marks), sum(map(bool, marks))
    if not n:
        raise EvalError("There are no answers to score.")
    unseen = 1 - TAIL ** (1 / n)
    if hits == 0:
        return Score(0.0, 0.0, unseen, n)
    if hits == n:
        return Score(1.0, 1 - unseen, 1.0, n)
    low, high = _binomial_quantiles(n, hits / n)
    return Score(hits / n, low / n, high / n, n)


DRAWS = 1000


def per_token(nats: Sequence[float], tokens: Sequence[int]) -> Score:
    """The loss per token over pieces of text, each with its summed loss in nats and its number of tokens.

    The 95 % interval is a percentile bootstrap over the pieces: DRAWS times as many are drawn with replacement, the
    same in every call; of a single piece it is the value alone. Raises EvalError without tokens.
    """
    if not sum(tokens):
        raise EvalError("There are no tokens to take a loss on.")
    value, n = sum(nats) / sum(tokens), len(tokens)
    means = (sum(nats[at] for at in drawn) / max(1, sum(tokens[at] for at in drawn)) for drawn in _redrawn(n))
    return Score(value, *_middle(means), n, loss=True)


def _redrawn(n: int) -> Iterator[list[int]]:
    """DRAWS times n of n indices with replacement, the same in every call."""
    draw = random.Random(0)
    return (draw.choices(range(n), k=n) for _ in range(DRAWS))


def _middle(values: Iterable[float]) -> tuple[float, float]:
    """The percentiles between which 95 % of the DRAWS values are."""
    ordered = sorted(values)
    cut = round(TAIL * DRAWS)
    return ordered[cut], ordered[-cut - 1]


def mean(values: Sequence[float]) -> Score:
    """The mean with its 95 % bootstrap interval. Of a quantity of which less is better, in its own unit."""
    return per_token(values, [1] * len(values))


def exponential(loss: Score) -> Score:
    """The perplexity that belongs to a loss per token."""
    return Score(math.exp(loss.value), math.exp(loss.low), math.exp(loss.high), loss.n, loss=True)


def _binomial_quantiles(n: int, p: float) -> tuple[int, int]:
    """The smallest counts that a Binomial(n, p) stays at or below with probability 2.5 % and 97.5 %."""
    low, below = -1, 0.0
    for count in range(n + 1):
        below += math.exp(_log_choose(n, count) + count * math.log(p) + (n - count) * math.log1p(-p))
        if low < 0 and below >= TAIL:
            low = count
        if below >= 1 - TAIL:
            return low, count
    return low, n  # only rounding gets here


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


OVERALL = "overall"
"""The name of the score over the items of all categories: no category may have it."""


def summarise(verdicts: Iterable[Verdict]) -> dict[str, Score]:
    """Scores by `category` and `category/metric`, then `overall` and `overall/metric` over all items alike.

    A metric counts only the items that have it. Categories keep the order in which they come.
    """
    return {name: score([mark for _, mark in marks]) for name, marks in marks_by_score(verdicts).items()}


def marks_by_score(verdicts: Iterable[Verdict]) -> dict[str, list[tuple[str, bool]]]:
    """What each score that `summarise` gives rests on: the ids of its items, each with its mark."""
    by_category: defaultdict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        by_category[verdict.category].append(verdict)
    everything = [verdict for group in by_category.values() for verdict in group]
    marks: defaultdict[str, list[tuple[str, bool]]] = defaultdict(list)
    for name, group in [*by_category.items(), (OVERALL, everything)]:
        marks[name] += [(verdict.id, verdict.ok) for verdict in group]
        for verdict in group:
            for metric, mark in verdict.metrics.items():
                marks[f"{name}/{metric}"].append((verdict.id, mark))
    return dict(marks)


# ---------------------------------------------------------------- two models on the same items


@dataclass(frozen=True)
class Difference:
    """How much larger the second of two shares over the same items is, with its 95 % bootstrap interval.

    Of two losses: by how much of itself it rose, 0.05 for 5 %.
    """

    value: float
    low: float
    high: float
    p: float
    """How likely a gap at least as large is if neither model is better: of two shares by McNemar's exact test, of two
    losses by flipping signs (`flipped`); two-sided."""
    gained: int
    """Items that only the second has right; of a loss, pieces that it predicts better."""
    lost: int
    """Items that only the first has right; of a loss, pieces that it predicts better."""
    n: int


def difference(pairs: Sequence[tuple[bool, bool]]) -> Difference:
    """The difference of two marks of every item. Raises EvalError without items.

    The interval is that of a percentile bootstrap over the items: as in `score`, the limit of infinitely many
    draws. Where every item differs alike, the exact bound takes its place.
    """
    n = len(pairs)
    if not n:
        raise EvalError("There are no items to compare.")
    gained = sum(after and not before for before, after in pairs)
    lost = sum(before and not after for before, after in pairs)
    low, high = _difference_interval(n, gained, lost)
    return Difference((gained - lost) / n, low, high, mcnemar(gained, lost), gained, lost, n)


def _difference_interval(n: int, gained: int, lost: int) -> tuple[float, float]:
    """The 2.5 % and 97.5 % quantiles of the mean of n draws that are +1, −1 or 0 as often as observed."""
    import numpy as np

    unseen = 1 - TAIL ** (1 / n)
    if gained == lost == 0:
        return -unseen, unseen
    if n in (gained, lost):
        return (1 - unseen, 1.0) if gained else (-1.0, unseen - 1)
    size = 2 * n + 1  # the sum is one of −n … n; its distribution is found through its Fourier transform
    turn = np.exp(-2j * np.pi * np.arange(size) / size)
    step = (gained * turn + lost / turn + (n - gained - lost)) / n
    density = np.roll(np.fft.ifft(step**n).real, n)
    below = np.cumsum(density)
    low, high = (int(np.searchsorted(below, share - 1e-9)) - n for share in (TAIL, 1 - TAIL))
    return low / n, high / n


def mcnemar(gained: int, lost: int) -> float:
    """The exact two-sided p value: the binomial test of `gained` against `lost` being equally likely."""
    n, fewer = gained + lost, min(gained, lost)
    if not n:
        return 1.0
    tail = sum(math.exp(_log_choose(n, count) - n * math.log(2)) for count in range(fewer + 1))
    return min(1.0, 2 * tail)


def paired(before: Mapping[str, T], after: Mapping[str, T]) -> list[tuple[T, T]]:
    """What both have of an item, for every item that is in both, in the order of `before`."""
    return [(before[id], after[id]) for id in before if id in after]


Piece = tuple[float, int]
"""A piece of text: its summed loss in nats, and its tokens."""


def rise(pairs: Sequence[tuple[Piece, Piece]], *, perplexity: bool) -> Difference:
    """By how much of itself the loss per token of a text, or its perplexity, rose; both losses of every piece of it.

    The interval is that of a percentile bootstrap over the pieces, as in `per_token`: a piece is drawn with both of its
    losses. Raises EvalError without tokens.
    """
    tokens = [piece[1] for piece, _ in pairs]
    if not sum(tokens):
        raise EvalError("There are no tokens to compare a loss on.")
    old, new = ([piece[0] for piece in side] for side in zip(*pairs, strict=True))

    def risen(drawn: Iterable[int]) -> float:
        at = list(drawn)
        count = max(1, sum(tokens[each] for each in at))
        first, second = (sum(nats[each] for each in at) / count for nats in (old, new))
        if perplexity:
            return math.expm1(second - first)
        return second / first - 1 if first else 0.0

    gaps = [after - before for before, after in zip(old, new, strict=True)]
    interval = _middle(map(risen, _redrawn(len(pairs))))
    better = sum(gap < 0 for gap in gaps)
    worse = sum(gap > 0 for gap in gaps)
    return Difference(risen(range(len(pairs))), *interval, flipped(gaps), better, worse, len(pairs))


FLIPS = 9999
"""Random ways to flip signs, where there are more than so many."""


def flipped(gaps: Sequence[float]) -> float:
    """The two-sided p value of a sum of paired differences: how many of all ways to flip their signs give as much.

    If neither model is better, each difference might as well have the other sign. Where there are more than FLIPS ways,
    that many random ones, the same in every call, and the one that was observed stand for all. Of differences of ±1
    this is McNemar's test.
    """
    import numpy as np

    sizes = np.abs(np.asarray([gap for gap in gaps if gap], dtype=np.float64))
    n, observed = len(sizes), abs(sum(gaps)) * (1 - 1e-9)
    if not n:
        return 1.0
    if 2**n <= FLIPS:
        signs = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        return float(np.mean(np.abs((2 * signs - 1) @ sizes) >= observed))
    draw, reached = random.Random(0), 1
    for _ in range(FLIPS):
        bits = np.unpackbits(np.frombuffer(draw.randbytes(-(-n // 8)), dtype=np.uint8), count=n)
        reached += bool(abs((2.0 * bits - 1) @ sizes) >= observed)
    return reached / (FLIPS + 1)


def spread(items: Sequence[T], limit: int | None) -> list[T]:
    """At most `limit` of the items, evenly spread over them and always the same; all of them if None."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[index * len(items) // limit] for index in range(limit)]
