"""Rows from which a tiny model learns to count, and what a training on them reports."""

from collections.abc import Callable
from typing import Any

from sftctl.core.types import Emit, Event, Example, Rendered
from sftctl.plugins.hermes import Hermes


def counting_rows(tokenizer: Any, count: int, lengths: int = 1) -> list[Rendered]:
    """What comes after 0, 1, …; so many different lengths, in turn."""

    def row(number: int) -> Example:
        asked, said = f"What comes after {number}?" * (number % lengths + 1), f"After {number} comes {number + 1}."
        return Example(({"role": "user", "content": asked}, {"role": "assistant", "content": said}))

    return [Hermes().render(row(number), tokenizer) for number in range(count)]


def metrics_of(train: Callable[[Emit], object]) -> list[dict[str, float]]:
    """What a training reports of each step."""
    seen: list[dict[str, float]] = []

    def emit(event: Event) -> None:
        if event.kind == "metrics":
            seen.append(dict(event.data))

    train(emit)
    return seen
