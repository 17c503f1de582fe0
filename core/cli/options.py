"""Options that several commands have."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sftctl.core.types import Json

if TYPE_CHECKING:
    from sftctl.core.config import RunConfig
    from sftctl.core.manager import Plugins

Runs = Annotated[Path | None, typer.Option("--runs", help="Folder of runs (else SFTCTL_RUNS, else ./runs).")]
ConfigFile = Annotated[Path | None, typer.Option("--config", "-c", help="YAML file; flags override it.")]
Assignments = Annotated[list[str] | None, typer.Option("--set", help="Any setting: train.learning_rate=1e-4.")]
Recipe = Annotated[str, typer.Option("--plugin", "--recipe", help="The recipe that the defaults come from.")]
Plan = Annotated[bool, typer.Option("--plan/--no-plan", help="First refuse what cannot fit into memory.")]
ModelName = Annotated[str | None, typer.Option("--model", help="Base model: name, folder or hub id.")]
Toolsets = Annotated[
    list[str] | None,
    typer.Option("--toolset", help="Adds tools: name, file, URL or mcp:COMMAND."),
]
TrainerName = Annotated[str | None, typer.Option("--trainer", help="What trains; see `sftctl plugins`.")]
TeacherUrl = Annotated[str | None, typer.Option("--teacher", help="OpenAI-compatible endpoint that helps to write.")]
TeacherModel = Annotated[str | None, typer.Option("--teacher-model", help="The model to ask there.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Decides every random choice.")]
Examples = Annotated[int | None, typer.Option("--examples", help="Training examples to synthesize.")]
Budget = Annotated[str | None, typer.Option("--budget", help="How long it may take here: 15m, 1h.")]
Name = Annotated[str | None, typer.Option("--name", help="Name of the run; the same name goes on with it.")]
RunName = Annotated[str | None, typer.Argument(help="A run; the newest trained one by default.")]


def teacher_settings(url: str | None, model: str | None) -> dict[str, Json]:
    """The flags on a teacher as settings."""
    settings = {key: value for key, value in (("base_url", url), ("model", model)) if value is not None}
    return {"teacher": settings} if settings else {}


def settings_of(
    plugins: "Plugins",
    recipe: str,
    file: Path | None,
    flags: Mapping[str, Json],
    toolset: Sequence[str] | None,
    assignments: Sequence[str] | None,
) -> "RunConfig":
    """The configuration that the options of `run`, `train` and `plan` ask for; `--toolset` adds to its own."""
    from sftctl.core.config import resolve

    config = resolve(plugins, recipe, file, flags, assignments or ())
    return config.model_copy(update={"toolset": [*config.toolset, *(toolset or ())]})
