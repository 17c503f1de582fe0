"""Rows of JSONL: one JSON object on each line; a broken line does not keep the next from being read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from sftctl.core.datasets.json_value import is_cut_off, no_constant
from sftctl.core.datasets.rows import BadRow, Row, checked_row
from sftctl.core.datasets.text import lines


def json_rows(file: IO[bytes], path: Path) -> Iterator[Row | BadRow]:
    """A Row for each line that holds an object, blank lines left out."""
    for number, line in lines(file, path):
        place = f"{path}:{number}"
        if isinstance(line, BadRow):
            yield line
        elif line.strip():
            try:
                value = json.loads(line.rstrip("\r\n"), parse_constant=no_constant)
            except (ValueError, RecursionError) as error:
                yield BadRow(place, f"not JSON: {_problem(error)}", line)
            else:
                yield checked_row(place, value, surrogates="\\ud" in line)


def _problem(error: Exception) -> str:
    """What is wrong with a line. json's own numbers of lines are left out: it knows of one line only."""
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    if is_cut_off(error):
        return "the line ends within a value"
    return f"{error.msg.removesuffix(' at')} at column {error.colno}"
