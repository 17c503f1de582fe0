"""Arguments of another type than their tool's schema asks for, where nothing is lost by writing them in that type.

Many data sets write every value as text: `"2003"` where the schema says integer. Rows like that break their schema, and
whoever trains on them teaches that.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from sftctl.core.errors import DataError
from sftctl.core.tools.plain_schema import KINDS, fits
from sftctl.core.types import Example, Json, Message, call_of, canonical_json, function_of, strict_json

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")


def cast(example: Example) -> Example:
    """The example with every argument in its declared type, where it spells a value of that type and of no other."""
    schemas = {function["name"]: function.get("parameters") for function in map(function_of, example.tools) if function}
    return replace(example, messages=tuple(_cast_calls(message, schemas) for message in example.messages))


def _cast_calls(message: Message, schemas: Mapping[str, Json]) -> Message:
    calls = message.get("tool_calls")
    return {**message, "tool_calls": [_cast_call(call, schemas) for call in calls]} if calls else message


def _cast_call(call: Message, schemas: Mapping[str, Json]) -> Message:
    try:
        name, arguments = call_of(call)
    except DataError:
        return call  # lint says so
    changed = fitted(arguments, schemas.get(name))
    if changed == arguments:
        return call
    return {**call, "function": {**call["function"], "arguments": canonical_json(changed)}}


def fitted(value: Json, schema: Json) -> Json:
    """The value in the types of a JSON schema, as far as those are plain; itself where it would lose something.

    Of several types it keeps its own, if that is among them; else it gets the first that it spells.
    """
    if not isinstance(schema, Mapping):
        return value
    if options := _options(schema):
        own = [option for option in options if _allows(option, value)]
        return (
            fitted(value, own[0])
            if own
            else next((made for option in options if (made := fitted(value, option)) != value), value)
        )
    if isinstance(value, dict):
        properties = schema.get("properties")
        known = properties if isinstance(properties, Mapping) else {}
        return {name: fitted(inner, known.get(name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [fitted(inner, schema.get("items")) for inner in value]
    kind = schema.get("type")
    make = _MAKERS.get((type(value), kind)) if isinstance(kind, str) else None
    return make(value) if make else value


def _options(schema: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """A schema for each of several types that a value may have; none where there is one type."""
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return [{**schema, "type": kind} for kind in kinds]
    options: list[Json] = next((schema[key] for key in ("anyOf", "oneOf") if isinstance(schema.get(key), list)), [])
    return [option for option in options if isinstance(option, Mapping)] if kinds is None else []


def _allows(schema: Mapping[str, Json], value: Json) -> bool:
    if options := _options(schema):
        return any(_allows(option, value) for option in options)
    kind = schema.get("type")
    return kind is None or (isinstance(kind, str) and kind in KINDS and fits({"type": kind}, value))


def _number(text: str) -> Json:
    """The number that a text spells; the text where there is none or, as of `1e999`, none that can be written."""
    try:
        return strict_json(text) if _NUMBER.fullmatch(text) else text
    except ValueError:
        return text


def _integer(text: str) -> Json:
    number = _number(text)
    return number if isinstance(number, int) else text


def _truth(text: str) -> Json:
    return {"true": True, "false": False}.get(text.lower(), text)


_MAKERS: dict[tuple[type, str], Callable[..., Json]] = {
    (str, "integer"): _integer,
    (str, "number"): _number,
    (str, "boolean"): _truth,
    (int, "string"): str,
}
"""Type of a value, type in the schema → what makes the one out of the other, or gives it back."""
