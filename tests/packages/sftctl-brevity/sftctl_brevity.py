"""A formatter for question/answer rows, and an evaluator that likes short answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from sftctl.core import hookimpl
from sftctl.core.scores.stats import summarise
from sftctl.core.types import EvalJob, Evaluator, Example, Formatter, Query, Scores, Verdict


def is_question_answer(row: Mapping[str, Any]) -> bool:
    return set(row) == {"question", "answer"}


def to_example(row: Mapping[str, Any]) -> Example:
    messages = (
        {"role": "user", "content": row["question"]},
        {"role": "assistant", "content": row["answer"]},
    )
    return Example(messages, source="question-answer")


class BrevityConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")

    max_words: int = 30
    max_tokens: int = 64


def evaluate(job: EvalJob) -> Scores:
    assert isinstance(job.config, BrevityConfig)
    answers = job.generate([Query(example.messages[:-1], example.tools) for example in job.examples])
    verdicts = []
    for index, answer in enumerate(answers):
        words = len(answer.text.split())
        ok = words <= job.config.max_words
        reason = "" if ok else "too_long"
        verdicts.append(Verdict(str(index), "brevity", ok, reason, job.config.max_words, words))
    return Scores("brevity", summarise(verdicts), tuple(verdicts))


@hookimpl
def sftctl_formatters() -> Iterable[Formatter]:
    return [Formatter("question-answer", "rows of question and answer", is_question_answer, to_example)]


@hookimpl
def sftctl_evaluators() -> Iterable[Evaluator]:
    return [Evaluator("brevity", "share of answers that are short", BrevityConfig, evaluate)]
