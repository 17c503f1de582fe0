"""How much fits into a time budget: minutes become a number of training examples.

The number depends on the kind of machine alone and not on how busy it is, so that the same command makes the same
run again, and a run that was killed goes on as it began.
"""

import re

from sftctl.core.machine.device import bf16_unit, cores

FIXED = 320
"""Seconds for all that is not training: data, two evaluations, compilation, the live proof. Measured on two cores: 300,
and 20 for what general ability is measured by, twice (with AVX-512; AMX takes less)."""
PACE = {"AMX": 500, "AVX-512": 220, "": 80}
"""Tokens a second and core that trainer `loop` computes, with a model of 135M and LoRA, by what computes in bfloat16.
Measured on two cores with AMX and with AVX-512; without either it is estimated from the ratio of their matmuls."""
FLOPS_A_TOKEN = 570e6
"""What such a token takes by `training_flops` of the formulas: with it, a pace in tokens is one in FLOP/s."""
TOKENS = 176
"""Tokens that it computes for an example of recipe `toolcall`, whose beginning is shared with others."""
MOST = 20_000
"""Examples beyond which more of the same kind teach little; what a GPU gets (an H100 takes 5 minutes)."""

_BUDGET = re.compile(r"(\d+(?:\.\d+)?)\s*([smh])")


def seconds_of(budget: str) -> float:
    """`15m`, `1.5h` or `900s` in seconds. Raises ValueError."""
    found = _BUDGET.fullmatch(budget)
    if found is None or not float(found[1]):
        raise ValueError("must be a number of minutes, hours or seconds: 15m, 1.5h or 900s")
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]


def training_rate(unit: str) -> float:
    """FLOP/s that trainer `loop` gets on the cores of this machine, if `unit` (see `bf16_unit`) is what computes."""
    return PACE[unit] * cores() * FLOPS_A_TOKEN


def examples_within(budget: str) -> int:
    """How many training examples a run of that length can take, on this machine; 100 at least."""
    unit = bf16_unit()
    if unit == "GPU":
        return MOST
    tokens = (seconds_of(budget) - FIXED) * training_rate(unit) / FLOPS_A_TOKEN
    return round(min(MOST, max(100, tokens / TOKENS)) / 50) * 50
