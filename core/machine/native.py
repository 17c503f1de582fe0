"""C++ beside the code: compiled on first use, for this machine's processor, and kept in the cache.

Only what is much faster that way is written twice; everything has a torch version too, for machines without a
compiler, and for GPUs.
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from itertools import chain
from pathlib import Path

from sftctl.core.store import cache_root

HEADERS = Path(__file__).parent
"""Where what all C++ here may include lies."""
FLAGS = ("-O3", "-march=native", "-std=c++17", "-fno-math-errno", "-fno-trapping-math", "-fopenmp", "-shared", "-fPIC")
PATIENCE = 600.0
"""Seconds that the compiler may take: on a busy machine a few are minutes."""


@cache
def native_library(source: Path, uses: tuple[Path, ...] = ()) -> ctypes.CDLL | None:
    """The library made of one C++ file, linked with those in `uses`; None where it cannot be built or loaded.

    torch must have been imported: it has loaded libgomp by then, and the library resolves to the same, so that
    there is one pool of threads and not two that compete.
    """
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        return None
    built = cache_root() / "kernels" / f"{source.parent.name}-{source.stem}-{_identity(compiler, source, uses)}.so"
    try:
        if not built.is_file():
            _compile(compiler, source, uses, built)
        return ctypes.CDLL(str(built))
    except (OSError, subprocess.SubprocessError):
        return None


def _compile(compiler: str, source: Path, uses: Sequence[Path], built: Path) -> None:
    built.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=built.parent) as folder:
        target = Path(folder) / "library.so"
        libraries = [part for path in uses for part in (str(path), f"-Wl,-rpath,{path.parent}")]
        command = [compiler, *FLAGS, f"-I{HEADERS}", "-o", str(target), str(source), *libraries]
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
        os.replace(target, built)


def _identity(compiler: str, source: Path, uses: Sequence[Path]) -> str:
    """A hash of all that decides the machine code: sources, flags, compiler, processor, and what it is linked with."""
    version = subprocess.run([compiler, "--version"], check=False, capture_output=True).stdout
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(errors="replace").splitlines() if cpuinfo.is_file() else []
    processor = sorted({line for line in lines if line.startswith(("flags", "Features", "model name"))})
    linked = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in uses]
    headers = sorted(chain(source.parent.glob("*.h"), HEADERS.glob("*.h")))
    sources = [path.read_bytes() for path in (source, *headers)]
    decides = (sources, FLAGS, version, processor, linked)
    return hashlib.sha256(repr(decides).encode()).hexdigest()[:16]
