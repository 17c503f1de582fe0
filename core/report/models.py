"""Every model of a run in one table: base, tuned, and the tuned one in its other forms, on the same items."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

from sftctl.core.report.comparison import compare
from sftctl.core.report.numbers import gap, is_headline, p_value, share
from sftctl.core.report.results import Results
from sftctl.core.scores.change import Change
from sftctl.core.types import Json

COSTS = ("prompt tokens", "answer tokens", "cut off", "seconds")


@dataclass(frozen=True)
class Cell:
    """What one model scored, and how that differs from the model that it is held against."""

    value: str
    gap: str = ""
    p: str = ""
    verdict: str = "same"


@dataclass(frozen=True)
class Row:
    """One score of every model; a form is held against the tuned model, and that against the base."""

    evaluator: str
    score: str
    n: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Models:
    """The whole table: what its columns are called, its scores, and what an answer took."""

    names: tuple[str, ...]
    rows: tuple[Row, ...]
    costs: tuple[tuple[str, list[str]], ...]

    @property
    def groups(self) -> list[tuple[str, list[Row]]]:
        """The rows by evaluator."""
        return [(evaluator, list(rows)) for evaluator, rows in groupby(self.rows, lambda row: row.evaluator)]

    @classmethod
    def of(cls, before: Results, after: Results, forms: Sequence[Results], changes: Sequence[Change]) -> "Models":
        """`changes` are those from `before` to `after`."""
        names = ("base", "tuned", *(form.name for form in forms))
        return cls(names, tuple(model_rows(changes, after, forms)), tuple(cost_rows([before, after, *forms])))


def model_rows(changes: Sequence[Change], after: Results, forms: Sequence[Results]) -> list[Row]:
    """Every score of a category, and every mark over all items."""
    others = [{change.name: change for change in compare(after, form)} for form in forms]
    return [
        Row(
            change.evaluator,
            change.score,
            change.n,
            (Cell(share(change.before)), _cell(change), *(_cell(other.get(change.name)) for other in others)),
        )
        for change in changes
        if is_headline(change.score) or change.score.startswith("overall/")
    ]


def _cell(change: Change | None) -> Cell:
    if change is None or change.after is None:
        return Cell("–")
    if change.before is None:
        return Cell(share(change.after))
    return Cell(share(change.after), gap(change), p_value(change), change.verdict)


def cost_rows(results: Sequence[Results]) -> list[tuple[str, list[str]]]:
    """For each evaluator and kind of cost, what an answer of each model took."""
    evaluators = dict.fromkeys(name for each in results for name in each.costs)
    rows = [
        (f"{name}: {cost}", [share(each.costs.get(name, {}).get(cost)) for each in results])
        for name in evaluators
        for cost in COSTS
    ]
    return [(name, cells) for name, cells in rows if any(cell != "–" for cell in cells)]


def costs_json(results: Mapping[str, Results]) -> dict[str, Json]:
    """The same as JSON, by model."""
    return {
        model: {name: {cost: asdict(score) for cost, score in costs.items()} for name, costs in each.costs.items()}
        for model, each in results.items()
    }
