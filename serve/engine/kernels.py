"""The small steps between a decoder's matmuls: in plain torch anywhere, and in C++ on a CPU with a compiler.

Both have the same four functions. `qkv` is [tokens, (heads + 2 kv_heads) · size]: the queries, keys and values of
each token side by side. A layer's keys lie in [blocks, kv_heads, size, BLOCK] (transposed, so that scores of a
whole block are computed at once), its values in [blocks, kv_heads, BLOCK, size].
"""

import ctypes
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from sftctl.core.machine.native import native_library
from sftctl.serve.engine.blocks import BLOCK
from sftctl.serve.engine.shape import Rows, Shape

SOURCE = Path(__file__).with_name("kernels.cpp")


class Kernels(Protocol):
    """What a decoder layer computes besides its matmuls."""

    def add_norm(self, residual: Tensor, delta: Tensor | None, weight: Tensor, eps: float) -> Tensor:
        """`residual` [tokens, size] += delta, in place; its RMS norm times `weight`."""
        ...

    def gate(self, both: Tensor) -> Tensor:
        """silu(a) · b for `both` [tokens, 2 · size] = a, b side by side."""
        ...

    def place(
        self, qkv: Tensor, norms: tuple[Tensor, Tensor] | None, keys: Tensor, values: Tensor, rows: Rows, shape: Shape
    ) -> None:
        """Norms queries and keys if `norms` is given, turns them by their positions, and stores keys and values."""
        ...

    def attend(self, qkv: Tensor, out: Tensor, keys: Tensor, values: Tensor, rows: Rows, shape: Shape) -> None:
        """Attention of every row that has one new token over all its tokens; into `out` [tokens, heads · size]."""
        ...


# ---------------------------------------------------------------- in torch


class TorchKernels:
    """Plain torch, on any device."""

    def add_norm(self, residual: Tensor, delta: Tensor | None, weight: Tensor, eps: float) -> Tensor:
        if delta is not None:
            residual += delta
        return F.rms_norm(residual, weight.shape, weight, eps)

    def gate(self, both: Tensor) -> Tensor:
        a, b = both.chunk(2, -1)
        return F.silu(a) * b

    def place(
        self, qkv: Tensor, norms: tuple[Tensor, Tensor] | None, keys: Tensor, values: Tensor, rows: Rows, shape: Shape
    ) -> None:
        heads, kv_heads, size = shape.heads, shape.kv_heads, shape.head_size
        split = qkv.view(len(qkv), heads + 2 * kv_heads, size)
        turned = split[:, : heads + kv_heads]
        if norms is not None:
            for norm, part in zip(norms, (turned[:, :heads], turned[:, heads:]), strict=True):
                part.copy_(F.rms_norm(part, (size,), norm, shape.eps))
        cosine, sine = (table[rows.positions, None].to(qkv.dtype) for table in (shape.cosine, shape.sine))
        a, b = turned.chunk(2, -1)
        turned.copy_(torch.cat((a * cosine - b * sine, b * cosine + a * sine), -1))
        block, at = rows.slots // BLOCK, rows.slots % BLOCK
        keys[block, :, :, at] = split[:, heads : heads + kv_heads]
        values[block, :, at] = split[:, heads + kv_heads :]

    def attend(self, qkv: Tensor, out: Tensor, keys: Tensor, values: Tensor, rows: Rows, shape: Shape) -> None:
        size = shape.head_size
        query = qkv[rows.single, : shape.heads * size].view(len(rows.single), shape.heads, 1, size)
        k, v = gather(keys, values, rows.tables)
        seen = torch.arange(k.shape[2], device=k.device) < rows.lengths[:, None]
        # where nothing was written yet, anything may lie, and neither 0 · NaN nor NaN − ∞ is a number
        k, v = (part.masked_fill(~seen[:, None, :, None], 0) for part in (k, v))
        result = F.scaled_dot_product_attention(
            query, k, v, attn_mask=seen[:, None, None], scale=shape.scale, enable_gqa=True
        )
        out[rows.single] = result.flatten(1)


def gather(keys: Tensor, values: Tensor, tables: Tensor) -> tuple[Tensor, Tensor]:
    """Keys and values [rows, kv_heads, tokens, size] of the blocks in `tables` [rows, blocks]."""
    k = keys[tables].permute(0, 2, 1, 4, 3).flatten(2, 3)
    v = values[tables].transpose(1, 2).flatten(2, 3)
    return k, v


# ---------------------------------------------------------------- in C++


class NativeKernels:
    """The same in C++, for contiguous tensors of one dtype on the CPU."""

    def __init__(self, library: ctypes.CDLL, dtype: torch.dtype) -> None:
        name = {torch.bfloat16: "bf16", torch.float32: "f32"}[dtype]
        self._functions: Any = [library[f"{function}_{name}"] for function in ("add_norm", "gate", "place", "attend")]
        p, n, f, i = ctypes.c_void_p, ctypes.c_long, ctypes.c_float, ctypes.c_int
        for function, types in zip(
            self._functions,
            (
                [p, p, p, p, n, n, f, i],
                [p, p, n, n, i],
                [p, p, p, p, p, p, p, p, p, n, n, n, n, f, i],
                [p, p, p, p, p, p, p, n, n, n, n, n, f, i],
            ),
            strict=True,
        ):
            function.argtypes, function.restype = types, None
        self._add_norm, self._gate, self._place, self._attend = self._functions

    def add_norm(self, residual: Tensor, delta: Tensor | None, weight: Tensor, eps: float) -> Tensor:
        out = torch.empty_like(residual)
        rows, size = residual.shape
        added = None if delta is None else delta.data_ptr()
        threads = torch.get_num_threads()
        self._add_norm(residual.data_ptr(), added, weight.data_ptr(), out.data_ptr(), rows, size, eps, threads)
        return out

    def gate(self, both: Tensor) -> Tensor:
        rows, size = both.shape[0], both.shape[1] // 2
        out = both.new_empty(rows, size)
        self._gate(both.data_ptr(), out.data_ptr(), rows, size, torch.get_num_threads())
        return out

    def place(
        self, qkv: Tensor, norms: tuple[Tensor, Tensor] | None, keys: Tensor, values: Tensor, rows: Rows, shape: Shape
    ) -> None:
        q_norm, k_norm = (None, None) if norms is None else (norm.data_ptr() for norm in norms)
        self._place(
            qkv.data_ptr(),
            q_norm,
            k_norm,
            shape.cosine.data_ptr(),
            shape.sine.data_ptr(),
            rows.positions.data_ptr(),
            rows.slots.data_ptr(),
            keys.data_ptr(),
            values.data_ptr(),
            len(qkv),
            shape.heads,
            shape.kv_heads,
            shape.head_size,
            shape.eps,
            torch.get_num_threads(),
        )

    def attend(self, qkv: Tensor, out: Tensor, keys: Tensor, values: Tensor, rows: Rows, shape: Shape) -> None:
        self._attend(
            qkv.data_ptr(),
            out.data_ptr(),
            keys.data_ptr(),
            values.data_ptr(),
            rows.single.data_ptr(),
            rows.tables.data_ptr(),
            rows.lengths.data_ptr(),
            len(rows.single),
            rows.tables.shape[1],
            shape.heads,
            shape.kv_heads,
            shape.head_size,
            shape.scale,
            torch.get_num_threads(),
        )


def best_kernels(device: torch.device, dtype: torch.dtype, shape: Shape) -> Kernels:
    """The C++ ones where they fit and can be built, else torch's."""
    fits = device.type == "cpu" and dtype in (torch.bfloat16, torch.float32) and shape.head_size % 16 == 0
    library = native_library(SOURCE) if fits else None
    return TorchKernels() if library is None else NativeKernels(library, dtype)
