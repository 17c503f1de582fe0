"""Packs hold every row once, whole, and predict exactly the labels of each row."""

import pytest
import torch

from sftctl.core.errors import TrainError
from sftctl.core.types import IGNORED, Rendered
from sftctl.plugins.loop.packing import lay, plan

CPU = torch.device("cpu")


def test_every_row_once_and_no_pack_too_long() -> None:
    lengths = [(37 * i) % 190 + 1 for i in range(500)]
    packs = plan(lengths, 256, packing=True, seed=1)
    assert sorted(index for pack in packs for index in pack) == list(range(500))
    assert all(sum(lengths[i] for i in pack) <= 256 for pack in packs)
    assert sum(lengths) / (256 * len(packs)) > 0.95, "packs are badly filled"
    assert packs != plan(lengths, 256, packing=True, seed=2)
    assert packs == plan(lengths, 256, packing=True, seed=1)


def test_without_packing_each_row_stands_alone() -> None:
    assert sorted(plan([3, 4, 5], 16, packing=False, seed=0)) == [[0], [1], [2]]


def test_a_row_that_does_not_fit_is_refused_not_cut() -> None:
    with pytest.raises(TrainError, match=r"1 training rows are longer than max_length=16 .* 20"):
        plan([5, 20, 9], 16, packing=True, seed=0)


def test_labels_are_shifted_within_their_own_document() -> None:
    rows = [
        Rendered([10, 11, 12], [IGNORED, 11, 12]),
        Rendered([20, 21, 22], [20, IGNORED, 22]),  # nothing precedes 20, so nothing can predict it
    ]
    pack = lay(rows, CPU, torch.float32, fill_to=9)
    assert pack.input_ids.tolist() == [[10, 11, 12, 20, 21, 22, 0, 0, 0]]
    assert pack.position_ids.tolist() == [[0, 1, 2, 0, 1, 2, 0, 1, 2]]
    assert pack.mask.shape == (9, 9)
    assert pack.labels == 3
    assert pack.predicting.tolist()[:3] == [0, 1, 4]
    assert pack.targets.tolist()[:4] == [11, 12, 22, IGNORED]
    assert pack.tokens == 6
