"""`report.html`: one file that needs no other, no network and no script."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from markupsafe import Markup

from sftctl.core.report import charts
from sftctl.core.report.diff import diff
from sftctl.core.report.facts import main_score, readable
from sftctl.core.report.markdown import COST_NOTE, cut, talk
from sftctl.core.report.models import Models
from sftctl.core.report.numbers import gap, is_headline, p_value, plain, share
from sftctl.core.report.results import Results
from sftctl.core.scores.change import Change
from sftctl.core.scores.forgetting import general_among
from sftctl.core.types import Evaluator, Json, Verdict

SHOWN = 4
"""Wrong answers of a kind in the gallery."""


def page(
    report: Json,
    evaluators: Mapping[str, Evaluator],
    before: Results,
    after: Results,
    changes: Sequence[Change],
    models: Models,
) -> str:
    """The report as HTML. All that comes from data is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    by_evaluator = defaultdict(list)
    for change in changes:
        by_evaluator[change.evaluator].append(change)
    general = general_among(evaluators)
    template = environment.get_template("page.html.jinja")
    return template.render(
        report=report,
        tiles=[_tile(each, by_evaluator[each["evaluator"]]) for each in report["headlines"]],
        skills=[_scores(name, group) for name, group in by_evaluator.items() if name not in general],
        general=[_scores(name, group) for name, group in by_evaluator.items() if name in general],
        models=models,
        costs=[(name, list(rows)) for name, rows in groupby(models.costs, lambda row: row[0].rpartition(": ")[0])],
        cost_note=COST_NOTE,
        heat={name: _heat(group) for name, group in by_evaluator.items()},
        loss=_loss_curve(report["training"]),
        tokens=_tokens(report["data"].get("lengths")),
        gallery={name: gallery(kinds, before, after, name) for name, kinds in report["mistakes"].items()},
        swatch=charts.swatch,
        talk=talk,
        readable=readable,
        settings=_settings(report["config"]),
    )


def _tile(headline: Json, changes: Sequence[Change]) -> dict[str, Any]:
    """A headline with its main score in large figures."""
    main = main_score(changes)
    return {**headline, "before": main.before and plain(main.before), "after": main.after and plain(main.after)}


def _scores(name: str, changes: Sequence[Change]) -> dict[str, Any]:
    """An evaluator's picture of the scores that matter, and the table of all."""
    short = [change for change in changes if is_headline(change.score)]
    rows = [
        {
            "name": change.score,
            "fine": not is_headline(change.score),
            "n": change.n,
            "before": share(change.before),
            "after": share(change.after),
            "gap": gap(change),
            "p": p_value(change),
            "verdict": change.verdict,
        }
        for change in changes
    ]
    return {"name": name, "picture": charts.bars(short), "rows": rows, "paired": any(c.difference for c in changes)}


def _heat(changes: Sequence[Change]) -> dict[str, Any] | None:
    """Categories against marks, each cell a share after training; nothing where there is one category or mark."""
    cells: defaultdict[str, dict[str, Change]] = defaultdict(dict)
    categories = [change.score for change in changes if is_headline(change.score)]
    for change in changes:
        if change.after and not change.after.loss:
            category = max((c for c in categories if f"{change.score}/".startswith(f"{c}/")), key=len, default="")
            cells[category][change.score[len(category) + 1 :] or "right"] = change
    marks = list(dict.fromkeys(mark for row in cells.values() for mark in row))
    if len(marks) < 2 or len(cells) < 2:
        return None
    rows = {category: [_cell(row.get(mark)) for mark in marks] for category, row in cells.items()}
    return {"marks": [readable(mark) for mark in marks], "rows": rows}


def _cell(change: Change | None) -> dict[str, Any] | None:
    if change is None or change.after is None:
        return None
    told = f"{share(change.before)} before, {share(change.after)} after, n = {change.n}"
    return {"level": round(10 * change.after.value), "text": f"{100 * change.after.value:.0f}", "title": told}


def _loss_curve(training: Json) -> Markup | None:
    lines = {"loss": training["loss"], "held-out loss": training["eval_loss"]}
    return charts.curves(lines, "steps") if len(training["loss"]) > 1 else None


def _tokens(lengths: Json) -> Markup | None:
    return charts.columns(lengths["histogram"], "tokens") if lengths and lengths.get("histogram") else None


def _settings(config: Json) -> list[tuple[str, Json]]:
    """Every setting on a line of its own, `train.learning_rate` and the like."""
    found = []
    for key, value in config.items():
        if isinstance(value, dict) and value:
            found += [(f"{key}.{name}", setting) for name, setting in _settings(value)]
        else:
            found.append((key, value))
    return found


# ---------------------------------------------------------------- gallery


def gallery(kinds: Sequence[Json], before: Results, after: Results, evaluator: str) -> list[dict[str, Any]]:
    """Every kind of mistake that the tuned model makes, with some of its answers."""
    was_right = {verdict.id: verdict.ok for verdict in before.verdicts.get(evaluator, ())}
    wrong = [verdict for verdict in after.verdicts.get(evaluator, ()) if not verdict.ok]
    return [
        {**kind, "shown": [_shown(v, was_right.get(v.id, False)) for v in made[:SHOWN]], "left": len(made) - SHOWN}
        for kind in kinds
        if (made := [verdict for verdict in wrong if (verdict.reason or "wrong") == kind["kind"]])
    ]


def _shown(verdict: Verdict, was_right: bool) -> dict[str, Any]:
    expected, answered = diff(verdict.expected, verdict.answered)
    prompt = verdict.prompt or {}
    asked = [str(m.get("content") or "") for m in prompt.get("messages", ()) if m.get("role") == "user"]
    return {
        "id": verdict.id,
        "asked": cut(asked[-1]) if asked else "",
        "tools": prompt.get("tools", ()),
        "expected": expected,
        "answered": answered,
        "was_right": was_right,
        "detail": cut(verdict.detail),
    }
