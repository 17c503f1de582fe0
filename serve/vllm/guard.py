"""Runs a command for as long as whoever started this lives; then nothing of the command is left.

    python guard.py FOLDER COMMAND …

Its standard input is a pipe from its parent. At the end of the pipe (the parent closed it, or is gone, however that
came) the command is told to end, and killed if it does not. Once the command has ended, whatever else it began is
killed, and FOLDER is removed. It needs the standard library alone, and must lead a process group.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading

GRACE = 10.0
"""Seconds that the command has to end by itself."""


def main() -> None:
    folder, *command = sys.argv[1:]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=_watch, args=(process,), daemon=True).start()
    code = process.wait()
    print(f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _watch(process: "subprocess.Popen[bytes]") -> None:
    sys.stdin.buffer.read()
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()


if __name__ == "__main__":
    main()
