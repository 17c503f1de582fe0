"""Rows of JSONL: one JSON object on each line; a broken line does not keep the next from being read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from sftctl.core.reading.json_value import no_constant
from sftctl.core.reading.rows import BadRow, Row, checked_row
from sftctl.core.reading.text import lines


def json_rows(file: IO[bytes], path: Path) -> Iterator[Row | BadRow]:
    """A Row for each line that holds an object, blank lines left out."""
    for number, line in lines(file, path):
        place = f"{path}:{number}"
        if isinstance(line, BadRow):
            yield line
        elif line.strip():
            try:
                value = json.loads(line, parse_constant=no_constant)
            except (ValueError, RecursionError) as error:
                yield BadRow(place, f"not JSON: {error}", line)
            else:
                yield checked_row(place, value, surrogates="\\ud" in line)
