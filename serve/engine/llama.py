"""A decoder of the Llama family by hand: RMS norms, rotary positions, grouped heads, gated feed-forward.

Tokens of many rows go through the matmuls together, laid end to end; each row's attention sees its own blocks of
the cache. Biases (Qwen2) and norms of queries and keys (Qwen3) are taken where the model has them. Whether a model
is of this family is not read off its name: what this decoder computes is compared with what transformers does.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from sftctl.serve.engine.blocks import BLOCK
from sftctl.serve.engine.kernels import Kernels, NativeKernels, gather
from sftctl.serve.engine.linear import Linear
from sftctl.serve.engine.lora import FUSED
from sftctl.serve.engine.packed import Memory, in_large_pages
from sftctl.serve.engine.recorded import Recordings
from sftctl.serve.engine.shape import Rows, Shape, Span
from sftctl.serve.engine.step import Step
from sftctl.serve.engine.together import Group, groups_of


@dataclass(frozen=True)
class Layer:
    input_norm: Tensor
    qkv: Linear
    qk_norms: tuple[Tensor, Tensor] | None
    out: Linear
    post_norm: Tensor
    gate_up: Linear
    down: Linear


@dataclass(frozen=True, eq=False)
class Weights:
    """One set of weights; those of an adapter share with the base all that the adapter leaves alone."""

    embedding: Tensor
    layers: tuple[Layer, ...]
    norm: Tensor
    head: Linear


class Cache:
    """Keys and values of every layer, in blocks. Memory is taken as blocks are first used, on a CPU."""

    def __init__(self, shape: Shape, blocks: int, dtype: torch.dtype, device: torch.device) -> None:

        def room(*size: int) -> Tensor:
            tensor = torch.empty(size, dtype=dtype, device=device)
            return in_large_pages(tensor) if device.type == "cpu" else tensor

        self.keys = [room(blocks, shape.kv_heads, shape.head_size, BLOCK) for _ in range(shape.layers)]
        self.values = [room(blocks, shape.kv_heads, BLOCK, shape.head_size) for _ in range(shape.layers)]


class LlamaDecoder:
    """The forward pass over spans of tokens, for any set of weights of one shape."""

    shares = True

    def __init__(self, shape: Shape, blocks: int, kernels: Kernels, dtype: torch.dtype, device: torch.device) -> None:
        self.shape, self.kernels, self.device = shape, kernels, device
        self.cache = Cache(shape, blocks, dtype, device)
        self.step = Step(shape, self.cache) if isinstance(kernels, NativeKernels) else None
        self.together = device.type != "cpu"
        self.recordings = Recordings(self._forward, shape, device) if device.type == "cuda" else None

    def forward(self, spans: list[Span], weights: Weights) -> Tensor:
        """Stores keys and values of all tokens; logits [wanted tokens, vocabulary], float32 or in the model's dtype."""
        if self.step is not None and self.step.takes(spans, weights):
            return self.step.forward(spans, weights)
        if self.recordings is not None and self.recordings.takes(spans):
            return self.recordings.forward(spans, weights)
        groups = groups_of(spans, self.shape, self.device) if self.together else []
        return self._forward(Rows.of(spans, self.device), groups, weights)

    def _forward(self, rows: Rows, groups: list[Group], weights: Weights) -> Tensor:
        """The same out of tensors. On a GPU nothing here waits for it, so that the launches can be recorded."""
        shape, kernels = self.shape, self.kernels
        masks = {} if groups else {at: self._mask(span) for at, span in rows.longer}
        residual, delta = F.embedding(rows.tokens, weights.embedding), None
        for index, layer in enumerate(weights.layers):
            keys, values = self.cache.keys[index], self.cache.values[index]
            qkv = _linear("qkv", kernels.add_norm(residual, delta, layer.input_norm, shape.eps), layer, index, rows)
            kernels.place(qkv, layer.qk_norms, keys, values, rows, shape)
            mixed = self._attend(qkv, keys, values, rows, masks, groups)
            x = kernels.add_norm(residual, _linear("out", mixed, layer, index, rows), layer.post_norm, shape.eps)
            delta = _linear("down", kernels.gate(_linear("gate_up", x, layer, index, rows)), layer, index, rows)
        x = kernels.add_norm(residual, delta, weights.norm, shape.eps)
        return weights.head(x[rows.outputs])

    def forget(self, row: int) -> None:
        """Nothing to do: what a row leaves behind is in the engine's blocks."""

    def _attend(
        self,
        qkv: Tensor,
        keys: Tensor,
        values: Tensor,
        rows: Rows,
        masks: dict[int, Tensor | None],
        groups: list[Group],
    ) -> Tensor:
        shape = self.shape
        out = qkv.new_empty(len(qkv), shape.heads * shape.head_size)
        if rows.padding:
            out[-rows.padding :] = 0
        if groups:
            for group in groups:
                group.attend(qkv, out, keys, values, shape)
            return out
        if len(rows.single):
            self.kernels.attend(qkv, out, keys, values, rows, shape)
        for at, span in rows.longer:
            end = at + len(span.tokens)
            query = qkv[at:end, : shape.heads * shape.head_size].view(-1, shape.heads, shape.head_size)
            filled = span.start + len(span.tokens)
            table = torch.tensor(span.places[: -(-filled // BLOCK)], device=self.device)[None]
            k, v = (part[:, :, :filled] for part in gather(keys, values, table))
            mask = masks[at]
            result = F.scaled_dot_product_attention(
                query.transpose(0, 1)[None], k, v, mask, is_causal=mask is None, scale=shape.scale, enable_gqa=True
            )
            out[at:end] = result[0].transpose(0, 1).flatten(1)
        return out

    def _mask(self, span: Span) -> Tensor | None:
        """What a row's new tokens see of all its tokens; None where that is the plain causal triangle."""
        if not span.start:
            return None
        new, filled = len(span.tokens), span.start + len(span.tokens)
        return torch.ones(new, filled, dtype=torch.bool, device=self.device).tril(span.start)


def _linear(name: str, x: Tensor, layer: Layer, index: int, rows: Rows) -> Tensor:
    """What a layer's linear of this name makes of x, and the rows' adapters add to it."""
    linear: Linear = getattr(layer, name)
    y = linear(x)
    for start, end, lora in rows.loras:
        lora.add(index, name, x[start:end], y[start:end])
    return y


# ---------------------------------------------------------------- out of a transformers model


def shape_of(model: Any) -> Shape:
    """The shape of a transformers model. Raises AttributeError where it is not built like a Llama."""
    config, decoder = model.config, model.model
    attention = decoder.layers[0].self_attn
    positions = torch.arange(config.max_position_embeddings, device=model.device)[None]
    cosine, sine = decoder.rotary_emb(torch.zeros(1, device=model.device), positions)
    half = cosine.shape[-1] // 2
    return Shape(
        layers=len(decoder.layers),
        heads=config.num_attention_heads,
        kv_heads=config.num_key_value_heads,
        head_size=attention.head_dim,
        eps=config.rms_norm_eps,
        scale=attention.scaling,
        cosine=cosine[0, :, :half].float().contiguous(),
        sine=sine[0, :, :half].float().contiguous(),
    )


def module_shapes(model: Any) -> list[dict[str, tuple[int, int]]]:
    """For each layer the [out, in] of the modules that LoRA can be added to."""
    modules = [module for each in FUSED.values() for module in each]
    return [{name: tuple(layer.get_submodule(name).weight.shape) for name in modules} for layer in model.model.layers]


def weights_of(model: Any, base: Weights | None = None, changed: Collection[str] = ()) -> Weights:
    """The weights of a transformers model, ready to use.

    With `base`, whatever no name in `changed` (as `layers.0.self_attn.q_proj`) belongs to is taken from there.
    """
    decoder, memory = model.model, Memory()
    layers = []
    for at, layer in enumerate(decoder.layers):
        begins = f"layers.{at}."
        names = {name.removeprefix(begins) for name in changed if name.startswith(begins)}
        layers.append(_layer(layer, base.layers[at] if base else None, names, memory))
    if base and not {"embed_tokens", "lm_head"} & set(changed):
        embedding, head = base.embedding, base.head
    else:
        embedding, head = decoder.embed_tokens.weight, Linear(model.lm_head.weight, None, memory)
    return Weights(embedding, tuple(layers), decoder.norm.weight, head)


def _layer(layer: Any, base: Layer | None, changed: Collection[str], memory: Memory) -> Layer:
    def joined(shared: Linear | None, *names: str) -> Linear:
        """The layers of these names as one; the base's, where none of them has changed."""
        if shared is not None and not set(names) & set(changed):
            return shared
        linears = [layer.get_submodule(name) for name in names]
        biases = [linear.bias for linear in linears]
        weight = torch.cat([linear.weight for linear in linears])
        return Linear(weight, None if biases[0] is None else torch.cat(biases), memory)

    attention = layer.self_attn
    q_norm, k_norm = getattr(attention, "q_norm", None), getattr(attention, "k_norm", None)
    qkv = [f"self_attn.{each}_proj" for each in "qkv"]
    return Layer(
        input_norm=layer.input_layernorm.weight,
        qkv=joined(base.qkv if base else None, *qkv),
        qk_norms=None if q_norm is None or k_norm is None else (q_norm.weight, k_norm.weight),
        out=joined(base.out if base else None, "self_attn.o_proj"),
        post_norm=layer.post_attention_layernorm.weight,
        gate_up=joined(base.gate_up if base else None, "mlp.gate_proj", "mlp.up_proj"),
        down=joined(base.down if base else None, "mlp.down_proj"),
    )
