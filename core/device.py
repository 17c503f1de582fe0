"""The device that torch computes on, and whether bfloat16 is its fast format."""

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
