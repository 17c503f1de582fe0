"""Answers in OpenAI's shape, whole or in chunks."""

import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from sftctl.core.types import Answer, Json, Message

Body = dict[str, Json]


@dataclass(frozen=True)
class Completion:
    """One completion: the id, time and model that all its parts share."""

    model: str
    one_call: bool
    """`parallel_tool_calls: false`: only the first call of an answer is given."""
    include_usage: bool
    id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    # ---- whole

    def whole(self, answer: Answer) -> Body:
        """The body of a response that is not streamed."""
        message: Body = {"role": "assistant", "content": answer.message.get("content"), "refusal": None}
        if calls := self.calls(answer.message):
            message["tool_calls"] = calls
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": answer.finish_reason}
        return {**self._head("chat.completion"), "choices": [choice], "usage": usage(answer)}

    def calls(self, message: Message) -> list[Body]:
        """The calls of a parsed message, each with an id of its own."""
        calls = message.get("tool_calls") or []
        return [{**call, "id": f"call_{secrets.token_hex(12)}"} for call in calls[: 1 if self.one_call else None]]

    # ---- in chunks

    def chunk(self, delta: Body, finish_reason: str | None = None) -> str:
        """One server-sent event that carries a delta."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        body: Body = {**self._head("chat.completion.chunk"), "choices": [choice]}
        if self.include_usage:
            body["usage"] = None
        return event(body)

    def call_chunks(self, message: Message) -> list[str]:
        """Two events a call: what is called, then with which arguments."""
        chunks: list[str] = []
        for index, call in enumerate(self.calls(message)):
            function = call["function"]
            begun = {**call, "function": {"name": function["name"], "arguments": ""}}
            arguments = {"function": {"arguments": function["arguments"]}}
            chunks += [self.chunk({"tool_calls": [{"index": index, **part}]}) for part in (begun, arguments)]
        return chunks

    def usage_chunk(self, answer: Answer) -> str:
        """The event after the last delta, for a client that asked for it."""
        return event({**self._head("chat.completion.chunk"), "choices": [], "usage": usage(answer)})

    def _head(self, kind: str) -> Body:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def usage(answer: Answer) -> dict[str, Any]:
    """What an answer cost, in tokens."""
    prompt, completion = answer.prompt_tokens, answer.completion_tokens
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def event(body: Body) -> str:
    """A server-sent event with a JSON body."""
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"


DONE = "data: [DONE]\n\n"
