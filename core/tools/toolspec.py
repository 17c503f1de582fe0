"""Tools as other people's data spell them → OpenAI's spelling, with parameters in proper JSON Schema.

Known are OpenAI's own, bare functions, Anthropic's `input_schema`, MCP's `inputSchema`, Gemini's, Bedrock's `toolSpec`,
Cohere's `parameter_definitions`, schemas with a `title`, and parameters without a schema around them, as in xLAM or
Seal-Tools (`{"city": {"type": "str, optional", "description": …}}`), or in a list.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from sftctl.core.errors import DataError
from sftctl.core.tools.plain_schema import fits, is_plain
from sftctl.core.types import Json, kind

NAMES = ("name", "api_name", "api")
DESCRIPTIONS = ("description", "api_description")
PARAMETERS = (
    "parameters", "input_schema", "inputSchema", "parametersJsonSchema", "parameters_json_schema",
    "parameter_definitions", "args",
)  # fmt: skip
DECLARATIONS = ("functionDeclarations", "function_declarations")
"""What holds several functions as one entry of Gemini's `tools`."""
HOLDERS = ("tools", "functions", *DECLARATIONS, "result", "toolConfig", "tool_config")
"""What holds the tools of a file: of a request, of what an MCP server answers to `tools/list`, of Bedrock."""
CONVERSATIONS = ("messages", "conversations", "contents", "query", "prompt")
"""Columns by which a row of a data set is told from a tool."""

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


@dataclass(frozen=True)
class ReadTool:
    """What a tool in any spelling says of itself."""

    name: str
    description: str
    parameters: Mapping[str, Json]
    """A schema, or a mapping from each parameter to its description."""
    required: list[Json] | None
    """What stands beside such a mapping."""
    strict: Json


def tools_in(value: Json) -> Iterator[Json]:
    """The tools of a list, of what holds one (see `HOLDERS`), of a mapping from names to tools; else the value itself.

    Raises DataError for a document of which it is known that it holds no tools, or not all.
    """
    if isinstance(value, list):
        for entry in value:
            declared = _first(entry, DECLARATIONS) if isinstance(entry, Mapping) else None
            yield from declared if isinstance(declared, list) else [entry]
    elif not isinstance(value, Mapping) or _says_parameters(value):
        yield value
    elif value.get("nextCursor"):
        raise DataError(
            "this is one page of a list of tools (it has 'nextCursor'); put the tools of all pages together"
        )
    elif isinstance(value.get("mcpServers"), Mapping):
        raise DataError("this says how MCP servers are begun; name one by its command: --toolset 'mcp:COMMAND'")
    elif isinstance(held := _first(value, HOLDERS), list | Mapping):
        yield from tools_in(held)
    elif value and all(isinstance(tool, Mapping) and _says_parameters(tool) for tool in value.values()):
        yield from ({"name": name, **cast(Mapping[str, Json], tool)} for name, tool in value.items())
    else:
        yield value


def _says_parameters(tool: Mapping[str, Json]) -> bool:
    return any(isinstance(tool.get(key), Mapping) for key in ("function", "toolSpec", *PARAMETERS))


_DATED = re.compile(r"_\d{8}$")
"""The end of the types of Anthropic's own tools: `bash_20250124`."""
_GOOGLES = {"googleSearch", "google_search", "codeExecution", "code_execution", "urlContext", "url_context"}


def spec_of(tool: Json) -> dict[str, Json]:
    """A tool in any known spelling, as an entry of OpenAI's `tools`. Raises DataError."""
    found = read_tool(tool)
    spec: dict[str, Json] = {"name": found.name}
    if found.description:
        spec["description"] = found.description
    spec["parameters"] = object_schema(found.parameters, found.required)
    if found.strict is not None:
        spec["strict"] = found.strict
    return {"type": "function", "function": spec}


def read_tool(tool: Json) -> ReadTool:
    """A tool in any known spelling, taken apart. Raises DataError saying what it is instead."""
    if not isinstance(tool, Mapping):
        raise DataError(f"a tool must be an object, not {kind(tool)}")
    inner = next((tool[key] for key in ("function", "toolSpec") if isinstance(tool.get(key), Mapping)), tool)
    function = _titled(cast(Mapping[str, Json], inner))
    name, parameters = _first(function, NAMES), _first(function, PARAMETERS)
    _check_is_function(tool, parameters)
    if not isinstance(name, str) or not name:
        raise DataError(f"a tool has no name (it has {', '.join(map(str, function)) or 'nothing'})")
    if isinstance(parameters, list):
        parameters = _by_name(parameters, name)
    parameters = parameters or {}
    if not isinstance(parameters, Mapping):
        raise DataError(f"the parameters of tool '{name}' are no object")
    if "inputSchema" in function and set(parameters) == {"json"}:  # Bedrock's
        parameters = cast(Mapping[str, Json], parameters["json"])
    required = function.get("required")
    description = str(_first(function, DESCRIPTIONS) or "")
    beside = required if isinstance(required, list) else None
    return ReadTool(name, description, parameters, beside, function.get("strict"))


def _titled(function: Mapping[str, Json]) -> Mapping[str, Json]:
    """The function; one of a schema alone, whose title is its name, as pydantic writes the schema of a class."""
    if "title" not in function or not isinstance(function.get("properties"), Mapping):
        return function
    parameters = {key: value for key, value in function.items() if key not in ("title", "description")}
    return {"name": function["title"], "description": function.get("description"), "parameters": parameters}


def _check_is_function(tool: Mapping[str, Json], parameters: Json) -> None:
    """Raises DataError for a tool that its provider runs, and for what is none."""
    if parameters is None and tool.get("type") == "custom":
        raise DataError("a 'custom' tool takes text and no arguments; describe it as a function with parameters")
    if own := _providers_own(tool, parameters):
        raise DataError(f"'{own}' is a tool that its provider runs; leave it out, or describe it as a function")
    if rows := [name for name in CONVERSATIONS if name in tool and "name" not in tool]:
        raise DataError(f"this is no tool but a row of a data set (it has '{rows[0]}'); name its file by `dataset:`")


def _providers_own(tool: Mapping[str, Json], parameters: Json) -> str:
    """What its provider calls a tool that it runs itself; empty for any other."""
    if len(tool) == 1 and tool.keys() <= _GOOGLES:
        return next(iter(tool))
    written = tool.get("type")
    if parameters is not None or not isinstance(written, str):
        return ""
    is_nameless = written not in ("function", "object") and not _first(tool, NAMES)
    return written if is_nameless or _DATED.search(written) else ""


def _by_name(parameters: list[Json], tool: str) -> dict[str, Json]:
    """Parameters in a list, each with its name, as a mapping."""
    made: dict[str, Json] = {}
    for number, parameter in enumerate(parameters, 1):
        if not isinstance(parameter, Mapping) or not isinstance(parameter.get("name"), str):
            raise DataError(f"parameter {number} of tool '{tool}' has no name")
        made[parameter["name"]] = {key: value for key, value in parameter.items() if key != "name"}
    return made


def _first(mapping: Mapping[str, Json], keys: tuple[str, ...]) -> Json:
    return next((mapping[key] for key in keys if mapping.get(key) is not None), None)


def object_schema(parameters: Mapping[str, Json], required: list[Json] | None = None) -> dict[str, Json]:
    """The JSON Schema of a tool's parameters, given as one or as a mapping from name to description.

    In such a mapping a parameter is required unless its type says `optional` or it has a default; a list
    `required` that stands beside it decides instead.
    """
    if is_schema(parameters):
        schema = _schema(parameters)
        schema = {"type": "object", **schema, "properties": schema.get("properties", {})}
        return schema if "required" in schema or not required else schema | {"required": required}
    described = {name: value for name, value in parameters.items() if value is not None}
    named = [name for name, value in described.items() if _is_required(value)]
    chosen = named if required is None else [name for name in required if name in described]
    schema = {"type": "object", "properties": {name: _property(value) for name, value in described.items()}}
    return schema | ({"required": chosen} if chosen else {})


def is_schema(parameters: Mapping[str, Json]) -> bool:
    """Whether it is a schema; `type` and `properties` may also be names of parameters."""
    properties = parameters.get("properties")
    return (
        isinstance(parameters.get("type"), str)
        or (isinstance(properties, Mapping) and all(isinstance(p, Mapping | None) for p in properties.values()))
        or any(isinstance(parameters.get(key), list) for key in ("anyOf", "oneOf", "allOf", "required"))
    )


def _is_required(described: Json) -> bool:
    if isinstance(described, Mapping):
        if isinstance(described.get("required"), bool):
            return described["required"] is True
        return "default" not in described and "optional" not in str(described.get("type", "")).lower()
    return "optional" not in str(described).lower()


def _property(described: Json) -> dict[str, Json]:
    """The schema of one parameter of a mapping: `{"type": "List[int]", "description": …}` or a type alone.

    A default that is none of its type, as `""` for "none", is left out.
    """
    if isinstance(described, str):
        return schema_of_type(described)
    if not isinstance(described, Mapping):
        raise DataError(f"a parameter must be described by an object or the name of its type, not by {described!r}")
    rest = {key: value for key, value in described.items() if key not in ("type", "required") and value is not None}
    if isinstance(described.get("required"), list):  # an object's own
        rest["required"] = described["required"]
    if isinstance(choices := rest.pop("choices", None), list):
        rest["enum"] = choices
    if (example := rest.pop("example", None)) is not None:
        rest.setdefault("examples", [example])
    if not isinstance(rest.get("examples", []), list):
        rest["examples"] = [rest["examples"]]
    written = described.get("type")
    typed = schema_of_type(written) if isinstance(written, str) else {"type": written} if written else {}
    if "default" in rest and is_plain(typed) and not fits(typed, rest["default"]):
        _mend_default(rest, typed)
    return typed | _schema(rest)


def _mend_default(rest: dict[str, Json], typed: Mapping[str, Json]) -> None:
    """A default that is written as text (`"10"`, `"True"`) as the value that it is; else none."""
    written = rest.pop("default")
    try:
        value = json.loads(written.lower()) if isinstance(written, str) else None
    except ValueError:
        return
    if fits(typed, value):
        rest["default"] = value


SIZES = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")


def _schema(schema: Mapping[str, Json]) -> dict[str, Json]:
    """A schema with JSON Schema's names of types, and without the nulls that Arrow fills in."""
    cleaned: dict[str, Json] = {}
    for key, value in schema.items():
        if value is None:
            continue
        if key == "type" and isinstance(value, str):
            cleaned = schema_of_type(value) | cleaned
        elif key in ("properties", "$defs", "definitions") and isinstance(value, Mapping):
            cleaned[key] = {name: _inner_schema(inner) for name, inner in value.items() if inner is not None}
        elif key in ("items", "additionalProperties", "not") and isinstance(value, Mapping):
            cleaned[key] = _schema(value)
        elif key in ("anyOf", "oneOf", "allOf", "prefixItems") and isinstance(value, list):
            cleaned[key] = [_schema(inner) if isinstance(inner, Mapping) else inner for inner in value]
        elif key in SIZES and isinstance(value, str) and value.isdecimal():  # Google writes its integers so
            cleaned[key] = int(value)
        else:
            cleaned[key] = value
    if cleaned.get("nullable") is True and isinstance(kind := cleaned.get("type"), str):
        del cleaned["nullable"]
        cleaned["type"] = [kind, "null"]
        if isinstance(cleaned.get("enum"), list) and None not in cleaned["enum"]:
            cleaned["enum"] = [*cleaned["enum"], None]
    return cleaned


def _inner_schema(described: Json) -> dict[str, Json]:
    """The schema of a property, which may be `true` or the name of its type. Raises DataError for anything else."""
    if isinstance(described, bool):
        return {} if described else {"not": {}}
    return _schema(described) if isinstance(described, Mapping) else _property(described)


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
