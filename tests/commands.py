"""The command line in processes of its own, forked from one that has imported the libraries and done nothing else.

Each is a process like any other, with its own folder, environment, streams and signals: only the seconds are saved
that Python takes to import torch and transformers.
"""

import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing import get_context
from pathlib import Path
from typing import Any

LIBRARIES = ("sftctl.core.verify.warm", "fastapi", "llguidance", "openai", "uvicorn")
STREAMS = ("in", "out", "err")


class Command:
    """`sftctl` with some arguments, begun. No file that it writes can grow beyond `file_size` bytes, if given."""

    def __init__(
        self,
        *arguments: str,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        input: str = "",
        file_size: int | None = None,
    ) -> None:
        self.arguments = arguments
        self._streams = tempfile.TemporaryDirectory()
        for name in STREAMS:
            (Path(self._streams.name) / name).write_text(input if name == "in" else "")
        context = get_context("forkserver")
        context.set_forkserver_preload([*LIBRARIES])
        given = (arguments, folder, environment or {}, self._streams.name, file_size)
        self._process = context.Process(target=_carry_out, args=given)
        self._process.start()

    def poll(self) -> int | None:
        """The exit code, or minus the signal that ended it; None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        assert self._process.pid
        os.kill(self._process.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def end(self, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Wait for its end; its exit code, and what it printed."""
        with self._streams as streams:
            self._process.join(timeout)
            in_time = self.poll() is not None
            if not in_time:
                self.kill()
                self._process.join()
            printed = [(Path(streams) / name).read_text(encoding="utf-8") for name in STREAMS[1:]]
        if not in_time:
            raise subprocess.TimeoutExpired(self.arguments, timeout, *printed)
        code = self.poll()
        assert code is not None
        return subprocess.CompletedProcess(self.arguments, code, *printed)


def sftctl(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Carry out a command to its end."""
    return Command(*arguments, **more).end()


def _carry_out(
    arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], streams: str, file_size: int | None
) -> None:
    os.chdir(folder)
    os.environ.update(environment)
    sys.argv = ["sftctl", *arguments]
    for number, name in enumerate(STREAMS):
        file = os.open(Path(streams) / name, os.O_RDWR)
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115
    if file_size is not None:  # as if the disk were full there
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    from sftctl.core.cli import main

    main()
