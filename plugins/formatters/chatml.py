"""`chatml`: a conversation in one text that a chat template has already written, with ChatML's markers.

    <|im_start|>user
    Rain in Oslo?<|im_end|>
    <|im_start|>assistant
    Yes.<|im_end|>

As plain text its markers would be characters like any others, and the user's words would be learned too.
"""

import re
from collections.abc import Mapping

from sftctl.core.errors import DataError
from sftctl.core.types import Example, Formatter, Json
from sftctl.plugins.formatters import openai_chat, tags
from sftctl.plugins.formatters.columns import text

BEGIN = "<|im_start|>"
TURN = re.compile(r"\s*<\|im_start\|>(\w+)\n(.*?)<\|im_end\|>", re.DOTALL)
END = re.compile(r"\s*(<\|endoftext\|>)?\s*")


def to_example(row: Mapping[str, Json]) -> Example:
    """The turns as messages; tools, calls and results are taken out of their tags. Raises DataError."""
    written = text(row, "text")
    messages: list[Json] = []
    at = 0
    while turn := TURN.match(written, at):
        role, content = turn.groups()
        messages.append({"role": "tool" if tags.is_result(content) else role, "content": content})
        at = turn.end()
    if not messages or not END.fullmatch(written, at):
        raise DataError(f"'text' is no ChatML from {written[at : at + 40]!r} on")
    return openai_chat.to_example({"messages": messages})


FORMATTER = Formatter(
    "chatml",
    "a conversation in one text, with the markers of ChatML",
    lambda row: isinstance(row.get("text"), str) and row["text"].lstrip().startswith(BEGIN),
    to_example,
    ("text",),
)
