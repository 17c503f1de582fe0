"""Tools from a JSON or YAML list of specs, in OpenAI's, Anthropic's or MCP's spelling. They do not run."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from sftctl.core.errors import ToolsetError
from sftctl.core.types import Json, Limits, Tool, Toolset
from sftctl.plugins.toolsources import documents
from sftctl.plugins.toolsources.schemas import inlined

_SCHEMAS = ("parameters", "input_schema", "inputSchema")
"""What OpenAI, Anthropic and MCP call a tool's schema."""


def matches(text: str) -> bool:
    return documents.is_document(text)


def load(text: str, limits: Limits) -> Toolset:
    """The tools of a list, or of a mapping that holds one under `tools`."""
    rows = documents.parse(documents.read_text(text), text)
    if isinstance(rows, dict) and "tools" in rows:
        rows = rows["tools"]
    if not isinstance(rows, list) or not rows:
        raise ToolsetError(
            f"Toolset {text} must be a list of tools, with at least one entry.",
            'Or a mapping {"tools": [...]}, or an OpenAPI document.',
        )
    path = Path(text)
    return Toolset(path.stem, f"tools of {path.name}", tuple(tools_from_specs(rows, text, path.stem)))


def tools_from_specs(rows: Iterable[Json], where: str, domain: str) -> Iterable[Tool]:
    """Each entry as a Tool. Raises ToolsetError naming the entry."""
    for index, row in enumerate(rows):
        function = row.get("function", row) if isinstance(row, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(function.get("name"), str) or not function["name"]:
            raise ToolsetError(f"Toolset {where}: entry {index} is no tool.", "It needs a 'name', as OpenAI has it.")
        name = function["name"]
        found: Json = next((function[key] for key in _SCHEMAS if function.get(key) is not None), {})
        parameters = checked_parameters(found, f"Toolset {where}: tool '{name}'")
        yield Tool(name, function.get("description") or "", parameters, domain=domain)


def checked_parameters(schema: Json, where: str) -> dict[str, Json]:
    """A schema of parameters as it should be: an object's, with `properties`. Raises ToolsetError."""
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        types = "JSON Schema's types are string, number, integer, boolean, array, object and null."
        raise ToolsetError(
            f"{where} has a bad schema: {error.message}.", types if "type" in error.path else ""
        ) from None
    if not isinstance(schema, Mapping) or schema.get("type", "object") != "object":
        raise ToolsetError(f"The parameters of {where[0].lower()}{where[1:]} are not of type object.")
    parameters = {"type": "object", "properties": {}, **inlined(schema, where)}
    for name in parameters.get("required", ()):
        if name not in parameters["properties"]:
            raise ToolsetError(
                f"{where} requires '{name}', which is none of its properties.", "Describe it, or let it go."
            )
    return parameters
