"""A quick yes to the commonest case: a plain schema and arguments that fit it.

Most parameters use a handful of keywords, and most arguments are right. `jsonschema` takes some 50 µs to say so,
and milliseconds to check a schema itself; it is asked only where these say no.
"""

from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt

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


def is_plain(schema: Json) -> bool:
    """Whether a schema has only the keywords that `fits` knows, each used rightly. Such a schema is valid."""
    if not isinstance(schema, dict):
        return False
    for keyword, wanted in schema.items():
        is_well_formed = _WELL_FORMED.get(keyword)
        if is_well_formed is None or not is_well_formed(wanted):
            return False
    return True


def is_plain_object(schema: Json) -> bool:
    """Whether it is a plain schema of the arguments of a function."""
    return is_plain(schema) and schema.get("type", "object") == "object"


def fits(schema: Json, value: Json) -> bool:
    """Whether `value` fits a schema. Sure when it says yes; a no may be over-careful (2.0 is an integer).

    It looks at as much of the schema as the value has: what is not plain elsewhere does not matter.
    """
    if not isinstance(schema, dict):
        return False
    for keyword, wanted in schema.items():
        holds = _HOLDS.get(keyword)
        if not (keyword in _TOLD if holds is None else holds(value, wanted, schema)):
            return False
    return True


# ---------------------------------------------------------------- whether a keyword is used rightly


def _is_text(wanted: Json) -> bool:
    return isinstance(wanted, str)


def _is_kind(wanted: Json) -> bool:
    return isinstance(wanted, str) and wanted in KINDS


def _is_properties(wanted: Json) -> bool:
    return isinstance(wanted, dict) and all(map(is_plain, wanted.values()))


def _is_names(wanted: Json) -> bool:
    return isinstance(wanted, list) and all(isinstance(n, str) for n in wanted) and len({*wanted}) == len(wanted)


def _is_options(wanted: Json) -> bool:
    return isinstance(wanted, list) and all(type(option) in (str, int, float) for option in wanted)


def _is_number(wanted: Json) -> bool:
    return type(wanted) in (int, float)


def _is_size(wanted: Json) -> bool:
    return type(wanted) is int and wanted >= 0


_WELL_FORMED: dict[str, Callable[[Json], bool]] = {
    "type": _is_kind,
    "description": _is_text,
    "title": _is_text,
    "format": _is_text,
    "default": lambda wanted: True,
    "examples": lambda wanted: isinstance(wanted, list),
    "properties": _is_properties,
    "required": _is_names,
    "items": is_plain,
    "enum": _is_options,
    "additionalProperties": lambda wanted: isinstance(wanted, bool),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _is_size),
}


# ---------------------------------------------------------------- whether a value does what a keyword wants

_TOLD = ("description", "title", "format", "default", "examples")
"""Keywords that want nothing of a value."""


def _has_kind(value: Json, wanted: Json, schema: Mapping[str, Json]) -> bool:
    kind = KINDS.get(wanted) if isinstance(wanted, str) else None
    return kind is not None and isinstance(value, kind) and (wanted == "boolean") >= isinstance(value, bool)


def _is_option(value: Json, wanted: Json, schema: Mapping[str, Json]) -> bool:
    return not isinstance(value, bool) and _is_options(wanted) and value in wanted  # in Python 1 == True


def _has_properties(value: Json, wanted: Json, schema: Mapping[str, Json]) -> bool:
    if not (isinstance(wanted, dict) and isinstance(value, dict)):
        return isinstance(wanted, dict)
    return all(fits(wanted[name], inner) for name, inner in value.items() if name in wanted)


def _has_names(value: Json, wanted: Json, schema: Mapping[str, Json]) -> bool:
    return _is_names(wanted) and (not isinstance(value, dict) or value.keys() >= {*wanted})


def _has_no_others(value: Json, wanted: Json, schema: Mapping[str, Json]) -> bool:
    if wanted is True or not isinstance(value, dict):
        return isinstance(wanted, bool)
    properties = schema.get("properties", {})
    return wanted is False and isinstance(properties, dict) and value.keys() <= properties.keys()


def _has_items(value: Json, wanted: Json, schema: Mapping[str, Json]) -> bool:
    return not isinstance(value, list) or all(fits(wanted, item) for item in value)


def _number(holds: Callable[[Json, Json], bool]) -> Callable[[Json, Json, Mapping[str, Json]], bool]:
    return lambda value, wanted, schema: (
        _is_number(wanted) and (not isinstance(value, int | float) or holds(value, wanted))
    )


def _size(
    kind: type[str] | type[list[Json]], holds: Callable[[Json, Json], bool]
) -> Callable[[Json, Json, Mapping[str, Json]], bool]:
    return lambda value, wanted, schema: _is_size(wanted) and (not isinstance(value, kind) or holds(len(value), wanted))


_HOLDS: dict[str, Callable[[Json, Json, Mapping[str, Json]], bool]] = {
    "type": _has_kind,
    "enum": _is_option,
    "properties": _has_properties,
    "required": _has_names,
    "additionalProperties": _has_no_others,
    "items": _has_items,
    "minimum": _number(ge),
    "maximum": _number(le),
    "exclusiveMinimum": _number(gt),
    "exclusiveMaximum": _number(lt),
    "minLength": _size(str, ge),
    "maxLength": _size(str, le),
    "minItems": _size(list, ge),
    "maxItems": _size(list, le),
}
