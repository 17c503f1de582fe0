"""Clients that go away, and events that are sent while they are there."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Mapping
from contextlib import aclosing
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from sftctl.core.types import Json
from sftctl.serve.answering import Answering
from sftctl.serve.protocol import ApiError
from sftctl.serve.service import ServiceStopping

T = TypeVar("T")
JSON = re.compile(r"application/([\w.-]+\+)?json", re.IGNORECASE)
Body = dict[str, Json]
log = logging.getLogger(__name__)


class ClientGone(Exception):
    """Whoever asked has hung up; there is nobody to answer."""


async def body_of(request: Request) -> bytes:
    """The body of a request. Raises ApiError (415) where it says that it is no JSON.

    What a page of another origin can send without being asked for leave (forms, plain text) never says JSON.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind and not JSON.fullmatch(kind):
        message = f"The body of a request is JSON here: 'Content-Type: application/json', not '{kind[:80]}'."
        raise ApiError(message, status=415, code="unsupported_content_type")
    return await request.body()


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which is cancelled if the client hangs up first (raises ClientGone)."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientGone
        return working.result()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def event(body: Body, name: str = "") -> str:
    """A server-sent event with a JSON body."""
    line = f"event: {name}\n" if name else ""
    return f"{line}data: {json.dumps(body, ensure_ascii=False)}\n\n"


DONE = "data: [DONE]\n\n"


class EventResponse(StreamingResponse):
    """A response of server-sent events; an error on the way is the last one, worded by `failed`."""

    def __init__(
        self,
        answering: Answering,
        events: AsyncGenerator[str, None],
        failed: Callable[[ApiError], str],
        headers: Mapping[str, str],
    ) -> None:
        common = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(_guarded(events, failed), media_type="text/event-stream", headers={**common, **headers})
        self._answering = answering

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._answering.abort()  # a client may hang up before the first event is asked for


async def _guarded(events: AsyncGenerator[str, None], failed: Callable[[ApiError], str]) -> AsyncIterator[str]:
    async with aclosing(events):
        try:
            async for each in events:
                yield each
        except ServiceStopping as error:
            yield failed(stopping(error))
        except ApiError as error:
            yield failed(error)
        except Exception:
            log.exception("A streamed answer failed.")
            yield failed(internal())


def plain_failure(error: ApiError) -> str:
    """An error as chat and text completions stream it."""
    return event(error.body)


def stopping(error: ServiceStopping) -> ApiError:
    return ApiError(str(error), status=503, type="server_error", code="service_unavailable")


def internal() -> ApiError:
    return ApiError("The server failed to answer; its log says why.", status=500, type="server_error")
