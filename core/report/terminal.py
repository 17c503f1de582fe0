"""Scores of two models on a terminal: readable at 80 columns, a part for each evaluator."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, Group
from rich.table import Column, Table
from rich.text import Text

from sftctl.core.report.numbers import gap, p_value, share
from sftctl.core.scores.change import Change

STYLES = {"better": "green", "worse": "red", "same": ""}
NUMBERS = ("n", "before", "after", "difference", "p")
GAPS = (2, 1)
"""Between two columns: wide, and where there is less room."""
NARROWEST = 8
"""Columns that names have on any terminal."""


def change_tables(changes: Sequence[Change], title: str) -> Group:
    """Every score before and after with the paired difference; numbers are never cut, long names are broken."""
    evaluators = dict.fromkeys(change.evaluator for change in changes)
    return Group(title, *(ChangeTable(name, [c for c in changes if c.evaluator == name]) for name in evaluators))


@dataclass(frozen=True)
class ChangeTable:
    """The scores of one evaluator, as a table that fits the terminal."""

    evaluator: str
    changes: Sequence[Change]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Table | Text]:
        rows = [(str(c.n), share(c.before), share(c.after), gap(c), p_value(c)) for c in self.changes]
        taken = sum(max(map(len, column)) for column in zip(NUMBERS, *rows, strict=True))
        longest = max(len(name) for name in (self.evaluator, *(change.score for change in self.changes)))
        wide, narrow = (options.max_width - taken - space * len(NUMBERS) for space in GAPS)
        space, room = (GAPS[0], wide) if wide >= longest else (GAPS[1], max(NARROWEST, narrow))
        numbers = (Column(head, justify="right", no_wrap=True) for head in NUMBERS)
        name = Column(Text(broken(self.evaluator, room)), overflow="fold")
        table = Table(name, *numbers, box=SIMPLE_HEAD, show_edge=False, padding=(0, space - 1, 0, 0), pad_edge=False)
        for change, cells in zip(self.changes, rows, strict=True):
            table.add_row(Text(broken(change.score, room)), *cells, style=STYLES[change.verdict])
        yield table
        yield Text()


def broken(name: str, room: int) -> str:
    """A name on as many lines as it takes, broken between its words where it can be."""
    lines = [""]
    for word in re.findall(r"[^_/ ]+[_/ ]*|[_/ ]+", name):
        if lines[-1] and len((lines[-1] + word).rstrip()) > room:
            lines.append("")
        lines[-1] += word
    return "\n".join(lines)
