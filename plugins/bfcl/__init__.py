"""Evaluator `bfcl`: the Berkeley Function Calling Leaderboard, v4, with its official data and AST checker.

bfcl-eval is fetched once into the cache and runs in an interpreter of its own (see `install`, `official`).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sftctl.core import hookimpl
from sftctl.core.stats import summarise
from sftctl.core.types import EvalJob, Evaluator, ReferenceItem, Scores

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
]
"""BFCL's single-turn categories."""
PARSED = ("simple_java", "simple_javascript")
"""Those whose values official code reads with a parser, in an environment of its own."""


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
    free: bool = Field(
        default=False, description="ask the tuned model a second time, held to no grammar: rows `bfcl (free)`"
    )


def evaluate(job: EvalJob) -> Scores:
    """Ask the official questions and give the official verdicts."""
    from sftctl.core.environment import ensure
    from sftctl.plugins.bfcl.checker import check
    from sftctl.plugins.bfcl.data import load_items
    from sftctl.plugins.bfcl.environments import PARSERS
    from sftctl.plugins.bfcl.install import bfcl_folder

    assert isinstance(job.config, BfclConfig)
    folder, python = bfcl_folder(job.cache), None
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
    return [Evaluator("bfcl", summary, BfclConfig, evaluate, reference)]
