"""Packs: rows of different lengths laid end to end, up to a number of tokens, without padding.

Rows that begin with the same tokens (the same tools, the same system prompt) form a family: what they share is
laid once and each row goes on from it, as a tree. A row's loss and gradients are those of the row alone, for a
fraction of the tokens.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from sftctl.core.errors import TrainError
from sftctl.core.text import counted
from sftctl.core.types import IGNORED, Rendered
from sftctl.plugins.loop.attention import visibility
from sftctl.plugins.loop.loss import CHUNK

WINDOW = 64
"""Families that the packer looks ahead: enough to fill packs well, few enough to keep the order random."""
WORTH_SHARING = 32
"""Tokens that rows must have in common to be laid as a family."""


@dataclass(frozen=True)
class Family:
    """Rows, by index, whose first `shared` tokens are the same and carry no loss."""

    rows: tuple[int, ...]
    shared: int = 0


@dataclass(frozen=True)
class Pack:
    """Documents end to end, on a device: those of one pack, or of several whose layers are computed together."""

    input_ids: Tensor
    """[1, N]"""
    position_ids: Tensor
    """[1, N], from 0 at the beginning of each row"""
    bounds: Tensor
    """[3, N], see `attention.visibility`"""
    mask: Tensor
    """[packs, N / packs, N / packs]"""
    spans: Tensor
    """[blocks, 3]"""
    predicting: Tensor
    """[labels], the positions whose next token carries loss, filled up to a multiple of `loss.CHUNK`"""
    targets: Tensor
    """[labels], those next tokens; IGNORED in the filling"""
    starts: Tensor
    """[labels], whether each is the first of a turn that is learned"""
    labels: int
    tokens: int
    """Tokens of its rows, each row counted whole"""

    def weights(self, first: float) -> Tensor:
        """[labels], how much each counts if the first of a turn counts `first` times as much as another."""
        return 1 + (first - 1) * self.starts.float()

    def counted(self, first: float) -> float:
        """The sum of these, without the filling."""
        return self.labels + (first - 1) * int(self.starts.sum())

    def states(self, decoder: Any, **inputs: Tensor) -> Tensor:
        """[labels, hidden], the decoder's last states of these `inputs`, only where there is something to predict."""
        out = decoder(
            **inputs,
            position_ids=self.position_ids,
            pack_bounds=self.bounds,
            pack_mask=self.mask,
            pack_spans=self.spans,
            use_cache=False,
        )
        states: Tensor = out.last_hidden_state[0, self.predicting]
        return states


# ---------------------------------------------------------------- which rows lie where


def families(rows: Sequence[Rendered]) -> list[Family]:
    """The rows grouped by what they have in common at their beginning; each with the neighbour it shares most with."""
    order = sorted(range(len(rows)), key=lambda index: rows[index].input_ids)
    common = [0, *(_common(rows[a], rows[b]) for a, b in pairwise(order)), 0]
    found: list[Family] = []
    begin, shared = 0, len(rows[order[0]].input_ids) if order else 0
    for end in range(1, len(order) + 1):
        nearest = max(common[end - 1], common[min(end + 1, len(order))])
        if common[end] < max(WORTH_SHARING, nearest / 2):
            found.append(Family(tuple(order[begin:end]), shared if end - begin > 1 else 0))
            begin, shared = end, len(rows[order[end]].input_ids) if end < len(order) else 0
        else:
            shared = min(shared, common[end])
    return found


def _common(a: Rendered, b: Rendered) -> int:
    """How many tokens two rows may share: the equal ones at the beginning, before either has a label."""
    pairs = zip(a.input_ids, b.input_ids, a.labels[1:], b.labels[1:], strict=False)
    for count, (token, other, label, other_label) in enumerate(pairs):
        if token != other or label != IGNORED or other_label != IGNORED:
            return count
    return min(len(a.input_ids), len(b.input_ids)) - 1


def plan(
    lengths: Sequence[int], kin: Sequence[Family], max_length: int, packing: bool, seed: int
) -> list[list[Family]]:
    """One epoch: every row once, in seeded random order, in groups of families that fit a pack."""
    if too_long := [index for index, length in enumerate(lengths) if length > max_length]:
        raise TrainError(
            f"{counted(len(too_long), 'training row is', 'training rows are')} longer than max_length={max_length} "
            f"tokens, the longest {max(lengths)} (row {too_long[0] + 1} first).",
            "Raise max_length or leave those rows out; they are never cut.",
        )
    rng = random.Random(seed)
    if not packing:
        order = list(range(len(lengths)))
        rng.shuffle(order)
        return [[Family((index,))] for index in order]
    waiting = [part for family in kin for part in _split(family, lengths, max_length, rng)]
    rng.shuffle(waiting)
    packs = []
    while waiting:
        pack, room, left = [], max_length, []
        for family in waiting[:WINDOW]:
            part, rest = _cut(family, lengths, room)
            if part is not None:
                pack.append(part)
                room -= size(part, lengths)
            if rest is not None:
                left.append(rest)
        waiting = left + waiting[WINDOW:]
        packs.append(pack)
    return packs


def _cut(family: Family, lengths: Sequence[int], room: int) -> tuple[Family | None, Family | None]:
    """The part of the family for which there is room, and the rest.

    A family is cut only where both parts have more tokens of their own than the beginning that is then laid twice.
    """
    if size(family, lengths) <= room:
        return family, None
    for end in range(len(family.rows) - 1, 0, -1):
        part, rest = _family(family.rows[:end], family.shared), _family(family.rows[end:], family.shared)
        if size(part, lengths) <= room:
            paid = all(size(half, lengths) > 2 * family.shared for half in (part, rest))
            return (part, rest) if paid else (None, family)
    return None, family


def _split(family: Family, lengths: Sequence[int], most: int, rng: random.Random) -> Iterator[Family]:
    """The family in parts of up to `most` tokens, its rows shuffled."""
    rows = list(family.rows)
    rng.shuffle(rows)
    part: list[int] = []
    for row in rows:
        if part and size(Family((*part, row), family.shared), lengths) > most:
            yield _family(part, family.shared)
            part = []
        part.append(row)
    yield _family(part, family.shared)


def _family(rows: Sequence[int], shared: int) -> Family:
    return Family(tuple(rows), shared if len(rows) > 1 else 0)


def size(family: Family, lengths: Sequence[int] | Mapping[int, int]) -> int:
    """Tokens that it takes in a pack."""
    return family.shared + sum(lengths[row] - family.shared for row in family.rows)


# ---------------------------------------------------------------- laying them


def lay(
    packs: Sequence[Sequence[Family]],
    rows: Sequence[Rendered],
    device: torch.device,
    dtype: torch.dtype,
    fill_to: int = 0,
) -> Pack:
    """The packs of families as one Pack. A document without labels fills each up to `fill_to`, or to the longest."""
    ids: list[int] = []
    positions: list[int] = []
    lengths: list[int] = []
    roots: list[int] = []
    predicting: list[int] = []
    targets: list[int] = []
    starts: list[bool] = []

    def add(tokens: Sequence[int], position: int, root: int) -> None:
        ids.extend(tokens)
        positions.extend(range(position, position + len(tokens)))
        roots.append(root)
        lengths.append(len(tokens))

    whole = {index: len(rows[index].input_ids) for pack in packs for family in pack for index in family.rows}
    fill_to = max(fill_to, *(sum(size(family, whole) for family in pack) for pack in packs))
    for number, pack in enumerate(packs, 1):
        for family in pack:
            shared, root = family.shared, len(lengths)
            if shared:
                add(rows[family.rows[0]].input_ids[:shared], 0, root)
            for row in (rows[index] for index in family.rows):
                offset = len(ids) - shared
                learned = [i for i, label in enumerate(row.labels) if i > shared and label != IGNORED]
                predicting += [offset + i - 1 for i in learned]
                targets += [row.labels[i] for i in learned]
                starts += [row.labels[i - 1] == IGNORED for i in learned]
                add(row.input_ids[shared:], shared, root if shared else len(lengths))
        if filler := number * fill_to - len(ids):
            add([0] * filler, 0, len(lengths))
    filling = -len(targets) % CHUNK
    return Pack(
        torch.tensor([ids], device=device),
        torch.tensor([positions], device=device),
        *visibility(lengths, roots, dtype, device, len(packs)),
        torch.tensor(predicting + [0] * filling, dtype=torch.long, device=device),
        torch.tensor(targets + [IGNORED] * filling, dtype=torch.long, device=device),
        torch.tensor(starts + [False] * filling, device=device),
        len(targets),
        sum(whole[index] for pack in packs for family in pack for index in family.rows),
    )
