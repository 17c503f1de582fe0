"""`sftctl plan`: what a run's training will take, before it begins."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from sftctl.core.cli.options import (
    Assignments,
    Budget,
    ConfigFile,
    Examples,
    ModelName,
    Name,
    Recipe,
    Runs,
    Seed,
    Toolsets,
    TrainerName,
    settings_of,
)
from sftctl.core.cli.quiet import quiet_libraries
from sftctl.core.store import runs_root

if TYPE_CHECKING:
    from sftctl.core.costs.plan import Plan
    from sftctl.core.types import Json

out = Console(highlight=False, markup=False, soft_wrap=True)

Dataset = Annotated[list[str] | None, typer.Argument(help="Data sets to train on, as of `sftctl train`; else a run's.")]
GpuName = Annotated[str | None, typer.Option("--gpu", help="Plan for this GPU: h100-80gb, rtx4090, t4, …")]


def plan_command(
    dataset: Dataset = None,
    plugin: Recipe = "toolcall",
    config: ConfigFile = None,
    model: ModelName = None,
    toolset: Toolsets = None,
    trainer: TrainerName = None,
    budget: Budget = None,
    examples: Examples = None,
    seed: Seed = None,
    name: Name = None,
    assignments: Assignments = None,
    gpu: GpuName = None,
    runs: Runs = None,
) -> None:
    """Show parameters, tokens, steps, memory and time of a training. Exit code 1 if it cannot fit into memory."""
    from sftctl.core.costs.machines import named_gpu, this_machine
    from sftctl.core.costs.plan import make_plan, refuse_what_cannot_fit
    from sftctl.core.manager import plugin_manager
    from sftctl.core.models import outline_model
    from sftctl.core.run import default_name
    from sftctl.core.tools.toolset import load_toolset

    quiet_libraries()
    plugins = plugin_manager()
    flags: dict[str, Json] = {"model": model, "trainer": trainer, "budget": budget, "examples": examples, "seed": seed}
    if dataset:
        flags |= {"dataset": dataset, "examples": examples or 0}
    settings = settings_of(plugins, plugin, config, flags, toolset, assignments)
    machine = named_gpu(gpu) if gpu else this_machine()
    run = runs_root(runs) / (name or default_name(settings))
    tools = load_toolset(plugins, settings.toolset, settings.tools.limits())
    plan = make_plan(settings, plugins, outline_model(plugins, settings.model), tools, machine, run)
    show(plan, settings.model)
    refuse_what_cannot_fit(plan)


def show(plan: "Plan", model: str) -> None:
    """The plan as a table."""
    from sftctl.core.costs.plan import gib

    costs, machine = plan.costs, plan.machine
    share = costs.trained / costs.parameters
    table = Table("what", "how much", title=f"{model} with {plan.trainer} on {machine.name}", title_justify="left")
    table.add_row("parameters", f"{costs.parameters:,}")
    table.add_row("  trained", f"{costs.trained:,} ({share:.1%})")
    table.add_row("rows", f"{plan.rows:,} ({plan.source})")
    if plan.left_out:
        table.add_row("  left out", f"{plan.left_out:,} of those counted: too long, or not to be written")
    about = "about " if plan.counted < plan.rows else ""
    table.add_row("tokens", f"{about}{plan.tokens:,}, of which {plan.learned:,} carry loss")
    table.add_row("  computed", f"{about}{costs.tokens:,}, in {costs.steps:,} steps")
    for part in ("weights", "gradients", "optimizer", "activations", "logits"):
        table.add_row(f"memory: {part}" if part == "weights" else f"  {part}", gib(getattr(costs, part)))
    table.add_row("  libraries", gib(machine.reserved))
    table.add_row("  peak", f"about {gib(plan.needed)} of {gib(machine.memory)}")
    table.add_row("time to train", duration(costs.seconds))
    out.print(table)


def duration(seconds: float | None) -> str:
    """Seconds as text, no finer than they are known."""
    if seconds is None:
        return "unknown: this GPU is not in the table of --gpu"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"
