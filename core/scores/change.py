"""One score of two models over the same items: by how much it changed, and how sure that is."""

import math
from dataclasses import dataclass

from sftctl.core.scores.stats import SIGNIFICANT, Difference
from sftctl.core.types import Score


@dataclass(frozen=True)
class Change:
    """One score of two models; None where there was nothing to score, e.g. no call whose arguments could be right."""

    evaluator: str
    score: str
    before: Score | None
    after: Score | None
    difference: Difference | None
    """None where the items have no marks or losses of their own, as with a perplexity of lm-eval."""

    @property
    def name(self) -> str:
        return f"{self.evaluator}/{self.score}"

    @property
    def n(self) -> int:
        """How many items it rests on."""
        known = self.after or self.before
        return known.n if known else 0

    @property
    def of_loss(self) -> bool:
        """Whether less is better."""
        return self.after is not None and self.after.loss

    @property
    def fall(self) -> float:
        """How far a share fell (0.05: five points), or by how much of itself a loss rose; negative if it got better.

        Infinite where that cannot be told: a score is gone, or is no number.
        """
        if self.before is None or self.after is None:
            return math.inf if self.after is None else 0.0
        if self.of_loss and self.before.value:
            fall = self.after.value / self.before.value - 1
        else:
            fall = self.before.value - self.after.value
        return math.inf if math.isnan(fall) else fall

    @property
    def range(self) -> tuple[float, float] | None:
        """The 95 % interval of `fall`, over the same items; None where they have no marks or losses."""
        if self.difference is None:
            return None
        low, high = self.difference.low, self.difference.high
        return (low, high) if self.of_loss else (-high, -low)

    @property
    def beyond(self) -> bool:
        """Whether it fell by more than its interval: what is left is worse than all of the interval before."""
        if self.before is None or self.after is None:
            return False
        return self.after.value > self.before.high if self.of_loss else self.after.value < self.before.low

    @property
    def significant(self) -> bool:
        """Whether the paired test says so; without one, whether the intervals lie apart."""
        if self.difference:
            return self.difference.p < SIGNIFICANT
        if self.before is None or self.after is None:
            return False
        return self.after.low > self.before.high or self.after.high < self.before.low

    @property
    def verdict(self) -> str:
        """`better`, `worse`, or `same` where the difference is not significant."""
        return ("worse" if self.fall > 0 else "better") if self.significant else "same"
