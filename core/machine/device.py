"""The device that torch computes on, and what bfloat16 is worth on it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def best_device() -> "torch.device":
    """The GPU if torch finds one, else the CPU."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def bf16_pays() -> bool:
    """Whether matmuls in bfloat16 are faster than in float32 here.

    So on a CPU with AMX or AVX-512 BF16, and on GPUs from Ampere on; elsewhere bfloat16 is emulated, and slower.
    """
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def bf16_unit() -> str:
    """What computes fast in bfloat16 here: `GPU`, `AMX`, `AVX-512`, or nothing."""
    if best_device().type == "cuda":
        return "GPU" if bf16_pays() else ""
    try:
        known = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        known = set()
    return "AMX" if "amx_bf16" in known else "AVX-512" if "avx512_bf16" in known else ""


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share_cores() -> None:
    """Let a thread that waits for torch's others sleep after some 0.1 ms; to be called before torch is imported.

    libgomp lets it spin for 10 ms. Alone that is as fast; but where another process is busy too, the thread that waits
    may hold the very core that the one it waits for needs: a training step then took more than five times as long.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "5000")
