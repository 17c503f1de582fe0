"""A training by trainer `trl` on a tiny model, and what it told."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sftctl.core.types import Event, TrainJob
from sftctl.plugins.trl_sft.settings import TrlConfig


@dataclass
class Training:
    """A job of 16 short rows and 4 more to evaluate, with everything that it emits."""

    job: TrainJob
    events: list[Event]

    def run(self) -> Path:
        from sftctl.plugins.trl_sft.train import train

        return train(self.job)

    def build(self) -> Any:
        from sftctl.plugins.trl_sft.train import build

        return build(self.job, self.config)

    @property
    def config(self) -> TrlConfig:
        assert isinstance(self.job.config, TrlConfig)
        return self.job.config

    def seen(self, name: str) -> list[Any]:
        """Every value of that name in the metrics."""
        return [event.data[name] for event in self.events if event.kind == "metrics" and name in event.data]

    @property
    def notes(self) -> str:
        return "\n".join(event.data["text"] for event in self.events if event.kind == "note")

    @property
    def steps(self) -> int:
        return next(event.data["total"] for event in self.events if event.kind == "progress")


Start = Callable[..., Training]
