"""Schemas of other people's documents as plain JSON Schemas, each of which stands by itself."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from sftctl.core.errors import ToolsetError
from sftctl.core.types import Json, canonical_json

LARGEST = 400
"""Schemas within one tool's; beyond that, what is referred to is cut to its type. No small model reads more."""

_KEPT = (
    "type", "format", "description", "enum", "const", "default", "examples",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
)  # fmt: skip
_UNIONS = ("anyOf", "oneOf")


def inlined(schema: Mapping[str, Json], where: str) -> Mapping[str, Json]:
    """A schema with what it refers to in place of each reference, and `nullable` as a type; else it stays as it is."""
    text = canonical_json(schema)
    if '"$ref"' not in text and '"nullable": true' not in text:
        return schema
    return SchemaReader(schema, where).read(schema)


@dataclass
class SchemaReader:
    """Resolves references within one document."""

    document: Mapping[str, Json]
    where: str
    _size: int = 0
    _open: list[str] = field(default_factory=list)
    """The references that are being followed; one that comes again is a cycle."""

    def read(self, schema: Json) -> dict[str, Json]:
        """The schema of one parameter or body, by itself. Raises ToolsetError for a reference that leads nowhere."""
        self._size = 0
        return self._schema(schema)

    def follow(self, value: Json) -> Json:
        """What a reference stands for; a value that is none stands for itself."""
        seen: list[str] = []
        while isinstance(value, Mapping) and isinstance(value.get("$ref"), str):
            reference = value["$ref"]
            if reference in seen:
                raise ToolsetError(f"{self.where}: the reference '{reference}' leads to itself.")
            seen.append(reference)
            value = self._target(reference)
        return value

    def _target(self, reference: str) -> Json:
        if not reference.startswith("#"):
            raise ToolsetError(
                f"{self.where}: the reference '{reference}' leads out of the document.",
                "Bundle it into one document first.",
            )
        found: Any = self.document
        for key in reference[1:].split("/")[1:]:
            key = unquote(key).replace("~1", "/").replace("~0", "~")
            try:
                found = found[int(key)] if isinstance(found, list) else found[key]
            except (KeyError, IndexError, ValueError, TypeError):
                raise ToolsetError(f"{self.where}: the reference '{reference}' leads nowhere.") from None
        return found

    # ---- one schema

    def _schema(self, schema: Json) -> dict[str, Json]:
        self._size += 1
        if not isinstance(schema, Mapping):  # `true`, or a mistake: anything goes
            return {}
        if isinstance(schema.get("$ref"), str):
            return self._referred(schema)
        made = {key: schema[key] for key in _KEPT if schema.get(key) is not None}
        _modernise(made, schema)
        if isinstance(schema.get("required"), list):
            made["required"] = schema["required"]
        if isinstance(schema.get("properties"), Mapping):
            made |= self._object(schema["properties"], schema.get("type", "object"))
        if isinstance(extra := schema.get("additionalProperties"), Mapping) and extra:
            made["additionalProperties"] = self._schema(extra)
        elif extra is False:
            made["additionalProperties"] = False
        if isinstance(schema.get("items"), Mapping):
            made["items"] = self._schema(schema["items"])
        if isinstance(schema.get("prefixItems"), list):
            made["prefixItems"] = [self._schema(item) for item in schema["prefixItems"]]
        for union in _UNIONS:
            if options := schema.get(union):
                made |= _union(union, [self._schema(option) for option in options])
        if parts := schema.get("allOf"):
            made = merge([self._schema(part) for part in parts] + [made])
        if "required" in made and "properties" in made:
            made["required"] = [name for name in made["required"] if name in made["properties"]]
        if not made.get("required", True):
            del made["required"]
        return _nullable(made) if schema.get("nullable") is True else made

    def _referred(self, schema: Mapping[str, Json]) -> dict[str, Json]:
        reference = schema["$ref"]
        target = self._target(reference)
        if reference in self._open or self._size > LARGEST:
            return _outline(target)
        self._open.append(reference)
        made = self._schema(target)
        self._open.pop()
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return made | self._schema(beside) if beside else made

    def _object(self, properties: Mapping[str, Json], kind: Json) -> dict[str, Json]:
        """Type and properties, without those that only answers have."""
        given = {name: inner for name, inner in properties.items() if not self._is_answer_only(inner)}
        return {"type": kind, "properties": {name: self._schema(inner) for name, inner in given.items()}}

    def _is_answer_only(self, schema: Json) -> bool:
        return any(isinstance(s, Mapping) and s.get("readOnly") is True for s in (schema, self.follow(schema)))


def _modernise(made: dict[str, Json], schema: Mapping[str, Json]) -> None:
    """OpenAPI 3.0's own spellings as JSON Schema's."""
    for exclusive, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(made.get(exclusive), bool) and made.pop(exclusive) and plain in made:
            made[exclusive] = made.pop(plain)
    if "examples" in made:
        made["examples"] = examples_of(made["examples"])
    elif schema.get("example") is not None:
        made["examples"] = [schema["example"]]
    if "description" in made:
        made["description"] = first_paragraph(made["description"])
    if made.get("type") == "file":
        made |= {"type": "string", "format": "binary"}
    if "pattern" in made and not _is_pattern(made["pattern"]):
        del made["pattern"]  # another dialect's; we could not check it
    if "default" in made and "enum" in made and made["default"] not in made["enum"]:
        del made["default"]


def first_paragraph(text: Json) -> str:
    """The first paragraph of a text, on one line."""
    return " ".join(str(text or "").strip().partition("\n\n")[0].split())


def examples_of(examples: Json) -> list[Json]:
    """The values of `examples`, which may be a list or a mapping of named Example Objects."""
    if isinstance(examples, Mapping):
        named = [example for example in examples.values() if isinstance(example, Mapping)]
        return [example["value"] for example in named if "value" in example]
    return list(examples) if isinstance(examples, list) else [examples]


def merge(parts: Iterable[Mapping[str, Json]]) -> dict[str, Json]:
    """All of several schemas in one: properties and required united, the strictest enum, else the last word."""
    made: dict[str, Json] = {}
    for part in parts:
        for key, value in part.items():
            if key == "properties":
                properties = dict(made.get("properties", {}))
                for name, inner in value.items():
                    properties[name] = merge([properties[name], inner]) if name in properties else inner
                made["properties"] = properties
            elif key == "required":
                made["required"] = list(dict.fromkeys([*made.get("required", ()), *value]))
            elif key == "enum" and "enum" in made:
                made["enum"] = [option for option in made["enum"] if option in value]
            elif key != "additionalProperties" or value is not False:  # it would shut out the other parts' properties
                made[key] = value
    return made


def _union(keyword: str, options: list[dict[str, Json]]) -> dict[str, Json]:
    """A union; `X or null` as X with null among its types, as far as X is that simple."""
    kinds = [option for option in options if option.get("type") != "null"]
    if len(kinds) == 1 and len(options) > 1:
        return _nullable(kinds[0])
    if len(options) == 1:
        return options[0]
    return {keyword: options}


def _nullable(schema: dict[str, Json]) -> dict[str, Json]:
    """The schema, with null allowed."""
    made = dict(schema)
    kind = made.get("type")
    if isinstance(kind, str):
        made["type"] = [kind, "null"]
    elif isinstance(kind, list):
        made["type"] = list(dict.fromkeys([*kind, "null"]))
    for union in _UNIONS:
        if union in made:
            made[union] = [*made[union], {"type": "null"}]
    if "enum" in made and None not in made["enum"]:
        made["enum"] = [*made["enum"], None]
    return made


def _outline(schema: Json) -> dict[str, Json]:
    """Only the type and the description of a schema."""
    if not isinstance(schema, Mapping):
        return {}
    kind = schema.get("type") or ("object" if "properties" in schema or "allOf" in schema else None)
    described = {"description": first_paragraph(schema["description"])} if schema.get("description") else {}
    return ({"type": kind} if kind else {}) | described


def mended(schema: dict[str, Json]) -> dict[str, Json]:
    """The schema without the keywords that are none: published documents say `type: any`, or `minimum: "0"`."""
    from jsonschema import Draft202012Validator

    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    for _ in range(100):
        error = next(iter(meta.iter_errors(schema)), None)
        if error is None:
            break
        *way, last = error.absolute_path
        holder: Any = schema
        for step in way:
            holder = holder[step]
        if isinstance(last, int) and way:  # an entry of a list such as `required`: the list goes
            holder, last = schema, way[-1]
            for step in way[:-1]:
                holder = holder[step]
        del holder[last]
    return schema


def _is_pattern(pattern: Json) -> bool:
    try:
        re.compile(pattern)
    except (re.error, TypeError, OverflowError):
        return False
    return True
