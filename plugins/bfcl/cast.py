"""Casts strings to the types that a schema asks for, to tell wrong types from wrong values."""

import ast
import json
import math
from collections.abc import Mapping
from contextlib import suppress

from sftctl.core.errors import DataError
from sftctl.core.types import Json, Message, Query, call_of, tool_call


def cast_message(message: Message, query: Query) -> Message:
    """The message with every string argument cast to its declared type, where that is possible."""
    calls = message.get("tool_calls")
    if not calls:
        return message
    functions = [tool["function"] for tool in query.tools]
    schemas = {function["name"]: function["parameters"] for function in functions}
    cast = []
    for call in calls:
        try:
            name, arguments = call_of(call)
        except DataError:
            return message
        cast.append(tool_call(name, cast_value(arguments, schemas.get(name, {})), call.get("id", "")))
    return {**message, "tool_calls": cast}


def cast_value(value: Json, schema: Mapping[str, Json]) -> Json:
    """`value` with strings cast to `schema`'s types, inside lists and objects too, where possible."""
    kind = schema.get("type")
    if isinstance(value, str):
        value = _cast_string(value, kind)
    if isinstance(value, list) and isinstance(items := schema.get("items"), dict):
        return [cast_value(item, items) for item in value]
    if isinstance(value, dict) and isinstance(properties := schema.get("properties"), dict):
        return {key: cast_value(item, properties.get(key, {})) for key, item in value.items()}
    return value


def _cast_string(text: str, kind: Json) -> Json:
    with suppress(ValueError):
        if kind == "integer":
            return int(text)
        if kind == "number" and math.isfinite(number := float(text)):
            return number
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    if kind in ("array", "object"):
        wanted = list if kind == "array" else dict
        for read in (json.loads, ast.literal_eval):
            with suppress(ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
                found = read(text)
                json.dumps(found, allow_nan=False)  # a Python literal may hold what JSON cannot
                if isinstance(found, wanted):
                    return found
    return text
