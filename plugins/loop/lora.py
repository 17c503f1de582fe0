"""LoRA without its overhead: in the dtype that computes, with nothing kept but x and x Aᵀ, and rounded once.

peft's own forward pass is in float32, with a copy of x for each adapter. A young adapter adds less than a digit of
bfloat16 is worth, to a weight as to y: it would be rounded away from a merged weight W + s B A, and from the sum of
two rounded products. So y is made in one sum.
"""

from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn


def adapted(x: Tensor, weight: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """y = x Wᵀ + (x Aᵀ) Bᵀ and x Aᵀ, for x [..., in], W [out, in], A [r, in], B [out, r] of one dtype.

    The large product is added to the small one: it is summed in float32, so y is rounded once.
    """
    flat_x = x.reshape(-1, x.shape[-1])
    low = flat_x @ a.t()
    return torch.addmm(low @ b.t(), flat_x, weight.t()).view(*x.shape[:-1], -1), low


def gradients(
    grad: Tensor, x: Tensor, weight: Tensor, a: Tensor, b: Tensor, low: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Those of x, of A and of B, the last two in float32, from that of y; `low` is x Aᵀ."""
    flat_grad, flat_x = grad.reshape(-1, grad.shape[-1]), x.reshape(-1, x.shape[-1])
    grad_low = flat_grad @ b
    grad_x = torch.addmm(grad_low @ a, flat_grad, weight).view(x.shape)
    return grad_x, (grad_low.t() @ flat_x).float(), (flat_grad.t() @ low).float()


class _AdaptedLinear(torch.autograd.Function):
    """`adapted` by A and s B, which are float32."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, a: Tensor, b: Tensor, scale: float) -> Tensor:
        a, b = a.to(weight.dtype), (scale * b).to(weight.dtype)
        y, low = adapted(x, weight, a, b)
        ctx.save_for_backward(x, weight, a, b, low)
        ctx.scale = scale
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        grad_x, grad_a, grad_b = gradients(grad, *ctx.saved_tensors)
        return grad_x, None, grad_a, grad_b * ctx.scale, None


def compute_beside(model: nn.Module) -> None:
    """Let every plain LoRA layer of `model` compute so.

    Layers with dropout, DoRA, a bias or a quantised base keep peft's own forward pass.
    """
    from peft.tuners.lora import Linear

    for layer in model.modules():
        if isinstance(layer, Linear) and _is_plain(layer):
            layer.forward = MethodType(_forward, layer)


def _is_plain(layer: Any) -> bool:
    return (
        type(layer.base_layer) is nn.Linear
        and layer.base_layer.bias is None
        and layer.base_layer.weight.is_floating_point()
        and list(layer.lora_A) == ["default"]
        and not layer.lora_variant
        and isinstance(layer.lora_dropout["default"], nn.Identity)
    )


def _forward(layer: Any, x: Tensor) -> Tensor:
    a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
    result: Tensor = _AdaptedLinear.apply(x, layer.base_layer.weight, a, b, layer.scaling["default"])
    return result
