"""The OpenAPI document: what the endpoints that read their bodies by themselves take and give."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from sftctl.serve.adapters_api import LoadAdapter, UnloadAdapter
from sftctl.serve.chat_request import ChatRequest
from sftctl.serve.completion_request import CompletionRequest
from sftctl.serve.drawing import Body
from sftctl.serve.middleware import OPEN
from sftctl.serve.openapi_rules import RULES
from sftctl.serve.protocol import Off, Request
from sftctl.serve.responses_api import MAX_ITEMS
from sftctl.serve.responses_request import InputTokensRequest, ResponsesRequest

REFERENCE = "#/components/schemas/{model}"
REQUESTS: dict[str, type[Body]] = {
    "/v1/chat/completions": ChatRequest,
    "/v1/completions": CompletionRequest,
    "/v1/responses": ResponsesRequest,
}
"""The bodies that make a model write."""
BODIES: dict[str, type[Request]] = {
    **REQUESTS,
    "/v1/responses/input_tokens": InputTokensRequest,
    "/v1/load_lora_adapter": LoadAdapter,
    "/v1/unload_lora_adapter": UnloadAdapter,
}
QUERIES: dict[str, dict[str, dict[str, Any]]] = {
    "/v1/responses/{id}": {
        "include[]": {"type": "array", "items": {"type": "string"}},
        "include_obfuscation": {"enum": ["", "false"]},
        "starting_after": {"enum": [""]},
        "stream": {"enum": ["", "false"]},
    },
    "/v1/responses/{id}/input_items": {
        "after": {"type": "string", "description": "The id of the item that the page begins after."},
        "include[]": {"type": "array", "items": {"type": "string"}},
        "limit": {"type": "integer", "minimum": 1, "maximum": MAX_ITEMS, "default": 20},
        "order": {"enum": ["asc", "desc"], "default": "desc"},
    },
}
"""What may stand in the query of a GET."""
STATUSES = {
    "400": "A parameter is wrong, unknown or not supported; `param` names it.",
    "401": "The API key is missing or wrong.",
    "404": "There is no such model, response or item.",
    "408": "The answer took longer than this server allows.",
    "413": "The body is too large.",
    "415": "The body says that it is no JSON.",
    "429": "Too many requests wait already; `Retry-After` says how long to wait.",
    "500": "The server failed.",
    "503": "Models are loading, or the server is shutting down.",
}
ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}


def describe(app: FastAPI) -> None:
    """Make the application's `/openapi.json` say all of it."""

    @cache
    def document() -> dict[str, Any]:
        from importlib.metadata import version

        made = get_openapi(title=app.title, version=version("sftctl"), routes=app.routes)
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        schemas |= _request_schemas() | _answer_schemas()
        for path, item in made["paths"].items():
            for method, operation in item.items():
                operation["responses"] |= _errors(path, method)
                operation["responses"].pop("422", None)  # mistakes are a 400 here
                if method == "post" and path in BODIES:
                    _describe_post(operation, path)
                if method == "get" and path in QUERIES:
                    operation["parameters"] += [
                        {"name": name, "in": "query", "schema": schema} for name, schema in QUERIES[path].items()
                    ]
        made["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        made["security"] = [{"key": []}, {}]
        return made

    app.openapi = document  # type: ignore[method-assign]


ANSWERS = {
    "/v1/chat/completions": "ChatCompletion",
    "/v1/completions": "Completion",
    "/v1/responses": "Response",
    "/v1/responses/input_tokens": "InputTokens",
    "/v1/load_lora_adapter": "Adapter",
    "/v1/unload_lora_adapter": "Adapter",
}


def _describe_post(operation: dict[str, Any], path: str) -> None:
    operation["requestBody"] = {"required": True, "content": _json(BODIES[path].__name__)}
    answered: dict[str, Any] = {"description": "Done.", "content": _json(ANSWERS[path])}
    if path in REQUESTS:
        answered["description"] = "The whole answer, or, with `stream`, server-sent events."
        answered["content"] |= {"text/event-stream": {}}
    operation["responses"]["200"] = answered


def _json(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": REFERENCE.format(model=model)}}}


def _errors(path: str, method: str) -> dict[str, Any]:
    if path in OPEN:  # they say how the server is, not how a request went
        return {"503": {"description": "Not ready.", "content": _json("State")}} if path == "/ready" else {}
    asks = method == "post" or path in QUERIES
    known = STATUSES if asks else {code: STATUSES[code] for code in ("401", "404", "500", "503")}
    return {code: {"description": text, "content": _json("Error")} for code, text in known.items()}


def _request_schemas() -> dict[str, Any]:
    """The schemas of the bodies, with the parameters that may be sent and change nothing."""
    _, made = models_json_schema([(request, "validation") for request in BODIES.values()], ref_template=REFERENCE)
    schemas: dict[str, Any] = made["$defs"]
    for request in BODIES.values():
        properties = schemas[request.__name__]["properties"]
        for name in sorted(request.labels):
            properties.setdefault(name, {"description": "A label; it changes nothing about the answer."})
        for name, off in request.off.items():
            said = f"Only values that ask for nothing: {off.instead or 'there is no such thing here'}."
            properties[name] = {"description": said, "enum": [None, *off.values]}
        if request.peers:
            schemas[request.__name__]["patternProperties"] = _by_pattern(request.peers)
    for name, rules in RULES.items():
        schemas[name]["allOf"] = rules
    return schemas


def _by_pattern(peers: Mapping[str, Off]) -> dict[str, Any]:
    """Other servers' parameters, together where the same values ask for nothing: tools choke on so many names."""
    alike: dict[str, list[str]] = {}
    for name, off in peers.items():
        alike.setdefault(json.dumps([None, *off.values]), []).append(name)
    said = "Parameters that other servers have: only values that ask for nothing."
    return {f"^({'|'.join(names)})$": {"description": said, "enum": json.loads(enum)} for enum, names in alike.items()}


def _answer_schemas() -> dict[str, Any]:
    """What answers hold at least; the `openai` package has the full types."""
    shapes = {
        "ChatCompletion": ("chat.completion", ["id", "object", "created", "model", "choices", "usage"]),
        "Completion": ("text_completion", ["id", "object", "created", "model", "choices", "usage"]),
        "Response": ("response", ["id", "object", "created_at", "model", "status", "output", "usage"]),
        "InputTokens": ("response.input_tokens", ["object", "input_tokens"]),
        "Adapter": ("lora_adapter", ["id", "object", "status"]),
    }
    answers: dict[str, Any] = {
        name: {"type": "object", "required": required, "properties": {"object": {"const": kind}}}
        for name, (kind, required) in shapes.items()
    }
    state = {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}
    return answers | {"State": state, "Error": ERROR}
