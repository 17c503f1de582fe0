"""Anthropic's content blocks as OpenAI's messages: `tool_use` is a call, `tool_result` a message of its tool."""

from collections.abc import Iterator, Mapping
from typing import Any

from sftctl.core.types import Json

_OURS = ("tool_use", "tool_result", "thinking", "redacted_thinking")


def unfolded(message: Mapping[str, Any]) -> Iterator[dict[str, Json]]:
    """The message as it is, or as many as its blocks make: results come before what the user says next."""
    content = message.get("content")
    blocks = [block for block in content if isinstance(block, Mapping)] if isinstance(content, list) else []
    if not any(block.get("type") in _OURS for block in blocks):
        yield dict(message)
        return
    rest = {key: value for key, value in message.items() if key != "content"}
    for block in blocks:
        if block.get("type") == "tool_result":
            given = block.get("content")
            yield {"role": "tool", "tool_call_id": block.get("tool_use_id"), "content": "" if given is None else given}
    said = [part for part in content or () if not isinstance(part, Mapping) or part.get("type") not in _OURS]
    calls = [{"id": b.get("id"), "name": b.get("name"), "input": b.get("input")} for b in blocks if _is(b, "tool_use")]
    thought = "\n".join(str(block.get("thinking") or "") for block in blocks if _is(block, "thinking"))
    if said or calls:
        more = ({"tool_calls": calls} if calls else {}) | ({"reasoning_content": thought} if thought else {})
        yield {**rest, "content": said or None, **more}


def _is(block: Mapping[str, Json], kind: str) -> bool:
    return block.get("type") == kind
