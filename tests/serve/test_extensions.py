"""What vLLM, SGLang and llama.cpp take beside OpenAI's parameters, and their clients send."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from fakes import RandomEngine, ScriptedEngine
from openai import OpenAI
from serving import SCRIPT, WEATHER, ask, chat_body, events, joined, post, told

from sftctl.core.errors import ModelError
from sftctl.core.manager import Plugins
from sftctl.plugins.hermes import STOP, Hermes
from sftctl.serve.app import create_app
from sftctl.serve.chat import ChatModel
from sftctl.serve.server import running
from sftctl.serve.service import Service

AGE: dict[str, Any] = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
DATE = r"[0-9]{4}/[0-9]{2}\/[0-9]{2}"
GREETING = 'root ::= "Hello" | "Hi" [0-9]\n'
COLOURS = ["dark red", "blue", '"green"']


@pytest.fixture(scope="module")
def url_of_chance(tokenizer: Any) -> Iterator[str]:
    """A server whose model says anything at all that its grammar allows."""
    model = ChatModel("base", RandomEngine(tokenizer), Hermes(), tokenizer)
    with running(create_app(Plugins(), Service([model]))) as base_url:
        yield base_url


def has_age(text: str) -> bool:
    return isinstance(json.loads(text)["age"], int)


def is_object(text: str) -> bool:
    return isinstance(json.loads(text), dict)


def is_date(text: str) -> bool:
    return re.fullmatch(DATE, text) is not None


def is_greeting(text: str) -> bool:
    return re.fullmatch("Hello|Hi[0-9]", text) is not None


@pytest.mark.parametrize(
    ("more", "holds"),
    [
        ({"structured_outputs": {"json": AGE}}, has_age),
        ({"structured_outputs": {"json": json.dumps(AGE)}}, has_age),
        ({"structured_outputs": {"json_object": True}}, is_object),
        ({"structured_outputs": {"regex": DATE}}, is_date),
        ({"structured_outputs": {"choice": COLOURS}}, COLOURS.__contains__),
        ({"structured_outputs": {"grammar": GREETING}}, is_greeting),
        ({"structured_outputs": {"grammar": 'start: "Hello" | "Hi" /[0-9]/'}}, is_greeting),
        ({"guided_json": AGE}, has_age),
        ({"guided_regex": DATE}, is_date),
        ({"guided_choice": COLOURS}, COLOURS.__contains__),
        ({"guided_grammar": GREETING}, is_greeting),
        ({"json_schema": AGE}, has_age),
        ({"json_schema": json.dumps(AGE)}, has_age),
        ({"regex": DATE}, is_date),
        ({"ebnf": GREETING}, is_greeting),
        ({"grammar": GREETING}, is_greeting),
    ],
)
@pytest.mark.parametrize("path", ["chat/completions", "completions"])
def test_an_answer_has_the_form_that_other_servers_would_give_it(
    url_of_chance: str, path: str, more: dict[str, Any], holds: Any
) -> None:
    asked = chat_body("x") if path == "chat/completions" else {"model": "base", "prompt": "x"}
    (choice,) = post(url_of_chance, path, {**asked, "max_tokens": 500, **more})["choices"]
    text = choice["message"]["content"] if "message" in choice else choice["text"]
    assert choice["finish_reason"] == "stop" and holds(text)


def test_an_object_of_a_schema(url_of_chance: str) -> None:
    """As llama.cpp has it."""
    body = chat_body("x", max_tokens=500, response_format={"type": "json_object", "schema": AGE})
    assert has_age(post(url_of_chance, "chat/completions", body)["choices"][0]["message"]["content"])


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({"structured_outputs": {}, "guided_regex": "a", "regex": "b"}, "regex", "invalid_value"),
        ({"response_format": {"type": "json_object"}, "guided_json": AGE}, "guided_json", "invalid_value"),
        ({"structured_outputs": {"json": "{"}}, "structured_outputs.json", "invalid_value"),
        ({"structured_outputs": {"json": "[]"}}, "structured_outputs.json", "invalid_value"),
        ({"structured_outputs": {"structural_tag": "x"}}, "structured_outputs.structural_tag", "unknown_parameter"),
        ({"structured_outputs": {"regex": "(?=a)b"}}, "structured_outputs.regex", "invalid_grammar"),
        ({"structured_outputs": {"regex": "a("}}, "structured_outputs.regex", "invalid_grammar"),
        ({"guided_regex": "a\\"}, "guided_regex", "invalid_grammar"),
        ({"guided_regex": "(a{1000}){1000}"}, "guided_regex", "invalid_grammar"),
        ({"guided_json": {"pattern": "^[xy](a{1000}){21}$"}}, "guided_json", "invalid_json_schema"),
        ({"guided_json": {"enum": ["a", "b" * 20_000]}}, "guided_json", "invalid_json_schema"),
        ({"guided_json": {"type": "dict"}}, "guided_json", "invalid_json_schema"),
        ({"guided_choice": []}, "guided_choice", "invalid_value"),
        ({"grammar": "root ::= this is (not valid"}, "grammar", "invalid_grammar"),
        ({"grammar": "root ::= (" + "(" * 5000}, "grammar", "invalid_grammar"),
        ({"grammar": "x" * 20_001}, "grammar", "invalid_value"),
        ({"grammar": "start: nothing"}, "grammar", "invalid_grammar"),
        ({"regex": "a", "tools": [WEATHER]}, "regex", "invalid_value"),
        ({"response_format": {"type": "json_object", "schema": 5}}, "response_format.schema", "invalid_value"),
        (
            {"response_format": {"type": "json_object", "schema": {"type": 5}}},
            "response_format.schema",
            "invalid_json_schema",
        ),
        ({"model": "base", "regex": "a"}, "regex", "unsupported_parameter"),  # an engine that cannot be constrained
    ],
)
def test_a_form_that_cannot_be_is_refused(client: OpenAI, change: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, "hello", extra_body={"model": "exact", **change})
    assert (caught.value.param, caught.value.code) == (param, code)


def test_with_no_tool_to_call_a_form_may_stand_beside_tools(client: OpenAI) -> None:
    regex = {"regex": "Hello.*"}
    answer = ask(client, "hello", model="exact", tools=[WEATHER], tool_choice="none", extra_body=regex)
    assert answer.choices[0].message.content.startswith("Hello!")


# ---------------------------------------------------------------- drawing


def test_what_changes_nothing_about_an_answer(url: str) -> None:
    """llama.cpp's ways to say what is kept, and where: here all of it is, for anyone."""
    for kept in ({"cache_prompt": True}, {"cache_prompt": False, "id_slot": 0}):
        assert post(url, "chat/completions", chat_body("hello", **kept))


def test_ways_to_draw(client: OpenAI, engine: ScriptedEngine) -> None:
    ways = {"repetition_penalty": 1.2, "min_tokens": 3, "stop_token_ids": [7, 8], "include_stop_str_in_output": True}
    ask(client, "hello", extra_body=ways)
    drawn = engine.samplings[-1]
    assert (drawn.repetition_penalty, drawn.min_tokens, drawn.stop_ids, drawn.keep_stop) == (1.2, 3, (7, 8), True)
    assert {7, 8} < set(engine.requests[-1].stop_token_ids)
    ask(client, "hello", max_tokens=20, extra_body={"ignore_eos": True})
    assert engine.samplings[-1].min_tokens == engine.samplings[-1].max_tokens == 20
    client.responses.create(model="base", input="hello", extra_body={"seed": 5, "stop": "x", "frequency_penalty": 0.5})
    assert (engine.samplings[-1].seed, engine.samplings[-1].stop) == (5, ("x",))
    assert engine.samplings[-1].frequency_penalty == 0.5


@pytest.mark.parametrize(("keep", "ends"), [(False, ""), (True, "How")])
def test_the_stop_string_may_be_part_of_the_answer(url: str, keep: bool, ends: str) -> None:
    body = chat_body("hello", logprobs=True, stop=["How", "can"], include_stop_str_in_output=keep)
    choice = post(url, "chat/completions", body)["choices"][0]
    assert choice["message"]["content"] == "Hello! 日本 👋 " + ends
    assert joined(events(url, "chat/completions", body)) == told(choice)


def test_a_token_that_stops_ends_the_answer(url: str, tokenizer: Any) -> None:
    (token,) = tokenizer.encode("!", add_special_tokens=False)
    choice = post(url, "chat/completions", chat_body("hello", stop_token_ids=[token]))["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("Hello", "stop")


def test_the_first_chunk_costs_nothing(url: str) -> None:
    """It only says who speaks."""
    options = {"include_usage": True, "continuous_usage_stats": True}
    chunks = events(url, "chat/completions", chat_body("hello", stream_options=options))
    counts = [chunk["usage"]["completion_tokens"] for chunk in chunks]
    assert counts[0] == 0 and counts == sorted(counts) and counts[-1] == counts[-2] > 5


# ---------------------------------------------------------------- going on with an answer

LEAD = "Hello! <|im_end|> \N{WAVING HAND SIGN}"


def continued(**more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": LEAD}]
    return {"model": "base", "messages": messages, "continue_final_message": True, **more}


@pytest.mark.parametrize("echo", [False, True])
def test_the_last_message_is_gone_on_with(url: str, engine: ScriptedEngine, tokenizer: Any, echo: bool) -> None:
    body = continued(add_generation_prompt=False, echo=echo)
    choice = post(url, "chat/completions", body)["choices"][0]
    prompt = engine.requests[-1].prompt
    before = Hermes().prompt([{"role": "user", "content": "hello"}], (), tokenizer)
    assert list(prompt[: len(before)]) == before and tokenizer.decode(prompt[len(before) :]) == LEAD
    assert tokenizer.convert_tokens_to_ids(STOP) not in prompt[len(before) :]
    assert choice["message"]["content"] == (LEAD if echo else "") + SCRIPT["hello"]
    assert joined(events(url, "chat/completions", body)) == told(choice)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (continued(add_generation_prompt=True), "continue_final_message"),
        (continued() | {"messages": [{"role": "user", "content": "x"}]}, "continue_final_message"),
        (chat_body("hello", add_generation_prompt=False), "add_generation_prompt"),
        (chat_body("hello", echo=True), "echo"),
    ],
)
def test_what_cannot_be_gone_on_with(url: str, body: dict[str, Any], param: str) -> None:
    answer = httpx.post(f"{url}/chat/completions", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


# ---------------------------------------------------------------- names


def test_without_a_model_the_first_answers(client: OpenAI, url: str) -> None:
    first = client.models.list().data[0].id
    messages = [{"role": "user", "content": "hello"}]
    assert post(url, "chat/completions", {"messages": messages})["model"] == first
    assert post(url, "chat/completions", {"model": None, "messages": messages})["model"] == first
    assert post(url, "completions", {"prompt": "hello"})["model"] == first
    assert client.responses.create(input="hello").model == first


def test_a_model_has_other_names(tokenizer: Any, engine: ScriptedEngine) -> None:
    model = ChatModel("base", engine, Hermes(), tokenizer)
    service = Service([model], aliases={"gpt-4o-mini": "base"})
    with running(create_app(Plugins(), service)) as url, OpenAI(base_url=url, api_key="x") as client:
        assert ask(client, "hello", model="gpt-4o-mini").model == "base"
        assert client.models.retrieve("gpt-4o-mini").id == "base"
        assert [each.id for each in client.models.list()] == ["base"]
    for alias, name in (("base", "base"), ("x", "y")):
        with pytest.raises(ModelError, match=f"'{alias}' cannot be another name of '{name}'"):
            Service([model], aliases={alias: name})


def test_a_body_that_says_it_is_no_json_is_refused(url: str) -> None:
    """What a page of another origin may send without asking: forms, and plain text."""
    raw = json.dumps(chat_body("hello")).encode()

    def status(kind: str | None) -> int:
        return httpx.post(
            f"{url}/chat/completions", content=raw, headers={"Content-Type": kind} if kind else {}
        ).status_code

    assert [status(kind) for kind in (None, "application/json; charset=utf-8", "application/vnd.api+json")] == [200] * 3
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert status(kind) == 415
