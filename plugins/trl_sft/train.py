"""One training by SFTTrainer: built, checked, run, saved."""

import math
import shutil
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, PrinterCallback, TrainerCallback
from trl import SFTConfig, SFTTrainer

from sftctl.core.errors import TrainError
from sftctl.core.machine.compiled import building
from sftctl.core.stages.checkpoint import load_checkpoint
from sftctl.core.types import Event, Rendered, TrainJob
from sftctl.plugins import trackers
from sftctl.plugins.adapters import with_adapters
from sftctl.plugins.trl_sft import checks
from sftctl.plugins.trl_sft.settings import TrlConfig

CANNOT = "TRL cannot train like that"


def train(job: TrainJob) -> Path:
    """Train on `job.train`; the folder with adapter or weights. Goes on from the last checkpoint.

    Raises TrainError when TRL refuses the settings, or trains on other labels than it was given.
    """
    config = job.config
    assert isinstance(config, TrlConfig)
    with trackers.local(config.report_to, job.output):
        trainer = build(job, config)
        checks.check_labels(trainer, job, config, lambda other: build(job, other))
        checks.check_first_loss(trainer, job, config)
        try:
            with building() if trainer.args.torch_compile else nullcontext():
                trainer.train(resume_from_checkpoint=_checkpoint(job, config))
        except NotImplementedError as error:
            raise TrainError(f"{CANNOT}: {error}") from error
        if job.evaluation and not any("eval_loss" in entry for entry in _last_step(trainer)):
            trainer.evaluate()
    trained = job.output / "trained"
    shutil.rmtree(trained, ignore_errors=True)
    if _has_masters(config):
        trainer.model.bfloat16()  # as they were computed with, and as `loop` publishes them
    trainer.model.save_pretrained(trained, safe_serialization=True)
    return trained


def build(job: TrainJob, config: TrlConfig) -> SFTTrainer:
    """The SFTTrainer of these settings, its data prepared."""
    arguments = {"run_name": job.output.name, **config.arguments()}
    model = _model(job, config)
    try:
        trainer = SFTTrainer(
            model=model,
            args=SFTConfig(output_dir=str(job.output / "checkpoints"), seed=job.seed, **arguments),
            train_dataset=_dataset(job.train),
            eval_dataset=_dataset(job.evaluation) if job.evaluation else None,
            processing_class=job.tokenizer,
            callbacks=[_Reporter(job)],
        )
    except (ValueError, TypeError, ImportError, NotImplementedError) as error:
        raise TrainError(f"{CANNOT}: {error}") from error
    trainer.remove_callback(PrinterCallback)
    return trainer


def _dataset(rows: Sequence[Rendered]) -> Dataset:
    return Dataset.from_dict({"input_ids": [row.input_ids for row in rows], "labels": [row.labels for row in rows]})


def _model(job: TrainJob, config: TrlConfig) -> Any:
    """The model to train. Unless `model_init_kwargs` names another dtype, what is trained is float32.

    What is frozen has the dtype that is computed in; matmuls with float32 weights are in bfloat16 all the same.
    """
    computes_in_bf16 = config.computes_in_bf16() and not _has_masters(config)
    arguments: dict[str, Any] = {"dtype": torch.bfloat16 if computes_in_bf16 else torch.float32}
    arguments |= config.model_init_kwargs
    if config.use_kernels:
        arguments["use_kernels"] = True
    try:
        model = AutoModelForCausalLM.from_pretrained(
            job.model.path, **arguments, trust_remote_code=False, use_safetensors=True
        )
    except (ValueError, TypeError, ImportError) as error:
        raise TrainError(f"The model cannot be loaded with these model_init_kwargs: {error}") from error
    if config.adapter is None:
        if config.peft_config is None and model.dtype == torch.bfloat16:
            job.emit(Event("note", "train", {"text": _what_bf16_loses(model, config.learning_rate)}))
        return with_adapters(model, config.peft_config, job.seed) if config.peft_config else model
    from peft import PeftModel

    folder = Path(config.adapter)
    if (folder / "manifest.json").exists():  # a run's own: of the same base model?
        load_checkpoint(folder, job.model)
    return PeftModel.from_pretrained(model, folder, is_trainable=True)


def _has_masters(config: TrlConfig) -> bool:
    """Whether weights are float32 that compute in bfloat16."""
    full = config.peft_config is None and config.adapter is None
    return full and config.computes_in_bf16() and "dtype" not in config.model_init_kwargs


def _what_bf16_loses(model: Any, learning_rate: float) -> str:
    """How many weights an update of that size, as AdamW's are at most, leaves as they were: it is rounded away."""
    weights = [parameter.detach() for parameter in model.parameters() if parameter.requires_grad]
    stuck = sum(int((weight + learning_rate == weight).sum()) for weight in weights)
    share = stuck / sum(weight.numel() for weight in weights)
    return (
        f"weights are trained in bfloat16, which is too coarse for {share:.0%} of them: an update of {learning_rate:g} "
        "leaves them as they are. Without a dtype in model_init_kwargs they are kept in float32"
    )


def _checkpoint(job: TrainJob, config: TrlConfig) -> str | None:
    """Where to go on: the run's newest whole checkpoint, else the one that the settings name."""
    asked = config.resume_from_checkpoint
    folder = job.output / "checkpoints"
    if asked is False:
        shutil.rmtree(folder, ignore_errors=True)
        return None
    # trainer_state.json is written last, and a kill may have come before
    whole = [path.parent for path in folder.glob("checkpoint-*/trainer_state.json")]
    if whole:
        return str(max(whole, key=lambda path: int(path.name.rpartition("-")[2])))
    return asked if isinstance(asked, str) else None


def _last_step(trainer: SFTTrainer) -> list[dict[str, float]]:
    """What was logged after the last step."""
    return [entry for entry in trainer.state.log_history if entry["step"] == trainer.state.global_step]


class _Reporter(TrainerCallback):  # type: ignore[misc, unused-ignore]
    """Emits what every trainer emits: metrics and progress."""

    def __init__(self, job: TrainJob) -> None:
        self._job = job
        self._started = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._started = time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        names = ("loss", "grad_norm", "learning_rate", "eval_loss")
        metrics = {name: float(logs[name]) for name in names if name in logs}
        if "loss" not in metrics and "eval_loss" not in metrics:
            return
        if not math.isfinite(metrics.get("loss", 0.0)):
            raise TrainError(f"The loss became {metrics['loss']} at step {state.global_step}.", "Lower learning_rate.")
        if "loss" in metrics and "num_tokens" in logs:  # since this process began, as `_started`
            metrics["tokens_per_second"] = round(logs["num_tokens"] / (time.monotonic() - self._started), 1)
        self._job.emit(Event("metrics", "train", {"step": state.global_step, **metrics}))
        if "loss" in metrics:
            self._progress(state)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if not control.should_log:  # else the step's metrics come first
            self._progress(state)

    def _progress(self, state: Any) -> None:
        self._job.emit(Event("progress", "train", {"done": state.global_step, "total": state.max_steps}))
