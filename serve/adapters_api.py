"""`/v1/load_lora_adapter` and `/v1/unload_lora_adapter`, named as vLLM names them: off unless they are asked for."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from sftctl.core.errors import SftctlError, StoreError
from sftctl.serve import protocol
from sftctl.serve.chat import ChatModel
from sftctl.serve.connection import Body, body_of
from sftctl.serve.middleware import ApiKeys
from sftctl.serve.protocol import ApiError, invalid, read
from sftctl.serve.service import Service


@dataclass(frozen=True)
class Admin:
    """Who may load and unload adapters, and how one is loaded: `load(run, name)`, `run` the name of a run."""

    keys: ApiKeys
    load: Callable[[str, str], ChatModel]


class LoadAdapter(protocol.Request):
    """Body of `POST /v1/load_lora_adapter`."""

    lora_name: Annotated[str, Field(min_length=1, max_length=200)]
    """What it is to be called."""
    lora_path: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """The name of the run that made it, never a path; left out, the same as `lora_name`."""
    load_inplace: bool | None = None
    """Whether to replace the adapter of that name."""


class UnloadAdapter(protocol.Request):
    """Body of `POST /v1/unload_lora_adapter`."""

    lora_name: Annotated[str, Field(min_length=1, max_length=200)]


def add_adapters(app: FastAPI, service: Service, admin: Admin) -> None:
    one_at_a_time = asyncio.Lock()

    @app.post("/v1/load_lora_adapter")
    async def load_lora_adapter(request: Request) -> Response:
        """Serve the adapter of a run, beside or instead of what is served."""
        asked = read(LoadAdapter, await body_of(request))
        service.check_ready()
        async with one_at_a_time:
            known = service.models.get(asked.lora_name)
            if known and (known.adapter is None or not asked.load_inplace):
                raise invalid("lora_name", f"a model '{asked.lora_name}' is served already")
            try:
                model = await asyncio.to_thread(admin.load, asked.lora_path or asked.lora_name, asked.lora_name)
            except StoreError as error:
                raise ApiError(str(error), status=404, param="lora_path", code="adapter_not_found") from None
            except SftctlError as error:
                raise ApiError(str(error), param="lora_path", code="invalid_value") from None
            service.put(model)
        return JSONResponse(_said(asked.lora_name, "loaded"))

    @app.post("/v1/unload_lora_adapter")
    async def unload_lora_adapter(request: Request) -> Response:
        """Serve an adapter no more; what it was asked goes on."""
        asked = read(UnloadAdapter, await body_of(request))
        async with one_at_a_time:
            service.unload(asked.lora_name)
        return JSONResponse(_said(asked.lora_name, "unloaded"))


def _said(name: str, status: str) -> Body:
    return {"id": name, "object": "lora_adapter", "status": status}
