"""Two trainers behind one hook see the same data, begin at the same loss, and both learn."""

from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from sftctl.core.manager import plugin_manager
from sftctl.core.types import Event, Example, Model, Rendered, TrainJob
from sftctl.plugins.hermes import Hermes


@pytest.fixture(scope="module")
def rows(tokenizer: Any) -> list[Rendered]:
    return [
        Hermes().render(
            Example(
                (
                    {"role": "user", "content": f"What comes after {number}?"},
                    {"role": "assistant", "content": f"After {number} comes {number + 1}."},
                )
            ),
            tokenizer,
        )
        for number in range(16)
    ]


def metrics(
    name: str, rows: list[Rendered], model: Path, tokenizer: Any, out: Path, **settings: Any
) -> list[dict[str, float]]:
    """The metrics of each step of a training by the trainer of that name."""
    seen: list[dict[str, float]] = []

    def emit(event: Event) -> None:
        if event.kind == "metrics":
            seen.append(dict(event.data))

    trainer = plugin_manager().trainers()[name]
    common = {
        "bf16": False,
        "max_length": 256,
        "learning_rate": 5e-3,
        "warmup_steps": 0,
        "peft_config": {"r": 4, "lora_alpha": 8},
        "per_device_train_batch_size": 16,
    }
    config = trainer.config.model_validate(common | settings)
    folder = trainer.train(TrainJob(Model("tiny", model), Hermes(), tokenizer, rows, config, 0, out, emit))
    assert load_file(folder / "adapter_model.safetensors")
    return seen


def test_both_begin_at_the_same_loss_and_gradient(
    rows: list[Rendered], tiny_model_dir: Path, tokenizer: Any, tmp_path: Path
) -> None:
    """All rows make one batch, so the order does not matter; A is random in LoRA, so B = 0 fixes the loss alone."""
    loop = metrics("loop", rows, tiny_model_dir, tokenizer, tmp_path / "loop", packing=False, max_steps=1)
    trl = metrics("trl", rows, tiny_model_dir, tokenizer, tmp_path / "trl", max_steps=1)
    assert trl[0]["loss"] == pytest.approx(loop[0]["loss"], rel=1e-3)


def test_full_training_has_the_same_first_gradient(
    rows: list[Rendered], tiny_model_dir: Path, tokenizer: Any, tmp_path: Path
) -> None:
    from sftctl.plugins.loop.train import train as loop_train
    from sftctl.plugins.trl_sft.train import train as trl_train

    norms = {}
    for name, train, extra in (("loop", loop_train, {"packing": False}), ("trl", trl_train, {})):
        config = (
            plugin_manager()
            .trainers()[name]
            .config.model_validate(
                {
                    "bf16": False,
                    "max_length": 256,
                    "peft_config": None,
                    "max_steps": 1,
                    "per_device_train_batch_size": 16,
                }
                | extra
            )
        )

        def emit(event: Event, name: str = name) -> None:
            if event.kind == "metrics":
                norms[name] = event.data["grad_norm"]

        train(TrainJob(Model("tiny", tiny_model_dir), Hermes(), tokenizer, rows, config, 0, tmp_path / name, emit))
    assert norms["trl"] == pytest.approx(norms["loop"], rel=1e-3)


def test_trl_learns_and_reports(rows: list[Rendered], tiny_model_dir: Path, tokenizer: Any, tmp_path: Path) -> None:
    curve = metrics("trl", rows, tiny_model_dir, tokenizer, tmp_path, num_train_epochs=30)
    assert [step["step"] for step in curve] == list(range(1, 31))
    assert curve[-1]["loss"] < curve[0]["loss"] / 2


def test_trl_goes_on_from_its_last_whole_checkpoint(
    rows: list[Rendered], tiny_model_dir: Path, tokenizer: Any, tmp_path: Path
) -> None:
    def train(out: Path, stop_at: int = 0) -> tuple[list[int], Path]:
        steps: list[int] = []

        def emit(event: Event) -> None:
            if event.kind == "metrics":
                steps.append(event.data["step"])
                assert event.data["tokens_per_second"] > 0
                if event.data["step"] == stop_at:
                    raise KeyboardInterrupt

        trainer = plugin_manager().trainers()["trl"]
        settings = {"bf16": False, "max_length": 256, "save_steps": 2, "peft_config": {"r": 4}, "num_train_epochs": 2}
        config = trainer.config.model_validate(settings)
        job = TrainJob(Model("tiny", tiny_model_dir), Hermes(), tokenizer, rows, config, 0, out, emit)
        try:
            return steps, trainer.train(job)
        except KeyboardInterrupt:
            return steps, out

    _, whole = train(tmp_path / "whole")
    train(tmp_path / "cut", stop_at=5)
    half_written = tmp_path / "cut" / "checkpoints" / "checkpoint-6"
    half_written.mkdir()
    (half_written / "adapter_config.json").write_text("{")
    steps, resumed = train(tmp_path / "cut")
    assert steps[0] == 5
    expected, given = (load_file(folder / "adapter_model.safetensors") for folder in (whole, resumed))
    assert all((expected[name] == given[name]).all() for name in expected)
