"""The command line: flags in, one clear line out. Only this module prints errors and exits."""

import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
import typer.core
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sftctl.core.cli import data, evaluation, export, lint, plan, report, serve, verify
from sftctl.core.cli.options import (
    Assignments,
    Budget,
    ConfigFile,
    Examples,
    ModelName,
    Name,
    Plan,
    Recipe,
    RunName,
    Runs,
    Seed,
    TeacherModel,
    TeacherUrl,
    Toolsets,
    TrainerName,
    teacher_settings,
)
from sftctl.core.errors import ConfigError, SftctlError
from sftctl.core.store import FREE_SPACE, cache_root, disk_is_full, find_run, list_runs, read_manifest, runs_root
from sftctl.core.types import Json

ORDER = "run train plan synth data verify eval compare report runs serve chat export plugins doctor"
"""The commands as they are listed: to teach, to measure, to use, to look around."""


class Commands(typer.core.TyperGroup):
    """The commands, in their order; after Ctrl-C typer itself would leave without a word."""

    def list_commands(self, context: Any) -> list[str]:
        return sorted(self.commands, key=ORDER.split().index)

    def invoke(self, context: Any) -> Any:
        try:
            return super().invoke(context)
        except KeyboardInterrupt:
            _fail(INTERRUPTED, 130)


OVER_BUDGET = 3
CURES = "It is in the run's folder all the same; docs/forgetting.md has what helps."
INTERRUPTED = "Interrupted. Run the same command again to go on where it was."

app = typer.Typer(
    name="sftctl",
    cls=Commands,
    help="Teach a small language model to call your tools, prove that it learned, and serve it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(data.app, name="data")
app.command("plan")(plan.plan_command)
app.command("compare")(report.compare_command)
app.command("report")(report.report_command)
app.command("export")(export.export_command)
app.command("eval")(evaluation.eval_command)
data.app.command("lint")(lint.lint_command)
data.app.command("inspect")(lint.inspect_command)
app.command("verify")(verify.verify_command)
out = Console()
err = Console(stderr=True)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        out.print(installed("sftctl"), highlight=False)
        raise typer.Exit


# ---------------------------------------------------------------- making


@app.command("run")
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
    flags = {"model": model, "trainer": trainer, "budget": budget, "examples": examples, "seed": seed}
    flags |= teacher_settings(teacher, teacher_model)
    flags |= {} if prove else {"prove": False}
    path = _carry_out(plugin, config, flags, toolset, assignments, name, runs, plan=plan)
    from sftctl.core.display import show_comparison, show_result

    if (path / "model").exists():
        show_result(path, out)
        _hold_to_budget(path)
    else:
        show_comparison(path, out)


def _hold_to_budget(path: Path) -> None:
    """Exit with OVER_BUDGET where a run forgot more than its forgetting_budget allows; it is whole all the same."""
    import json

    if over := json.loads((path / "report.json").read_text(encoding="utf-8"))["over_budget"]:
        _fail(f"The model forgot more than forgetting_budget allows: {', '.join(over)}. {CURES}", OVER_BUDGET)


@app.command()
def train(
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
    flags |= {"examples": 0, "prove": False, "eval_examples": 1, "held_out_rows": 0}
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
    from sftctl.core.config import resolve
    from sftctl.core.display import Display
    from sftctl.core.manager import plugin_manager
    from sftctl.core.run import run

    quiet_libraries()  # first: checking the settings of a trainer may import much
    plugins = plugin_manager()
    config = resolve(plugins, recipe, file, flags, assignments or ())
    more = {"toolset": [*config.toolset, *(toolset or ())]}
    config = config.model_copy(update=more | (fixed or {}))
    with Display(err) as display:

        def watch(event: Any) -> None:
            display(event)
            plugins.on_event(event)

        carry_out = run_arms if config.arms else run
        return carry_out(config, plugins, runs_root(runs), name, watch, check=plan)


@app.command()
def synth(
    output: Annotated[Path, typer.Option("--output", "-o", help="JSONL file to write.")],
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="How many examples.")] = 1000,
    toolset: Toolsets = None,
    synthesizer: Annotated[str, typer.Option(help="What makes them.")] = "toolcall",
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    teacher: TeacherUrl = None,
    teacher_model: TeacherModel = None,
    assignments: Annotated[list[str] | None, typer.Option("--set", help="E.g. teacher.votes=3.")] = None,
) -> None:
    """Write synthesized examples to a file. What a teacher answers is kept in OUTPUT.teacher.jsonl."""
    from sftctl.core.config import resolve
    from sftctl.core.data import load_toolset, make_examples
    from sftctl.core.display import Display
    from sftctl.core.manager import plugin_manager
    from sftctl.core.store import write_lines

    plugins = plugin_manager()
    flags = {"synthesizer": synthesizer, "seed": seed, **teacher_settings(teacher, teacher_model)}
    config = resolve(plugins, "toolcall", flags=flags, assignments=assignments or ())
    if config.teacher and output.exists() and not output.is_file():
        raise ConfigError(f"{output} is no file, and a teacher's answers are kept beside one.", "Give -o a file name.")
    tools = load_toolset(plugins, toolset or ["all"], config.tools.limits())
    with Display(err) as display:
        answers = output.with_name(f"{output.name}.teacher.jsonl")
        made, _ = make_examples(config, plugins, tools, number, answers, display)
    write_lines(output, (example.to_json() for example in made))
    number = len(made) if isinstance(made, Sequence) else number  # a teacher may have added some
    err.print(f"{number} examples of {len(tools.tools)} tools: {output}", highlight=False, soft_wrap=True)


# ---------------------------------------------------------------- using


app.command("serve")(serve.serve_command)


@app.command()
def chat(
    run: RunName = None,
    tool: Annotated[list[str] | None, typer.Option("--tool", help="Tools to offer, by name.")] = None,
    base: Annotated[bool, typer.Option("--base", help="Talk to the base model instead.")] = False,
    network: Annotated[bool, typer.Option("--network", help="Let your own tools use the network.")] = False,
    runs: Runs = None,
) -> None:
    """Talk to a run's model; the tools that it calls are run."""
    from sftctl.core.session import Conversation

    quiet_libraries()
    conversation = Conversation.open(find_run(runs_root(runs), run), tool, base, network)
    err.print(
        f"{conversation.name}, with {', '.join(conversation.tools) or 'no tools'}. Ctrl-D ends.",
        highlight=False,
    )
    while True:
        try:
            said = input("> ")
        except EOFError:
            return
        for line in conversation.say(said):
            out.print(line, highlight=False, markup=False, soft_wrap=True)


# ---------------------------------------------------------------- looking


@app.command("runs")
def runs_command(runs: Runs = None) -> None:
    """List the runs, how far they are and how well they did."""
    from sftctl.core.evaluation import read_scores
    from sftctl.core.report import share

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


@app.command("plugins")
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


@app.command()
def doctor(
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


# ---------------------------------------------------------------- errors


def quiet_libraries() -> None:
    """Keep other libraries' progress bars and warnings off the screen, before they are imported.

    During a run they go to its run.log.
    """
    import logging

    from sftctl.core.store import APART

    silence = ("HF_HUB_DISABLE_PROGRESS_BARS", "HF_DATASETS_DISABLE_PROGRESS_BARS", "TRANSFORMERS_NO_ADVISORY_WARNINGS")
    for name in silence:
        os.environ.setdefault(name, "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    logging.getLogger().addHandler(logging.NullHandler())  # else what has no handler is printed
    for name in APART:
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.captureWarnings(True)


@contextmanager
def clear_exits() -> Iterator[None]:
    """Every way out of a command: one sentence on stderr and an exit code, never a traceback."""
    try:
        yield
    except SftctlError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail(INTERRUPTED, 130)
    except Exception as error:
        if not disk_is_full(error):
            _crash(error)
        _fail(f"The disk is full ({getattr(error, 'filename', None) or 'while writing'}). {FREE_SPACE}", 1)


def _crash(error: Exception) -> None:
    """Something that we did not foresee: keep the traceback, say where it is."""
    log = cache_root() / "crash.log"
    text = "".join(traceback.format_exception(error))
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(text, encoding="utf-8")
    except OSError:
        err.print(text, highlight=False, markup=False)
    _fail(f"This should not have happened: {type(error).__name__}: {error}. The traceback is in {log}.", 70)


def _fail(message: str, code: int) -> NoReturn:
    err.print(f"error: {message}", style="red", highlight=False, markup=False, soft_wrap=True)
    raise SystemExit(code)


def main() -> None:
    """The entry point `sftctl`."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    with clear_exits():
        app(standalone_mode=True)
