"""Dataclasses out of JSON that somebody may have damaged."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar, get_type_hints

from sftctl.core.types.values import Json

T = TypeVar("T")


def record(kind: Callable[..., T], row: Mapping[str, Json]) -> T:
    """The dataclass with these fields, each of the type that it has there. Raises TypeError or ValueError."""
    made = kind(**row)
    for name, check in _checks(kind).items():
        try:
            check.validate_python(getattr(made, name), strict=True)
        except ValueError:
            raise ValueError(f"`{name}` is {getattr(made, name)!r}") from None
    return made


@cache
def _checks(kind: Callable[..., Any]) -> dict[str, Any]:
    from pydantic import TypeAdapter

    return {name: TypeAdapter(hint) for name, hint in get_type_hints(kind).items()}
