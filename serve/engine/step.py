"""A decoder's whole forward pass in one call of C++ (step.cpp)."""

import ctypes
import itertools
from collections.abc import Sequence
from ctypes import c_float, c_long, c_void_p
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from sftctl.serve.engine.lora import FUSED, Lora
from sftctl.serve.engine.packed import PANEL, Packed, library, unit
from sftctl.serve.engine.shape import Rows, Shape, Span

if TYPE_CHECKING:
    from sftctl.serve.engine.llama import Layer, Weights


class LayerStruct(ctypes.Structure):
    _fields_ = (
        *((name, c_void_p) for name in ("input_norm", "q_norm", "k_norm", "post_norm")),
        ("linears", Packed * len(FUSED)),
        ("keys", c_void_p),
        ("values", c_void_p),
    )


class Model(ctypes.Structure):
    _fields_ = (
        *((name, c_long) for name in ("heads", "kv_heads", "size", "hidden", "inner", "count")),
        *((name, c_float) for name in ("eps", "scale")),
        *((name, c_void_p) for name in ("cosine", "sine", "embedding", "norm", "layers")),
        ("head", Packed),
    )


class PairStruct(ctypes.Structure):
    _fields_ = (("down", Packed), ("up", Packed))


class Adapter(ctypes.Structure):
    _fields_ = (("start", c_long), ("end", c_long), ("layers", c_void_p))


class SpanStruct(ctypes.Structure):
    _fields_ = (("first", c_long), ("last", c_long), ("start", c_long), ("table", c_void_p), ("reading", c_long))


class Batch(ctypes.Structure):
    _fields_ = (
        *((name, c_long) for name in ("count", "spans", "adapters", "rank", "outputs")),
        *((name, c_void_p) for name in ("tokens", "positions", "slots", "wanted")),
        *((name, c_void_p) for name in ("span", "adapter", "logits")),
    )


class Caches(Protocol):
    """Keys and values of every layer."""

    keys: list[Tensor]
    values: list[Tensor]


class Step:
    """The forward pass of one shape over one cache, for any set of weights whose linears are all packed."""

    def __init__(self, shape: Shape, cache: Caches) -> None:
        self._shape, self._cache = shape, cache
        self._models: WeakKeyDictionary[Weights, Model | None] = WeakKeyDictionary()
        self._adapters: WeakKeyDictionary[Lora, tuple[Any, int] | None] = WeakKeyDictionary()

    def takes(self, spans: Sequence[Span], weights: "Weights") -> bool:
        """Whether the weights and adapters are packed."""
        loras = {span.lora for span in spans if span.lora is not None}
        return self._model(weights) is not None and all(self._adapter(lora) is not None for lora in loras)

    def forward(self, spans: Sequence[Span], weights: "Weights") -> Tensor:
        """Stores keys and values of all tokens; logits [wanted tokens, vocabulary], float32."""
        model, rows = self._model(weights), Rows.of(spans, torch.device("cpu"), pad=False)
        assert model is not None
        tables = [torch.tensor(span.places, dtype=torch.int32) for span in spans]
        ends = itertools.accumulate(len(span.tokens) for span in spans)
        laid = (SpanStruct * len(spans))(
            *(
                SpanStruct(end - len(span.tokens), end, span.start, table.data_ptr(), span.reading)
                for span, end, table in zip(spans, ends, tables, strict=True)
            )
        )
        found = [(start, end, self._adapter(lora)) for start, end, lora in rows.loras]
        adapters = (Adapter * len(found))(
            *(Adapter(start, end, ctypes.addressof(a[0])) for start, end, a in found if a)
        )
        logits = torch.empty(len(rows.outputs), model.head.outputs, dtype=torch.float32)
        batch = Batch(
            count=len(rows.tokens),
            spans=len(spans),
            adapters=len(found),
            rank=max((a[1] for _, _, a in found if a), default=0),
            outputs=len(rows.outputs),
            tokens=rows.tokens.data_ptr(),
            positions=rows.positions.data_ptr(),
            slots=rows.slots.data_ptr(),
            wanted=rows.outputs.data_ptr(),
            span=ctypes.addressof(laid),
            adapter=ctypes.addressof(adapters),
            logits=logits.data_ptr(),
        )
        library().step(ctypes.byref(model), ctypes.byref(batch), unit(), torch.get_num_threads())
        return logits

    # ---------------------------------------------------------------- tensors → addresses

    def _model(self, weights: "Weights") -> Model | None:
        if weights not in self._models:
            self._models[weights] = self._model_of(weights)
        return self._models[weights]

    def _model_of(self, weights: "Weights") -> Model | None:
        """None where sizes do not fit: a linear is not packed, or a head is not as wide as a panel, or several."""
        shape, first, head = self._shape, weights.layers[0], weights.head.packed
        linears = [getattr(layer, name).packed for layer in weights.layers for name in FUSED]
        if shape.head_size % PANEL or head is None or first.down.packed is None or None in linears:
            return None
        layers = (LayerStruct * shape.layers)(*(self._layer(at, layer) for at, layer in enumerate(weights.layers)))
        model = Model(
            heads=shape.heads,
            kv_heads=shape.kv_heads,
            size=shape.head_size,
            hidden=weights.embedding.shape[1],
            inner=first.down.packed.native.inputs,
            count=shape.layers,
            eps=shape.eps,
            scale=shape.scale,
            cosine=shape.cosine.data_ptr(),
            sine=shape.sine.data_ptr(),
            embedding=weights.embedding.data_ptr(),
            norm=weights.norm.data_ptr(),
            layers=ctypes.addressof(layers),
            head=head.native,
        )
        model.kept = layers
        return model

    def _layer(self, at: int, layer: "Layer") -> LayerStruct:
        q_norm, k_norm = (None, None) if layer.qk_norms is None else (norm.data_ptr() for norm in layer.qk_norms)
        return LayerStruct(
            input_norm=layer.input_norm.data_ptr(),
            q_norm=q_norm,
            k_norm=k_norm,
            post_norm=layer.post_norm.data_ptr(),
            linears=(Packed * len(FUSED))(*(getattr(layer, name).packed.native for name in FUSED)),
            keys=self._cache.keys[at].data_ptr(),
            values=self._cache.values[at].data_ptr(),
        )

    def _adapter(self, lora: Lora) -> tuple[Any, int] | None:
        """For each layer and linear what it adds; and its greatest rank. None where some of it is not packed."""
        if lora not in self._adapters:
            self._adapters[lora] = self._adapter_of(lora)
        return self._adapters[lora]

    def _adapter_of(self, lora: Lora) -> tuple[Any, int] | None:
        pairs, rank = (PairStruct * (len(FUSED) * len(lora.layers)))(), 0
        for at, layer in enumerate(lora.layers):
            for number, name in enumerate(FUSED):
                if name not in layer:
                    continue
                down, up = (linear.packed for linear in layer[name])
                if down is None or up is None:
                    return None
                pairs[at * len(FUSED) + number] = PairStruct(down.native, up.native)
                rank = max(rank, down.native.outputs)
        return pairs, rank
