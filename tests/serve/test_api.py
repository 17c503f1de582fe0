"""Chat completions as a client meets them: the official `openai` client against a really running server."""

from typing import Any

import httpx
import openai
import pytest
from fakes import ScriptedEngine
from openai import OpenAI
from pydantic import BaseModel
from serving import SCRIPT, TIME, WEATHER, ask, call, chat_body, events, joined, post, told

from sftctl.core.manager import plugin_manager
from sftctl.serve.chat import ChatModel
from sftctl.serve.service import Service

FORMATS = plugin_manager().chat_formats()
NAMED = {"type": "function", "function": {"name": "get_weather"}}


def test_models(client: OpenAI, url: str) -> None:
    assert [model.id for model in client.models.list()] == ["base", "org/tuned", "exact", "plain", "small"]
    assert client.models.retrieve("org/tuned").id == "org/tuned"
    with pytest.raises(openai.NotFoundError, match="The model 'nope' does not exist"):
        client.models.retrieve("nope")
    root = url.removesuffix("/v1")
    assert httpx.get(f"{root}/health").json() == {"status": "ok"}
    assert httpx.get(f"{root}/ready").json() == {"status": "ready"}
    assert httpx.get(f"{url}/names").json() == ["base", "org/tuned", "exact", "plain", "small"]


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
    assert (made.type, made.function.name, made.function.arguments) == ("function", "get_weather", '{"city": "Köln"}')
    assert made.id.startswith("call_")
    result = {"role": "tool", "tool_call_id": made.id, "content": "21 degrees"}
    second = ask(client, "", messages=[{"role": "user", "content": "weather"}, first.message, result], tools=[WEATHER])
    assert second.choices[0].message.content == "The result is 21 degrees."


def test_text_and_two_calls(client: OpenAI) -> None:
    message = ask(client, "both", tools=[WEATHER, TIME]).choices[0].message
    assert message.content == "Let me look."
    assert [made.function.arguments for made in message.tool_calls] == ['{"city": "Rome"}', "{}"]
    assert len({made.id for made in message.tool_calls}) == 2


def test_parallel_tool_calls_false_gives_one(url: str) -> None:
    body = chat_body("both", tools=[WEATHER, TIME], parallel_tool_calls=False)
    whole = told(post(url, "chat/completions", body)["choices"][0])
    assert [made["name"] for made in whole["calls"]] == ["get_weather"]
    assert joined(events(url, "chat/completions", body)) == whole


def test_tool_choice_none_shows_no_tools(client: OpenAI) -> None:
    assert ask(client, "x", tools=[WEATHER]).choices[0].message.content == "You said 'x' and showed tools."
    assert ask(client, "x", tools=[WEATHER], tool_choice="none").choices[0].message.content == "You said 'x'."


@pytest.mark.parametrize(("text", "calls"), [("broken", 0), ("half", 1)])
def test_a_malformed_call_is_content_with_a_reason(url: str, service: Service, text: str, calls: int) -> None:
    before = service.metrics.value("malformed_calls")
    choice = post(url, "chat/completions", chat_body(text, tools=[WEATHER, TIME]))["choices"][0]
    assert choice["message"]["content"] == SCRIPT[text].removeprefix(call("now", {}))
    assert len(choice["message"].get("tool_calls", ())) == calls
    assert choice["parse_error"]
    assert service.metrics.value("malformed_calls") == before + 1


def test_limits_and_stops(client: OpenAI, engine: ScriptedEngine) -> None:
    cut = ask(client, "long", max_completion_tokens=7)
    assert (cut.choices[0].finish_reason, cut.usage.completion_tokens) == ("length", 7)
    assert ask(client, "long").usage.completion_tokens == 300  # the server's own limit
    stopped = ask(client, "hello", stop=["How", "zzz"]).choices[0]
    assert (stopped.message.content, stopped.finish_reason) == ("Hello! 日本 👋 ", "stop")
    ask(client, "hello", seed=7, temperature=0.5, top_p=0.9, stop="zzz", presence_penalty=1, logit_bias={"5": -100})
    sampling = engine.samplings[-1]
    assert (sampling.seed, sampling.temperature, sampling.top_p, sampling.stop) == (7, 0.5, 0.9, ("zzz",))
    assert (sampling.presence_penalty, sampling.logit_bias) == (1, {5: -100})


def test_vllms_ways_to_sample(client: OpenAI, engine: ScriptedEngine) -> None:
    neutral = {"repetition_penalty": 1.0, "ignore_eos": False, "min_tokens": 0, "chat_template_kwargs": {}}
    ask(client, "hello", temperature=1, extra_body={"top_k": 5, "min_p": 0.1, **neutral})
    assert (engine.samplings[-1].top_k, engine.samplings[-1].min_p) == (5, 0.1)
    ask(client, "hello", extra_body={"top_k": -1})
    assert engine.samplings[-1].top_k == 0


def test_a_stop_string_is_not_scored(url: str) -> None:
    body = chat_body("hello", logprobs=True, stop="本")
    choice = post(url, "chat/completions", body)["choices"][0]
    assert choice["message"]["content"] == "Hello! 日"
    assert b"".join(bytes(each["bytes"]) for each in choice["logprobs"]["content"]).decode() == "Hello! 日"
    assert joined(events(url, "chat/completions", body)) == told(choice)


@pytest.mark.parametrize(
    ("choice", "reason"),
    [("auto", "tool_calls"), ("required", "tool_calls"), (NAMED, "stop")],
    ids=["auto", "required", "named"],
)
def test_why_a_call_ends_the_answer(url: str, choice: Any, reason: str) -> None:
    body = chat_body("weather", model="exact", tools=[WEATHER, TIME], tool_choice=choice)
    whole = post(url, "chat/completions", body)["choices"][0]
    assert whole["message"]["tool_calls"][0]["function"]["name"] == "get_weather"
    assert whole["finish_reason"] == reason
    assert joined(events(url, "chat/completions", body))["finish_reason"] == reason


def test_a_fingerprint_tells_models_apart(tokenizer: Any, engine: ScriptedEngine, url: str) -> None:
    def made(weights: str, chat_format: Any = FORMATS["hermes"]) -> str:
        return ChatModel("x", engine, chat_format, tokenizer, weights=weights).fingerprint

    assert made("a") == made("a")
    assert len({made("a"), made("b"), made("a", FORMATS["outline"])}) == 3
    assert post(url, "chat/completions", chat_body("hello"))["system_fingerprint"].startswith("fp_")
    chunks = events(url, "chat/completions", chat_body("hello"))
    assert len({chunk["system_fingerprint"] for chunk in chunks}) == 1


def test_several_choices(url: str, engine: ScriptedEngine) -> None:
    body = chat_body("both", n=3, seed=5, tools=[WEATHER, TIME])
    whole = post(url, "chat/completions", body)
    assert [choice["index"] for choice in whole["choices"]] == [0, 1, 2]
    assert sorted(sampling.seed or 0 for sampling in engine.samplings[-3:]) == [5, 6, 7]
    ids = [made["id"] for choice in whole["choices"] for made in choice["message"]["tool_calls"]]
    assert len(set(ids)) == 6
    one = post(url, "chat/completions", body | {"n": 1})["usage"]
    assert whole["usage"]["completion_tokens"] == 3 * one["completion_tokens"]
    assert whole["usage"]["prompt_tokens"] == one["prompt_tokens"]
    chunks = events(url, "chat/completions", body)
    for index in range(3):
        assert joined(chunks, index) == told(whole["choices"][index])


def test_logprobs(url: str) -> None:
    body = chat_body("hello", logprobs=True, top_logprobs=2)
    choice = post(url, "chat/completions", body)["choices"][0]
    scores = choice["logprobs"]["content"]
    assert b"".join(bytes(each["bytes"]) for each in scores).decode() == choice["message"]["content"]
    assert [len(each["top_logprobs"]) for each in scores] == [2] * len(scores)
    assert joined(events(url, "chat/completions", body)) == told(choice)
    assert post(url, "chat/completions", chat_body("hello"))["choices"][0]["logprobs"] is None


def test_roles_and_parts(client: OpenAI) -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    messages = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": parts, "name": "Bo"}]
    assert ask(client, "", messages=messages).choices[0].message.content == "You said 'ab'."


def test_several_results_in_a_row(client: OpenAI) -> None:
    calls = [{"id": name, "type": "function", "function": {"name": "now", "arguments": "{}"}} for name in "ab"]
    results = [{"role": "tool", "tool_call_id": name, "content": name} for name in "ab"]
    messages = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "", "tool_calls": calls}, *results]
    assert ask(client, "", messages=messages, tools=[TIME]).choices[0].message.content == "The result is b."


def test_a_prompt_that_is_too_long_is_said_so(client: OpenAI) -> None:
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError, match="The prompt has") as caught:
            ask(client, "word " * 200, model="small", stream=stream)
        assert (caught.value.code, caught.value.param) == ("context_length_exceeded", "messages")


# ---------------------------------------------------------------- streams


@pytest.mark.parametrize("model", ["base", "exact"])
@pytest.mark.parametrize("text", ["hello", "weather", "both", "broken", "half", "less", "long"])
@pytest.mark.parametrize("tools", [[], [WEATHER, TIME]])
def test_streamed_is_not_streamed(url: str, model: str, text: str, tools: list[Any]) -> None:
    if model == "exact" and tools and text in ("broken", "half"):
        pytest.skip("a grammar does not let the model say that")
    body = chat_body(text, model=model, **({"tools": tools} if tools else {}))
    whole = post(url, "chat/completions", body)
    *chunks, last = events(url, "chat/completions", body | {"stream_options": {"include_usage": True}})
    assert joined(chunks) == told(whole["choices"][0])
    assert (last["choices"], last["usage"]) == ([], whole["usage"])
    assert all(chunk["usage"] is None for chunk in chunks)


def test_the_shape_of_a_stream(url: str) -> None:
    body = chat_body("both", tools=[WEATHER, TIME])
    chunks = events(url, "chat/completions", body)
    assert len({(chunk["id"], chunk["created"], chunk["model"], chunk["object"]) for chunk in chunks}) == 1
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0] == {"role": "assistant", "refusal": None, "content": ""}
    assert "".join(delta.get("content") or "" for delta in deltas) == "Let me look."
    calls = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
    assert [made["index"] for made in calls] == [0, 0, 1, 1]
    assert (calls[0]["type"], calls[0]["function"]) == ("function", {"name": "get_weather", "arguments": ""})
    assert calls[1] == {"index": 0, "function": {"arguments": '{"city": "Rome"}'}}
    assert deltas[-1] == {}


def test_arguments_come_in_fragments_where_the_call_is_sure_to_be_valid(url: str) -> None:
    chunks = events(url, "chat/completions", chat_body("both", model="exact", tools=[WEATHER, TIME]))
    parts = [part for chunk in chunks for part in chunk["choices"][0]["delta"].get("tool_calls", ())]
    fragments = [part["function"]["arguments"] for part in parts if part["index"] == 0]
    assert len(fragments) > 4
    assert "".join(fragments) == '{"city": "Rome"}'


def test_a_call_alone_has_no_content(url: str) -> None:
    first = events(url, "chat/completions", chat_body("weather", tools=[WEATHER]))[0]
    assert first["choices"][0]["delta"]["content"] is None


def test_the_clients_own_helpers(client: OpenAI) -> None:
    messages: Any = [{"role": "user", "content": "both"}]
    tools: Any = [WEATHER, TIME]
    with client.chat.completions.stream(model="exact", messages=messages, tools=tools) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.content == "Let me look."
    names = [made.function.name for made in final.choices[0].message.tool_calls or ()]
    assert names == ["get_weather", "now"]

    class Report(BaseModel):
        city: str
        degrees: int

    parsed = client.chat.completions.parse(
        model="exact", messages=[{"role": "user", "content": "json"}], response_format=Report
    )
    assert parsed.choices[0].message.parsed == Report(city="Köln", degrees=21)
