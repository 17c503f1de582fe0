"""Every way out of a command: only this module prints errors and exits."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from rich.console import Console

from sftctl.core.errors import SftctlError
from sftctl.core.store import FREE_SPACE, cache_root, disk_is_full

err = Console(stderr=True)


@contextmanager
def clear_exits() -> Iterator[None]:
    """What leaves a command is one sentence on stderr and an exit code, never a traceback."""
    try:
        yield
    except SftctlError as error:
        fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        interrupted()
    except Exception as error:
        if not disk_is_full(error):
            _crash(error)
        fail(f"The disk is full ({getattr(error, 'filename', None) or 'while writing'}). {FREE_SPACE}", 1)


def _crash(error: Exception) -> None:
    """Something that we did not foresee: keep the traceback, say where it is."""
    log = cache_root() / "crash.log"
    text = "".join(traceback.format_exception(error))
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(text, encoding="utf-8")
    except OSError:
        err.print(text, highlight=False, markup=False)
    fail(f"This should not have happened: {type(error).__name__}: {error}. The traceback is in {log}.", 70)


def interrupted() -> NoReturn:
    """Leave after Ctrl-C."""
    fail("Interrupted. Run the same command again to go on where it was.", 130)


def fail(message: str, code: int) -> NoReturn:
    """Say what went wrong, and leave."""
    err.print(f"error: {message}", style="red", highlight=False, markup=False, soft_wrap=True)
    raise SystemExit(code)
