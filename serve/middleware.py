"""What surrounds every request. Plain ASGI throughout: wrappers that buffer would hide disconnects."""

import hashlib
import hmac
import json
import logging
import re
import secrets
import time
from collections.abc import Iterable
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sftctl.core.errors import ConfigError
from sftctl.serve.metrics import Metrics
from sftctl.serve.protocol import ApiError

access = logging.getLogger("sftctl.serve.access")
OPEN = ("/health", "/ready")
"""Paths that need no key."""
ADMIN = ("/v1/load_lora_adapter", "/v1/unload_lora_adapter")
"""Paths that need a key of their own."""
GONE = 499
"""The status of an answer that its client did not wait for, as nginx has it: what was sent of it is not whole."""
SAFE = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"}


class ApiKeys:
    """The keys that let a client in. Only their SHA-256 is kept, and all are compared in constant time."""

    def __init__(self, keys: Iterable[str]) -> None:
        """Each a key, or `sha256:` and the hexadecimal digest of one."""
        self._digests = [_digest(key) for key in keys]

    @classmethod
    def read(cls, path: Path) -> "ApiKeys":
        """One key per line; empty lines and those that begin with # are skipped."""
        try:
            lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"The API keys in {path} cannot be read: {error}.") from None
        keys = [line for line in lines if line and not line.startswith("#")]
        if not keys:
            raise ConfigError(f"{path} holds no API key.", "Write one per line.")
        return cls(keys)

    def allow(self, authorization: str) -> bool:
        """Whether an Authorization header carries one of the keys."""
        scheme, _, key = authorization.partition(" ")
        given = hashlib.sha256(key.strip().encode("utf-8", "surrogateescape")).digest()
        found = [hmac.compare_digest(given, digest) for digest in self._digests]  # all, whichever fits
        return scheme.lower() == "bearer" and any(found)


def _digest(key: str) -> bytes:
    if not key.startswith("sha256:"):
        return hashlib.sha256(key.encode()).digest()
    if not re.fullmatch(r"sha256:[0-9a-fA-F]{64}", key):
        raise ConfigError("An API key begins with 'sha256:' and is no SHA-256 in hexadecimal.")
    return bytes.fromhex(key.removeprefix("sha256:"))


class RequireKey:
    """Lets only requests with a right bearer token through; `admin` are the keys of the ADMIN paths."""

    def __init__(self, app: ASGIApp, keys: ApiKeys | None, admin: ApiKeys | None) -> None:
        self._app, self._keys, self._admin = app, keys, admin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN:
            return await self._app(scope, receive, send)
        keys = self._admin or self._keys if scope["path"] in ADMIN else self._keys
        if keys is None or keys.allow(Headers(scope=scope).get("authorization", "")):
            return await self._app(scope, receive, send)
        refusal = ApiError("The API key is missing or wrong.", status=401, code="invalid_api_key")
        response = JSONResponse(refusal.body, 401, headers={"WWW-Authenticate": "Bearer"})
        return await response(scope, receive, send)


class LimitBody:
    """Refuses bodies that are larger than `limit` bytes, before they are read into memory."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app, self._limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        length = Headers(scope=scope).get("content-length", "")
        if length.isdigit() and int(length[:20]) > self._limit:
            error = self._too_large()
            return await JSONResponse(error.body, error.status, headers=error.headers)(scope, receive, send)
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._limit:
                raise self._too_large()
            return message

        return await self._app(scope, counted, send)

    def _too_large(self) -> ApiError:
        return ApiError(
            f"The body of a request may have {self._limit} bytes here.",
            status=413,
            code="request_too_large",
            headers={"Connection": "close"},
        )


class Observe:
    """Gives each request an id and safe headers, counts it, and logs one line of JSON without its contents."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        id, begun, status, whole = f"req_{secrets.token_hex(12)}", time.monotonic(), GONE, False

        async def named(message: Message) -> None:
            nonlocal status, whole
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in {**SAFE, "X-Request-Id": id}.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
                headers["OpenAI-Processing-Ms"] = str(round(1000 * (time.monotonic() - begun)))
            await send(message)
            whole = message["type"] == "http.response.body" and not message.get("more_body", False)

        try:
            await self._app(scope, receive, named)
        except Exception:  # it is answered further out
            status, whole = 500, True
            raise
        finally:
            self._note(scope, id, status if whole else GONE, time.monotonic() - begun)

    def _note(self, scope: Scope, id: str, status: int, seconds: float) -> None:
        # The path as it is routed, not as it was asked for: neither counters nor logs grow with what clients invent.
        route = getattr(scope.get("route"), "path", "unknown")
        self._metrics.count("requests", route=route, method=_method(scope), status=str(status))
        self._metrics.observe("request", seconds)
        if status == GONE:
            self._metrics.count("disconnects")
        entry = {"id": id, "method": _method(scope), "route": route, "status": status, "seconds": round(seconds, 4)}
        access.info(json.dumps(entry))


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in ("GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH") else "OTHER"
