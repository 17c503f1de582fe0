"""`alpaca`: an instruction, perhaps an input to it, and the output."""

from collections.abc import Mapping

from sftctl.core.errors import DataError
from sftctl.core.types import Example, Formatter, Json
from sftctl.plugins.formatters.columns import found, items, optional_text, text
from sftctl.plugins.formatters.dialogue import Dialogue

INPUT = ("input", "context")
OUTPUT = ("output", "response")


def to_example(row: Mapping[str, Json]) -> Example:
    """`history` is a list of earlier requests and answers, which carry loss too. Raises DataError."""
    dialogue = Dialogue()
    dialogue.system(optional_text(row, "system"))
    for number, pair in enumerate(items(row.get("history") or [], "'history'"), 1):
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(said, str) for said in pair):
            raise DataError(f"entry {number} of 'history' must be a request and its answer")
        dialogue.user(pair[0])
        dialogue.assistant(pair[1])
    instruction, given = text(row, "instruction"), optional_text(row, *INPUT)
    dialogue.user(f"{instruction}\n\n{given}" if given.strip() else instruction)
    dialogue.assistant(text(row, *OUTPUT))
    return dialogue.example()


FORMATTER = Formatter(
    "alpaca",
    "an instruction, perhaps an input, and the output (Alpaca, Dolly)",
    lambda row: "instruction" in row and found(row, OUTPUT) is not None,
    to_example,
    ("instruction", *INPUT, *OUTPUT, "system", "history"),
)
