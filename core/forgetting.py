"""What training cost in general ability: the probes before and after, and a budget for it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sftctl.core.types import Evaluator, Json, Score

Row = tuple[str, str, Score | None, Score]
"""Evaluator, score name, before (None where there was nothing to score, e.g. no call to mark as fitting), after."""


@dataclass(frozen=True)
class Loss:
    """What one probe has lost."""

    probe: str
    before: Score
    after: Score

    @property
    def lost(self) -> float:
        """Of a share, by how much it fell (0.05: five points); of a perplexity, by how much of itself it rose."""
        if self.after.loss:
            return self.after.value / self.before.value - 1
        return self.before.value - self.after.value

    @property
    def text(self) -> str:
        return f"{100 * self.lost:+.1f} {'%' if self.after.loss else 'points'}".replace("-", "−")


def general_among(evaluators: Mapping[str, Evaluator]) -> list[str]:
    """The names of those that measure what a model could do before it was trained."""
    return [name for name, evaluator in evaluators.items() if evaluator.general]


def losses(rows: Iterable[Row], general: Collection[str]) -> list[Loss]:
    """What each headline score of the evaluators of general ability has lost."""
    return [
        Loss(f"{evaluator} {name}" if name != evaluator else name, before, after)
        for evaluator, name, before, after in rows
        if evaluator in general and "/" not in name and before is not None
    ]


def exceeded(losses: Sequence[Loss], budget: float | None) -> list[Loss]:
    """The probes that have lost more than the budget allows."""
    return [loss for loss in losses if budget is not None and loss.lost > budget]


def loss_rows(losses: Sequence[Loss]) -> list[Json]:
    """The same as JSON."""
    return [
        {"probe": loss.probe, "before": vars(loss.before), "after": vars(loss.after), "lost": loss.lost}
        for loss in losses
    ]
