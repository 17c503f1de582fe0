"""Packed attention equals attention over each document alone, forward and backward."""

import shutil
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from sftctl.core.machine.device import bf16_unit
from sftctl.plugins.loop import native_attention
from sftctl.plugins.loop.attention import (
    BLOCK,
    masked_attention,
    packed_attention,
    packed_attention_backward,
    visibility,
)

PACKS = pytest.mark.parametrize(
    ("lengths", "roots"),
    [
        ([7], [0]),
        ([5, 1, 30], [0, 1, 2]),
        ([BLOCK, BLOCK + 1, 3], [0, 1, 2]),
        ([2 * BLOCK + 17], [0]),
        ([9, 4, 5, 6], [0, 0, 0, 3]),
        ([BLOCK + 9, 3 * BLOCK, 40, 2 * BLOCK, 60, 50, 30], [0, 0, 0, 0, 4, 4, 6]),
    ],
)
HEADS = pytest.mark.parametrize(("heads", "kv_heads"), [(4, 4), (6, 2)])


def inputs(lengths: list[int], heads: int, kv_heads: int, size: int) -> list[Tensor]:
    """Query, key and value, as a model's layer lays them."""
    torch.manual_seed(0)
    shapes = ((sum(lengths), count, size) for count in (heads, kv_heads, kv_heads))
    return [torch.randn(shape).transpose(0, 1).detach().requires_grad_() for shape in shapes]


def alone(query: Tensor, key: Tensor, value: Tensor, lengths: list[int], roots: list[int]) -> Tensor:
    """Each document after its root, and of the result its own part: [N, heads, D]."""
    parts, results = [t.split(lengths, 1) for t in (query, key, value)], []
    for document, root in enumerate(roots):
        q, k, v = (p[document] if document == root else torch.cat((p[root], p[document]), 1) for p in parts)
        whole = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True, enable_gqa=True)[0]
        results.append(whole[:, -lengths[document] :])
    return torch.cat(results, 1).transpose(0, 1)


@PACKS
@HEADS
@pytest.mark.parametrize("size", [16, 32, 96])  # of which the C++ kernels, where there is a compiler, take the last two
def test_equals_attention_document_by_document(
    lengths: list[int], roots: list[int], heads: int, kv_heads: int, size: int
) -> None:
    given = inputs(lengths, heads, kv_heads, size)
    expected = alone(*given, lengths, roots)
    seen = visibility(lengths, roots, torch.float32, given[0].device)
    packed, _ = packed_attention(*given, *seen, size**-0.5)
    torch.testing.assert_close(packed, expected)
    direction = torch.randn_like(expected)
    wanted = torch.autograd.grad(expected, given, direction)
    found = torch.autograd.grad(packed, given, direction)
    for a, b in zip(found, wanted, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5)
    again = torch.autograd.grad(packed_attention(*given, *seen, size**-0.5)[0], given, direction)
    assert all(torch.equal(a, b) for a, b in zip(found, again, strict=True)), "the same bits every time"


@PACKS
@HEADS
def test_at_once_under_the_mask_it_is_the_same(lengths: list[int], roots: list[int], heads: int, kv_heads: int) -> None:
    given = inputs(lengths, heads, kv_heads, 16)
    expected = alone(*given, lengths, roots)
    _, mask, _ = visibility(lengths, roots, torch.float32, given[0].device)
    query, key, value = (t[None] for t in given)
    found = masked_attention(query, key, value, mask, 0.25)[0]
    torch.testing.assert_close(found, expected)
    direction = torch.randn_like(expected)
    wanted = torch.autograd.grad(expected, given, direction)
    for a, b in zip(torch.autograd.grad(found, given, direction), wanted, strict=True):
        torch.testing.assert_close(a, b)


def test_packs_under_their_masks_do_not_see_one_another() -> None:
    lengths, roots = [5, 1, 30, 9, 20, 7], [0, 1, 2, 3, 3, 5]  # the first three are one pack, the others another
    given = inputs(lengths, 6, 2, 16)
    _, mask, _ = visibility(lengths, roots, torch.float32, given[0].device, packs=2)
    assert mask.shape == (2, 36, 36)
    query, key, value = (t[None] for t in given)
    found = masked_attention(query, key, value, mask, 0.25)[0]
    torch.testing.assert_close(found, alone(*given, lengths, roots))


@PACKS
@HEADS
def test_in_bfloat16_it_is_as_exact_as_the_format(
    lengths: list[int], roots: list[int], heads: int, kv_heads: int
) -> None:
    """By the C++ kernels, where the machine has them."""
    given = [t.detach().bfloat16().requires_grad_() for t in inputs(lengths, heads, kv_heads, 32)]
    exact = [t.detach().float().requires_grad_() for t in given]
    expected = alone(*exact, lengths, roots)
    seen = visibility(lengths, roots, torch.bfloat16, given[0].device)
    packed, _ = packed_attention(*given, *seen, 32**-0.5)
    direction = torch.randn_like(expected)
    wanted = torch.autograd.grad(expected, exact, direction)
    found = torch.autograd.grad(packed, given, direction.bfloat16())
    for a, b in zip((packed, *found), (expected, *wanted), strict=True):
        assert (a.float() - b).norm() < 0.01 * b.norm()
    again = torch.autograd.grad(packed_attention(*given, *seen, 32**-0.5)[0], given, direction.bfloat16())
    assert all(torch.equal(a, b) for a, b in zip(found, again, strict=True)), "the same bits every time"


@pytest.mark.skipif(not shutil.which("g++"), reason="no C++ compiler")
def test_the_kernels_are_built() -> None:
    assert native_attention.fits(torch.zeros(2, 4, 32))
    assert not native_attention.fits(torch.zeros(2, 4, 16)), "no multiple of 32"
    assert not native_attention.fits(torch.zeros(2, 4, 32, dtype=torch.float64))
    if bf16_unit() in ("AMX", "AVX-512"):
        assert native_attention.fits(torch.zeros(2, 4, 32, dtype=torch.bfloat16))


@pytest.mark.parametrize(("size", "dtype"), [(8, torch.float32), (32, torch.float32), (32, torch.bfloat16)])
def test_the_operators_are_well_formed_for_the_compiler(size: int, dtype: torch.dtype) -> None:
    query, key = (torch.randn(heads, 9, size, dtype=dtype, requires_grad=True) for heads in (4, 2))
    seen = visibility([4, 5], [0, 1], dtype, query.device)
    inputs = (query, key, key.detach().clone(), *seen, 0.3)
    torch.library.opcheck(packed_attention, inputs)
    out, kept = (tensor.detach() for tensor in packed_attention(*inputs))
    torch.library.opcheck(packed_attention_backward, (torch.ones_like(out), out, kept, *map(detached, inputs)))


def detached(value: Any) -> Any:
    return value.detach() if isinstance(value, Tensor) else value


def test_what_is_compiled_does_not_depend_on_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of compiled code may have been filled before there was a C++ compiler."""
    given = [t.detach() for t in inputs([70], 4, 2, 32)]
    seen = visibility([70], [0], torch.float32, given[0].device)
    first = packed_attention(*given, *seen, 0.3)
    monkeypatch.setattr(native_attention, "fits", lambda query: False)
    assert [t.shape for t in packed_attention(*given, *seen, 0.3)] == [t.shape for t in first]


def test_a_block_looks_from_its_first_document_and_at_what_that_goes_on_from() -> None:
    _, mask, spans = visibility([BLOCK + 10, 2 * BLOCK], [0, 1], torch.float32, torch.device("cpu"))
    assert spans.tolist() == [[0, 0, 0], [0, 0, 0], [BLOCK, BLOCK, BLOCK], [BLOCK, BLOCK, BLOCK]]
    assert (mask == 0).sum() == sum(n * (n + 1) // 2 for n in (BLOCK + 10, 2 * BLOCK))


def test_documents_that_go_on_from_another_see_it_and_not_each_other() -> None:
    _, mask, spans = visibility([2, 2, 1, 1], [0, 0, 0, 3], torch.float32, torch.device("cpu"))
    assert (mask[0] == 0).int().tolist() == [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 0, 0],
        [1, 1, 0, 0, 1, 0],
        [0, 0, 0, 0, 0, 1],
    ]
    assert spans.tolist() == [[0, 0, 0]]
    long = visibility([BLOCK, BLOCK, BLOCK, BLOCK], [0, 0, 0, 0], torch.float32, torch.device("cpu"))[2]
    assert long.tolist() == [[0, 0, 0], [0, BLOCK, BLOCK], [0, BLOCK, 2 * BLOCK], [0, BLOCK, 3 * BLOCK]]
