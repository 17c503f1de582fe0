"""What clients send back: earlier answers, whoever gave them, and the results of calls."""

from typing import Any

import httpx
import pytest
from fakes import ScriptedEngine
from serving import SCRIPT, TIME, WEATHER, chat_body, post

Messages = list[dict[str, Any]]
USER: dict[str, Any] = {"role": "user", "content": "x"}


def made(id: str, arguments: str = "{}", **more: Any) -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": "now", "arguments": arguments}, **more}


def calls(*ids: str) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": [made(id) for id in ids]}


def result(id: str, content: str = "") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": content or f"result {id}"}


def send(url: str, messages: Messages) -> httpx.Response:
    return httpx.post(f"{url}/chat/completions", json=chat_body("", messages=messages, tools=[TIME]))


def prompt_of(url: str, engine: ScriptedEngine, messages: Messages) -> str:
    response = send(url, messages)
    assert response.status_code == 200, response.text
    text: str = engine.tokenizer.decode(engine.requests[-1].prompt)
    return text


# ---------------------------------------------------------------- what our own answers and other people's hold


@pytest.mark.parametrize("text", ["broken", "half"])
def test_a_malformed_answer_can_be_sent_back(url: str, engine: ScriptedEngine, text: str) -> None:
    answer = post(url, "chat/completions", chat_body(text, tools=[WEATHER, TIME]))["choices"][0]["message"]
    results = [result(each["id"]) for each in answer.get("tool_calls", ())]
    prompt = prompt_of(url, engine, [USER, answer, *results, USER])
    assert answer["content"] in prompt
    assert SCRIPT[text].rpartition("<tool_call>")[2] in prompt


def test_a_malformed_response_can_be_sent_back(url: str) -> None:
    tools = [{"type": "function", **tool["function"]} for tool in (WEATHER, TIME)]
    body = {"model": "base", "input": "half", "tools": tools}
    first = post(url, "responses", body)
    assert [item["type"] for item in first["output"]] == ["function_call", "message"]
    result = {"type": "function_call_output", "call_id": first["output"][0]["call_id"], "output": "noon"}
    again = post(url, "responses", body | {"input": [{"role": "user", "content": "x"}, *first["output"], result]})
    assert again["output"][0]["content"][0]["text"] == "The result is noon."


def test_what_the_clients_own_helpers_add_is_known(url: str, engine: ScriptedEngine) -> None:
    call = made("a", '{"at": 1}', index=0)
    call["function"]["parsed_arguments"] = {"at": 1}
    nulls = {"audio": None, "function_call": None, "refusal": None, "parsed": {"x": 1}}
    said = {"role": "assistant", "content": "Look.", **nulls, "annotations": [{"type": "url_citation"}]}
    messages = [USER, said | {"tool_calls": [call]}, result("a")]
    plain = [USER, {"role": "assistant", "content": "Look.", "tool_calls": [made("a", '{"at": 1}')]}, result("a")]
    assert prompt_of(url, engine, messages) == prompt_of(url, engine, plain)
    assert "x-sftctl-ignored" not in send(url, messages).headers


def test_fields_of_others_are_let_through_and_named(url: str) -> None:
    part = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}
    thinking = {"role": "assistant", "content": "y", "reasoning_content": "Hm.", "nothing": None}
    response = send(url, [{"role": "user", "content": [part]}, thinking, USER])
    assert response.status_code == 200, response.text
    named = "messages[0].content[0].cache_control, messages[1].reasoning_content"
    assert response.headers["x-sftctl-ignored"] == named


def test_a_header_stays_short_and_plain(url: str) -> None:
    response = send(url, [USER | {f"größe\n{at}": 1 for at in range(1000)}])
    assert response.status_code == 200
    assert response.headers["x-sftctl-ignored"].startswith(r"messages[0].gr\xf6\xdfe\n0, ")
    assert len(response.headers["x-sftctl-ignored"]) < 5000


def test_no_arguments_may_be_an_empty_string(url: str, engine: ScriptedEngine) -> None:
    said = {"role": "assistant", "tool_calls": [made("a", "")]}
    assert prompt_of(url, engine, [USER, said, result("a")]) == prompt_of(url, engine, [USER, calls("a"), result("a")])


# ---------------------------------------------------------------- calls and their results


def test_results_are_shown_in_the_order_of_the_calls(url: str, engine: ScriptedEngine) -> None:
    ordered = [USER, calls("a", "b", "c"), result("a"), result("b"), result("c"), USER]
    mixed = [USER, calls("a", "b", "c"), result("c"), result("a"), result("b"), USER]
    assert prompt_of(url, engine, mixed) == prompt_of(url, engine, ordered)


@pytest.mark.parametrize(
    ("messages", "param", "says"),
    [
        ([USER, calls("a", "b"), result("a"), USER], "messages[1].tool_calls", "no result in the messages that"),
        ([USER, calls("a", "b")], "messages[1].tool_calls", "a, b"),
        ([USER, calls("a"), USER, result("a")], "messages[1].tool_calls", "a"),
        ([USER, calls("a"), result("b")], "messages[2].tool_call_id", "no call"),
        ([USER, result("b")], "messages[1].tool_call_id", "no call"),
        ([USER, {"role": "tool", "content": ""}], "messages[1].tool_call_id", "Missing required"),
    ],
)
def test_each_call_needs_its_result(url: str, messages: Messages, param: str, says: str) -> None:
    response = send(url, messages)
    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (400, param)
    assert says in error["message"]


@pytest.mark.parametrize(
    "arguments",
    [
        "{oops",
        "[]",
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": "\\ud800"}',
        '{"a": ' + "9" * 5000 + "}",
        '{"a": ' + "[" * 101 + "]" * 101 + "}",
        '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
    ids=["cut", "array", "nan", "inf", "surrogate", "digits", "deep", "deepest"],
)
def test_arguments_that_are_no_json_object_are_named(url: str, arguments: str) -> None:
    said = {"role": "assistant", "tool_calls": [made("a"), made("b", arguments)]}
    response = send(url, [USER, said, result("a"), result("b")])
    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (400, "messages[1].tool_calls[1].function.arguments")
    assert "arguments of the call to 'now' are no" in error["message"]
    item = {"type": "function_call", "call_id": "b", "name": "now", "arguments": arguments}
    refused = httpx.post(f"{url}/responses", json={"model": "base", "input": [item]})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "input")
