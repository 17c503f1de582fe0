"""What training cost in general ability: the probes before and after, and a budget for it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sftctl.core.scores.stats import SIGNIFICANT, Difference
from sftctl.core.types import Evaluator, Json, Score

Row = tuple[str, str, Score | None, Score, Difference | None]
"""Evaluator, score name, before (None where there was nothing to score, e.g. no call to mark as fitting), after, and
the paired difference, if there is one."""


@dataclass(frozen=True)
class Loss:
    """What one probe has lost."""

    probe: str
    before: Score
    after: Score
    difference: Difference | None = None

    @property
    def lost(self) -> float:
        """Of a share, by how much it fell (0.05: five points); of a perplexity, by how much of itself it rose."""
        if self.after.loss:
            return self.after.value / self.before.value - 1
        return self.before.value - self.after.value

    @property
    def range(self) -> tuple[float, float] | None:
        """The 95 % interval of what was lost, over the same items; None where they have no marks or losses."""
        if self.difference is None:
            return None
        low, high = self.difference.low, self.difference.high
        return (low, high) if self.after.loss else (-high, -low)

    @property
    def beyond(self) -> bool:
        """Whether it fell by more than its interval: what is left is worse than all of the interval before."""
        if self.after.loss:
            return self.after.value > self.before.high
        return self.after.value < self.before.low

    @property
    def significant(self) -> bool:
        """Whether it fell by the paired test."""
        return self.difference is not None and self.lost > 0 and self.difference.p < SIGNIFICANT

    @property
    def text(self) -> str:
        return f"{100 * self.lost:+.1f} {'%' if self.after.loss else 'points'}".replace("-", "−")


def general_among(evaluators: Mapping[str, Evaluator]) -> list[str]:
    """The names of those that measure what a model could do before it was trained."""
    return [name for name, evaluator in evaluators.items() if evaluator.general]


def losses(rows: Iterable[Row], general: Collection[str]) -> list[Loss]:
    """What each headline score of the evaluators of general ability has lost."""
    return [
        Loss(f"{evaluator} {name}" if name != evaluator else name, before, after, difference)
        for evaluator, name, before, after, difference in rows
        if evaluator in general and "/" not in name and before is not None
    ]


def exceeded(losses: Sequence[Loss], budget: float | None) -> list[Loss]:
    """The probes that have lost more than the budget allows."""
    return [loss for loss in losses if budget is not None and loss.lost > budget]


def judged(losses: Sequence[Loss]) -> str:
    """Whether a probe fell by more than its interval, and what the paired test says; nothing without probes."""
    if not losses:
        return ""
    beyond = ", ".join(loss.probe for loss in losses if loss.beyond)
    worse = ", ".join(loss.probe for loss in losses if loss.significant)
    told = f"These did: {beyond}." if beyond else "None did."
    tested = f"{worse} lost something" if worse else "no loss is significant"
    return f"Did a probe fall by more than the 95 % interval of its score before? {told} By the paired test {tested}."


def loss_rows(losses: Sequence[Loss]) -> list[Json]:
    """The same as JSON."""
    return [
        {
            "probe": loss.probe,
            "before": vars(loss.before),
            "after": vars(loss.after),
            "lost": loss.lost,
            "difference": loss.difference and vars(loss.difference),
            "beyond_interval": loss.beyond,
        }
        for loss in losses
    ]
