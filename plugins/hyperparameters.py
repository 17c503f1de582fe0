"""Hyper-parameters that every trainer has, in the spellings of transformers, TRL and peft."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LoraSettings(BaseModel):
    """Low-rank adapters, in peft's `LoraConfig` spellings."""

    model_config = ConfigDict(extra="forbid")

    r: int = Field(32, ge=1)
    lora_alpha: float = Field(64, gt=0)
    lora_dropout: float = Field(0.0, ge=0, lt=1)
    target_modules: str | list[str] = "all-linear"
    layers_to_transform: list[int] | None = None
    """Only these layers; needs `target_modules` as a list. What lies below the first of them costs no backward pass."""
    use_rslora: bool = False


class TrainingSettings(BaseModel):
    """What the trainers' own config models begin with."""

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
    """Tokens in a row, or in a pack of rows. A longer row is left out before training, never cut."""
    assistant_only_loss: bool = True
    """Loss on what the assistant writes alone; False: on every token."""
    completion_only_loss: bool | None = None
    """True: loss only on what follows the last message of the user; None: as the rows say."""
    gradient_accumulation_steps: int = Field(1, ge=1)
    weight_decay: float = Field(0.0, ge=0)
    adam_beta1: float = Field(0.9, ge=0, lt=1)
    adam_beta2: float = Field(0.99, ge=0, lt=1)
    adam_epsilon: float = Field(1e-8, gt=0)
    max_grad_norm: float = Field(1.0, gt=0)
    bf16: bool | Literal["auto"] = "auto"
    """Compute in bfloat16; `auto`: where the hardware is made for it."""
    logging_steps: int = Field(1, ge=1)
    save_steps: int = Field(50, ge=1)

    def computes_in_bf16(self) -> bool:
        """`bf16`, decided."""
        from sftctl.core.device import bf16_pays

        return bf16_pays() if self.bf16 == "auto" else self.bf16
