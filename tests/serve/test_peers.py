"""Parameters of other servers: tokens are shown as they show them; of the rest it is said what to do instead."""

from typing import Any

import httpx
import pytest
from fakes import ScriptedEngine
from openai import OpenAI
from serving import SCRIPT, WEATHER, ask, chat_body, events, joined, post, told

from sftctl.plugins.hermes import STOP, Hermes
from sftctl.serve.openapi import REQUESTS

TEXT = {"model": "base", "prompt": "hello", "max_tokens": 300}
BASES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": chat_body("hello"),
    "/v1/completions": TEXT,
    "/v1/responses": {"model": "base", "input": "hello"},
}


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("path", REQUESTS)
def test_what_is_not_served_is_named_with_what_to_do_instead(url: str, path: str) -> None:
    with httpx.Client(base_url=url.removesuffix("/v1")) as client:
        for name, off in REQUESTS[path].refused().items():
            answer = client.post(path, json=BASES[path] | {name: "something"})
            error = answer.json()["error"]
            assert (answer.status_code, error["param"], error["code"]) == (400, name, "unsupported_parameter")
            assert off.instead in error["message"]


@pytest.mark.parametrize("path", REQUESTS)
def test_values_that_ask_for_nothing_change_nothing(url: str, path: str) -> None:
    endpoint = url.removesuffix("/v1") + path
    harmless = {name: off.values[-1] if off.values else None for name, off in REQUESTS[path].refused().items()}
    assert httpx.post(endpoint, json=BASES[path] | harmless).status_code == 200


def test_a_limit_of_tools_that_servers_run_is_given_back(client: OpenAI) -> None:
    assert client.responses.create(model="base", input="hello", max_tool_calls=3).max_tool_calls == 3


# ---------------------------------------------------------------- tokens


def spelled(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
    return [*ids, tokenizer.convert_tokens_to_ids(STOP)]


@pytest.mark.parametrize("text", ["hello", "both", "broken"])
def test_the_tokens_of_a_chat(url: str, tokenizer: Any, text: str) -> None:
    """Of the whole answer, as it was written: with the stop token, and with those that spell calls."""
    body = chat_body(text, tools=[WEATHER], n=2, seed=1, return_token_ids=True)
    answer = post(url, "chat/completions", body)
    assert answer["prompt_token_ids"] == Hermes().prompt(body["messages"], body["tools"], tokenizer)
    assert [choice["token_ids"] for choice in answer["choices"]] == [spelled(tokenizer, SCRIPT[text])] * 2
    first, *others = events(url, "chat/completions", body)
    assert first["prompt_token_ids"] == answer["prompt_token_ids"]
    assert all("prompt_token_ids" not in chunk for chunk in others)
    for choice in answer["choices"]:
        parts = [each for chunk in others for each in chunk["choices"] if each["index"] == choice["index"]]
        assert [token for part in parts for token in part["token_ids"]] == choice["token_ids"]
        assert joined([first, *others], choice["index"]) == told(choice)


@pytest.mark.parametrize("more", [{}, {"stop": "How"}, {"echo": True}, {"echo": True, "max_tokens": 0}, {"n": 2}])
def test_the_tokens_of_a_completion(url: str, tokenizer: Any, more: dict[str, Any]) -> None:
    body = {**TEXT, "prompt": ["hello", "weather"], "logprobs": 0, "return_token_ids": True, **more}
    choices = post(url, "completions", body)["choices"]
    chunks = [chunk["choices"][0] for chunk in events(url, "completions", body)]
    for choice in choices:
        assert tokenizer.decode(choice["prompt_token_ids"]) in body["prompt"]
        written = tokenizer.decode(choice["token_ids"])
        told_of = choice["text"].removeprefix(body["prompt"][0]) if "echo" in more else choice["text"]
        assert written.startswith(told_of) or "echo" in more
        first, *others = [chunk for chunk in chunks if chunk["index"] == choice["index"]]
        assert first["prompt_token_ids"] == choice["prompt_token_ids"]
        assert all("prompt_token_ids" not in chunk for chunk in others)
        assert [token for chunk in (first, *others) for token in chunk["token_ids"]] == choice["token_ids"]
        assert (choice["token_ids"] == []) == (more.get("max_tokens") == 0)


def test_without_being_asked_for_tokens_are_not_shown(client: OpenAI, url: str) -> None:
    plain = post(url, "chat/completions", chat_body("hello"))
    assert "prompt_token_ids" not in plain and "token_ids" not in plain["choices"][0]
    declined = ask(client, "hello", extra_body={"return_token_ids": False})
    assert declined.prompt_token_ids is None and declined.choices[0].token_ids is None


def test_tokens_named_by_their_ids(client: OpenAI) -> None:
    """Two tokens may have the same text; their ids tell them apart."""
    asked = {"return_tokens_as_token_ids": True, "return_token_ids": True}
    choice = ask(client, "hello", logprobs=True, top_logprobs=1, extra_body=asked).choices[0]
    names = [f"token_id:{token}" for token in choice.token_ids]
    assert [each.token for each in choice.logprobs.content] == names[:-1]
    assert bytes(choice.logprobs.content[0].bytes) == b"H"
    assert all(each.top_logprobs[0].token.startswith("token_id:") for each in choice.logprobs.content)
    text = client.completions.create(model="base", prompt="hello", logprobs=1, extra_body=asked).choices[0]
    assert text.logprobs.tokens == [f"token_id:{token}" for token in text.token_ids]


@pytest.mark.parametrize("answer", [None, 0, 3])
@pytest.mark.parametrize("top", [0, 2])
def test_scores_of_the_prompt(url: str, tokenizer: Any, top: int, answer: int | None) -> None:
    """As many alternatives as were asked for of the prompt, and as many as were asked for of the answer."""
    more = {} if answer is None else {"logprobs": True, "top_logprobs": answer}
    body = chat_body("hello", prompt_logprobs=top, return_token_ids=True, **more)
    found = post(url, "chat/completions", body)
    first, *scores = found["prompt_logprobs"]
    assert first is None
    for token, scored in zip(found["prompt_token_ids"][1:], scores, strict=True):
        own = scored.pop(str(token))
        assert (own["logprob"], own["rank"]) == (-0.5, None)
        assert own["decoded_token"] == tokenizer.decode([token]) or "�" in tokenizer.decode([token])
        assert [(each["rank"], each["logprob"]) for each in scored.values()] == [(1, -0.25), (2, -1.25)][:top]
    shown = found["choices"][0]["logprobs"]
    assert (shown is None) == (answer is None)
    assert shown is None or {len(each["top_logprobs"]) for each in shown["content"]} == {answer}


def test_scores_of_each_prompt(url: str) -> None:
    body = {**TEXT, "prompt": ["hello you", "json"], "prompt_logprobs": 1, "echo": True, "logprobs": 0}
    for choice in post(url, "completions", body)["choices"]:
        assert len(choice["prompt_logprobs"]) < len(choice["logprobs"]["tokens"])
        assert all(len(scored) == 2 for scored in choice["prompt_logprobs"][1:])
        assert all(len(top) == 1 for top in choice["logprobs"]["top_logprobs"][1:])


def test_scores_of_a_prompt_are_not_streamed(url: str) -> None:
    for path, body in (("chat/completions", chat_body("hello")), ("completions", TEXT)):
        answer = httpx.post(f"{url}/{path}", json=body | {"stream": True, "prompt_logprobs": 0})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "prompt_logprobs")


def test_an_engine_without_scores_gives_none_of_the_prompt(url: str) -> None:
    answer = httpx.post(f"{url}/chat/completions", json=chat_body("hello", model="plain", prompt_logprobs=1))
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "prompt_logprobs")


def test_scores_of_a_prompt_leave_the_answer_as_it_is(client: OpenAI, engine: ScriptedEngine) -> None:
    plain = ask(client, "hello").choices[0].message.content
    assert ask(client, "hello", extra_body={"prompt_logprobs": 5}).choices[0].message.content == plain
    assert (engine.requests[-1].echo, engine.requests[-1].logprobs) == (True, 5)
