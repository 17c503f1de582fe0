"""Next-token cross-entropy from hidden states, without ever holding the logits of all labels.

With a vocabulary of 49,152 the logits are the largest thing in a training step by far. Here they are made in
chunks, and a chunk's gradient is computed as soon as its loss is: it stays in the cache, and the backward pass
has nothing left to do but to hand the gradient on.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from sftctl.core.types import IGNORED

CHUNK = 256
"""Labels whose logits are held at once: few enough for the cache, many enough for the matmul."""


def loss_and_gradient(logits: Tensor, targets: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted sum of cross-entropies, a float32 scalar, and its gradient [n, vocabulary] in the dtype of the logits.

    `targets` [n] may be IGNORED; `weights` [n] say how much each counts. All arithmetic is in float32.
    """
    counted = ((targets != IGNORED) * weights)[:, None]
    columns = targets.clamp_min(0)[:, None]
    exact = logits.float()
    log_sum = exact.logsumexp(-1, keepdim=True)
    loss = ((log_sum - exact.gather(1, columns)) * counted).sum()
    hit = torch.arange(logits.shape[1], device=logits.device)[None] == columns
    gradient = ((exact - log_sum).exp() - hit.float()) * counted
    return loss, gradient.to(logits.dtype)


def linear_cross_entropy(
    states: Tensor,
    weight: Tensor,
    targets: Tensor,
    weights: Tensor,
    kernel: Callable[..., Any] = loss_and_gradient,
) -> Tensor:
    """Cross-entropy of `states` [n, hidden] under the output weight [vocabulary, hidden], summed over `targets` [n].

    Each counts as much as its one of `weights` [n], float32.
    `kernel` is `loss_and_gradient` or its compiled form. With a compiled one, n should be a multiple of CHUNK.
    """
    return linear_loss(states, weight, lambda logits, part: kernel(logits, targets[part], weights[part]))


def linear_loss(states: Tensor, weight: Tensor, of_chunk: Callable[[Tensor, slice], tuple[Tensor, Tensor]]) -> Tensor:
    """The sum of a loss over `states` [n, hidden] under the output weight [vocabulary, hidden].

    `of_chunk` is given the logits of a part of the states, and where they lie; it returns their loss and its gradient.
    """
    total: Tensor = _LinearLoss.apply(states, weight, of_chunk)
    return total


class _LinearLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, states: Tensor, weight: Tensor, of_chunk: Callable[..., Any]) -> Tensor:
        total = torch.zeros((), device=states.device)
        grad_states = torch.empty_like(states)
        grad_weight = torch.zeros_like(weight, dtype=torch.float32) if weight.requires_grad else None
        for start in range(0, len(states), CHUNK):
            part = slice(start, start + CHUNK)
            loss, gradient = of_chunk(states[part] @ weight.t(), part)
            total += loss
            torch.mm(gradient, weight, out=grad_states[part])
            if grad_weight is not None:
                grad_weight += gradient.t() @ states[part]
        ctx.save_for_backward(grad_states, grad_weight)
        ctx.dtype = weight.dtype
        return total

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        grad_states, grad_weight = ctx.saved_tensors
        grad_weight = None if grad_weight is None else (grad_weight * grad).to(ctx.dtype)
        return grad_states * grad.to(grad_states.dtype), grad_weight, None
