"""How much fits into a time budget: minutes become a number of training examples, and of questions to evaluate on.

Both depend on how fast this machine is and not on how busy: that is measured once and then remembered
(`core.machine.speed`), so that the same command makes the same run again, and a run that was killed goes on as it
began.
"""

import re

from sftctl.core.machine.device import bf16_pays, bf16_unit

FIXED = 60
"""Seconds for data, compilation, what is settled at the end and the live proof."""
BLOCKS = {True: 77, False: 71}
"""Such blocks whose time a token takes in trainer `loop`, with a model of 135M and LoRA, in bfloat16 and in float32.
Measured on two cores with AVX-512: 74,000 and 18,500 tokens a second through a block, 961 and 259 through a step."""
ASKING = 110_000
"""Tokens whose training takes as long as the two evaluations of recipe `toolcall`. Measured there, too; on a slower
processor with AVX-512 they were 114,000, and with AVX2 alone 156,000."""
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


def training_rate(bf16: bool) -> float:
    """FLOP/s that trainer `loop` gets on this machine's cores in bfloat16, or in float32."""
    return _pace(bf16) * FLOPS_A_TOKEN


def _pace(bf16: bool) -> float:
    """Tokens a second that it computes."""
    # not above: the store behind it needs core.types, which needs this
    from sftctl.core.machine.speed import block_speed

    return block_speed(bf16) / BLOCKS[bf16]


def examples_within(budget: str) -> int:
    """How many training examples a run of recipe `toolcall` of that length can take here; FEWEST at least."""
    if _on_gpu():
        return MOST
    seconds = seconds_of(budget) - _seconds_for(0, share_asked(budget))
    return round(min(MOST, max(FEWEST, seconds * _pace(bf16_pays()) / TOKENS)) / 50) * 50


def share_asked(budget: str) -> float:
    """Of the questions of recipe `toolcall`, how many are asked in a run of that length here: LEAST_ASKED to 1."""
    if _on_gpu():
        return 1.0
    return min(1.0, max(LEAST_ASKED, EVALUATING * seconds_of(budget) * _pace(bf16_pays()) / ASKING))


def overrun(budget: str, examples: int) -> int:
    """The minutes that a run of so many examples takes here, if they are clearly more than the budget; else 0."""
    seconds = 0 if _on_gpu() else _seconds_for(examples, share_asked(budget))
    return round(seconds / 60) if seconds > 1.1 * seconds_of(budget) else 0


def _on_gpu() -> bool:
    return bf16_unit() == "GPU"


def _seconds_for(examples: int, asked: float) -> float:
    return FIXED + (asked * ASKING + examples * TOKENS) / _pace(bf16_pays())
