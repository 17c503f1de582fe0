"""Plugin `probes`: what a model can do beside what it is taught, measured by how likely it finds texts.

`perplexity` and `choices` are of general ability; `loss` is of held-out rows of the data that is trained on.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sftctl.core import hookimpl
from sftctl.core.config import DatasetConfig, DataSets
from sftctl.core.types import EvalJob, Evaluator, Scores

HERE = Path(__file__).parent


class PerplexityConfig(BaseModel):
    """Options of the evaluator `perplexity`."""

    model_config = ConfigDict(extra="forbid")

    data: DataSets = Field(
        default_factory=lambda: [DatasetConfig(path=str(HERE / "general.txt"))],
        description="general text: files or data sets, as under `dataset`",
        min_length=1,
    )
    window: int = Field(default=512, ge=2, description="tokens that the model sees at once")
    stride: int = Field(default=256, ge=1, description="tokens from the beginning of one window to the next")
    tokens: int = Field(default=8192, ge=2, description="tokens of the text that are read at most")


class ChoicesConfig(BaseModel):
    """Options of the evaluator `choices`."""

    model_config = ConfigDict(extra="forbid")

    tasks: dict[str, DatasetConfig] = Field(
        default_factory=lambda: {
            name: DatasetConfig(path=str(HERE / f"{name}.jsonl")) for name in ("knowledge", "sense")
        },
        description="name of each task, and the data set that holds its questions",
        min_length=1,
    )
    limit: int | None = Field(default=None, ge=1, description="at most so many questions of each task, spread evenly")
    metric: Literal["acc", "acc_norm"] = Field(
        default="acc_norm", description="what counts as right; the other is told as well"
    )


class LossConfig(BaseModel):
    """Options of the evaluator `loss`."""

    model_config = ConfigDict(extra="forbid")

    data: DataSets = Field(
        default=[], description="data sets to take it on instead of the held-out examples, as under `dataset`"
    )
    limit: int | None = Field(default=None, ge=1, description="at most so many examples of each source, spread evenly")
    last_turn: bool = Field(default=False, description="on each example's last message alone; the rest is only read")


def _perplexity(job: EvalJob) -> Scores:
    from sftctl.plugins.probes.perplexity import evaluate

    return evaluate(job)


def _loss(job: EvalJob) -> Scores:
    from sftctl.plugins.probes.perplexity import held_out_loss

    return held_out_loss(job)


def _choices(job: EvalJob) -> Scores:
    from sftctl.plugins.probes.choices import evaluate

    return evaluate(job)


@hookimpl
def sftctl_evaluators() -> Iterable[Evaluator]:
    return [
        Evaluator(
            "perplexity", "perplexity of general text", PerplexityConfig, _perplexity, general=True, likelihoods=True
        ),
        Evaluator(
            "choices",
            "multiple choice by log-likelihood",
            ChoicesConfig,
            _choices,
            general=True,
            likelihoods=True,
            mistakes={"another_choice": "another answer is likelier than the right one"},
        ),
        Evaluator("loss", "loss on held-out rows of the data", LossConfig, _loss, likelihoods=True),
    ]
