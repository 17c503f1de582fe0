"""The same attention in C++: in bfloat16 where CPUs multiply it (attention_bf16.cpp), 3 times as fast with AMX and 1.8
without; in float32 on any CPU (attention_f32.cpp), 2.5 times as fast with AVX2."""

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from sftctl.core.machine.native import native_library

SOURCES = {torch.bfloat16: "attention_bf16.cpp", torch.float32: "attention_f32.cpp"}
TILE = 64
"""As in tasks.h."""


def fits(query: Tensor) -> bool:
    """Whether the C++ kernels can be built here and take tensors like this one, [heads, N, D]."""
    return query.device.type == "cpu" and query.shape[2] % 32 == 0 and _library(query.dtype) is not None


def forward(query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Output [N, heads, D] and, for the backward pass, what it needs of each query's sum, [heads, N padded]."""
    library, count = _library(query.dtype), query.shape[1]
    query, key, value, bounds = _padded(query, key, value, bounds)
    heads, tokens, size = query.shape
    out = query.new_empty(tokens, heads, size)
    log_sums = torch.empty(heads, tokens)
    library.forward(
        *_strided(query), *_strided(key), *_strided(value), bounds.data_ptr(), out.data_ptr(), log_sums.data_ptr(),
        heads, key.shape[0], tokens, size, scale, torch.get_num_threads(),
    )  # fmt: skip
    return out[:count], log_sums


def backward(
    grad: Tensor,
    out: Tensor,
    log_sums: Tensor,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bounds: Tensor,
    scale: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of query, key and value from that of the output."""
    library, count = _library(query.dtype), query.shape[1]
    query, key, value, bounds = _padded(query, key, value, bounds)
    heads, tokens, size = query.shape
    grad, out = (F.pad(t.contiguous(), (0, 0, 0, 0, 0, tokens - count)) for t in (grad, out))
    grads = [torch.empty_like(t, memory_format=torch.contiguous_format) for t in (query, key, value)]
    library.backward(
        grad.data_ptr(), out.data_ptr(), log_sums.data_ptr(), *_strided(query), *_strided(key), *_strided(value),
        bounds.data_ptr(), *(t.data_ptr() for t in grads),
        heads, key.shape[0], tokens, size, scale, torch.get_num_threads(),
    )  # fmt: skip
    of_query, of_key, of_value = (t[:, :count].contiguous() for t in grads)
    return of_query, of_key, of_value


def _padded(query: Tensor, key: Tensor, value: Tensor, bounds: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Whole tiles of tokens, each token's values side by side. Those added see only themselves."""
    tokens = query.shape[1]
    more = -tokens % TILE
    if more:
        query, key, value = (F.pad(t, (0, 0, 0, more)) for t in (query, key, value))
        themselves = torch.arange(tokens, tokens + more, dtype=torch.int32)
        nothing = torch.zeros_like(themselves)
        bounds = torch.cat((bounds, torch.stack((nothing, nothing, themselves))), 1)
    query, key, value = (t if t.stride(2) == 1 else t.contiguous() for t in (query, key, value))
    return query, key, value, bounds


def _strided(tensor: Tensor) -> tuple[int, int, int]:
    return tensor.data_ptr(), tensor.stride(0), tensor.stride(1)


@cache
def _library(dtype: torch.dtype) -> Any:
    if dtype not in SOURCES:
        return None
    uses: tuple[Path, ...] = ()
    if dtype == torch.bfloat16:
        uses = (Path(torch.__file__).parent / "lib" / "libtorch_cpu.so",)
    library = native_library(Path(__file__).with_name(SOURCES[dtype]), uses) if all(map(Path.is_file, uses)) else None
    if library is None or not library.supported():
        return None
    p, n, f, i = ctypes.c_void_p, ctypes.c_long, ctypes.c_float, ctypes.c_int
    strided: list[Any] = [p, n, n]
    shape: list[Any] = [n, n, n, n, f, i]
    library.forward.argtypes = [*strided, *strided, *strided, p, p, p, *shape]
    library.backward.argtypes = [p, p, p, *strided, *strided, *strided, p, p, p, p, *shape]
    library.forward.restype = library.backward.restype = None
    return library
