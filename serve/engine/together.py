"""Attention of many rows at once, for a GPU: there a launch costs more than the work that filling up rows adds."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from sftctl.serve.engine.blocks import BLOCK, SCRATCH
from sftctl.serve.engine.kernels import gather
from sftctl.serve.engine.shape import Shape, Span

SIZES = (1, 8, 64, 512)
"""New tokens up to which rows go together: of 1, of 2 to 8, and so on, and of more than the last."""


@dataclass(frozen=True)
class Group:
    """Rows with about as many new tokens, filled up to the same number of them and of blocks."""

    places: Tensor
    """[rows, new]: which token of the step; a row that has fewer has its last one again"""
    tables: Tensor
    """[rows, blocks]"""
    seen: Tensor
    """[rows, 1, group · new, tokens]: what each query sees; `group` heads share one of keys and lie side by side"""
    written: Tensor
    """[rows, 1, tokens, 1]: where keys and values are; elsewhere anything may lie, and 0 · NaN is no number"""

    def attend(self, qkv: Tensor, out: Tensor, keys: Tensor, values: Tensor, shape: Shape) -> None:
        """Attention of every row over all its tokens; into `out` [tokens, heads · size]."""
        count, new = self.places.shape
        kv_heads, group = shape.kv_heads, shape.heads // shape.kv_heads
        query = qkv[self.places, : shape.heads * shape.head_size].view(count, new, kv_heads, group, shape.head_size)
        k, v = (part.masked_fill(~self.written, 0) for part in gather(keys, values, self.tables))
        result = F.scaled_dot_product_attention(
            query.permute(0, 2, 3, 1, 4).flatten(2, 3), k, v, attn_mask=self.seen, scale=shape.scale
        )
        own = result.view(count, kv_heads, group, new, shape.head_size).permute(0, 3, 1, 2, 4)
        out[self.places] = own.flatten(2)


def groups_of(spans: Sequence[Span], shape: Shape, device: torch.device, blocks: int = 0) -> list[Group]:
    """All rows of a step, in few groups of so many blocks, or as many as they need."""
    sizes: dict[int, list[tuple[int, Span]]] = {}
    at = 0
    for span in spans:
        new = len(span.tokens)
        sizes.setdefault(sum(new > size for size in SIZES), []).append((at, span))
        at += new
    return [_group(rows, shape, device, blocks) for rows in sizes.values()]


def _group(rows: Sequence[tuple[int, Span]], shape: Shape, device: torch.device, blocks: int) -> Group:
    new = max(len(span.tokens) for _, span in rows)
    ends = [span.start + len(span.tokens) for _, span in rows]
    blocks = blocks or -(-max(ends) // BLOCK)
    places = [[at + min(token, len(span.tokens) - 1) for token in range(new)] for at, span in rows]
    first = [at for at, _ in rows]
    tables = [[*span.places[:blocks], *[SCRATCH] * (blocks - len(span.places))] for _, span in rows]
    place = torch.tensor(places, device=device)
    start = torch.tensor([span.start for _, span in rows], device=device)
    position = place - torch.tensor(first, device=device)[:, None] + start[:, None]
    token = torch.arange(blocks * BLOCK, device=device)
    seen = token <= position[:, :, None]
    return Group(
        place,
        torch.tensor(tables, device=device),
        seen.repeat(1, shape.heads // shape.kv_heads, 1)[:, None],
        (token < torch.tensor(ends, device=device)[:, None])[:, None, :, None],
    )
