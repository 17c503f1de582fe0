"""The chunked loss is torch's cross-entropy, and so are its gradients."""

import pytest
import torch
from torch.nn import functional as F

from sftctl.core.types import IGNORED
from sftctl.plugins.loop.loss import CHUNK, linear_cross_entropy


@pytest.mark.parametrize("labels", [1, CHUNK, 2 * CHUNK + 7])
def test_loss_and_gradients_are_those_of_torch(labels: int) -> None:
    torch.manual_seed(0)
    states = torch.randn(labels, 16, requires_grad=True)
    weight = torch.randn(99, 16, requires_grad=True)
    targets = torch.randint(0, 99, (labels,))
    targets[labels // 2] = IGNORED if labels > 1 else targets[0]

    expected = F.cross_entropy(states @ weight.t(), targets, ignore_index=IGNORED, reduction="sum") / 3
    given = linear_cross_entropy(states, weight, targets, torch.ones(labels)) / 3
    torch.testing.assert_close(given, expected)
    wanted = torch.autograd.grad(expected, (states, weight))
    for a, b in zip(torch.autograd.grad(given, (states, weight)), wanted, strict=True):
        torch.testing.assert_close(a, b)


def test_a_weight_is_how_often_a_label_counts() -> None:
    torch.manual_seed(0)
    states, weight = torch.randn(3, 16, requires_grad=True), torch.randn(9, 16, requires_grad=True)
    targets = torch.tensor([4, 7, IGNORED])
    expected = F.cross_entropy((states @ weight.t())[[0, 0, 0, 1]], targets[[0, 0, 0, 1]], reduction="sum")
    given = linear_cross_entropy(states, weight, targets, torch.tensor([3.0, 1.0, 5.0]))
    torch.testing.assert_close(given, expected)
    wanted = torch.autograd.grad(expected, (states, weight))
    for a, b in zip(torch.autograd.grad(given, (states, weight)), wanted, strict=True):
        torch.testing.assert_close(a, b)


def test_in_bf16_a_confident_answer_still_has_a_gradient() -> None:
    weight = torch.eye(4, dtype=torch.bfloat16) * 8
    states = torch.eye(4, dtype=torch.bfloat16)[:1].requires_grad_()
    (gradient,) = torch.autograd.grad(linear_cross_entropy(states, weight, torch.tensor([0]), torch.ones(1)), states)
    probability = torch.softmax(torch.tensor([8.0, 0, 0, 0]), 0)[0]
    assert gradient[0, 0].item() == pytest.approx(8 * (probability.item() - 1), rel=0.01)
