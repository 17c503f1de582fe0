"""Causal attention over packed documents: each token sees only earlier tokens of its own document.

The documents of a pack lie end to end in one row of N tokens. Attention runs document by document, so nothing
leaks across a boundary and no N × N mask exists. Forward uses torch's flash kernel; backward works in blocks
of queries whose scores stay in the L2 cache and skips the keys that a block cannot see, which on a CPU takes
about half the time of the kernel's own backward.
"""

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

NAME = "sftctl_packed"
BLOCK = 128
"""Queries per block of the backward pass."""


def _documents(ends: Tensor) -> Iterator[slice]:
    start = 0
    for end in ends.tolist():
        if end > start:
            yield slice(start, end)
        start = end


@torch.library.custom_op("sftctl::packed_attention", mutates_args=())
def packed_attention(query: Tensor, key: Tensor, value: Tensor, ends: Tensor, scale: float) -> Tensor:
    """Attention output [heads, N, D] for query [heads, N, D], key and value [kv_heads, N, D].

    `ends` [documents] holds the end of each document, ascending; the last one is N.
    """
    out = torch.empty_like(query, memory_format=torch.contiguous_format)
    for d in _documents(ends):
        q, k, v = (heads[None, :, d] for heads in (query, key, value))
        out[:, d] = F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale, enable_gqa=True)[0]
    return out


@torch.library.custom_op("sftctl::packed_attention_backward", mutates_args=())
def packed_attention_backward(
    grad: Tensor, query: Tensor, key: Tensor, value: Tensor, ends: Tensor, scale: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of query, key and value; the probabilities are computed again rather than kept."""
    grad_query, grad_key, grad_value = (_zeros(t) for t in (query, key, value))
    heads, kv_heads = query.shape[0], key.shape[0]
    hidden = torch.full((BLOCK, BLOCK), -math.inf, dtype=query.dtype, device=query.device).triu_(1)
    for document in _documents(ends):
        for start in range(document.start, document.stop, BLOCK):
            rows = slice(start, min(start + BLOCK, document.stop))
            keys = slice(document.start, rows.stop)
            size = rows.stop - start
            # the query heads that share a key head lie in one matrix: [kv_heads, group · size, D]
            q, g = (t[:, rows].reshape(kv_heads, -1, t.shape[2]) for t in (query, grad))
            k, v = key[:, keys], value[:, keys]
            scores = torch.bmm(q, k.transpose(1, 2)).mul_(scale)
            scores.view(kv_heads, -1, size, k.shape[1])[..., -size:] += hidden[:size, :size]
            p = torch.softmax(scores, -1)
            grad_value[:, keys].baddbmm_(p.transpose(1, 2), g)
            grad_p = torch.bmm(g, v.transpose(1, 2))
            grad_scores = torch._softmax_backward_data(grad_p, p, -1, p.dtype).mul_(scale)
            grad_query[:, rows] = torch.bmm(grad_scores, k).view(heads, size, -1)
            grad_key[:, keys].baddbmm_(grad_scores.transpose(1, 2), q)
    return grad_query, grad_key, grad_value


def _zeros(like: Tensor) -> Tensor:
    return torch.zeros_like(like, memory_format=torch.contiguous_format)


@packed_attention.register_fake
def _(query: Tensor, key: Tensor, value: Tensor, ends: Tensor, scale: float) -> Tensor:
    return _zeros(query)


@packed_attention_backward.register_fake
def _(
    grad: Tensor, query: Tensor, key: Tensor, value: Tensor, ends: Tensor, scale: float
) -> tuple[Tensor, Tensor, Tensor]:
    return _zeros(query), _zeros(key), _zeros(value)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    *tensors, ctx.scale = inputs
    ctx.save_for_backward(*tensors)


def _backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
    return (*packed_attention_backward(grad, *ctx.saved_tensors, ctx.scale), None, None)


packed_attention.register_autograd(_backward, setup_context=_keep)


def attention_forward(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    document_ends: Tensor | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """transformers' attention interface: query [1, heads, N, D] → output [1, N, heads, D]."""
    assert document_ends is not None, "packed attention needs document_ends"
    scale = scaling if scaling is not None else query.shape[-1] ** -0.5
    out = packed_attention(query[0], key[0], value[0], document_ends, scale)
    return out.transpose(0, 1).unsqueeze(0), None


def register() -> None:
    """Make `attn_implementation=NAME` known to transformers."""
    from transformers import AttentionInterface, AttentionMaskInterface

    AttentionInterface.register(NAME, attention_forward)
    AttentionMaskInterface.register(NAME, lambda *args, **kwargs: None)
