"""Machines that a training can run on: this one, or a GPU by its name."""

import os
from dataclasses import dataclass
from pathlib import Path

from sftctl.core.costs.budget import training_rate
from sftctl.core.errors import ConfigError, did_you_mean
from sftctl.core.machine.device import best_device, bf16_unit, cores

GIB = 2**30
SHARE_OF_PEAK = 0.3
"""Of a GPU's peak that training is taken to reach. Not measured here: well-fed trainings of models of 1B and more are
said to reach 0.3 to 0.5."""
LAUNCHING = 0.0047
"""Seconds that a GPU's host takes to start what one layer computes in a pass, forth and back: so
long it takes at least. Measured on an H100 with trainer `loop`, the default model, and one pack in a pass."""
CPU_BYTES = 12.5e9
"""Bytes a second and core that weights and optimizer state move at; measured on two cores."""


@dataclass(frozen=True)
class Machine:
    """What decides what a training takes here."""

    name: str
    memory: int
    """Bytes that a process can have."""
    gpu: bool
    bf16: bool
    """Whether it computes fast in bfloat16."""
    rate: float | None
    """FLOP/s that trainer `loop` gets in bfloat16, or in float32 where `bf16` is not; None: unknown."""
    rate_fp32: float | None
    bandwidth: float
    """Bytes a second."""
    launching: float = 0.0
    """Seconds that a layer takes for a pass at least, however fast it is computed."""
    reserved: int = 0
    """Bytes that the process takes without any model: libraries, or what a GPU's driver keeps."""


@dataclass(frozen=True)
class Gpu:
    """A GPU's data sheet: memory in GiB as torch reports it, dense peaks in TFLOP/s, GB/s."""

    memory: float
    bf16: float | None
    fp32: float
    bandwidth: float


GPUS = {
    "h200": Gpu(140, 989, 67, 4800),
    "h100-80gb": Gpu(79, 989, 67, 3350),
    "a100-80gb": Gpu(79, 312, 19.5, 2039),
    "a100-40gb": Gpu(39.5, 312, 19.5, 1555),
    "l40s": Gpu(44.5, 362, 91.6, 864),
    "l4": Gpu(22, 121, 30.3, 300),
    "rtx4090": Gpu(23.5, 165, 82.6, 1008),
    "rtx3090": Gpu(23.5, 71, 35.6, 936),
    "v100-32gb": Gpu(31.7, None, 15.7, 900),
    "v100-16gb": Gpu(15.7, None, 15.7, 900),
    "t4": Gpu(14.6, None, 8.1, 320),
}
"""The makers' figures for the commonest variant (SXM where there is one). None: no bfloat16."""


def named_gpu(name: str) -> Machine:
    """The GPU of that name. Raises ConfigError for one that is not in the table."""
    known = {_plain(each): each for each in GPUS}
    if _plain(name) not in known:
        raise ConfigError(f"GPU '{name}' is not known.", did_you_mean(name.lower(), GPUS))
    chosen = known[_plain(name)]
    gpu = GPUS[chosen]
    return Machine(
        name=chosen,
        memory=round(gpu.memory * GIB),
        gpu=True,
        bf16=gpu.bf16 is not None,
        rate=(gpu.bf16 or gpu.fp32) * 1e12 * SHARE_OF_PEAK,
        rate_fp32=gpu.fp32 * 1e12 * SHARE_OF_PEAK,
        bandwidth=gpu.bandwidth * 1e9,
        launching=LAUNCHING,
        reserved=GIB,
    )


def _plain(name: str) -> str:
    """`RTX 4090` and `rtx-4090` are `rtx4090`."""
    return "".join(filter(str.isalnum, name.lower()))


def this_machine() -> Machine:
    """The GPU that torch finds, else the processor."""
    if best_device().type == "cuda":
        return _this_gpu()
    unit = bf16_unit()
    return Machine(
        name=f"this machine ({cores()} cores{f' with {unit}' if unit else ''})",
        memory=cpu_memory(),
        gpu=False,
        bf16=bool(unit),
        rate=training_rate(bool(unit)),
        rate_fp32=training_rate(False),
        bandwidth=CPU_BYTES * cores(),
        reserved=LIBRARIES,
    )


LIBRARIES = 700_000_000
"""Bytes beside the model: importing torch, transformers and peft takes 360 MB, measured; as much again is a margin."""


def _this_gpu() -> Machine:
    """torch's GPU: its own memory, and the rest from the table where its name is there."""
    import torch

    found = torch.cuda.get_device_properties(0)
    device = _plain(found.name)
    names = [name for name in GPUS if all(_plain(part) in device for part in name.split("-"))]
    if not names:
        bf16 = bf16_unit() == "GPU"
        return Machine(found.name, found.total_memory, True, bf16, None, None, 1e12, LAUNCHING, GIB)
    table = named_gpu(max(names, key=len))
    fields = {"name": f"this machine ({found.name})", "memory": found.total_memory}
    return Machine(**{**vars(table), **fields})


def cpu_memory() -> int:
    """Bytes of memory that this process may have: the machine's, or its container's if that is less."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            memory = min(memory, int(Path(limit).read_text(encoding="utf-8")))
        except (OSError, ValueError):  # no such file, or "max"
            continue
    return memory
