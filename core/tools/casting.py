"""Arguments of another type than their tool's schema asks for, where nothing is lost by writing them in that type.

Many data sets write every value as text: `"2003"` where the schema says integer. Rows like that break their schema, and
whoever trains on them teaches that.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from sftctl.core.errors import DataError
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
    """The value in the types of a JSON schema, as far as those are plain; itself where it would lose something."""
    if not isinstance(schema, Mapping):
        return value
    if isinstance(value, dict):
        properties = schema.get("properties")
        known = properties if isinstance(properties, Mapping) else {}
        return {name: fitted(inner, known.get(name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [fitted(inner, schema.get("items")) for inner in value]
    kind = schema.get("type")
    make = _MAKERS.get((type(value), kind)) if isinstance(kind, str) else None
    return make(value) if make else value


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
