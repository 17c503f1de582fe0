"""Trainer `trl`: TRL's SFTTrainer with LoRA, fed the very token ids and labels that every trainer gets."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import Field

from sftctl.core import hookimpl
from sftctl.core.costs import Costs
from sftctl.core.device import best_device
from sftctl.core.types import CostJob, Event, Trainer, TrainJob
from sftctl.plugins.hyperparameters import TrainingSettings


class TrlConfig(TrainingSettings):
    """Those of SFTConfig's arguments that can be set."""

    per_device_train_batch_size: int = Field(4, ge=1)


def _train(job: TrainJob) -> Path:
    import shutil

    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM
    from trl import SFTConfig, SFTTrainer

    config = job.config
    assert isinstance(config, TrlConfig)
    folder = job.output / "checkpoints"
    arguments = SFTConfig(
        output_dir=str(folder),
        seed=job.seed,
        report_to="none",
        disable_tqdm=True,
        save_total_limit=1,
        shuffle_dataset=False,
        bf16=config.computes_in_bf16(),
        use_cpu=best_device().type == "cpu",  # said outright, or bf16 is refused
        **config.model_dump(exclude={"peft_config", "bf16"}),
    )
    rows = [{"input_ids": row.input_ids, "labels": row.labels} for row in job.train]
    peft_config = config.peft_config and LoraConfig(task_type="CAUSAL_LM", **config.peft_config.model_dump())
    dtype = torch.bfloat16 if config.computes_in_bf16() else torch.float32
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(job.model.path, dtype=dtype, trust_remote_code=False),
        args=arguments,
        train_dataset=Dataset.from_list(rows),
        processing_class=job.tokenizer,
        peft_config=peft_config,
        callbacks=[_reporter(job)],
    )
    trainer.train(resume_from_checkpoint=_last_checkpoint(folder))
    trained = job.output / "trained"
    shutil.rmtree(trained, ignore_errors=True)
    trainer.model.save_pretrained(trained, safe_serialization=True)
    return trained


def _last_checkpoint(folder: Path) -> str | None:
    """The newest whole checkpoint: the trainer writes trainer_state.json last, a kill may have come before."""
    whole = [path.parent for path in folder.glob("checkpoint-*/trainer_state.json")]
    return str(max(whole, key=lambda path: int(path.name.rpartition("-")[2]))) if whole else None


def _reporter(job: TrainJob) -> Any:
    """A callback that emits what the loop emits: metrics and progress."""
    import time

    from transformers import TrainerCallback

    started = time.monotonic()

    class Reporter(TrainerCallback):  # type: ignore[misc, unused-ignore]
        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
            if logs and "loss" in logs:
                names = ("loss", "grad_norm", "learning_rate")
                metrics = {name: float(logs[name]) for name in names if name in logs}
                if "num_tokens" in logs:  # since this process began, as `started`
                    metrics["tokens_per_second"] = round(logs["num_tokens"] / (time.monotonic() - started), 1)
                job.emit(Event("metrics", "train", {"step": state.global_step, **metrics}))

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            job.emit(Event("progress", "train", {"done": state.global_step, "total": state.max_steps}))

    return Reporter()


def _costs(job: CostJob) -> Costs:
    from sftctl.plugins.trl_costs import costs

    return costs(job)


@hookimpl
def sftctl_trainers() -> Iterable[Trainer]:
    return [Trainer("trl", "TRL's SFTTrainer, with LoRA or full", TrlConfig, _train, _costs)]
