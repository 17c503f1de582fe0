"""Trainer `loop`: supervised fine-tuning written out by hand, on one page, and fast on a CPU."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import Field

from sftctl.core import hookimpl
from sftctl.core.costs import Costs
from sftctl.core.types import CostJob, Trainer, TrainJob
from sftctl.plugins.hyperparameters import TrainingSettings


class LoopConfig(TrainingSettings):
    """Hyper-parameters of the loop. Trained weights and optimizer state are float32 whatever it computes in."""

    packing: bool = True
    """Lay rows end to end in packs of up to `max_length` tokens; they do not see one another."""
    per_device_train_batch_size: int = Field(1, ge=1)
    """Packs (or rows, without packing) that are summed into one optimizer step."""
    torch_compile: bool | Literal["auto"] = "auto"
    """Compile each layer; `auto` does it where a C++ compiler is found and the run is long enough to pay."""


def _train(job: TrainJob) -> Path:
    from sftctl.plugins.loop.train import train

    return train(job)


def _costs(job: CostJob) -> Costs:
    from sftctl.plugins.loop.costs import costs

    return costs(job)


@hookimpl
def sftctl_trainers() -> Iterable[Trainer]:
    return [Trainer("loop", "hand-written PyTorch loop, packed and compiled", LoopConfig, _train, _costs)]
