"""A LoRA adapter computed beside the base: many of them share one set of base weights, and one forward pass.

y = x Wᵀ + x Aᵀ (s B)ᵀ for x [tokens, in], A [r, in], B [out, r]. An adapter of rank 16 takes a twentieth of what a copy
of the weights with it merged in would. Its answers are those of the merged weights within rounding: there, the
sum W + s B A was rounded once; here, the two products are.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from sftctl.serve.engine.linear import Linear
from sftctl.serve.engine.packed import PANEL, Memory

FUSED = {
    "qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "out": ("self_attn.o_proj",),
    "gate_up": ("mlp.gate_proj", "mlp.up_proj"),
    "down": ("mlp.down_proj",),
}
"""Which of a layer's modules are computed as one."""
TENSOR = re.compile(r"base_model\.model\.model\.layers\.(\d+)\.([a-z_.]+)\.lora_([AB])\.weight")
OTHERWISE = (
    "alora_invocation_tokens",
    "alpha_pattern",
    "arrow_config",
    "fan_in_fan_out",
    "lora_bias",
    "megatron_config",
    "modules_to_save",
    "rank_pattern",
    "target_parameters",
    "trainable_token_indices",
    "use_dora",
    "use_qalora",
)
"""Settings that make more of an adapter than two matrices for each module."""

Pair = tuple[Tensor, Tensor]
"""A [r, in] and s B [out, r]."""


@dataclass(frozen=True, eq=False)
class Lora:
    """For each layer, by the name of a linear of its own, what is added to it."""

    layers: tuple[Mapping[str, tuple[Linear, Linear]], ...]
    """Down to the adapter's rank, and up again."""

    def add(self, layer: int, name: str, x: Tensor, y: Tensor) -> None:
        """Add to `y` [tokens, out], in place, what the adapter makes of `x` [tokens, in]."""
        if (pair := self.layers[layer].get(name)) is not None:
            pair[1].add(pair[0](x), y)


def read_lora(folder: Path, shapes: Sequence[Mapping[str, tuple[int, int]]], like: Tensor) -> Lora | None:
    """The adapter in `folder`; None if it is more than plain LoRA on a decoder's linears.

    `shapes`: for each layer the [out, in] of its modules; `like`: a tensor of the dtype and on the device to be had.
    """
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    if config.get("peft_type") != "LORA" or config.get("bias", "none") != "none":
        return None
    if any(config.get(name) for name in OTHERWISE):
        return None
    found: dict[tuple[int, str], dict[str, Tensor]] = {}
    for name, tensor in load_file(folder / "adapter_model.safetensors").items():
        match = TENSOR.fullmatch(name)
        if match is None or int(match[1]) >= len(shapes) or match[2] not in shapes[int(match[1])]:
            return None
        found.setdefault((int(match[1]), match[2]), {})[match[3]] = tensor.to(like.device, torch.float32)
    pairs: dict[tuple[int, str], Pair] = {}
    for (layer, module), both in found.items():
        rank, (out, size) = config["r"], shapes[layer][module]
        if {part: tuple(tensor.shape) for part, tensor in both.items()} != {"A": (rank, size), "B": (out, rank)}:
            return None
        scale = config["lora_alpha"] / (math.sqrt(rank) if config.get("use_rslora") else rank)
        pairs[layer, module] = (both["A"], both["B"] * scale)
    memory = Memory()

    def linear(weight: Tensor) -> Linear:
        return Linear(weight.to(like.dtype).contiguous(), None, memory)

    fused = [_fused(layer, pairs, of) for layer, of in enumerate(shapes)]
    return Lora(tuple({name: (linear(a), linear(b)) for name, (a, b) in each.items()} for each in fused))


def _fused(layer: int, pairs: Mapping[tuple[int, str], Pair], shapes: Mapping[str, tuple[int, int]]) -> dict[str, Pair]:
    """What a layer's adapted modules add to the linears that they are computed in; ranks are filled up with zeros."""
    fused: dict[str, Pair] = {}
    for name, modules in FUSED.items():
        adapted = [module for module in modules if (layer, module) in pairs]
        if not adapted:
            continue
        down = torch.cat([pairs[layer, module][0] for module in adapted])
        down = F.pad(down, (0, 0, 0, -len(down) % PANEL))
        up, row, column = down.new_zeros(sum(shapes[module][0] for module in modules), len(down)), 0, 0
        for module in modules:
            out = shapes[module][0]
            if module in adapted:
                part = pairs[layer, module][1]
                up[row : row + out, column : column + part.shape[1]] = part
                column += part.shape[1]
            row += out
        fused[name] = (down, up)
    return fused
