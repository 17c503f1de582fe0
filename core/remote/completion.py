"""What a chat completion says, in whichever of the ways in which endpoints write it."""

import json
from collections.abc import Mapping

from sftctl.core.remote.retries import Garbled, said_without, without
from sftctl.core.types import Answer, Json, canonical_json

THOUGHTS = ("thinking", "reasoning")
"""Types of parts that a model has said to itself."""


def read_answer(body: str, key: str) -> Answer:
    """The Answer in the body of a chat completion. Raises Garbled, which names what is no part of one.

    The content may be a list of texts, arguments an object, and a call the older `function_call`.
    """
    try:
        completion = _of(dict, json.loads(body), "it")
        choice = _of(dict, next(iter(_of(list, completion.get("choices"), "choices")), None), "choices[0]")
        said = _of(dict, choice.get("message"), "message")
        message: dict[str, Json] = {"role": "assistant", "content": _content(said.get("content"), key)}
        if calls := _calls(said):
            message["tool_calls"] = [_call(call, key) for call in calls]
    except ValueError as odd:
        shown = without(key, body[:80])
        raise Garbled(f"it answered with something that is no chat completion ({odd}): {shown!r}") from None
    counts = (_tokens(completion.get("usage"), name) for name in ("prompt_tokens", "completion_tokens"))
    return Answer(message, message["content"] or "", str(choice.get("finish_reason") or "stop"), *counts)


def _of(kind: type, value: Json, where: str) -> Json:
    """The value, if it is of that kind. Raises ValueError."""
    if not isinstance(value, kind):
        raise ValueError(f"`{where}` is {json.dumps(value)[:40]}")
    return value


def _content(content: Json, key: str) -> str | None:
    if content is None:
        return None
    if isinstance(content, list):
        parts = [part for part in content if _of(dict, part, "content").get("type") not in THOUGHTS]
        content = "".join(_of(str, part.get("text"), "content.text") for part in parts)
    return _plain(_of(str, content, "content"), key)


def _calls(said: Mapping[str, Json]) -> list[Json]:
    if calls := said.get("tool_calls"):
        return list(_of(list, calls, "tool_calls"))
    return [{"function": said["function_call"]}] if said.get("function_call") else []


def _call(call: Json, key: str) -> Json:
    function = _of(dict, _of(dict, call, "tool_calls").get("function"), "function")
    arguments = function.get("arguments")
    text = canonical_json(arguments) if isinstance(arguments, dict) else _of(str, arguments, "arguments")
    plain = {"name": _of(str, function.get("name"), "name"), "arguments": _plain(text, key)}
    return {"id": str(call.get("id") or ""), "type": "function", "function": plain}


def _plain(text: str, key: str) -> str:
    return said_without(key, text).encode(errors="replace").decode()  # half an emoji cannot be written down


def _tokens(usage: Json, name: str) -> int:
    """What the endpoint counted; 0 where it did not."""
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if isinstance(count, int) and count > 0 else 0
