"""The report stage: before and after in one table, as JSON and Markdown."""

import json
from collections.abc import Collection, Iterator, Sequence

from sftctl.core.config import RunConfig
from sftctl.core.data_page import histogram, overlap_lines
from sftctl.core.evaluation import read_scores
from sftctl.core.forgetting import Loss, Row, exceeded, loss_rows, losses
from sftctl.core.store import RunFolder, write_json, write_text
from sftctl.core.types import Json, Score


def write_report(folder: RunFolder, config: RunConfig, general: Collection[str] = ()) -> None:
    """Write `report.json` and `report.md`; `general` are the evaluators of general ability."""
    rows = list(compare(folder))
    lost = losses(rows, general)
    data = json.loads((folder.path / "data/report.json").read_text(encoding="utf-8"))
    data["lengths"] = json.loads((folder.path / "data/lengths.json").read_text(encoding="utf-8"))
    proof = folder.path / "eval/proof.json"
    attempts = json.loads(proof.read_text(encoding="utf-8")) if config.prove else []
    scores = [
        {"evaluator": e, "score": name, "before": before and vars(before), "after": vars(after)}
        for e, name, before, after in rows
    ]
    write_json(
        folder.path / "report.json",
        {
            "run": folder.name,
            "config": config.model_dump(),
            "scores": scores,
            "forgotten": loss_rows(lost),
            "over_budget": [loss.probe for loss in exceeded(lost, config.forgetting_budget)],
            "data": data,
            "proof": attempts,
        },
    )
    forgotten = ["", "## General ability", "", *loss_lines(lost, config.forgetting_budget)] if lost else []
    write_text(folder.path / "report.md", _markdown(folder.name, config, rows, data, attempts, forgotten))


def compare(folder: RunFolder) -> Iterator[Row]:
    """Every score of the run, before and after."""
    before = read_scores(folder.path / "eval/before.json")
    after = read_scores(folder.path / "eval/after.json")
    for evaluator, scores in after.items():
        for name, score in scores.items():
            yield evaluator, name, before.get(evaluator, {}).get(name), score


def share(score: Score | None) -> str:
    """`52 % (42–62)`: value and 95 % interval in per cent; of a loss or a perplexity the number itself."""
    if score is None:
        return "–"
    if score.loss:
        return f"{score.value:.3g} ({score.low:.3g}–{score.high:.3g})"
    return f"{100 * score.value:.0f} % ({100 * score.low:.0f}–{100 * score.high:.0f})"


def is_headline(name: str) -> bool:
    """Whether a score belongs into the short table: a category itself, not a finer mark within it."""
    return "/" not in name or (name.startswith("own/") and name.count("/") == 1)


def _markdown(
    name: str, config: RunConfig, rows: list[Row], data: Json, attempts: list[Json], forgotten: list[str]
) -> str:
    lines = [
        f"# {name}",
        "",
        f"{config.model}, trainer `{config.trainer}`, {data['train']['examples']} training examples{_held_out(data)}. "
        "Intervals are 95 % bootstrap intervals. What is in the data is in [data/report.md](data/report.md).",
        "",
        "| evaluator | score | n | before | after |",
        "|---|---|--:|--:|--:|",
    ]
    lines += [f"| {e} | {score} | {after.n} | {share(before)} | {share(after)} |" for e, score, before, after in rows]
    lines += forgotten
    lines += ["", "## Training data that is elsewhere", "", *overlap_lines(data["overlap"])]
    lines += ["", "## Tokens of a training row", "", *histogram("tokens", {"rows": data["lengths"]})]
    for attempt in attempts:
        lines += ["", f"## Live proof: {'right' if attempt['ok'] else attempt['reason']}", "", "```"]
        lines += [spoken(message) for message in attempt["transcript"]] + ["```"]
    return "\n".join(lines) + "\n"


def loss_lines(losses: Sequence[Loss], budget: float | None) -> list[str]:
    """The section of the report, as Markdown."""
    lines = ["| probe | n | before | after | lost |", "|---|--:|--:|--:|--:|"]
    lines += [f"| {o.probe} | {o.after.n} | {share(o.before)} | {share(o.after)} | {o.text} |" for o in losses]
    lines += ["", "Lost is how many points a share fell, or by how much of itself a perplexity rose."]
    if budget is not None:
        over = [loss.probe for loss in exceeded(losses, budget)]
        verdict = f"**exceeded** by {', '.join(over)}" if over else "kept"
        lines += ["", f"The forgetting budget of {100 * budget:g} points or per cent is {verdict}."]
    return lines


def _held_out(data: Json) -> str:
    """Of how many tools the data is, and what is held out, where there are tools."""
    tools, others = data["split"]["tools_in_training"], len(data["split"]["held_out_tools"])
    if not tools:
        return ""
    return f" of {tools} tools; {others} other tools are held out and used for evaluation alone"


def spoken(message: Json) -> str:
    """One message of a transcript on one line."""
    calls = [f"{c['function']['name']}({c['function']['arguments']})" for c in message.get("tool_calls") or ()]
    return f"{message['role']}: {' '.join(filter(None, [message.get('content') or '', *calls]))}"
