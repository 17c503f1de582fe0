"""A pull back to the base model: on general text, the tuned model is to predict what the base predicts.

The base's last hidden states of that text are computed once, before the first step, so a step costs one more pass
of the model that is trained and no second model is held. The loss is KL(base ‖ tuned) per token; its gradient with
respect to the tuned logits is simply the difference of the two distributions.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from sftctl.core.types import IGNORED, TrainJob
from sftctl.plugins.loop import LoopConfig, packing
from sftctl.plugins.loop.loss import linear_loss


@dataclass(frozen=True)
class Anchor:
    """Packs of general text, with what the base makes of them."""

    packs: list[packing.Pack]
    states: list[Tensor]
    """For each pack the base's last hidden states [labels, hidden] where something is predicted."""
    weight: Tensor
    """The base's output weight [vocabulary, hidden]."""
    coef: float

    def backward(self, decoder: Any, weight: Tensor, step: int) -> float:
        """Add the gradient of `coef` · KL on one of the packs, another in each step; the KL per token, in nats."""
        at = step % len(self.packs)
        pack = self.packs[at]
        states = pack.states(decoder, input_ids=pack.input_ids)
        loss = linear_kl(states, weight, self.states[at], self.weight, pack.targets) / pack.labels
        (self.coef * loss).backward()
        return float(loss.detach())


def open_anchor(job: TrainJob, model: Any, decoder: Any, head: Any) -> Anchor | None:
    """The anchor of a job, if it has one. The model must still be the base, and not compiled yet."""
    config = job.config
    assert isinstance(config, LoopConfig)
    if not job.anchor or not config.kl_coef:
        return None
    lengths = [len(row.input_ids) for row in job.anchor]
    fill_to = config.max_length if config.packing else 0  # all packs of one shape are compiled once
    planned = packing.plan(lengths, packing.families(job.anchor), config.max_length, config.packing, job.seed)
    packs = [packing.lay([pack], job.anchor, head.weight.device, model.dtype, fill_to) for pack in planned]
    model.eval()
    with torch.no_grad():
        states = [pack.states(decoder, input_ids=pack.input_ids) for pack in packs]
    model.train()
    return Anchor(packs, states, head.weight.detach().clone(), config.kl_coef)


def kl_and_gradient(logits: Tensor, base: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Summed KL(base ‖ model), a float32 scalar, and its gradient [n, vocabulary] in the dtype of the logits.

    Both `logits` and `base` are [n, vocabulary]; places whose target is IGNORED are filling, and count nothing.
    """
    counted = (targets != IGNORED).float()[:, None]
    log_model, log_base = logits.float().log_softmax(-1), base.float().log_softmax(-1)
    of_base = log_base.exp()
    loss = (of_base * (log_base - log_model) * counted).sum()
    return loss, ((log_model.exp() - of_base) * counted).to(logits.dtype)


def linear_kl(states: Tensor, weight: Tensor, base_states: Tensor, base_weight: Tensor, targets: Tensor) -> Tensor:
    """The same from hidden states [n, hidden] and output weights, without ever holding the logits of all of them."""

    def of_chunk(logits: Tensor, part: slice) -> tuple[Tensor, Tensor]:
        return kl_and_gradient(logits, base_states[part] @ base_weight.t(), targets[part])

    return linear_loss(states, weight, of_chunk)
