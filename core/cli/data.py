"""`sftctl data …`: looking at data sets and bringing them into the one shape."""

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from sftctl.core.cli.quiet import quiet_libraries
from sftctl.core.errors import ConfigError
from sftctl.core.text import counted

if TYPE_CHECKING:
    from sftctl.core.datasets import Candidate
    from sftctl.core.types import Example

app = typer.Typer(help="Look at data sets, and bring them into the one shape.", no_args_is_help=True)
out = Console(highlight=False, markup=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

Files = Annotated[list[str], typer.Argument(help="Files, folders, folders that `datasets` saved, or hub ids.")]
Format = Annotated[str | None, typer.Option("--format", help="The rows' shape, by a formatter's name; else found.")]
Column = Annotated[list[str] | None, typer.Option("--column", help="Rename a column: ask=prompt.")]
Cast = Annotated[bool, typer.Option("--cast", help='Write arguments in the types of their schemas: "5" as 5.')]
Split = Annotated[str | None, typer.Option("--split", help="The split to read, where there are several.")]


def files_but(output: Path | None, files: Sequence[str], split: str | None) -> list[Path]:
    """The data files that are named or lie in folders, without `output`, which an earlier command may have put there.

    Raises ConfigError for an output whose name says that it is anything else than JSONL.
    """
    from sftctl.core.datasets import files_to_read
    from sftctl.core.datasets.files import kind_of

    if output is None:
        return files_to_read(files, split)
    if kind_of(output) not in ("", ".json", ".jsonl", ".ndjson"):
        raise ConfigError(
            f"What is written to {output} is JSONL, and its name says {output.suffix}.", "Name it .jsonl."
        )
    kept = {output.resolve()} - {Path(file).resolve() for file in files}
    return [file for file in files_to_read(files, split) if file.resolve() not in kept]


@app.command("detect")
def detect_command(file: Files, format: Format = None, column: Column = None, split: Split = None) -> None:
    """Say which shape a data set has, why, and what its first row becomes."""
    from sftctl.core.datasets import examples_of, files_to_read, shape_of
    from sftctl.core.manager import plugin_manager

    quiet_libraries()
    plugins, columns = plugin_manager(), columns_of(column)
    for path in files_to_read(file, split):
        candidates = [] if format else shape_of(path, plugins, columns, split)
        out.print(f"{path}: {_explained(candidates)}" if candidates else f"{path}: '{format}' is forced")
        for _, example in islice(examples_of(path, plugins, format, columns=columns, split=split), 1):
            out.print(f"  the first row becomes: {outline(example)}")


def _explained(candidates: Sequence["Candidate"]) -> str:
    chosen, *others = candidates
    lines = [f"'{chosen.formatter.name}', {chosen.formatter.summary}", f"  {_reads(chosen)}"]
    lines += [f"  also possible: --format {other.formatter.name}; {_reads(other)}" for other in others]
    return "\n".join(lines)


def _reads(candidate: "Candidate") -> str:
    ignored = f"; it ignores {', '.join(candidate.ignores)}" if candidate.ignores else ""
    matched = f"it knows {candidate.matched} of the first {counted(candidate.of, 'row')}"
    return f"{matched} and reads {', '.join(candidate.reads)}{ignored}"


def outline(example: "Example") -> str:
    """Who speaks in turn, e.g. `user → assistant calls book → tool → assistant`."""
    if example.text:
        return f"plain text of {counted(len(example.text), 'character')}"
    turns = []
    for message in example.messages:
        names = [call["function"]["name"] for call in message.get("tool_calls") or ()]
        turns.append(message["role"] + (f" calls {', '.join(names)}" if names else ""))
    offered = f"; {counted(len(example.tools), 'tool')}" if example.tools else ""
    return " → ".join(turns) + offered


@app.command("import")
def import_command(
    file: Files,
    output: Annotated[Path, typer.Option("--output", "-o", help="JSONL file to write.")],
    format: Format = None,
    column: Column = None,
    split: Split = None,
    system: Annotated[str, typer.Option(help="A system message for the rows that have none.")] = "",
    tools: Annotated[Path | None, typer.Option(help="File that describes the tools which rows only name.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Write so many examples at most.")] = None,
    cast: Cast = False,
    skip: Annotated[bool, typer.Option("--skip", help="Leave bad rows out, with the reasons in a file.")] = False,
) -> None:
    """Write any data set as a JSONL file of OpenAI's shape, which everything here reads."""
    from sftctl.core.datasets import Unread, examples_of
    from sftctl.core.datasets.importing import import_examples
    from sftctl.core.manager import plugin_manager

    quiet_libraries()
    plugins, columns, unread = plugin_manager(), columns_of(column), Unread()
    read = partial(
        examples_of,
        files_but(output, file, split),
        plugins,
        format,
        columns=columns,
        system=system,
        split=split,
        limit=limit,
        tools=tools,
        cast=cast,
        unread=unread,
    )
    done = import_examples(read, output, skip)
    sources = ", ".join(f"{count} {source}" for source, count in done.sources.most_common())
    err.print(f"{counted(done.examples, 'example')} ({sources}), {done.calling} with calls: {output}")
    if told := unread.told():
        err.print(told)
    if done.rejected:
        err.print(f"{counted(done.rejected, 'row')} left out: {done.rejected_to}")


def columns_of(renamings: Iterable[str] | None) -> dict[str, str]:
    """`--column old=new`, as often as it is given. Raises ConfigError."""
    pairs = [renaming.partition("=") for renaming in renamings or ()]
    for old, equals, new in pairs:
        if not (old and equals and new):
            raise ConfigError(f"--column {old}{equals}{new} is not of the form old=new.", "E.g. --column ask=prompt.")
    columns = {old: new for old, _, new in pairs}
    if len(columns) < len(pairs):
        raise ConfigError("--column renames one column twice.", "Name each column once.")
    return columns
