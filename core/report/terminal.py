"""Scores of two models on a terminal: readable at 80 columns, a part for each evaluator."""

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Column, Table

from sftctl.core.report.comparison import Change
from sftctl.core.report.numbers import gap, p_value, share

STYLES = {"better": "green", "worse": "red", "same": ""}
NUMBERS = ("n", "before", "after", "difference", "p")


def change_tables(changes: Sequence[Change], title: str) -> Group:
    """Every score before and after with the paired difference; numbers are never cut, names are folded."""
    return Group(title, *_tables(changes))


def _tables(changes: Sequence[Change]) -> Iterator[RenderableType]:
    for evaluator in dict.fromkeys(change.evaluator for change in changes):
        numbers = (Column(head, justify="right", no_wrap=True) for head in NUMBERS)
        table = Table(
            Column(evaluator, overflow="fold"), *numbers, box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0)
        )
        for each in changes:
            if each.evaluator == evaluator:
                cells = (str(each.n), share(each.before), share(each.after), gap(each), p_value(each))
                table.add_row(each.score, *cells, style=STYLES[each.verdict])
        yield table
