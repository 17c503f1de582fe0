"""What a run looks like on a terminal: stages, a progress bar, and at the end the table and where things are."""

import json
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from sftctl.core.report import compare, is_headline, run_results, talk
from sftctl.core.report.results import Results, form_results
from sftctl.core.report.terminal import change_tables
from sftctl.core.types import Event

TITLES = {
    "rehearsal": "Let the base model write general text",
    "data": "Prepare and check data",
    "before": "Evaluate the base model",
    "train": "Train",
    "average": "Average with the base model",
    "after": "Evaluate the tuned model",
    "endpoint": "Evaluate the model behind the endpoint",
    "proof": "Prove it live",
    "report": "Report",
}


def title_of(stage: str) -> str:
    """What a stage is called; one without a title of its own is a form of the tuned model."""
    return TITLES.get(stage, f"Evaluate the tuned model as {stage}")


class Display:
    """Shows events as they come: a live display on a terminal, plain lines elsewhere."""

    PLAIN_EVERY = 20.0
    """Seconds between progress lines where there is no terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(file=sys.stderr)
        self._bars = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[info]}", style="cyan"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self._tasks: dict[str, Any] = {}
        self._info: dict[str, str] = {}
        self._spoke = 0.0

    def __enter__(self) -> "Display":
        self._bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bars.stop()

    def __call__(self, event: Event) -> None:
        getattr(self, f"_{event.kind}", lambda event: None)(event)

    # ---- one method per kind of event

    def _stage_started(self, event: Event) -> None:
        title = title_of(event.stage)
        self._tasks[event.stage] = self._bars.add_task(title, total=None, info="")
        self._say(f"… {title}")

    def _stage_finished(self, event: Event) -> None:
        task = self._tasks[event.stage]
        total = next(t.total for t in self._bars.tasks if t.id == task) or 1
        self._bars.update(task, total=total, completed=total)
        self._say(f"✓ {title_of(event.stage)}")

    def _stage_skipped(self, event: Event) -> None:
        title = title_of(event.stage)
        self._bars.add_task(title, total=1, completed=1, info="unchanged, not done again")
        self._say(f"✓ {title} (unchanged, not done again)")

    def _progress(self, event: Event) -> None:
        done, total = event.data["done"], event.data["total"]
        info = event.data.get("what") or self._info.get(event.stage, "")
        if event.stage in self._tasks:
            self._bars.update(self._tasks[event.stage], completed=done, total=total, info=info)
        if time.monotonic() - self._spoke > self.PLAIN_EVERY or done == total:
            self._say(f"  {done}/{total} {info}")

    def _metrics(self, event: Event) -> None:
        data = event.data
        speed = f"  {data['tokens_per_second']:.0f} tokens/s" if "tokens_per_second" in data else ""
        losses = [f"{name} {data[name]:.3f}" for name in ("loss", "eval_loss") if name in data]
        self._info[event.stage] = f"{', '.join(losses)}{speed}"

    def _note(self, event: Event) -> None:
        self._bars.console.print(f"  {event.data['text']}", highlight=False, markup=False)

    def _say(self, text: str) -> None:
        if not self.console.is_terminal:
            self._spoke = time.monotonic()
            self.console.print(text, highlight=False)


def show_comparison(path: Path, console: Console) -> None:
    """What each arm of an experiment gained and lost, and where the picture is."""
    arms = json.loads((path / "report.json").read_text(encoding="utf-8"))["table"]
    table = Table(title=f"{path.name}: skill gained, ability lost", title_justify="left")
    for at, heading in enumerate(arms[0]):
        table.add_column(heading, justify="right" if at else "left")
    for arm in arms:
        table.add_row(*arm.values())
    console.print(table)
    console.print(f"Picture: {path / 'picture.svg'}", highlight=False, soft_wrap=True)
    console.print(f"Report:  {path / 'report.md'}", highlight=False, soft_wrap=True)


def _short(before: Results, after: Results, title: str) -> Group:
    return change_tables([change for change in compare(before, after) if is_headline(change.score)], title)


def show_result(path: Path, console: Console) -> None:
    """The before/after table, the proof in short, and the paths of model and report."""
    before, after = run_results(path)
    console.print(_short(before, after, f"{path.name}: before and after training"))
    for form in form_results(path):
        console.print(_short(after, form, f"before: {path.name}, after: {path.name}@{form.name}"))
    proof = path / "eval/proof.json"
    if proof.exists():
        attempt = json.loads(proof.read_text(encoding="utf-8"))[-1]
        console.print("Live proof, through the OpenAI client, with a tool that training never saw:")
        for role, text in talk(attempt["transcript"]):
            console.print(f"  {role}: {text}", highlight=False, markup=False)
        if not attempt["ok"]:
            console.print(f"  [red]not right:[/red] {attempt['reason']}")
    report = json.loads((path / "report.json").read_text(encoding="utf-8"))
    if report.get("general"):
        console.print(f"General ability: {report['general']}", highlight=False, markup=False)
    for probe in report["over_budget"]:
        console.print(f"[red]over the forgetting budget:[/red] {probe}")
    console.print(f"Model:  {path / 'model'}", highlight=False, soft_wrap=True)
    console.print(f"Report: {path / 'report.html'}", highlight=False, soft_wrap=True)
    console.print(f"Serve:  sftctl serve {path.name}", highlight=False, soft_wrap=True)
