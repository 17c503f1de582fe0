"""Memory that is free goes back to the system, where malloc is glibc's."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""As in glibc's malloc.h."""
LARGE = 2**20


@contextmanager
def large_blocks_given_back() -> Iterator[None]:
    """While it lasts, a block of a MiB or more is given back as soon as it is free.

    malloc would keep those of up to 32 MiB for later, and what a pass makes next does not fit into all the gaps. To
    have them from the system each time costs some 2 % of a step.
    """
    _set(M_MMAP_THRESHOLD, LARGE)
    try:
        yield
    finally:  # to what malloc itself comes to when it has seen blocks of that size
        _set(M_MMAP_THRESHOLD, 32 * LARGE)
        _set(M_TRIM_THRESHOLD, 64 * LARGE)


def give_back() -> None:
    """Return garbage, and what malloc keeps free."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _set(parameter: int, size: int) -> None:
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(parameter, size)
