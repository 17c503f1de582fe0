"""Trainer `unsloth`: Unsloth's FastLanguageModel and the SFTTrainer that it patches, in an environment of their own.

Unsloth pins older libraries than ours and changes trl, transformers and peft when it is imported. So it is
installed apart (see `UNSLOTH`), and each training is a process there (`worker.py`) that is given the rows.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from sftctl.core import hookimpl
from sftctl.core.costs import Costs
from sftctl.core.machine.environment import Environment
from sftctl.core.store import cache_root
from sftctl.core.types import CostJob, Trainer, TrainJob
from sftctl.plugins.hyperparameters import TrainingSettings
from sftctl.plugins.trackers import reported

# torch is named first and pinned, else pip may take another build of it than is at hand. torchvision's
# operators do not load beside a torch that was built without CUDA, and text needs none of them.
UNSLOTH = Environment(
    "unsloth",
    ("torch==2.13.0", "torchvision==0.28.0", "unsloth==2026.10.9"),
    removable=("torchvision",),
)


class UnslothConfig(TrainingSettings):
    """What Unsloth honours on a GPU and on a CPU alike."""

    per_device_train_batch_size: int = Field(4, ge=1)
    load_in_4bit: bool = False
    """QLoRA: the frozen weights in bitsandbytes' NF4."""
    use_gradient_checkpointing: bool | Literal["unsloth"] = False
    """Compute activations again in the backward pass; `unsloth` moves them from the GPU to memory meanwhile."""
    python: Path | None = None
    """The interpreter of an environment that has Unsloth; none: one is made in the cache."""

    @model_validator(mode="after")
    def _quantised_weights_are_frozen(self) -> "UnslothConfig":
        if self.load_in_4bit and self.peft_config is None:
            raise ValueError("load_in_4bit needs peft_config: weights of four bits cannot be trained themselves")
        return self

    @model_validator(mode="after")
    def _no_dora(self) -> "UnslothConfig":
        if self.peft_config is not None and self.peft_config.use_dora:
            raise ValueError("Unsloth does not take use_dora; trainers loop and trl do")
        return self


def _train(job: TrainJob) -> Path:
    from sftctl.plugins.unsloth_sft.train import train

    assert isinstance(job.config, UnslothConfig)
    with reported(job, job.config.report_to) as job:  # here: the worker's environment need not have the trackers
        return train(job)


def _costs(job: CostJob) -> Costs:
    from sftctl.plugins.unsloth_sft.costs import costs

    return costs(job)


def _ready() -> bool:
    return UNSLOTH.python(cache_root()) is not None


@hookimpl
def sftctl_trainers() -> Iterable[Trainer]:
    summary = "Unsloth's FastLanguageModel and SFTTrainer, apart"
    return [Trainer("unsloth", summary, UnslothConfig, _train, _costs, _ready)]
