"""Hyper-parameters that every trainer has, in the spellings of transformers, TRL and peft."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sftctl.plugins.trackers import Tracker, check_installed

SchedulerType = Literal[
    "linear",
    "cosine",
    "cosine_with_restarts",
    "cosine_with_min_lr",
    "polynomial",
    "constant",
    "constant_with_warmup",
    "inverse_sqrt",
    "warmup_stable_decay",
]
"""transformers' schedules; those that watch an evaluation while training are left out."""


class LoraSettings(BaseModel):
    """Low-rank adapters, in peft's `LoraConfig` spellings."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    r: int = Field(32, ge=1)
    """The rank."""
    lora_alpha: float = Field(64, gt=0)
    """What the adapter adds is multiplied by `lora_alpha / r`."""
    lora_dropout: float = Field(0.0, ge=0, lt=1)
    """Share of the adapter's inputs that are left out in training."""
    target_modules: str | list[str] = "all-linear"
    """The layers that get an adapter, by name."""
    layers_to_transform: list[int] | None = None
    """Only these layers; needs `target_modules` as a list. What lies below the first of them costs no backward pass."""
    use_rslora: bool = False
    """Multiply by `lora_alpha / √r` instead, so that a larger rank learns as fast."""
    use_dora: bool = False
    """Learn the length of each row of a weight apart from its direction."""
    modules_to_save: list[str] | None = None
    """Modules that are trained whole and saved with the adapter, as `norm`."""


class TrainingSettings(BaseModel):
    """What the trainers' own config models begin with."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    peft_config: LoraSettings | None = Field(default_factory=LoraSettings)
    """Of the adapters; `null` trains every weight."""
    learning_rate: float = Field(6e-4, gt=0)
    """The highest: where the warm-up ends."""
    lr_scheduler_type: SchedulerType = "linear"
    """How the rate falls: transformers' schedule of that name."""
    lr_scheduler_kwargs: dict[str, Any] = Field(default_factory=dict)
    """What the schedule needs besides, as `min_lr` for `cosine_with_min_lr`."""
    warmup_steps: int = Field(10, ge=0)
    """Steps in which the rate rises."""
    num_train_epochs: float = Field(1.0, gt=0)
    """How often each row is seen."""
    max_steps: int = Field(-1, ge=-1)
    """If positive, the number of optimizer steps, whatever `num_train_epochs` says."""
    max_length: int = Field(2048, ge=16)
    """Tokens in a row, or in a pack of rows. A longer row is left out before training, never cut."""
    assistant_only_loss: bool = True
    """Loss on what the assistant writes alone; False: on every token."""
    completion_only_loss: bool | None = None
    """True: loss only on what follows the last message of the user; None: as the rows say."""
    gradient_accumulation_steps: int = Field(1, ge=1)
    """Batches that are summed into one optimizer step."""
    weight_decay: float = Field(0.0, ge=0)
    """AdamW's. Norms and biases do not decay."""
    adam_beta1: float = Field(0.9, ge=0, lt=1)
    """AdamW's, for the mean of the gradient."""
    adam_beta2: float = Field(0.99, ge=0, lt=1)
    """AdamW's, for the mean of its square."""
    adam_epsilon: float = Field(1e-8, gt=0)
    """AdamW's."""
    max_grad_norm: float = Field(1.0, gt=0)
    """A longer gradient is made this long."""
    gradient_checkpointing: bool = False
    """Keep only the input of each layer, and compute the layer again in the backward pass: less memory, more work."""
    neftune_noise_alpha: float | None = Field(None, gt=0)
    """Add noise to the embeddings in training: each number uniform in ± alpha / √(tokens · width)."""
    bf16: bool | Literal["auto"] = "auto"
    """Compute in bfloat16; `auto`: where the hardware is made for it."""
    logging_steps: int = Field(1, ge=1)
    """Steps from one line of metrics to the next."""
    save_steps: int = Field(50, ge=1)
    """Steps from one checkpoint to the next."""
    report_to: list[Tracker] = Field([], exclude=True)  # decides nothing of the weights: another one retrains nothing
    """Trackers to show the metrics: trackio, tensorboard, wandb, mlflow. They write files into the run."""

    @field_validator("report_to", mode="before")
    @classmethod
    def _as_list(cls, given: Any) -> Any:
        return [] if given in (None, "none") else [given] if isinstance(given, str) else given

    @field_validator("report_to")
    @classmethod
    def _installed(cls, given: list[Tracker]) -> list[Tracker]:
        for tracker in given:
            check_installed(tracker, f"report_to: {tracker}")
        return given

    def computes_in_bf16(self) -> bool:
        """`bf16`, decided."""
        from sftctl.core.machine.device import bf16_pays

        return bf16_pays() if self.bf16 == "auto" else self.bf16
