"""`sftctl run` and `sftctl train`: the whole line, or training alone on your own data."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sftctl.core.cli.exits import fail
from sftctl.core.cli.options import (
    Assignments,
    Budget,
    ConfigFile,
    Examples,
    ModelName,
    Name,
    Plan,
    Recipe,
    Runs,
    Seed,
    TeacherModel,
    TeacherUrl,
    Toolsets,
    TrainerName,
    settings_of,
    teacher_settings,
)
from sftctl.core.cli.quiet import quiet_libraries
from sftctl.core.store import runs_root
from sftctl.core.types import Event, Json

OVER_BUDGET = 3
"""The exit code of a run that forgot too much."""
CURES = "It is in the run's folder all the same; docs/forgetting.md has what helps."

out, err = Console(), Console(stderr=True)


def run_command(
    plugin: Recipe = "toolcall",
    config: ConfigFile = None,
    model: ModelName = None,
    toolset: Toolsets = None,
    trainer: TrainerName = None,
    budget: Budget = None,
    examples: Examples = None,
    teacher: TeacherUrl = None,
    teacher_model: TeacherModel = None,
    seed: Seed = None,
    name: Name = None,
    assignments: Assignments = None,
    prove: Annotated[bool, typer.Option(help="End with a live proof.")] = True,
    plan: Plan = True,
    runs: Runs = None,
) -> None:
    """The whole line: synthesize, evaluate, train, evaluate, prove."""
    from sftctl.core.display import show_comparison, show_result

    flags = {"model": model, "trainer": trainer, "budget": budget, "examples": examples, "seed": seed}
    flags |= teacher_settings(teacher, teacher_model)
    flags |= {} if prove else {"prove": False}
    path = _carry_out(plugin, config, flags, toolset, assignments, name, runs, plan=plan)
    if (path / "model").exists():
        show_result(path, out)
        _hold_to_budget(path)
    else:
        show_comparison(path, out)


def _hold_to_budget(path: Path) -> None:
    """Exit with OVER_BUDGET where a run forgot more than its forgetting_budget allows; it is whole all the same."""
    if over := json.loads((path / "report.json").read_text(encoding="utf-8"))["over_budget"]:
        fail(f"The model forgot more than forgetting_budget allows: {', '.join(over)}. {CURES}", OVER_BUDGET)


def train_command(
    dataset: Annotated[list[str], typer.Argument(help="Data sets: files, folders, hub ids; see docs/data.md.")],
    plugin: Recipe = "toolcall",
    config: ConfigFile = None,
    model: ModelName = None,
    trainer: TrainerName = None,
    seed: Seed = None,
    name: Name = None,
    assignments: Assignments = None,
    plan: Plan = True,
    runs: Runs = None,
) -> None:
    """Train on your own data, without evaluation."""
    flags = {"model": model, "trainer": trainer, "seed": seed, "dataset": dataset}
    flags |= {"examples": 0, "prove": False, "eval_examples": 1, "seen_examples": 0, "held_out_rows": 0}
    path = _carry_out(plugin, config, flags, None, assignments, name, runs, {"evaluators": {}}, plan)
    out.print(f"Model: {path / 'model'}", highlight=False, soft_wrap=True)


def _carry_out(
    recipe: str,
    file: Path | None,
    flags: dict[str, Json],
    toolset: list[str] | None,
    assignments: list[str] | None,
    name: str | None,
    runs: Path | None,
    fixed: dict[str, Json] | None = None,
    plan: bool = True,
) -> Path:
    """Resolve the settings, of which `fixed` ones are not the user's to choose, and run."""
    from sftctl.core.arms import run_arms
    from sftctl.core.costs.budget import examples_within, overrun
    from sftctl.core.display import Display
    from sftctl.core.manager import plugin_manager
    from sftctl.core.run import run

    quiet_libraries()  # first: checking the settings of a trainer may import much
    plugins = plugin_manager()
    config = settings_of(plugins, recipe, file, flags, toolset, assignments).model_copy(update=fixed)
    if config.examples == examples_within(config.budget) and (minutes := overrun(config.budget, config.examples)):
        err.print(
            f"A budget of {config.budget} is too short for this machine: {config.examples} examples, the fewest, "
            f"and both evaluations take some {minutes} minutes.",
            highlight=False,
        )
    with Display(err) as display:

        def watch(event: Event) -> None:
            display(event)
            plugins.on_event(event)

        carry_out = run_arms if config.arms else run
        return carry_out(config, plugins, runs_root(runs), name, watch, check=plan)
