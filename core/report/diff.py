"""Expected and answered calls side by side, with what differs marked."""

import json
import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import NamedTuple

from sftctl.core.types import Json, canonical_json

LONG = 600
"""Characters of one side."""
WORDS = re.compile(r"\w+|\s+|[^\w\s]")


class Span(NamedTuple):
    """A piece of text; `differs` if the other side does not have it there."""

    text: str
    differs: bool


def diff(expected: Json, answered: Json) -> tuple[list[Span], list[Span]]:
    """Both sides as text in pieces. Of text against calls nothing is marked: all of it differs."""
    if isinstance(expected, str) != isinstance(answered, str):
        return [Span(_cut(spelled(expected)), False)], [Span(_cut(spelled(answered)), False)]
    left, right = (WORDS.findall(_cut(spelled(side))) for side in (expected, answered))
    sides: tuple[list[Span], list[Span]] = ([], [])
    for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        for side, words in zip(sides, (left[a:b], right[c:d]), strict=True):
            if words:
                side.append(Span("".join(words), kind != "equal"))
    return sides


def spelled(value: Json) -> str:
    """Calls as `name(key="value", …)`, a line each, arguments by name; anything else as text or JSON."""
    if isinstance(value, list) and value and all(isinstance(item, dict) and item for item in value):
        return "\n".join(map(_call, value))
    if value is None:
        return "(no call)"
    return value if isinstance(value, str) else canonical_json(value)


def _call(value: Mapping[str, Json]) -> str:
    if isinstance(value.get("name"), str) and "arguments" in value:
        return f"{value['name']}({_arguments(value['arguments'])})"
    if len(value) == 1:  # as benchmarks write it: {name: {key: value}}
        ((name, arguments),) = value.items()
        return f"{name}({_arguments(arguments)})"
    return canonical_json(value)


def _arguments(value: Json) -> str:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return str(value)
    if not isinstance(value, dict):
        return canonical_json(value)
    return ", ".join(_pairs(value))


def _pairs(arguments: Mapping[str, Json]) -> Iterator[str]:
    for key in sorted(arguments):
        yield f"{key}={canonical_json(arguments[key])}"


def _cut(text: str) -> str:
    return text if len(text) <= LONG else f"{text[:LONG]}…"
