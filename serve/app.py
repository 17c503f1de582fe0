"""The HTTP application: OpenAI's API over a Service. Each endpoint lies in a module of its own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from sftctl.core.manager import Plugins
from sftctl.serve.adapters_api import Admin, add_adapters
from sftctl.serve.chat import ChatModel
from sftctl.serve.chat_api import add_chat
from sftctl.serve.completion_api import add_completions
from sftctl.serve.connection import Body, ClientGone, internal, stopping
from sftctl.serve.limits import MAX_BODY
from sftctl.serve.middleware import GONE, ApiKeys, LimitBody, Observe, RequireKey
from sftctl.serve.openapi import describe
from sftctl.serve.protocol import ApiError
from sftctl.serve.responses_api import add_responses
from sftctl.serve.service import Service, ServiceStopping


def create_app(
    plugins: Plugins,
    service: Service,
    keys: ApiKeys | None = None,
    *,
    max_body: int = MAX_BODY,
    cors: Sequence[str] = (),
    admin: Admin | None = None,
) -> FastAPI:
    """The application. `keys`, if given, are asked for everywhere but at `/health` and `/ready`.

    `cors` names the origins whose pages may call it from a browser: none, by default. With `admin`, adapters can be
    loaded and unloaded over HTTP.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(service.close)

    app = FastAPI(title="sftctl", lifespan=lifespan, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.service = service
    _add_errors(app)
    _add_state(app, service)
    _add_models(app, service)
    add_chat(app, service)
    add_completions(app, service)
    add_responses(app, service)
    if admin:
        add_adapters(app, service, admin)
    plugins.add_routes(app, service)
    describe(app)
    # The last one added is the outermost.
    if keys or admin:
        app.add_middleware(RequireKey, keys=keys, admin=admin.keys if admin else None)
    app.add_middleware(LimitBody, limit=max_body)
    if cors:
        app.add_middleware(CORSMiddleware, allow_origins=cors, allow_methods=["*"], allow_headers=["*"])
    app.add_middleware(Observe, metrics=service.metrics)
    return app


def _add_state(app: FastAPI, service: Service) -> None:
    @app.get("/health")
    async def health() -> Body:
        """Whether the process is up."""
        return {"status": "ok"}

    @app.get("/ready")
    async def ready() -> Response:
        """Whether requests are taken: 503 while models load, once an engine has failed, and when it is to stop."""
        condition = service.condition
        return JSONResponse({"status": condition}, 200 if condition == "ready" else 503)

    @app.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Counters in Prometheus' text format."""
        stats = service.stats()
        gauges = {
            "requests_running": stats.running,
            "requests_waiting": stats.waiting,
            "models": len(service.models),
            "ready": int(service.condition == "ready"),
        }
        return PlainTextResponse(service.metrics.text(gauges), media_type="text/plain; version=0.0.4")


def _add_models(app: FastAPI, service: Service) -> None:
    @app.get("/v1/models")
    async def list_models() -> Body:
        """The models served."""
        service.check_ready()
        return {"object": "list", "data": [_card(service, model) for model in service.models.values()]}

    @app.get("/v1/models/{name:path}")
    async def retrieve_model(name: str) -> Body:
        """One model by name."""
        return _card(service, service.find(name))


def _card(service: Service, model: ChatModel) -> Body:
    """OpenAI's card, and of vLLM's what clients look for: of which model it is an adapter, and its context."""
    card: Body = {"id": model.name, "object": "model", "created": model.created, "owned_by": "sftctl"}
    return {**card, "root": model.name, "parent": service.base_of(model), "max_model_len": model.engine.context}


# ---------------------------------------------------------------- errors


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(ApiError)
    async def refused(request: Request, error: ApiError) -> Response:
        return JSONResponse(error.body, error.status, headers=error.headers)

    @app.exception_handler(HTTPException)
    async def unrouted(request: Request, error: HTTPException) -> Response:
        what = {404: "Unknown URL", 405: "Method not allowed"}.get(error.status_code, str(error.detail))
        meant = {**request.scope, "path": f"/v1{request.url.path}"}
        there = any(route.matches(meant)[0] is Match.FULL for route in app.routes)
        hint = f". Did you mean {meant['path']}?" if error.status_code == 404 and there else ""
        refusal = ApiError(f"{what}: {request.method} {request.url.path}{hint}", status=error.status_code)
        headers = {"Allow": _allowed(app, request)} if error.status_code == 405 else error.headers
        return JSONResponse(refusal.body, error.status_code, headers=headers)

    @app.exception_handler(ServiceStopping)
    async def ending(request: Request, error: ServiceStopping) -> Response:
        return JSONResponse(stopping(error).body, 503, headers={"Connection": "close"})

    @app.exception_handler(ClientGone)
    @app.exception_handler(ClientDisconnect)  # it went while it sent its request
    async def gone(request: Request, error: Exception) -> Response:
        return Response(status_code=GONE)

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:  # the server logs the traceback
        return JSONResponse(internal().body, 500)


def _allowed(app: FastAPI, request: Request) -> str:
    """The methods of all routes of this path: the router names those of the first alone."""
    fitting = [route for route in app.routes if route.matches(request.scope)[0] is not Match.NONE]
    named = [route for route in fitting if getattr(route, "path", None) == request.url.path]  # not `{id}`
    fitting = named or fitting
    return ", ".join(sorted({method for route in fitting for method in getattr(route, "methods", ())}))
