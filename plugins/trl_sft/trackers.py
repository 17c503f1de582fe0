"""Experiment trackers that TRL reports to, kept to files in the run's folder where nothing else is asked for."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from sftctl.core.errors import ConfigError

Tracker = Literal["trackio", "tensorboard", "wandb", "mlflow"]


def check_installed(package: str, option: str) -> None:
    """Raises ConfigError naming the package that `option` lacks. `package` is its name for pip."""
    if find_spec(package.replace("-", "_")) is None:
        raise ConfigError(f"{option} needs a package that is not installed.", f"pip install {package}")


@contextmanager
def local(trackers: Iterable[Tracker], folder: Path) -> Iterator[None]:
    """While it lasts, trackers write into `folder`, one folder each, and reach no service.

    What the user's environment says already stays: with WANDB_MODE=online runs are uploaded.
    """
    ours: dict[str, dict[str, str | Path]] = {
        "tensorboard": {"TENSORBOARD_LOGGING_DIR": folder / "tensorboard"},
        "trackio": {"TRACKIO_DIR": folder / "trackio"},
        "wandb": {"WANDB_MODE": "offline", "WANDB_DIR": folder},
        "mlflow": {
            "MLFLOW_TRACKING_URI": f"sqlite:///{folder.absolute() / 'mlflow.db'}",
            "HF_MLFLOW_LOG_ARTIFACTS": "0",
        },
    }
    added = {key: str(value) for tracker in trackers for key, value in ours[tracker].items() if key not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for key in added:
            os.environ.pop(key, None)
