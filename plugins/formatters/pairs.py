"""`pairs`: a conversation whose entries are each a request and its answer (Capybara, XTuner)."""

from collections.abc import Mapping

from sftctl.core.errors import DataError
from sftctl.core.types import Example, Formatter, Json
from sftctl.plugins.formatters.columns import found, items, optional_text, text
from sftctl.plugins.formatters.dialogue import Dialogue

PAIRS = ("conversation", "conversations")


def to_example(row: Mapping[str, Json]) -> Example:
    """Each entry has `input` and `output`, and perhaps a `system`. Raises DataError saying which one is wrong."""
    name = found(row, PAIRS)
    if name is None:
        raise DataError("it has no 'conversation'")
    dialogue = Dialogue()
    dialogue.system(optional_text(row, "system"))
    for number, pair in enumerate(items(row[name], f"'{name}'"), 1):
        try:
            if not isinstance(pair, Mapping):
                raise DataError("it must be an object with 'input' and 'output'")
            dialogue.system(optional_text(pair, "system"))
            dialogue.user(text(pair, "input"))
            dialogue.assistant(text(pair, "output"))
        except DataError as error:
            raise DataError(f"entry {number} of '{name}': {error}") from None
    return dialogue.example()


def _holds_pairs(row: Mapping[str, Json]) -> bool:
    pairs = row.get(found(row, PAIRS) or "")
    return isinstance(pairs, list) and any(isinstance(pair, Mapping) and "input" in pair for pair in pairs)


FORMATTER = Formatter(
    "pairs",
    "a conversation of requests, each with its answer (Capybara, XTuner)",
    _holds_pairs,
    to_example,
    (*PAIRS, "system"),
)
