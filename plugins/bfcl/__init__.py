"""Evaluator `bfcl`: the Berkeley Function Calling Leaderboard, v4, with its official data and AST checker.

bfcl-eval is fetched once into the cache and runs in an interpreter of its own (see `install`, `official`).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sftctl.core import hookimpl
from sftctl.core.scores.stats import summarise
from sftctl.core.types import EvalJob, Evaluator, ReferenceItem, Scores
from sftctl.plugins.bfcl.reasons import MISTAKES

Category = Literal[
    "simple_python",
    "simple_java",
    "simple_javascript",
    "multiple",
    "parallel",
    "parallel_multiple",
    "irrelevance",
    "live_simple",
    "live_multiple",
    "live_parallel",
    "live_parallel_multiple",
    "live_irrelevance",
    "live_relevance",
    "multi_turn_base",
    "multi_turn_miss_func",
    "multi_turn_miss_param",
    "multi_turn_long_context",
]
"""BFCL's categories of one turn, and those of several."""
PARSED = ("simple_java", "simple_javascript")
"""Those whose values official code reads with a parser, in an environment of its own."""
THREADS = 8
"""Conversations that the official command line has at once."""


class BfclConfig(BaseModel):
    """Options of the evaluator `bfcl`."""

    model_config = ConfigDict(extra="forbid")

    categories: list[Category] = Field(
        default=["simple_python", "multiple", "parallel", "parallel_multiple", "irrelevance"],
        description="BFCL v4 categories to ask",
        min_length=1,
    )
    limit: int | None = Field(
        default=None, ge=1, description="at most so many items of each category, spread evenly over it"
    )
    max_tokens: int = Field(default=256, ge=1, description="longest answer, in tokens")
    official: bool = Field(
        default=False,
        description="the official command line asks the endpoint; categories of several turns need it",
    )
    free: bool = Field(
        default=False, description="ask the tuned model a second time, held to no grammar: rows `bfcl (free)`"
    )

    @model_validator(mode="after")
    def _turns_need_the_official_way(self) -> "BfclConfig":
        turns = [category for category in self.categories if category.startswith("multi_turn")]
        if turns and not self.official:
            raise ValueError(f"category {turns[0]} needs `official: true`")
        return self


def evaluate(job: EvalJob) -> Scores:
    """Ask the official questions and give the official verdicts."""
    from sftctl.core.machine.environment import ensure
    from sftctl.plugins.bfcl.checker import check
    from sftctl.plugins.bfcl.command_line import ask_officially
    from sftctl.plugins.bfcl.data import load_items
    from sftctl.plugins.bfcl.environments import COMMAND_LINE, PARSERS
    from sftctl.plugins.bfcl.install import bfcl_folder

    assert isinstance(job.config, BfclConfig)
    folder, python = bfcl_folder(job.cache), None
    if job.config.official:
        python = ensure(COMMAND_LINE, job.cache, job.tell)
        with job.serve() as place:
            return ask_officially(folder, python, place, job.config.categories, job.config.limit, THREADS)
    if set(PARSED) & set(job.config.categories):
        python = ensure(PARSERS, job.cache, job.tell)
    items = load_items(folder, list(dict.fromkeys(job.config.categories)), job.config.limit, python)
    verdicts = check(folder, items, job.generate([item.query for item in items]), python)
    return Scores("bfcl", summarise(verdicts), tuple(verdicts))


def reference(cache: Path) -> Iterable[ReferenceItem]:
    """All of BFCL, not only what we evaluate on."""
    from sftctl.plugins.bfcl.data import reference_items
    from sftctl.plugins.bfcl.install import bfcl_folder

    return reference_items(bfcl_folder(cache))


@hookimpl
def sftctl_evaluators() -> Iterable[Evaluator]:
    summary = "Berkeley Function Calling Leaderboard v4, official"
    return [Evaluator("bfcl", summary, BfclConfig, evaluate, reference, mistakes=MISTAKES)]
