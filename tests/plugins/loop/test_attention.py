"""Packed attention equals attention over each document alone, forward and backward."""

import pytest
import torch
from torch.nn import functional as F

from sftctl.plugins.loop.attention import BLOCK, packed_attention, visibility


@pytest.mark.parametrize(
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
@pytest.mark.parametrize(("heads", "kv_heads"), [(4, 4), (6, 2)])
def test_equals_attention_document_by_document(lengths: list[int], roots: list[int], heads: int, kv_heads: int) -> None:
    torch.manual_seed(0)
    tokens = sum(lengths)
    shapes = ((tokens, heads, 16), (tokens, kv_heads, 16), (tokens, kv_heads, 16))
    query, key, value = (torch.randn(s).transpose(0, 1).detach().requires_grad_() for s in shapes)
    mask, spans = visibility(lengths, roots, torch.float32, query.device)

    parts = [t.split(lengths, 1) for t in (query, key, value)]
    alone = []
    for document, root in enumerate(roots):  # each document after its root, and of the result its own part
        q, k, v = (p[document] if document == root else torch.cat((p[root], p[document]), 1) for p in parts)
        whole = F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True, enable_gqa=True)[0]
        alone.append(whole[:, -lengths[document] :])
    expected = torch.cat(alone, 1)
    packed = packed_attention(query, key, value, mask, spans, 0.25)
    torch.testing.assert_close(packed, expected)

    direction = torch.randn_like(expected)
    wanted = torch.autograd.grad(expected, (query, key, value), direction)
    given = torch.autograd.grad(packed, (query, key, value), direction)
    for a, b in zip(given, wanted, strict=True):
        torch.testing.assert_close(a, b)


def test_the_operator_is_well_formed_for_the_compiler() -> None:
    query, key = torch.randn(4, 9, 8, requires_grad=True), torch.randn(2, 9, 8, requires_grad=True)
    seen = visibility([4, 5], [0, 1], torch.float32, query.device)
    torch.library.opcheck(packed_attention, (query, key, key.detach().clone(), *seen, 0.3))


def test_a_block_looks_from_its_first_document_and_at_what_that_goes_on_from() -> None:
    mask, spans = visibility([BLOCK + 10, 2 * BLOCK], [0, 1], torch.float32, torch.device("cpu"))
    assert spans.tolist() == [[0, 0, 0], [0, 0, 0], [BLOCK, BLOCK, BLOCK], [BLOCK, BLOCK, BLOCK]]
    assert (mask == 0).sum() == sum(n * (n + 1) // 2 for n in (BLOCK + 10, 2 * BLOCK))


def test_documents_that_go_on_from_another_see_it_and_not_each_other() -> None:
    mask, spans = visibility([2, 2, 1, 1], [0, 0, 0, 3], torch.float32, torch.device("cpu"))
    assert (mask == 0).int().tolist() == [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 0, 0],
        [1, 1, 0, 0, 1, 0],
        [0, 0, 0, 0, 0, 1],
    ]
    assert spans.tolist() == [[0, 0, 0]]
    long = visibility([BLOCK, BLOCK, BLOCK, BLOCK], [0, 0, 0, 0], torch.float32, torch.device("cpu"))[1]
    assert long.tolist() == [[0, 0, 0], [0, BLOCK, BLOCK], [0, BLOCK, 2 * BLOCK], [0, BLOCK, 3 * BLOCK]]
