"""What the parts of the engine tell one another: the shape of a decoder, and the rows of one forward pass."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sftctl.serve.engine.blocks import BLOCK, SCRATCH
from sftctl.serve.engine.lora import Lora

FEW = 16
"""Tokens of an answer that are computed at once, as a grammar forces them: up to so many see what is before them one by
one, as if each had come alone."""


@dataclass(frozen=True)
class Shape:
    """The numbers of a decoder of the Llama family."""

    layers: int
    heads: int
    kv_heads: int
    head_size: int
    eps: float
    scale: float
    """What scores are multiplied by."""
    cosine: Tensor
    """[positions, head_size / 2], float32; `sine` too."""
    sine: Tensor


@dataclass(frozen=True)
class Span:
    """New tokens of one row: its first position, and the blocks where all its keys and values lie."""

    tokens: Sequence[int]
    start: int
    places: Sequence[int]
    row: int
    """The serial number of its row."""
    all_logits: bool = False
    """Logits after each token, not only after the last."""
    wanted: bool = True
    """Whether logits are wanted at all: not for a part of a prompt that goes on."""
    lora: Lora | None = None
    """What is added to the base weights for this row."""
    reading: bool = False
    """Whether they are a prompt's: even one alone is then computed as several are, lest its results change with how
    the prompt was cut."""


@dataclass(frozen=True)
class Rows:
    """The spans of one forward pass, laid end to end and padded: a tensor for each thing that kernels ask."""

    tokens: Tensor
    positions: Tensor
    slots: Tensor
    """Where in the cache each token goes: its block times BLOCK plus its place within."""
    single: Tensor
    """Indices of the tokens whose attention is computed one by one; `tables` [tokens, blocks] and `lengths` are
    theirs."""
    tables: Tensor
    lengths: Tensor
    longer: tuple[tuple[int, Span], ...]
    """The spans whose tokens are computed together, each with the index of its first."""
    loras: tuple[tuple[int, int, Lora], ...]
    """From where to where which adapter is added; spans of one adapter lie side by side."""
    outputs: Tensor
    """Indices of the tokens after which logits are wanted."""
    padding: int

    @classmethod
    def of(cls, spans: Sequence[Span], device: torch.device, *, pad: bool = True) -> "Rows":
        tokens, positions, slots, outputs = list[int](), list[int](), list[int](), list[int]()
        single, longer = list[tuple[int, int, Span]](), list[tuple[int, Span]]()
        for span in spans:
            at, places = len(tokens), range(span.start, span.start + len(span.tokens))
            if len(places) == 1 or (len(places) <= FEW and not span.reading):
                single += [(at + place - span.start, place, span) for place in places]
            else:
                longer.append((at, span))
            tokens += span.tokens
            positions += places
            slots += [span.places[place // BLOCK] * BLOCK + place % BLOCK for place in places]
            if span.wanted:
                outputs += range(at if span.all_logits else len(tokens) - 1, len(tokens))
        padding, end = padded(len(tokens)) - len(tokens) if pad else 0, 0
        loras = list[tuple[int, int, Lora]]()
        for lora, same in itertools.groupby(spans, lambda span: span.lora):
            start, end = end, end + sum(len(span.tokens) for span in same)
            if lora is not None:
                loras.append((start, end, lora))
        width = max((place // BLOCK + 1 for _, place, _ in single), default=1)
        tables = [[*span.places[:width], *[SCRATCH] * (width - len(span.places))] for _, _, span in single]

        def integers(values: list[int]) -> Tensor:
            return torch.tensor(values, dtype=torch.long, device=device)

        return cls(
            tokens=integers(tokens + [0] * padding),
            positions=integers(positions + [0] * padding),
            slots=integers(slots + [SCRATCH] * padding),
            single=integers([at for at, _, _ in single]),
            tables=torch.tensor(tables, dtype=torch.int32, device=device).view(len(single), width),
            lengths=integers([place + 1 for _, place, _ in single]),
            longer=tuple(longer),
            loras=tuple(loras),
            outputs=integers(outputs),
            padding=padding,
        )


def padded(count: int) -> int:
    """`count` rounded up to one of few sizes: a CPU's matmul is compiled anew for each size that it meets."""
    step = 1 if count <= 8 else 4 if count <= 32 else 16 if count <= 128 else 64
    return -(-count // step) * step
