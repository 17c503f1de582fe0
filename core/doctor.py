"""What this machine and installation have, for `sftctl doctor`."""

import os
import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sftctl.core.machine.device import bf16_unit, cores
from sftctl.core.machine.environment import installed
from sftctl.core.machine.speed import best_speed

LIBRARIES = ("torch", "transformers", "peft", "trl", "datasets", "fastapi", "openai")


def findings(cache: Path) -> Iterator[tuple[str, str]]:
    """Name and finding, one for each line of the table."""
    yield "sftctl", version("sftctl")
    yield "python", platform.python_version()
    yield "platform", platform.platform()
    yield "cores", str(cores())
    yield "memory", _memory()
    yield "bf16", bf16_unit() or "nothing computes it fast here: training is in fp32"
    yield "speed", f"{best_speed(anew=True):,.0f} tokens a second through a small block: what --budget goes by"
    yield "GPU", _gpu()
    yield "C++ compiler", shutil.which("g++") or shutil.which("clang++") or "none: layers are not compiled"
    yield "cache", f"{cache} ({_free(cache)} free)"
    yield "cached", ", ".join(_cached(cache)) or "nothing yet"
    yield "environments", "; ".join(installed(cache)) or "none yet: made in the cache for what needs its own"
    for name in LIBRARIES:
        yield name, _version(name)


def _memory() -> str:
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return f"{pages * size / 2**30:.0f} GiB"


def _gpu() -> str:
    import torch

    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"


def _free(folder: Path) -> str:
    while not folder.exists():
        folder = folder.parent
    return f"{shutil.disk_usage(folder).free / 2**30:.0f} GiB"


def _cached(cache: Path) -> list[str]:
    folders = [*cache.glob("models/*"), *cache.glob("bfcl-eval-*")]
    return sorted(folder.name for folder in folders if folder.is_dir())


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
