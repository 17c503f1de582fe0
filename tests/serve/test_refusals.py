"""What the service does not do, it says: a 400 that names the parameter, never a 422, never silence."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from fakes import FakeEngine
from openai import OpenAI
from serving import WEATHER, ask, chat_body

from sftctl.core.manager import Plugins
from sftctl.core.types import Generation
from sftctl.plugins.hermes import Hermes
from sftctl.serve.app import create_app
from sftctl.serve.chat import ChatModel
from sftctl.serve.server import running
from sftctl.serve.service import Service

DEEP = b'{"x": ' + b"[" * 100 + b"]" * 100 + b"}"
NAMED = {"type": "function", "function": {"name": "get_weather"}}
STRICT = {"type": "function", "function": {**WEATHER["function"], "strict": True}}


def choose(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


def tool(name: str, parameters: Any, **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": parameters, **more}}


def schema(**keywords: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "x", "schema": keywords}}


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({"n": 17}, "n", "invalid_value"),
        ({"n": True}, "n", "invalid_value"),
        ({"store": True}, "store", "unsupported_parameter"),
        ({"functions": []}, "functions", "unsupported_parameter"),
        ({"reasoning_effort": "high"}, "reasoning_effort", "unsupported_parameter"),
        ({"temprature": 1}, "temprature", "unknown_parameter"),
        ({"temperature": 3}, "temperature", "invalid_value"),
        ({"temperature": "hot"}, "temperature", "invalid_value"),
        ({"max_tokens": 0}, "max_tokens", "invalid_value"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, "max_tokens", "invalid_value"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop", "invalid_value"),
        ({"stop": [""]}, "stop[0]", "invalid_value"),
        ({"stream": False, "stream_options": {"include_usage": True}}, "stream_options", "invalid_value"),
        ({"top_logprobs": 2}, "top_logprobs", "invalid_value"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs", "invalid_value"),
        ({"logit_bias": {"x": 1}}, "logit_bias", "invalid_value"),
        ({"logit_bias": {"100000": 1}}, "logit_bias", "invalid_value"),
        ({"logit_bias": {"9" * 5000: 1}}, "logit_bias", "invalid_value"),
        ({"top_k": -2}, "top_k", "invalid_value"),
        ({"min_p": 1.5}, "min_p", "invalid_value"),
        ({"repetition_penalty": 0}, "repetition_penalty", "invalid_value"),
        ({"min_tokens": 6, "max_tokens": 5}, "min_tokens", "invalid_value"),
        ({"stop_token_ids": [100000]}, "stop_token_ids", "invalid_value"),
        ({"model": "plain", "repetition_penalty": 1.1}, "repetition_penalty", "unsupported_parameter"),
        ({"model": "plain", "min_tokens": 5}, "min_tokens", "unsupported_parameter"),
        ({"use_beam_search": True}, "use_beam_search", "unsupported_parameter"),
        ({"chat_template_kwargs": {"x": 1}}, "chat_template_kwargs", "unsupported_parameter"),
        (
            {"stream": True, "stream_options": {"include_obfuscation": True}},
            "stream_options.include_obfuscation",
            "invalid_value",
        ),
        (
            {"stream": True, "stream_options": {"include_obfuscation": 0}},
            "stream_options.include_obfuscation",
            "invalid_value",
        ),
        ({"logit_bias": {"1": 101}}, "logit_bias.1", "invalid_value"),
        ({"model": "plain", "logit_bias": {"1": 1}}, "logit_bias", "unsupported_parameter"),
        ({"model": "plain", "logprobs": True}, "logprobs", "unsupported_parameter"),
        ({"model": "plain", "frequency_penalty": 1}, "frequency_penalty", "unsupported_parameter"),
        ({"messages": []}, "messages", "invalid_value"),
        ({"messages": None}, "messages", "invalid_value"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages[0].role", "invalid_value"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "invalid_value"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            "messages[0].content[0].type",
            "invalid_value",
        ),
        (
            {"messages": [{"role": "tool", "tool_call_id": "x", "content": "x"}]},
            "messages[0].tool_call_id",
            "invalid_value",
        ),
        ({"tools": [WEATHER, WEATHER]}, "tools[1].function.name", "invalid_value"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name", "missing_required_parameter"),
        ({"tool_choice": "maybe"}, "tool_choice", "invalid_value"),
        ({"tool_choice": "required"}, "tool_choice", "invalid_value"),
        ({"parallel_tool_calls": False}, "parallel_tool_calls", "invalid_value"),
        ({"tools": [WEATHER], "tool_choice": choose("get_wether")}, "tool_choice", "invalid_value"),
        # an engine that cannot be constrained
        ({"tools": [WEATHER], "tool_choice": "required"}, "tool_choice", "unsupported_parameter"),
        ({"tools": [WEATHER], "tool_choice": NAMED}, "tool_choice", "unsupported_parameter"),
        ({"tools": [STRICT]}, "tools[0].function.strict", "unsupported_parameter"),
        ({"response_format": {"type": "json_object"}}, "response_format", "unsupported_parameter"),
        # schemas that cannot be enforced
        ({"response_format": {"type": "yaml"}}, "response_format.type", "invalid_value"),
        # schemas that are none, whatever was promised
        *(
            ({"tools": [tool("f", made)]}, "tools[0].function.parameters", "invalid_function_parameters")
            for made in (
                {"type": "string"},
                {"properties": []},
                {"properties": {"a": 5}},
                {"properties": {"a": {"enum": 5}}},
                {"properties": {"a": {"anyOf": {}}}},
                {"required": "a"},
            )
        ),
        (
            {"model": "exact", "tools": [tool("f", {"properties": {"a": {"type": 5}}})]},
            "tools[0].function.parameters",
            "invalid_function_parameters",
        ),
        (
            {"model": "exact", "response_format": schema(uniqueItems=True)},
            "response_format.json_schema.schema",
            "invalid_json_schema",
        ),
        (
            {"model": "exact", "response_format": schema(type="dict")},
            "response_format.json_schema.schema",
            "invalid_json_schema",
        ),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_not_supported_is_named(url: str, change: dict[str, Any], param: str, code: str, stream: bool) -> None:
    response = httpx.post(f"{url}/chat/completions", json=chat_body("hello", stream=stream) | change)
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["type"]) == (400, param, "invalid_request_error")
    assert error["code"] == code
    if code not in ("invalid_json_schema", "invalid_function_parameters"):
        assert param in error["message"]


@pytest.mark.parametrize("keyword", ["not", "patternProperties", "uniqueItems", "if", "contains", "dependentRequired"])
def test_a_keyword_that_cannot_be_enforced_is_named(url: str, keyword: str) -> None:
    parameters = {"type": "object", "properties": {"a": {keyword: {} if keyword != "uniqueItems" else True}}}
    body = chat_body("hello", model="exact", tools=[WEATHER, tool("f", parameters)])
    for change in ({"tool_choice": "required"}, {"tools": [tool("f", parameters, strict=True)]}):
        response = httpx.post(f"{url}/chat/completions", json=body | change)
        assert response.status_code == 400
        assert f"'{keyword}' (at properties.a.{keyword})" in response.json()["error"]["message"]
    free = httpx.post(f"{url}/chat/completions", json=body)  # nothing was promised: but it is said
    assert free.status_code == 200
    assert free.headers["x-sftctl-unconstrained-tools"] == f"f ({keyword} at properties.a)"


def test_an_unknown_format_is_refused_where_strict(url: str) -> None:
    parameters = {"type": "object", "properties": {"a": {"type": "string", "format": "colour"}}}
    body = chat_body("hello", model="exact")
    output = {"type": "json_schema", "json_schema": {"name": "x", "schema": parameters, "strict": True}}
    for change in ({"tools": [tool("f", parameters, strict=True)]}, {"response_format": output}):
        response = httpx.post(f"{url}/chat/completions", json=body | change)
        assert response.status_code == 400
        assert "'format' 'colour' (at properties.a.format)" in response.json()["error"]["message"]
    free = httpx.post(f"{url}/chat/completions", json=body | {"tools": [tool("f", parameters)]})
    assert free.status_code == 200
    assert "x-sftctl-unconstrained-tools" not in free.headers, "a validator passes over it too"


def test_a_misspelled_parameter_gets_a_hint(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="Did you mean 'temperature'"):
        ask(client, "hello", extra_body={"temprature": 1})


@pytest.mark.parametrize("path", ["chat/completions", "completions", "responses"])
@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"\xff", b'{"seed": NaN}', b'{"model": "\\ud800"}', b"[" * 100_000, DEEP]
)
def test_a_body_that_is_no_json(url: str, path: str, raw: bytes) -> None:
    response = httpx.post(f"{url}/{path}", content=raw)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_json")


def test_other_errors_have_the_shape_too(client: OpenAI, url: str) -> None:
    with pytest.raises(openai.NotFoundError, match=r"The model 'nope' does not exist\. Served here: base") as caught:
        ask(client, "hello", model="nope")
    assert caught.value.code == "model_not_found"
    assert httpx.get(f"{url}/nowhere").json()["error"]["message"] == "Unknown URL: GET /v1/nowhere"
    lost = httpx.get(f"{url.removesuffix('/v1')}/models")
    assert lost.status_code == 404 and lost.json()["error"]["message"].endswith("Did you mean /v1/models?")
    wrong = httpx.get(f"{url}/chat/completions")
    assert (wrong.status_code, wrong.json()["error"]["type"]) == (405, "invalid_request_error")


@pytest.mark.parametrize("stream", [False, True])
def test_a_history_that_cannot_be_shown_is_the_clients_fault(client: OpenAI, stream: bool) -> None:
    made = {"id": "call_1", "type": "function", "function": {"name": "now", "arguments": "{oops"}}
    result = {"role": "tool", "tool_call_id": "call_1", "content": ""}
    messages = [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [made]}, result]
    with pytest.raises(openai.BadRequestError, match="arguments of the call to 'now' are no JSON"):
        ask(client, "", messages=messages, stream=stream)


class Failing(FakeEngine):
    """An engine that breaks after two tokens."""

    def write(self, request: Generation) -> Iterator[int]:
        yield 70
        yield 71
        raise RuntimeError("a secret detail")


def test_a_failure_is_500_and_keeps_its_details(tokenizer: Any, caplog: pytest.LogCaptureFixture) -> None:
    service = Service([ChatModel("base", Failing(tokenizer), Hermes(), tokenizer)])
    caplog.set_level(logging.CRITICAL, logger="uvicorn.error")
    with running(create_app(Plugins(), service)) as url:
        whole = httpx.post(f"{url}/chat/completions", json=chat_body("x"))
        assert (whole.status_code, whole.json()["error"]["type"]) == (500, "server_error")
        streamed = httpx.post(f"{url}/chat/completions", json=chat_body("x", stream=True)).text
    assert "secret" not in whole.text + streamed
    last = streamed.split("\n\n")[-2]
    assert json.loads(last.removeprefix("data: "))["error"]["type"] == "server_error"
