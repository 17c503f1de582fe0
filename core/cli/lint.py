"""`sftctl data lint` and `sftctl data inspect`: what is wrong with the rows, and how the model will see them."""

import json
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from sftctl.core.cli.data import Cast, Column, Files, Format, Split, columns_of, err, files_but, out
from sftctl.core.cli.quiet import quiet_libraries
from sftctl.core.text import counted

if TYPE_CHECKING:
    from sftctl.core.datasets import Read, Unread
    from sftctl.core.examples.inspection import Inspection
    from sftctl.core.examples.sieve import Tally
    from sftctl.core.lint import Finding, Linter, LintRule
    from sftctl.core.manager import Plugins

ChatFormatName = Annotated[str | None, typer.Option("--chat-format", help="How rows are written for the model.")]
ToolsFile = Annotated[Path | None, typer.Option("--tools", help="File that describes the tools which rows only name.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


# ---------------------------------------------------------------- lint


def lint_command(
    file: Files,
    format: Format = None,
    column: Column = None,
    split: Split = None,
    tools: ToolsFile = None,
    cast: Cast = False,
    model: Annotated[str | None, typer.Option("--model", help="Also check its tokens: name, folder or hub id.")] = None,
    chat_format: ChatFormatName = None,
    max_length: Annotated[
        int | None, typer.Option("--max-length", min=1, help="Tokens that fit; with --model. Else the recipe's.")
    ] = None,
    select: Annotated[list[str] | None, typer.Option("--select", help="Only these rules: a,b.")] = None,
    ignore: Annotated[list[str] | None, typer.Option("--ignore", help="Not these rules: a,b.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    fix: Annotated[
        Path | None, typer.Option("--fix", help="Write the good rows here, the bad ones to NAME.rejected.jsonl.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with each row, as file:line: rule: message. Exit code 1 if there are errors left."""
    from sftctl.core.datasets import Unread
    from sftctl.core.examples.sieve import judge, sift
    from sftctl.core.lint import choose_rules
    from sftctl.core.manager import plugin_manager

    quiet_libraries()
    plugins = plugin_manager()
    known = plugins.lint_rules()
    rules = choose_rules(known, _names(select), _names(ignore))
    linter = _linter(plugins, list(rules.values()), model, chat_format, max_length)

    def tell(finding: "Finding") -> None:
        sys.stdout.write((json.dumps(vars(finding), ensure_ascii=False) if as_json else str(finding)) + "\n")

    unread = Unread()
    rows = judge(_reader(plugins, files_but(fix, file, split), format, column, split, tools, cast, unread), linter)
    tally = sift(rows, lambda finding: strict or finding.severity == "error", tell, fix)
    sys.stdout.flush()
    _summarise(tally, known, linter.left_out)
    if told := unread.told():
        err.print(told)
    if fix:
        err.print(f"{counted(tally.good_rows, 'good row')}: {fix}")
    elif tally.bad_rows:
        raise typer.Exit(1)


def _names(options: Sequence[str] | None) -> list[str]:
    """`--select a,b --select c` as three names."""
    return [name.strip() for option in options or () for name in option.split(",") if name.strip()]


def _summarise(tally: "Tally", rules: dict[str, "LintRule"], left_out: Sequence[str]) -> None:
    from sftctl.core.lint import UNREADABLE_SUMMARY

    if tally.by_rule:
        table = Table("rule", "severity", "findings", "what it is")
        for name, count in tally.by_rule.most_common():
            known = rules.get(name)
            severity, summary = (known.severity, known.summary) if known else ("error", UNREADABLE_SUMMARY)
            table.add_row(name, severity, str(count), summary)
        err.print(table)
    bad = f"{tally.bad_rows} of them bad" if tally.bad_rows else "none of them bad"
    err.print(f"{counted(tally.rows, 'row')}, {bad}.")
    if left_out:
        err.print(f"Not looked for without --model: {', '.join(left_out)}.")


# ---------------------------------------------------------------- inspect


def inspect_command(
    file: Files,
    row: Annotated[int, typer.Option("--row", min=1, help="Which row, counted from 1.")] = 1,
    count: Annotated[int, typer.Option("--count", min=1, help="How many rows.")] = 1,
    format: Format = None,
    column: Column = None,
    split: Split = None,
    tools: ToolsFile = None,
    cast: Cast = False,
    model: Annotated[str | None, typer.Option("--model", help="Whose tokens; else the recipe's model.")] = None,
    chat_format: ChatFormatName = None,
    as_json: AsJson = False,
) -> None:
    """Show rows as the model will see them: the text, and which tokens it learns to write."""
    from sftctl.core.errors import DataError
    from sftctl.core.examples.inspection import LEGEND
    from sftctl.core.manager import plugin_manager

    quiet_libraries()
    plugins = plugin_manager()
    linter = _linter(plugins, list(plugins.lint_rules().values()), model or _recipe_model(plugins), chat_format, None)
    read = _reader(plugins, file, format, column, split, tools, cast)
    shown = 0
    for inspection in islice(_inspections(read, linter, row), count):
        shown += 1
        _show(inspection, as_json)
    if not shown:
        raise DataError(f"There is no row {row} in {', '.join(file)}.")
    if not as_json and not out.is_terminal:
        err.print(LEGEND)


def _inspections(read: "Read", linter: "Linter", start: int) -> Iterator["Inspection"]:
    from sftctl.core.examples.inspection import Inspection
    from sftctl.core.examples.sieve import judge
    from sftctl.core.types import Example

    for judged in judge(read, linter, start):
        row = judged.row
        written = linter.row(judged.place, row).written if isinstance(row, Example) else row.reason
        yield Inspection(judged.place, written, tuple(judged.findings))


def _show(inspection: "Inspection", as_json: bool) -> None:
    from sftctl.core.examples.inspection import coloured, headline, marked

    if as_json:
        sys.stdout.write(json.dumps(inspection.to_json(), ensure_ascii=False) + "\n")
        return
    for line in headline(inspection):
        out.print(line)
    tokens = inspection.tokens
    out.print(coloured(tokens) if out.is_terminal and not out.no_color else marked(tokens))


# ---------------------------------------------------------------- both


def _reader(
    plugins: "Plugins",
    files: Sequence[Path | str],
    format: str | None,
    column: list[str] | None,
    split: str | None,
    tools: Path | None,
    cast: bool,
    unread: "Unread | None" = None,
) -> "Read":
    from sftctl.core.datasets import examples_of

    columns = columns_of(column)
    return partial(
        examples_of, files, plugins, format, columns=columns, split=split, tools=tools, cast=cast, unread=unread
    )


def _linter(
    plugins: "Plugins", rules: list["LintRule"], model: str | None, chat_format: str | None, max_length: int | None
) -> "Linter":
    """A linter with the model's tokenizer, and what the recipe sets where nothing else is said."""
    from sftctl.core.config import resolve
    from sftctl.core.errors import ConfigError
    from sftctl.core.lint import Linter
    from sftctl.core.manager import choose

    config = resolve(plugins, "toolcall")
    written = choose("chat format", chat_format or config.chat_format, plugins.chat_formats())
    if model is None:
        if max_length is not None:
            raise ConfigError("--max-length is counted in a model's tokens.", "Say which: --model NAME.")
        return Linter(rules, written)
    from sftctl.core.models import fetch_model
    from sftctl.serve.chat import load_tokenizer

    longest = max_length or getattr(config.trainer_config(plugins), "max_length", None)
    return Linter(rules, written, load_tokenizer(fetch_model(plugins, model).path), longest)


def _recipe_model(plugins: "Plugins") -> str:
    from sftctl.core.config import resolve

    return resolve(plugins, "toolcall").model
