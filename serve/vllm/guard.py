"""Runs a command for as long as whoever started this lives; then nothing of the command is left.

    python guard.py FOLDER COMMAND …

Its standard input is a pipe from its parent. At the end of the pipe (the parent closed it, or is gone, however that
came) the command is told to end, and killed if it does not. Once the command has ended, whatever else it began is
told to end, then killed, and FOLDER is removed. It needs the standard library alone, and must lead a process group.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

GRACE = 10.0
"""Seconds that the command has to end by itself."""
SETTLE = 3.0
"""Seconds that what it began has to end after it."""


def main() -> None:
    folder, *command = sys.argv[1:]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=_watch, args=(process,), daemon=True).start()
    code = process.wait()
    print(f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}", flush=True)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)  # Python's own helper among them removes shared memory once the others have ended
    deadline = time.monotonic() + SETTLE
    while not _alone() and time.monotonic() < deadline:
        time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _alone() -> bool:
    """Whether nothing else of the process group runs."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, group = path.read_text(errors="replace").rpartition(")")[2].split()[:3]
        except OSError:
            continue  # it has just ended
        if int(group) == os.getpgrp() and state != "Z" and path.parent.name != str(os.getpid()):
            return False
    return True


def _watch(process: "subprocess.Popen[bytes]") -> None:
    sys.stdin.buffer.read()
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()


if __name__ == "__main__":
    main()
