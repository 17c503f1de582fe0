"""`next-call`: a conversation up to the user's turn, and beside it the call that should follow.

So are data sets made that were cut out of dialogues: `messages`, `tools`, `call` (or `calls`), and where it is
known the `result` of the call and the `reply` that the assistant made of it.
"""

from collections.abc import Mapping

from sftctl.core.errors import DataError
from sftctl.core.types import Example, Formatter, Json
from sftctl.plugins.formatters.columns import found, items, optional_text, parsed, tools
from sftctl.plugins.formatters.dialogue import Dialogue
from sftctl.plugins.formatters.openai_chat import BESIDE, add_messages, whole


def to_example(row: Mapping[str, Json]) -> Example:
    """The earlier turns of the assistant carry loss as well. Raises DataError."""
    if row.get("messages") is None:
        raise DataError("it has no 'messages'")
    dialogue = Dialogue(tools(row, "tools"))
    add_messages(dialogue, items(row["messages"], "'messages'"))
    name = found(row, ("call", "calls"))
    if name is None:
        raise DataError("it has no 'call'")
    value = parsed(row[name], f"'{name}'")
    calls = items(value, f"'{name}'") if isinstance(value, list) else [value]
    dialogue.assistant(None, calls, written=isinstance(row[name], str))
    if row.get("result") is not None:
        results = row["result"] if len(calls) > 1 and isinstance(row["result"], list) else [row["result"]]
        for result in results:
            dialogue.result(result)
    if reply := optional_text(row, "reply"):
        dialogue.assistant(reply)
    return whole(dialogue, row)


FORMATTER = Formatter(
    "next-call",
    "a conversation up to the user's turn, and the call that follows, with its result and the reply",
    lambda row: isinstance(row.get("messages"), list | str) and found(row, ("call", "calls")) is not None,
    to_example,
    ("messages", ("call", "calls"), "tools", "result", "reply", *BESIDE),
)
