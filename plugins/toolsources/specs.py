"""Tools from a JSON, JSONL or YAML list of specs, in any spelling that `core.tools.toolspec` knows. They do not run."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sftctl.core.datasets.catalogue import listed_tools, numbered
from sftctl.core.datasets.files import kind_of
from sftctl.core.errors import DataError, ToolsetError
from sftctl.core.tools.plain_schema import is_plain_object
from sftctl.core.tools.toolspec import SIZES, ReadTool, is_schema, object_schema, read_tool, schema_of_type
from sftctl.core.types import Json, Limits, Tool, Toolset
from sftctl.plugins.toolsources import documents
from sftctl.plugins.toolsources.names import legal
from sftctl.plugins.toolsources.schemas import inlined

_JSON = (".json", ".jsonl", ".ndjson")


def matches(text: str) -> bool:
    return documents.is_document(text) or (not documents.is_url(text) and kind_of(Path(text)) in _JSON)


def load(text: str, limits: Limits) -> Toolset:
    """The tools that a file lists: each on a line, in a list, or in what holds one (a request, an MCP answer).

    A name that OpenAI's API would refuse is changed. Raises ToolsetError with the place.
    """
    path = Path(text)
    if not path.is_file():
        raise ToolsetError(f"Toolset file {text} does not exist.", "Give the path of a document.")
    name = path.name.partition(".")[0] or path.name
    try:
        return Toolset(name, f"tools of {path.name}", tuple(_tools(_listed(path), name)))
    except DataError as error:
        raise ToolsetError(f"Toolset {error}") from None


def _listed(path: Path) -> Iterable[tuple[str, Json]]:
    if kind_of(path) in _JSON:
        return listed_tools(path)
    value = documents.parse(documents.read_text(str(path)), str(path))
    if not value or not isinstance(value, list | dict):
        raise DataError(f"{path} must be a list of tools, with at least one entry.", "Or hold one under 'tools'.")
    return numbered(value, str(path))


def _tools(listed: Iterable[tuple[str, Json]], domain: str) -> Iterator[Tool]:
    taken: dict[str, tuple[str, str]] = {}
    for place, spec in listed:
        try:
            found = read_tool(spec)
            parameters = _schema_of(found, f"Toolset {place}: tool '{found.name}'")
        except DataError as error:
            raise DataError(f"{place}: {error}.") from None
        name = legal(found.name)
        if not name:
            raise DataError(f"{place}: the name '{found.name}' has no letter from A to Z, as OpenAI's API wants it.")
        if name in taken:
            other, there = taken[name]
            both = f"'{name}'" if found.name == other else f"'{name}', as OpenAI's API would have '{other}'"
            raise DataError(f"{place}: there are two tools named {both}, the first at {there}.", "Rename one.")
        taken[name] = found.name, place
        spelled = found.name if found.name != name else ""
        yield Tool(name, found.description, parameters, domain=domain, spelled=spelled)


def _schema_of(tool: ReadTool, where: str) -> dict[str, Json]:
    """The schema of a tool's parameters, with JSON Schema's names of types. Raises ToolsetError and DataError."""
    schema = tool.parameters
    if not is_schema(schema) or _has_other_types(schema) or (tool.required and "required" not in schema):
        schema = object_schema(schema, tool.required)
    return checked_parameters(schema, where)


def _has_other_types(schema: Mapping[str, Json]) -> bool:
    """Whether all that is wrong with a schema is that it has types in other words, or sizes as text."""
    from jsonschema import Draft202012Validator

    if is_plain_object(schema):
        return False
    found = False
    for error in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema):
        keyword, word = (error.absolute_path or ("",))[-1], str(error.instance)
        is_type = keyword == "type" and (schema_of_type(word) or word.lower() == "any")
        if not is_type and not (keyword in SIZES and word.isdecimal()):
            return False  # `checked_parameters` says what is wrong
        found = True
    return found


def checked_parameters(schema: Json, where: str) -> dict[str, Json]:
    """A schema of parameters as it should be: an object's, with `properties`. Raises ToolsetError."""
    from jsonschema import Draft202012Validator, SchemaError

    try:
        if not is_plain_object(schema):
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
