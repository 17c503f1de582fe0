"""What the tests of the service share: tools, what scripted models say, asking and putting streams together."""

import json
import time
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any

import httpx
from openai import OpenAI
from openai.types import Completion
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

WEATHER: Any = {
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
    "half": call("now", {}) + '\n<tool_call>\n{"name": "get_weather"}\n</tool_call>',
    "less": "1 < 2 and <tool is no call \n",
    "long": "word " * 400,
    "slow": "word " * 4000,
    "json": '{"city": "Köln", "degrees": 21}',
}


def script(prompt: str) -> str:
    if "<tool_response>" in prompt:
        return "The result is " + prompt.rpartition("<tool_response>\n")[2].partition("\n</tool_response>")[0] + "."
    asked = prompt.rpartition("<|im_start|>user\n")[2].partition("<|im_end|>")[0]
    return SCRIPT.get(asked, f"You said {asked!r}" + (" and showed tools." if "<tools>" in prompt else "."))


# ---------------------------------------------------------------- asking


def ask(client: OpenAI, text: str, **more: Any) -> Any:
    messages: Any = more.pop("messages", [{"role": "user", "content": text}])
    return client.chat.completions.create(model=more.pop("model", "base"), messages=messages, **more)


def chat_body(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "base", "messages": [{"role": "user", "content": text}], **more}


def post(url: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer's body, which must be what the official client's types say."""
    response = httpx.post(f"{url}/{path}", json=body, timeout=30)
    assert response.status_code == 200, response.text
    types = {"chat/completions": ChatCompletion, "completions": Completion, "responses": Response}
    found: dict[str, Any] = response.json()
    types[path].model_validate(_typed(path, found))
    return found


@cache
def chunk_type(path: str) -> TypeAdapter[Any]:
    kinds: dict[str, Any] = {"chat/completions": ChatCompletionChunk, "completions": Completion}
    return TypeAdapter(kinds.get(path, ResponseStreamEvent))


def _typed(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The client's type of text completions lacks the nulls that OpenAI sends: before the end, for a first token."""
    if path != "completions":
        return body
    body = deepcopy(body)
    for choice in body["choices"]:
        choice["finish_reason"] = choice["finish_reason"] or "stop"
        for name in ("token_logprobs", "top_logprobs"):
            if (scores := (choice["logprobs"] or {}).get(name)) and scores[0] is None:
                del scores[0]
    return body


def events(url: str, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The bodies of all events, each of which must be what the official client's types say."""
    response = httpx.post(f"{url}/{path}", json=body | {"stream": True}, timeout=30)
    assert response.headers["content-type"].startswith("text/event-stream"), response.text
    lines = [line for line in response.text.split("\n\n") if line]
    found = [json.loads(line.rpartition("data: ")[2]) for line in lines if not line.endswith("[DONE]")]
    for each in found:
        chunk_type(path).validate_python(_typed(path, each))
    assert (lines[-1] == "data: [DONE]") == (path != "responses")
    return found


def joined(chunks: list[dict[str, Any]], index: int = 0) -> dict[str, Any]:
    """What the chunks of one choice add up to, as a choice that is not streamed, its ids left out."""
    content: str | None = None
    calls: list[dict[str, Any]] = []
    scores: list[Any] = []
    choice: dict[str, Any] = {}
    for chunk in chunks:
        for part in chunk["choices"]:
            if part["index"] != index:
                continue
            delta = part["delta"]
            if delta.get("content") is not None:
                content = (content or "") + delta["content"]
            for each in delta.get("tool_calls", ()):
                if each["index"] == len(calls):
                    assert (each["type"], each["function"]["arguments"]) == ("function", "")
                    assert each["id"].startswith("call_")
                    calls.append({"name": each["function"]["name"], "arguments": ""})
                calls[each["index"]]["arguments"] += each["function"]["arguments"]
            scores += (part["logprobs"] or {}).get("content", ())
            assert "finish_reason" not in choice, "nothing may follow the reason for the end"
            if part["finish_reason"]:
                choice = {"finish_reason": part["finish_reason"], "parse_error": part.get("parse_error")}
    return {"content": content, "calls": calls, "scores": scores, **choice}


def told(choice: dict[str, Any]) -> dict[str, Any]:
    """A choice that is not streamed, as `joined` spells it."""
    message = choice["message"]
    return {
        "content": message["content"],
        "calls": [made["function"] for made in message.get("tool_calls", ())],
        "scores": (choice["logprobs"] or {}).get("content", []),
        "finish_reason": choice["finish_reason"],
        "parse_error": choice.get("parse_error"),
    }


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Raises after so many seconds, many more than it takes on a machine that has nothing else to do."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.01)
