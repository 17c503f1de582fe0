"""Reading off trained weights what a trainer learned from: its gradient, and out of that the tokens.

With the settings of `OBSERVED` a trainer takes one AdamW step, which moves a weight by u = g / (|g| + 1); the
gradient is g = u / (1 − |u|). It is compared with that of the rows as they were given, computed here row by row with
transformers alone. Where they differ, the gradient is taken apart: it is a sum over the tokens that were learned, so
least squares over every token's own gradient says which those were.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from sftctl.core.errors import TrainError
from sftctl.core.types import IGNORED, Model, Rendered

OBSERVED: dict[str, Any] = {
    "bf16": False,
    "learning_rate": 1.0,
    "adam_epsilon": 1.0,
    "weight_decay": 0.0,
    "max_grad_norm": 1e9,
    "warmup_steps": 0,
    "lr_scheduler_type": "constant",
    "gradient_accumulation_steps": 1,
    "max_steps": 1,
    "logging_steps": 1,
}
"""The settings with which a step shows its gradient."""
FOLLOWED = OBSERVED | {
    "learning_rate": 1e-3,
    "adam_beta1": 0.9,
    "adam_beta2": 0.99,
    "adam_epsilon": 1e-8,
    "max_grad_norm": 1.0,
    "max_steps": 8,
}
"""The settings of a training whose losses are followed, step by step."""
MOST_ENTRIES = 8192
"""Entries of the gradient that are taken apart: many times as many as there are tokens."""


@dataclass(frozen=True)
class Expected:
    """What one step on the rows must give: mean loss over all labels, and its gradient by name of parameter."""

    loss: float
    gradient: dict[str, Tensor]

    @property
    def norm(self) -> float:
        return _norm(self.gradient)


@dataclass(frozen=True)
class Start:
    """A model as it was before the step: parameters by the names under which they are saved, in the model's order."""

    module: Any
    parameters: dict[str, Tensor]

    def token_losses(self, row: Rendered) -> Tensor:
        """Loss of predicting each token but the first, [tokens − 1], labelled or not."""
        ids = torch.tensor([row.input_ids])
        return F.cross_entropy(self.module(input_ids=ids).logits[0, :-1], ids[0, 1:], reduction="none")

    def expect(self, rows: Sequence[Rendered]) -> Expected:
        """One row at a time, without padding or packing."""
        count = sum(label != IGNORED for row in rows for label in row.labels[1:])
        loss = 0.0
        total = {name: torch.zeros_like(p) for name, p in self.parameters.items()}
        for row in rows:
            learned = torch.tensor(row.labels[1:]) != IGNORED
            part = self.token_losses(row)[learned].sum() / count
            for name, gradient in self.gradients(part).items():
                total[name] += gradient
            loss += part.item()
        return Expected(loss, total)

    def gradients(self, loss: Tensor, retain: bool = False) -> dict[str, Tensor]:
        """Of a loss, by name of parameter; `retain` if another of the same forward pass is wanted."""
        parts = torch.autograd.grad(
            loss, tuple(self.parameters.values()), retain_graph=retain, allow_unused=True, materialize_grads=True
        )
        return dict(zip(self.parameters, parts, strict=True))

    def follow(self, rows: Sequence[Rendered]) -> list[float]:
        """The losses of training on all rows in each step, as `FOLLOWED` says; the parameters are moved by that."""
        how = FOLLOWED
        moved = list(self.parameters.values())
        betas = (how["adam_beta1"], how["adam_beta2"])
        optimizer = torch.optim.AdamW(
            moved, how["learning_rate"], betas, how["adam_epsilon"], weight_decay=how["weight_decay"]
        )
        losses = []
        for _ in range(how["max_steps"]):
            expected = self.expect(rows)
            losses.append(expected.loss)
            for name, parameter in self.parameters.items():
                parameter.grad = expected.gradient[name]
            torch.nn.utils.clip_grad_norm_(moved, how["max_grad_norm"])
            optimizer.step()
        return losses

    def last(self, entries: int) -> "Start":
        """With only the last parameters, of so many entries together: a backward pass ends where they begin."""
        kept: dict[str, Tensor] = {}
        for name, parameter in reversed(self.parameters.items()):
            if sum(p.numel() for p in kept.values()) < entries:
                kept[name] = parameter
        return Start(self.module, kept)


def start_of(model: Model, weights: Path) -> Start:
    """The base model, with the adapter that is in `weights` as it began (B = 0), if there is one."""
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(model.path, dtype=torch.float32, trust_remote_code=False).eval()
    saved = load_weights(weights)
    if not (weights / "adapter_config.json").exists():
        known = dict(base.named_parameters())
        return Start(base, {name: known[name] for name in known if name in saved})
    from peft import LoraConfig, get_peft_model, get_peft_model_state_dict

    config = LoraConfig.from_pretrained(weights)
    config.inference_mode = False
    module = get_peft_model(base, config).eval()
    by_address = {parameter.data_ptr(): parameter for parameter in module.parameters() if parameter.requires_grad}
    named = {name: by_address[tensor.data_ptr()] for name, tensor in get_peft_model_state_dict(module).items()}
    with torch.no_grad():
        for name, parameter in named.items():
            if "lora_A" in name and name in saved:  # random, and not moved by the first step, as B is 0
                parameter.copy_(saved[name])
    return Start(module, {name: named[name] for name in named if name in saved})


def load_weights(folder: Path) -> dict[str, Tensor]:
    """Every tensor of a folder of safetensors."""
    tensors: dict[str, Tensor] = {}
    for path in sorted(folder.glob("*.safetensors")):
        tensors |= load_file(path)
    return tensors


def gradient_of(weights: Path, start: Start) -> dict[str, Tensor]:
    """The gradient of the one step that led from `start` to the weights. Raises TrainError if none can have."""
    saved = load_weights(weights)
    gradient = {}
    for name, before in start.parameters.items():
        moved = before.detach().double() - saved[name].double()
        if not bool((moved.abs() < 1).all()):
            raise TrainError(f"{name} moved by more than one AdamW step can: other settings were used than given.")
        gradient[name] = moved / (1 - moved.abs())
    if not gradient:
        raise TrainError("None of the model's weights is in what was saved.")
    return gradient


def difference(given: dict[str, Tensor], expected: dict[str, Tensor]) -> float:
    """|given − expected| / |expected| over all entries together."""
    return _norm({name: given[name].double() - expected[name].double() for name in expected}) / _norm(expected)


def _norm(tensors: dict[str, Tensor]) -> float:
    return float(sum(tensor.double().square().sum() for tensor in tensors.values()) ** 0.5)


# ---------------------------------------------------------------- taking a gradient apart


@dataclass(frozen=True)
class Token:
    """A token that could be learned, and how much it was: 1 is the weight of each label when all weigh the same.

    Tokens with the same tokens before them in several rows have one gradient and are one Token.
    """

    row: int
    position: int
    learned: float
    rows: int
    """The number of rows that have it."""
    expected: int
    """The number of those in which it is labelled."""


@dataclass(frozen=True)
class Learned:
    """Every token with the weight that it had in a gradient, and the share of the gradient that no token explains."""

    tokens: tuple[Token, ...]
    unexplained: float


def take_apart(gradient: dict[str, Tensor], start: Start, rows: Sequence[Rendered]) -> Learned:
    """The weights of all tokens of `rows` whose sum is the gradient."""
    count = sum(label != IGNORED for row in rows for label in row.labels[1:])
    places: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    expected: dict[tuple[int, ...], int] = {}
    columns = []
    start = start.last(8 * MOST_ENTRIES)
    gradient = {name: gradient[name] for name in start.parameters}
    for index, row in enumerate(rows):
        losses = start.token_losses(row)
        for position in range(1, len(row.input_ids)):
            context = tuple(row.input_ids[: position + 1])
            if context not in places:
                places[context], expected[context] = [], 0
                columns.append(_sample(start.gradients(losses[position - 1], retain=True)) / count)
            places[context].append((index, position))
            expected[context] += row.labels[position] != IGNORED
    matrix, target = torch.stack(columns, 1), _sample(gradient)
    weights = torch.linalg.lstsq(matrix, target[:, None]).solution[:, 0]
    unexplained = (target - matrix @ weights).norm() / target.norm()
    tokens = (
        Token(*at[0], float(weight), len(at), expected[context])
        for (context, at), weight in zip(places.items(), weights, strict=True)
    )
    return Learned(tuple(tokens), float(unexplained))


def _sample(gradient: dict[str, Tensor]) -> Tensor:
    """Up to MOST_ENTRIES entries of the gradient, evenly spread, in float64."""
    flat = torch.cat([part.detach().reshape(-1) for part in gradient.values()])
    return flat[:: -(-len(flat) // MOST_ENTRIES)].double()
