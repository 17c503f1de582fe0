"""`sftctl verify` and `sftctl doctor --matrix`: what trainers promise, tried."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from sftctl.core.cli.quiet import quiet_libraries

if TYPE_CHECKING:
    from sftctl.core.manager import Plugins
    from sftctl.core.verify.matrix import Cell

out = Console(highlight=False, markup=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

TrainerNames = Annotated[list[str] | None, typer.Option("--trainer", help="Only this one; may be repeated.")]
REAL_SECONDS = 600.0
"""What one training of a real model may take."""
SIGNS = {True: "ok  ", False: "FAIL", None: "-   "}
LETTERS = {"ok": "ok", "refused": "refused", "lied": "LIED", "crashed": "crashed", "unknown": "?"}


def verify_command(
    model: Annotated[str | None, typer.Option("--model", help="Base model; else a tiny random one.")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="A run's model, trainer and options, from YAML.")
    ] = None,
    trainer: TrainerNames = None,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out options that take minutes.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Also write the checks as JSON.")] = None,
) -> None:
    """Prove what trainers promise. The same tokens, the same first step, nothing lost by an option or a kill."""
    from sftctl.core.config import resolve
    from sftctl.core.manager import choose, plugin_manager
    from sftctl.core.models import fetch_model
    from sftctl.core.store import write_json
    from sftctl.core.verify.bench import CHAT_FORMAT, Bench
    from sftctl.core.verify.checks import verify
    from sftctl.core.verify.matrix import SECONDS
    from sftctl.core.verify.options import options_on
    from sftctl.core.verify.tiny import make_model, make_tokenizer

    quiet_libraries()
    plugins = plugin_manager()
    run = resolve(plugins, "toolcall", config, {"model": model}) if config else None
    names = trainer or ([run.trainer] if run else _ready(plugins))
    trainers = [choose("trainer", name, plugins.trainers()) for name in names]
    name = run.model if run else model
    with tempfile.TemporaryDirectory(prefix="sftctl-verify-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        base = fetch_model(plugins, name) if name else make_model(folder / "model", make_tokenizer())
        bench = Bench.make(
            plugins,
            base,
            folder,
            REAL_SECONDS if name else SECONDS,
            run.chat_format if run else CHAT_FORMAT,
            threads=None if name else 1,
        )
        together = options_on(run.trainer_config(plugins)) if run else {}
        checks = []
        for check in verify(bench, trainers, bool(trainer or run), together, quick):
            out.print(f"{SIGNS[check.ok]} {check.promise} [{check.trainer}]: {check.figures}")
            checks.append(check)
    if output:
        write_json(output, [asdict(check) for check in checks])
    broken = sum(check.ok is False for check in checks)
    kept = sum(check.ok is True for check in checks)
    out.print(f"{base.name}: {kept} promises kept, {broken} broken, {len(checks) - kept - broken} not looked at")
    if broken or not kept:
        raise typer.Exit(1)


def _ready(plugins: "Plugins") -> list[str]:
    """The trainers that can begin at once."""
    return [name for name, trainer in plugins.trainers().items() if trainer.ready()]


def show_matrix(trainers: Sequence[str] | None, as_json: bool, refresh: bool) -> None:
    """The matrix of every trainer: what is known, or else tried now."""
    from sftctl.core.manager import choose, plugin_manager
    from sftctl.core.verify.matrix import probe_matrix, versions
    from sftctl.core.verify.options import spoken

    def watch(cell: "Cell") -> None:
        err.print(f"{cell.trainer}: {spoken(cell.options)}: {cell.result} ({cell.seconds:.0f} s)")

    quiet_libraries()
    plugins = plugin_manager()
    records = [choose("trainer", name, plugins.trainers()) for name in trainers or _ready(plugins)]
    cells = probe_matrix(plugins, records, refresh, watch)
    if as_json:
        print(json.dumps({"versions": versions(), "cells": [asdict(cell) for cell in cells]}, indent=2))
        return
    out.print(", ".join(f"{name} {number}" for name, number in versions().items()))
    for trainer in records:
        _show_table(trainer.name, [cell for cell in cells if cell.trainer == trainer.name])


def _show_table(name: str, cells: "Sequence[Cell]") -> None:
    """Options by options, each alone on the diagonal, and the reasons of what does not work below."""
    from sftctl.core.verify.options import spoken

    singles = [spoken(cell.options) for cell in cells if len(cell.options) == 1]
    table = Table(title=f"trainer {name}", title_justify="left")
    table.add_column("option")
    for number, _ in enumerate(singles, 1):
        table.add_column(str(number))
    results = {frozenset(f"{k}={v}" for k, v in cell.options.items()): cell for cell in cells}
    options = [cell.options for cell in cells if len(cell.options) == 1]
    for number, (label, row) in enumerate(zip(singles, options, strict=True), 1):
        marks = []
        for column in options[:number]:
            cell = results.get(frozenset(f"{k}={v}" for k, v in {**row, **column}.items()))
            marks.append(LETTERS[cell.result] if cell else "")
        table.add_row(f"{number} {label}", *marks)
    out.print(table)
    for cell in cells:
        if cell.result != "ok" and not cell.reason.startswith("as "):
            out.print(f"  {spoken(cell.options)}: {cell.result}: {cell.reason}")
