"""A raw row and its place; a row that cannot be used and the reason."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sftctl.core.errors import DataError
from sftctl.core.types import Json, kind


@dataclass(frozen=True)
class Row:
    """A raw row and where it stands: `file:line`, or `file row 7` where a file has no lines."""

    place: str
    value: Mapping[str, Json]
    label_place: str = ""
    """Where its label stands, if that is another file."""


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used, and why; `value` is the row, or the text of what should have been one."""

    place: str
    reason: str
    value: Json

    def error(self) -> DataError:
        """The same as an error, to stop at."""
        return DataError(f"{self.place}: {self.reason.rstrip('.')}.", "Mend or remove that row.")


def checked_row(place: str, value: Json, surrogates: bool = True) -> Row | BadRow:
    """A Row if the value is an object that can be written as UTF-8; `surrogates` says whether it may not be."""
    if not isinstance(value, dict):
        return BadRow(place, f"a row must be a JSON object, not {kind(value)}", value)
    if surrogates:
        try:
            json.dumps(value, ensure_ascii=False, default=str).encode()
        except UnicodeEncodeError:
            return BadRow(place, "half of a surrogate pair stands alone", repr(value))
    return Row(place, value)
