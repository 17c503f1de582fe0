"""A quick yes to the commonest case: a plain schema and arguments that fit it.

Most parameters use a handful of keywords, and most arguments are right. `jsonschema` takes some 50 µs to say so,
and milliseconds to check a schema itself; it is asked only where these say no.
"""

from collections.abc import Mapping

from sftctl.core.types import Json

KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
    "null": type(None),
}
TEXTS = ("description", "title", "format")


def is_plain(schema: Json) -> bool:
    """Whether a schema has only the keywords that `fits` knows, each used rightly. Such a schema is valid."""
    return isinstance(schema, dict) and all(_is_plain(key, value) for key, value in schema.items())


def is_plain_object(schema: Json) -> bool:
    """Whether it is a plain schema of the arguments of a function."""
    return is_plain(schema) and schema.get("type", "object") == "object"


def _is_plain(key: str, value: Json) -> bool:
    if key == "type":
        return isinstance(value, str) and value in KINDS
    if key in TEXTS:
        return isinstance(value, str)
    if key == "properties":
        return isinstance(value, dict) and all(map(is_plain, value.values()))
    if key == "items":
        return is_plain(value)
    if key == "required":
        return isinstance(value, list) and all(isinstance(name, str) for name in value) and len({*value}) == len(value)
    if key == "enum":
        return isinstance(value, list) and all(type(option) in (str, int, float) for option in value)
    return key == "default"


def fits(schema: Mapping[str, Json], value: Json) -> bool:
    """Whether `value` fits a plain schema. Sure when it says yes; a no may be over-careful (2.0 is an integer)."""
    kind = schema.get("type")
    if kind is not None and not (isinstance(value, KINDS[kind]) and (kind == "boolean") >= isinstance(value, bool)):
        return False
    if "enum" in schema and (value not in schema["enum"] or isinstance(value, bool)):  # in Python 1 == True
        return False
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        if any(name not in value for name in schema.get("required", ())):
            return False
        return all(fits(properties[name], inner) for name, inner in value.items() if name in properties)
    if isinstance(value, list) and "items" in schema:
        return all(fits(schema["items"], inner) for inner in value)
    return True
