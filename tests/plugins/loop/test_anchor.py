"""The pull back to the base model."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from sftctl.core.types import Event, Example, Model, Rendered, TrainJob
from sftctl.plugins.hermes import Hermes
from sftctl.plugins.loop import LoopConfig
from sftctl.plugins.loop.anchor import linear_kl
from sftctl.plugins.loop.train import train

GENERAL = "The weather in Paris is sunny and warm today. How can I help you?"


def test_the_divergence_and_its_gradients_are_exact() -> None:
    torch.manual_seed(0)
    states, weight = torch.randn(300, 8, requires_grad=True), torch.randn(40, 8, requires_grad=True)
    base_states, base_weight = torch.randn(300, 8), torch.randn(40, 8)
    targets = torch.arange(300) % 40
    targets[290:] = -100
    found = linear_kl(states, weight, base_states, base_weight, targets)
    mine = torch.autograd.grad(found, (states, weight))
    model = (states @ weight.t())[:290].log_softmax(-1)
    base = (base_states @ base_weight.t())[:290].log_softmax(-1)
    expected = F.kl_div(model, base, log_target=True, reduction="sum")
    assert torch.allclose(found, expected, rtol=1e-5)
    for one, other in zip(mine, torch.autograd.grad(expected, (states, weight)), strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-4)


def rows(tokenizer: Any, *texts: str) -> list[Rendered]:
    return [Hermes().render(Example((), text=text), tokenizer) for text in texts]


def trained(tiny_model_dir: Path, tokenizer: Any, out: Path, kl_coef: float, **more: Any) -> tuple[list[Any], Path]:
    settings = {"peft_config": None, "max_length": 128, "bf16": False, "learning_rate": 3e-3, "warmup_steps": 1}
    config = LoopConfig.model_validate(settings | {"num_train_epochs": 8, "kl_coef": kl_coef} | more)
    told: list[Any] = []

    def emit(event: Event) -> None:
        if event.kind == "metrics":
            told.append(event.data)

    learned = rows(tokenizer, *(f"get_weather {n} system {n}" for n in range(8)))
    anchor = rows(tokenizer, GENERAL, GENERAL[:30]) if kl_coef else []
    job = TrainJob(Model("t", tiny_model_dir), Hermes(), tokenizer, learned, config, 0, out, emit, anchor=anchor)
    return told, train(job)


def divergence(base: Path, tuned: Path, tokenizer: Any) -> float:
    """KL(base ‖ tuned) per token of the general text, by transformers alone."""
    from transformers import AutoModelForCausalLM

    ids = torch.tensor([tokenizer.encode(GENERAL, add_special_tokens=False)])
    with torch.no_grad():
        of_base, of_tuned = (
            AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)(ids).logits[0].log_softmax(-1)
            for path in (base, tuned)
        )
    return float(F.kl_div(of_tuned, of_base, log_target=True, reduction="batchmean"))


def test_it_holds_the_model_to_the_base_and_lets_it_learn(tiny_model_dir: Path, tokenizer: Any, tmp_path: Path) -> None:
    free, without = trained(tiny_model_dir, tokenizer, tmp_path / "free", 0.0)
    held, with_it = trained(tiny_model_dir, tokenizer, tmp_path / "held", 1.0)
    assert "kl" not in free[0] and held[0]["kl"] == pytest.approx(0, abs=1e-5), "the first step starts at the base"
    assert held[-1]["loss"] < 0.6 * held[0]["loss"]
    assert divergence(tiny_model_dir, with_it, tokenizer) < 0.3 * divergence(tiny_model_dir, without, tokenizer)


def test_a_run_that_goes_on_is_held_to_the_base_and_not_to_itself(
    tiny_model_dir: Path, tokenizer: Any, tmp_path: Path
) -> None:
    whole, _ = trained(tiny_model_dir, tokenizer, tmp_path / "whole", 1.0, max_steps=8)
    trained(tiny_model_dir, tokenizer, tmp_path / "cut", 1.0, max_steps=8, save_steps=4)
    resumed, _ = trained(tiny_model_dir, tokenizer, tmp_path / "cut", 1.0, max_steps=8)
    assert [step["step"] for step in resumed] == [5, 6, 7, 8]
    assert [(step["loss"], step["kl"]) for step in resumed] == [(step["loss"], step["kl"]) for step in whole[4:]]
