"""The three checks that every synthesized call passes before it is kept: schema, execution, support."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sftctl.core.calls import run_tool
from sftctl.core.types import Json, Tool, canonical_json
from sftctl.plugins.toolcall.values import NUMBER_WORDS, leaves, spoken_dates, spoken_times

_NUMBER = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d+)?")
_PERCENT = re.compile(r"\s*(?:%|percent)")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_TIME = re.compile(r"(\d\d):(\d\d)")


def schema_error(tool: Tool, arguments: Mapping[str, Json]) -> str:
    """Why the arguments break the tool's schema, or nothing."""
    error = next(iter(_validator(canonical_json(tool.parameters)).iter_errors(arguments)), None)
    if error is not None:
        return str(error.message)
    unknown = set(arguments) - set(tool.properties)
    return f"unknown argument '{min(unknown)}'" if unknown else ""


@lru_cache(maxsize=4096)
def _validator(schema: str) -> Any:
    import json

    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(schema))


def run(tool: Tool, arguments: Mapping[str, Json]) -> tuple[Json, str]:
    """The tool's result, and why it failed, or nothing. One without an implementation, or a live one, gives None."""
    return (None, "") if tool.live else run_tool(tool, arguments)


def unsupported(arguments: Mapping[str, Json], request: str) -> str:
    """The first value that the request does not speak of, or nothing.

    A truth value is carried by words that no general rule can find, so it is left to the template.
    """
    heard = _normal(request)
    numbers = _numbers(request)
    for value in leaves(dict(arguments)):
        if not _is_heard(value, heard, numbers):
            return str(value)
    return ""


def _numbers(request: str) -> set[float]:
    """Every number that the request speaks of; `8%` is 8, and 0.08 as well."""
    numbers = set()
    for found in _NUMBER.finditer(request):
        number = float(found[0].replace(",", ""))
        numbers.add(number)
        if _PERCENT.match(request, found.end()):
            numbers.add(round(number / 100, 10))
    words = set(re.findall(r"[a-z]+", request.casefold()))
    return numbers | {float(number) for number, word in NUMBER_WORDS.items() if word in words}


def _is_heard(value: Json, heard: str, numbers: set[float]) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int | float):
        return abs(value) in numbers or value in numbers
    if _normal(value) in heard:
        return True
    return any(all(_normal(word) in heard for word in words) for words in _other_words(value))


def _other_words(value: str) -> list[list[str]]:
    """Other ways to say a date, a time, or both; each way is a list of words that must all be heard."""
    from datetime import date

    day, time = _DATE.match(value), _TIME.search(value)
    days = spoken_dates(date(*map(int, day.groups()))) if day else ()
    times = spoken_times(int(time[1]), int(time[2])) if time else ()
    if day and time:
        return [[d, t] for d in days for t in times]
    return [[word] for word in (*days, *times)]


def _normal(text: str) -> str:
    return " ".join(text.replace("_", " ").casefold().split())
