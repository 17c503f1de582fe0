"""Operations carried out: the request as it is built, and a real service, called by its own document."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

import pytest
import uvicorn
from fastapi import FastAPI, Header, HTTPException, Query
from fastapi.responses import PlainTextResponse, StreamingResponse
from pydantic import BaseModel, Field

from sftctl.core.errors import ToolsetError
from sftctl.core.tools.calls import run_tool
from sftctl.core.types import Json, Limits, Tool
from sftctl.plugins.toolcall import checks
from sftctl.plugins.toolsources.openapi import load
from sftctl.plugins.toolsources.openapi_call import Operation, Place, request_of

# ---------------------------------------------------------------- requests


def build(arguments: dict[str, Json], media: str = "", **places: Place) -> dict[str, Any]:
    return request_of("http://h/v1", Operation("post", "/a/{id}", places, media), arguments)


def test_arguments_go_where_they_belong() -> None:
    request = build(
        {"id": "a/b c", "q": [1, True], "csv": ["x", "y"], "deep": {"k": 1}, "flat": {"m": "n"}, "X": 3},
        id=Place("path", "id"),
        q=Place("query", "q[]"),
        csv=Place("query", "csv", explode=False),
        deep=Place("query", "deep", style="deepObject"),
        flat=Place("query", "flat"),
        X=Place("header", "X-Y"),
    )
    assert request == {
        "method": "POST",
        "url": "http://h/v1/a/a%2Fb%20c",
        "params": [("q[]", "1"), ("q[]", "true"), ("csv", "x,y"), ("deep[k]", "1"), ("m", "n")],
        "headers": {"X-Y": "3"},
    }


NAME, WHOLE = Place("body", "na me"), Place("body", "")


@pytest.mark.parametrize(
    ("media", "place", "value", "expected"),
    [
        ("application/json", NAME, 1, {"content": b'{"na me": 1}', "headers": {"Content-Type": "application/json"}}),
        ("*/*", WHOLE, [1], {"content": b"[1]", "headers": {"Content-Type": "application/json"}}),
        ("application/x+json", WHOLE, None, {"content": b"null", "headers": {"Content-Type": "application/x+json"}}),
        ("application/x-www-form-urlencoded", NAME, [1], {"data": {"na me": [1]}, "headers": {}}),
        ("multipart/form-data", NAME, 1, {"files": {"na me": (None, "1")}, "headers": {}}),
        ("text/plain", WHOLE, "hé", {"content": "hé".encode(), "headers": {"Content-Type": "text/plain"}}),
    ],
)
def test_bodies_are_written_as_their_media_type_asks(
    media: str, place: Place, value: Json, expected: dict[str, Any]
) -> None:
    request = build({"x": value}, media, x=place)
    assert {key: request[key] for key in expected} == expected


# ---------------------------------------------------------------- a real service


class Visit(BaseModel):
    day: date
    reason: str | None = None
    weights: list[float] = []


def create_service() -> FastAPI:
    service = FastAPI(title="Vet")

    @service.post("/v1/pets/{pet_id}/visits", operation_id="book_visit")
    def book(
        pet_id: Annotated[int, Field(ge=1)],
        visit: Visit,
        urgent: bool = False,
        tag: Annotated[list[str] | None, Query()] = None,
        x_tenant: Annotated[str, Header()] = "none",
    ) -> dict[str, Any]:
        """Book a visit of the vet."""
        return {"pet": pet_id, "visit": visit, "urgent": urgent, "tags": tag, "tenant": x_tenant}

    @service.get("/v1/text", operation_id="read_text", response_class=PlainTextResponse)
    def read_text() -> str:
        """Read a text."""
        return "plain"

    @service.delete("/v1/pets/{pet_id}", operation_id="remove_pet")
    def remove(pet_id: int) -> None:
        """Remove a pet."""
        raise HTTPException(404, "no such pet")

    @service.get("/v1/slow", operation_id="wait_long")
    def slow() -> StreamingResponse:
        """Wait long."""

        def drip() -> Iterator[bytes]:
            for _ in range(100):
                time.sleep(0.05)
                yield b"."

        return StreamingResponse(drip())

    @service.get("/v1/much", operation_id="read_much")
    def much() -> PlainTextResponse:
        """Read very much."""
        return PlainTextResponse("x" * 2_000_000)

    return service


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_service(), log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


def tools_of(url: str, timeout: float = 30, network: bool = True) -> dict[str, Tool]:
    limits = Limits(timeout=timeout, network=network)
    return {tool.name: tool for tool in load(f"{url}/openapi.json", limits).tools}


def test_a_service_is_called_by_its_own_document(url: str) -> None:
    book = tools_of(url)["book_visit"]
    assert book.description == "Book a visit of the vet."
    assert book.parameters == {
        "type": "object",
        "properties": {
            "pet_id": {"type": "integer", "minimum": 1},
            "urgent": {"type": "boolean", "default": False},
            "tag": {"type": ["array", "null"], "items": {"type": "string"}},
            "x-tenant": {"type": "string", "default": "none"},
            "day": {"type": "string", "format": "date"},
            "reason": {"type": ["string", "null"]},
            "weights": {"type": "array", "items": {"type": "number"}, "default": []},
        },
        "required": ["pet_id", "day"],
    }
    arguments = {"pet_id": 7, "day": "2026-03-14", "weights": [1.5], "urgent": True, "tag": ["a", "b"], "x-tenant": "t"}
    assert run_tool(book, arguments) == (
        {
            "pet": 7,
            "visit": {"day": "2026-03-14", "reason": None, "weights": [1.5]},
            "urgent": True,
            "tags": ["a", "b"],
            "tenant": "t",
        },
        "",
    )


@pytest.mark.parametrize(
    ("name", "arguments", "result", "failure"),
    [
        ("read_text", {}, "plain", ""),
        ("remove_pet", {"pet_id": 1}, None, 'HTTP 404: {"detail":"no such pet"}'),
        ("book_visit", {"pet_id": 0, "day": "2026-03-14"}, None, "HTTP 422: "),
        ("read_much", {}, None, "ValueError: the answer is longer than"),
    ],
)
def test_answers_and_failures(url: str, name: str, arguments: dict[str, Json], result: Json, failure: str) -> None:
    answered, said = run_tool(tools_of(url)[name], arguments)
    assert answered == result
    assert said.startswith(failure)
    assert bool(said) == bool(failure)


def test_a_service_that_drips_is_not_waited_for(url: str) -> None:
    waited = run_tool(tools_of(url, timeout=0.5)["wait_long"], {})
    assert waited == (None, "TimeoutError: it took longer than 0.5 seconds.")


def test_without_network_nothing_is_called(url: str) -> None:
    assert run_tool(tools_of(url, network=False)["read_text"], {})[1].startswith("NetworkOff")


def test_synthesis_never_calls_it(url: str) -> None:
    tool = tools_of(url)["remove_pet"]
    assert checks.run(tool, {"pet_id": 1}) == (None, "")


def test_a_service_that_is_not_there() -> None:
    with pytest.raises(ToolsetError, match="cannot be fetched"):
        load("http://127.0.0.1:9/openapi.json", Limits())


def test_a_page_that_is_no_document(url: str) -> None:
    with pytest.raises(ToolsetError, match="404"):
        load(f"{url}/none.json", Limits())
    with pytest.raises(ToolsetError, match=r"is no OpenAPI document.*A list of tools is read from a file"):
        load(f"{url}/v1/text", Limits())
