"""A decoder of the Llama family as an OpenVINO model, whose attention reads keys and values from blocks of a cache.

It is built like the models that OpenVINO's own tools export, one sequence with a state, and OpenVINO's own pass then
turns the state into the cache: from there on, the first axis is of tokens, those of all rows laid end to end.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import openvino as ov
import torch
from openvino import opset13 as ops
from openvino._offline_transformations import paged_attention_transformation
from openvino.op.util import Variable, VariableInfo

from sftctl.serve.engine.shape import Shape

OUTPUTS = "outputs"
"""The input that names the tokens after which logits are wanted."""


def build(model: Any, shape: Shape, bits: int) -> ov.Model:
    """The graph of a transformers model. Raises AttributeError where that is not built like a Llama.

    `bits` that a weight is kept in: 32, or 16 (float16), or 8 (int8, with a scale for each row of a matrix).
    """
    return _Builder(shape, bits).model(model)


class _Builder:
    def __init__(self, shape: Shape, bits: int) -> None:
        self.shape, self.bits = shape, bits
        self.sinks: list[Any] = []

    def model(self, model: Any) -> ov.Model:
        names = ("input_ids", "attention_mask", "position_ids")
        ids, mask, positions = (_parameter(name, [-1, -1]) for name in names)
        beam, outputs = _parameter("beam_idx", [-1], np.int32), _parameter(OUTPUTS, [-1])
        decoder = model.model
        batch = ops.gather(ops.shape_of(ids, "i64"), _integers([0]), _integers(0))
        turns = [
            ops.unsqueeze(ops.gather(_floats(_both(table)), positions, _integers(0)), _integers(1))
            for table in (self.shape.cosine, self.shape.sine)
        ]
        x = ops.gather(_weight(decoder.embed_tokens.weight, max(16, self.bits)), ids, _integers(0))
        for index, layer in enumerate(decoder.layers):
            normed = self._norm(x, layer.input_layernorm)
            x = ops.add(x, self._attention(normed, layer.self_attn, index, turns, mask, beam, batch))
            normed = self._norm(x, layer.post_attention_layernorm)
            gate, up = self._linear(normed, layer.mlp.gate_proj), self._linear(normed, layer.mlp.up_proj)
            x = ops.add(x, self._linear(ops.multiply(ops.swish(gate), up), layer.mlp.down_proj))
        wanted = ops.gather(self._norm(x, decoder.norm), outputs, _integers(0))
        result = ops.result(self._linear(wanted, model.lm_head))
        result.output(0).get_tensor().set_names({"logits"})
        made = ov.Model([result], self.sinks, [ids, mask, positions, beam, outputs])
        paged_attention_transformation(made)
        return made

    def _attention(
        self, x: Any, attention: Any, index: int, turns: Sequence[Any], mask: Any, beam: Any, batch: Any
    ) -> Any:
        shape = self.shape
        query = self._heads(self._linear(x, attention.q_proj), shape.heads)
        key = self._heads(self._linear(x, attention.k_proj), shape.kv_heads)
        value = self._heads(self._linear(x, attention.v_proj), shape.kv_heads)
        if getattr(attention, "q_norm", None) is not None:
            query, key = self._norm(query, attention.q_norm), self._norm(key, attention.k_norm)
        query, key = self._turn(query, turns), self._turn(key, turns)
        key = self._remember(f"past_key_values.{index}.key", key, beam, batch)
        value = self._remember(f"past_key_values.{index}.value", value, beam, batch)
        key, value = self._repeat(key), self._repeat(value)
        scale = _floats(np.float32(shape.scale))
        mixed = ops.scaled_dot_product_attention(query, key, value, self._seen(mask), scale)
        flat = ops.reshape(ops.transpose(mixed, _integers([0, 2, 1, 3])), _integers([0, 0, -1]), True)
        return self._linear(flat, attention.o_proj)

    def _seen(self, mask: Any) -> Any:
        """What attention may see: the pass replaces it by what it knows of the rows."""
        return ops.unsqueeze(ops.convert(mask, "f32"), _integers([1, 2]))

    def _heads(self, x: Any, heads: int) -> Any:
        """[batch, length, heads · size] → [batch, heads, length, size]."""
        split = ops.reshape(x, _integers([0, 0, heads, self.shape.head_size]), True)
        return ops.transpose(split, _integers([0, 2, 1, 3]))

    def _turn(self, x: Any, turns: Sequence[Any]) -> Any:
        """Rotary positions, halves apart."""
        half = self.shape.head_size // 2
        a, b = ops.variadic_split(x, _integers(3), _integers([half, half])).outputs()
        turned = ops.concat([ops.multiply(b, _floats(np.float32(-1))), a], -1)
        return ops.add(ops.multiply(x, turns[0]), ops.multiply(turned, turns[1]))

    def _remember(self, name: str, new: Any, beam: Any, batch: Any) -> Any:
        heads, size = self.shape.kv_heads, self.shape.head_size
        info = VariableInfo()
        info.data_shape, info.data_type, info.variable_id = ov.PartialShape([-1, heads, -1, size]), ov.Type.f32, name
        variable = Variable(info)
        empty = ops.broadcast(_floats(np.float32(0)), ops.concat([batch, _integers([heads, 0, size])], 0))
        past = ops.read_value(empty, variable)
        both = ops.concat([ops.gather(past, beam, _integers(0)), new], 2)
        self.sinks.append(ops.assign(both, variable))
        return both

    def _repeat(self, x: Any) -> Any:
        """Each head of the keys or values for all heads of queries that share it."""
        shape = self.shape
        times = shape.heads // shape.kv_heads
        if times == 1:
            return x
        length = ops.shape_of(x, "i64")
        wide = ops.broadcast(
            ops.unsqueeze(x, _integers(2)),
            ops.concat(
                [
                    ops.gather(length, _integers([0, 1]), _integers(0)),
                    _integers([times]),
                    ops.gather(length, _integers([2, 3]), _integers(0)),
                ],
                0,
            ),
            "BIDIRECTIONAL",
        )
        return ops.reshape(wide, _integers([0, shape.heads, -1, shape.head_size]), True)

    def _norm(self, x: Any, norm: Any) -> Any:
        squares = ops.reduce_mean(ops.power(x, _floats(np.float32(2))), _integers([-1]), True)
        root = ops.sqrt(ops.add(squares, _floats(np.float32(self.shape.eps))))
        scaled = ops.multiply(x, ops.divide(_floats(np.float32(1)), root))
        return ops.multiply(scaled, _floats(_numpy(norm.weight)))

    def _linear(self, x: Any, linear: Any) -> Any:
        y = ops.matmul(x, _weight(linear.weight, self.bits), False, True)
        return y if linear.bias is None else ops.add(y, _floats(_numpy(linear.bias)))


def _parameter(name: str, shape: list[int], dtype: Any = np.int64) -> Any:
    parameter = ops.parameter(shape, dtype, name)
    parameter.set_friendly_name(name)  # what the pass goes by
    parameter.output(0).get_tensor().set_names({name})
    return parameter


def _weight(weight: torch.Tensor, bits: int) -> Any:
    """A matrix [out, in]; at 8 bits with a scale for each row, to be multiplied back in the matmul."""
    values = _numpy(weight)
    if bits == 32:
        return ops.constant(values)
    if bits == 16:
        return ops.convert(ops.constant(values.astype(np.float16)), "f32")
    scale = np.maximum(np.abs(values).max(1, keepdims=True), 1e-12) / 127
    rounded = ops.constant(np.rint(values / scale).astype(np.int8))
    back = ops.multiply(ops.convert(rounded, "f16"), ops.constant(scale.astype(np.float16)))
    return ops.convert(back, "f32")


def _numpy(tensor: torch.Tensor) -> Any:
    return tensor.detach().float().numpy()


def _both(table: torch.Tensor) -> Any:
    """[positions, size / 2] for either half."""
    return torch.cat([table, table], -1).numpy()


def _floats(values: Any) -> Any:
    return ops.constant(values)


def _integers(values: Any) -> Any:
    return ops.constant(np.array(values, np.int64))
