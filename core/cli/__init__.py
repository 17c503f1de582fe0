"""The command line: flags in, one clear line out. Each command is in a module of this folder."""

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
import typer.core
from rich.console import Console

from sftctl.core.cli import chat, data, evaluation, export, lint, overview, plan, report, run, serve, synth, verify
from sftctl.core.cli.exits import clear_exits, interrupted
from sftctl.core.machine.device import share_cores

COMMANDS: dict[str, Callable[..., None] | typer.Typer] = {
    # to teach
    "run": run.run_command,
    "train": run.train_command,
    "plan": plan.plan_command,
    "synth": synth.synth_command,
    "data": data.app,
    "verify": verify.verify_command,
    # to measure
    "eval": evaluation.eval_command,
    "compare": report.compare_command,
    "report": report.report_command,
    "runs": overview.runs_command,
    # to use
    "serve": serve.serve_command,
    "chat": chat.chat_command,
    "export": export.export_command,
    # to look around
    "plugins": overview.plugins_command,
    "doctor": overview.doctor_command,
}
"""The commands, in the order in which they are listed."""


class Commands(typer.core.TyperGroup):
    """The commands, in their order; after Ctrl-C typer itself would leave without a word."""

    def list_commands(self, context: Any) -> list[str]:
        return list(COMMANDS)

    def invoke(self, context: Any) -> Any:
        share_cores()
        try:
            return super().invoke(context)
        except KeyboardInterrupt:
            interrupted()


app = typer.Typer(
    name="sftctl",
    cls=Commands,
    help="Teach a small language model to call your tools, prove that it learned, and serve it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
data.app.command("lint")(lint.lint_command)
data.app.command("inspect")(lint.inspect_command)
for name, command in COMMANDS.items():
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        app.command(name)(command)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        Console().print(installed("sftctl"), highlight=False)
        raise typer.Exit


def main() -> None:
    """The entry point `sftctl`."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    with clear_exits():
        app(standalone_mode=True)
