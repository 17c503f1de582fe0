"""Run directories: what is written is whole, what is done is remembered, and one process works at a time.

runs/<name>/
  config.yaml  manifest.json  events.jsonl  metrics.jsonl  run.log
  data/  checkpoints/  model/  eval/  report.html  report.md  report.json
"""

import errno
import fcntl
import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from sftctl.core.errors import SftctlError, StoreError, UnforeseenError, did_you_mean
from sftctl.core.types import Emit, Event, Json

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FREE_SPACE = "Free some space and run again."

APART = ("transformers", "datasets", "torch")
"""Libraries whose loggers print by themselves and pass nothing on."""


def runs_root(flag: Path | None = None) -> Path:
    """Where runs lie: the flag, else SFTCTL_RUNS, else ./runs."""
    return flag or Path(os.environ.get("SFTCTL_RUNS") or "runs")


def cache_root() -> Path:
    """Where fetched models and benchmarks lie: SFTCTL_CACHE, else ~/.cache/sftctl."""
    return Path(os.environ.get("SFTCTL_CACHE") or Path.home() / ".cache" / "sftctl").expanduser()


def fingerprint(value: Json) -> str:
    """A sha256 over a JSON value, the same whatever the order of keys."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def file_hash(path: Path) -> str:
    """A sha256 over a file's bytes."""
    with clear_errors(str(path), "read"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ---------------------------------------------------------------- writing


@contextmanager
def clear_errors(what: str, deed: str = "written") -> Iterator[None]:
    """Turn an operating system's refusal into one sentence."""
    try:
        yield
    except OSError as error:
        hint = FREE_SPACE if error.errno in FULL else ""
        raise StoreError(f"{what} cannot be {deed}: {(error.strerror or str(error)).lower()}.", hint) from error


def disk_is_full(error: BaseException) -> bool:
    """Whether an error means that: libraries written in Rust or C++ say it in words alone."""
    if isinstance(error, OSError) and error.errno in FULL:
        return True
    return any(os.strerror(number) in str(error) for number in FULL)


@contextmanager
def writing(path: Path) -> Iterator[IO[str]]:
    """A text file that appears whole or not at all: written beside, synced, then renamed into place.

    A device or a pipe (`-o /dev/stdout`) is written to instead; a rename would put a file in its place.
    """
    with clear_errors(str(path)):
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8") as file:
                yield file
            return
        path = path.resolve()  # what a link points to is replaced, not the link
        partial = path.with_name(f".{path.name}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("w", encoding="utf-8") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


def write_text(path: Path, text: str) -> None:
    with writing(path) as file:
        file.write(text)


def write_json(path: Path, value: Json) -> None:
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_lines(path: Path, lines: Iterable[str]) -> None:
    with writing(path) as file:
        file.writelines(f"{line}\n" for line in lines)


def publish(partial: Path, final: Path) -> None:
    """Put a finished folder in its place, after its files are safely on disk."""
    with clear_errors(str(final)):
        for path in partial.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        shutil.rmtree(final, ignore_errors=True)
        partial.rename(final)


def read_lines(path: Path) -> Iterator[Json]:
    """The rows of a JSONL file, without those that a crash or a full disk has damaged."""
    with clear_errors(str(path), "read"), path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            with suppress(ValueError):
                yield json.loads(line)


def check_writable(path: Path) -> None:
    """Raises StoreError where a file of that name cannot be written: asked before work, not after it."""
    with clear_errors(str(path)):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path.parent):
            pass


class JsonLines:
    """A JSONL file that is only appended to; a last line cut short by a crash is dropped when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.exists():
            content = path.read_bytes()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                os.truncate(path, whole)

    def append(self, row: Mapping[str, Json]) -> None:
        with clear_errors(str(self.path)), self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


class Metrics:
    """The metrics of a run, each step once: what an earlier try told of steps that are done again is dropped."""

    def __init__(self, path: Path) -> None:
        self._rows = JsonLines(path)
        self._begun = False

    def append(self, row: Mapping[str, Json]) -> None:
        if not self._begun and "step" in row:
            self._begin_with(row)
        self._rows.append(row)

    def _begin_with(self, row: Mapping[str, Json]) -> None:
        """Keep what came before this row: earlier steps, and of its own step what it does not tell again."""
        self._begun = True
        path = self._rows.path
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        kept = []
        for line in lines:
            told = json.loads(line)
            before = told.get("step", 0) < row["step"]
            if before or (told.get("step") == row["step"] and told.keys() != row.keys()):
                kept.append(line)
        if len(kept) < len(lines):
            write_lines(path, kept)


# ---------------------------------------------------------------- one run


@dataclass
class RunFolder:
    """One run's directory, locked for this process."""

    path: Path
    emit: Emit
    """Gives an event to whoever watches, and writes it down."""
    manifest: dict[str, Json] = field(default_factory=dict)
    lenders: Sequence[Path] = ()
    """Runs beside this one, whose stages need not be done again where they are the same."""

    @property
    def name(self) -> str:
        return self.path.name

    def stage(
        self,
        name: str,
        inputs: Json,
        outputs: Iterable[str],
        work: Callable[[], None],
        partial: Iterable[str] = (),
        borrow: bool = False,
        quiet: bool = False,
    ) -> str:
        """Do a stage unless it is done already; its fingerprint, which the next stage takes as an input.

        A stage is done when it finished with the same `inputs` and its `outputs` are there. What an earlier try
        with *other* inputs left (outputs and `partial`, e.g. checkpoints) is removed first; what one with the
        same inputs left is kept, so that it can go on from there. With `borrow`, what a lender made of the same
        inputs is copied. A `quiet` stage has nothing to do but to write outputs, and no event tells of it.
        """
        told = (lambda event: None) if quiet else self.emit
        outputs = list(outputs)
        mark = stage_mark(name, inputs)
        made = [self.path / output for output in outputs]
        stages = self.manifest.setdefault("stages", {})
        known = stages.get(name, {})
        if known.get("fingerprint") == mark and known.get("done") and all(map(Path.exists, made)):
            told(Event("stage_skipped", name))
            return mark
        if known.get("fingerprint") != mark:
            self._remove([*made, *(self.path / path for path in partial)])
        stages[name] = {"fingerprint": mark, "done": False, "outputs": outputs}
        self.save_manifest()
        if lent := self._lent(name, mark) if borrow else []:
            self._copy(lent, made)
            stages[name]["done"] = True
            self.save_manifest()
            told(Event("stage_skipped", name))
            return mark
        told(Event("stage_started", name))
        work()
        stages[name]["done"] = True
        self.save_manifest()
        told(Event("stage_finished", name))
        return mark

    def save_manifest(self) -> None:
        write_json(self.path / "manifest.json", self.manifest)

    def _lent(self, name: str, mark: str) -> list[Path]:
        """What a lender's stage of the same fingerprint has made, in the order of our own outputs."""
        for lender in self.lenders:
            stage = read_manifest(lender).get("stages", {}).get(name, {})
            paths = [lender / output for output in stage.get("outputs", ())]
            if stage.get("fingerprint") == mark and stage.get("done") and all(map(Path.exists, paths)):
                return paths
        return []

    def _copy(self, sources: Iterable[Path], targets: Iterable[Path]) -> None:
        """Whole or not at all, each."""
        with clear_errors(str(self.path)):
            for source, target in zip(sources, targets, strict=True):
                partial = target.with_name(f".{target.name}.partial")
                self._remove([partial, target])
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copytree(source, partial) if source.is_dir() else shutil.copyfile(source, partial)
                partial.rename(target)

    def _remove(self, paths: Iterable[Path]) -> None:
        with clear_errors(str(self.path)):
            for path in paths:
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def stage_mark(name: str, inputs: Json) -> str:
    """The fingerprint of a stage."""
    return fingerprint([name, inputs])


def is_done(run: Path, name: str, inputs: Json) -> bool:
    """Whether a stage of that run finished with these inputs."""
    known = read_manifest(run).get("stages", {}).get(name, {})
    return bool(known.get("done")) and known.get("fingerprint") == stage_mark(name, inputs)


@contextmanager
def open_run(root: Path, name: str, watch: Emit, lenders: Sequence[Path] = ()) -> Iterator[RunFolder]:
    """Make or reopen a run's directory and lock it. Raises StoreError while another process works in it.

    What other libraries log meanwhile goes to its `run.log`, and so does the traceback of an error that nobody
    foresaw, which leaves as an UnforeseenError.
    """
    if not name or Path(name).name != name or name.startswith("."):
        raise StoreError(f"'{name}' cannot be the name of a run.", "It names a folder: no '/', no dot in front.")
    path = root / name
    with clear_errors(str(path)):
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / ".lock").open("a+")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise StoreError(
                f"Run '{name}' is being worked on by process {lock.read().strip() or '?'}.",
                "Wait for it, stop it, or give this run another --name.",
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        events, metrics = JsonLines(path / "events.jsonl"), Metrics(path / "metrics.jsonl")

        def emit(event: Event) -> None:
            if event.kind == "metrics":
                metrics.append(event.data)
            elif event.kind != "progress":
                events.append({"kind": event.kind, "stage": event.stage, **event.data})
                log.info("%s %s %s", event.kind, event.stage, json.dumps(event.data, default=str))
            watch(event)

        with _logging_to(path / "run.log") as log, _foreseen(path / "run.log", log):
            yield RunFolder(path, emit, read_manifest(path), lenders)


@contextmanager
def _logging_to(path: Path) -> Iterator[logging.Logger]:
    """Our logger, while everything that is logged in this process is appended to a file."""
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # a full disk is told of elsewhere
    log = logging.getLogger("sftctl")
    log.setLevel(logging.INFO)
    listening = [logging.getLogger(), *map(logging.getLogger, APART)]
    for logger in listening:
        logger.addHandler(handler)
    try:
        yield log
    finally:
        for logger in listening:
            logger.removeHandler(handler)
        with suppress(OSError):
            handler.close()


@contextmanager
def _foreseen(path: Path, log: logging.Logger) -> Iterator[None]:
    """Let errors that we know pass; keep the traceback of any other."""
    try:
        yield
    except SftctlError:
        raise
    except Exception as error:
        if disk_is_full(error):
            raise StoreError(f"{path.parent} cannot be written: the disk is full.", FREE_SPACE) from error
        log.exception("Unforeseen")
        raise UnforeseenError(
            f"This should not have happened: {type(error).__name__}: {error}. The traceback is in {path}."
        ) from error


def read_manifest(path: Path) -> dict[str, Json]:
    """A run's manifest; empty where there is none. Raises StoreError when it is damaged."""
    try:
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise StoreError(f"{path / 'manifest.json'} is damaged: {error}.", "Remove that run's folder.") from None
    return manifest if isinstance(manifest, dict) else {}


# ---------------------------------------------------------------- all runs


def list_runs(root: Path) -> list[Path]:
    """The run directories, oldest first."""
    manifests = root.glob("*/manifest.json") if root.is_dir() else ()
    return [path.parent for path in sorted(manifests, key=lambda path: path.stat().st_mtime)]


def find_run(root: Path, name: str | None) -> Path:
    """The run of that name or in that folder, or the newest one that has a model. Raises StoreError."""
    runs = list_runs(root)
    if name is None:
        trained = [run for run in runs if (run / "model" / "manifest.json").exists()]
        if not trained:
            raise StoreError(f"There is no trained run in {root}.", "Make one: sftctl run --plugin toolcall")
        return trained[-1]
    for run in runs:
        if run.name == name:
            return run
    if "stages" in read_manifest(folder := Path(name)):
        return folder
    raise StoreError(f"There is no run '{name}' in {root}.", did_you_mean(name, [run.name for run in runs]))
