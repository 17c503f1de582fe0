"""Data sets in, Examples out: the rows of a file, its shape found by the formatters, each row with its place."""

from collections.abc import Iterator
from pathlib import Path

from sftctl.core.errors import DataError
from sftctl.core.manager import Plugins, choose
from sftctl.core.reading import BadRow, Row, read_rows
from sftctl.core.types import Example

__all__ = ["BadRow", "Row", "examples_of", "read_rows"]


def examples_of(path: Path | str, plugins: Plugins, shape: str | None = None) -> Iterator[tuple[str, Example]]:
    """Place and Example of every row. Raises DataError with the place for a bad row."""
    formatters = plugins.formatters()
    forced = choose("formatter", shape, formatters) if shape else None
    for row in read_rows(path):
        formatter = forced or next((f for f in formatters.values() if f.matches(row.value)), None)
        try:
            if formatter is None:
                raise DataError(f"no formatter knows a row of this shape ({', '.join(row.value)})")
            yield row.place, formatter.to_example(row.value)
        except (ValueError, KeyError, TypeError, DataError) as error:
            raise DataError(f"{row.place}: {error}.", "Mend or remove that row.") from None
