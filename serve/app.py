"""The HTTP face: OpenAI's chat completions and models, over a Service."""

import asyncio
import hmac
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from sftctl.core.errors import DataError, PromptTooLongError
from sftctl.core.manager import Plugins
from sftctl.core.types import Answer
from sftctl.serve.chat import ChatModel, Service, ServiceStopping
from sftctl.serve.completion import DONE, Body, Completion, event
from sftctl.serve.protocol import ApiError, read_request
from sftctl.serve.text import CallGate

T = TypeVar("T")
Events = AsyncGenerator[str | Answer, None]
log = logging.getLogger(__name__)


def create_app(plugins: Plugins, service: Service, api_key: str | None = None) -> FastAPI:
    """The application; `api_key`, if given, is asked for everywhere but at `/health`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(service.close)

    app = FastAPI(title="sftctl", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.service = service
    _add_errors(app)
    _add_models(app, service)
    _add_chat(app, service)
    plugins.add_routes(app, service)
    if api_key:
        app.add_middleware(RequireKey, api_key=api_key)
    return app


# ---------------------------------------------------------------- routes


def _add_models(app: FastAPI, service: Service) -> None:
    @app.get("/health")
    async def health() -> Body:
        """Whether the service is up."""
        return {"status": "ok"}

    @app.get("/v1/models")
    async def models() -> Body:
        """The models served."""
        return {"object": "list", "data": [_card(model) for model in service.models.values()]}

    @app.get("/v1/models/{name:path}")
    async def model(name: str) -> Body:
        """One model by name."""
        return _card(_find(service, name))


def _card(model: ChatModel) -> Body:
    return {"id": model.name, "object": "model", "created": model.created, "owned_by": "sftctl"}


def _find(service: Service, name: str) -> ChatModel:
    if name not in service.models:
        known = ", ".join(service.models)
        raise ApiError(
            f"The model '{name}' does not exist. Served here: {known}.",
            status=404,
            param="model",
            code="model_not_found",
        )
    return service.models[name]


def _add_chat(app: FastAPI, service: Service) -> None:
    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> Response:
        """Answer a conversation, streamed or whole."""
        asked = read_request(await request.body())
        model = _find(service, asked.model)
        query, sampling = asked.query(), asked.sampling(service.max_tokens)
        completion = Completion(model.name, asked.parallel_tool_calls is False, asked.include_usage)
        events = service.stream(model, query, sampling)
        if not asked.stream:
            answer = await while_connected(request, _last(events))
            return JSONResponse(completion.whole(answer))
        # The first event is awaited here, so that an impossible prompt is a 400 and not a broken stream.
        first = await while_connected(request, _next(events))
        gate = CallGate(model.chat_format.call_start) if query.tools else None
        body = _sse(completion, first, events, gate)
        return StreamingResponse(
            body,
            media_type="text/event-stream",
            headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
        )


async def _next(events: Events) -> str | Answer:
    try:
        return await anext(events)
    except DataError as error:
        raise ApiError(str(error), param="messages", code="invalid_value") from None
    except PromptTooLongError as error:
        raise ApiError(str(error), param="messages", code="context_length_exceeded") from None


async def _last(events: Events) -> Answer:
    """The Answer that ends a stream of events."""
    async with aclosing(events):
        while True:
            if isinstance(found := await _next(events), Answer):
                return found


async def _sse(
    completion: Completion, first: str | Answer, events: Events, gate: CallGate | None
) -> AsyncIterator[str]:
    """Server-sent events: the role, the text as it comes, whole calls, the reason for the end."""
    opening: Body = {"role": "assistant", "refusal": None}  # goes out with the first thing there is to say
    try:
        async with aclosing(events):
            found = first
            while not isinstance(found, Answer):
                if text := gate.push(found) if gate else found:
                    if opening:
                        yield completion.chunk({**opening, "content": ""})
                        opening = {}
                    yield completion.chunk({"content": text})
                found = await anext(events)
        content = found.message.get("content")
        if opening:
            yield completion.chunk({**opening, "content": None if content is None else ""})
        if gate and (rest := gate.finish(content)):
            yield completion.chunk({"content": rest})
        for chunk in completion.call_chunks(found.message):
            yield chunk
        yield completion.chunk({}, found.finish_reason)
        if completion.include_usage:
            yield completion.usage_chunk(found)
        yield DONE
    except ServiceStopping as error:
        yield event(_stopping(error).body)
    except Exception:
        log.exception("A streamed answer failed.")
        yield event(_internal().body)


# ---------------------------------------------------------------- clients that go away


class ClientGone(Exception):
    """Whoever asked has hung up; there is nobody to answer."""


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


# ---------------------------------------------------------------- errors


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(ApiError)
    async def refused(request: Request, error: ApiError) -> Response:
        return JSONResponse(error.body, error.status)

    @app.exception_handler(HTTPException)
    async def unrouted(request: Request, error: HTTPException) -> Response:
        what = {404: "Unknown URL", 405: "Method not allowed"}.get(error.status_code, str(error.detail))
        refusal = ApiError(f"{what}: {request.method} {request.url.path}", status=error.status_code)
        return JSONResponse(refusal.body, error.status_code, headers=error.headers)

    @app.exception_handler(ServiceStopping)
    async def stopping(request: Request, error: ServiceStopping) -> Response:
        return JSONResponse(_stopping(error).body, 503)

    @app.exception_handler(ClientGone)
    async def gone(request: Request, error: ClientGone) -> Response:
        return Response(status_code=499)

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:  # the server logs the traceback
        return JSONResponse(_internal().body, 500)


def _stopping(error: ServiceStopping) -> ApiError:
    return ApiError(str(error), status=503, type="server_error", code="service_unavailable")


def _internal() -> ApiError:
    return ApiError("The server failed to answer; its log says why.", status=500, type="server_error")


class RequireKey:
    """Lets only requests with the right bearer token through. Plain ASGI: it must not hide disconnects."""

    def __init__(self, app: ASGIApp, api_key: str) -> None:
        self._app = app
        self._expected = f"Bearer {api_key}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == "/health" or self._allows(scope):
            return await self._app(scope, receive, send)
        refusal = ApiError("The API key is missing or wrong.", status=401, code="invalid_api_key")
        response = JSONResponse(refusal.body, 401, headers={"WWW-Authenticate": "Bearer"})
        return await response(scope, receive, send)

    def _allows(self, scope: Scope) -> bool:
        given = dict(scope["headers"]).get(b"authorization", b"")
        return hmac.compare_digest(given, self._expected)
