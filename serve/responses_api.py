"""`/v1/responses`: create, streamed or whole; count; look at, go on from, and delete what is stored."""

import asyncio
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from sftctl.core.types import Message
from sftctl.serve.chat_api import remarks
from sftctl.serve.connection import Body, EventResponse, body_of, while_connected
from sftctl.serve.history import settle
from sftctl.serve.planning import prompt_of
from sftctl.serve.protocol import ApiError, invalid, unsupported
from sftctl.serve.responses import ResponseWriter
from sftctl.serve.responses_request import InputTokensRequest, ResponsesRequest, read_responses
from sftctl.serve.service import Service

MAX_STORED = 1000
MAX_STORED_CHARACTERS = 64_000_000


@dataclass(frozen=True)
class Stored:
    """A finished response, and the conversation up to its end."""

    body: Body
    messages: tuple[Message, ...]
    items: Sequence[Body]
    """What its own request gave as `input`; what it went on from is in the response before it."""
    size: int


class ResponseStore:
    """The newest responses, in memory: they are gone when the server ends. Thread-safe."""

    def __init__(self, count: int = MAX_STORED, characters: int = MAX_STORED_CHARACTERS) -> None:
        self._count, self._characters = count, characters
        self._stored: OrderedDict[str, Stored] = OrderedDict()
        self._written: dict[str, Body] = {}
        """The items of their outputs by id."""
        self._size = 0
        self._lock = threading.Lock()

    def put(self, body: Body, messages: tuple[Message, ...], items: Sequence[Body]) -> None:
        """Keep a response; the oldest give way."""
        size = len(json.dumps([body, messages, items], ensure_ascii=False))
        with self._lock:
            self._stored[body["id"]] = Stored(body, messages, items, size)
            self._written |= {item["id"]: item for item in body["output"]}
            self._size += size
            while len(self._stored) > self._count or (self._size > self._characters and len(self._stored) > 1):
                self._forget(next(iter(self._stored)))

    def get(self, id: str, param: str | None = None) -> Stored:
        """Raises ApiError where there is none: 400 if a parameter names it, else 404."""
        with self._lock:
            if id in self._stored:
                return self._stored[id]
        raise ApiError(
            f"{'Previous response' if param else 'Response'} with id '{id[:80]}' not found. {self._kept}",
            status=400 if param else 404,
            param=param,
            code="previous_response_not_found" if param else "response_not_found",
        )

    def item(self, id: str) -> Body:
        """What a stored response wrote, one item of its output. Raises ApiError (404) where there is none."""
        with self._lock:
            if id in self._written:
                return self._written[id]
        raise ApiError(f"Item with id '{id[:80]}' not found. {self._kept}", status=404, param="input")

    def conversation(self, asked: ResponsesRequest) -> tuple[Message, ...]:
        """The messages that a request goes on from, and its own. Raises ApiError (400) where they do not fit."""
        before: tuple[Message, ...] = ()
        if asked.previous_response_id:
            before = self.get(asked.previous_response_id, "previous_response_id").messages
        return settle((*before, *asked.new_messages), lambda at, part: "input")

    def delete(self, id: str) -> None:
        self.get(id)
        with self._lock:
            if id in self._stored:
                self._forget(id)

    def _forget(self, id: str) -> None:
        found = self._stored.pop(id)
        self._size -= found.size
        for item in found.body["output"]:
            del self._written[item["id"]]

    @property
    def _kept(self) -> str:
        return f"This server keeps the newest {self._count} responses in memory, until it ends."


def add_responses(app: FastAPI, service: Service) -> None:
    store = ResponseStore()

    @app.post("/v1/responses")
    async def create_response(request: Request) -> Response:
        """Answer a conversation, streamed or whole."""
        deadline = service.deadline()
        asked = read_responses(await deadline.wait(body_of(request))).resolved(store.item)
        service.check_length("max_output_tokens", asked.max_output_tokens)
        model = service.find(asked.model)
        conversation = store.conversation(asked)
        answering = await service.answer(model, asked.asked(conversation, service.max_tokens), deadline)

        def keep(body: Body) -> None:
            if asked.store is not False:
                store.put(body, (*conversation, answering.choices[0].message()), asked.items())

        writer = ResponseWriter(asked, answering, service.spell(model), keep)
        if asked.stream:
            return EventResponse(answering, writer.events(), writer.failed, remarks(answering))
        return JSONResponse(await while_connected(request, writer.finish()), headers=remarks(answering))

    @app.post("/v1/responses/input_tokens")
    async def count_input_tokens(request: Request) -> Body:
        """How many tokens the model would be shown."""
        deadline = service.deadline()
        asked = read_responses(await deadline.wait(body_of(request)), InputTokensRequest).resolved(store.item)
        model = service.find(asked.model)
        wanted = asked.asked(store.conversation(asked), service.max_tokens)
        prompt = await deadline.wait(asyncio.to_thread(prompt_of, model, wanted))
        return {"object": "response.input_tokens", "input_tokens": len(prompt)}

    @app.get("/v1/responses/{id}")
    async def retrieve_response(id: str, request: Request) -> Body:
        """A stored response, whole: what was streamed is not kept."""
        for name, value in request.query_params.items():
            if name != "include[]" and value.lower() not in ("", "false"):
                raise unsupported(name, "a stored response is given back whole")
        return store.get(id).body

    @app.get("/v1/responses/{id}/input_items")
    async def list_input_items(id: str, request: Request) -> Body:
        """What a stored response was asked: its own input, the newest first."""
        return _page(store.get(id).items, dict(request.query_params))

    @app.post("/v1/responses/{id}/cancel", status_code=400)
    async def cancel_response(id: str) -> Body:
        """Refused: what can be found has ended."""
        store.get(id)
        raise ApiError("Cannot cancel a synchronous response: this server makes none of the background.")

    @app.delete("/v1/responses/{id}")
    async def delete_response(id: str) -> Body:
        """Forget a stored response."""
        store.delete(id)
        return {"id": id, "object": "response", "deleted": True}


MAX_ITEMS = 100
"""Items of one page; OpenAI's limit."""


def _page(items: Sequence[Body], query: Mapping[str, str]) -> Body:
    """A page of `items` (`after`, `limit`, `order`). Raises ApiError (400) for what cannot be asked."""
    for name in query:
        if name not in ("after", "limit", "order", "include[]", "include"):
            raise ApiError(f"Unknown parameter: '{name[:100]}'.", param=name[:100], code="unknown_parameter")
    order, limit = query.get("order", "desc"), query.get("limit", "20")
    if order not in ("asc", "desc"):
        raise invalid("order", "it is 'asc' or 'desc'")
    if not (limit.isascii() and limit.isdigit() and len(limit) < 5 and 1 <= int(limit) <= MAX_ITEMS):
        raise invalid("limit", f"it is a number from 1 to {MAX_ITEMS}")
    ordered = list(items if order == "asc" else reversed(items))
    if (after := query.get("after")) is not None:
        ids = [item["id"] for item in ordered]
        if after not in ids:
            raise invalid("after", "no item of the response has this id")
        ordered = ordered[ids.index(after) + 1 :]
    page = ordered[: int(limit)]
    ends = {"first_id": page[0]["id"] if page else None, "last_id": page[-1]["id"] if page else None}
    return {"object": "list", "data": page, **ends, "has_more": len(ordered) > len(page)}
