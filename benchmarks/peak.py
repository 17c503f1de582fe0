"""This machine's peaks: matmuls in bfloat16 and float32, in the default model's shapes and a large square one; memory.

    python benchmarks/peak.py [--seconds 1]

A shape's figure is the best of its rounds, as a peak is: what another process takes away only lowers it.
"""

import argparse
import time
from collections.abc import Callable

import torch

from sftctl.core.machine.device import best_device, cores
from sftctl.serve.engine.packed import in_large_pages

SHAPES = {
    "q, o projection": (2048, 576, 576),
    "k, v projection": (2048, 576, 192),
    "gate, up": (2048, 576, 1536),
    "down": (2048, 1536, 576),
    "output head": (256, 576, 49152),
    "square": (2048, 2048, 2048),
    "large square": (4096, 4096, 4096),
}
"""Tokens, input and output width: a pack of the default run."""
READ = 2**29
"""Bytes that are read, more than any cache holds."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each shape is tried")
    arguments = parser.parse_args()
    print(f"{best_device()}, {cores()} cores, {torch.get_num_threads()} threads; GFLOP/s\n")
    print(f"{'matmul':<18} {'shape':<20} {'bf16':>8} {'fp32':>8}")
    for name, shape in SHAPES.items():
        found = [matmul_peak(shape, dtype, arguments.seconds) / 1e9 for dtype in (torch.bfloat16, torch.float32)]
        print(f"{name:<18} {' × '.join(map(str, shape)):<20} {found[0]:>8.0f} {found[1]:>8.0f}", flush=True)
    print(f"\nread {read_bandwidth(arguments.seconds) / 1e9:.1f} GB/s")


def matmul_peak(shape: tuple[int, int, int], dtype: torch.dtype, seconds: float = 1.0) -> float:
    """FLOP/s of x Wᵀ, for x [shape[0], shape[1]] and W [shape[2], shape[1]]."""
    device = best_device()
    x = torch.randn(shape[0], shape[1], device=device).to(dtype)
    weight = torch.randn(shape[2], shape[1], device=device).to(dtype)
    return 2 * shape[0] * shape[1] * shape[2] / fastest(lambda: x @ weight.t(), seconds)


def read_bandwidth(seconds: float = 1.0) -> float:
    """Bytes a second of reading memory once, in order, out of large pages where there are some."""
    memory = torch.empty(READ // 4, device=best_device())
    if memory.device.type == "cpu":
        in_large_pages(memory)
    memory.fill_(1)
    return READ / fastest(lambda: memory.sum(), seconds)


def fastest(work: Callable[[], object], seconds: float) -> float:
    """Seconds of the fastest of the rounds that fit into the time, of three at least."""
    work()  # the first one also compiles, or fills pages
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        work()
        if best_device().type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    main()
