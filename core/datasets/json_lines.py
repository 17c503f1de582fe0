"""Rows of JSONL: one JSON object on each line; a broken line does not keep the next from being read."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

from sftctl.core.datasets.json_value import ROWS, problem_of
from sftctl.core.datasets.rows import BadRow, Row, checked_row
from sftctl.core.datasets.text import lines
from sftctl.core.errors import DataError


def json_rows(file: IO[bytes], path: Path) -> Iterator[Row | BadRow]:
    """A Row for each line that holds an object, blank lines left out."""
    for number, line in lines(file, path):
        place = f"{path}:{number}"
        if number == 1 and isinstance(line, str) and "}\r{" in line:
            raise DataError(f"{place}: its lines end with CR alone, as on old Macs.", "Save it with line feeds.")
        if isinstance(line, BadRow):
            yield line
        elif line.strip():
            try:
                value = ROWS.decode(line.rstrip("\r\n"))
            except (ValueError, RecursionError) as error:
                yield BadRow(place, f"not JSON: {problem_of(error, 'column')}", line)
            else:
                yield checked_row(place, value, surrogates="\\ud" in line or "\\uD" in line)
