"""What a report says, as plain JSON."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from sftctl.core.config import RunConfig
from sftctl.core.errors import StoreError
from sftctl.core.report.comparison import compare
from sftctl.core.report.models import costs_json
from sftctl.core.report.numbers import gap, is_headline, p_value, share
from sftctl.core.report.results import Results, read_results
from sftctl.core.scores.change import Change
from sftctl.core.scores.forgetting import exceeded, general_among, judged, loss_rows, losses
from sftctl.core.store import RunFolder, read_lines, read_manifest
from sftctl.core.types import Evaluator, Json, Score

SEEN_ROW = " (seen tools)"
VERDICTS = {"better": "better", "worse": "worse", "same": "no significant difference"}


def run_results(run: Path) -> tuple[Results, Results]:
    """Those of a run's base model and of its tuned one."""
    return read_results(run / "eval/before.json", "before"), read_results(run / "eval/after.json", "after")


def report_of(
    folder: RunFolder,
    config: RunConfig,
    evaluators: Mapping[str, Evaluator],
    before: Results,
    after: Results,
    changes: Sequence[Change],
    forms: Sequence[Results] = (),
) -> dict[str, Json]:
    """The whole of `report.json`; `data` has what `data/report.json` has."""
    manifest = read_manifest(folder.path)
    data = _read(folder.path / "data/report.json", {})
    data["lengths"] = _read(folder.path / "data/lengths.json", {})
    model = _read(folder.path / "model/manifest.json", {})
    lost = forgotten(changes, evaluators)
    return {
        "run": folder.name,
        "base": model.get("base", {}).get("name", config.model),
        "headlines": headlines(changes, after),
        "scores": [change_json(change) for change in changes],
        "forms": {form.name: [change_json(change) for change in compare(after, form)] for form in forms},
        "costs": costs_json({"base": before, "tuned": after} | {form.name: form for form in forms}),
        "forgotten": loss_rows(lost),
        "general": judged(lost),
        "over_budget": exceeded(lost, config.forgetting_budget),
        "mistakes": {name: _mistakes(evaluators, name, before, after) for name in after.scores},
        "training": _training(folder.path / "metrics.jsonl"),
        "data": data,
        "proof": _read(folder.path / "eval/proof.json", []) if config.prove else [],
        "config": config.model_dump(),
        "environment": manifest.get("versions", {}) | {"platform": manifest.get("platform", "")},
        "hashes": {name: value for name, value in model.items() if name.endswith("sha256")}
        | {"base_revision": model.get("base", {}).get("revision", "")},
    }


def forgotten(changes: Sequence[Change], evaluators: Mapping[str, Evaluator]) -> list[Change]:
    """What each probe of general ability has lost."""
    return losses(changes, general_among(evaluators))


def change_json(change: Change) -> dict[str, Json]:
    """A score of two models."""
    return {
        "evaluator": change.evaluator,
        "score": change.score,
        "before": change.before and asdict(change.before),
        "after": change.after and asdict(change.after),
        "difference": change.difference and asdict(change.difference),
        "verdict": change.verdict,
    }


def _read(path: Path, missing: Json) -> Json:
    """Raises StoreError where the file is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else missing
    except ValueError as error:
        raise StoreError(f"{path} is damaged: {error}.", "Remove it: the report is then written without.") from None


def headlines(changes: Sequence[Change], after: Results) -> list[dict[str, Json]]:
    """For every evaluator its main score in one sentence, and the commonest mistake in another."""
    found = []
    for evaluator in dict.fromkeys(change.evaluator for change in changes):
        main = main_score([change for change in changes if change.evaluator == evaluator])
        held_out = after.scores.get(evaluator.removesuffix(SEEN_ROW), {}).get(main.score)
        seen = evaluator.endswith(SEEN_ROW) and held_out is not None
        found.append(
            {
                "evaluator": evaluator,
                "score": main.score,
                "verdict": main.verdict if main.before else "",
                "text": f"{_sentence(main)}, {share(held_out)} on held-out tools" if seen else _sentence(main),
                "mistake": commonest_mistake(after, evaluator),
            }
        )
    return found


def main_score(changes: Sequence[Change]) -> Change:
    """That of the score by `main_name`."""
    name = main_name([change.score for change in changes])
    return next(change for change in changes if change.score == name)


def main_name(scores: Collection[str]) -> str:
    """Of the names of an evaluator's scores `overall`, or the first where there is none."""
    return "overall" if "overall" in scores else next(iter(scores))


def full_name(evaluator: str, score: str) -> str:
    """`bfcl parallel`; of the score over all items the evaluator alone."""
    return evaluator if score in ("overall", evaluator) else f"{evaluator} {score}"


def _sentence(change: Change) -> str:
    if change.before is None:
        return f"{share(change.after)} of {change.n} items"
    told = f"{share(change.before)} before, {share(change.after)} after, of {change.n} items"
    if change.difference:
        unit = "" if change.after and change.after.loss else " points"
        return f"{told}: {gap(change)}{unit}, p = {p_value(change)}, {VERDICTS[change.verdict]}".replace("= <", "<")
    return f"{told}: {gap(change)}, {VERDICTS[change.verdict]}"


def ranking(results: Sequence[Results], evaluator: str) -> list[tuple[str, str, str]]:
    """Models, the best first: name, main score and commonest mistake."""

    def main(each: Results) -> Score:
        scores = each.scores[evaluator]
        return scores[main_name(scores)]

    best_first = sorted(results, key=lambda each: main(each).value * (1 if main(each).loss else -1))
    return [(each.name, share(main(each)), commonest_mistake(each, evaluator)) for each in best_first]


def commonest_mistake(results: Results, evaluator: str) -> str:
    """`wrong value (12 of 38 wrong answers)`, or nothing."""
    counts = results.mistakes(evaluator)
    if not counts:
        return ""
    kind, count = counts.most_common(1)[0]
    return f"{readable(kind)} ({count} of {counts.total()} wrong answers)"


def readable(kind: str) -> str:
    return kind.replace("_", " ")


def _mistakes(evaluators: Mapping[str, Evaluator], name: str, before: Results, after: Results) -> list[Json]:
    """Kinds of mistakes with how often each was made, the commonest after training first."""
    evaluator = evaluators.get(name.partition(" (")[0])  # `bfcl (free)` makes the mistakes of `bfcl`
    meanings = evaluator.mistakes if evaluator else {}
    old, new = before.mistakes(name), after.mistakes(name)
    kinds = sorted({*old, *new}, key=lambda kind: (-new[kind], -old[kind], kind))
    return [{"kind": k, "meaning": meanings.get(k, ""), "before": old[k], "after": new[k]} for k in kinds]


def _training(path: Path) -> dict[str, Json]:
    """The loss by step, and how fast it went."""
    if not path.exists():
        return {"loss": [], "eval_loss": []}
    rows = list(read_lines(path))
    speeds = sorted(row["tokens_per_second"] for row in rows if "tokens_per_second" in row)
    return {
        "loss": [[row["step"], row["loss"]] for row in rows if "loss" in row],
        "eval_loss": [[row["step"], row["eval_loss"]] for row in rows if "eval_loss" in row],
        "tokens_per_second": speeds[len(speeds) // 2] if speeds else None,
    }


def card_scores(changes: Sequence[Change]) -> list[dict[str, Json]]:
    """Of every score what a model card has."""
    return [
        {"evaluator": c.evaluator, "score": c.score, "value": round(c.after.value, 4), "loss": c.after.loss}
        for c in changes
        if c.after and is_headline(c.score)
    ]
