"""Fixtures for the tests of trainer `trl`: rows, and trainings on them."""

from pathlib import Path
from typing import Any

import pytest
from counting import counting_rows
from trl_training import Start, Training

from sftctl.core.types import Event, Model, Rendered, TrainJob
from sftctl.plugins.hermes import Hermes
from sftctl.plugins.trl_sft.settings import TrlConfig


@pytest.fixture(scope="session")
def rows(tokenizer: Any) -> list[Rendered]:
    return counting_rows(tokenizer, 20, lengths=3)


@pytest.fixture
def start(rows: list[Rendered], tiny_model_dir: Path, tokenizer: Any, tmp_path: Path) -> Start:
    def start(out: str = "out", **settings: Any) -> Training:
        small = {"bf16": False, "max_length": 256, "peft_config": {"r": 4}, "max_steps": 1, "warmup_steps": 0}
        config = TrlConfig.model_validate(small | settings)
        events: list[Event] = []
        evaluation = rows[16:] if config.eval_dataset else []
        model = Model("tiny", tiny_model_dir, "rev")
        job = TrainJob(model, Hermes(), tokenizer, rows[:16], config, 0, tmp_path / out, events.append, evaluation)
        return Training(job, events)

    return start
