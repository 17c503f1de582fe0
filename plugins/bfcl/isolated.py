"""Asks the official code, which runs in a bare interpreter of its own."""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from sftctl.core.errors import EvalError
from sftctl.core.types import Json

SCRIPT = Path(__file__).with_name("official.py")
FLAGS = ("-I", "-B", "-X", "utf8")
"""No environment, no user's packages, nothing written beside the package, UTF-8 whatever the locale."""


def ask_official(folder: Path, requests: Iterable[Json], python: Path | None = None) -> list[Json]:
    """One reply for each request (see `official.py`), in order, from the bfcl-eval that lies in `folder`.

    `python` has the parsers that Java and JavaScript need; without it no installed package is seen at all.
    Raises EvalError when the official code fails.
    """
    interpreter = [str(python), *FLAGS] if python else [sys.executable, *FLAGS, "-S"]
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    process = subprocess.run(
        [*interpreter, str(SCRIPT), str(folder)],
        input=lines,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if process.returncode:
        last = (process.stderr.strip().splitlines() or ["no message"])[-1]
        raise EvalError(
            f"The official BFCL code in {folder} failed: {last}.",
            "Delete that folder to fetch it anew.",
        )
    return [json.loads(line) for line in process.stdout.splitlines()]
