"""One short training in a process of its own: what came of it, however it ended."""

import json
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Literal

from sftctl.core.config import RunConfig
from sftctl.core.errors import SftctlError
from sftctl.core.manager import plugin_manager
from sftctl.core.store import JsonLines, write_json
from sftctl.core.types import Event, Json, Model, Rendered, TrainJob

Ending = Literal["ok", "refused", "crashed", "killed", "unfinished"]


@dataclass(frozen=True)
class Probe:
    """What is to be trained. The trainer is found by name, as a run would find it."""

    trainer: str
    settings: Mapping[str, Json]
    model: Model
    chat_format: str
    rows: tuple[Rendered, ...]
    output: Path
    seconds: float
    """It may take so long."""
    threads: int | None = None
    kill_after: int = 0
    """SIGKILL after this step; 0: let it finish."""


@dataclass(frozen=True)
class Outcome:
    """How a probe ended."""

    ending: Ending
    reason: str = ""
    """The trainer's own when it `refused` (an SftctlError), else the exception in one line."""
    steps: tuple[Mapping[str, float], ...] = ()
    """The metrics of each step."""
    weights: Path | None = None


def run_probe(probe: Probe) -> Outcome:
    """Train, and wait for it. Nothing that a trainer does (patch a library, crash, hang) reaches this process."""
    probe.output.mkdir(parents=True, exist_ok=True)
    answer, steps = probe.output / "outcome.json", probe.output / "steps.jsonl"
    for old in (answer, steps):
        old.unlink(missing_ok=True)
    process = _context().Process(target=_carry_out, args=(probe,))
    process.start()
    process.join(probe.seconds)
    if process.is_alive():
        _end(process.pid)
        process.join()
        return Outcome("unfinished", f"it took longer than {probe.seconds:.0f} s", _steps(steps))
    if answer.exists():
        ending, reason, weights = json.loads(answer.read_text(encoding="utf-8"))
        return Outcome(ending, reason, _steps(steps), Path(weights) if weights else None)
    if probe.kill_after and process.exitcode == -signal.SIGKILL:
        return Outcome("killed", steps=_steps(steps))
    return Outcome("crashed", f"its process ended with {process.exitcode}", _steps(steps))


def _context() -> ForkServerContext:
    """Probes are forked from a server that has imported the libraries and done nothing else."""
    # what a killed probe leaves is cleared away, but not without a word
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker:UserWarning")
    context = get_context("forkserver")
    context.set_forkserver_preload(["__main__", "sftctl.core.verify.warm"])
    return context


def _steps(path: Path) -> tuple[Mapping[str, float], ...]:
    return tuple(map(json.loads, path.read_text(encoding="utf-8").splitlines())) if path.exists() else ()


def _end(pid: int | None) -> None:
    """Kill a probe and what it started."""
    assert pid
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:  # it has not come to lead a group yet
        os.kill(pid, signal.SIGKILL)


# ---------------------------------------------------------------- in the other process


def _carry_out(probe: Probe) -> None:
    """Train, and write down how it ended. What is printed meanwhile goes to a file."""
    os.setsid()
    # a compiler that is killed leaves half a library, which every later training would stumble over
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(probe.output / "compiled")
    with (probe.output / "probe.log").open("w") as log:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(log.fileno(), stream.fileno())
    write_json(probe.output / "outcome.json", _try(probe))


def _try(probe: Probe) -> tuple[Ending, str, str]:
    """Ending, reason and folder of weights."""
    try:
        return "ok", "", str(_train(probe))
    except SftctlError as error:
        return "refused", str(error), ""
    except Exception as error:
        traceback.print_exc()
        first = (str(error).strip().splitlines() or [""])[0]
        return "crashed", f"{type(error).__name__}: {first}"[:300], ""


def _train(probe: Probe) -> Path:
    import torch

    from sftctl.serve.chat import load_tokenizer

    if probe.threads:
        torch.set_num_threads(probe.threads)
    plugins = plugin_manager()
    trainer = plugins.trainers()[probe.trainer]
    config = RunConfig(model=probe.model.name, trainer=probe.trainer, train=dict(probe.settings))
    settings = config.trainer_config(plugins)
    steps = JsonLines(probe.output / "steps.jsonl")

    def emit(event: Event) -> None:
        if event.kind == "metrics":
            steps.append(event.data)
        if event.kind == "progress" and 0 < probe.kill_after <= event.data["done"]:
            os.killpg(os.getpgid(0), signal.SIGKILL)

    tokenizer = load_tokenizer(probe.model.path)
    job = TrainJob(
        probe.model,
        plugins.chat_formats()[probe.chat_format].fitted(tokenizer),
        tokenizer,
        probe.rows,
        settings,
        0,
        probe.output,
        emit,
    )
    return trainer.train(job)
