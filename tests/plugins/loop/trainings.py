"""Trainings of the tiny model, and what they report."""

from collections.abc import Callable
from typing import Any

from sftctl.core.types import Event, TrainJob
from sftctl.plugins.loop.train import train

LORA = {"r": 4, "lora_alpha": 8}


def metrics(job: Callable[..., TrainJob], **settings: Any) -> list[dict[str, float]]:
    """Of each step."""
    seen: list[dict[str, float]] = []

    def emit(event: Event) -> None:
        if event.kind == "metrics":
            seen.append(dict(event.data))

    train(job(emit, **settings))
    return seen


def losses(job: Callable[..., TrainJob], **settings: Any) -> list[float]:
    """Of each step."""
    return [step["loss"] for step in metrics(job, **settings)]
