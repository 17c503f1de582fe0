"""OpenVINO for the forward pass. Scheduling, cache, grammars and sampling stay the engine's own.

So it can all that the torch engine can. Adapters are always merged, each into a graph of its own.
"""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sftctl.core.errors import EngineError, ModelError
from sftctl.core.machine.device import bf16_pays
from sftctl.serve.engine.blocks import BLOCK
from sftctl.serve.engine.engine import Opened
from sftctl.serve.engine.llama import shape_of
from sftctl.serve.engine.loading import CACHE_BYTES, CACHE_TOKENS, agrees, content_of, load, merge, refuse_adapter
from sftctl.serve.engine.row import Loaded
from sftctl.serve.engine.shape import Shape, Span

try:
    import openvino as ov

    from sftctl.serve.engine.openvino_graph import OUTPUTS, build
except ImportError as error:
    raise EngineError(
        f"OpenVINO cannot be imported: {error}.", "Install it: pip install 'sftctl[openvino]'."
    ) from error

TOLERANCE = {32: 0.1, 16: 3.0, 8: 6.0}
"""Bits of a weight → per cent by which the logits may differ from those of transformers."""


class OpenvinoDecoder:
    """The forward pass over spans of tokens; `weights` are an InferRequest, all of which share one cache."""

    shares = True
    device = torch.device("cpu")

    def __init__(self, blocks: int) -> None:
        self.blocks = blocks
        self._cache: dict[str, ov.Tensor] = {}

    def attach(self, compiled: "ov.CompiledModel") -> "ov.InferRequest":
        """A graph ready to be run over this decoder's cache, whose memory is taken as blocks are first used."""
        request = compiled.create_infer_request()
        for at, port in enumerate(compiled.inputs):
            name = port.any_name
            if "_cache." not in name:
                continue
            if name not in self._cache:
                _, heads, block, size = (d.get_length() if d.is_static else 0 for d in port.partial_shape)
                if block != BLOCK:
                    raise EngineError(f"This OpenVINO keeps {block} tokens in a block, not {BLOCK}.")
                self._cache[name] = ov.Tensor(port.element_type, ov.Shape([self.blocks, heads, block, size]))
            request.set_input_tensor(at, self._cache[name])
        return request

    def forward(self, spans: list[Span], weights: "ov.InferRequest") -> Tensor:
        """Stores keys and values of all tokens; logits [wanted tokens, vocabulary], float32."""
        for name, values in _inputs(spans).items():
            weights.set_tensor(name, ov.Tensor(values))
        weights.infer()
        logits: Any = weights.get_tensor("logits").data
        return torch.from_numpy(logits.copy()).view(-1, logits.shape[-1])

    def forget(self, row: int) -> None:
        """Nothing to do: what a row leaves behind is in the engine's blocks."""


def _inputs(spans: Sequence[Span]) -> dict[str, Any]:
    """The graph's inputs for these rows."""
    tokens, positions, outputs, tables = list[int](), list[int](), list[int](), list[Sequence[int]]()
    for span in spans:
        at, end = len(tokens), span.start + len(span.tokens)
        tokens += span.tokens
        positions += range(span.start, end)
        tables.append(span.places[: -(-end // BLOCK)])
        if span.wanted:
            outputs += range(at if span.all_logits else len(tokens) - 1, len(tokens))
    lengths = [len(span.tokens) for span in spans]
    integers = {
        "past_lens": [span.start for span in spans],
        "subsequence_begins": [0, *itertools.accumulate(lengths)],
        "block_indices": [place for table in tables for place in table],
        "block_indices_begins": [0, *itertools.accumulate(len(table) for table in tables)],
        "max_context_len": max(positions) + 1,
    }
    longs = {"input_ids": tokens, "position_ids": positions, OUTPUTS: outputs}
    return {name: np.array(values, np.int32) for name, values in integers.items()} | {
        name: np.array(values, np.int64) for name, values in longs.items()
    }


def open_model(path: Path, adapter: Path | None, bits: int = 16) -> Opened:
    """The model in `path`, with a LoRA `adapter` merged in.

    `bits` that a weight is kept in: 32, 16 or 8. Unless 32, it computes in bfloat16 where that is faster. Raises
    ModelError if the files make no model of the Llama family.
    """
    dtype = "bf16" if bf16_pays() and bits < 32 else "f32"
    model = load(path, torch.float32).cpu()
    if adapter is not None:
        model, _ = merge(model, adapter)
    try:
        decoder = OpenvinoDecoder(_blocks(shape_of(model), int(model.config.max_position_embeddings), dtype))
        weights = _compiled(decoder, model, bits, dtype)
        with torch.inference_mode():
            same = agrees(decoder, weights, model, TOLERANCE[bits])
    except (AttributeError, TypeError, RuntimeError, ValueError) as error:
        raise _other_kind(path) from error
    if not same:
        raise _other_kind(path)

    def load_adapter(folder: Path, merged: bool) -> Loaded:
        made, _ = merge(load(path, torch.float32).cpu(), folder)
        return Loaded(f"merged {content_of(folder)}", _compiled(decoder, made, bits, dtype))

    return Opened(
        decoder,
        Loaded("base", weights),
        int(model.config.max_position_embeddings),
        int(model.get_input_embeddings().weight.shape[0]),
        decoder.blocks,
        refuse_adapter if adapter is not None else load_adapter,
    )


def _compiled(decoder: OpenvinoDecoder, model: Any, bits: int, dtype: str) -> "ov.InferRequest":
    with torch.inference_mode():
        graph = build(model.eval(), shape_of(model), bits)
    settings = {
        "INFERENCE_PRECISION_HINT": dtype,
        "KV_CACHE_PRECISION": dtype,
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0,  # activations stay what they are
        "PERFORMANCE_HINT": "LATENCY",
    }
    return decoder.attach(ov.Core().compile_model(graph, "CPU", settings))


def _blocks(shape: Shape, context: int, dtype: str) -> int:
    """Blocks of the cache: as many as the torch engine has."""
    per_block = 2 * BLOCK * shape.layers * shape.kv_heads * shape.head_size * (2 if dtype == "bf16" else 4)
    return max(-(-context // BLOCK), min(CACHE_TOKENS // BLOCK, CACHE_BYTES // per_block)) + 1


def _other_kind(path: Path) -> ModelError:
    return ModelError(
        f"The model in {path} is not of the Llama family, or OpenVINO computes something else of it.",
        "Serve it with --engine torch.",
    )
