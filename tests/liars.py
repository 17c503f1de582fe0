"""Trainers of a third party, each of which breaks one promise; underneath all are the loop."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from sftctl.core import hookimpl
from sftctl.core.errors import TrainError
from sftctl.core.types import IGNORED, Event, Rendered, Trainer, TrainJob
from sftctl.plugins.hyperparameters import TrainingSettings
from sftctl.plugins.loop import LoopConfig
from sftctl.plugins.loop import train as loop


class LiarConfig(TrainingSettings):
    packing: bool = True
    per_device_train_batch_size: int = 1
    padding_free: bool = False
    gradient_checkpointing: bool = False
    use_liger_kernel: bool = False


def train(job: TrainJob) -> Path:
    """The loop, not compiled."""
    assert isinstance(job.config, LiarConfig)
    settings = job.config.model_dump(exclude={"padding_free", "gradient_checkpointing", "use_liger_kernel"})
    return loop.train(replace(job, config=LoopConfig(**settings, torch_compile=False)))


def learning(row: Callable[[Rendered], Rendered]) -> Callable[[TrainJob], Path]:
    """A trainer that learns from something else than its rows."""
    return lambda job: train(replace(job, train=[row(given) for given in job.train]))


def without_mask(row: Rendered) -> Rendered:
    return Rendered(row.input_ids, row.input_ids)


def shifted(row: Rendered) -> Rendered:
    """Each label is that of the token after it: as if the shift were done twice."""
    return Rendered(row.input_ids, [*row.labels[1:], IGNORED])


def without_stop(row: Rendered) -> Rendered:
    stop = 2  # <|im_end|>, the tiny tokenizer's third token
    return Rendered(row.input_ids, [IGNORED if label == stop else label for label in row.labels])


def in_another_context(row: Rendered) -> Rendered:
    return Rendered([row.input_ids[0], 7, *row.input_ids[2:]], row.labels)


def forgets_its_checkpoints(job: TrainJob) -> Path:
    shutil.rmtree(job.output / "checkpoints", ignore_errors=True)
    return train(job)


def resumes_roughly(job: TrainJob) -> Path:
    """Goes on at the right step, but with other random numbers."""
    resumed = (job.output / "checkpoints").exists()
    return train(replace(job, seed=job.seed + resumed))


def embellishes(job: TrainJob) -> Path:
    def emit(event: Event) -> None:
        better = {**event.data, "loss": event.data["loss"] * 0.9} if event.kind == "metrics" else event.data
        job.emit(replace(event, data=better))

    return train(replace(job, emit=emit))


def hurries(job: TrainJob) -> Path:
    """Right in a single step, and faster than asked for where more follow."""
    asked = job.config
    assert isinstance(asked, LiarConfig)
    faster = asked.model_copy(update={"learning_rate": asked.learning_rate * 1.2})
    return train(replace(job, config=faster) if asked.max_steps > 1 else job)


def begins_elsewhere(job: TrainJob) -> Path:
    """Learns all that it should, from an adapter that is not that of the seed."""
    return train(replace(job, seed=job.seed + 1))


def loses_the_mask_with_an_option(job: TrainJob) -> Path:
    """Each option is dealt with in one of the ways that a trainer can deal with it."""
    config = job.config
    assert isinstance(config, LiarConfig)
    if config.use_liger_kernel:
        raise TrainError("There is no GPU here.", "Leave use_liger_kernel out.")
    if config.gradient_checkpointing:
        return learning(without_mask)(job)
    if config.padding_free and config.packing:
        raise RuntimeError("shapes do not fit\nin many lines")
    return train(job)


LIARS: dict[str, Callable[[TrainJob], Path]] = {
    "no-mask": learning(without_mask),
    "shifted": learning(shifted),
    "no-stop": learning(without_stop),
    "other-context": learning(in_another_context),
    "forgetful": forgets_its_checkpoints,
    "rough": resumes_roughly,
    "embellisher": embellishes,
    "hurried": hurries,
    "elsewhere": begins_elsewhere,
}


@hookimpl
def sftctl_trainers() -> Iterable[Trainer]:
    yield from (Trainer(name, f"lies: {name}", LiarConfig, lie) for name, lie in LIARS.items())
    yield Trainer("options", "lies when an option is on", LiarConfig, loses_the_mask_with_an_option)
