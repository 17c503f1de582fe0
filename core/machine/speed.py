"""How fast this machine computes: one block of a small model, timed once and then remembered.

Remembered, as what follows from it decides how much a run does: the same command has to make the same run again,
however busy the machine is by then.
"""

import json
import platform
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sftctl.core.errors import StoreError
from sftctl.core.machine.device import bf16_pays, cores
from sftctl.core.store import cache_root, fingerprint, write_json

if TYPE_CHECKING:
    import torch

WIDTH, INNER = 576, 1536
"""Those of the default model's layers."""
TOKENS = 1024
SECONDS = 0.2
"""How long a block is timed."""
ROUNDS = 3
"""How often at least."""


def block_speed(bf16: bool, anew: bool = False) -> float:
    """Tokens a second that go through one block forth and back, on the CPU in bfloat16 or in float32.

    The best of some rounds, in processor time, of which other processes take little; two digits of it. Measured when it
    is first asked for; then read from the cache, as long as processor, cores and torch are the same. `anew`: measured
    again, and what is better counts.
    """
    path, machine, kind = cache_root() / "speed.json", _machine(), "bf16" if bf16 else "fp32"
    known = _read(path)
    speeds = known.setdefault(machine, {})
    if anew or kind not in speeds:
        speeds[kind] = max(speeds.get(kind, 0), float(f"{_measure(bf16):.2g}"))
        with suppress(StoreError):  # then it is measured again next time
            write_json(path, known)
    return speeds[kind]


def best_speed(anew: bool = False) -> float:
    """`block_speed` in what a training computes in here."""
    return block_speed(bf16_pays(), anew)


def _machine() -> str:
    """What stands for this processor, its cores and threads, and this torch."""
    import torch

    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = [platform.processor()]
    told = sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))})
    return fingerprint([told or lines, cores(), torch.get_num_threads(), torch.__version__])


def _read(path: Path) -> dict[str, dict[str, float]]:
    """Machine → type → the tokens a second that are remembered; nothing where that is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        known = {name: {kind: float(speed) for kind, speed in speeds.items()} for name, speeds in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
    return known if all(speed > 0 for speeds in known.values() for speed in speeds.values()) else {}


def _measure(bf16: bool) -> float:
    """Tokens a second, now."""
    import torch
    from torch.nn.functional import linear, rms_norm, silu

    draw = torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> "torch.Tensor":
        return (torch.randn(*shape, generator=draw) * 0.02).to(torch.bfloat16 if bf16 else torch.float32)

    x, gate, up, down = drawn(TOKENS, WIDTH), drawn(INNER, WIDTH), drawn(INNER, WIDTH), drawn(WIDTH, INNER)
    x.requires_grad_()

    def once() -> float:
        begun = time.process_time()
        inner = rms_norm(x, (WIDTH,))
        (x + linear(silu(linear(inner, gate)) * linear(inner, up), down)).sum().backward()
        return time.process_time() - begun

    once()  # warms up
    end, taken = time.perf_counter() + SECONDS, [once() for _ in range(ROUNDS)]
    while time.perf_counter() < end:
        taken.append(once())
    threads: int = torch.get_num_threads()
    return TOKENS * threads / min(taken)
