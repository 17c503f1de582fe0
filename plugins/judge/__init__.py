"""Evaluator `judge`: another model reads the answers, behind any OpenAI-compatible endpoint.

Its key is read from SFTCTL_JUDGE_API_KEY, else OPENAI_API_KEY. What it says is kept in the cache: asking again is free.
"""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sftctl.core import hookimpl
from sftctl.core.config import DataSets
from sftctl.core.remote.endpoint import plain_url
from sftctl.core.types import EvalJob, Evaluator, Scores

API_KEYS = ("SFTCTL_JUDGE_API_KEY", "OPENAI_API_KEY")
RUBRIC = (
    "Prefer the answer that does what the user asked for: it is correct, complete, invents nothing, and calls the "
    "right function with the right arguments where one is to be called. Neither length nor style counts."
)


class JudgeConfig(BaseModel):
    """Options of the evaluator `judge`."""

    model_config = ConfigDict(extra="forbid")

    base_url: str = Field(description="the judge's endpoint, e.g. http://127.0.0.1:8000/v1")
    model: str = Field(min_length=1, description="the model that judges")
    mode: Literal["pairwise", "rubric"] = Field(
        default="pairwise",
        description="compare with the expected answer, in both orders; or pass and fail by the rubric alone",
    )
    rubric: str = Field(default=RUBRIC, description="what makes an answer good")
    data: DataSets = Field(
        default=[], description="data sets to ask instead of the held-out examples, as under `dataset`"
    )
    limit: int | None = Field(default=None, ge=1, description="at most so many questions, spread evenly")
    max_tokens: int = Field(default=256, ge=1, description="longest answer of the model that is judged, in tokens")
    judge_max_tokens: int = Field(default=1024, ge=1, description="longest answer of the judge, in tokens")
    concurrency: int = Field(default=8, ge=1, le=256, description="requests to the judge under way at once")
    timeout: float = Field(default=120, gt=0, description="seconds that one try may take")
    retries: int = Field(default=5, ge=0, description="tries after a time-out, a rate limit or a server's error")

    @field_validator("base_url")
    @classmethod
    def _is_a_plain_url(cls, url: str) -> str:
        return plain_url(url, API_KEYS[0])


def _evaluate(job: EvalJob) -> Scores:
    from sftctl.plugins.judge.judging import evaluate

    return evaluate(job)


@hookimpl
def sftctl_evaluators() -> Iterable[Evaluator]:
    return [Evaluator("judge", "answers as another model judges them", JudgeConfig, _evaluate)]
