"""The settings of trainer `trl`, in TRL's spellings: those with a meaning here, and any other that SFTConfig takes."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from sftctl.core.config import DatasetConfig
from sftctl.core.errors import ConfigError
from sftctl.core.machine.device import best_device
from sftctl.core.types import Json
from sftctl.plugins.hyperparameters import TrainingSettings
from sftctl.plugins.trackers import check_installed
from sftctl.plugins.trl_sft.passed_on import check_passed_on

MODEL_IS_CHOSEN = "the model is chosen by 'model', and only safetensors and code of installed packages are loaded"
NOT_FOR_THE_MODEL = frozenset(
    ("trust_remote_code", "use_safetensors", "weights_only", "state_dict", "config", "revision", "code_revision")
) | {"subfolder", "variant", "cache_dir", "token", "gguf_file", "adapter_kwargs", "pretrained_model_name_or_path"}
"""Arguments of `from_pretrained` that would load something else, or run it."""


DTYPES = ("auto", "bfloat16", "float16", "float32", "float64")


class TrlConfig(TrainingSettings):
    """Settings with a meaning of their own here. Further names are passed on to SFTConfig, which must know them."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    per_device_train_batch_size: int = Field(4, ge=1, description="rows, or packs of rows, in a step")
    per_device_eval_batch_size: int = Field(8, ge=1, description="rows, or packs, of `eval_dataset` at a time")
    packing: bool = Field(False, description="lay rows end to end, up to `max_length` tokens")
    packing_strategy: Literal["bfd", "bfd_split", "wrapped"] = Field(
        "bfd", description="`wrapped` cuts rows and lets them see one another; the others do not"
    )
    padding_free: bool = Field(False, description="lay the rows of a batch end to end instead of padding them")
    use_liger_kernel: bool = Field(False, description="Liger's kernels; needs a GPU and `pip install liger-kernel`")
    use_kernels: bool = Field(False, description="kernels of the hub; needs a GPU and `pip install kernels`")
    model_init_kwargs: dict[str, Json] = Field(
        {}, description="for `from_pretrained`: `dtype`, `attn_implementation`, …"
    )
    adapter: str | None = Field(
        None, description="a folder with a LoRA adapter to go on from (a ready PeftModel); needs `peft_config: null`"
    )
    eval_dataset: Annotated[float, Field(gt=0, lt=1)] | DatasetConfig | None = Field(
        None, description="rows to measure the loss on: a file (or an entry as of `dataset`), or a share of the rows"
    )
    eval_strategy: Literal["steps", "epoch"] | None = Field(
        None, description="when; null: by `eval_steps` if set, else after each epoch. Once more at the end"
    )
    eval_steps: int | None = Field(None, ge=1, description="steps between two evaluations")
    resume_from_checkpoint: bool | str = Field(
        True, description="go on from the run's last checkpoint, else from this folder; false: begin anew"
    )

    @field_validator("model_init_kwargs")
    @classmethod
    def _in_one_spelling(cls, given: dict[str, Json]) -> dict[str, Json]:
        """`dtype` as transformers takes it: `torch_dtype` is its old name, `torch.bfloat16` is Python."""
        given = dict(given)
        if "torch_dtype" in given:
            given.setdefault("dtype", given.pop("torch_dtype"))
        if "dtype" in given:
            given["dtype"] = str(given["dtype"]).removeprefix("torch.")
            if given["dtype"] not in DTYPES:
                raise ConfigError(
                    f"model_init_kwargs: there is no dtype '{given['dtype']}'.", f"Known: {', '.join(DTYPES)}."
                )
        return given

    @model_validator(mode="after")
    def _fits_together(self) -> "TrlConfig":
        if self.padding_free and self.packing and self.packing_strategy == "wrapped":
            raise ConfigError("packing_strategy: wrapped and padding_free exclude each other.", "Use bfd.")
        if self.eval_dataset is None and (self.eval_steps or self.eval_strategy):
            raise ConfigError("eval_steps and eval_strategy need an eval_dataset.", "E.g. eval_dataset: 0.05.")
        if self.eval_steps and self.eval_strategy == "epoch":
            raise ConfigError("eval_steps has no effect with eval_strategy: epoch.", "Leave one of them out.")
        self._check_kernels()
        self._check_model()
        if self.model_extra:
            check_passed_on(self.model_extra, self.arguments(), set(type(self).model_fields))
        return self

    def _check_kernels(self) -> None:
        asked = {"use_liger_kernel": "liger-kernel", "use_kernels": "kernels"}
        for option, package in asked.items():
            if getattr(self, option):
                if best_device().type == "cpu":
                    raise ConfigError(f"{option}: true needs a GPU: its kernels do not run on a CPU.", "Leave it out.")
                check_installed(package, f"{option}: true")

    def _check_model(self) -> None:
        if refused := NOT_FOR_THE_MODEL & set(self.model_init_kwargs):
            raise ConfigError(f"model_init_kwargs cannot have '{min(refused)}': {MODEL_IS_CHOSEN}.")
        if "use_kernels" in self.model_init_kwargs:
            raise ConfigError("use_kernels belongs beside model_init_kwargs, not into it.")
        if self.adapter is not None:
            if self.peft_config is not None:
                raise ConfigError("An adapter to go on from has its own peft_config.", "Set peft_config: null.")
            weights = Path(self.adapter) / "adapter_model.safetensors"
            if not weights.is_file():
                raise ConfigError(f"adapter: there is no {weights}.", "Name a folder like runs/NAME/model.")
        checkpoint = self.resume_from_checkpoint
        if isinstance(checkpoint, str) and not (Path(checkpoint) / "trainer_state.json").is_file():
            raise ConfigError(f"resume_from_checkpoint: {checkpoint} is no checkpoint: it has no trainer_state.json.")

    def files(self) -> list[Path]:
        """What decides the result besides these values: the adapter and the checkpoint that it goes on from."""
        files = []
        if self.adapter:
            files += [Path(self.adapter) / name for name in ("adapter_model.safetensors", "adapter_config.json")]
        if isinstance(self.resume_from_checkpoint, str):
            files.append(Path(self.resume_from_checkpoint) / "trainer_state.json")
        return files

    def arguments(self) -> dict[str, Any]:
        """What SFTConfig is given. No row is too long any more, so without packing nothing is to be cut."""
        handled = {"peft_config", "bf16", "model_init_kwargs", "adapter", "eval_dataset", "use_kernels", "max_length"}
        handled |= {"assistant_only_loss", "completion_only_loss", "resume_from_checkpoint"}
        by_steps = self.eval_steps or self.eval_strategy == "steps"
        return {
            "disable_tqdm": True,
            "use_cpu": best_device().type == "cpu",  # said outright, or bf16 is refused
            "save_total_limit": 1,
            "shuffle_dataset": False,
            "logging_nan_inf_filter": False,  # or a loss that is no number is shown as the mean of the others
            "bf16": self.computes_in_bf16() and not (self.model_extra or {}).get("fp16"),
            "max_length": self.max_length if self.packing else None,
            **self.model_dump(exclude=handled),
            "eval_strategy": "no" if self.eval_dataset is None else "steps" if by_steps else "epoch",
            "report_to": self.report_to or "none",
        }
