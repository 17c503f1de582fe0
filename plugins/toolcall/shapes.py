"""What a JSON Schema says of one value: references followed, and of alternatives the one that the value fits."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from sftctl.core.types import Json

Schema = Mapping[str, Json]
KINDS = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}


def kind_of(value: Json) -> str:
    """JSON's name of a value's type; integers and floats are both numbers."""
    return KINDS.get(type(value), "null")


class Shape(NamedTuple):
    """All that a schema says of a value, in one schema without references and alternatives; and what it was part of."""

    said: Schema
    root: Schema
    """Where the references of its parts lead."""

    @property
    def required(self) -> frozenset[str]:
        return frozenset(_names(self.said))

    @property
    def types(self) -> frozenset[str]:
        """Types, as `kind_of` names them; none where the schema does not tell."""
        types = self.said.get("type")
        names = types if isinstance(types, list) else [types]
        return frozenset("number" if name == "integer" else name for name in names if isinstance(name, str))

    @property
    def kinds(self) -> frozenset[str]:
        """The types, or else those of the values that are listed."""
        listed = [*_listed(self.said, "enum"), *([self.said["const"]] if "const" in self.said else ())]
        return self.types or frozenset(map(kind_of, listed))

    def field(self, key: str) -> Json:
        """The schema of a key of an object."""
        return self.said.get("properties", {}).get(key, self.said.get("additionalProperties"))


def shape_of(value: Json, schema: Json, root: Schema | None = None) -> Shape:
    """What `schema`, a part of `root`, says of a value. What it says itself goes before what it refers to."""
    whole = root if root is not None else schema if isinstance(schema, dict) else {}
    return Shape(_merged(_parts(value, schema, whole, ())), whole)


def _merged(parts: Iterable[Schema]) -> Schema:
    """One schema out of those that hold together, the first before the others."""
    merged: dict[str, Json] = {}
    for part in parts:
        fields = part.get("properties")
        merged = {
            **part,
            **merged,
            "properties": {**(fields if isinstance(fields, dict) else {}), **merged.get("properties", {})},
            "required": [*_names(part), *_names(merged)],
        }
    return merged


def _parts(value: Json, schema: Json, root: Schema, followed: tuple[str, ...]) -> Iterator[Schema]:
    """The schema, and those that hold with it: its reference, all of `allOf`, and one of each set of alternatives."""
    if not isinstance(schema, dict):
        return
    yield schema
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in followed:
        yield from _parts(value, _found(reference, root), root, (*followed, reference))
    for each in _listed(schema, "allOf"):
        yield from _parts(value, each, root, followed)
    for key in ("anyOf", "oneOf"):
        if options := _listed(schema, key):
            yield from _parts(value, _chosen(value, options, root, followed), root, followed)


def _chosen(value: Json, options: list[Json], root: Schema, followed: tuple[str, ...]) -> Json:
    """The first that the value fits, else the first that has its type."""
    fitting = (option for option in options if _fits(value, option, root))
    wholes = ((option, Shape(_merged(_parts(value, option, root, followed)), root)) for option in options)
    alike = (option for option, whole in wholes if kind_of(value) in whole.kinds)
    return next(chain(fitting, alike), None)


def _fits(value: Json, schema: Json, root: Schema) -> bool:
    from jsonschema import Draft202012Validator
    from referencing import Registry

    try:
        return Draft202012Validator(root, registry=Registry()).evolve(schema=schema).is_valid(value)
    except Exception:  # of a schema that is none jsonschema raises TypeErrors and others of its own
        return False


def _found(reference: str, root: Schema) -> Json:
    """What a reference like `#/$defs/Unit` leads to; None where that is nowhere in the schema."""
    found: Json = root
    first, *steps = reference.split("/")
    for step in steps if first == "#" else ["?"]:
        name = step.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _listed(schema: Schema, key: str) -> list[Json]:
    value = schema.get(key)
    return value if isinstance(value, list) else []


def _names(schema: Schema) -> list[str]:
    return [name for name in _listed(schema, "required") if isinstance(name, str)]
