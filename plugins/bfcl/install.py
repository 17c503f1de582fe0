"""Fetches bfcl-eval once, into a folder of its own: its pinned dependencies conflict with ours.

Data and checker need none of them, so the wheel alone is unpacked, verified by its sha256.
"""

import sys
import tempfile
from pathlib import Path

from sftctl.core.errors import EvalError, InstallError
from sftctl.core.machine.environment import pip
from sftctl.plugins.models import only_one

VERSION = "2026.3.23"
SHA256 = "3bb6dfa5f0c68ad403c9ec50b00db2bb3b4cc9b38ab1ff33f48fe30d853d3a0a"
FOLDER = f"bfcl-eval-{VERSION}"


def bfcl_folder(cache: Path) -> Path:
    """The folder in `cache` that holds bfcl-eval; fetched with pip if it is not there yet.

    It appears whole or not at all. Raises EvalError if it cannot be fetched or is not what we pinned.
    """
    folder = cache / FOLDER
    if folder.is_dir():
        return folder
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with only_one(cache):
            if not folder.is_dir():  # else another process was faster
                _fetch(folder)
    except OSError as error:
        raise EvalError(f"bfcl-eval cannot be written to {cache}: {error.strerror or error}.") from error
    return folder


def _fetch(folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=f".{FOLDER}.", dir=folder.parent) as scratch:
        unpacked = Path(scratch) / "package"
        _pip_install(unpacked, Path(scratch) / "requirements.txt")
        unpacked.rename(folder)


def _pip_install(target: Path, requirements: Path) -> None:
    """Unpack the pinned wheel to `target`, with whatever index the user's pip is set up for."""
    requirements.write_text(f"bfcl-eval=={VERSION} --hash=sha256:{SHA256}\n", encoding="utf-8")
    options = ("--no-deps", "--no-compile", "--only-binary=:all:", "--require-hashes")
    try:
        pip(sys.executable, "install", *options, "--target", str(target), "--requirement", str(requirements))
    except InstallError as error:
        raise EvalError(
            f"The official BFCL data and checker (bfcl-eval {VERSION} from PyPI) cannot be fetched: {error.reason}.",
            f"{error.hint} Or leave `bfcl` out of the evaluators.",
        ) from None
