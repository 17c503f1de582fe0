"""What torch.compile builds, kept in the cache, whatever becomes of the process that builds it.

The C++ compiler writes a library in its place. Killed meanwhile, it leaves a part of one, which torch takes for the
whole from then on: every later training of that kind fails, or crashes. So a cache whose building was cut short is
thrown away.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from sftctl.core.store import cache_root, clear_errors

FOLDER = "TORCHINDUCTOR_CACHE_DIR"
"""The variable that torch looks for."""


@contextmanager
def building() -> Iterator[None]:
    """While it lasts, torch may compile; it is left when all is compiled.

    One process at a time builds in the cache; another one has a folder of its own meanwhile. A folder that the user's
    environment names is used as it is.
    """
    if _named_by_the_user():
        yield
        return
    folder = cache_root() / "compiled"
    with clear_errors(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        lock = folder.with_suffix(".lock").open("a")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            with TemporaryDirectory(prefix="sftctl-compiled-", ignore_cleanup_errors=True) as alone, _used(Path(alone)):
                yield
            return
        if lock.seek(0, os.SEEK_END):  # the last one that built here was cut short
            with clear_errors(str(folder)):
                shutil.rmtree(folder)
                folder.mkdir()
        lock.write("unfinished")
        lock.flush()
        with _used(folder):
            yield
        lock.truncate(0)


def _named_by_the_user() -> bool:
    """Whether the environment names another folder than torch's own, which torch itself puts there."""
    given = Path(os.environ.get(FOLDER, ""))
    return given.name != "" and not (given.parent == Path(gettempdir()) and given.name.startswith("torchinductor_"))


@contextmanager
def _used(folder: Path) -> Iterator[None]:
    before = os.environ.get(FOLDER)
    os.environ[FOLDER] = str(folder)
    try:
        yield
    finally:
        os.environ.pop(FOLDER)
        if before is not None:
            os.environ[FOLDER] = before
