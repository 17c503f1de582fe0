"""How long things are: counted as they come, told as a histogram."""

from bisect import bisect_right
from collections import Counter

from sftctl.core.types import Json

EDGES = (0, 1, 2, 3, 5, 7, *(step * 10**power // 2 for power in range(1, 8) for step in (2, 3, 4, 6, 10, 14)))
"""Where the bins of a histogram begin: 0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, …"""


class Lengths:
    """Counts of lengths. It grows with how many different ones there are, not with how many come."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def add(self, length: int) -> None:
        self._counts[length] += 1

    def summary(self) -> dict[str, Json]:
        """The shortest, the median (of two the longer) and the longest, None where there are none; the histogram."""
        lengths = sorted(self._counts)
        return {
            "shortest": lengths[0] if lengths else None,
            "median": self._median(lengths),
            "longest": lengths[-1] if lengths else None,
            "histogram": self._histogram(lengths),
        }

    def _median(self, lengths: list[int]) -> int | None:
        left = self._counts.total() // 2
        for length in lengths:
            if left < self._counts[length]:
                return length
            left -= self._counts[length]
        return None

    def _histogram(self, lengths: list[int]) -> dict[str, int]:
        """How many there are from edge to edge, e.g. `7-9`; no gaps between the first bin and the last."""
        if not lengths:
            return {}
        bins = Counter[int]()
        for length in lengths:
            bins[bisect_right(EDGES, length) - 1] += self._counts[length]
        return {_span(at): bins[at] for at in range(min(bins), max(bins) + 1)}


def _span(at: int) -> str:
    if at + 1 == len(EDGES):
        return f"{EDGES[at]}-"
    low, high = EDGES[at], EDGES[at + 1] - 1
    return f"{low}-{high}" if low < high else f"{low}"
