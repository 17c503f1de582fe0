"""One truth between trainers: from the same seed, on the same rows in the same steps, they have the same losses."""

from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import torch
from counting import counting_rows, metrics_of

from sftctl.core.manager import plugin_manager
from sftctl.core.types import Model, Rendered, TrainJob
from sftctl.plugins.hermes import Hermes
from sftctl.plugins.loop.packing import families, plan

STEPS, BATCH = 8, 2
LORA = {"r": 4, "lora_alpha": 8}
SETTINGS = {
    "max_steps": STEPS,
    "max_length": 2048,
    "gradient_accumulation_steps": 2,
    "learning_rate": 5e-3,
    "lr_scheduler_type": "cosine",
    "warmup_steps": 0,
    "weight_decay": 0.1,
    "adam_beta1": 0.8,
    "adam_beta2": 0.9,
    "adam_epsilon": 1e-4,
    "max_grad_norm": 0.5,
    "bf16": False,
}
"""None is the trainers' default: one that ignores a setting goes another way."""
IN_ORDER = {"train_sampling_strategy": "sequential"}
WHOLE = {"per_device_train_batch_size": 1, "gradient_accumulation_steps": 1, "packing": True}
Steps = list[dict[str, float]]
Run = Callable[..., Steps]


@pytest.fixture(scope="module")
def rows(tokenizer: Any) -> list[Rendered]:
    return counting_rows(tokenizer, 16, lengths=3)


@pytest.fixture
def run(tiny_model_dir: Path, tokenizer: Any, tmp_path: Path) -> Run:
    """The metrics of each step of a training, whatever random numbers were drawn before."""

    def run(name: str, rows: list[Rendered], seed: int = 0, **settings: Any) -> Steps:
        torch.manual_seed(len(name))
        trainer = plugin_manager().trainers()[name]
        config = trainer.config.model_validate(SETTINGS | settings)
        given = (Model("tiny", tiny_model_dir), Hermes(), tokenizer, rows, config, seed, tmp_path / name / str(seed))
        seen = metrics_of(lambda emit: trainer.train(TrainJob(*given, emit)))
        assert [step["step"] for step in seen] == list(range(1, STEPS + 1))
        return seen

    return run


def as_the_loop_sees_them(rows: list[Rendered]) -> list[Rendered]:
    """The rows of all steps without packing."""
    lengths, kin = [len(row.input_ids) for row in rows], families(rows)
    epochs = (plan(lengths, kin, 2048, packing=False, seed=epoch) for epoch in range(STEPS * 2 * BATCH // len(rows)))
    return [rows[family.rows[0]] for (family,) in chain.from_iterable(epochs)]


def furthest(some: Steps, others: Steps, name: str) -> float:
    """By how much two curves differ, in the step in which they do most, relatively."""
    return max(abs(a[name] / b[name] - 1) for a, b in zip(some, others, strict=True))


METHODS = {
    "lora": LORA,
    "rslora": LORA | {"use_rslora": True},
    "dora": LORA | {"use_dora": True},
    "norms": LORA | {"modules_to_save": ["norm"]},
    "full": None,
}


@pytest.mark.parametrize("method", METHODS)
def test_the_curve_is_trls(run: Run, rows: list[Rendered], method: str) -> None:
    settings: dict[str, Any] = {"peft_config": METHODS[method], "per_device_train_batch_size": BATCH}
    loop = run("loop", rows, packing=False, **settings)
    trl = run("trl", as_the_loop_sees_them(rows), **IN_ORDER, **settings)
    assert furthest(loop, trl, "loss") < 1e-5
    assert furthest(loop, trl, "grad_norm") < 1e-4
    assert loop[-1]["loss"] < 0.85 * loop[0]["loss"], "too little was learned to tell anything"


@pytest.mark.parametrize("method", ["lora", "full"])
def test_the_curve_is_trls_in_packs(run: Run, rows: list[Rendered], method: str) -> None:
    """Each step is one pack of all rows."""
    settings: dict[str, Any] = {"peft_config": METHODS[method], **WHOLE}
    loop, trl = run("loop", rows, **settings), run("trl", rows, **settings)
    assert furthest(loop, trl, "loss") < 1e-5
    assert furthest(loop, trl, "grad_norm") < 1e-4


@pytest.mark.parametrize("method", ["lora", "full"])
def test_in_bfloat16_the_curve_is_trls_but_for_rounding(run: Run, rows: list[Rendered], method: str) -> None:
    """TRL rounds what the adapter adds before it is summed up, the loop only the sum."""
    settings: dict[str, Any] = {"peft_config": METHODS[method], "per_device_train_batch_size": BATCH, "bf16": True}
    loop = run("loop", rows, packing=False, **settings)
    trl = run("trl", as_the_loop_sees_them(rows), **IN_ORDER, **settings)
    assert loop[0]["loss"] == pytest.approx(trl[0]["loss"], rel=1e-3)
    assert furthest(loop, trl, "loss") < 0.03


@pytest.mark.parametrize("name", ["loop", "trl"])
def test_another_seed_is_another_curve(run: Run, rows: list[Rendered], name: str) -> None:
    """So what is asked above cannot be kept by adapters that are drawn in another way."""
    some, others = (run(name, rows, seed, peft_config=LORA, **WHOLE) for seed in (0, 1))
    assert furthest(some[:1], others[:1], "grad_norm") > 0.01
    assert furthest(some, others, "loss") > 0.005
