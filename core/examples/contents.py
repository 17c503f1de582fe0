"""What is said in an example, and which tools it calls and shows: for whoever counts or compares them."""

import re
from collections.abc import Iterable, Iterator

from sftctl.core.lint import text_of
from sftctl.core.types import Example, Json, function_of, is_learned

_WORD = re.compile(r"\w+")


def words_of(text: str) -> list[str]:
    """The words of a text; case and punctuation do not count."""
    return _WORD.findall(text.casefold())


def requests_of(example: Example) -> Iterator[str]:
    """What users ask in it, or its plain text."""
    if example.text:
        yield example.text
    for message in example.messages:
        if message["role"] == "user" and (text := text_of(message)):
            yield text


def called_names(example: Example) -> Iterator[str]:
    """The function's name of every call that is learned."""
    for message in example.messages:
        if message.get("tool_calls") and is_learned(message):
            for call in message["tool_calls"]:
                yield str((call.get("function") or {}).get("name", ""))


def shown_functions(tools: Iterable[Json]) -> Iterator[dict[str, Json]]:
    """The functions among the entries of a list of tools."""
    return (function for tool in tools if (function := function_of(tool)))


def plain_name(name: str) -> str:
    """A function's name as it is compared: `math.area`, `math_area` and `mathArea` are one."""
    return re.sub(r"[\W_]", "", name).casefold()
