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
from tempfile import TemporaryDirectory

from sftctl.core.store import cache_root, clear_errors

FOLDER = "TORCHINDUCTOR_CACHE_DIR"
"""The variable that torch looks for. Where it is set already, that folder is used as it is."""


@contextmanager
def building() -> Iterator[None]:
    """While it lasts, torch may compile; it is left when all is compiled.

    One process at a time builds in the cache. Another one finds nothing there meanwhile: it has a folder of its own.
    """
    if FOLDER in os.environ:
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
        if lock.tell():  # the last one that built here was cut short
            with clear_errors(str(folder)):
                shutil.rmtree(folder)
        lock.write("unfinished")
        lock.flush()
        with _used(folder):
            yield
        lock.truncate(0)


@contextmanager
def _used(folder: Path) -> Iterator[None]:
    os.environ[FOLDER] = str(folder)
    try:
        yield
    finally:
        os.environ.pop(FOLDER, None)
