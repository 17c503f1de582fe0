"""Any data set → one JSONL file of Examples and, if asked for, one of the rows that are none, with the reasons."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from sftctl.core.datasets import Rejects
from sftctl.core.errors import DataError
from sftctl.core.reading import BadRow
from sftctl.core.store import writing
from sftctl.core.types import Example


@dataclass
class Imported:
    """What an import wrote."""

    examples: int = 0
    calling: int = 0
    """How many of the examples call a tool."""
    sources: Counter[str] = field(default_factory=Counter)
    """How many examples came of each shape or, where the rows name one, source."""
    rejected: int = 0
    rejected_to: Path | None = None


def rejected_path(output: Path) -> Path:
    """Where rows go that are left out of a file: `data.rejected.jsonl` beside `data.jsonl`."""
    return output.with_name(f"{output.name.removesuffix('.jsonl')}.rejected.jsonl")


def import_examples(
    read: Callable[[Rejects | None], Iterator[tuple[str, Example]]], output: Path, skip: bool
) -> Imported:
    """Write what `read` yields, whole or not at all. With `skip` bad rows go to a file beside it; else they raise.

    Raises DataError too when no example is left.
    """
    done = Imported()
    rejected = rejected_path(output)
    with ExitStack() as files:
        bad: list[IO[str]] = []

        def reject(row: BadRow) -> None:
            if not bad:  # no file for no rows
                bad.append(files.enter_context(writing(rejected)))
            bad[0].write(rejected_line(row) + "\n")
            done.rejected += 1

        lines = files.enter_context(writing(output))
        for _, example in read(reject if skip else None):
            lines.write(example.to_json() + "\n")
            done.examples += 1
            done.calling += any(message.get("tool_calls") for message in example.messages)
            done.sources[example.source] += 1
        if not done.examples:
            raise DataError(f"Not one of {done.rejected} rows can be used.", "Without --skip the first is told.")
    if done.rejected:
        done.rejected_to = rejected
    elif rejected.is_file():
        rejected.unlink()  # of an earlier import
    return done


def rejected_line(row: BadRow) -> str:
    """A refused row as a line of JSON: where it stands, why it was refused, and what it is."""
    return json.dumps({"place": row.place, "reason": row.reason, "row": row.value}, default=str)
