"""Steps that are recorded once and then played: on a GPU a launch takes longer than the work of one row.

A decoder's forward pass is some thousand launches. Where every row has one new token, rows and blocks are filled up to
one of few sizes, and the launches of that size are recorded as a CUDA graph; from then on such a step is one launch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from sftctl.serve.engine.blocks import BLOCK, SCRATCH
from sftctl.serve.engine.shape import Rows, Shape, Span
from sftctl.serve.engine.together import Group, groups_of

if TYPE_CHECKING:
    from sftctl.serve.engine.llama import Weights

LEAST_BLOCKS = 4
"""Rows and blocks are filled up to powers of two; fewer blocks than these are not told apart."""
MOST = 64
"""Recordings that are kept, of all weights and adapters together: each holds memory of the GPU for its launches and its
logits. One model has 49 sizes, with up to 64 rows of 8,192 tokens."""

Forward = Callable[[Rows, list[Group], "Weights"], Tensor]
"""Rows and their attention → logits [wanted tokens, vocabulary]."""


@dataclass
class Recording:
    """A step of one size: where its inputs are put, what starts it, and where its logits are then."""

    inputs: list[Tensor]
    play: Callable[[], object]
    logits: Tensor
    played: int = 0
    """When it was last played, in steps."""

    def again(self, inputs: Sequence[Tensor]) -> Tensor:
        for place, value in zip(self.inputs, inputs, strict=True):
            place.copy_(value)
        self.play()
        return self.logits


class Recordings:
    """The recorded steps of one decoder.

    They go when the weights do, or the adapter, that they were recorded with; and where there are MOST of them, the one
    that was played longest ago goes for a new one.
    """

    def __init__(self, forward: Forward, shape: Shape, device: torch.device) -> None:
        self._forward, self._shape, self._device = forward, shape, device
        self._known: WeakKeyDictionary[Any, dict[tuple[int, int], Recording]] = WeakKeyDictionary()
        self._pool: Any = None
        self._steps = 0

    def takes(self, spans: Sequence[Span]) -> bool:
        """Whether each row has one new token and wants its logits, and all have the same adapter, or none."""
        first = spans[0].lora
        return all(len(span.tokens) == 1 and span.wanted and span.lora is first for span in spans)

    def forward(self, spans: Sequence[Span], weights: "Weights") -> Tensor:
        """Logits [rows, vocabulary]. They are overwritten by the next step of the same size."""
        lora = spans[0].lora
        count = _power(len(spans))
        blocks = max(LEAST_BLOCKS, _power(max(span.start // BLOCK + 1 for span in spans)))
        spare = Span([0], 0, [SCRATCH], -1, lora=lora)
        filled = [*spans, *[spare] * (count - len(spans))]
        rows, groups = Rows.of(filled, self._device), groups_of(filled, self._shape, self._device, blocks)
        known = self._known.setdefault(weights if lora is None else lora, {})
        recording = known.get((count, blocks))
        if recording is None:
            self._make_room()
            play, logits = self._record(lambda: self._forward(rows, groups, weights))
            recording = known[count, blocks] = Recording(_tensors(rows, groups), play, logits)
        self._steps += 1
        recording.played = self._steps
        return recording.again(_tensors(rows, groups))[: len(spans)]

    def _make_room(self) -> None:
        """For one more. What goes is not being played: whoever asked for its step has read the logits."""
        every = [(recording.played, known, size) for known in self._known.values() for size, recording in known.items()]
        if len(every) >= MOST:
            _, known, size = min(every, key=itemgetter(0))
            del known[size]

    def _record(self, step: Callable[[], Tensor]) -> tuple[Callable[[], object], Tensor]:
        """What plays a step again, and where its logits are then."""
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            step()  # libraries set themselves up in their first call
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        self._pool = self._pool or torch.cuda.graph_pool_handle()
        with torch.cuda.graph(graph, self._pool, capture_error_mode="thread_local"):  # others may load an adapter
            logits = step()
        return graph.replay, logits


def _tensors(rows: Rows, groups: Sequence[Group]) -> list[Tensor]:
    """All that differs between steps of one size, of what a forward pass over groups reads."""
    whole = [getattr(group, field.name) for group in groups for field in fields(group)]
    return [rows.tokens, rows.positions, rows.slots, rows.outputs, *whole]


def _power(count: int) -> int:
    """The least power of two that is no less."""
    return 1 << (count - 1).bit_length()
