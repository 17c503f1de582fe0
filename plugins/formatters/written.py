"""Calls that the assistant writes as text, in the ways in which models and data sets do.

    <tool_call>{…}</tool_call>   <TOOLCALL>[…]</TOOLCALL>   [TOOL_CALLS] […]   <|python_tag|>{…}   [f(a=1)]   {…}

They are taken out of the text, as with `tags`; all but the first only where tools are declared.
"""

import re
from collections.abc import Mapping, Sequence

from sftctl.core.errors import DataError
from sftctl.core.types import Json
from sftctl.plugins.formatters import brackets, tags
from sftctl.plugins.formatters.columns import parsed
from sftctl.plugins.formatters.dialogue import Dialogue

MARK = re.compile(r"(<TOOLCALL>|\[TOOL_CALLS\]|<\|python_tag\|>)\s*(?=[\[{])")
END = re.compile(r"\s*(</TOOLCALL>|<\|e(om|ot)_id\|>|</s>)?\s*$")


def say(dialogue: Dialogue, text: str) -> None:
    """Add the assistant's turn, its calls to declared tools taken out of the text. Raises DataError."""
    said, calls = take_calls(text, dialogue.tools) if dialogue.tools else (text, [])
    dialogue.assistant(said, calls, written=True)


def take_calls(text: str, tools: Sequence[dict[str, Json]]) -> tuple[str | None, list[Json]]:
    """What the assistant says before its calls, and the calls. Raises DataError for one that cannot be read."""
    said, calls = tags.take_calls(text)
    if calls or not tools:
        return said, calls
    if mark := MARK.search(text):
        calls = tags.objects(END.sub("", text[mark.end() :]), f"what follows {mark[1]}")
        return text[: mark.start()].strip() or None, calls
    calls = brackets.take_calls(text, tools) or _bare_calls(text.strip(), tools)
    return (None, calls) if calls else (text, [])


def _bare_calls(text: str, tools: Sequence[dict[str, Json]]) -> list[Json]:
    """The calls to known tools that a text of nothing but JSON consists of."""
    if not text.startswith(("{", "[")):
        return []
    try:
        value = parsed(text, "the text")
    except DataError:
        return []
    calls = value if isinstance(value, list) else [value]
    names = {tool["function"]["name"] for tool in tools}
    return calls if all(_is_call(call) and call["name"] in names for call in calls) else []


def _is_call(value: Json) -> bool:
    has_arguments = isinstance(value, Mapping) and bool({"arguments", "parameters"} & value.keys())
    return has_arguments and isinstance(value.get("name"), str)
