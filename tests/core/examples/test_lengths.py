"""Histograms of lengths."""

from itertools import pairwise

import pytest

from sftctl.core.examples.lengths import EDGES, Lengths


def summary(*lengths: int) -> dict[str, object]:
    counted = Lengths()
    for length in lengths:
        counted.add(length)
    return counted.summary()


def test_the_edges_rise_in_round_steps() -> None:
    assert EDGES[:14] == (0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150)
    assert all(low < high for low, high in pairwise(EDGES))


def test_bins_have_no_gaps_and_hold_everything() -> None:
    assert summary(12, 1, 14, 15, 15)["histogram"] == {
        "1": 1, "2": 0, "3-4": 0, "5-6": 0, "7-9": 0, "10-14": 2, "15-19": 2,
    }  # fmt: skip
    assert summary(0, EDGES[-1] + 5)["histogram"] == {"0": 1, **dict.fromkeys(_between(), 0), f"{EDGES[-1]}-": 1}


def _between() -> list[str]:
    return [f"{low}-{high - 1}" if low < high - 1 else f"{low}" for low, high in pairwise(EDGES[1:])]


@pytest.mark.parametrize(("lengths", "median"), [((4,), 4), ((9, 1), 9), ((5, 1, 5, 2), 5), ((3, 1, 2), 2)])
def test_the_middle_one_is_the_median(lengths: tuple[int, ...], median: int) -> None:
    told = summary(*lengths)
    assert (told["shortest"], told["median"], told["longest"]) == (min(lengths), median, max(lengths))


def test_nothing_has_no_lengths() -> None:
    assert summary() == {"shortest": None, "median": None, "longest": None, "histogram": {}}
