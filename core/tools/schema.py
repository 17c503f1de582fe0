"""JSON Schemas out of Python's type hints.

Known are str, int, float, bool, None, Any, list, dict, tuple, set and their abstract relatives, Literal, Union,
Optional, Enum classes, TypedDicts, dataclasses, pydantic models, dates and times, UUID, Decimal, Path, NewType,
type aliases, and whatever else pydantic can describe. In `Annotated`, a `pydantic.Field`, a string and the marks
of `annotated_types` are read; marks of value sources are handed to `on_note`.
"""

import collections.abc
import dataclasses
import datetime
import decimal
import enum
import pathlib
import types
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import (
    Annotated,
    Any,
    Literal,
    NewType,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo
from typing_extensions import ReadOnly, TypeAliasType, is_typeddict

from sftctl.core.errors import ToolsetError
from sftctl.core.types import Json, to_json

_SCALARS = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
    dict: "object",
    list: "array",
}
_OBJECTS: dict[Any, dict[str, Json]] = {
    datetime.date: {"type": "string", "format": "date"},
    datetime.time: {"type": "string", "format": "time"},
    datetime.datetime: {"type": "string", "format": "date-time"},
    datetime.timedelta: {"type": "string", "format": "duration"},
    uuid.UUID: {"type": "string", "format": "uuid"},
    decimal.Decimal: {"type": "number"},
    pathlib.Path: {"type": "string"},
    tuple: {"type": "array"},
    set: {"type": "array", "uniqueItems": True},
    frozenset: {"type": "array", "uniqueItems": True},
}
"""Types that JSON does not have: a call's argument must be made into one."""
_LISTS = (
    list,
    collections.abc.Sequence,
    collections.abc.MutableSequence,
    collections.abc.Collection,
    collections.abc.Iterable,
)
_MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
_MARKS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum",
          "multiple_of": "multipleOf", "pattern": "pattern"}  # fmt: skip
_LENGTHS = {"string": "Length", "array": "Items", "object": "Properties"}

OnNote = Callable[[str, dict[str, Json], Any], None]
"""`on_note(path, schema, note)`: what is done with a mark in `Annotated` that JSON Schema does not know."""


@dataclass
class HintReader:
    """Reads the hints of one tool, and notes whether any of its arguments must be made into an object."""

    where: str
    on_note: OnNote
    makes_objects: bool = False
    _open: list[Any] = field(default_factory=list)

    def schema(self, hint: Any, path: str) -> dict[str, Json]:
        """The JSON Schema of a type hint. Raises ToolsetError for a type that has none."""
        origin, arguments = get_origin(hint), get_args(hint)
        if origin is not None and not arguments:  # `typing.List`
            return self._plain(origin, path)
        if origin is Annotated:
            schema = self.schema(arguments[0], path)
            for note in arguments[1:]:
                self._apply(note, schema, path)
            return schema
        if origin in (Required, NotRequired, ReadOnly):
            return self.schema(arguments[0], path)
        if isinstance(hint, NewType):
            return self.schema(hint.__supertype__, path)
        if isinstance(hint, TypeAliasType) or type(hint).__name__ == "TypeAliasType":
            return self.schema(hint.__value__, path)
        if origin in (Union, types.UnionType):
            return self._union(arguments, path)
        if origin is Literal:
            return _enumeration([value for value in arguments if value is not None])
        if origin in _LISTS:
            return {"type": "array", "items": self.schema(arguments[0], path)}
        if origin in (set, frozenset):
            self.makes_objects = True
            return {"type": "array", "items": self.schema(arguments[0], path), "uniqueItems": True}
        if origin is tuple:
            return self._tuple(arguments, path)
        if origin in _MAPPINGS:
            self.schema(arguments[0], path)  # only to see whether keys must be made into objects
            return {"type": "object", "additionalProperties": self.schema(arguments[1], f"{path}.*")}
        return self._plain(hint, path)

    # ---- kinds of hints

    def _union(self, options: tuple[Any, ...], path: str) -> dict[str, Json]:
        """`X | None` is `X`: what is not known is left out of a call."""
        schemas = [self.schema(option, path) for option in options if option is not type(None)]
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}

    def _tuple(self, items: tuple[Any, ...], path: str) -> dict[str, Json]:
        self.makes_objects = True
        if len(items) == 2 and items[1] is Ellipsis:
            return {"type": "array", "items": self.schema(items[0], path)}
        schemas = [self.schema(item, path) for item in items]
        return {"type": "array", "prefixItems": schemas, "minItems": len(items), "maxItems": len(items)}

    def _plain(self, hint: Any, path: str) -> dict[str, Json]:
        if hint is Any or hint is object:
            return {}
        if hint in _LISTS or hint in _MAPPINGS:
            return {"type": "array" if hint in _LISTS else "object"}
        if is_typeddict(hint):
            return self._fields(hint, path, _typed_dict_fields(hint))
        if isinstance(hint, type) and hint in _SCALARS:
            return {"type": _SCALARS[hint]}
        self.makes_objects = True
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            return _enumeration([member.value for member in hint])
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            return self._fields(hint, path, _model_fields(hint))
        if dataclasses.is_dataclass(hint):
            return self._fields(hint, path, _dataclass_fields(hint))
        if isinstance(hint, type) and hint in _OBJECTS:
            return dict(_OBJECTS[hint])
        return self._as_pydantic_says(hint, path)

    def _fields(self, owner: Any, path: str, fields: "Iterator[_Field]") -> dict[str, Json]:
        """An object's schema. Where a class holds itself, the inner one is any object."""
        if owner in self._open:
            return {"type": "object"}
        self._open.append(owner)
        properties: dict[str, Json] = {}
        required: list[str] = []
        for item in fields:
            schema = self.schema(item.hint, f"{path}.{item.name}")
            for note in item.notes:
                self._apply(note, schema, f"{path}.{item.name}")
            if item.required:
                required.append(item.name)
            else:
                put_default(schema, item.default)
            properties[item.name] = schema
        self._open.pop()
        return {"type": "object", "properties": properties, "required": required}

    def _as_pydantic_says(self, hint: Any, path: str) -> dict[str, Json]:
        try:
            schema = TypeAdapter(hint).json_schema()
        except Exception:
            schema = {"$defs": {}}
        if "$defs" in schema:
            raise ToolsetError(
                f"{self.where}({path}): type {hint!r} has no JSON Schema.",
                "Use str, int, float, bool, list[…], dict[str, …], Literal[…], an Enum, a TypedDict, "
                "a dataclass, a pydantic model, a date or a time.",
            )
        return {key: value for key, value in schema.items() if key != "title"}

    # ---- notes

    def _apply(self, note: Any, schema: dict[str, Json], path: str) -> None:
        """Write into `schema` what a mark in `Annotated` says."""
        if isinstance(note, str):
            schema["description"] = note
            return
        if isinstance(note, FieldInfo):
            if note.description:
                schema["description"] = note.description
            if note.examples:
                schema["examples"] = to_json(note.examples)
            for inner in note.metadata:
                self._apply(inner, schema, path)
            return
        if text := getattr(note, "documentation", None):
            schema["description"] = str(text)
        for name, keyword in _MARKS.items():
            if (value := getattr(note, name, None)) is not None:
                schema[keyword] = to_json(value)
        if length := _LENGTHS.get(str(schema.get("type"))):
            for side in ("min", "max"):
                if (value := getattr(note, f"{side}_length", None)) is not None:
                    schema[f"{side}{length}"] = value
        self.on_note(path, schema, note)


def put_default(schema: dict[str, Json], default: Any) -> None:
    """Write a default into a schema, unless it is None or has no JSON form."""
    if default is not None:
        with suppress(ValueError):
            schema["default"] = to_json(default)


def _enumeration(values: list[Any]) -> dict[str, Json]:
    kinds = {_SCALARS.get(type(value), "") for value in values}
    kind = kinds.pop() if len(kinds) == 1 else ""
    return {**({"type": kind} if kind else {}), "enum": [to_json(value) for value in values]}


# ---------------------------------------------------------------- the fields of classes


@dataclass(frozen=True)
class _Field:
    name: str
    hint: Any
    required: bool
    default: Any = None
    notes: tuple[Any, ...] = ()


def _typed_dict_fields(owner: Any) -> Iterator[_Field]:
    for name, hint in get_type_hints(owner, include_extras=True).items():
        yield _Field(name, hint, name not in owner.__optional_keys__)


def _dataclass_fields(owner: Any) -> Iterator[_Field]:
    hints = get_type_hints(owner, include_extras=True)
    for item in dataclasses.fields(owner):
        if not item.init:
            continue
        default = item.default if item.default is not dataclasses.MISSING else None
        if item.default_factory is not dataclasses.MISSING:
            default = item.default_factory()
            default = None if default in ([], {}) else default  # an empty list says nothing
        needed = item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
        if isinstance(default, FieldInfo):  # pydantic's own dataclasses
            yield _Field(item.name, hints[item.name], default.is_required(), _default_of(default), (default,))
        else:
            yield _Field(item.name, hints[item.name], needed, default)


def _model_fields(owner: type[BaseModel]) -> Iterator[_Field]:
    for name, info in owner.model_fields.items():
        alias = info.validation_alias if isinstance(info.validation_alias, str) else info.alias
        yield _Field(alias or name, info.annotation, info.is_required(), _default_of(info), (info,))


def _default_of(info: FieldInfo) -> Any:
    """The default of a field; None where it has none, or one that says nothing: an empty list."""
    try:
        default = None if info.is_required() else info.get_default(call_default_factory=True)
    except TypeError:  # a factory that wants the other fields
        return None
    return None if default in ([], {}) else default
