"""Carrying out an operation: arguments → an HTTP request → its answer."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sftctl.core.tools.calls import CallError
from sftctl.core.types import Json, Limits, canonical_json

if TYPE_CHECKING:
    import httpx

LONGEST_ANSWER = 1_000_000
"""Bytes."""


@dataclass(frozen=True)
class Place:
    """Where in a request an argument goes: `kind` is path, query, header or body, `name` its name there.

    A body argument without a name is the whole body.
    """

    kind: str
    name: str
    style: str = ""
    explode: bool | None = None


@dataclass(frozen=True)
class Operation:
    """What is known of an operation when it is called."""

    method: str
    path: str
    places: Mapping[str, Place]
    """Argument → its place."""
    media: str
    """The body's media type."""


def caller(base: str, operation: Operation, limits: Limits) -> Callable[..., Json]:
    """The function that carries the operation out, with arguments as keywords. It raises CallError."""

    def run(**arguments: Json) -> Json:
        if not limits.network:
            raise CallError(f"NetworkOff: calling {base} needs the network (tools.network).")
        return _send(request_of(base, operation, arguments), limits.timeout)

    return run


def request_of(base: str, operation: Operation, arguments: Mapping[str, Json]) -> dict[str, Any]:
    """The request, as keywords of `httpx`."""
    path, query, headers = operation.path, [], {}
    fields: dict[str, Json] = {}
    body: Json = None
    has_body = False
    for argument, value in arguments.items():
        place = operation.places[argument]
        if place.kind == "path":
            path = path.replace("{" + place.name + "}", quote(_text(value), safe=""))
        elif place.kind == "query":
            query += _query(place, value)
        elif place.kind == "header":
            headers[place.name] = _text(value)
        elif place.name:
            fields[place.name] = value
        else:
            body, has_body = value, True
    request: dict[str, Any] = {"method": operation.method.upper(), "url": base + path, "params": query}
    if fields or has_body:
        request |= _body(operation.media, body if has_body else fields)
    return request | {"headers": headers | request.get("headers", {})}


def _text(value: Json) -> str:
    """A value within a URL or a header; lists are joined by commas."""
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return value if isinstance(value, str) else canonical_json(value)


def _query(place: Place, value: Json) -> list[tuple[str, str]]:
    """The pairs that an argument is in the query: a list's items one by one unless `explode` is false."""
    if value is None:
        return []
    if isinstance(value, list) and place.explode is not False:
        return [(place.name, _text(item)) for item in value]
    if isinstance(value, dict) and place.style == "deepObject":
        return [(f"{place.name}[{key}]", _text(inner)) for key, inner in value.items()]
    if isinstance(value, dict) and place.style in ("", "form") and place.explode is not False:
        return [(key, _text(inner)) for key, inner in value.items()]
    return [(place.name, _text(value))]


def _body(media: str, value: Json) -> dict[str, Any]:
    if "json" in media or "*" in media or not media:
        content = canonical_json(value).encode()
        return {"content": content, "headers": {"Content-Type": media if "json" in media else "application/json"}}
    if isinstance(value, Mapping):
        fields = {name: inner if isinstance(inner, list) else _text(inner) for name, inner in value.items()}
        if "form-data" in media:
            return {"files": {name: (None, _text(inner)) for name, inner in fields.items()}}
        return {"data": fields}
    return {"content": _text(value).encode(), "headers": {"Content-Type": media}}


def _send(request: dict[str, Any], timeout: float) -> Json:
    """The answer's body: JSON where it is, else text. Raises CallError for anything but success."""
    import httpx

    deadline = time.monotonic() + timeout
    try:
        with httpx.Client(timeout=timeout) as client, client.stream(**request) as answer:
            content = _read(answer, deadline)
    except httpx.TimeoutException:
        raise CallError(f"TimeoutError: it took longer than {timeout:g} seconds.") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CallError(f"{type(error).__name__}: {error}") from None
    text = content.decode(answer.encoding or "utf-8", "replace")
    if not answer.is_success:
        raise CallError(f"HTTP {answer.status_code}: {text[:500] or answer.reason_phrase}")
    if "json" in answer.headers.get("content-type", "") and text:
        try:
            return json.loads(text)
        except ValueError as error:
            raise CallError(f"ValueError: the service answered with broken JSON: {error}") from None
    return text


def _read(answer: "httpx.Response", deadline: float) -> bytes:
    """The body, within the time and the size that a call may take: the client's own limit is for each read."""
    import httpx

    chunks: list[bytes] = []
    size = 0
    for chunk in answer.iter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("too slow")
        if size > LONGEST_ANSWER:
            raise CallError(f"ValueError: the answer is longer than {LONGEST_ANSWER} bytes")
    return b"".join(chunks)
