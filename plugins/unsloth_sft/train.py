"""Our side of a training by Unsloth: hand over the rows, follow what the worker says, check what it trained on."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sftctl.core.errors import InstallError, TrainError
from sftctl.core.machine.device import best_device
from sftctl.core.machine.environment import ensure
from sftctl.core.machine.processes import close_pipes, end_group
from sftctl.core.store import cache_root, clear_errors
from sftctl.core.types import IGNORED, Event, Json, Rendered, TrainJob
from sftctl.plugins.unsloth_sft import UNSLOTH, UnslothConfig, worker

LAST_LINES = 5
"""Of the worker's log, shown when it fails."""


def train(job: TrainJob) -> Path:
    """Train `job.train` with Unsloth; the folder with adapter or weights. Goes on from the last checkpoint.

    Raises TrainError when the worker fails, or trains on anything but the ids and labels that it was given.
    """
    rows = [row for row in job.train if any(label != IGNORED for label in row.labels[1:])]  # SFTTrainer drops the rest
    if not rows:
        raise TrainError("There is nothing to learn: no token of the training data carries loss.")
    ours = worker.digest((row.input_ids, row.labels) for row in rows)
    python = _python(job)
    folder = job.output / "checkpoints"
    with clear_errors(str(folder)):
        order = _write_order(job, rows, folder)
    with _running(python, order, folder / "worker.log") as messages:
        for message in messages:
            if "data" in message:
                _require_same(ours, message["data"])
            if "metrics" in message:
                job.emit(Event("metrics", "train", message["metrics"]))
            if "progress" in message:
                job.emit(Event("progress", "train", message["progress"]))
    return job.output / "trained"


def _python(job: TrainJob) -> Path:
    """An interpreter that has Unsloth."""
    assert isinstance(job.config, UnslothConfig)
    if job.config.python:
        return job.config.python.expanduser().absolute()  # not resolved: a venv's python is a link
    try:
        return ensure(UNSLOTH, cache_root(), lambda text: job.emit(Event("note", "train", {"text": text})))
    except InstallError as error:
        command = "pip install " + " ".join(UNSLOTH.requirements)
        hint = f"{error.hint} Or run `{command}` in an environment of yours and set train.python to its interpreter."
        raise InstallError(error.reason, hint) from None


DECIDED = ("python", "assistant_only_loss", "completion_only_loss", "gradient_checkpointing")
"""Settings that the worker need not know: here, or as the rows were rendered, they have had their effect."""


def _write_order(job: TrainJob, rows: Sequence[Rendered], folder: Path) -> Path:
    """All that the worker needs, as JSON; the rows as JSON lines beside it."""
    assert isinstance(job.config, UnslothConfig)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "rows.jsonl").open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps({"input_ids": list(row.input_ids), "labels": list(row.labels)}) + "\n")
    config = job.config
    settings = config.model_dump(mode="json", exclude=dict.fromkeys(DECIDED, True) | {"peft_config": {"use_dora"}})
    settings["bf16"] = config.computes_in_bf16()
    settings["use_gradient_checkpointing"] = config.use_gradient_checkpointing or config.gradient_checkpointing
    order = {
        "model": str(job.model.path.absolute()),
        "rows": str((folder / "rows.jsonl").absolute()),
        "checkpoints": str(folder.absolute()),
        "trained": str((job.output / "trained").absolute()),
        "seed": job.seed,
        "settings": settings,
    }
    path = folder / "order.json"
    path.write_text(json.dumps(order), encoding="utf-8")
    return path


# ---------------------------------------------------------------- the process


@contextmanager
def _running(python: Path, order: Path, log: Path) -> Iterator[Iterator[Json]]:
    """The worker's messages as they come. It ends when the block does; what it prints goes to `log`.

    Raises TrainError when it could not do its work.
    """
    environment = os.environ | {
        "HF_HUB_OFFLINE": "1",
        "UNSLOTH_DISABLE_STATISTICS": "1",
        "UNSLOTH_DISABLE_AUTO_PADDING_FREE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    if best_device().type == "cpu":
        environment["UNSLOTH_FORCE_CPU"] = "1"
    command = [str(python), "-I", "-X", "utf8", str(Path(worker.__file__).absolute()), str(order.absolute())]
    with clear_errors(str(log)), log.open("w", encoding="utf-8") as output:
        try:
            process = subprocess.Popen(
                command,
                cwd=order.parent,  # where Unsloth leaves the code that it compiles
                env=environment,
                stdin=subprocess.PIPE,  # the worker ends when this is closed, by us or by our end
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C is for us; we end the worker
            )
        except OSError as error:
            raise TrainError(f"{python} cannot be run: {error.strerror}.", "Look at train.python.") from None
    failure: list[str] = []
    try:
        yield _messages(process, failure)
        process.wait()
    finally:
        end_group(process)
        close_pipes(process)
    if process.returncode or failure:
        raise _failed(process.returncode, failure, log)


def _messages(process: "subprocess.Popen[str]", failure: list[str]) -> Iterator[Json]:
    """What the worker reports; a failure is put aside for the end."""
    assert process.stdout is not None
    for line in process.stdout:
        message = json.loads(line)
        if "error" in message:
            failure.append(message["error"])
        else:
            yield message


def _failed(code: int, failure: list[str], log: Path) -> TrainError:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-LAST_LINES:]
    how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    what = failure[0].rstrip(".") if failure else f"{how}; its last lines: {' | '.join(lines) or 'none'}"
    return TrainError(f"Unsloth could not train: {what}.", f"Its whole log is in {log}.")


# ---------------------------------------------------------------- the check


def _require_same(ours: dict[str, Json], theirs: dict[str, Json]) -> None:
    """Raises TrainError unless the rows that the worker's data loader yields are ours, each exactly once."""
    if theirs == ours:
        return
    for name, what in (("rows", "rows"), ("tokens", "tokens"), ("labels", "tokens that carry loss")):
        if theirs[name] != ours[name]:
            cause = f"it has {theirs[name]} {what} where it was given {ours[name]}"
            break
    else:
        cause = "as many tokens and labels, but other ones"
    raise TrainError(
        f"Unsloth would have trained on something else than the rendered rows: {cause}.",
        "Use another version of Unsloth (train.python), or another trainer.",
    )
