"""Evaluator `lm-eval`: EleutherAI's lm-evaluation-harness against the model's endpoint.

The harness is fetched once into an environment of its own, and asks over HTTP: what it sees is what users get.
"""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sftctl.core import hookimpl
from sftctl.core.types import EvalJob, Evaluator, Scores


class HarnessConfig(BaseModel):
    """Options of the evaluator `lm-eval`."""

    model_config = ConfigDict(extra="forbid")

    tasks: list[str] = Field(
        default=["ifeval", "gsm8k"],
        description="the harness's tasks by name, or YAML files that describe one",
        min_length=1,
    )
    local: dict[str, dict[str, str]] = Field(
        default={}, description="JSON or JSONL files in place of a task's data set, by task and split"
    )
    endpoint: Literal["chat", "completions"] = Field(
        default="chat", description="the endpoint that is asked; tasks of log-likelihood need `completions`"
    )
    tokenizer: str | None = Field(
        default=None, description="folder or hub id of the tokenizer, which `completions` needs of a model at a URL"
    )
    num_fewshot: int | None = Field(default=None, ge=0, description="examples in the prompt; null: as the task has it")
    limit: int | None = Field(default=None, ge=1, description="at most so many items of each task: its first")
    max_tokens: int = Field(default=256, ge=1, description="longest answer, in tokens")
    max_length: int = Field(
        default=2048,
        ge=2,
        description="longest text with its answer, in tokens: at `completions` a longer one loses its beginning",
    )
    concurrency: int = Field(default=8, ge=1, le=256, description="requests under way at once")


def _evaluate(job: EvalJob) -> Scores:
    from sftctl.plugins.harness.running import evaluate

    return evaluate(job)


@hookimpl
def sftctl_evaluators() -> Iterable[Evaluator]:
    return [Evaluator("lm-eval", "EleutherAI's lm-evaluation-harness", HarnessConfig, _evaluate)]
