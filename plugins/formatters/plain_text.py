"""`text`: plain text, no conversation. All of it is learned, and that it ends."""

from collections.abc import Mapping

from sftctl.core.errors import DataError
from sftctl.core.types import Example, Formatter, Json
from sftctl.plugins.formatters.columns import text


def to_example(row: Mapping[str, Json]) -> Example:
    """An assistant's turn would be no substitute: its markers come before it, and a chat is what it teaches."""
    written = text(row, "text")
    if not written.strip():
        raise DataError("'text' is empty")
    return Example((), text=written)


FORMATTER = Formatter(
    "text",
    "plain text: every token is learned, and no turn is made of it",
    lambda row: isinstance(row.get("text"), str),
    to_example,
    ("text",),
)
