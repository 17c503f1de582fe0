"""Scores and differences as people read them."""

from sftctl.core.scores.change import Change
from sftctl.core.types import Score


def share(score: Score | None) -> str:
    """`52 % (42–62)`: value and 95 % interval in per cent; of a loss or a perplexity the number itself."""
    if score is None:
        return "–"
    if score.loss and score.low == score.high:  # of one piece, or of a time that is shared out evenly
        return f"{score.value:.3g}"
    if score.loss:
        return f"{score.value:.3g} ({score.low:.3g}–{score.high:.3g})"
    return f"{100 * score.value:.0f} % ({100 * score.low:.0f}–{100 * score.high:.0f})"


def plain(score: Score) -> str:
    """`52 %`: the value alone."""
    return f"{score.value:.3g}" if score.loss else f"{100 * score.value:.0f} %"


def gap(change: Change) -> str:
    """`+7 (−3 to +17)`: the difference in points with its 95 % interval; `+7.1 % (…)` is by how much a loss rose."""
    if change.before is None or change.after is None:
        return "–"
    places, unit = (1, " %") if change.after.loss else (0, "")
    if d := change.difference:
        low, high = (signed(100 * end, places) for end in (d.low, d.high))
        return f"{signed(100 * d.value, places)}{unit} ({low} to {high})"
    return f"{signed(100 * change.fall, 1)} %" if change.after.loss else signed(-100 * change.fall)


def p_value(change: Change) -> str:
    """How likely the difference is if neither model is better, by the paired test, to two digits."""
    if change.difference is None:
        return "–"
    return "< 0.001" if change.difference.p < 0.001 else f"{change.difference.p:.2g}"


def signed(number: float, places: int = 0) -> str:
    """With its sign, a true minus; nothing before a zero."""
    text = f"{number:+.{places}f}"
    return text[1:] if float(text) == 0 else text.replace("-", "−")


def is_headline(name: str) -> bool:
    """Whether a score belongs into the short table: a category itself, not a finer mark within it."""
    return "/" not in name or (name.startswith("own/") and name.count("/") == 1)
