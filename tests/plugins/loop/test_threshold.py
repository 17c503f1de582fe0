"""The threshold between a call and words: moved in the weights, where an answer begins, and hardly anywhere else."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from sftctl.core.types import IGNORED, Event, Example, Rendered, TrainJob, tool_call
from sftctl.plugins.hermes import Hermes
from sftctl.plugins.loop.train import train

CALL = Hermes().call_start
TOOL = {"type": "function", "function": {"name": "next", "parameters": {"type": "object", "properties": {}}}}
LORA = {"r": 16, "lora_alpha": 32}


@pytest.fixture
def mixed(tokenizer: Any) -> list[Rendered]:
    """A call after an even number, words after an odd one, of which there are fewer."""

    def row(number: int) -> Example:
        said: dict[str, Any] = {"role": "assistant", "content": f"I will not say what comes after {number}."}
        if number % 2 == 0:
            said |= {"content": None, "tool_calls": [tool_call("next", {}, id="call_0")]}
        return Example(({"role": "user", "content": f"And {number}?"}, said), (TOOL,))

    return [Hermes().render(row(number), tokenizer) for number in range(48) if number % 4 != 1]


Train = Callable[..., tuple[Path, list[str]]]


@pytest.fixture
def trained(job: Callable[..., TrainJob], mixed: list[Rendered]) -> Train:
    def run(out: str, rows: Sequence[Rendered] = mixed, **settings: Any) -> tuple[Path, list[str]]:
        notes: list[str] = []

        def hear(event: Event) -> None:
            if event.kind == "note":
                notes.append(event.data["text"])

        asked = job(hear, out, **{"peft_config": LORA, "max_steps": 16} | settings)
        return train(replace(asked, train=list(rows))), notes

    return run


def _logits(folder: Path, base: Path, rows: Sequence[Rendered]) -> list[Tensor]:
    """[labels, vocabulary] of each row, by transformers and peft alone."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model: Any = AutoModelForCausalLM.from_pretrained(base if (folder / "adapter_config.json").exists() else folder)
    if (folder / "adapter_config.json").exists():
        model = PeftModel.from_pretrained(model, folder)
    found = []
    for row in rows:
        with torch.no_grad():
            logits = model(torch.tensor([row.input_ids])).logits[0, :-1]
        found.append(logits[torch.tensor(row.labels[1:]) != IGNORED])
    return found


def _ahead(logits: Sequence[Tensor], call: int) -> Tensor:
    """By how many nats a call is likelier than all else, at the first label of each row."""
    log = torch.stack([row[0] for row in logits]).log_softmax(-1)[:, call]
    return log - (-log.expm1()).log()


def _cost(ahead: Tensor, due: Tensor, refusal: float) -> float:
    return float(refusal * F.softplus(-ahead[due]).mean() + F.softplus(ahead[~due]).mean())


@pytest.mark.parametrize(
    "settings",
    [{}, {"peft_config": None}, {"gradient_checkpointing": True, "ema_decay": 0.5, "packing": False}],
    ids=["lora", "full", "more options"],
)
def test_it_lies_where_it_costs_least_and_nothing_else_has_moved(
    trained: Train, mixed: list[Rendered], tiny_model_dir: Path, tokenizer: Any, settings: dict[str, Any]
) -> None:
    (call,) = tokenizer.encode(CALL, add_special_tokens=False)[:1]
    due = torch.tensor([next(label for label in row.labels if label != IGNORED) == call for row in mixed])
    left, notes = trained("left", **settings)
    settled, told = trained("settled", refusal_cost=10, **settings)
    assert not notes
    assert len(told) == 1 and "nats likelier where an answer begins" in told[0]

    before, after = (_logits(folder, tiny_model_dir, mixed) for folder in (left, settled))
    ahead, now = _ahead(before, call), _ahead(after, call)
    costs = [_cost(now + shift, due, 10) for shift in (-0.3, 0, 0.3)]
    assert costs[1] == min(costs) < _cost(ahead, due, 10)
    moved = float((now - ahead).mean())
    elsewhere = torch.cat([(b - a)[1:, call] for a, b in zip(before, after, strict=True)])
    assert elsewhere.abs().mean() < abs(moved) / 5


def test_the_dearer_a_refusal_the_sooner_it_calls(
    trained: Train, mixed: list[Rendered], tiny_model_dir: Path, tokenizer: Any
) -> None:
    (call,) = tokenizer.encode(CALL, add_special_tokens=False)[:1]
    means = []
    for cost in (0.3, 1, 3):
        folder, _ = trained(str(cost), refusal_cost=cost)
        means.append(float(_ahead(_logits(folder, tiny_model_dir, mixed), call).mean()))
    assert means[0] + 0.5 < means[1] < means[2] - 0.5


@pytest.mark.parametrize(
    ("part", "settings", "said"),
    [
        (slice(0, None), {"peft_config": LORA | {"target_modules": ["q_proj"]}}, "is not trained"),
        (slice(0, None), {"peft_config": LORA | {"use_dora": True}}, "is not trained"),
        (slice(2, 3), {}, ""),
    ],
    ids=["other layers", "dora", "one row"],
)
def test_where_it_cannot_be_settled_the_weights_stay(
    trained: Train, mixed: list[Rendered], part: slice, settings: dict[str, Any], said: str
) -> None:
    left, _ = trained("left", mixed[part], **settings)
    asked, notes = trained("asked", mixed[part], refusal_cost=1, **settings)
    assert [said in note for note in notes] == [True] * bool(said)
    name = "adapter_model.safetensors"
    weights, same = load_file(left / name), load_file(asked / name)
    assert all(torch.equal(weights[key], same[key]) for key in weights)
