"""How much fits into a time budget: minutes become a number of training examples, and of questions to evaluate on.

Both depend on the kind of machine alone and not on how busy it is, so that the same command makes the same
run again, and a run that was killed goes on as it began.
"""

import re

from sftctl.core.machine.device import bf16_unit, cores

FIXED = 60
"""Seconds for data, compilation, what is settled at the end and the live proof."""
ASKING = {"AMX": 260, "AVX-512": 260, "": 1200}
"""Seconds for the two evaluations of recipe `toolcall` on two cores, by what computes in bfloat16. Measured with
AVX-512 (AMX takes less) and with AVX2 alone."""
PACE = {"AMX": 500, "AVX-512": 220, "": 65}
"""Tokens a second and core that trainer `loop` computes, with a model of 135M and LoRA, by what computes in bfloat16.
Measured on two cores of each kind, those without either having AVX2."""
FLOPS_A_TOKEN = 570e6
"""What such a token takes by `training_flops` of the formulas: with it, a pace in tokens is one in FLOP/s."""
TOKENS = 176
"""Tokens that it computes for an example of recipe `toolcall`, whose beginning is shared with others."""
MOST = 20_000
"""Examples beyond which more of the same kind teach little; what a GPU gets (an H100 takes 5 minutes)."""
FEWEST = 300
"""Examples that are made however short the time is."""
EVALUATING = 1 / 3
"""Of the time, what the evaluations may take: where all questions would take more, fewer are asked."""
LEAST_ASKED = 0.4
"""Of a recipe's questions, those that are asked however short the time is."""

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
    """How many training examples a run of recipe `toolcall` of that length can take here; FEWEST at least."""
    unit = bf16_unit()
    if unit == "GPU":
        return MOST
    seconds = seconds_of(budget) - _seconds_for(0, share_asked(budget), unit)
    return round(min(MOST, max(FEWEST, seconds * _examples_a_second(unit))) / 50) * 50


def share_asked(budget: str) -> float:
    """Of the questions of recipe `toolcall`, how many are asked in a run of that length here: LEAST_ASKED to 1."""
    unit = bf16_unit()
    if unit == "GPU":
        return 1.0
    return min(1.0, max(LEAST_ASKED, EVALUATING * seconds_of(budget) / _seconds_asking(unit)))


def overrun(budget: str, examples: int) -> int:
    """The minutes that a run of so many examples takes here, if they are clearly more than the budget; else 0."""
    unit = bf16_unit()
    seconds = 0 if unit == "GPU" else _seconds_for(examples, share_asked(budget), unit)
    return round(seconds / 60) if seconds > 1.1 * seconds_of(budget) else 0


def _seconds_for(examples: int, asked: float, unit: str) -> float:
    return FIXED + asked * _seconds_asking(unit) + examples / _examples_a_second(unit)


def _seconds_asking(unit: str) -> float:
    return ASKING[unit] * 2 / cores()


def _examples_a_second(unit: str) -> float:
    return training_rate(unit) / FLOPS_A_TOKEN / TOKENS
