"""QLoRA (arXiv 2305.14314): the base's linear layers in 4 bits through bitsandbytes, adapters in float32 on top.

A layer computes as in `lora`. Its weight is made out of the 4 bits in the forward pass and once more in the backward
pass, and is kept in neither.
"""

from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn

from sftctl.plugins.loop import LoopConfig, lora


def settings(config: LoopConfig, dtype: torch.dtype) -> Any:
    """transformers' `quantization_config` for a base that computes in `dtype`; None where none is asked for."""
    if not config.load_in_4bit:
        return None
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type=config.bnb_4bit_quant_type,
        bnb_4bit_use_double_quant=config.bnb_4bit_use_double_quant,
        bnb_4bit_compute_dtype=dtype,
    )


def keep_trainable(model: nn.Module) -> None:
    """Turn off the packing for inference that bitsandbytes does on CPUs with AVX-512 BF16.

    It happens in the first forward pass in evaluation mode, for good, and what is packed gives its input no
    gradient: the layers below would stop learning, without an error.
    """
    from bitsandbytes.nn import Linear4bit

    for module in model.modules():
        if isinstance(module, Linear4bit):
            module.support_avx512bf16_for_cpu = False


class _AdaptedLinear4bit(torch.autograd.Function):
    """`lora.adapted` by A and s B, which are float32, for W in 4 bits with the shape [out, in]."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, packed: Tensor, scales: Tensor, a: Tensor, b: Tensor, scale: float, *how: Any
    ) -> Tensor:
        a, b = a.to(x.dtype), (scale * b).to(x.dtype)
        y, low = lora.adapted(x, _weight(x.dtype, packed, scales, *how), a, b)
        ctx.save_for_backward(x, packed, scales, a, b, low)
        ctx.scale, ctx.how = scale, how
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, packed, scales, *low_rank = ctx.saved_tensors
        grad_x, grad_a, grad_b = lora.gradients(grad, x, _weight(x.dtype, packed, scales, *ctx.how), *low_rank)
        return grad_x, None, None, grad_a, grad_b * ctx.scale, None, None, None, None


def _weight(dtype: torch.dtype, packed: Tensor, scales: Tensor, block: int, kind: str, shape: list[int]) -> Tensor:
    weight: Tensor = torch.ops.bitsandbytes.dequantize_4bit(packed, scales, block, kind, shape, dtype)
    return weight


def compute_beside(model: nn.Module) -> None:
    """Let every plain LoRA layer on 4 bits compute as in `lora`; others keep peft's forward pass."""
    from peft.tuners.lora.bnb import Linear4bit

    for layer in model.modules():
        if isinstance(layer, Linear4bit) and _is_plain(layer):
            layer.forward = MethodType(_forward, layer)


def _is_plain(layer: Any) -> bool:
    return not layer.lora_variant and isinstance(layer.lora_dropout["default"], nn.Identity)


def _forward(layer: Any, x: Tensor) -> Tensor:
    from bitsandbytes.functional import dequantize_blockwise

    weight, state = layer.base_layer.weight, layer.base_layer.weight.quant_state
    scales = dequantize_blockwise(state.absmax, state.state2) + state.offset if state.nested else state.absmax
    a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    how = (layer.scaling["default"], state.blocksize, state.quant_type, list(state.shape))
    result: Tensor = _AdaptedLinear4bit.apply(x, weight, scales, a, b, *how)
    bias = layer.base_layer.bias
    return result if bias is None else result + bias.to(x.dtype)


def weight_bytes(weight: Tensor) -> int:
    """What a weight takes in memory, with the scales that a quantised one needs."""
    state = getattr(weight, "quant_state", None)
    parts = state.as_dict(packed=True).values() if state is not None else ()
    return int(weight.nbytes + sum(part.nbytes for part in parts if isinstance(part, Tensor)))
