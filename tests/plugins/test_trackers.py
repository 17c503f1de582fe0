"""Trackers are told what a training tells, each training's in its own folder, and nothing leaves the machine."""

import importlib
import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from counting import counting_rows, metrics_of

from sftctl.core.manager import plugin_manager
from sftctl.core.types import Model, TrainJob
from sftctl.plugins import trackers
from sftctl.plugins.hermes import Hermes
from sftctl.plugins.loop import LoopConfig

Losses = list[float]


def from_tensorboard(run: Path) -> Losses:
    events: Any = importlib.import_module("tensorboard.backend.event_processing.event_accumulator")
    (file,) = run.glob("tensorboard/events.*")
    return [event.value for event in events.EventAccumulator(str(file)).Reload().Scalars("train/loss")]


def rows_of(database: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.execute(query))


def from_trackio(run: Path) -> Losses:
    (database,) = run.glob("trackio/*.db")
    logged = [json.loads(text) for (text,) in rows_of(database, "SELECT metrics FROM metrics ORDER BY id")]
    return [each["train/loss"] for each in logged if "train/loss" in each]


def from_mlflow(run: Path) -> Losses:
    found = rows_of(run / "mlflow.db", "SELECT value FROM metrics WHERE key = 'loss' ORDER BY step")
    return [value for (value,) in found]


def train(trainer: str, out: Path, model: Path, tokenizer: Any, **settings: Any) -> Losses:
    """The losses of a short training, as it tells them."""
    chosen = plugin_manager().trainers()[trainer]
    small = {"bf16": False, "max_length": 256, "peft_config": {"r": 4}, "max_steps": 3, "warmup_steps": 0}
    config = chosen.config.model_validate(small | settings)
    given = (Model("tiny", model), Hermes(), tokenizer, counting_rows(tokenizer, 8), config, 0, out)
    told = metrics_of(lambda emit: chosen.train(TrainJob(*given, emit)))
    return [step["loss"] for step in told if "loss" in step]


@pytest.mark.parametrize("trainer", ["loop", "trl"])
@pytest.mark.parametrize(
    ("tracker", "read"),
    [("tensorboard", from_tensorboard), ("trackio", from_trackio), ("mlflow", from_mlflow)],
)
def test_each_of_two_trainings_is_in_its_own_folder(
    trainer: str, tracker: str, read: Callable[[Path], Losses], tiny_model_dir: Path, tokenizer: Any, tmp_path: Path
) -> None:
    pytest.importorskip(tracker)
    for name, rate in (("slow", 1e-4), ("fast", 3e-2)):
        out = tmp_path / name
        losses = train(trainer, out, tiny_model_dir, tokenizer, report_to=tracker, learning_rate=rate)
        assert read(out) == pytest.approx(losses, rel=1e-3) and len(losses) == 3


@pytest.mark.parametrize("trainer", ["loop", "trl"])
def test_wandb_writes_a_run_for_each_training(
    trainer: str, tiny_model_dir: Path, tokenizer: Any, tmp_path: Path
) -> None:
    pytest.importorskip("wandb")
    for name in ("one", "two"):
        train(trainer, tmp_path / name, tiny_model_dir, tokenizer, report_to="wandb")
        (file,) = (tmp_path / name).glob("wandb/offline-run-*/*.wandb")
        assert b"train/loss" in file.read_bytes()


def test_several_at_once(tiny_model_dir: Path, tokenizer: Any, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    pytest.importorskip("trackio")
    losses = train("loop", tmp_path, tiny_model_dir, tokenizer, report_to=["tensorboard", "trackio"])
    assert from_tensorboard(tmp_path) == pytest.approx(losses, rel=1e-3)
    assert from_trackio(tmp_path) == losses


def test_a_tracker_is_shown_the_settings_of_the_training(tiny_model_dir: Path, tokenizer: Any, tmp_path: Path) -> None:
    pytest.importorskip("trackio")
    train("loop", tmp_path, tiny_model_dir, tokenizer, report_to="trackio", ema_decay=0.5)
    (database,) = tmp_path.glob("trackio/*.db")
    ((config,),) = rows_of(database, "SELECT config FROM configs")
    shown = json.loads(config)
    assert (shown["ema_decay"], shown["learning_rate"], shown["peft_config"]["r"]) == (0.5, 6e-4, 4)


def test_another_tracker_is_no_reason_to_train_again() -> None:
    pytest.importorskip("tensorboard")
    assert LoopConfig(report_to=["tensorboard"]).model_dump() == LoopConfig().model_dump()


def test_what_the_environment_says_goes_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.delenv("TRACKIO_DIR", raising=False)
    with trackers.local(["trackio", "wandb"], tmp_path):
        assert os.environ["TRACKIO_DIR"] == str(tmp_path / "trackio")
        assert (os.environ["WANDB_MODE"], os.environ["WANDB_DIR"]) == ("online", str(tmp_path))
    assert "TRACKIO_DIR" not in os.environ and os.environ["WANDB_MODE"] == "online"
