"""Trainer `trl` learns, tells how far it is, and goes on where it was interrupted."""

from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from trl_training import Start

from sftctl.core.manager import plugin_manager
from sftctl.core.types import Event, Model, Rendered, TrainJob
from sftctl.plugins.hermes import Hermes


def test_trl_learns_and_reports(start: Start) -> None:
    training = start(max_steps=-1, num_train_epochs=30, per_device_train_batch_size=16, learning_rate=5e-3)
    training.run()
    assert training.seen("step") == list(range(1, 31))
    assert training.seen("loss")[-1] < training.seen("loss")[0] / 2


@pytest.mark.parametrize("every", [1, 2])
def test_progress_comes_after_the_metrics_of_its_step(start: Start, every: int) -> None:
    training = start(max_steps=4, logging_steps=every)
    training.run()
    told = [(e.kind, e.data.get("step", e.data.get("done"))) for e in training.events if e.kind != "note"]
    steps = [[("metrics", step)] * (step % every == 0) + [("progress", step)] for step in range(1, 5)]
    assert told == [each for step in steps for each in step]


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
