"""Causal attention over packed documents: each token sees only earlier tokens of its own document, and of the
beginning that documents may share.

The documents of a pack lie end to end in one row of N tokens. Attention runs in blocks of queries, each over two
spans of keys: the shared beginning, and from the block's first document to the block's end. So the cost grows
with the length of documents and not with N². All blocks have one of a few shapes: on a CPU a matmul of a new
shape is first compiled by oneDNN, which would take longer than the matmul. The backward pass computes a block's
probabilities again, while its scores stay in the L2 cache; that takes about half the time of torch's own kernel.
On a CPU with a compiler `native_attention` does it instead.

A GPU does all packs of a row in one launch, under their masks: there the launches cost more than what the blocks
would spare.
"""

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from sftctl.plugins.loop import native_attention

NAME = "sftctl_packed"
BLOCK = 128
"""Queries in a block."""


def visibility(
    lengths: list[int], roots: list[int], dtype: torch.dtype, device: torch.device, packs: int = 1
) -> tuple[Tensor, Tensor, Tensor]:
    """What the tokens of documents may see: bounds, and the same as a mask and where to look.

    The documents are those of one pack, or of several that have equally many tokens, n = N / packs.

    Document i goes on from document `roots[i]`, which lies before it and which it sees as if it were its own
    beginning; a document that begins by itself has itself as its root. Returns
    - the bounds [3, N]: a token sees the keys from the first number to the second, and from the third to itself;
    - the additive mask [packs, n, n], 0 where a query (row) sees a key and −inf elsewhere;
    - the spans [blocks, 3] (on the CPU): a block of queries looks at the keys from the first number to the second
      and from the third to its own end. They are multiples of BLOCK.
    """
    document = torch.arange(len(lengths), device=device).repeat_interleave(torch.tensor(lengths, device=device))
    root = torch.tensor(roots, device=device)[document]
    queries, keys = (document.view(packs, -1, 1), root.view(packs, -1, 1)), document.view(packs, 1, -1)
    seen = (queries[0] == keys) | (queries[1] == keys)
    mask = torch.zeros(seen.shape, dtype=dtype, device=device).masked_fill_(~seen.tril_(), -math.inf)
    ends = torch.tensor(lengths).cumsum(0)
    starts = ends - torch.tensor(lengths)
    goes_on = root != document
    shared = (torch.where(goes_on, places.to(device)[root], 0) for places in (starts, ends))
    bounds = torch.stack((*shared, starts.to(device)[document])).int()
    starts = starts // BLOCK * BLOCK
    ends = (ends + BLOCK - 1) // BLOCK * BLOCK
    own, first = document[::BLOCK].cpu(), root[::BLOCK].cpu()  # later documents of a block have their root in it
    spans = torch.stack((starts[first], ends[first], starts[own]), 1)
    spans[:, 1] = spans[:, 1].minimum(spans[:, 2])  # no key twice
    return bounds, mask, spans


def _blocks(tokens: int, spans: Tensor) -> Iterator[tuple[slice, tuple[slice, ...]]]:
    """Queries of each block, and the one or two spans of keys that they look at."""
    for start, (first, end_of_first, second) in zip(range(0, tokens, BLOCK), spans.tolist(), strict=True):
        end = min(start + BLOCK, tokens)
        if end_of_first == second:
            yield slice(start, end), (slice(first, end),)
        else:
            yield slice(start, end), (slice(first, end_of_first), slice(second, end))


def _take(tensor: Tensor, spans: tuple[slice, ...], dim: int) -> Tensor:
    """The spans of `tensor` along `dim`, one after the other."""
    parts = [tensor[(slice(None),) * dim + (span,)] for span in spans]
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim)


@torch.library.custom_op("sftctl::packed_attention", mutates_args=())
def packed_attention(
    query: Tensor, key: Tensor, value: Tensor, bounds: Tensor, mask: Tensor, spans: Tensor, scale: float
) -> tuple[Tensor, Tensor]:
    """Attention output [N, heads, D] for query [heads, N, D], key and value [kv_heads, N, D].

    `bounds`, `mask` and `spans` are those of `visibility` for one pack. The second result is for the backward pass.
    """
    if native_attention.fits(query):
        return native_attention.forward(query, key, value, bounds, scale)
    heads, tokens, size = query.shape
    out = query.new_empty(tokens, heads, size)
    for rows, keys in _blocks(tokens, spans):
        q = query[:, rows].reshape(key.shape[0], -1, size)
        p = _probabilities(q, _take(key, keys, 1), _take(mask[0, rows], keys, 1), scale)
        out[rows] = torch.bmm(p, _take(value, keys, 1)).view(heads, -1, size).transpose(0, 1)
    return out, _kept(query)


def _probabilities(q: Tensor, k: Tensor, seen: Tensor, scale: float) -> Tensor:
    """What each query attends to: [kv_heads, group · rows, keys].

    The query heads that share a key head lie in one matrix: q [kv_heads, group · rows, D]. `seen` is [rows, keys].
    """
    return torch.softmax(torch.baddbmm(seen.repeat(q.shape[1] // len(seen), 1), q, k.transpose(1, 2), alpha=scale), -1)


@torch.library.custom_op("sftctl::packed_attention_backward", mutates_args=())
def packed_attention_backward(
    grad: Tensor,
    out: Tensor,
    kept: Tensor,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bounds: Tensor,
    mask: Tensor,
    spans: Tensor,
    scale: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of query, key and value; `out` and `kept` are what the forward pass returned."""
    if native_attention.fits(query):
        return native_attention.backward(grad, out, kept, query, key, value, bounds, scale)
    grad_query, grad_key, grad_value = (_zeros(t) for t in (query, key, value))
    heads, tokens, size = query.shape
    for rows, keys in _blocks(tokens, spans):
        q = query[:, rows].reshape(key.shape[0], -1, size)
        g = grad[rows].transpose(0, 1).reshape(key.shape[0], -1, size)
        k, v = _take(key, keys, 1), _take(value, keys, 1)
        p = _probabilities(q, k, _take(mask[0, rows], keys, 1), scale)
        grad_p = torch.bmm(g, v.transpose(1, 2))
        grad_scores = torch._softmax_backward_data(grad_p, p, -1, p.dtype).mul_(scale)
        grad_query[:, rows] = torch.bmm(grad_scores, k).view(heads, -1, size)
        done = 0
        for span in keys:
            part = slice(done, done := done + span.stop - span.start)
            grad_value[:, span].baddbmm_(p[:, :, part].transpose(1, 2), g)
            grad_key[:, span].baddbmm_(grad_scores[:, :, part].transpose(1, 2), q)
    return grad_query, grad_key, grad_value


def _kept(query: Tensor) -> Tensor:
    """Room for what the C++ kernel keeps.

    Without it there is as much: torch keeps compiled code by the operator and its inputs, whatever kernel was there.
    """
    heads, tokens, _ = query.shape
    return query.new_zeros(heads, tokens + -tokens % native_attention.TILE, dtype=torch.float32)


def _zeros(like: Tensor) -> Tensor:
    return torch.zeros_like(like, memory_format=torch.contiguous_format)


@packed_attention.register_fake
def _(query: Tensor, *_: Any) -> tuple[Tensor, Tensor]:
    heads, tokens, size = query.shape
    return query.new_empty(tokens, heads, size), _kept(query)


@packed_attention_backward.register_fake
def _(
    grad: Tensor, out: Tensor, kept: Tensor, query: Tensor, key: Tensor, value: Tensor, *_: Any
) -> tuple[Tensor, ...]:
    return _zeros(query), _zeros(key), _zeros(value)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
    *tensors, ctx.scale = inputs
    ctx.save_for_backward(*output, *tensors)
    ctx.mark_non_differentiable(output[1])


def _backward(ctx: Any, grad: Tensor, _: Any) -> tuple[Tensor | None, ...]:
    return (*packed_attention_backward(grad, *ctx.saved_tensors, ctx.scale), None, None, None, None)


packed_attention.register_autograd(_backward, setup_context=_keep)


def attention_forward(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    pack_bounds: Tensor | None = None,
    pack_mask: Tensor | None = None,
    pack_spans: Tensor | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """transformers' attention interface: query [1, heads, N, D] → output [1, N, heads, D]."""
    assert pack_bounds is not None and pack_mask is not None and pack_spans is not None, "made for packs alone"
    scale = scaling if scaling is not None else query.shape[-1] ** -0.5
    if in_one_launch(query.device):
        return masked_attention(query, key, value, pack_mask, scale), None
    out, _ = packed_attention(query[0], key[0], value[0], pack_bounds, pack_mask, pack_spans, scale)
    return out.unsqueeze(0), None


def in_one_launch(device: torch.device) -> bool:
    """Whether attention is `masked_attention`, which takes several packs."""
    return bool(device.type == "cuda")


def masked_attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor, scale: float) -> Tensor:
    """The same at once: output [1, N, heads, D] for query [1, heads, N, D], key and value [1, kv_heads, N, D].

    The N tokens are those of as many packs, one after the other, as the mask [packs, n, n] has.
    """
    group = query.shape[1] // key.shape[1]  # repeated by hand: torch's kernels with a mask know no groups
    key, value = (part.repeat_interleave(group, 1) for part in (key, value))
    query, key, value = (part[0].unflatten(1, mask.shape[:2]).transpose(0, 1) for part in (query, key, value))
    out = F.scaled_dot_product_attention(query, key, value, mask[:, None], scale=scale)
    return out.transpose(1, 2).flatten(0, 1)[None]


def register() -> None:
    """Make `attn_implementation=NAME` known to transformers."""
    from transformers import AttentionInterface, AttentionMaskInterface

    AttentionInterface.register(NAME, attention_forward)
    AttentionMaskInterface.register(NAME, lambda *args, **kwargs: None)
