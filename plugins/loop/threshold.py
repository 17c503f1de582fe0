"""The threshold between a call and words, settled after the last step.

How well a short training tells requests that a tool fits from those that none does is much the same from seed to seed.
Where it draws the line is not: what its last packs happened to hold moves that by one or two nats, from a model that
refuses a third of what it can do to one that calls too readily. So the trained model is looked at once more, on rows
that it has learned: how much likelier than anything else is a call where an answer begins? The shift that costs least
is then written into what the last layer adds to the stream, for the beginnings of answers alone. It is in the weights,
so every engine and every export has it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from sftctl.core.types import IGNORED, Event, TrainJob
from sftctl.plugins.loop.packing import Pack

PACKS = 12
"""Packs that are looked at: some 150 answers, in 20 seconds on two cores with AVX-512."""
MOST = 5.0
"""Nats by which the threshold is moved at most."""
ROUNDS = 3
"""Of finding it: what a shift does is linear only for small ones."""
RIDGE = 1e-3
"""Of the regression, as a share of what it is fitted to."""
OFF = 0.25
"""How far from what was meant the shift may come out, as a share of it, before it is taken back."""
NOISE = 0.1
"""Nats that rounding may add to that."""


@dataclass(frozen=True)
class Seen:
    """What was at the `n` places of some packs at which a token is predicted."""

    features: Tensor
    """[n, k], what the trained matrix of the last projection is multiplied with"""
    stream: Tensor
    """[n, hidden], what goes into the last norm"""
    begins: Tensor
    """[n], whether an answer begins there"""
    calls: Tensor
    """[n], whether the token that is due begins a call"""


@dataclass(frozen=True)
class Projection:
    """The last linear layer of a decoder, and the matrix in it that is trained."""

    layer: nn.Module
    matrix: Tensor
    """[hidden, k]"""
    before: Tensor | None
    """[k, in], what its input is multiplied with first; None: nothing"""
    scale: float

    def features(self, x: Tensor) -> Tensor:
        """[n, k] of its input [n, in]."""
        return x.float() if self.before is None else x.float() @ self.before.float().t()


@dataclass(frozen=True)
class Shift:
    """What moves the threshold, and what it does to the `n` answers that were looked at."""

    nats: float
    direction: Tensor
    """[hidden], what makes a call one nat likelier when it is added to the stream"""
    reading: Tensor
    """[k], what features are multiplied with to give 1 where an answer begins and 0 elsewhere"""
    before: Tensor
    """[n], by how many nats a call was likelier than all else"""
    after: Tensor
    """[n], by how many it is then"""


def settle(job: TrainJob, packs: Sequence[Pack], embed: Any, decoder: Any, head: Any, cost: float) -> None:
    """Move the threshold to where it costs least: a call left out counts `cost` times one made where none is due.

    Says what it did. Leaves the weights as they are where the rows hold no calls, or nothing else than calls, and where
    the model has no projection that can carry the shift.
    """
    projection = _projection(decoder)
    if projection is None:
        return _tell(job, "the threshold of calls is left where it is: the model's last projection is not trained")
    call = job.tokenizer.encode(job.chat_format.call_start, add_special_tokens=False)[0]
    looks = [_look(pack, embed, decoder, projection, call) for pack in packs]
    seen = Seen(*(torch.cat([getattr(look, name) for look in looks]) for name in Seen.__dataclass_fields__))
    due = seen.calls[seen.begins]
    if due.all() or not due.any():
        return None
    shift = _solve(seen, due, decoder, head, call, cost)
    learned = projection.matrix.detach().clone()
    _add(projection, shift.nats * torch.outer(shift.direction, shift.reading))
    again = _look(packs[0], embed, decoder, projection, call)
    now, _ = _ahead(again.stream[again.begins], decoder, head, call)
    if (now - shift.after[: len(now)]).mean().abs() > OFF * abs(shift.nats) + NOISE:
        projection.matrix.data.copy_(learned)
        return _tell(job, "the threshold of calls is left where it is: the shift did not come out as it was meant")
    return _tell(job, _told(shift, due))


def _projection(decoder: Any) -> Projection | None:
    """What the last layer writes with; None where that is not trained, or is none of the usual kind."""
    if not hasattr(decoder, "layers") or not hasattr(decoder, "norm"):
        return None
    layer = getattr(getattr(decoder.layers[-1], "mlp", None), "down_proj", None)
    if layer is None:
        return None
    if hasattr(layer, "lora_B"):
        if "default" not in layer.lora_B or layer.lora_variant:
            return None
        a, b = layer.lora_A["default"].weight, layer.lora_B["default"].weight
        return Projection(layer, b, a, layer.scaling["default"])
    return Projection(layer, layer.weight, None, 1.0) if layer.weight.requires_grad else None


@torch.no_grad()
def _look(pack: Pack, embed: Any, decoder: Any, projection: Projection, call: int) -> Seen:
    """One pass over a pack."""
    labelled = pack.targets != IGNORED
    places = pack.predicting[labelled]
    with torch.compiler.set_stance("force_eager"), _inputs(projection.layer, decoder.norm) as caught:
        pack.states(decoder, inputs_embeds=embed(pack.input_ids))
    x, stream = (tensor[0, places] for tensor in caught)
    calls = pack.targets[labelled] == call
    return Seen(projection.features(x), stream.float(), pack.starts[labelled], calls)


@contextmanager
def _inputs(*modules: nn.Module) -> Iterator[list[Tensor]]:
    """While it lasts, what goes into each of the modules is added to the list."""
    caught: list[Tensor] = []
    hooks = [module.register_forward_pre_hook(lambda _, given: caught.append(given[0])) for module in modules]
    try:
        yield caught
    finally:
        for hook in hooks:
            hook.remove()


def _solve(seen: Seen, due: Tensor, decoder: Any, head: Any, call: int, cost: float) -> Shift:
    """The shift that costs least over the answers that were seen; `due` [n] says which of them are calls."""
    answers, reading = seen.stream[seen.begins], _reading(seen)
    before, gradient = _ahead(answers, decoder, head, call)
    direction = gradient.mean(0)
    direction /= (gradient @ direction).mean()
    push = torch.outer(seen.features[seen.begins] @ reading, direction)
    nats, after = 0.0, before
    for _ in range(ROUNDS):
        nats += _cheapest(after, (gradient * push).sum(-1), due, cost)
        nats = min(max(nats, -MOST), MOST)
        after, gradient = _ahead(answers + nats * push, decoder, head, call)
    return Shift(nats, direction, reading, before, after)


def _ahead(stream: Tensor, decoder: Any, head: Any, call: int) -> tuple[Tensor, Tensor]:
    """By how many nats a call is likelier than all else, [n], and how that depends on the stream, [n, hidden]."""
    with torch.enable_grad():
        stream = stream.detach().requires_grad_()
        logits = head(decoder.norm(stream).to(head.weight.dtype)).float()
        others = logits.index_fill(-1, torch.tensor([call], device=logits.device), -torch.inf)
        ahead = logits[:, call] - others.logsumexp(-1)
        (gradient,) = torch.autograd.grad(ahead.sum(), stream)
    return ahead.detach(), gradient


def _reading(seen: Seen) -> Tensor:
    """[k], what features are multiplied with to give 1 where an answer begins and 0 elsewhere, as nearly as can be."""
    wanted = seen.begins.float()
    weights = torch.where(seen.begins, 1 / wanted.mean(), 1 / (1 - wanted).mean())[:, None]
    gram = (seen.features * weights).t() @ seen.features
    gram += RIDGE * gram.diagonal().mean() * torch.eye(len(gram), device=gram.device)
    reading: Tensor = torch.linalg.solve(gram, (seen.features * weights).t() @ wanted)
    return reading


def _cheapest(ahead: Tensor, effect: Tensor, due: Tensor, cost: float) -> float:
    """The shift at which calls that are due, counted `cost` times, and words that are due are likeliest together.

    `effect` [n] is what a shift by one nat does to each of `ahead` [n]. Calls count as a whole, however many there are,
    and so do words.
    """
    low, high = -MOST, MOST
    for _ in range(40):
        middle = (low + high) / 2
        moved = ahead + middle * effect
        rising = (torch.sigmoid(moved) * effect)[~due].mean()
        falling = cost * (torch.sigmoid(-moved) * effect)[due].mean()
        low, high = (low, middle) if rising > falling else (middle, high)
    return middle


@torch.no_grad()
def _add(projection: Projection, shift: Tensor) -> None:
    projection.matrix.add_((shift / projection.scale).to(projection.matrix.dtype))


def _told(shift: Shift, due: Tensor) -> str:
    def shares(ahead: Tensor) -> str:
        return f"{(ahead > 0)[due].float().mean():.0%} and {(ahead > 0)[~due].float().mean():.0%}"

    return (
        f"a call is made {abs(shift.nats):.2f} nats {'likelier' if shift.nats > 0 else 'less likely'} where an answer "
        f"begins; of {len(due)} answers learned, it is then expected where one is due and where none is in "
        f"{shares(shift.after)}, before in {shares(shift.before)}"
    )


def _tell(job: TrainJob, text: str) -> None:
    job.emit(Event("note", "train", {"text": text}))
