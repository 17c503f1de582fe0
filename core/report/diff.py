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
    """Both sides as text in pieces. Of text against calls nothing is marked: all of it differs.

    Where several values are accepted, the one that was answered is shown, else the first; what may be left out, and
    was, is not shown.
    """
    expected = _settled(expected, answered)
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
    if _are_calls(value):
        return "\n".join(map(_call, value))
    if value is None:
        return "(no call)"
    return value if isinstance(value, str) else canonical_json(value)


def _settled(expected: Json, answered: Json) -> Json:
    """Calls as benchmarks expect them (`{name: {key: [accepted, …]}}`), settled by the calls that were made."""
    if not (_are_calls(expected) and _are_calls(answered) and all(map(_is_open, expected))):
        return expected
    left = [_plain(call) for call in answered]
    settled = []
    for ((name, accepted),) in map(dict.items, expected):
        name = name.replace(".", "_")  # as an endpoint must be told it
        made = max(left, key=lambda call: _likeness(call, name, accepted), default=("", {}))
        given = made[1] if made[0].replace(".", "_") == name else {}
        left = [call for call in left if call is not made] if given else left
        settled.append({"name": made[0] if given else name, "arguments": dict(_chosen(accepted, given))})
    return settled


def _are_calls(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) and item for item in value)


def _is_open(call: Mapping[str, Json]) -> bool:
    """Whether a call says of every argument which values are accepted."""
    (arguments, *more) = call.values()
    return not more and isinstance(arguments, dict) and all(isinstance(each, list) for each in arguments.values())


def _plain(call: Mapping[str, Json]) -> tuple[str, Mapping[str, Json]]:
    """Name and arguments of a call that was made; no arguments where they cannot be read."""
    name, given = (call["name"], call.get("arguments")) if "name" in call else next(iter(call.items()))
    try:
        given = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        given = {}
    return str(name), given if isinstance(given, dict) else {}


def _likeness(call: tuple[str, Mapping[str, Json]], name: str, accepted: Mapping[str, list[Json]]) -> tuple[bool, int]:
    fitting = (key for key, value in call[1].items() if _among(value, accepted.get(key, [])) is not None)
    return call[0].replace(".", "_") == name, sum(1 for _ in fitting)


def _chosen(accepted: Mapping[str, list[Json]], given: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    for key, values in accepted.items():
        if key not in given and ("" in values or not values):
            continue
        fitting = _among(given.get(key), values)
        yield key, given[key] if fitting is not None else next((each for each in values if each != ""), "")


def _among(value: Json, accepted: list[Json]) -> int | None:
    """Where a value stands among those accepted, case apart."""
    texts = [canonical_json(each).casefold() for each in accepted]
    text = canonical_json(value).casefold()
    return texts.index(text) if text in texts else None


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
