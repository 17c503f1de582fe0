"""Packs: rows of different lengths laid end to end, up to a number of tokens, without padding."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sftctl.core.errors import TrainError
from sftctl.core.types import IGNORED, Rendered
from sftctl.plugins.loop.attention import visibility

ROUND = 64
"""Numbers of labels are rounded up to this, to keep the shapes of the matmuls few (see `attention`)."""
WINDOW = 64
"""Rows that the packer looks ahead: enough to fill packs well, few enough to keep the order random."""


@dataclass(frozen=True)
class Pack:
    """Documents end to end, on a device."""

    input_ids: Tensor
    """[1, N]"""
    position_ids: Tensor
    """[1, N], from 0 in each document"""
    mask: Tensor
    """[N, N], see `attention.visibility`"""
    first: Tensor
    """[blocks]"""
    predicting: Tensor
    """[labels], the positions whose next token carries loss, filled up to a multiple of ROUND"""
    targets: Tensor
    """[labels], those next tokens; IGNORED in the filling"""
    labels: int
    tokens: int
    """Real tokens, filler not counted"""


def plan(lengths: Sequence[int], max_length: int, packing: bool, seed: int) -> list[list[int]]:
    """One epoch: every row's index once, in seeded random order, grouped so that each group fits a pack."""
    if too_long := [index for index, length in enumerate(lengths) if length > max_length]:
        raise TrainError(
            f"{len(too_long)} training rows are longer than max_length={max_length} tokens, the longest "
            f"{max(lengths)} (row {too_long[0]} first).",
            "Raise max_length or leave those rows out; they are never cut.",
        )
    order = list(range(len(lengths)))
    random.Random(seed).shuffle(order)
    if not packing:
        return [[index] for index in order]
    packs = []
    while order:
        pack, room = [], max_length
        for index in order[:WINDOW]:
            if lengths[index] <= room:
                pack.append(index)
                room -= lengths[index]
        taken = set(pack)
        order = [index for index in order[:WINDOW] if index not in taken] + order[WINDOW:]
        packs.append(pack)
    return packs


def lay(rows: Sequence[Rendered], device: torch.device, dtype: torch.dtype, fill_to: int = 0) -> Pack:
    """The rows as one Pack; with `fill_to`, a document without labels fills it up to that many tokens."""
    filler = fill_to - sum(len(row.input_ids) for row in rows)
    if filler > 0:
        rows = [*rows, Rendered([0] * filler, [IGNORED] * filler)]
    ids = [token for row in rows for token in row.input_ids]
    positions = [position for row in rows for position in range(len(row.input_ids))]
    predicting: list[int] = []
    start = 0
    for row in rows:
        predicting += [start + i - 1 for i, label in enumerate(row.labels) if i > 0 and label != IGNORED]
        start += len(row.input_ids)
    targets = [label for row in rows for label in row.labels[1:] if label != IGNORED]
    filling = -len(targets) % ROUND
    return Pack(
        torch.tensor([ids], device=device),
        torch.tensor([positions], device=device),
        *visibility([len(row.input_ids) for row in rows], dtype, device),
        torch.tensor(predicting + [0] * filling, dtype=torch.long, device=device),
        torch.tensor(targets + [IGNORED] * filling, dtype=torch.long, device=device),
        len(targets),
        start - max(filler, 0),
    )
