"""Data sets in, Examples out: files of any kind → rows → the shape that the rows have → Examples.

One row is in memory at a time, and every row knows its place. What is wrong with one row is a BadRow, and reading goes
on where it can; what is wrong with a whole file is a DataError.
"""

from sftctl.core.datasets.examples import (
    Candidate,
    Read,
    Rejects,
    Unread,
    detect,
    examples_of,
    files_behind,
    files_to_read,
    reader,
    shape_of,
)
from sftctl.core.datasets.files import files_of, read_rows, rows_of
from sftctl.core.datasets.rows import BadRow, Row

__all__ = [
    "BadRow",
    "Candidate",
    "Read",
    "Rejects",
    "Row",
    "Unread",
    "detect",
    "examples_of",
    "files_behind",
    "files_of",
    "files_to_read",
    "read_rows",
    "reader",
    "rows_of",
    "shape_of",
]
