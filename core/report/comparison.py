"""Two models on the same items: every score with its difference, and budgets for what may be lost."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sftctl.core.errors import ConfigError, EvalError, did_you_mean
from sftctl.core.report.results import Results, piece_of
from sftctl.core.scores.change import Change
from sftctl.core.scores.stats import Difference, difference, paired, rise
from sftctl.core.text import listed
from sftctl.core.types import Verdict

FEW = 3
"""Items that an error names."""
OTHER_TOKENS = (
    "Evaluate both on the same text, or compare without this evaluator: "
    "losses per token of models with different tokenizers say nothing of each other."
)


def compare(before: Results, after: Results) -> list[Change]:
    """Every score that either model has of the evaluators that asked the second one.

    Raises EvalError when no evaluator asked both, or one asked them other things.
    """
    shared = [evaluator for evaluator in after.scores if evaluator in before.scores]
    if not shared and (before.scores or after.scores):
        told = " and ".join(f"{r.name} has {', '.join(r.scores) or 'none'}" for r in (before, after))
        raise EvalError(f"There is no evaluator to compare by: {told}.", "Evaluate both with the same one.")
    for evaluator in shared:
        check_same_items(evaluator, before, after)
    return [change for evaluator in after.scores for change in _changes(evaluator, before, after)]


def _changes(evaluator: str, before: Results, after: Results) -> Iterator[Change]:
    old, new = before.scores.get(evaluator, {}), after.scores[evaluator]
    for name in dict.fromkeys([*new, *old]):
        yield Change(evaluator, name, old.get(name), new.get(name), _difference(evaluator, name, before, after))


def _difference(evaluator: str, name: str, before: Results, after: Results) -> Difference | None:
    """That of a score's marks, or of the losses of its pieces, where both models have them."""
    if marks := paired(before.marks(evaluator, name), after.marks(evaluator, name)):
        return difference(marks)
    old, new = before.pieces(evaluator, name), after.pieces(evaluator, name)
    losses = paired(old.by_id, new.by_id)
    same_text = all(one[1] == other[1] for one, other in losses)
    return rise(losses, perplexity=old.perplexity) if losses and same_text else None


def check_same_items(evaluator: str, before: Results, after: Results) -> None:
    """Raises EvalError when the items are others: other ids, or other questions or answers under the same id."""
    old, new = ({v.id: v for v in results.verdicts.get(evaluator, ())} for results in (before, after))
    if lone := sorted(old.keys() ^ new.keys()):
        raise EvalError(
            f"The items of '{evaluator}' differ: {before.name} has {len(old)}, {after.name} has {len(new)}, "
            f"{len(old.keys() & new.keys())} of them the same. Only one has {listed(lone, FEW)}.",
            OTHER_TOKENS if _is_text(old, new) else "Evaluate both with the same data, seed and limit.",
        )
    if other := [id for id in old if _asked(old[id]) != _asked(new[id])]:
        raise EvalError(
            f"The items of '{evaluator}' differ: {listed(other, FEW)} ask other things of {before.name} "
            f"than of {after.name}.",
            OTHER_TOKENS if _is_text(old, new) else "Evaluate both with the same data and seed.",
        )


def _is_text(*sides: Mapping[str, Verdict]) -> bool:
    return all(piece_of(verdict.answered) for side in sides for verdict in side.values())


def _asked(verdict: Verdict) -> object:
    return verdict.category, verdict.prompt, verdict.expected


# ---------------------------------------------------------------- budgets


@dataclass(frozen=True)
class Budget:
    """How much of the scores that a pattern names may be lost: points of a share, of a loss the share that it rose."""

    pattern: str
    limit: float

    @classmethod
    def read(cls, text: str) -> "Budget":
        """Of `toolcall/overall=0.05` or `bfcl/*=0.1`. Raises ConfigError."""
        pattern, equals, number = text.rpartition("=")
        try:
            limit = float(number)
        except ValueError:
            limit = math.nan
        if not (equals and pattern and 0 <= limit < math.inf):
            what = f"'{text}' is no budget."
            raise ConfigError(what, "Write a score and what it may lose, e.g. toolcall/overall=0.05 or 'bfcl/*=0.1'.")
        return cls(pattern, limit)

    def holds_for(self, change: Change) -> bool:
        return fnmatchcase(change.name, self.pattern)

    def check(self, names: Sequence[str]) -> None:
        """Raises ConfigError if it is a budget of none of these scores."""
        if not any(fnmatchcase(name, self.pattern) for name in names):
            raise ConfigError(f"There is no score '{self.pattern}' to compare with.", did_you_mean(self.pattern, names))


def overspent(changes: Sequence[Change], budgets: Sequence[Budget]) -> list[str]:
    """A sentence for every score that fell by more than a budget. Raises ConfigError for a pattern of no score.

    A score that was not there before cannot fall, so the pattern must name one that was.
    """
    sentences = {}
    for budget in budgets:
        budget.check([change.name for change in changes if change.before])
        for change in filter(budget.holds_for, changes):
            if change.fall > budget.limit + 1e-9:
                sentences[change.name] = f"{_fallen(change)}; its budget is {_amount(change, budget.limit)}."
    return list(sentences.values())


def _fallen(change: Change) -> str:
    if change.after is None:
        return f"{change.name} is no longer there"
    told = f"{change.name} {'rose' if change.after.loss else 'fell'} by {_amount(change, change.fall)}"
    certain = "significant" if change.significant else "not significant"
    if d := change.difference:
        places = 1 if change.after.loss else 0
        return f"{told} (95 % {100 * d.low:+.{places}f} to {100 * d.high:+.{places}f}, p = {d.p:.2g}: {certain})"
    return f"{told} ({certain})"


def _amount(change: Change, amount: float) -> str:
    return f"{100 * amount:.3g} {'%' if change.after and change.after.loss else 'points'}"
