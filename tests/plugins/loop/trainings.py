"""Trainings of the tiny model, and what they report."""

from collections.abc import Callable
from typing import Any

from counting import metrics_of

from sftctl.core.types import TrainJob
from sftctl.plugins.loop.train import train

LORA = {"r": 4, "lora_alpha": 8}


def metrics(job: Callable[..., TrainJob], **settings: Any) -> list[dict[str, float]]:
    """Of each step."""
    return metrics_of(lambda emit: train(job(emit, **settings)))


def losses(job: Callable[..., TrainJob], **settings: Any) -> list[float]:
    """Of each step."""
    return [step["loss"] for step in metrics(job, **settings)]
