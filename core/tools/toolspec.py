"""Tools as other people's data spell them → OpenAI's spelling, with parameters in proper JSON Schema.

Known are OpenAI's own, bare functions, Anthropic's `input_schema`, MCP's `inputSchema`, and parameter lists
without a schema around them (`{"city": {"type": "str, optional", "description": …}}`), as in xLAM or Seal-Tools.
"""

import re
from collections.abc import Mapping
from typing import cast

from sftctl.core.errors import DataError
from sftctl.core.types import Json

NAMES = ("name", "api_name", "api")
DESCRIPTIONS = ("description", "api_description")
PARAMETERS = ("parameters", "input_schema", "inputSchema")

TYPES = {
    "str": "string",
    "string": "string",
    "text": "string",
    "int": "integer",
    "integer": "integer",
    "long": "integer",
    "float": "number",
    "number": "number",
    "double": "number",
    "bool": "boolean",
    "boolean": "boolean",
    "dict": "object",
    "object": "object",
    "list": "array",
    "array": "array",
    "tuple": "array",
    "set": "array",
    "none": "null",
    "null": "null",
}
"""JSON Schema's word for a type's many names; an unknown name is no constraint."""


def spec_of(tool: Json) -> dict[str, Json]:
    """A tool in any known spelling, as an entry of OpenAI's `tools`. Raises DataError."""
    if not isinstance(tool, Mapping):
        raise DataError(f"a tool must be an object, not {type(tool).__name__}")
    inner = tool.get("function")
    function = inner if isinstance(inner, Mapping) else tool
    name = _first(function, NAMES)
    if not isinstance(name, str) or not name:
        raise DataError(f"a tool has no name (it has {', '.join(map(str, function)) or 'nothing'})")
    parameters = _first(function, PARAMETERS) or {}
    if not isinstance(parameters, Mapping):
        raise DataError(f"the parameters of tool '{name}' are no object")
    required = function.get("required")
    spec: dict[str, Json] = {"name": name}
    if description := _first(function, DESCRIPTIONS):
        spec["description"] = str(description)
    spec["parameters"] = object_schema(parameters, required if isinstance(required, list) else None)
    if function.get("strict") is not None:
        spec["strict"] = function["strict"]
    return {"type": "function", "function": spec}


def _first(mapping: Mapping[str, Json], keys: tuple[str, ...]) -> Json:
    return next((mapping[key] for key in keys if mapping.get(key) is not None), None)


def object_schema(parameters: Mapping[str, Json], required: list[Json] | None = None) -> dict[str, Json]:
    """The JSON Schema of a tool's parameters, given as one or as a mapping from name to description.

    In such a mapping a parameter is required unless its type says `optional` or it has a default; a list
    `required` that stands beside it decides instead.
    """
    if _is_schema(parameters):
        schema = _schema(parameters)
        schema = {"type": "object", **schema, "properties": schema.get("properties", {})}
        return schema if "required" in schema or not required else schema | {"required": required}
    described = {name: value for name, value in parameters.items() if value is not None}
    named = [name for name, value in described.items() if _is_required(value)]
    chosen = named if required is None else [name for name in required if name in described]
    schema = {"type": "object", "properties": {name: _property(value) for name, value in described.items()}}
    return schema | ({"required": chosen} if chosen else {})


def _is_schema(parameters: Mapping[str, Json]) -> bool:
    """Whether it is a schema; `type` and `properties` may also be names of parameters."""
    properties = parameters.get("properties")
    return (
        isinstance(parameters.get("type"), str)
        or (isinstance(properties, Mapping) and all(isinstance(p, Mapping | None) for p in properties.values()))
        or any(isinstance(parameters.get(key), list) for key in ("anyOf", "oneOf", "allOf", "required"))
    )


def _is_required(described: Json) -> bool:
    if isinstance(described, Mapping):
        return "default" not in described and "optional" not in str(described.get("type", "")).lower()
    return "optional" not in str(described).lower()


def _property(described: Json) -> dict[str, Json]:
    """The schema of one parameter of a mapping: `{"type": "List[int]", "description": …}` or a type alone."""
    if not isinstance(described, Mapping):
        return schema_of_type(str(described))
    rest = {key: value for key, value in described.items() if key != "type" and value is not None}
    if isinstance(choices := rest.pop("choices", None), list):
        rest["enum"] = choices
    if (example := rest.pop("example", None)) is not None:
        rest.setdefault("examples", [example])
    written = described.get("type")
    typed = schema_of_type(written) if isinstance(written, str) else {"type": written} if written else {}
    return typed | _schema(rest)


def _schema(schema: Mapping[str, Json]) -> dict[str, Json]:
    """A schema with JSON Schema's names of types, and without the nulls that Arrow fills in."""
    cleaned: dict[str, Json] = {}
    for key, value in schema.items():
        if value is None:
            continue
        if key == "type" and isinstance(value, str):
            cleaned = schema_of_type(value) | cleaned
        elif key in ("properties", "$defs", "definitions") and isinstance(value, Mapping):
            cleaned[key] = {name: _schema(inner) for name, inner in value.items() if isinstance(inner, Mapping)}
        elif key in ("items", "additionalProperties", "not") and isinstance(value, Mapping):
            cleaned[key] = _schema(value)
        elif key in ("anyOf", "oneOf", "allOf", "prefixItems") and isinstance(value, list):
            cleaned[key] = [_schema(inner) if isinstance(inner, Mapping) else inner for inner in value]
        else:
            cleaned[key] = value
    return cleaned


# ---------------------------------------------------------------- types by their names


def schema_of_type(text: str) -> dict[str, Json]:
    """The schema of a type in Python's or anybody's words, e.g. `List[Dict[str, int]], optional`."""
    if text in TYPES:  # nearly always
        return {"type": TYPES[text]}
    text = re.sub(r",?\s*\(?\boptional\b\)?\s*(?=$|,)", "", text.strip(), flags=re.IGNORECASE).strip(" ,")
    outer, bracket, inner = text.partition("[")
    word = outer.strip().rpartition(".")[2].lower()
    if bracket and inner.endswith("]"):
        return _generic(word, _arguments(inner[:-1]))
    if " or " in text or "|" in text:
        return _any_of(re.split(r"\s+or\s+|\|", text))
    return {"type": TYPES[word]} if word in TYPES else {}


def _generic(word: str, arguments: list[str]) -> dict[str, Json]:
    if word == "optional":
        return _any_of([*arguments, "null"])
    if word == "union":
        return _any_of(arguments)
    if word == "literal":
        return {"enum": [_literal(argument) for argument in arguments]}
    if word in ("tuple",) and "..." not in arguments:
        items = [schema_of_type(argument) for argument in arguments]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    if TYPES.get(word) == "array" or word in ("sequence", "iterable"):
        items_of = schema_of_type(arguments[0])
        return {"type": "array"} | ({"items": items_of} if items_of else {})
    return {"type": TYPES[word]} if word in TYPES else {}


def _any_of(words: list[str]) -> dict[str, Json]:
    schemas = [schema_of_type(word) for word in words]
    if {} in schemas:
        return {}
    if all(set(schema) == {"type"} for schema in schemas):
        types = list(dict.fromkeys(schema["type"] for schema in schemas))
        return {"type": types if len(types) > 1 else types[0]}
    return {"anyOf": schemas}


def _arguments(text: str) -> list[str]:
    """What stands between brackets, split at the commas that are in no inner brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "[(") - (character in "])")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _literal(text: str) -> Json:
    quoted = re.fullmatch(r"(['\"])(.*)\1", text)
    if quoted:
        return quoted[2]
    return int(text) if re.fullmatch(r"-?\d+", text) else text


# ---------------------------------------------------------------- arguments


def without_filled_nulls(value: Json, schema: Json) -> Json:
    """A value without the object keys that are null although the schema does not know them or allows no null.

    Arrow gives each struct the keys of all rows, filled with null. A null that the schema allows is kept, and so
    is everything that no schema speaks of.
    """
    if not isinstance(schema, Mapping):
        return value
    if isinstance(value, list):
        return [without_filled_nulls(item, schema.get("items")) for item in value]
    if not isinstance(value, dict):
        return value
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return value
    open_ended = schema.get("additionalProperties")
    return {
        key: without_filled_nulls(item, properties.get(key))
        for key, item in value.items()
        if item is not None or (allows_null(properties[key]) if key in properties else isinstance(open_ended, Mapping))
    }


def allows_null(schema: Json) -> bool:
    """Whether a schema says that null is a value; one that says nothing of types or values does not."""
    if not isinstance(schema, Mapping):
        return False
    kinds = schema.get("type")
    options = [*cast(list[Json], schema.get("anyOf") or []), *cast(list[Json], schema.get("oneOf") or [])]
    return (
        schema.get("nullable") is True
        or kinds == "null"
        or (isinstance(kinds, list) and "null" in kinds)
        or None in (schema.get("enum") or ())
        or any(allows_null(option) for option in options)
    )
