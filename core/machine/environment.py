"""Virtual environments in the cache, for packages whose pins would break the installation that runs us.

An environment is made once, when something first needs it, and is used from then on without a network.
"""

import fcntl
import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sftctl.core.errors import InstallError
from sftctl.core.store import clear_errors, fingerprint, write_json

FOLDER = "environments"
DONE = "environment.json"
"""Written last: an environment without it is half made."""
QUIET = ("--quiet", "--disable-pip-version-check", "--no-input", "--retries=2")


@dataclass(frozen=True)
class Environment:
    """What is to be installed together, apart from everything else."""

    name: str
    requirements: tuple[str, ...]
    """As pip takes them, with versions: the same requirements give the same folder."""
    removable: tuple[str, ...] = ()
    """Packages that come along and are removed again where they cannot be imported."""

    def folder(self, cache: Path) -> Path:
        """Where it lies in `cache`; another Python has another one."""
        mark = fingerprint([self.requirements, self.removable, platform.python_version_tuple()[:2]])
        return cache / FOLDER / f"{self.name}-{mark[:8]}"

    def python(self, cache: Path) -> Path | None:
        """Its interpreter, if the environment is there."""
        folder = self.folder(cache)
        return folder / "bin" / "python" if (folder / DONE).is_file() else None


def ensure(environment: Environment, cache: Path, announce: Callable[[str], None]) -> Path:
    """The interpreter of an environment, which is made if need be; `announce` is told before that begins.

    Raises InstallError saying what is missing and what to run, and StoreError when the cache cannot be written.
    """
    folder = environment.folder(cache)
    with clear_errors(str(folder)):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _only_one(folder.with_suffix(".lock")):
            if found := environment.python(cache):
                return found
            announce(f"installing {', '.join(environment.requirements)} into {folder}, once; this takes minutes")
            return _make(environment, folder)


def installed(cache: Path) -> list[str]:
    """What has an environment of its own in `cache`, as the requirements that it was asked for."""
    made = sorted((cache / FOLDER).glob(f"*/{DONE}"))
    return [f"{path.parent.name} ({', '.join(json.loads(path.read_text())['requirements'])})" for path in made]


def pip(python: str | Path, *arguments: str) -> None:
    """Run pip: no questions, no progress. Raises InstallError with the reason in a few words."""
    done = subprocess.run([python, "-m", "pip", *arguments, *QUIET], capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise _reason(done.stdout + done.stderr)


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Wait until no other process makes the same environment."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(environment: Environment, folder: Path) -> Path:
    """A new virtual environment in `folder`, complete or with nothing left of it."""
    shutil.rmtree(folder, ignore_errors=True)
    python = folder / "bin" / "python"
    try:
        done = subprocess.run([sys.executable, "-m", "venv", folder], capture_output=True, text=True, errors="replace")
        if done.returncode:
            raise InstallError("this Python makes no virtual environments", "On Debian: apt install python3-venv.")
        pip(python, "install", *environment.requirements)
        for package in environment.removable:
            if subprocess.run([python, "-I", "-c", f"import {package}"], capture_output=True).returncode:
                pip(python, "uninstall", "--yes", package)
        write_json(folder / DONE, {"requirements": environment.requirements, "python": platform.python_version()})
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, InstallError):
            raise InstallError(f"{environment.name} cannot be installed: {error.reason}.", error.hint) from None
        raise
    return python


def _reason(output: str) -> InstallError:
    """Why pip failed, out of what it wrote."""
    if "DO NOT MATCH THE HASHES" in output:
        return InstallError("what came has not the pinned sha256", "Check the package index that pip is set up for.")
    if "No module named pip" in output:
        return InstallError("this Python has no pip", "Run `python -m ensurepip`.")
    if "No space left on device" in output:
        return InstallError("the disk is full", "Free some space.")
    errors = [line.removeprefix("ERROR: ") for line in output.splitlines() if line.startswith("ERROR: ")]
    reason = (errors or output.strip().splitlines() or ["pip gave no reason"])[-1].rstrip(".")
    if "No matching distribution" in reason or "Could not find a version" in reason:
        hint = "Connect to the network once, or point pip at a mirror or a folder (PIP_INDEX_URL, PIP_FIND_LINKS)."
        return InstallError("pip reaches no index that has it", hint)
    return InstallError(reason, "See `pip config list` for how pip is set up.")
