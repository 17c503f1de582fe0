"""A linear layer that never changes: on a CPU, its weight lies as the matmul reads it."""

from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


class Linear:
    """y = x Wᵀ + b for x [tokens, in] and W [out, in].

    For bfloat16 on a CPU, oneDNN's own layout of the weight saves its reordering in every call. The operators are
    internal to torch, so where they are missing, or fail, the plain ones do.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        self.bias = bias
        self._packed = weight.device.type == "cpu" and weight.dtype == torch.bfloat16 and can_pack()
        self._weight: Any = torch.ops.mkldnn._reorder_linear_weight(weight, None) if self._packed else weight

    def __call__(self, x: Tensor) -> Tensor:
        if self._packed:
            y: Tensor = torch.ops.mkldnn._linear_pointwise(x, self._weight, self.bias, "none", [], "")
            return y
        return F.linear(x, self._weight, self.bias)


@cache
def can_pack() -> bool:
    """Whether this torch can lay out a weight beforehand and multiply with it rightly."""
    if not torch.backends.mkldnn.is_available() or not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    weight, x = torch.eye(32, dtype=torch.bfloat16), torch.ones(2, 32, dtype=torch.bfloat16)
    try:
        packed = torch.ops.mkldnn._reorder_linear_weight(weight, None)
        return bool(torch.equal(torch.ops.mkldnn._linear_pointwise(x, packed, None, "none", [], ""), x))
    except (AttributeError, RuntimeError, TypeError):
        return False
