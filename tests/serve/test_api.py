"""The service as a client meets it: the official `openai` client against a really running server."""

import json
import logging
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import openai
import pytest
from fakes import FakeEngine, ScriptedEngine
from openai import OpenAI

from sftctl.core.errors import SftctlError
from sftctl.core.hookspecs import hookimpl
from sftctl.core.manager import Plugins, Provider
from sftctl.core.types import Generation
from sftctl.plugins.hermes import Hermes
from sftctl.serve.app import create_app
from sftctl.serve.chat import ChatModel, Service
from sftctl.serve.server import listen, running

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
TIME: Any = {"type": "function", "function": {"name": "now"}}


def call(name: str, arguments: dict[str, Any]) -> str:
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments}, ensure_ascii=False)}\n</tool_call>"


SCRIPT = {
    "hello": "Hello! 日本 👋 How can I help?",
    "weather": call("get_weather", {"city": "Köln"}),
    "both": "Let me look.\n" + call("get_weather", {"city": "Rome"}) + "\n" + call("now", {}),
    "broken": 'I try: <tool_call>\n{"name": "get_weather", "arg',
    "less": "1 < 2 and <tool is no call \n",
    "long": "word " * 400,
    "slow": "word " * 4000,
}


def script(prompt: str) -> str:
    if "<tool_response>" in prompt:
        return "The result is " + prompt.rpartition("<tool_response>\n")[2].partition("\n</tool_response>")[0] + "."
    asked = prompt.rpartition("<|im_start|>user\n")[2].partition("<|im_end|>")[0]
    return SCRIPT.get(asked, f"You said {asked!r}" + (" and showed tools." if "<tools>" in prompt else "."))


class Routes:
    """A plugin that adds a route."""

    @hookimpl
    def sftctl_routes(self, app: Any, state: Any) -> None:
        app.get("/v1/names")(lambda: list(state.models))


@pytest.fixture(scope="module")
def engine(tokenizer: Any) -> ScriptedEngine:
    return ScriptedEngine(tokenizer, script)


@pytest.fixture(scope="module")
def slow(tokenizer: Any) -> ScriptedEngine:
    return ScriptedEngine(tokenizer, script, pause=0.005)


@pytest.fixture(scope="module")
def url(tokenizer: Any, engine: ScriptedEngine, slow: ScriptedEngine) -> Iterator[str]:
    plugins = Plugins()
    plugins.register(Routes(), Provider("routes"))
    engines = {"base": engine, "org/tuned": engine, "slow": slow}
    models = [ChatModel(name, engines[name], Hermes(), tokenizer) for name in engines]
    service = Service(models, max_tokens=300)
    with running(create_app(plugins, service)) as base_url:
        yield base_url


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=url, api_key="none", max_retries=0) as found:
        yield found


def ask(client: OpenAI, text: str, **more: Any) -> Any:
    messages: Any = more.pop("messages", [{"role": "user", "content": text}])
    return client.chat.completions.create(model=more.pop("model", "base"), messages=messages, **more)


# ---------------------------------------------------------------- models


def test_models(client: OpenAI, url: str) -> None:
    assert [model.id for model in client.models.list()] == ["base", "org/tuned", "slow"]
    assert client.models.retrieve("org/tuned").id == "org/tuned"
    with pytest.raises(openai.NotFoundError, match="The model 'nope' does not exist"):
        client.models.retrieve("nope")
    assert httpx.get(url.removesuffix("/v1") + "/health").json() == {"status": "ok"}
    assert httpx.get(f"{url}/names").json() == ["base", "org/tuned", "slow"]


# ---------------------------------------------------------------- answers


def test_a_plain_answer(client: OpenAI) -> None:
    answer = ask(client, "hello", store=False, n=1, user="me", temperature=0.001, response_format={"type": "text"})
    choice = answer.choices[0]
    assert (choice.message.role, choice.message.content) == ("assistant", SCRIPT["hello"])
    assert (choice.finish_reason, choice.message.tool_calls) == ("stop", None)
    assert answer.object == "chat.completion"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 10


def test_a_call_and_its_result(client: OpenAI) -> None:
    first = ask(client, "weather", tools=[WEATHER], tool_choice="auto", parallel_tool_calls=True).choices[0]
    assert (first.finish_reason, first.message.content) == ("tool_calls", None)
    (made,) = first.message.tool_calls
    assert (made.type, made.function.name, made.function.arguments) == (
        "function",
        "get_weather",
        '{"city": "Köln"}',
    )
    assert made.id.startswith("call_")
    result = {"role": "tool", "tool_call_id": made.id, "content": "21 degrees"}
    second = ask(client, "", messages=[{"role": "user", "content": "weather"}, first.message, result], tools=[WEATHER])
    assert second.choices[0].message.content == "The result is 21 degrees."


def test_text_and_two_calls(client: OpenAI) -> None:
    message = ask(client, "both", tools=[WEATHER, TIME]).choices[0].message
    assert message.content == "Let me look."
    assert [made.function.arguments for made in message.tool_calls] == ['{"city": "Rome"}', "{}"]
    assert len({made.id for made in message.tool_calls}) == 2


def test_parallel_tool_calls_false_gives_one(client: OpenAI) -> None:
    for stream in (False, True):
        answer = ask(client, "both", tools=[WEATHER, TIME], parallel_tool_calls=False, stream=stream)
        calls = collect(answer)[1] if stream else answer.choices[0].message.tool_calls
        assert len(calls) == 1


def test_tool_choice_none_shows_no_tools(client: OpenAI) -> None:
    assert ask(client, "x", tools=[WEATHER]).choices[0].message.content == "You said 'x' and showed tools."
    assert ask(client, "x", tools=[WEATHER], tool_choice="none").choices[0].message.content == "You said 'x'."


def test_a_malformed_call_is_content(client: OpenAI) -> None:
    choice = ask(client, "broken", tools=[WEATHER]).choices[0]
    assert (choice.message.content, choice.finish_reason) == (SCRIPT["broken"], "stop")


def test_limits_and_stops(client: OpenAI, engine: ScriptedEngine) -> None:
    cut = ask(client, "long", max_completion_tokens=7)
    assert (cut.choices[0].finish_reason, cut.usage.completion_tokens) == ("length", 7)
    assert ask(client, "long").usage.completion_tokens == 300  # the server's own limit
    stopped = ask(client, "hello", stop=["How", "zzz"]).choices[0]
    assert (stopped.message.content, stopped.finish_reason) == ("Hello! 日本 👋 ", "stop")
    ask(client, "hello", seed=7, temperature=0.5, top_p=0.9, stop=None)
    sampling = engine.samplings[-1]
    assert (sampling.seed, sampling.temperature, sampling.top_p, sampling.stop) == (7, 0.5, 0.9, ())


def test_roles_and_parts(client: OpenAI) -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    messages = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": parts}]
    assert ask(client, "", messages=messages).choices[0].message.content == "You said 'ab'."


# ---------------------------------------------------------------- streams


def collect(stream: Any) -> tuple[str | None, list[dict[str, Any]], str | None, Any]:
    """Content, calls, reason and usage that a stream adds up to."""
    content: str | None = None
    calls: list[dict[str, Any]] = []
    reason = usage = None
    for chunk in stream:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            content = content if choice.delta.content is None else (content or "") + choice.delta.content
            reason = choice.finish_reason or reason
            for part in choice.delta.tool_calls or ():
                if part.index == len(calls):
                    calls.append({"id": part.id, "name": part.function.name, "arguments": ""})
                calls[part.index]["arguments"] += part.function.arguments
    return content, calls, reason, usage


@pytest.mark.parametrize("text", ["hello", "weather", "both", "broken", "less", "long"])
@pytest.mark.parametrize("tools", [[], [WEATHER, TIME]])
def test_streamed_is_not_streamed(client: OpenAI, text: str, tools: list[Any]) -> None:
    options: Any = {"tools": tools} if tools else {}
    whole = ask(client, text, **options)
    message = whole.choices[0].message
    streamed = ask(client, text, stream=True, stream_options={"include_usage": True}, **options)
    content, calls, reason, usage = collect(streamed)
    assert (content, reason, usage) == (message.content, whole.choices[0].finish_reason, whole.usage)
    expected = [(made.function.name, made.function.arguments) for made in message.tool_calls or ()]
    assert [(made["name"], made["arguments"]) for made in calls] == expected
    assert all(made["id"].startswith("call_") for made in calls)


def test_the_shape_of_a_stream(url: str) -> None:
    body = {"model": "base", "messages": [{"role": "user", "content": "both"}], "tools": [WEATHER, TIME]}
    more = {"stream": True, "stream_options": {"include_usage": True}}
    response = httpx.post(f"{url}/chat/completions", json=body | more)
    assert response.headers["content-type"].startswith("text/event-stream")
    lines = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    *chunks, last = map(json.loads, lines)
    assert len({(chunk["id"], chunk["created"], chunk["model"], chunk["object"]) for chunk in chunks}) == 1
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] > 0
    assert all(chunk["usage"] is None for chunk in chunks)
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0] == {"role": "assistant", "refusal": None, "content": ""}
    assert "".join(delta.get("content") or "" for delta in deltas) == "Let me look."
    calls = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
    assert [made["index"] for made in calls] == [0, 0, 1, 1]
    assert (calls[0]["type"], calls[0]["function"]) == ("function", {"name": "get_weather", "arguments": ""})
    assert calls[1] == {"index": 0, "function": {"arguments": '{"city": "Rome"}'}}
    assert deltas[-1] == {}
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None] * (len(chunks) - 1) + ["tool_calls"]


def test_a_call_alone_has_no_content(url: str) -> None:
    body = {
        "model": "base",
        "messages": [{"role": "user", "content": "weather"}],
        "tools": [WEATHER],
        "stream": True,
    }
    first = httpx.post(f"{url}/chat/completions", json=body).text.split("\n\n")[0]
    assert json.loads(first.removeprefix("data: "))["choices"][0]["delta"]["content"] is None


def test_the_clients_own_accumulator(client: OpenAI) -> None:
    messages: Any = [{"role": "user", "content": "both"}]
    tools: Any = [WEATHER, TIME]
    with client.chat.completions.stream(model="base", messages=messages, tools=tools) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.content == "Let me look."
    assert [made.function.name for made in final.choices[0].message.tool_calls or ()] == [
        "get_weather",
        "now",
    ]


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({"n": 2}, "n", "unsupported_parameter"),
        ({"n": True}, "n", "unsupported_parameter"),
        ({"store": True}, "store", "unsupported_parameter"),
        ({"logprobs": True}, "logprobs", "unsupported_parameter"),
        ({"frequency_penalty": 0.5}, "frequency_penalty", "unsupported_parameter"),
        ({"response_format": {"type": "json_object"}}, "response_format", "unsupported_parameter"),
        ({"functions": []}, "functions", "unsupported_parameter"),
        ({"tools": [WEATHER], "tool_choice": "required"}, "tool_choice", "unsupported_value"),
        (
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
            "tool_choice",
            "unsupported_value",
        ),
        ({"tool_choice": "maybe"}, "tool_choice", "invalid_value"),
        ({"temprature": 1}, "temprature", "unknown_parameter"),
        ({"temperature": 3}, "temperature", "invalid_value"),
        ({"temperature": "hot"}, "temperature", "invalid_value"),
        ({"max_tokens": 0}, "max_tokens", "invalid_value"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, "max_tokens", "invalid_value"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop", "invalid_value"),
        ({"stop": ""}, "stop[0]", "invalid_value"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "invalid_value"),
        ({"messages": []}, "messages", "invalid_value"),
        ({"messages": None}, "messages", "invalid_value"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "messages[0].role", "invalid_value"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "invalid_value"),
        (
            {"messages": [{"role": "user", "content": "x", "name": "bob"}]},
            "messages[0].name",
            "unsupported_parameter",
        ),
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
        (
            {"tools": [{"type": "function", "function": {}}]},
            "tools[0].function.name",
            "missing_required_parameter",
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "strict": True}}]},
            "tools[0].function.strict",
            "invalid_value",
        ),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_not_supported_is_named(url: str, change: dict[str, Any], param: str, code: str, stream: bool) -> None:
    body = {"model": "base", "messages": [{"role": "user", "content": "hello"}], "stream": stream} | change
    if "stream_options" in change:
        body["stream"] = False
    response = httpx.post(f"{url}/chat/completions", json=body)
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["type"]) == (400, param, "invalid_request_error")
    assert error["code"] == code
    assert param in error["message"]


def test_a_misspelled_parameter_gets_a_hint(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="Did you mean 'temperature'"):
        ask(client, "hello", extra_body={"temprature": 1})


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b'{"seed": NaN}', b'{"model": "\\ud800"}', b"[" * 100_000])
def test_a_body_that_is_no_json(url: str, raw: bytes) -> None:
    response = httpx.post(f"{url}/chat/completions", content=raw)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_json")


def test_other_errors_have_the_shape_too(client: OpenAI, url: str) -> None:
    with pytest.raises(openai.NotFoundError, match=r"The model 'nope' does not exist\. Served here: base") as caught:
        ask(client, "hello", model="nope")
    assert caught.value.code == "model_not_found"
    assert "Unknown URL" in httpx.get(f"{url}/nowhere").json()["error"]["message"]
    wrong = httpx.get(f"{url}/chat/completions")
    assert (wrong.status_code, wrong.json()["error"]["type"]) == (405, "invalid_request_error")


@pytest.mark.parametrize("stream", [False, True])
def test_a_history_that_cannot_be_shown_is_the_clients_fault(client: OpenAI, stream: bool) -> None:
    made = {"id": "call_1", "type": "function", "function": {"name": "now", "arguments": "{oops"}}
    messages = [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [made]}]
    with pytest.raises(openai.BadRequestError, match="arguments of the call to 'now' are no JSON"):
        ask(client, "", messages=messages, stream=stream)


class Failing(FakeEngine):
    """An engine that breaks after two tokens."""

    def write(self, request: Generation) -> Iterator[int]:
        yield 70
        yield 71
        raise RuntimeError("a secret detail")


def test_a_failure_is_500_and_keeps_its_details(tokenizer: Any, caplog: pytest.LogCaptureFixture) -> None:
    service = Service([ChatModel("bad", Failing(tokenizer), Hermes(), tokenizer)])
    caplog.set_level(logging.CRITICAL, logger="uvicorn.error")
    body: dict[str, Any] = {"model": "bad", "messages": [{"role": "user", "content": "x"}]}
    with running(create_app(Plugins(), service)) as url:
        whole = httpx.post(f"{url}/chat/completions", json=body)
        assert (whole.status_code, whole.json()["error"]["type"]) == (500, "server_error")
        streamed = httpx.post(f"{url}/chat/completions", json=body | {"stream": True}).text
    assert "secret" not in whole.text + streamed
    last = streamed.split("\n\n")[-2]
    assert json.loads(last.removeprefix("data: "))["error"]["type"] == "server_error"


# ---------------------------------------------------------------- keys, disconnects, ports


def test_a_key_is_asked_for(tokenizer: Any, engine: ScriptedEngine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    service = Service([ChatModel("base", engine, Hermes(), tokenizer)])
    with running(create_app(Plugins(), service, api_key="sesame")) as url:
        assert ask(OpenAI(base_url=url, api_key="sesame"), "hello").choices[0].finish_reason == "stop"
        with pytest.raises(openai.AuthenticationError, match="missing or wrong") as caught:
            ask(OpenAI(base_url=url, api_key="guess"), "hello")
        assert caught.value.code == "invalid_api_key"
        for path in ("models", "chat/completions", "nowhere"):
            assert httpx.get(f"{url}/{path}").status_code == 401
        assert httpx.get(f"{url}/models", headers={"Authorization": b"Bearer s\xe9same"}).status_code == 401
        assert httpx.get(url.removesuffix("/v1") + "/health").status_code == 200
    ours = [record for record in caplog.records if record.name.startswith(("sftctl", "uvicorn"))]
    assert not any("sesame" in record.getMessage() for record in ours)


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_hangs_up_stops_its_generation(url: str, slow: ScriptedEngine, stream: bool) -> None:
    slow.steps = 0
    body = {
        "model": "slow",
        "messages": [{"role": "user", "content": "slow"}],
        "max_tokens": 4000,
        "stream": stream,
    }
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{url}/chat/completions", json=body, timeout=0.2) if not stream else hang_up(url, body)
    time.sleep(0.3)
    before = slow.steps
    assert 0 < before < 400
    time.sleep(0.2)
    assert slow.steps == before


def hang_up(url: str, body: dict[str, Any]) -> None:
    with httpx.stream("POST", f"{url}/chat/completions", json=body) as response:
        for number, _ in enumerate(response.iter_lines()):
            if number == 10:
                raise httpx.ReadTimeout("enough")


@pytest.mark.parametrize("stream", [False, True])
def test_a_server_that_stops_ends_its_answers(tokenizer: Any, caplog: pytest.LogCaptureFixture, stream: bool) -> None:
    engine = ScriptedEngine(tokenizer, script, pause=0.005)
    app = create_app(Plugins(), Service([ChatModel("slow", engine, Hermes(), tokenizer)]))
    body: dict[str, Any] = {"model": "slow", "messages": [{"role": "user", "content": "slow"}]}
    body |= {"stream": stream, "max_tokens": 4000}
    with ThreadPoolExecutor() as asking:
        with running(app) as url:
            answers = [asking.submit(httpx.post, f"{url}/chat/completions", json=body) for _ in range(2)]
            while engine.steps < 10:
                time.sleep(0.01)
            stopped = time.monotonic()
        assert time.monotonic() - stopped < 2
        for answer in answers:  # the one that was being written, and the one that waited for its turn
            response = answer.result()
            assert "shutting down" in response.text
            assert stream or response.status_code == 503
    assert not caplog.records
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_a_taken_port_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SftctlError, match=f"Cannot listen on 127.0.0.1 port {port}: .* --port"):
            listen("127.0.0.1", port)
