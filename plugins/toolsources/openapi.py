"""Tools from an OpenAPI 3 document (or a Swagger 2 one): each operation is a tool."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from sftctl.core.errors import ToolsetError
from sftctl.core.types import Json, Limits, Tool, Toolset
from sftctl.plugins.toolsources import documents
from sftctl.plugins.toolsources.names import LONGEST_NAME, legal
from sftctl.plugins.toolsources.openapi_call import Operation, Place, caller
from sftctl.plugins.toolsources.schemas import SchemaReader, examples_of, first_paragraph, mended
from sftctl.plugins.toolsources.swagger import modern

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
LONGEST_DESCRIPTION = 1024
"""OpenAI's limit on a function's description."""

_MARK = re.compile(r"""(?:^|[{,])\s*["']?(?:openapi|swagger)["']?\s*:\s*["']?[23]""", re.MULTILINE)
_OF_THE_CLIENT = ("accept", "content-type", "authorization")
"""Header parameters that OpenAPI says to ignore."""


def matches(text: str) -> bool:
    """Whether it is a URL, or a file that says that it is OpenAPI."""
    if documents.is_url(text):
        return True
    return documents.is_document(text) and Path(text).is_file() and bool(_MARK.search(documents.read_text(text)))


def load(text: str, limits: Limits) -> Toolset:
    """The operations of a document; they run where it says, or where it comes from, and only with network."""
    document = documents.parse(documents.read_text(text), text)
    if not isinstance(document, Mapping) or not (str(document.get("openapi", "")) + str(document.get("swagger", ""))):
        hint = "It must have 'openapi' or 'swagger' at its top. A list of tools is read from a file: save it in one."
        raise ToolsetError(f"{text} is no OpenAPI document.", hint)
    name = legal(Path(text).stem) or "operation"
    try:
        document = modern(document)
        tools = tuple(_tools(document, text, name, _base_url(document, text), limits))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:  # a list where a mapping belongs
        raise ToolsetError(f"The OpenAPI document {text} is not well formed: {error}.") from error
    if not tools:
        raise ToolsetError(f"The OpenAPI document {text} has no operations.", "Its 'paths' are empty.")
    info = document.get("info")
    title = info.get("title") if isinstance(info, Mapping) else None
    return Toolset(name, str(title or f"operations of {text}"), tools)


def _base_url(document: Mapping[str, Json], text: str) -> str:
    """Where the service is: the first server, seen from where the document is; empty where neither says."""
    servers = document.get("servers") or [{}]
    url = str(servers[0].get("url") or "/")
    for variable, described in (servers[0].get("variables") or {}).items():
        url = url.replace("{" + variable + "}", str(described.get("default", "")))
    if documents.is_url(text):
        url = urljoin(text, url)
    return url.rstrip("/") if documents.is_url(url) else ""


def _tools(document: Mapping[str, Json], where: str, domain: str, base: str, limits: Limits) -> Iterator[Tool]:
    reader = SchemaReader(document, f"Toolset {where}")
    taken: set[str] = set()
    for path, item in (document.get("paths") or {}).items():
        item = reader.follow(item)
        for method in METHODS:
            if isinstance(item, Mapping) and isinstance(item.get(method), Mapping):
                described = item[method]
                name = _unique(legal(str(described.get("operationId") or f"{method}_{path}")) or "operation", taken)
                schema, places, media = _parameters(item, described, reader)
                operation = Operation(method, path, places, media)
                yield Tool(
                    name,
                    _description(described, method, path),
                    schema,
                    run=caller(base, operation, limits) if base else None,
                    domain=domain,
                    live=True,
                )


# ---------------------------------------------------------------- names and descriptions


def _unique(name: str, taken: set[str]) -> str:
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name[: LONGEST_NAME - len(str(number)) - 1]}_{number}"
    taken.add(found)
    return found


def _description(described: Mapping[str, Json], method: str, path: str) -> str:
    """Summary and first paragraph of the description."""
    summary = " ".join(str(described.get("summary") or "").split())
    paragraph = first_paragraph(described.get("description"))
    if summary and paragraph and not paragraph.startswith(summary):
        paragraph = f"{summary.rstrip('.')}. {paragraph}"
    return (paragraph or summary or f"{method.upper()} {path}")[:LONGEST_DESCRIPTION]


# ---------------------------------------------------------------- parameters and body in one schema


def _parameters(
    item: Mapping[str, Json], described: Mapping[str, Json], reader: SchemaReader
) -> tuple[dict[str, Json], dict[str, Place], str]:
    """One schema for all that an operation takes, where each part of it goes, and the body's media type."""
    properties: dict[str, Json] = {}
    required: list[str] = []
    places: dict[str, Place] = {}

    def add(name: str, schema: dict[str, Json], needed: bool, place: Place) -> None:
        own = name if name not in properties else _unique(f"{place.kind}_{name}", set(properties))
        properties[own], places[own] = schema, place
        if needed:
            required.append(own)

    for parameter in _declared(item, described, reader):
        schema = _parameter_schema(parameter, reader)
        needed = parameter["in"] == "path" or parameter.get("required") is True
        style, explode = str(parameter.get("style") or ""), parameter.get("explode")
        add(parameter["name"], schema, needed, Place(parameter["in"], parameter["name"], style, explode))
    media, body, needed = _body(described, reader)
    if body is not None:
        if body.get("properties") and "anyOf" not in body and "oneOf" not in body:
            for name, schema in body["properties"].items():
                add(name, schema, needed and name in body.get("required", ()), Place("body", name))
        else:
            add("body", body, needed, Place("body", ""))
    schema = mended({"type": "object", "properties": properties, "required": required})
    return schema, places, media


def _declared(
    item: Mapping[str, Json], described: Mapping[str, Json], reader: SchemaReader
) -> Iterator[Mapping[str, Json]]:
    """Path, query and header parameters; the operation's own in place of its path's."""
    found: dict[tuple[str, str], Mapping[str, Json]] = {}
    for parameter in [*(item.get("parameters") or ()), *(described.get("parameters") or ())]:
        parameter = reader.follow(parameter)
        if isinstance(parameter, Mapping) and isinstance(parameter.get("name"), str):
            found[str(parameter.get("in")), parameter["name"]] = parameter
    for (kind, name), parameter in found.items():
        if kind in ("path", "query") or (kind == "header" and name.lower() not in _OF_THE_CLIENT):
            yield parameter


def _parameter_schema(parameter: Mapping[str, Json], reader: SchemaReader) -> dict[str, Json]:
    content = parameter.get("content")
    inner: Any = parameter.get("schema")
    if inner is None and isinstance(content, Mapping) and content:
        inner = next(iter(content.values())).get("schema")
    schema = reader.read(inner or {})
    if parameter.get("description"):
        schema["description"] = first_paragraph(parameter["description"])
    if parameter.get("examples"):
        schema["examples"] = examples_of(parameter["examples"])
    elif parameter.get("example") is not None:
        schema["examples"] = [parameter["example"]]
    return schema


def _body(described: Mapping[str, Json], reader: SchemaReader) -> tuple[str, dict[str, Json] | None, bool]:
    """Media type, schema and need of the request's body. Only `required: false` makes it optional: many forget it."""
    request = reader.follow(described.get("requestBody"))
    content = request.get("content") if isinstance(request, Mapping) else None
    if not isinstance(request, Mapping) or not isinstance(content, Mapping) or not content:
        return "", None, False

    def rank(media: str) -> int:
        kinds = ("json", "x-www-form-urlencoded", "form-data")
        return next((i for i, kind in enumerate(kinds) if kind in media), len(kinds))

    media = min(content, key=rank)
    schema = reader.read((content[media] or {}).get("schema") or {})
    if request.get("description") and not schema.get("description"):
        schema["description"] = first_paragraph(request["description"])
    return media, schema, request.get("required") is not False
