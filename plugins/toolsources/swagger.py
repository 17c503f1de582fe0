"""Swagger 2 documents in OpenAPI 3's shape, as far as tools need it."""

from collections.abc import Mapping

from sftctl.core.types import Json

_SCHEMA = ("type", "format", "items", "enum", "default", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
           "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "multipleOf")  # fmt: skip


def modern(document: Mapping[str, Json]) -> Mapping[str, Json]:
    """The document; one of Swagger 2 with servers, parameter schemas and request bodies. References stay valid."""
    if not str(document.get("swagger", "")).startswith("2"):
        return document
    schemes = document.get("schemes") or ["https"]
    scheme = "https" if "https" in schemes else schemes[0]
    base = document.get("basePath") or "/"
    url = f"{scheme}://{document['host']}{base}" if document.get("host") else base
    shared = document.get("parameters") or {}
    consumes = document.get("consumes") or ["application/json"]
    paths = {path: _item(item, shared, consumes) for path, item in (document.get("paths") or {}).items()}
    return {**document, "servers": [{"url": url}], "paths": paths}


def _item(item: Json, shared: Mapping[str, Json], consumes: list[str]) -> Json:
    if not isinstance(item, Mapping):
        return item
    common = [_named(parameter, shared) for parameter in item.get("parameters") or ()]
    made: dict[str, Json] = {}
    for method, operation in item.items():
        if isinstance(operation, Mapping):
            own = [_named(parameter, shared) for parameter in operation.get("parameters") or ()]
            made[method] = _operation(operation, common + own, operation.get("consumes") or consumes)
    return made


def _named(parameter: Json, shared: Mapping[str, Json]) -> Mapping[str, Json]:
    """A parameter, looked up where it is only referred to."""
    if isinstance(parameter, Mapping) and "$ref" in parameter:
        parameter = shared.get(str(parameter["$ref"]).rpartition("/")[2])
    return parameter if isinstance(parameter, Mapping) else {}


def _operation(operation: Mapping[str, Json], declared: list[Mapping[str, Json]], consumes: list[str]) -> Json:
    parameters: list[Json] = []
    form: dict[str, Json] = {}
    needed: list[str] = []
    made = dict(operation)
    for parameter in declared:
        schema = {key: parameter[key] for key in _SCHEMA if key in parameter}
        if parameter.get("in") == "body":
            body = {"schema": parameter.get("schema") or {}}
            required = parameter.get("required") is True
            made["requestBody"] = {"content": {"application/json": body}, "required": required}
        elif parameter.get("in") == "formData":
            form[parameter["name"]] = schema | {"description": parameter.get("description", "")}
            needed += [parameter["name"]] if parameter.get("required") is True else []
        elif parameter:
            joined = parameter.get("collectionFormat", "csv") != "multi"
            parameters.append({**parameter, "schema": schema, "explode": not joined})
    if form:
        media = next((kind for kind in consumes if "form" in kind), "application/x-www-form-urlencoded")
        schema = {"type": "object", "properties": form, "required": needed}
        made["requestBody"] = {"content": {media: {"schema": schema}}, "required": True}
    return {**made, "parameters": parameters}
