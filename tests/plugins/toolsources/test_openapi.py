"""Tools out of OpenAPI documents, awkward ones among them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sftctl.core.errors import ToolsetError
from sftctl.core.types import Limits, Tool, Toolset
from sftctl.plugins.toolcall.synthesis import synthesize
from sftctl.plugins.toolsources.openapi import load, matches

STRING, INTEGER, OR_NULL = {"type": "string"}, {"type": "integer"}, {"type": ["string", "null"]}
WORD = "#/components/schemas/Word~1s"
Read = Callable[..., dict[str, Tool]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """The tools of a document with these paths and components, by name."""

    def read(paths: dict[str, Any], version: str = "3.1.0", **more: Any) -> dict[str, Tool]:
        path = tmp_path / "api.json"
        path.write_text(json.dumps({"openapi": version, "info": {"title": "A"}, "paths": paths} | more))
        assert matches(str(path))
        tools = {tool.name: tool for tool in load(str(path), Limits()).tools}
        for tool in tools.values():
            Draft202012Validator.check_schema(tool.parameters)
            assert "$ref" not in json.dumps(tool.parameters)
        return tools

    return read


def body(schema: dict[str, Any], media: str = "application/json", **more: Any) -> dict[str, Any]:
    return {"post": {"operationId": "f", "requestBody": {"content": {media: {"schema": schema}}, **more}}}


def test_all_that_an_operation_takes_is_one_schema(read: Read) -> None:
    operation = {
        "operationId": "update_pet",
        "summary": "Update a pet.",
        "description": "It must exist.\n\nSee the manual.",
        "parameters": [
            {"name": "verbose", "in": "query", "schema": {"type": "boolean"}, "description": "Say\nmore."},
            {"name": "id", "in": "path", "schema": INTEGER},
            {"name": "X-Tenant", "in": "header", "required": True, "schema": STRING, "example": "acme"},
            {"name": "session", "in": "cookie", "required": True, "schema": STRING},
            {"name": "Authorization", "in": "header", "required": True, "schema": STRING},
            {"name": "filter", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}},
        ],
        "requestBody": {"$ref": "#/components/requestBodies/Pet"},
    }
    shared = {"name": "verbose", "in": "query", "required": True, "schema": STRING}
    pet = {"type": "object", "required": ["name", "id"], "properties": {"id": INTEGER, "name": STRING}}
    made = read(
        {"/pets/{id}": {"parameters": [shared], "put": operation}},
        components={"requestBodies": {"Pet": {"required": True, "content": {"application/json": {"schema": pet}}}}},
    )["update_pet"]
    assert made.description == "Update a pet. It must exist."
    assert made.parameters == {
        "type": "object",
        "properties": {
            "verbose": {"type": "boolean", "description": "Say more."},
            "id": INTEGER,
            "X-Tenant": {"type": "string", "examples": ["acme"]},
            "filter": {"type": "object"},
            "body_id": INTEGER,
            "name": STRING,
        },
        "required": ["id", "X-Tenant", "body_id", "name"],
    }
    assert made.live


def test_names_are_legal_and_unique(read: Read) -> None:
    tools = read(
        {
            "/a b/{c}": {"get": {}, "delete": {"operationId": "get_a_b_c"}},
            "/x": {"get": {"operationId": "ns.Tool#run!"}, "post": {"operationId": "l" * 80}},
            "/y": {"get": {"operationId": "l" * 90}, "trace": {}, "x-note": {"get": {}}},
        }
    )
    assert list(tools) == ["get_a_b_c", "get_a_b_c_2", "ns_Tool_run", "l" * 64, "l" * 62 + "_2", "trace_y"]
    assert tools["get_a_b_c"].description == "GET /a b/{c}"


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "nullable": True}, OR_NULL),
        ({"enum": ["a"], "type": "string", "nullable": True}, OR_NULL | {"enum": ["a", None]}),
        ({"anyOf": [STRING, {"type": "null"}], "title": "T", "default": "a"}, OR_NULL | {"default": "a"}),
        ({"oneOf": [STRING, INTEGER], "discriminator": {}}, {"oneOf": [STRING, INTEGER]}),
        ({"oneOf": [STRING, INTEGER], "nullable": True}, {"oneOf": [STRING, INTEGER, {"type": "null"}]}),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, {"type": "number", "exclusiveMinimum": 0}),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": False}, {"type": "number", "minimum": 0}),
        ({"type": "string", "format": "date", "example": "2026-01-01", "xml": {}, "x-y": 1},
         {"type": "string", "format": "date", "examples": ["2026-01-01"]}),
        ({"type": "string", "pattern": r"\p{L}+"}, STRING),
        ({"type": "any"}, {}),
        ({"type": "integer", "minimum": "0", "maximum": 9}, {"type": "integer", "maximum": 9}),
        ({"type": "integer", "enum": [1, 2], "default": 3}, {"type": "integer", "enum": [1, 2]}),
        ({"type": "array", "items": {"$ref": WORD}}, {"type": "array", "items": STRING}),
        ({"allOf": [{"$ref": WORD}], "description": "D"}, {"type": "string", "description": "D"}),
        ({"$ref": WORD, "description": "D"}, {"type": "string", "description": "D"}),
        ({"type": "object", "additionalProperties": INTEGER}, {"type": "object", "additionalProperties": INTEGER}),
        (True, {}),
    ],
    ids=str,
)  # fmt: skip
def test_schemas_become_plain(read: Read, schema: Any, expected: dict[str, Any]) -> None:
    parameter = {"name": "x", "in": "query", "schema": schema}
    tools = read(
        {"/f": {"get": {"operationId": "f", "parameters": [parameter]}}}, components={"schemas": {"Word/s": STRING}}
    )
    assert tools["f"].properties["x"] == expected


def test_all_of_is_merged_and_what_only_answers_have_is_dropped(read: Read) -> None:
    base = {
        "type": "object",
        "required": ["id", "name"],
        "additionalProperties": False,
        "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string", "maxLength": 5}},
    }
    schemas = {"Base": base, "Stamp": {"type": "string", "readOnly": True}}
    part = {
        "properties": {"name": {"description": "Its name."}, "at": {"$ref": "#/components/schemas/Stamp"}, "n": INTEGER}
    }
    schema = {"allOf": [{"$ref": "#/components/schemas/Base"}, part], "required": ["n"]}
    made = read({"/f": body(schema)}, version="3.0.3", components={"schemas": schemas})["f"]
    assert made.parameters == {
        "type": "object",
        "properties": {"name": {"type": "string", "maxLength": 5, "description": "Its name."}, "n": INTEGER},
        "required": ["name", "n"],
    }


def test_a_schema_that_holds_itself_is_cut(read: Read) -> None:
    node = {
        "type": "object",
        "description": "A node.",
        "properties": {
            "name": STRING,
            "next": {"$ref": "#/components/schemas/Node"},
            "all": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
        },
    }
    made = read({"/f": body({"$ref": "#/components/schemas/Node"})}, components={"schemas": {"Node": node}})["f"]
    outline = {"type": "object", "description": "A node."}
    assert made.properties == {"name": STRING, "next": outline, "all": {"type": "array", "items": outline}}


def test_a_schema_that_grows_without_end_is_cut(read: Read) -> None:
    def level(n: int) -> dict[str, Any]:
        inner = {"$ref": f"#/components/schemas/L{n + 1}"} if n < 30 else STRING
        return {"type": "object", "properties": {"left": inner, "right": inner}}

    schemas = {f"L{n}": level(n) for n in range(31)}  # in full a thousand million
    made = read({"/f": body({"$ref": "#/components/schemas/L0"})}, components={"schemas": schemas})["f"]
    assert len(json.dumps(made.parameters)) < 100_000


@pytest.mark.parametrize(
    ("schema", "more", "properties", "required"),
    [
        ({"type": "array", "items": STRING}, {}, {"body": {"type": "array", "items": STRING}}, ["body"]),
        ({"type": "array", "items": STRING}, {"required": False}, {"body": {"type": "array", "items": STRING}}, []),
        ({"properties": {"a": STRING}, "required": ["a"]}, {}, {"a": STRING}, ["a"]),
        ({"properties": {"a": STRING}, "required": ["a"]}, {"required": False}, {"a": STRING}, []),
        ({"properties": {"a": STRING}}, {"media": "application/x-www-form-urlencoded"}, {"a": STRING}, []),
        ({"oneOf": [STRING, INTEGER]}, {}, {"body": {"oneOf": [STRING, INTEGER]}}, ["body"]),
    ],
)
def test_bodies(
    read: Read, schema: dict[str, Any], more: dict[str, Any], properties: dict[str, Any], required: list[str]
) -> None:
    made = read({"/f": body(schema, **more)})["f"]
    assert (made.properties, list(made.required)) == (properties, required)


SWAGGER = """
swagger: "2.0"
info: {title: Old}
host: 127.0.0.1:9
basePath: /v1
schemes: [http]
parameters:
  Limit: {name: limit, in: query, type: integer, maximum: 9, description: How many.}
paths:
  /pets:
    parameters:
      - $ref: '#/parameters/Limit'
    post:
      operationId: add
      parameters:
        - {name: pet, in: body, required: true, schema: {$ref: '#/definitions/Pet'}}
    put:
      operationId: upload
      consumes: [multipart/form-data]
      parameters:
        - {name: photo, in: formData, type: file, required: true}
definitions:
  Pet: {type: object, required: [name], properties: {name: {type: string}, born: {type: string, default: 2026-01-01}}}
"""


def test_swagger_2(tmp_path: Path) -> None:
    path = tmp_path / "old.yaml"
    path.write_text(SWAGGER)
    add, upload = sorted(load(str(path), Limits()).tools, key=lambda tool: tool.name)
    limit = {"type": "integer", "maximum": 9, "description": "How many."}
    assert add.parameters == {
        "type": "object",
        "properties": {"limit": limit, "name": STRING, "born": {"type": "string", "default": "2026-01-01"}},
        "required": ["name"],
    }
    assert upload.properties["photo"]["type"] == "string"
    assert upload.required == ("photo",)
    assert add.run is not None


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"openapi": "3.1.0", "paths": {}}, "has no operations"),
        ({"openapi": "3.1.0", "paths": {"/a": body({"$ref": "#/nowhere"})}}, "'#/nowhere' leads nowhere"),
        ({"openapi": "3.1.0", "paths": {"/a": body({"$ref": "b.json#/x"})}}, "leads out of the document"),
        ({"openapi": "3.1.0", "paths": {"/a": {"$ref": "#/paths/~1a"}}}, "leads to itself"),
        ({"a": {"openapi": "3.1.0"}}, "is no OpenAPI document"),
    ],
)
def test_a_document_that_cannot_be_used_says_why(tmp_path: Path, document: dict[str, Any], message: str) -> None:
    path = tmp_path / "api.json"
    path.write_text(json.dumps(document))
    with pytest.raises(ToolsetError, match=message):
        load(str(path), Limits())


def test_other_files_are_left_to_others(tmp_path: Path) -> None:
    path = tmp_path / "tools.json"
    path.write_text('[{"name": "read_openapi", "description": "Reads openapi: 3 documents."}]')
    assert not matches(str(path))
    assert not matches(str(tmp_path / "none.json"))
    assert not matches("tools.py")


def test_examples_can_be_made_of_it(read: Read) -> None:
    city = {"name": "city", "in": "query", "required": True, "schema": STRING}
    visit = {"properties": {"day": {"type": "string", "format": "date"}}, "required": ["day"]}
    tools = read({"/a": {"get": {"summary": "Get a forecast.", "parameters": [city]}}, "/b": body(visit)})
    examples = list(synthesize(Toolset("api", "", tuple(tools.values())), 40, seed=0))
    assert sum(len(example.calls) for example in examples) > 20


FULL = {
    "openapi": "3.0.0",
    "info": {"title": "A"},
    "servers": [{"url": "http://{h}/", "variables": {"h": {"default": "x"}}}],
    "paths": {
        "/a/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": INTEGER}],
            "post": {
                "operationId": "a",
                "summary": "A.",
                "parameters": [{"name": "q", "in": "query", "content": {"a/b": {"schema": STRING}}, "examples": {}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S"}}}},
            },
        }
    },
    "components": {
        "schemas": {"S": {"allOf": [{"type": "object", "properties": {"a": {"enum": ["x"], "nullable": True}}}]}}
    },
}
JUNK = (None, [], {}, "", "x", 3, True, [None], {"x": None}, [[1]])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value within a value."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))


@pytest.mark.parametrize("place", list(places(FULL)), ids=str)
def test_whatever_stands_in_a_document_it_is_read_or_refused(tmp_path: Path, place: tuple[Any, ...]) -> None:
    path = tmp_path / "api.json"
    for junk in JUNK:
        document = json.loads(json.dumps(FULL))
        holder = document
        for key in place[:-1]:
            holder = holder[key]
        holder[place[-1]] = junk
        path.write_text(json.dumps(document))
        try:
            tools = load(str(path), Limits()).tools
        except ToolsetError:
            continue
        for tool in tools:
            Draft202012Validator.check_schema(tool.parameters)
