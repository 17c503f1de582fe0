"""Weights packed as bfloat16 units of a CPU read them, and the C++ that multiplies with them (matmul.h)."""

import ctypes
import mmap
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from sftctl.core.machine.device import bf16_unit
from sftctl.core.machine.native import native_library

SOURCE = Path(__file__).with_name("step.cpp")
PANEL = 32
"""As in matmul.h."""
PAGE = 2**21
"""Bytes of a large page."""


class Packed(ctypes.Structure):
    """A weight as the C++ takes it: its address, that of its bias or None, and its sizes."""

    _fields_ = (
        ("weight", ctypes.c_void_p),
        ("bias", ctypes.c_void_p),
        ("inputs", ctypes.c_long),
        ("outputs", ctypes.c_long),
    )


class Memory:
    """Memory for weights, many of them in one block of large pages."""

    def __init__(self) -> None:
        self._block, self._used = torch.empty(0, dtype=torch.bfloat16), 0

    def take(self, count: int) -> Tensor:
        """Room for so many values of bfloat16. It is free when all tensors out of one block are."""
        if self._used + count > len(self._block):
            size = max(count, 8 * PAGE)
            self._block, self._used = in_large_pages(torch.empty(size, dtype=torch.bfloat16)), 0
        self._used += count
        return self._block[self._used - count : self._used]


def in_large_pages(tensor: Tensor) -> Tensor:
    """A tensor on the CPU that was not written yet, in pages of 2 MB where Linux has them.

    Reading memory in order is a third faster that way: the processor looks up fewer pages, and fetches further ahead.
    """
    start = -(-tensor.data_ptr() // PAGE) * PAGE
    size = (tensor.data_ptr() + tensor.nbytes) // PAGE * PAGE - start
    if hasattr(mmap, "MADV_HUGEPAGE") and size > 0:
        ctypes.CDLL(None).madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), mmap.MADV_HUGEPAGE)
    return tensor


class PackedWeight:
    """W [out, in] for x Wᵀ + b. A token's results do not depend on how many tokens there are."""

    def __init__(self, weight: Tensor, bias: Tensor | None, memory: Memory) -> None:
        out, size = weight.shape
        padded = F.pad(weight, (0, 0, 0, -out % PANEL))
        tiles = padded.view(-1, 2, 16, size // PANEL, 16, 2).permute(0, 3, 1, 4, 2, 5)
        self._weight = memory.take(tiles.numel()).view(tiles.shape).copy_(tiles)
        self._bias = None if bias is None else bias.contiguous()
        address = None if self._bias is None else self._bias.data_ptr()
        self.native = Packed(self._weight.data_ptr(), address, size, out)

    def __call__(self, x: Tensor) -> Tensor:
        """x Wᵀ + b for x [tokens, in]."""
        y = x.new_empty(len(x), self.native.outputs)
        self._multiply(x, y, add=False)
        return y

    def add(self, x: Tensor, y: Tensor) -> None:
        """y [tokens, out] += x Wᵀ."""
        self._multiply(x, y, add=True)

    def _multiply(self, x: Tensor, y: Tensor, add: bool) -> None:
        x = x.contiguous()
        threads = torch.get_num_threads()
        library().multiply(x.data_ptr(), y.data_ptr(), len(x), ctypes.byref(self.native), add, unit(), threads)


def packs(weight: Tensor) -> bool:
    """Whether a weight [out, in] can be packed on this machine."""
    on_cpu = weight.device.type == "cpu" and weight.dtype == torch.bfloat16
    return on_cpu and weight.shape[1] % PANEL == 0 and unit() > 0


@cache
def unit() -> int:
    """The unit that multiplies: 2 for AMX, 1 for AVX-512, 0 for none (or no compiler)."""
    return library().unit() if library() is not None else 0


@cache
def library() -> Any:
    """The compiled step.cpp, or None."""
    found = native_library(SOURCE) if bf16_unit() in ("AMX", "AVX-512") else None
    if found is None:
        return None
    p, n, i = ctypes.c_void_p, ctypes.c_long, ctypes.c_int
    found.multiply.argtypes, found.multiply.restype = [p, p, n, p, i, i, i], None
    found.step.argtypes, found.step.restype = [p, p, i, i], None
    return found
