"""`xlam`: a query, the tools that there are, and the calls that answer it; Seal-Tools' `calling` as well."""

from collections.abc import Mapping

from sftctl.core.errors import DataError
from sftctl.core.types import Example, Formatter, Json
from sftctl.plugins.formatters.columns import found, items, lacking, optional_text, text, tools
from sftctl.plugins.formatters.dialogue import Dialogue
from sftctl.plugins.formatters.openai_chat import BESIDE, whole

CALLS = ("answers", "calling", "calls", "tool_calls")


def to_example(row: Mapping[str, Json]) -> Example:
    """Calls are one turn of the assistant. Raises DataError, for a row without a call too: it says nothing."""
    name = found(row, CALLS)
    if name is None:
        raise DataError(lacking(CALLS))
    dialogue = Dialogue(tools(row, "tools"))
    dialogue.system(optional_text(row, "system"))
    dialogue.user(text(row, "query"))
    calls = items(row[name], f"'{name}'")
    if not calls:
        raise DataError(f"'{name}' holds no call, and there is no text to say instead")
    try:
        dialogue.assistant(None, calls, written=isinstance(row[name], str))
    except DataError as error:
        raise DataError(f"'{name}': {error}") from None
    return whole(dialogue, row)


FORMATTER = Formatter(
    "xlam",
    "a query, tools and the calls that answer it (xLAM, APIGen, Seal-Tools)",
    lambda row: "query" in row and found(row, CALLS) is not None,
    to_example,
    ("query", "tools", CALLS, "system", *BESIDE),
)
