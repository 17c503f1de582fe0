"""`report.md`."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TypeVar

from sftctl.core.examples.data_page import histogram, overlap_lines, table
from sftctl.core.report.facts import readable
from sftctl.core.report.models import Cell, Models
from sftctl.core.report.numbers import gap, p_value, share, signed
from sftctl.core.scores.change import Change
from sftctl.core.scores.forgetting import exceeded, judged, lost, probe
from sftctl.core.text import counted
from sftctl.core.types import Json

T = TypeVar("T")
LONG = 400
"""Characters of a message that are shown."""


def markdown(report: Json, changes: Sequence[Change], losses: Sequence[Change], models: Models) -> str:
    """The report as Markdown, every score in it."""
    lines = [f"# {report['run']}", "", about(report)]
    if changes:
        lines += ["", *_headlines(report), "", *score_table(changes)]
    if models.rows:
        lines += ["", "## Every model, the same items", "", *model_table(models)]
    if losses:
        lines += ["", "## General ability", "", *loss_lines(losses, report["config"]["forgetting_budget"])]
    for evaluator, kinds in report["mistakes"].items():
        if kinds:
            lines += ["", f"## Mistakes: {evaluator}", "", *_mistakes(kinds)]
    data = report["data"]
    if data.get("overlap"):
        lines += ["", "## Training data that is elsewhere", "", *overlap_lines(data["overlap"])]
    if data.get("lengths"):
        lines += ["", "## Tokens of a training row", "", *histogram("tokens", {"rows": data["lengths"]})]
    for attempt in report["proof"]:
        lines += ["", f"## Live proof: {'right' if attempt['ok'] else attempt['reason']}", "", "```"]
        lines += [f"{role}: {text}" for role, text in talk(attempt["transcript"])] + ["```"]
    return "\n".join(lines) + "\n"


def about(report: Json) -> str:
    """What was trained on what, and how to read the scores, if there are any."""
    config, data = report["config"], report["data"]
    tools, others = data["split"]["tools_in_training"], len(data["split"]["held_out_tools"])
    scored = bool(report["scores"])
    held_out = f" of {counted(tools, 'tool')}; {counted(others, 'other')} held out for evaluation"
    examples = counted(data["train"]["examples"], "training example")
    intervals = (
        "Intervals are 95 % bootstrap intervals; differences are paired, over the same items, in points, and p is "
        "McNemar's exact test; of a loss in per cent, and p by flipping signs. "
    )
    return (
        f"{config['model']}, trainer `{config['trainer']}`, {examples}"
        f"{held_out if tools and scored else ''}. {intervals if scored else ''}"
        "What is in the data is in [data/report.md](data/report.md)."
    )


def _headlines(report: Json) -> Iterator[str]:
    for headline in report["headlines"]:
        mistake = f" Commonest mistake: {headline['mistake']}." if headline["mistake"] else ""
        yield f"- **{headline['evaluator']}/{headline['score']}**: {headline['text']}.{mistake}"


def score_table(changes: Sequence[Change]) -> list[str]:
    """Every score before and after, and the paired difference."""
    head = ["evaluator", "score", "n", "before", "after", "difference", "p"]
    rows = ([c.evaluator, c.score, c.n, share(c.before), share(c.after), gap(c), p_value(c)] for c in changes)
    return table(head, rows, text_columns=2)


def model_table(models: Models) -> list[str]:
    """One table of all models, and one of what their answers took."""

    def told(cell: Cell) -> str:
        p = f", p {cell.p}" if cell.p not in ("", "–") else ""
        return f"{cell.value}; {cell.gap}{p}" if cell.gap else cell.value

    head = ["evaluator", "score", "n", *models.names]
    lines = table(head, ([r.evaluator, r.score, r.n, *map(told, r.cells)] for r in models.rows), text_columns=2)
    lines += ["", "The tuned model is held against the base, and every other form of it against the tuned model."]
    if models.costs:
        lines += ["", *table(["an answer takes", *models.names], ([name, *cells] for name, cells in models.costs))]
        lines += ["", COST_NOTE]
    return lines


COST_NOTE = (
    "Means with their 95 % intervals. Seconds are the time of all answers over their number, as they are written side "
    "by side; cut off is the share that reached max_tokens."
)


def loss_lines(losses: Sequence[Change], budget: float | None) -> list[str]:
    """What each probe of general ability has lost, as Markdown."""
    head = ["probe", "n", "before", "after", "lost", "p"]
    rows = (
        [probe(change), change.n, share(change.before), share(change.after), _lost(change), p_value(change)]
        for change in losses
    )
    lines = [
        *table(head, rows),
        "",
        "Lost is how many points a share fell, or by how much of itself a perplexity rose, over the same items. "
        f"{judged(losses)}",
    ]
    if budget is not None:
        over = exceeded(losses, budget)
        verdict = f"**exceeded** by {', '.join(over)}" if over else "kept"
        lines += ["", f"The forgetting budget of {100 * budget:g} points or per cent is {verdict}."]
    return lines


def _lost(change: Change) -> str:
    """`+5.0 points (−1.2 to +11.3)`."""
    if change.range is None:
        return lost(change)
    low, high = (signed(100 * end, 1) for end in change.range)
    return f"{lost(change)} ({low} to {high})"


def _mistakes(kinds: Sequence[Json]) -> list[str]:
    rows = ([readable(each["kind"]), each["meaning"], each["before"], each["after"]] for each in kinds)
    return table(["kind", "what it is", "before", "after"], rows, text_columns=2)


def talk(transcript: Sequence[Json]) -> Iterator[tuple[str, str]]:
    """Who said what; what is said several times in a row comes once, as does a call that is made again and again."""
    turns = ((each["role"], "\n".join(map(_once, _counted(_said(each))))) for each in transcript)
    for (role, text), times in _counted(turns):
        yield role, _once((cut(text), times))


def _said(message: Json) -> Iterator[str]:
    if text := (message.get("content") or "").strip():
        yield text
    for call in message.get("tool_calls") or ():
        yield f"{call['function']['name']}({call['function']['arguments']})"


def _counted(things: Iterable[T]) -> Iterator[tuple[T, int]]:
    return ((thing, len(list(same))) for thing, same in groupby(things))


def _once(line: tuple[str, int]) -> str:
    return f"{line[0]}  (× {line[1]})" if line[1] > 1 else line[0]


def cut(text: str) -> str:
    return text if len(text) <= LONG else f"{text[:LONG]}…"
