"""Trainer `loop`: supervised fine-tuning written out by hand, on one page, and fast on a CPU."""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from sftctl.core import hookimpl
from sftctl.core.costs import Costs
from sftctl.core.errors import ConfigError
from sftctl.core.types import CostJob, Trainer, TrainJob
from sftctl.plugins.hyperparameters import TrainingSettings
from sftctl.plugins.trackers import reported


class LoopConfig(TrainingSettings):
    """Hyper-parameters of the loop. Trained weights and optimizer state are float32 whatever it computes in."""

    packing: bool = True
    """Lay rows end to end in packs of up to `max_length` tokens; they do not see one another."""
    per_device_train_batch_size: int = Field(1, ge=1)
    """Packs (or rows, without packing) that are summed into one optimizer step; a GPU computes them at once."""
    first_token_weight: float = Field(1.0, gt=0)
    """How much the first token of an answer counts, beside the others: it decides whether a tool is called at all."""
    refusal_cost: float | None = Field(None, gt=0)
    """What a refusal costs beside a needless call; after the last step the threshold is put where it costs least."""
    kl_coef: float = Field(0.0, ge=0)
    """What the divergence from the base model on the run's `anchor` weighs, beside the loss."""
    torch_compile: bool | Literal["auto"] = "auto"
    """Compile each layer; `auto` does it where a C++ compiler is found and the run is long enough to pay."""
    load_in_4bit: bool = False
    """QLoRA: keep the linear layers of the base in 4 bits, under the adapters. Needs `sftctl[qlora]`."""
    bnb_4bit_quant_type: Literal["nf4", "fp4"] = "nf4"
    """The 16 values of a weight: spread as normally distributed weights are, or those of a 4-bit float."""
    bnb_4bit_use_double_quant: bool = False
    """Quantise the scales of the 4-bit blocks too."""
    ema_decay: float | None = Field(None, gt=0, lt=1)
    """Publish the exponential moving average of the weights after each step, in place of the last ones."""

    @field_validator("load_in_4bit")
    @classmethod
    def _can_be_in_4_bits(cls, asked: bool, info: ValidationInfo) -> bool:
        if asked and info.data.get("peft_config", True) is None:
            raise ConfigError("load_in_4bit needs peft_config: 4-bit weights cannot be trained themselves.")
        if asked and find_spec("bitsandbytes") is None:
            raise ConfigError("load_in_4bit needs the package 'bitsandbytes'.", "pip install 'sftctl[qlora]'")
        return asked


def _train(job: TrainJob) -> Path:
    from sftctl.plugins.loop.train import train

    assert isinstance(job.config, LoopConfig)
    with reported(job, job.config.report_to) as job:
        return train(job)


def _costs(job: CostJob) -> Costs:
    from sftctl.plugins.loop.costs import costs

    return costs(job)


@hookimpl
def sftctl_trainers() -> Iterable[Trainer]:
    return [Trainer("loop", "hand-written PyTorch loop, packed and compiled", LoopConfig, _train, _costs)]
