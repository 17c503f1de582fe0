"""Fixtures for the loop: rows to learn, and the training of the tiny model on them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from counting import counting_rows
from trainings import LORA

from sftctl.core.types import Event, Model, Rendered, TrainJob
from sftctl.plugins.hermes import Hermes
from sftctl.plugins.loop import LoopConfig


@pytest.fixture
def rows(tokenizer: Any) -> list[Rendered]:
    return counting_rows(tokenizer, 24)


@pytest.fixture
def job(tiny_model_dir: Path, tokenizer: Any, rows: list[Rendered], tmp_path: Path) -> Callable[..., TrainJob]:
    def make(emit: Callable[[Event], None] = lambda event: None, out: str = "out", **settings: Any) -> TrainJob:
        settings = {"peft_config": LORA, "max_length": 256, "bf16": False, "learning_rate": 1e-2} | settings
        config = LoopConfig.model_validate(settings)
        model = Model("tiny", tiny_model_dir)
        return TrainJob(model, Hermes(), tokenizer, rows, config, 0, tmp_path / out, emit)

    return make
