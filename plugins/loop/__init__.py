"""Trainer `loop`: supervised fine-tuning written out by hand, on one page, and fast on a CPU."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sftctl.core import hookimpl
from sftctl.core.types import Trainer, TrainJob


class LoraSettings(BaseModel):
    """Low-rank adapters, in peft's `LoraConfig` spellings."""

    model_config = ConfigDict(extra="forbid")

    r: int = Field(32, ge=1)
    lora_alpha: float = Field(64, gt=0)
    lora_dropout: float = Field(0.0, ge=0, lt=1)
    target_modules: str | list[str] = "all-linear"
    use_rslora: bool = False


class LoopConfig(BaseModel):
    """Hyper-parameters of the loop, in the spellings of transformers' and TRL's training arguments."""

    model_config = ConfigDict(extra="forbid")

    peft_config: LoraSettings | None = Field(default_factory=LoraSettings)
    """None trains every weight."""
    learning_rate: float = Field(6e-4, gt=0)
    lr_scheduler_type: Literal["linear", "cosine", "constant"] = "linear"
    warmup_steps: int = Field(10, ge=0)
    num_train_epochs: float = Field(1.0, gt=0)
    max_steps: int = Field(-1, ge=-1)
    """If positive, the number of optimizer steps, whatever `num_train_epochs` says."""
    max_length: int = Field(2048, ge=16)
    """Tokens in a pack. A longer row is refused, never cut."""
    packing: bool = True
    per_device_train_batch_size: int = Field(1, ge=1)
    """Packs (or rows, without packing) that are summed into one optimizer step."""
    gradient_accumulation_steps: int = Field(1, ge=1)
    weight_decay: float = Field(0.0, ge=0)
    adam_beta1: float = Field(0.9, ge=0, lt=1)
    adam_beta2: float = Field(0.99, ge=0, lt=1)
    adam_epsilon: float = Field(1e-8, gt=0)
    max_grad_norm: float = Field(1.0, gt=0)
    bf16: bool = True
    """Compute in bfloat16; trained weights and optimizer state stay in float32."""
    torch_compile: bool | Literal["auto"] = "auto"
    """Compile each layer; `auto` does it where a C++ compiler is found and the run is long enough to pay."""
    logging_steps: int = Field(1, ge=1)
    save_steps: int = Field(50, ge=1)


def _train(job: TrainJob) -> Path:
    from sftctl.plugins.loop.train import train

    return train(job)


@hookimpl
def sftctl_trainers() -> Iterable[Trainer]:
    return [Trainer("loop", "hand-written PyTorch loop, packed and compiled", LoopConfig, _train)]
