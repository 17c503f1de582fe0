"""`sftctl runs`, `sftctl plugins` and `sftctl doctor`: what there is."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sftctl.core.cli import verify
from sftctl.core.cli.options import Runs
from sftctl.core.errors import SftctlError
from sftctl.core.store import cache_root, list_runs, read_manifest, runs_root

out = Console()


def runs_command(runs: Runs = None) -> None:
    """List the runs, how far they are and how well they did."""
    from sftctl.core.report import share
    from sftctl.core.stages.evaluation import read_scores

    table = Table("run", "stages done", "scores after")
    for path in list_runs(runs_root(runs)):
        try:
            stages = read_manifest(path).get("stages", {})
        except SftctlError:
            table.add_row(path.name, "damaged", "")
            continue
        done = [name for name, stage in stages.items() if stage.get("done")]
        after = read_scores(path / "eval/after.json") if (path / "eval/after.json").exists() else {}
        scores = [f"{e}: {share(s['overall'])}" for e, s in after.items() if "overall" in s]
        table.add_row(path.name, ", ".join(done), "; ".join(scores))
    out.print(table)


def plugins_command() -> None:
    """List everything that is plugged in, and plugins that are broken."""
    from sftctl.core.manager import overview, plugin_manager

    plugins = plugin_manager()
    table = Table("kind", "name", "summary")
    for kind, name, summary in overview(plugins):
        table.add_row(kind, escape(name), escape(summary))
    out.print(table)
    for provider in plugins.providers.values():
        if provider.distribution != "sftctl":
            state = f"broken, skipped: {provider.error}" if provider.error else "ok"
            out.print(f"plugin {provider}: {state}", highlight=False, markup=False, soft_wrap=True)


def doctor_command(
    matrix: Annotated[bool, typer.Option("--matrix", help="Which options of trainers work together.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The matrix as JSON.")] = False,
    refresh: Annotated[bool, typer.Option("--refresh", help="Try again what is known.")] = False,
    trainer: verify.TrainerNames = None,
) -> None:
    """Show what this machine and installation have. With --matrix: which options of trainers work together."""
    from sftctl.core.doctor import findings

    if matrix:
        verify.show_matrix(trainer, as_json, refresh)
        return
    table = Table("what", "found")
    for what, found in findings(cache_root()):
        table.add_row(what, escape(found))
    out.print(table)
