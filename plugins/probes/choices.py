"""Multiple choice: which of some answers a model finds likeliest after a question. It writes nothing.

The metrics are those of lm-evaluation-harness: `acc` takes the answer of the highest log-likelihood, `acc_norm`
that of the highest log-likelihood per character, so that a long answer is not at a disadvantage.

A row has a question, its choices and which of them is right, in any of the shapes that formatter `choice` reads
(HellaSwag, PIQA, ARC). A `ctx`, `context` or `prompt` is continued as it stands; a `question`, `goal` or `query` is
asked: "Question: …\\nAnswer:".
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sftctl.core.config import DatasetConfig
from sftctl.core.datasets import BadRow, files_to_read, rows_of
from sftctl.core.errors import DataError
from sftctl.core.scores.stats import spread, summarise
from sftctl.core.types import EvalJob, Json, Query, Scores, Verdict
from sftctl.plugins.formatters.choice import QUESTION, choices_of
from sftctl.plugins.formatters.columns import found, text
from sftctl.plugins.probes import ChoicesConfig

CONTINUED = ("ctx", "context", "prompt")


class Item(NamedTuple):
    """One question: what is continued, the answers to choose from, and the index of the right one.

    Its `id` is of its task and row, not of the file: the same data may lie elsewhere on another machine.
    """

    id: str
    task: str
    context: str
    choices: list[str]
    right: int


def evaluate(job: EvalJob) -> Scores:
    """The share of questions whose right answer the model finds likeliest."""
    assert isinstance(job.config, ChoicesConfig)
    items = [
        item for name, data in job.config.tasks.items() for item in spread(list(_items(name, data)), job.config.limit)
    ]
    asked = [
        (item, encode_pair(job.tokenizer, item.context, f" {choice}")) for item in items for choice in item.choices
    ]
    logprobs = job.logprobs([context + answer for _, (context, answer) in asked])
    likelihoods = iter(sum(found[-len(answer) :]) for (_, (_, answer)), found in zip(asked, logprobs, strict=True))
    verdicts = [judge(item, [next(likelihoods) for _ in item.choices], job.config.metric) for item in items]
    return Scores("choices", _without_overall(summarise(verdicts)), tuple(verdicts))


def judge(item: Item, likelihoods: list[float], metric: str) -> Verdict:
    """What was chosen, by both metrics."""
    scaled = [value / len(choice) for value, choice in zip(likelihoods, item.choices, strict=True)]
    chosen = {"acc": _first_greatest(likelihoods), "acc_norm": _first_greatest(scaled)}
    marks = {name: at == item.right for name, at in chosen.items()}
    reason = "" if marks[metric] else "another_choice"
    answered = item.choices[chosen[metric]]
    prompt = Query(({"role": "user", "content": item.context},)).outline() | {"choices": item.choices}
    return Verdict(item.id, item.task, marks.pop(metric), reason, item.choices[item.right], answered, marks, prompt)


def _first_greatest(values: list[float]) -> int:
    return values.index(max(values))


def _without_overall(scores: Mapping[str, Any]) -> dict[str, Any]:
    """Tasks of different kinds have no share in common."""
    return {name: score for name, score in scores.items() if not name.startswith("overall")}


def encode_pair(tokenizer: Any, context: str, answer: str) -> tuple[list[int], list[int]]:
    """Both as token ids, cut as they are cut together; blanks at the context's end are the answer's."""
    blanks = len(context) - len(context.rstrip())
    if blanks:
        context, answer = context[:-blanks], context[-blanks:] + answer
    whole = list(tokenizer.encode(context + answer, add_special_tokens=False))
    begin = list(tokenizer.encode(context, add_special_tokens=False))
    return whole[: len(begin)], whole[len(begin) :]


# ---------------------------------------------------------------- rows


def _items(task: str, data: DatasetConfig) -> Iterator[Item]:
    """The questions of a data set. Raises DataError with the place of a row that is none."""
    count = 0
    for file in files_to_read(data.path, data.split):
        for row in rows_of(file, data.split):
            if isinstance(row, BadRow):
                raise row.error()
            if data.limit is not None and count == data.limit:
                return
            count += 1
            value = {data.columns.get(name, name): cell for name, cell in row.value.items()}
            try:
                yield _item(f"{task}_{count - 1}", task, value)
            except DataError as error:
                raise DataError(f"{row.place}: {error}.", "`choices` reads what formatter 'choice' does.") from None


def _item(id: str, task: str, row: Mapping[str, Json]) -> Item:
    choices, right = choices_of(row)
    question = text(row, *QUESTION)
    if found(row, QUESTION) not in CONTINUED:
        return Item(id, task, f"Question: {question}\nAnswer:", choices, right)
    if "activity_label" in row and "ctx_a" in row:  # HellaSwag as it is published
        question = f"{row['activity_label']}: {row['ctx_a']} {str(row.get('ctx_b', '')).capitalize()}"
    if row.get("endings") is not None:
        question, choices = plain(question), [plain(choice) for choice in choices]
    return Item(id, task, question, choices, right)


def plain(ending: str) -> str:
    """HellaSwag's text without the marks of the page that it was taken from."""
    ending = ending.strip().replace(" [title]", ". ")
    return re.sub(r"\[.*?\]", "", ending).replace("  ", " ")
