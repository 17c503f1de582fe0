"""`sftctl export`: a run's model for other people's tools."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sftctl.core.cli.options import RunName, Runs
from sftctl.core.cli.quiet import quiet_libraries
from sftctl.core.stages.export import DType
from sftctl.core.store import find_run, runs_root

out = Console(highlight=False, markup=False, soft_wrap=True)


def export_command(
    run: RunName = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder to write; else `exported` in the run's.")
    ] = None,
    dtype: Annotated[DType, typer.Option(help="What the weights are kept in.")] = "bfloat16",
    runs: Runs = None,
) -> None:
    """Write a run's model whole. Merged safetensors that transformers, vLLM and others open without the base.

    What was written is read again: its loss on held-out examples must be that of the adapter beside its base.
    """
    from sftctl.core.manager import plugin_manager
    from sftctl.core.models import fetch_model
    from sftctl.core.session import config_of
    from sftctl.core.stages.checkpoint import load_checkpoint
    from sftctl.core.stages.data import HELD_OUT, read_data
    from sftctl.core.stages.export import export
    from sftctl.core.stages.forms import EXPORTED

    quiet_libraries()
    path, plugins = find_run(runs_root(runs), run), plugin_manager()
    checkpoint = load_checkpoint(path / "model", fetch_model(plugins, config_of(path).model))
    place = (output or path / EXPORTED).resolve()
    export(checkpoint, plugins, read_data(path / HELD_OUT), place, dtype)
    out.print(f"Model: {place}")
