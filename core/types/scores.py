"""How answers were judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sftctl.core.types.values import (
    Json,
)


@dataclass(frozen=True)
class Verdict:
    """How one answer to one item was judged."""

    id: str
    category: str
    ok: bool
    reason: str
    """Empty when ok; else the kind of mistake, e.g. `wrong_tool`."""
    expected: Json
    answered: Json
    """Of a piece of text whose likelihood is asked: `{"nats": summed loss, "tokens": how many}`."""
    metrics: Mapping[str, bool] = field(default_factory=dict)
    """Finer yes/no marks of the same item, e.g. `name`, `arguments`, `schema_valid`."""
    prompt: Json = None
    """What was asked (`Query.outline`)."""
    detail: str = ""
    """What the judge says of it in words of its own, where it does."""


@dataclass(frozen=True)
class Score:
    """A share of items with its 95 % bootstrap interval, all within [0, 1]; or a loss, with that of its own unit."""

    value: float
    low: float
    high: float
    n: int
    loss: bool = False
    """A loss or a perplexity, of which less is better; of a share more is."""


@dataclass(frozen=True)
class Scores:
    """One evaluator's result on one model: scores by `category` or `category/metric`, and every verdict."""

    evaluator: str
    scores: Mapping[str, Score]
    verdicts: tuple[Verdict, ...]
    costs: Mapping[str, Score] = field(default_factory=dict)
    """What an answer took on average (`core.stages.evaluation.costs_of`): measured, so not the same twice."""
