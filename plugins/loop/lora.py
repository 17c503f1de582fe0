"""LoRA without its overhead: one matmul with the merged weight instead of three and an addition.

peft computes `x Wᵀ + s (x Aᵀ) Bᵀ`: on a CPU the extra passes over the activations cost more than the
arithmetic. Here the forward pass uses `W + s B A`, rounded to W's dtype, which is also exactly the weight that
serving merges; the backward pass makes it once more, so that it is not kept, and gives the gradients of A and B
without ever forming that of W.
"""

from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn


class _MergedLinear(torch.autograd.Function):
    """y = x (W + s B A)ᵀ for x [..., in], W [out, in], A [r, in], B [out, r]."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, a: Tensor, b: Tensor, scale: float) -> Tensor:
        a, b = a.to(weight.dtype), b.to(weight.dtype)
        ctx.save_for_backward(x, weight, a, b)
        ctx.scale = scale
        return x @ torch.addmm(weight, b, a, alpha=scale).t()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, a, b = ctx.saved_tensors
        flat_grad, flat_x = grad.reshape(-1, grad.shape[-1]), x.reshape(-1, x.shape[-1])
        # the same in other words: what the forward pass has made in these words, the compiler would keep
        merged = torch.addmm(weight, -b, a, alpha=-ctx.scale)
        grad_x = (flat_grad @ merged).view(x.shape)
        grad_b = (flat_grad.t() @ (flat_x @ a.t())).float() * ctx.scale
        grad_a = ((flat_grad @ b).t() @ flat_x).float() * ctx.scale
        return grad_x, None, grad_a, grad_b, None


def merge_in_forward(model: nn.Module) -> None:
    """Let every plain LoRA layer of `model` compute with its merged weight.

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
    result: Tensor = _MergedLinear.apply(x, layer.base_layer.weight, a, b, layer.scaling["default"])
    return result
