"""Experiment trackers that a training reports to, kept to files in the run's folder where nothing else is asked for."""

import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from sftctl.core.errors import ConfigError
from sftctl.core.types import Event, Json, TrainJob

Tracker = Literal["trackio", "tensorboard", "wandb", "mlflow"]


def check_installed(package: str, option: str) -> None:
    """Raises ConfigError naming the package that `option` lacks. `package` is its name for pip."""
    if find_spec(package.replace("-", "_")) is None:
        raise ConfigError(f"{option} needs a package that is not installed.", f"pip install {package}")


@contextmanager
def reported(job: TrainJob, trackers: Collection[Tracker]) -> Iterator[TrainJob]:
    """The job, whose metrics go to the trackers too: under the names, and by the code, of transformers' Trainer."""
    if not trackers:
        yield job
        return
    with local(trackers, job.output), _callbacks(trackers, job) as report:

        def emit(event: Event) -> None:
            job.emit(event)
            if event.kind == "metrics":
                report(event.data)

        yield replace(job, emit=emit)


@contextmanager
def _callbacks(trackers: Collection[Tracker], job: TrainJob) -> Iterator[Callable[[Mapping[str, Json]], None]]:
    """What hands one step's metrics to transformers' callback of each tracker."""
    from transformers import TrainerControl, TrainerState
    from transformers.integrations import get_reporting_integration_callbacks

    arguments, state, control = _arguments(job), TrainerState(), TrainerControl()
    callbacks = [callback() for callback in get_reporting_integration_callbacks(list(trackers))]

    def report(metrics: Mapping[str, Json]) -> None:
        state.global_step = metrics["step"]
        logs = {name: value for name, value in metrics.items() if name != "step"}
        for callback in callbacks:
            callback.on_log(arguments, state, control, logs=logs)

    for callback in callbacks:
        callback.on_train_begin(arguments, state, control)
    try:
        yield report
    finally:
        for callback in callbacks:
            callback.on_train_end(arguments, state, control)


def _arguments(job: TrainJob) -> Any:
    """Trainer's arguments, as callbacks want them, that show a tracker the settings of this training and no others."""
    from transformers import TrainingArguments

    settings: BaseModel = job.config

    class Arguments(TrainingArguments):  # type: ignore[misc, unused-ignore]
        def to_dict(self) -> dict[str, Any]:
            return settings.model_dump(mode="json") | {"seed": job.seed}

    return Arguments(output_dir=str(job.output), run_name=job.output.name)


@contextmanager
def local(trackers: Collection[Tracker], folder: Path) -> Iterator[None]:
    """While it lasts, trackers write into `folder`, one folder each, and reach no service.

    What the user's environment says already stays: with WANDB_MODE=online runs are uploaded.
    """
    ours: dict[str, dict[str, str | Path]] = {
        "tensorboard": {"TENSORBOARD_LOGGING_DIR": folder / "tensorboard"},
        "trackio": {"TRACKIO_DIR": folder / "trackio"},
        "wandb": {"WANDB_MODE": "offline", "WANDB_DIR": folder, "WANDB_SILENT": "true", "WANDB_CONSOLE": "off"},
        "mlflow": {
            "MLFLOW_TRACKING_URI": f"sqlite:///{folder.absolute() / 'mlflow.db'}",
            "HF_MLFLOW_LOG_ARTIFACTS": "0",
        },
    }
    added = {key: str(value) for tracker in trackers for key, value in ours[tracker].items() if key not in os.environ}
    os.environ.update(added)
    _forget_trackio(added)
    try:
        yield
    finally:
        if "wandb" in trackers and (wandb := sys.modules.get("wandb")):
            wandb.finish()
            wandb.teardown()  # it would keep its folder for the next training
        for key in added:
            os.environ.pop(key, None)
        _forget_trackio(added)


def _forget_trackio(added: Collection[str]) -> None:
    """Have it imported anew where its folder is another one: it looks for that only then."""
    if "TRACKIO_DIR" in added:
        for module in [name for name in sys.modules if name.partition(".")[0] == "trackio"]:
            del sys.modules[module]
