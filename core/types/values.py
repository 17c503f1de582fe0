"""JSON values: read strictly, and written in one way."""

import json
from enum import Enum
from typing import Any

Json = Any
"""Whatever `json.loads` gives."""


Message = dict[str, Any]
"""One chat message in OpenAI's shape. A tool call's `arguments` are a JSON *string*, as on the wire."""


_CANONICAL = json.JSONEncoder(ensure_ascii=False, allow_nan=False)  # made once: json.dumps makes one for each call


def canonical_json(value: Json) -> str:
    """The one spelling of a JSON value used in data, prompts and answers: as Python's default, in UTF-8."""
    return _CANONICAL.encode(value)


_KINDS = {str: "text", list: "a list", dict: "an object", bool: "true or false", type(None): "null"}
_KINDS |= {int: "a number", float: "a number"}


def kind(value: Json) -> str:
    """What a value is, in words."""
    return _KINDS.get(type(value), f"a {type(value).__name__}")


MAX_DEPTH = 100
"""Levels of nesting that JSON from outside may have: more than anyone means, fewer than break any library."""


def strict_json(text: str | bytes) -> Json:
    """What a JSON text spells. Raises ValueError saying why it spells nothing that `canonical_json` can spell again.

    Python reads more than JSON has: NaN, infinity and halves of surrogate pairs. Integers of thousands of digits
    and nesting beyond MAX_DEPTH are refused too.
    """
    try:
        value = json.loads(text)
        canonical_json(value).encode()
    except RecursionError:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels") from None
    if is_too_deep(value):
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    return value


def is_too_deep(value: Json) -> bool:
    """Whether a value is nested deeper than MAX_DEPTH levels."""
    level = [value]
    for _ in range(MAX_DEPTH):
        parts = (each.values() if isinstance(each, dict) else each for each in level if isinstance(each, (dict, list)))
        level = [part for each in parts for part in each if isinstance(part, (dict, list))]
        if not level:
            return False
    return True


def to_json(value: Any) -> Json:
    """A value as JSON has it: dataclasses, pydantic models, dates, enums and sets become plain values.

    Raises ValueError for what has no JSON form, NaN and infinity among it.
    """
    if isinstance(value, Enum):
        value = value.value
    try:
        canonical_json(value)
    except TypeError:
        return _to_plain(value)
    return value


def _to_plain(value: Any) -> Json:
    from pydantic_core import PydanticSerializationError, to_jsonable_python

    try:
        plain = to_jsonable_python(value)
    except PydanticSerializationError as error:
        raise ValueError(f"a {type(value).__name__} has no JSON form ({error})") from None
    canonical_json(plain)
    return plain
