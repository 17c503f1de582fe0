"""A linear layer that never changes: on a CPU, its weight lies as the matmul reads it."""

from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from sftctl.serve.engine.packed import Memory, PackedWeight, packs


class Linear:
    """y = x Wᵀ + b for x [tokens, in] and W [out, in].

    In bfloat16 on a CPU it is packed for our own matmul (`packed`). In float32, and where there is no compiler,
    oneDNN's layout of the weight saves its reordering in every call; those operators are internal to torch, so where
    they are missing, or fail, the plain ones do.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, memory: Memory) -> None:
        self._bias = bias
        self.packed = PackedWeight(weight, bias, memory) if packs(weight) else None
        self._reordered = self.packed is None and weight.device.type == "cpu" and can_reorder(weight.dtype)
        if self._reordered:
            weight = torch.ops.mkldnn._reorder_linear_weight(weight, None)
        self._weight: Any = None if self.packed else weight

    def __call__(self, x: Tensor) -> Tensor:
        if self.packed:
            return self.packed(x)
        if self._reordered:
            y: Tensor = torch.ops.mkldnn._linear_pointwise(x, self._weight, self._bias, "none", [], "")
            return y
        return F.linear(x, self._weight, self._bias)

    def add(self, x: Tensor, y: Tensor) -> None:
        """y += x Wᵀ, in place."""
        if self.packed:
            self.packed.add(x, y)
        else:
            y += self(x)


@cache
def can_reorder(dtype: torch.dtype) -> bool:
    """Whether this torch can lay out a weight beforehand and multiply with it rightly."""
    if not torch.backends.mkldnn.is_available() or dtype not in (torch.float32, torch.bfloat16):
        return False
    if dtype == torch.bfloat16 and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    weight, x = torch.eye(32, dtype=dtype), torch.ones(2, 32, dtype=dtype)
    try:
        packed = torch.ops.mkldnn._reorder_linear_weight(weight, None)
        return bool(torch.equal(torch.ops.mkldnn._linear_pointwise(x, packed, None, "none", [], ""), x))
    except (AttributeError, RuntimeError, TypeError):
        return False
