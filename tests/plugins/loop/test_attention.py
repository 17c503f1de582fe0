"""Packed attention equals attention over each document alone, forward and backward."""

import pytest
import torch
from torch.nn import functional as F

from sftctl.plugins.loop.attention import BLOCK, packed_attention, visibility


@pytest.mark.parametrize("lengths", [[7], [5, 1, 30], [BLOCK, BLOCK + 1, 3], [2 * BLOCK + 17]])
@pytest.mark.parametrize(("heads", "kv_heads"), [(4, 4), (6, 2)])
def test_equals_attention_document_by_document(lengths: list[int], heads: int, kv_heads: int) -> None:
    torch.manual_seed(0)
    tokens = sum(lengths)
    shapes = ((tokens, heads, 16), (tokens, kv_heads, 16), (tokens, kv_heads, 16))
    query, key, value = (torch.randn(s).transpose(0, 1).detach().requires_grad_() for s in shapes)
    mask, first = visibility(lengths, list(range(len(lengths))), torch.float32, query.device)

    alone = [
        F.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True, enable_gqa=True)[0]
        for q, k, v in zip(*(t.split(lengths, 1) for t in (query, key, value)), strict=True)
    ]
    expected = torch.cat(alone, 1)
    packed = packed_attention(query, key, value, mask, first, 0.25)
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


def test_a_block_begins_at_its_first_document() -> None:
    mask, first = visibility([BLOCK + 10, 2 * BLOCK], [0, 1], torch.float32, torch.device("cpu"))
    assert first.tolist() == [0, 0, BLOCK, BLOCK]
    assert (mask == 0).sum() == sum(n * (n + 1) // 2 for n in (BLOCK + 10, 2 * BLOCK))


def test_documents_that_go_on_from_another_see_it_and_not_each_other() -> None:
    mask, first = visibility([2, 2, 1, 1], [0, 0, 0, 3], torch.float32, torch.device("cpu"))
    assert (mask == 0).int().tolist() == [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 0, 0],
        [1, 1, 0, 0, 1, 0],
        [0, 0, 0, 0, 0, 1],
    ]
    assert first.tolist() == [0]
