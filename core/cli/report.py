"""`sftctl compare` and `sftctl report`: what was scored, looked at again."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from sftctl.core.cli.options import RunName, Runs
from sftctl.core.errors import ConfigError, EvalError, StoreError
from sftctl.core.store import find_run, runs_root, write_json

if TYPE_CHECKING:
    from sftctl.core.report.comparison import Budget
    from sftctl.core.report.results import Results
    from sftctl.core.scores.change import Change
    from sftctl.core.types import Scores

    Gate = Callable[[str, Sequence[Scores]], None]

out = Console(highlight=False, markup=False, soft_wrap=True)
Budgets = Annotated[
    list[str] | None,
    typer.Option("--budget", help="What a score may lose, else exit code 1: toolcall/overall=0.05, 'bfcl/*=0.1'."),
]
Against = Annotated[str | None, typer.Option("--against", help="A run or a file of results to compare with.")]


def compare_command(
    baseline: Annotated[
        str, typer.Argument(help="A run (its tuned model), RUN@FORM, RUN@base, or a file that eval -o wrote.")
    ],
    others: Annotated[list[str] | None, typer.Argument(help="What to compare; else the run with its base.")] = None,
    budget: Budgets = None,
    fine: Annotated[bool, typer.Option("--all", help="Every score, not only those of categories.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Also write the comparison as JSON.")] = None,
    runs: Runs = None,
) -> None:
    """Compare models on the same items. Differences with 95 % intervals and p values, and their ranking.

    Exit code 1 when a score falls by more than its --budget.
    """
    from sftctl.core.report.comparison import Budget, compare
    from sftctl.core.report.results import find_results
    from sftctl.core.stages.forms import BASE

    root, budgets = runs_root(runs), [Budget.read(text) for text in budget or ()]
    if others:
        before = find_results(root, baseline)
    elif baseline.endswith(".json"):
        raise EvalError(f"There is nothing to compare {baseline} with.", "Name a second file, or a run.")
    else:
        before, others = find_results(root, f"{baseline.partition('@')[0]}@{BASE}"), [baseline]
    pairs = [(after, compare(before, after)) for after in (find_results(root, other) for other in others)]
    for after, changes in pairs:
        if not changes:
            raise EvalError(f"Neither {before.name} nor {after.name} has scores.", f"Evaluate: sftctl eval {baseline}.")
        print_changes(before, after, changes, fine)
    if len(pairs) > 1:
        print_ranking([before, *(after for after, _ in pairs)])
    if output:
        write_json(output, [as_json(before, after, changes) for after, changes in pairs])
    check_budgets([(after, changes) for after, changes in pairs], budgets)


def print_changes(before: "Results", after: "Results", changes: "Sequence[Change]", fine: bool = False) -> None:
    """The table of two models."""
    from sftctl.core.report.numbers import is_headline
    from sftctl.core.report.terminal import change_tables

    shown = [change for change in changes if fine or is_headline(change.score)]
    out.print(change_tables(shown, f"before: {before.name}, after: {after.name}"), soft_wrap=False)


def print_ranking(results: "Sequence[Results]") -> None:
    """The models in order, for each evaluator that all have."""
    from sftctl.core.report.facts import full_name, main_name, ranking

    for evaluator, scores in results[0].scores.items():
        if all(evaluator in each.scores for each in results):
            title = f"Ranking by {full_name(evaluator, main_name(scores))}"
            table = Table("rank", "model", "score", "commonest mistake", title=title)
            for rank, (name, score, mistake) in enumerate(ranking(results, evaluator), 1):
                table.add_row(str(rank), name, score, mistake)
            out.print(table, soft_wrap=False)


def as_json(before: "Results", after: "Results", changes: "Sequence[Change]") -> dict[str, object]:
    """A comparison as `-o` writes it."""
    from sftctl.core.report.facts import change_json

    return {"before": before.name, "after": after.name, "scores": [change_json(change) for change in changes]}


def check_budgets(compared: "Sequence[tuple[Results, Sequence[Change]]]", budgets: "Sequence[Budget]") -> None:
    """Leave with exit code 1, saying why, when something fell by more than it may."""
    from sftctl.core.report.comparison import overspent

    over = [f"{after.name}: {sentence}" for after, changes in compared for sentence in overspent(changes, budgets)]
    for sentence in over:
        out.print(sentence)
    if over:
        raise typer.Exit(1)


def gate(
    root: Path, against: str | None, budgets: list[str] | None, evaluators: Sequence[str] | None = None
) -> "Gate | None":
    """What compares new results with old ones and leaves when a budget is exceeded; checked before work is done.

    `evaluators` are those that will be asked, where not all are.
    """
    from sftctl.core.report.comparison import Budget, compare
    from sftctl.core.report.results import find_results, results_of

    if against is None:
        if budgets:
            raise ConfigError("A budget needs something to compare with.", "Name it: --against RUN or FILE.json.")
        return None
    before, limits = find_results(root, against), [Budget.read(text) for text in budgets or ()]
    asked = [row for row in before.scores if not evaluators or row.partition(" (")[0] in evaluators]
    for limit in limits:
        limit.check([f"{row}/{score}" for row in asked for score in before.scores[row]])

    def check(name: str, results: "Sequence[Scores]") -> None:
        after = results_of(name, results)
        changes = compare(before, after)
        print_changes(before, after, changes)
        check_budgets([(after, changes)], limits)

    return check


def report_command(run: RunName = None, runs: Runs = None) -> None:
    """Write a run's report again. These are report.html, report.md, report.json and the model's card."""
    path = find_run(runs_root(runs), run)
    _report_again(path)
    out.print(f"Report: {path / 'report.html'}")


def _report_again(run: Path) -> None:
    from sftctl.core.manager import plugin_manager
    from sftctl.core.report import write_report
    from sftctl.core.session import config_of
    from sftctl.core.store import RunFolder

    write_report(RunFolder(run, emit=lambda event: None), config_of(run), plugin_manager().evaluators())


def form_of(root: Path, target: str | None) -> tuple[Path, str] | None:
    """The run and the form that `RUN@FORM` names; None for any other target, as `RUN@base` or `org/name@revision`."""
    from sftctl.core.stages.forms import BASE

    name, _, form = (target or "").partition("@")
    try:
        return (find_run(root, name or None), form) if form and form != BASE else None
    except StoreError:
        return None


def keep_form(run: Path, form: str, results: "Sequence[Scores]") -> None:
    """Keep what a run's model scored in that form, if it was asked all that the run was, and show it in its report."""
    from sftctl.core.stages.evaluation import read_scores, write_results
    from sftctl.core.stages.forms import form_path

    known = read_scores(run / "eval/after.json")
    shared = [each for each in results if each.evaluator in known]
    if shared and len(shared) == len(known):
        write_results(form_path(run, form), shared)
        _report_again(run)
        out.print(f"Report: {run / 'report.html'}")
