"""What an evaluation left: scores, and every item with its verdict."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from sftctl.core.errors import EvalError, StoreError
from sftctl.core.scores.stats import Piece, marks_by_score
from sftctl.core.stages.evaluation import costs_path, read_scores, samples_path
from sftctl.core.stages.forms import BASE, form_path, forms_scored
from sftctl.core.store import find_run
from sftctl.core.types import Json, Score, Scores, Verdict, record


class Pieces(NamedTuple):
    """Of each piece of a text its loss in nats and its tokens; and whether the score of all is their perplexity."""

    by_id: Mapping[str, Piece]
    perplexity: bool


def piece_of(answered: Json) -> Piece | None:
    """The loss of a piece of text, where that is what an item has as its answer."""
    if not isinstance(answered, dict) or answered.keys() != {"nats", "tokens"}:
        return None
    nats, tokens = answered["nats"], answered["tokens"]
    return (nats, tokens) if isinstance(nats, float) and isinstance(tokens, int) else None


@dataclass(frozen=True)
class Results:
    """Scores and verdicts by evaluator, under the name of what was scored."""

    name: str
    scores: Mapping[str, Mapping[str, Score]]
    verdicts: Mapping[str, tuple[Verdict, ...]]
    costs: Mapping[str, Mapping[str, Score]] = field(default_factory=dict, compare=False)
    """What an answer took, by evaluator; nothing in results of before it was measured."""

    def marks(self, evaluator: str, name: str) -> dict[str, bool]:
        """Item → its mark, of which the score `name` is the share; empty if that score is no share of marks."""
        score, marks = self.scores.get(evaluator, {}).get(name), self._marks.get(evaluator, {}).get(name, {})
        if score is None or score.loss or score.n != len(marks):
            return {}
        return marks if math.isclose(sum(marks.values()), score.value * score.n) else {}

    def contradicted(self) -> str:
        """A score that is not the share of the marks that its items have under its name; empty if there is none."""
        shares = ((e, name, score) for e, scores in self.scores.items() for name, score in scores.items())
        wrong = (
            f"{evaluator}/{name}"
            for evaluator, name, score in shares
            if name in self._marks.get(evaluator, {}) and not score.loss and not self.marks(evaluator, name)
        )
        return next(wrong, "")

    def pieces(self, evaluator: str, name: str) -> Pieces:
        """The pieces of text whose loss per token, or perplexity, the score `name` is; none if it is something else."""
        score = self.scores.get(evaluator, {}).get(name)
        for pieces in self._pieces.get(evaluator, ()) if score and score.loss else ():
            nats, tokens = (sum(numbers) for numbers in zip(*pieces.values(), strict=True))
            loss = nats / max(1, tokens)
            for value, perplexity in ((loss, False), (math.exp(min(loss, 700)), True)):
                if score and score.n == len(pieces) and math.isclose(score.value, value):
                    return Pieces(pieces, perplexity)
        return Pieces({}, perplexity=False)

    @cached_property
    def _pieces(self) -> dict[str, list[dict[str, Piece]]]:
        """By evaluator: the pieces of each category, and all of them."""
        found: dict[str, list[dict[str, Piece]]] = {}
        for evaluator, verdicts in self.verdicts.items():
            groups: dict[str | None, dict[str, Piece]] = {None: {}}
            for verdict in verdicts:
                if piece := piece_of(verdict.answered):
                    groups.setdefault(verdict.category, {})[verdict.id] = groups[None][verdict.id] = piece
            found[evaluator] = [group for group in groups.values() if group]
        return found

    @cached_property
    def _marks(self) -> dict[str, dict[str, dict[str, bool]]]:
        return {
            evaluator: {name: dict(marks) for name, marks in marks_by_score(verdicts).items()}
            for evaluator, verdicts in self.verdicts.items()
        }

    def mistakes(self, evaluator: str) -> Counter[str]:
        """How often each kind of mistake was made, the commonest first."""
        counts = Counter(v.reason or "wrong" for v in self.verdicts.get(evaluator, ()) if not v.ok)
        return Counter(dict(counts.most_common()))


def results_of(name: str, results: Sequence[Scores]) -> Results:
    """Fresh ones, as they would be read again."""
    rows = {r.evaluator: json.loads(json.dumps([asdict(v) for v in r.verdicts], default=str)) for r in results}
    verdicts = {evaluator: tuple(Verdict(**row) for row in group) for evaluator, group in rows.items()}
    return Results(name, {r.evaluator: r.scores for r in results}, verdicts, {r.evaluator: r.costs for r in results})


def read_results(scores: Path, name: str = "") -> Results:
    """The results in a file that a run or `sftctl eval -o` wrote. Raises EvalError if it is none."""
    try:
        groups: dict[str, list[Verdict]] = {}
        for evaluator, verdict in _verdicts(samples_path(scores)):
            groups.setdefault(evaluator, []).append(verdict)
        costs = read_scores(costs_path(scores)) if costs_path(scores).exists() else {}
        verdicts = {evaluator: tuple(group) for evaluator, group in groups.items()}
        found = Results(name or scores.stem, read_scores(scores), verdicts, costs)
    except OSError as error:
        what = f"{error.filename} cannot be read: {(error.strerror or str(error)).lower()}."
        raise EvalError(what, "Results are two files: NAME.json and samples-NAME.jsonl beside it.") from None
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise EvalError(f"{scores}, or its samples, are no results of an evaluation: {error!r}.") from None
    if other := found.contradicted():
        what = f"Scores and samples of {scores} do not belong together: {other} is not the share that its items give."
        raise EvalError(what, "Keep NAME.json and samples-NAME.jsonl of the same evaluation.")
    return found


def _verdicts(path: Path) -> Iterator[tuple[str, Verdict]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield row.pop("evaluator"), record(Verdict, row)


def find_results(root: Path, target: str) -> Results:
    """Those of a run's tuned model, of its base (`RUN@base`), of a form of it (`RUN@FORM`), or of a file.

    Raises EvalError or StoreError.
    """
    if target.endswith(".json"):
        return read_results(Path(target), Path(target).name)
    name, _, form = target.partition("@")
    run = find_run(root, name or None)
    if form == BASE:
        return read_results(run / "eval/before.json", f"{run.name}@{BASE}")
    path = form_path(run, form) if form else run / "eval/after.json"
    if not path.exists():
        known = [BASE, *forms_scored(run)]
        hint = f"sftctl eval {run.name}@{form} (scored are {', '.join(known)})" if form else "Finish it."
        raise StoreError(f"The model of run '{run.name}' has not been scored{f' as {form}' if form else ''}.", hint)
    return read_results(path, f"{run.name}@{form}" if form else run.name)


def form_results(run: Path) -> list[Results]:
    """Those of each form of a run's model that was scored."""
    return [read_results(form_path(run, form), form) for form in forms_scored(run)]
