"""The three checks that every synthesized call passes before it is kept: schema, execution, support."""

import re
from collections.abc import Mapping
from functools import lru_cache

from sftctl.core.calls import run_tool
from sftctl.core.plain_schema import fits, is_plain
from sftctl.core.types import Example, Json, Tool, call_of
from sftctl.plugins.toolcall.values import NUMBER_WORDS, leaves, spoken_dates, spoken_times

_WORD = re.compile(r"[a-z]+")
_SPOKEN = {word: float(number) for number, word in NUMBER_WORDS.items()}
_NUMBER = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d+)?")
_PERCENT = re.compile(r"\s*(?:%|percent)")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_TIME = re.compile(r"(\d\d):(\d\d)")


def schema_error(tool: Tool, arguments: Mapping[str, Json]) -> str:
    """Why the arguments break the tool's schema, or nothing."""
    return _misfit(tool.parameters, arguments)


def shown_error(example: Example) -> str:
    """Why a call of the conversation is none of a tool shown with it, or breaks its schema as shown; or nothing."""
    shown = {spec["function"]["name"]: spec["function"]["parameters"] for spec in example.tools}
    for message in example.messages:
        for name, arguments in map(call_of, message.get("tool_calls") or ()):
            problem = _misfit(shown[name], arguments) if name in shown else "it is not shown"
            if problem:
                return f"{name}: {problem}"
    return ""


def _misfit(parameters: Mapping[str, Json], arguments: Mapping[str, Json]) -> str:
    if not (is_plain(parameters) and fits(parameters, arguments)):
        from jsonschema import (
            Draft202012Validator,
        )  # made anew each time: that takes less than to find it by its schema

        error = next(Draft202012Validator(parameters).iter_errors(arguments), None)
        if error is not None:
            return str(error.message)
    unknown = arguments.keys() - parameters.get("properties", {}).keys()
    return f"unknown argument '{min(unknown)}'" if unknown else ""


def run(tool: Tool, arguments: Mapping[str, Json]) -> tuple[Json, str]:
    """The tool's result, and why it failed, or nothing. One without an implementation, or a live one, gives None."""
    return (None, "") if tool.live else run_tool(tool, arguments)


def unsupported(arguments: Mapping[str, Json], request: str) -> str:
    """The first value that the request does not speak of, or nothing.

    A truth value is carried by words that no general rule can find, so it is left to the template.
    """
    heard, numbers = _heard(request)
    for value in leaves(dict(arguments)):
        if not _is_heard(value, heard, numbers):
            return str(value)
    return ""


@lru_cache(maxsize=2)  # it is asked of one call of a request after the other, then of the request in another register
def _heard(request: str) -> tuple[str, set[float]]:
    return _normal(request), _numbers(request)


def _numbers(request: str) -> set[float]:
    """Every number that the request speaks of; `8%` is 8, and 0.08 as well."""
    numbers = set()
    for found in _NUMBER.finditer(request):
        number = float(found[0].replace(",", ""))
        numbers.add(number)
        if _PERCENT.match(request, found.end()):
            numbers.add(round(number / 100, 10))
    return numbers | {_SPOKEN[word] for word in _WORD.findall(request.casefold()) if word in _SPOKEN}


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
