"""`alpaca`: an instruction, perhaps an input to it, and the output."""

from collections.abc import Mapping

from sftctl.core.errors import DataError
from sftctl.core.types import Example, Formatter, Json
from sftctl.plugins.formatters.columns import SYSTEM, found, has_turns, items, optional_text, text, tools
from sftctl.plugins.formatters.dialogue import Dialogue
from sftctl.plugins.formatters.openai_chat import BESIDE, whole
from sftctl.plugins.formatters.written import say

INPUT = ("input", "context")
OUTPUT = ("output", "response")


def to_example(row: Mapping[str, Json]) -> Example:
    """The request, after what was said before it, and the output. Raises DataError."""
    dialogue = Dialogue(tools(row, "tools"))
    dialogue.system(optional_text(row, *SYSTEM))
    add_history(dialogue, row)
    dialogue.user(request(row))
    say(dialogue, text(row, *OUTPUT))
    return whole(dialogue, row)


def add_history(dialogue: Dialogue, row: Mapping[str, Json]) -> None:
    """`history` is a list of earlier requests and answers, which carry loss too. Raises DataError."""
    for number, pair in enumerate(items(row.get("history") or [], "'history'"), 1):
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(said, str) for said in pair):
            raise DataError(f"entry {number} of 'history' must be a request and its answer")
        dialogue.user(pair[0])
        dialogue.assistant(pair[1])


def request(row: Mapping[str, Json]) -> str:
    """The instruction, and after an empty line its input; one that is empty is left out. Raises DataError."""
    given = [text(row, "instruction"), optional_text(row, *INPUT)]
    return "\n\n".join(part for part in given if part.strip())


FORMATTER = Formatter(
    "alpaca",
    "an instruction, perhaps an input, and the output (Alpaca, Dolly)",
    lambda row: "instruction" in row and found(row, OUTPUT) is not None and not has_turns(row),
    to_example,
    ("instruction", INPUT, OUTPUT, SYSTEM, "history", "tools", *BESIDE),
)
