"""What the harness found, as scores with intervals out of its items, and as verdicts."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sftctl.core.scores.stats import exponential, per_token, score
from sftctl.core.types import Json, Score, Verdict

Z = 1.96
"""Standard errors on either side of a 95 % interval."""
LN2 = math.log(2)
Items = Mapping[tuple[str, str, str], Sequence[Json]]
"""Task, metric and filter → what each item has of it."""


def read_samples(paths: Iterable[Path]) -> tuple[Items, list[Verdict]]:
    """The items of the harness's `samples_*.jsonl`, and a verdict on each that is right or wrong: by its first mark."""
    items: defaultdict[tuple[str, str, str], list[Json]] = defaultdict(list)
    verdicts: list[Verdict] = []
    for path in paths:
        task = path.name.removeprefix("samples_").rpartition("_")[0]
        with path.open(encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                chosen = row.get("filter", "none")
                for metric in row.get("metrics") or ():
                    items[task, metric, chosen].append(row.get(metric))
                if marks := [row[metric] for metric in row.get("metrics") or () if row.get(metric) in (0, 1)]:
                    verdicts.append(_verdict(task, chosen, row, ok=bool(marks[0])))
    return items, verdicts


def _verdict(task: str, chosen: str, row: Mapping[str, Json], *, ok: bool) -> Verdict:
    id = f"{task}_{row['doc_id']}" + ("" if chosen == "none" else f"_{chosen}")
    answered = row.get("filtered_resps")
    return Verdict(id, task, ok, "" if ok else "wrong", row.get("target"), answered, prompt=_prompt(row))


def _prompt(row: Mapping[str, Json]) -> Json:
    """What was asked, of the first request if there were several."""
    arguments = row.get("arguments")
    first = next(iter(arguments.values()), None) if isinstance(arguments, dict) else None
    text = first.get("arg_0") if isinstance(first, dict) else None
    if isinstance(text, list) and len(text) == 1:  # a conversation, as its JSON
        (text,) = text
    if not isinstance(text, str):
        return None
    try:
        messages = json.loads(text)
    except ValueError:
        messages = None
    is_chat = isinstance(messages, list) and all(isinstance(each, dict) for each in messages)
    return {"messages": messages if is_chat else [{"role": "user", "content": text}]}


def read_scores(found: Mapping[str, Json], items: Items) -> dict[str, Score]:
    """Every metric of every task, as `task metric`; its filter is named if it has one."""
    scores: dict[str, Score] = {}
    for task, metrics in found["results"].items():
        count = found.get("n-samples", {}).get(task, {}).get("effective", 0)
        for key, value in metrics.items():
            metric, _, chosen = key.partition(",")
            error = metrics.get(f"{metric}_stderr,{chosen}")
            if metric.endswith("_stderr") or not isinstance(value, float | int) or error is None:
                continue
            better = found.get("higher_is_better", {}).get(task, {}).get(metric, True)
            name = " ".join(filter(None, [task, metric, chosen if chosen != "none" else ""]))
            given = of_items(items.get((task, metric, chosen), ()))
            fitting = (each for each in given if math.isclose(each.value, value, rel_tol=1e-6, abs_tol=1e-9))
            scores[name] = next(fitting, None) or interval(float(value), error, count, loss=better is False)
    return scores


def of_items(values: Sequence[Json]) -> list[Score]:
    """The scores that items may give, as all our evaluators have them: shares of marks, or perplexities and bits.

    An item is a mark, some marks, a log-likelihood with the number of words or bytes, or a log-likelihood.
    """
    if not values:
        return []
    if all(value in (0, 1) for value in values):
        return [score([bool(value) for value in values])]
    if all(isinstance(value, list) and value and all(mark in (0, 1) for mark in value) for value in values):
        return [_of_groups(values)]
    if all(isinstance(value, float) and value < 0 for value in values):
        values = [[value, 1] for value in values]
    if all(_is_likelihood(value) for value in values):
        loss = per_token([-likely for likely, _ in values], [size for _, size in values])
        return [exponential(loss), in_bits(loss)]
    return []


def _is_likelihood(value: Json) -> bool:
    """Whether it is a log-likelihood with a size: other metrics have pairs too, of texts (bleu) or classes (f1)."""
    if not isinstance(value, list) or len(value) != 2:
        return False
    likely, size = value
    return isinstance(likely, float) and likely <= 0 and isinstance(size, int) and size > 0


def in_bits(loss: Score) -> Score:
    """A loss in nats as bits."""
    return replace(loss, value=loss.value / LN2, low=loss.low / LN2, high=loss.high / LN2)


def _of_groups(groups: Sequence[Sequence[Json]]) -> Score:
    """The share of marks that come in groups, which are drawn as wholes: those of one prompt go together."""
    marks = [bool(mark) for group in groups for mark in group]
    if all(marks) or not any(marks):
        return score(marks)
    drawn = per_token([sum(map(bool, group)) for group in groups], [len(group) for group in groups])
    return Score(drawn.value, drawn.low, drawn.high, len(marks))


def interval(value: float, error: Json, n: int, *, loss: bool) -> Score:
    """A value with its 95 % interval out of the harness's standard error; a share stays within [0, 1]."""
    half = Z * error if isinstance(error, float | int) else 0.0  # the harness says "N/A" where it has none
    low, high = value - half, value + half
    return Score(value, low, high, n, loss=True) if loss else Score(value, max(0.0, low), min(1.0, high), n)
