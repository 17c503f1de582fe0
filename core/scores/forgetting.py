"""What training cost in general ability: the probes before and after, and a budget for it."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sftctl.core.scores.change import Change
from sftctl.core.types import Evaluator, Json


def general_among(evaluators: Mapping[str, Evaluator]) -> list[str]:
    """The names of those that measure what a model could do before it was trained."""
    return [name for name, evaluator in evaluators.items() if evaluator.general]


def losses(changes: Iterable[Change], general: Collection[str]) -> list[Change]:
    """The headline scores of the evaluators of general ability, where there was something to score both times."""
    return [
        change
        for change in changes
        if change.evaluator in general and "/" not in change.score and change.before and change.after
    ]


def probe(change: Change) -> str:
    """What a headline score is called among the probes."""
    return change.score if change.score == change.evaluator else f"{change.evaluator} {change.score}"


def lost(change: Change) -> str:
    """`+5.0 points`, or of a perplexity `+5.0 %` of itself."""
    return f"{100 * change.fall:+.1f} {'%' if change.of_loss else 'points'}".replace("-", "−")


def exceeded(losses: Sequence[Change], budget: float | None) -> list[str]:
    """The probes that have lost more than the budget allows."""
    return [probe(change) for change in losses if budget is not None and change.fall > budget]


def judged(losses: Sequence[Change]) -> str:
    """Whether a probe fell by more than its interval, and what the paired test says; nothing without probes."""
    if not losses:
        return ""
    beyond = ", ".join(probe(change) for change in losses if change.beyond)
    worse = ", ".join(probe(change) for change in losses if change.difference and change.verdict == "worse")
    told = f"These did: {beyond}." if beyond else "None did."
    tested = f"{worse} lost something" if worse else "no loss is significant"
    return f"Did a probe fall by more than the 95 % interval of its score before? {told} By the paired test {tested}."


def loss_rows(losses: Sequence[Change]) -> list[Json]:
    """The same as JSON."""
    return [
        {
            "probe": probe(change),
            "before": vars(change.before),
            "after": vars(change.after),
            "lost": change.fall,
            "difference": change.difference and vars(change.difference),
            "beyond_interval": change.beyond,
        }
        for change in losses
    ]
