"""Good rows one way, bad rows another: a data set read through lint, for the command line and for a run."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

from sftctl.core.datasets import BadRow, Read
from sftctl.core.errors import DataError
from sftctl.core.lint import UNREADABLE, Finding, Linter
from sftctl.core.store import writing
from sftctl.core.text import counted
from sftctl.core.types import Example, Json


class Judged(NamedTuple):
    """A row and what was found in it."""

    place: str
    row: Example | BadRow
    findings: list[Finding]

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == "error"]

    def refused(self, bad: Sequence[Finding]) -> BadRow:
        """The row as one that is refused for `bad`."""
        value = json.loads(self.row.to_json()) if isinstance(self.row, Example) else self.row.value
        return BadRow(self.place, "; ".join(f"{finding.rule}: {finding.message}" for finding in bad), value)


def judge(read: Read, linter: Linter, start: int = 1) -> Iterator[Judged]:
    """Every row of a data set in its order, from row `start` on; those before it are read and not judged."""
    for number, (place, row) in enumerate(_rows(read), 1):
        if number < start:
            continue
        if isinstance(row, BadRow):
            yield Judged(place, row, [Finding(place, UNREADABLE, row.reason.rstrip("."), "error")])
        else:
            yield Judged(place, row, linter.check(place, row))


def _rows(read: Read) -> Iterator[tuple[str, Example | BadRow]]:
    """All rows of a data set, those that cannot be read in their place among the others."""
    waiting: list[BadRow] = []
    for place, example in read(rejects=waiting.append):
        yield from ((row.place, row) for row in waiting)
        waiting.clear()
        yield place, example
    yield from ((row.place, row) for row in waiting)


# ---------------------------------------------------------------- rows refused


def rejected_path(output: Path) -> Path:
    """Where rows go that are left out of a file: `data.rejected.jsonl` beside `data.jsonl`."""
    return output.with_name(f"{output.name.removesuffix('.jsonl')}.rejected.jsonl")


class Rejected:
    """Bad rows on their way into a file of their own; only numbers of them are held."""

    def __init__(self, path: Path, files: ExitStack) -> None:
        self.rows = 0
        self._path, self._files = path, files
        self._file: IO[str] | None = None
        self._by_rule = Counter[str]()

    def add(self, judged: Judged, bad: Sequence[Finding] | None = None) -> None:
        """Write a row with what speaks against it: `bad`, else its errors."""
        bad = judged.errors if bad is None else bad
        self._by_rule.update({finding.rule for finding in bad})
        self.write(judged.refused(bad))

    def write(self, row: BadRow) -> None:
        """A line of JSON: where the row stands, why it was refused, and what it is."""
        self.rows += 1
        self._file = self._file or self._files.enter_context(writing(self._path))  # no file for no rows
        self._file.write(json.dumps({"place": row.place, "reason": row.reason, "row": row.value}, default=str) + "\n")

    def report(self) -> dict[str, Json]:
        """How many rows there are, and how many of them break each rule."""
        return {"rows": self.rows, "by_rule": dict(sorted(self._by_rule.items()))}


@contextmanager
def refusing(path: Path) -> Iterator[Rejected]:
    """A file for bad rows, which appears whole, or not at all; one of an earlier time is removed."""
    with ExitStack() as files:
        rejected = Rejected(path, files)
        yield rejected
    if not rejected.rows and path.is_file():
        path.unlink()


# ---------------------------------------------------------------- a file made clean


@dataclass
class Tally:
    """What a lint found."""

    rows: int = 0
    by_rule: Counter[str] = field(default_factory=Counter)
    """Findings of each rule."""
    bad_rows: int = 0
    good_rows: int = 0


def sift(
    rows: Iterator[Judged],
    is_bad: Callable[[Finding], bool],
    tell: Callable[[Finding], None],
    output: Path | None = None,
) -> Tally:
    """Tell every finding; with `output` write the good rows there and the bad ones beside it, with the reasons.

    Both files appear whole or not at all. Raises DataError when no good row is left to write.
    """
    tally = Tally()
    with ExitStack() as files:
        good = files.enter_context(writing(output)) if output else None
        refused = files.enter_context(refusing(rejected_path(output))) if output else None
        for judged in rows:
            tally.rows += 1
            tally.by_rule.update(finding.rule for finding in judged.findings)
            for finding in judged.findings:
                tell(finding)
            if bad := [finding for finding in judged.findings if is_bad(finding)]:
                tally.bad_rows += 1
                if refused:
                    refused.add(judged, bad)
            elif isinstance(judged.row, Example):
                tally.good_rows += 1
                if good:
                    good.write(judged.row.to_json() + "\n")
        if output and not tally.good_rows:
            raise DataError(f"Not one of {counted(tally.rows, 'row')} is good, so nothing is written.")
    return tally


# ---------------------------------------------------------------- the data sets of a run


def good_rows(read: Read, linter: Linter, refuse: Callable[[Judged], None] | None) -> Iterator[Example]:
    """The rows in which lint finds no error. `refuse` is told of the others; without it, DataError at the first."""
    if refuse is None:
        for place, example in read(rejects=None):
            for finding in linter.check(place, example):
                if finding.severity == "error":
                    raise DataError(f"{finding}.", "Mend or remove that row, or set on_bad_row: skip.")
            yield example
        return
    for judged in judge(read, linter):
        if judged.errors:
            refuse(judged)
        elif isinstance(judged.row, Example):
            yield judged.row
