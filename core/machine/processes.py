"""Ending what was begun: a process that leads a group of its own, with all that it began."""

import os
import signal
import subprocess
from contextlib import suppress
from typing import Any


def end_group(process: "subprocess.Popen[Any]") -> None:
    """Kill a process and its group, and wait for it; one that has ended already is only waited for."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def close_pipes(process: "subprocess.Popen[Any]") -> None:
    """Let go of a process's pipes, whatever is left in them."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
