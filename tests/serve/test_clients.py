"""What clients and frameworks send beyond the plain call: their own fields, their own spellings, every parameter."""

import typing
from typing import Any

import httpx
import pytest
from fakes import ScriptedEngine
from openai import OpenAI
from openai.types import completion_create_params as completions
from openai.types.chat import completion_create_params as chat
from openai.types.responses import response_create_params as responses
from serving import WEATHER, ask, chat_body, events, post

from sftctl.serve.openapi import REQUESTS


@pytest.mark.parametrize(
    ("path", "official"),
    [
        ("/v1/chat/completions", chat.CompletionCreateParamsBase),
        ("/v1/completions", completions.CompletionCreateParamsBase),
        ("/v1/responses", responses.ResponseCreateParamsBase),
    ],
)
def test_every_parameter_of_the_official_client_is_known(path: str, official: Any) -> None:
    """Honoured or refused for what it asks, but never taken for a slip of the pen."""
    kind = REQUESTS[path]
    known = {*kind.model_fields, *kind.refused(), *kind.labels}
    assert set(typing.get_type_hints(official)) <= known


def test_strict_beside_the_function_counts(url: str) -> None:
    loose = {**WEATHER, "function": {**WEATHER["function"], "parameters": {"properties": {"a": {"not": {}}}}}}
    for tool, status in ((loose, 200), (loose | {"strict": True}, 400), (loose | {"strict": False}, 200)):
        answer = httpx.post(f"{url}/chat/completions", json=chat_body("hello", model="exact", tools=[tool]))
        assert answer.status_code == status
    own = loose | {"strict": True, "function": {**loose["function"], "strict": False}}
    assert post(url, "chat/completions", chat_body("hello", model="exact", tools=[own]))


def test_strict_beside_the_function_is_not_shown_to_the_model(client: OpenAI, engine: ScriptedEngine) -> None:
    prompts = []
    for tool in (WEATHER, WEATHER | {"strict": False}):
        ask(client, "hello", tools=[tool])
        prompts.append(engine.requests[-1].prompt)
    assert prompts[0] == prompts[1]


@pytest.mark.parametrize("name", ["enable_thinking", "thinking"])
def test_not_to_think_asks_for_nothing(client: OpenAI, url: str, name: str) -> None:
    assert ask(client, "hello", extra_body={"chat_template_kwargs": {name: False}}).choices
    refused = httpx.post(f"{url}/chat/completions", json=chat_body("x", chat_template_kwargs={name: True}))
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "chat_template_kwargs")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("chat/completions", chat_body("both", tools=[WEATHER])),
        ("completions", {"model": "base", "prompt": "x", "max_tokens": 9}),
    ],
)
def test_the_usage_so_far(url: str, path: str, body: dict[str, Any]) -> None:
    options = {"include_usage": True, "continuous_usage_stats": True}
    *chunks, last = events(url, path, body | {"stream_options": options})
    assert last["choices"] == []
    counts = [chunk["usage"]["completion_tokens"] for chunk in [*chunks, last]]
    assert counts == sorted(counts) and counts[0] < counts[-1]
    assert {chunk["usage"]["prompt_tokens"] for chunk in chunks} == {last["usage"]["prompt_tokens"]}
    alone = events(url, path, body | {"stream_options": {"continuous_usage_stats": True}})
    assert all("usage" not in chunk for chunk in alone)
