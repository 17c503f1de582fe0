"""Text completions: prompts in every form, and the scores that evaluation harnesses ask for."""

from typing import Any

import httpx
import pytest
from fakes import ScriptedEngine
from openai import OpenAI
from serving import events, post

from sftctl.serve.answering import WINDOW


def body(prompt: Any, **more: Any) -> dict[str, Any]:
    return {"model": "base", "prompt": prompt, "max_tokens": 300, **more}


def test_every_form_of_a_prompt(url: str, tokenizer: Any) -> None:
    ids = tokenizer.encode("hello there")
    for prompt in ("hello there", ["hello there"], ids, [ids]):
        answer = post(url, "completions", body(prompt))
        (choice,) = answer["choices"]
        assert (choice["text"], choice["finish_reason"], choice["logprobs"]) == (
            "You said 'hello there'.",
            "stop",
            None,
        )
        assert answer["usage"]["prompt_tokens"] == len(ids)
    many = post(url, "completions", body([f"number {n}" for n in range(20)], n=2))
    assert [choice["index"] for choice in many["choices"]] == list(range(40))
    assert [choice["text"] for choice in many["choices"][::2]] == [f"You said 'number {n}'." for n in range(20)]


def test_how_a_harness_scores(url: str, tokenizer: Any) -> None:
    """lm-evaluation-harness: echo the prompt, one token more, log-probabilities of all."""
    prompts = [tokenizer.encode("The weather in Paris"), tokenizer.encode("日本 is far")]
    answer = post(url, "completions", body(prompts, max_tokens=1, logprobs=1, echo=True, temperature=0, seed=1))
    for prompt, choice in zip(prompts, answer["choices"], strict=True):
        scores = choice["logprobs"]
        assert len(scores["tokens"]) == len(scores["token_logprobs"]) == len(scores["top_logprobs"]) == len(prompt) + 1
        assert len(scores["text_offset"]) == len(prompt) + 1
        assert scores["token_logprobs"][0] is None
        assert scores["top_logprobs"][0] is None
        assert all(isinstance(score, float) for score in scores["token_logprobs"][1:])
        assert all(max(top.values()) == -0.25 for top in scores["top_logprobs"][1:])
        assert choice["text"].startswith(tokenizer.decode(prompt))
    assert answer["usage"]["completion_tokens"] == 2


def test_a_stop_token_is_scored_too(url: str, tokenizer: Any) -> None:
    (choice,) = post(url, "completions", body("x", logprobs=0))["choices"]
    assert choice["text"] == "You said 'x'."
    assert choice["logprobs"]["tokens"][-1] == "<|im_end|>"
    assert choice["logprobs"]["text_offset"][-1] == len(choice["text"])
    assert [list(top) for top in choice["logprobs"]["top_logprobs"]] == [[t] for t in choice["logprobs"]["tokens"]]


def test_echo_alone_and_nothing_more(url: str) -> None:
    (choice,) = post(url, "completions", body("well", echo=True))["choices"]
    assert choice["text"] == "wellYou said 'well'."
    answer = post(url, "completions", body("hello", echo=True, max_tokens=0, logprobs=1))
    assert (answer["choices"][0]["text"], answer["usage"]["completion_tokens"]) == ("hello", 0)
    assert "".join(answer["choices"][0]["logprobs"]["tokens"]) == "hello"


def test_the_default_is_sixteen_tokens(url: str) -> None:
    answer = post(url, "completions", {"model": "base", "prompt": "a long question, so that the answer is long too"})
    assert (answer["usage"]["completion_tokens"], answer["choices"][0]["finish_reason"]) == (16, "length")


def test_streamed(url: str, client: OpenAI) -> None:
    *chunks, last = events(url, "completions", body("hello", logprobs=1, stream_options={"include_usage": True}))
    whole = post(url, "completions", body("hello", logprobs=1))
    parts = [chunk["choices"][0] for chunk in chunks]
    assert "".join(part["text"] for part in parts) == whole["choices"][0]["text"]
    scores = [score for part in parts if part["logprobs"] for score in part["logprobs"]["tokens"]]
    assert scores == whole["choices"][0]["logprobs"]["tokens"]
    assert (parts[-1]["finish_reason"], last["usage"]) == ("stop", whole["usage"])
    stopped = client.completions.create(model="base", prompt="well", stop="said", stream=True)
    assert "".join(chunk.choices[0].text for chunk in stopped) == "You "


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"n": 2, "seed": 1},
        {"echo": True},
        {"echo": True, "logprobs": 2},
        {"echo": True, "logprobs": 1, "max_tokens": 0},
        {"logprobs": 0, "stop": "said"},
    ],
)
def test_a_stream_of_many_prompts_is_what_is_not_streamed(url: str, more: dict[str, Any]) -> None:
    asked = body([f"number {n} 日本" for n in range(20)], **more)
    whole = post(url, "completions", asked)
    *chunks, last = events(url, "completions", asked | {"stream_options": {"include_usage": True}})
    assert [choice["index"] for choice in whole["choices"]] == list(range(20 * more.get("n", 1)))
    for choice in whole["choices"]:
        parts = [part for chunk in chunks for part in chunk["choices"] if part["index"] == choice["index"]]
        assert "".join(part["text"] for part in parts) == choice["text"]
        assert [part["finish_reason"] for part in parts if part["finish_reason"]] == [choice["finish_reason"]]
        for name, values in (choice["logprobs"] or {}).items():
            assert [value for part in parts for value in part["logprobs"][name]] == values
    assert last["usage"] == whole["usage"]
    assert whole["usage"]["prompt_tokens_details"]["cached_tokens"] == 0
    assert whole["system_fingerprint"] == last["system_fingerprint"]


def test_a_stop_string_is_not_scored(url: str) -> None:
    (choice,) = post(url, "completions", body("well", logprobs=1, stop="aid"))["choices"]
    assert (choice["text"], choice["finish_reason"]) == ("You s", "stop")
    assert "".join(choice["logprobs"]["tokens"]) == "You s"
    assert choice["logprobs"]["text_offset"][0] == 0


def test_many_prompts_leave_room_for_others(url: str, engine: ScriptedEngine) -> None:
    engine.most_open = 0
    post(url, "completions", body([f"number {n}" for n in range(100)]))
    assert 1 < engine.most_open <= WINDOW


def test_a_prompt_that_is_too_long_is_said_so(url: str) -> None:
    response = httpx.post(f"{url}/completions", json=body("word " * 200, model="small"))
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (400, "context_length_exceeded", "prompt")


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"prompt": []}, "prompt"),
        ({"prompt": [[1], []]}, "prompt[0]"),
        ({"prompt": [1, 100_000]}, "prompt"),
        ({"prompt": [-1]}, "prompt[0]"),
        ({"prompt": ""}, "prompt"),
        ({"suffix": "x"}, "suffix"),
        ({"best_of": 3}, "best_of"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"logprobs": 50}, "logprobs"),
        ({"logprobs": 1, "model": "plain"}, "logprobs"),
        ({"messages": []}, "messages"),
    ],
)
def test_refusals(url: str, change: dict[str, Any], param: str) -> None:
    response = httpx.post(f"{url}/completions", json=body("hello") | change)
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)
