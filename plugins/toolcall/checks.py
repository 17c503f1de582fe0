"""The three checks that every synthesized call passes before it is kept: schema, execution, support."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

from sftctl.core import quantities
from sftctl.core.tools.calls import run_tool
from sftctl.core.tools.plain_schema import fits
from sftctl.core.types import Example, Json, Tool, call_of
from sftctl.plugins.toolcall.days import spoken_days
from sftctl.plugins.toolcall.implicit import other_names
from sftctl.plugins.toolcall.values import leaves, spoken_times

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
    if not fits(parameters, arguments):
        from jsonschema import Draft202012Validator

        # made anew each time: that takes less than to find it by its schema
        error = next(Draft202012Validator(parameters).iter_errors(arguments), None)
        if error is not None:
            return str(error.message)
    unknown = arguments.keys() - parameters.get("properties", {}).keys()
    return f"unknown argument '{min(unknown)}'" if unknown else ""


def run(tool: Tool, arguments: Mapping[str, Json]) -> tuple[Json, str]:
    """The tool's result, and why it failed, or nothing. One without an implementation, or a live one, gives None."""
    return (None, "") if tool.live else run_tool(tool, arguments)


def unsupported(arguments: Mapping[str, Json], request: str, today: date | None = None) -> str:
    """The first value that the request does not speak of, or nothing. With `today`, `tomorrow` speaks of a day.

    A truth value is carried by words that no general rule can find, so it is left to the template.
    """
    heard = _heard(request, today)
    return next((str(value) for value in leaves(dict(arguments)) if not heard.has(value)), "")


@dataclass(frozen=True)
class _Heard:
    """What a request speaks of; what is rare is looked for only when it is missed."""

    request: str
    today: date | None

    def has(self, value: Json) -> bool:
        if value is None or isinstance(value, bool):
            return True
        if isinstance(value, int | float):
            either = {value, abs(value)}
            return bool(either & self._in_digits or either & self._in_words)
        if _normal(value) in self._normal:
            return True
        return any(all(_normal(word) in self._normal for word in words) for words in _other_words(value, self.today))

    @cached_property
    def _normal(self) -> str:
        return _normal(self.request)

    @cached_property
    def _in_digits(self) -> set[float]:
        return set(quantities.in_digits(self.request))

    @cached_property
    def _in_words(self) -> set[float]:
        return quantities.in_words(self.request)


@lru_cache(maxsize=2)  # it is asked of one call of a request after the other, then of the request in another register
def _heard(request: str, today: date | None) -> _Heard:
    return _Heard(request, today)


def _other_words(value: str, today: date | None) -> list[list[str]]:
    """Other ways to say a date, a time, or both; each way is a list of words that must all be heard."""
    day, time = _DATE.match(value), _TIME.search(value)
    days = spoken_days(date(*map(int, day.groups())), today) if day else ()
    times = spoken_times(int(time[1]), int(time[2])) if time else ()
    if day and time:
        return [[d, t] for d in days for t in times]
    return [[word] for word in (*days, *times)] or [[name] for name in other_names(value)]


def _normal(text: str) -> str:
    return " ".join(text.replace("_", " ").casefold().split())
