"""Any data set → one JSONL file of Examples and, if asked for, one of the rows that are none, with the reasons."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sftctl.core.datasets.examples import Read
from sftctl.core.errors import DataError
from sftctl.core.examples.sieve import refusing, rejected_path
from sftctl.core.store import writing
from sftctl.core.text import counted


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


def import_examples(read: Read, output: Path, skip: bool) -> Imported:
    """Write what `read` yields, whole or not at all. With `skip` bad rows go to a file beside it; else they raise.

    Raises DataError too when no example is left.
    """
    done = Imported()
    rejected = rejected_path(output)
    with writing(output) as lines, refusing(rejected) as refused:
        for _, example in read(rejects=refused.write if skip else None):
            lines.write(example.to_json() + "\n")
            done.examples += 1
            done.calling += any(message.get("tool_calls") for message in example.messages)
            done.sources[example.source] += 1
        if not done.examples:
            raise DataError(
                f"Not one of {counted(refused.rows, 'row')} can be used.", "Without --skip the first is told."
            )
    done.rejected, done.rejected_to = refused.rows, rejected if refused.rows else None
    return done
