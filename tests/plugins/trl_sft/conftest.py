"""Fixtures for the tests of trainer `trl`: rows, and trainings on them."""

from pathlib import Path
from typing import Any

import pytest
from trl_training import Start, Training

from sftctl.core.types import Event, Example, Model, Rendered, TrainJob
from sftctl.plugins.hermes import Hermes
from sftctl.plugins.trl_sft.settings import TrlConfig


@pytest.fixture(scope="session")
def rows(tokenizer: Any) -> list[Rendered]:
    def row(number: int) -> Example:
        asked, said = f"What comes after {number}?" * (number % 3 + 1), f"After {number} comes {number + 1}."
        return Example(({"role": "user", "content": asked}, {"role": "assistant", "content": said}))

    return [Hermes().render(row(number), tokenizer) for number in range(20)]


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
