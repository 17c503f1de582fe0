"""Shares with their uncertainty: what a score is worth, given how many items it rests on."""

import math
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sftctl.core.errors import EvalError
from sftctl.core.types import Score, Verdict

T = TypeVar("T")
TAIL = 0.025
"""What a 95 % interval leaves out on either side."""


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
    draw = random.Random(0)
    means = []
    for _ in range(DRAWS):
        drawn = draw.choices(range(n), k=n)
        means.append(sum(nats[at] for at in drawn) / max(1, sum(tokens[at] for at in drawn)))
    means.sort()
    cut = round(TAIL * DRAWS)
    return Score(value, means[cut], means[-cut - 1], n, loss=True)


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
    for name, group in [*by_category.items(), ("overall", everything)]:
        marks[name] += [(verdict.id, verdict.ok) for verdict in group]
        for verdict in group:
            for metric, mark in verdict.metrics.items():
                marks[f"{name}/{metric}"].append((verdict.id, mark))
    return dict(marks)


# ---------------------------------------------------------------- two models on the same items


@dataclass(frozen=True)
class Difference:
    """How much larger the second of two shares over the same items is, with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float
    p: float
    """Of McNemar's exact test, two-sided: how likely a gap at least as large is if neither model is better."""
    gained: int
    """Items that only the second has right."""
    lost: int
    """Items that only the first has right."""
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


def paired(before: Mapping[str, bool], after: Mapping[str, bool]) -> list[tuple[bool, bool]]:
    """The two marks of every item that has both, in the order of `before`."""
    return [(before[id], after[id]) for id in before if id in after]


def spread(items: Sequence[T], limit: int | None) -> list[T]:
    """At most `limit` of the items, evenly spread over them and always the same; all of them if None."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[index * len(items) // limit] for index in range(limit)]
