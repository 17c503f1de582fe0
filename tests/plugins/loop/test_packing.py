"""Packs hold every row once, whole, and predict exactly the labels of each row."""

import pytest
import torch

from sftctl.core.errors import TrainError
from sftctl.core.types import IGNORED, Rendered
from sftctl.plugins.loop.packing import Family, families, lay, plan

CPU = torch.device("cpu")


def alone(lengths: list[int]) -> list[Family]:
    return [Family((index,)) for index in range(len(lengths))]


def test_every_row_once_and_no_pack_too_long() -> None:
    lengths = [(37 * i) % 190 + 1 for i in range(500)]

    def packs(seed: int) -> list[list[Family]]:
        return plan(lengths, alone(lengths), 256, packing=True, seed=seed)

    found = packs(1)
    assert sorted(index for pack in found for family in pack for index in family.rows) == list(range(500))
    assert all(sum(lengths[i] for family in pack for i in family.rows) <= 256 for pack in found)
    assert sum(lengths) / (256 * len(found)) > 0.95, "packs are badly filled"
    assert found != packs(2)
    assert found == packs(1)


def test_without_packing_each_row_stands_alone() -> None:
    packs = plan([3, 4, 5], [Family((0, 1, 2), 2)], 16, packing=False, seed=0)
    assert sorted(pack[0].rows for pack in packs) == [(0,), (1,), (2,)]
    assert all(len(pack) == 1 and pack[0].shared == 0 for pack in packs)


def test_a_row_that_does_not_fit_is_refused_not_cut() -> None:
    with pytest.raises(TrainError, match=r"1 training row is longer than max_length=16 .* 20"):
        plan([5, 20, 9], alone([5, 20, 9]), 16, packing=True, seed=0)


def row(head: int, length: int, tail: list[int]) -> Rendered:
    """`length` tokens that depend on `head`, then a `tail` whose last token is learned."""
    ids = [head * 100 + i for i in range(length)] + tail
    return Rendered(ids, [IGNORED] * (len(ids) - 1) + [tail[-1]])


def test_rows_with_the_same_beginning_are_a_family() -> None:
    rows = [row(1, 40, [1, 2]), row(2, 50, [1, 2]), row(1, 40, [3, 4]), row(2, 50, [1, 3]), row(3, 40, [9, 9])]
    assert families(rows) == [Family((0, 2), 40), Family((1, 3), 50), Family((4,))]


def test_what_is_learned_is_never_shared() -> None:
    learned_early = Rendered([7] * 60, [IGNORED] * 10 + [7] * 50)
    assert families([learned_early, learned_early]) == [Family((0,)), Family((1,))]
    learned_late = Rendered([7] * 60, [IGNORED] * 45 + [7] * 15)
    assert families([learned_late, learned_late]) == [Family((0, 1), 44)], "its first label needs a token before it"


def test_a_large_family_is_split_and_loses_no_row() -> None:
    lengths = [60] * 40
    packs = plan(lengths, [Family(tuple(range(40)), 50)], 128, packing=True, seed=0)
    parts = [family for pack in packs for family in pack]
    assert sorted(index for family in parts for index in family.rows) == list(range(40))
    assert max(len(family.rows) for family in parts) == 7, "50 + 7 · 10 tokens fit in 128, and not more"


def test_families_are_cut_to_fill_packs_where_it_pays() -> None:
    lengths = [150 + 100] * 120
    kin = [Family(tuple(range(start, start + 12)), 150) for start in range(0, 120, 12)]  # of 1,350 tokens each
    packs = plan(lengths, kin, 2048, packing=True, seed=0)
    parts = [family for pack in packs for family in pack]
    assert sorted(index for family in parts for index in family.rows) == list(range(120))
    assert all(sum(150 + 100 * len(family.rows) for family in pack) <= 2048 for pack in packs)
    assert len(packs) == 8, "one family in each pack would take 10"
    assert all(len(family.rows) > 1 for family in parts), "a row alone costs more than it fills"


def test_a_family_is_laid_as_a_tree() -> None:
    rows = [Rendered([1, 2, 3, 4], [IGNORED, IGNORED, IGNORED, 4]), Rendered([1, 2, 5, 6, 7], [IGNORED] * 3 + [6, 7])]
    pack = lay([[Family((0, 1), 2)]], rows, CPU, torch.float32)
    assert pack.input_ids.tolist() == [[1, 2, 3, 4, 5, 6, 7]]
    assert pack.position_ids.tolist() == [[0, 1, 2, 3, 2, 3, 4]]
    assert pack.predicting.tolist()[:3] == [2, 4, 5]
    assert pack.targets.tolist()[:3] == [4, 6, 7]
    assert pack.weights(8).tolist()[:4] == [8, 8, 1, 1]
    assert pack.tokens == 9, "each row counts whole"


def test_labels_are_shifted_within_their_own_document() -> None:
    rows = [
        Rendered([10, 11, 12], [IGNORED, 11, 12]),
        Rendered([20, 21, 22], [20, IGNORED, 22]),  # nothing precedes 20, so nothing can predict it
    ]
    pack = lay([[Family((0,)), Family((1,))]], rows, CPU, torch.float32, fill_to=9)
    assert pack.input_ids.tolist() == [[10, 11, 12, 20, 21, 22, 0, 0, 0]]
    assert pack.position_ids.tolist() == [[0, 1, 2, 0, 1, 2, 0, 1, 2]]
    assert pack.mask.shape == (1, 9, 9)
    assert pack.labels == 3
    assert pack.predicting.tolist()[:3] == [0, 1, 4]
    assert pack.targets.tolist()[:4] == [11, 12, 22, IGNORED]
    assert pack.tokens == 6


def test_packs_that_are_computed_together_are_filled_up_to_the_longest() -> None:
    rows = [Rendered([10, 11, 12], [IGNORED, 11, 12]), Rendered([20, 21], [IGNORED, 21])]
    pack = lay([[Family((1,))], [Family((0,))], [Family((1,))]], rows, CPU, torch.float32)
    assert pack.input_ids.tolist() == [[20, 21, 0, 10, 11, 12, 20, 21, 0]]
    assert pack.position_ids.tolist() == [[0, 1, 0, 0, 1, 2, 0, 1, 0]]
    assert pack.predicting.tolist()[:5] == [0, 3, 4, 6, 0]
    assert pack.targets.tolist()[:5] == [21, 11, 12, 21, IGNORED]
    assert (pack.labels, pack.tokens) == (4, 7)
    assert (pack.mask == 0).int().tolist() == [
        [[1, 0, 0], [1, 1, 0], [0, 0, 1]],
        [[1, 0, 0], [1, 1, 0], [1, 1, 1]],
        [[1, 0, 0], [1, 1, 0], [0, 0, 1]],
    ]
