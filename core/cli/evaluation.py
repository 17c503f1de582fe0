"""`sftctl eval`: the scores of a run's model, of a base model, or of whatever answers behind a URL."""

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from sftctl.core.cli import report
from sftctl.core.cli.options import Assignments, Runs
from sftctl.core.cli.quiet import quiet_libraries
from sftctl.core.errors import ConfigError
from sftctl.core.store import fingerprint, runs_root

if TYPE_CHECKING:
    from sftctl.core.remote.endpoint import Endpoint

out, err = Console(), Console(stderr=True)


def eval_command(
    target: Annotated[
        str | None,
        typer.Argument(
            help="A run, its model in another form (RUN@adapter, RUN@exported, RUN@ENGINE), its base (RUN@base), a "
            "model's name, or the URL of an OpenAI-compatible endpoint; else the newest run."
        ),
    ] = None,
    evaluator: Annotated[list[str] | None, typer.Option("--evaluator", help="Only these.")] = None,
    model: Annotated[str | None, typer.Option(help="At a URL: the model to ask.")] = None,
    answers: Annotated[
        Path | None, typer.Option(help="At a URL: the JSONL file that keeps its answers; none is asked for twice.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="At a URL: requests under way at once.")] = 8,
    timeout: Annotated[float, typer.Option(min=0.1, help="At a URL: seconds that one try may take.")] = 120,
    prices: Annotated[
        str | None, typer.Option(help="At a URL: what a million tokens of prompts and of answers cost: 0.15,0.6.")
    ] = None,
    estimate: Annotated[bool, typer.Option("--estimate", help="At a URL: only say what will be asked.")] = False,
    assignments: Assignments = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="NAME.json; samples-NAME.jsonl too.")] = None,
    against: report.Against = None,
    budgets: report.Budgets = None,
    runs: Runs = None,
) -> None:
    """Score a run's model, a base model, or the model behind a URL.

    A URL's key is read from SFTCTL_EVAL_API_KEY, else OPENAI_API_KEY. Exit code 1 when a --budget is exceeded. RUN@FORM
    is compared with the run's model as it was scored, and kept in its report if it was asked all that the run was.
    """
    from sftctl.core.display import Display
    from sftctl.core.report import is_headline, share
    from sftctl.core.session import score_endpoint, score_target
    from sftctl.core.stages.evaluation import check_output, write_results

    if output:
        check_output(output)
    form = None if assignments else report.form_of(runs_root(runs), target)
    gate = report.gate(runs_root(runs), against or (form and str(form[0])), budgets, evaluator)
    quiet_libraries()
    with Display(err) as display:
        if target and "://" in target:
            where = _endpoint(target, model, answers, concurrency, timeout, prices)
            results = score_endpoint(where, evaluator, assignments or (), display, estimate)
        else:
            results = score_target(runs_root(runs), target, evaluator, assignments or (), display)
    if not results:
        return
    table = Table("evaluator", "score", "n", "value")
    for result in results:
        for name, score in result.scores.items():
            if is_headline(name):
                table.add_row(result.evaluator, name, str(score.n), share(score))
    out.print(table)
    if form:
        report.keep_form(*form, results)
    if output:
        write_results(output, results)
    if gate:
        gate(target or "the newest run", results)


def _endpoint(
    url: str, model: str | None, answers: Path | None, concurrency: int, timeout: float, prices: str | None
) -> "Endpoint":
    from sftctl.core.remote.endpoint import Endpoint, plain_url

    if not model:
        raise ConfigError("A URL alone does not say which model to ask.", "Name it: --model NAME.")
    try:
        url = plain_url(url)
    except ValueError as error:
        raise ConfigError(f"The URL {error}.") from None
    answers = answers or Path(f"{re.sub(r'[^A-Za-z0-9.-]+', '-', model)}-{fingerprint(url)[:6]}.answers.jsonl")
    return Endpoint(url, model, answers, concurrency, timeout, prices=_prices(prices))


def _prices(text: str | None) -> tuple[float, float] | None:
    """Of `0.15,0.6`. Raises ConfigError."""
    if text is None:
        return None
    try:
        of_prompts, of_answers = (float(number) for number in text.split(","))
        if not (0 <= of_prompts < math.inf and 0 <= of_answers < math.inf):
            raise ValueError
    except ValueError:
        raise ConfigError(f"'{text}' are no prices.", "Write two numbers: --prices 0.15,0.6.") from None
    return of_prompts, of_answers
