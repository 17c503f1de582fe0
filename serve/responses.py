"""Responses in OpenAI's shape: output items that grow, and the events that tell of it."""

import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from sftctl.core.types import Delta, Json
from sftctl.serve.answering import Answering, Piece
from sftctl.serve.connection import Body, event
from sftctl.serve.protocol import ApiError
from sftctl.serve.responses_request import ResponsesRequest, new_id
from sftctl.serve.service import Spell
from sftctl.serve.tokens import scored

Events = Iterator[tuple[str, Body]]
"""Type and contents of each event, in order."""


class Output:
    """The output items of one response, as far as they are written: messages and function calls."""

    def __init__(self, spell: Spell, *, with_logprobs: bool) -> None:
        self.items: list[Body] = []
        self._spell = spell
        self._scores = with_logprobs
        self._unsaid: list[Body] = []  # scores of tokens whose text has not been given yet
        self._open = False  # whether the last item is still being written

    @property
    def text(self) -> str:
        """All that is no call."""
        return "".join(item["content"][0]["text"] for item in self.items if item["type"] == "message")

    def push(self, piece: Piece) -> Events:
        """What a piece of the answer changes."""
        if self._scores:
            self._unsaid += [scored(step, self._spell) for step in piece.steps]
        for delta in piece.deltas:
            if delta.content:
                yield from self._write(delta.content)
                continue
            self._unsaid = []  # they spelled the call
            yield from self._begin_call(delta, piece) if delta.name else self._argue(delta.arguments)
        if piece.finish_reason:
            yield from self._close("incomplete" if piece.finish_reason == "length" else "completed")
            if not self.items:
                yield from self._begin_message()
                yield from self._close("incomplete" if piece.finish_reason == "length" else "completed")

    # ---- messages

    def _begin_message(self) -> Events:
        item: Body = {
            "id": new_id("msg"),
            "type": "message",
            "role": "assistant",
            "status": "in_progress",
            "content": [],
        }
        yield from self._begin(item)
        part: Body = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        yield "response.content_part.added", {**self._at(), "content_index": 0, "part": dict(part)}
        item["content"] = [part]

    def _write(self, text: str) -> Events:
        if not self._open or self.items[-1]["type"] != "message":
            yield from self._close("completed")
            yield from self._begin_message()
        part = self.items[-1]["content"][0]
        part["text"] += text
        logprobs, self._unsaid = self._unsaid, []
        part["logprobs"] = [*part["logprobs"], *logprobs]
        about = {"content_index": 0, "delta": text, "logprobs": logprobs}
        yield "response.output_text.delta", {**self._at(), **about}

    # ---- calls

    def _begin_call(self, delta: Delta, piece: Piece) -> Events:
        yield from self._close("completed")
        call_id = piece.choice.calls[delta.index].id
        item = {"id": new_id("fc"), "type": "function_call", "status": "in_progress", "call_id": call_id}
        yield from self._begin({**item, "name": delta.name, "arguments": ""})

    def _argue(self, arguments: str) -> Events:
        self.items[-1]["arguments"] += arguments
        yield "response.function_call_arguments.delta", {**self._at(), "delta": arguments}

    # ---- both

    def _begin(self, item: Body) -> Events:
        self.items.append(item)
        self._open = True
        yield "response.output_item.added", {"output_index": len(self.items) - 1, "item": dict(item)}

    def _close(self, status: str) -> Events:
        if not self._open:
            return
        item, self._open = self.items[-1], False
        item["status"] = status
        if item["type"] == "message":
            part = item["content"][0]
            done = {"content_index": 0, "text": part["text"], "logprobs": part["logprobs"]}
            yield "response.output_text.done", {**self._at(), **done}
            yield "response.content_part.done", {**self._at(), "content_index": 0, "part": part}
        else:
            done = {"name": item["name"], "arguments": item["arguments"]}
            yield "response.function_call_arguments.done", {**self._at(), **done}
        yield "response.output_item.done", {"output_index": len(self.items) - 1, "item": item}

    def _at(self) -> Body:
        return {"item_id": self.items[-1]["id"], "output_index": len(self.items) - 1}


@dataclass
class ResponseWriter:
    """One response: what was asked, what is being written."""

    asked: ResponsesRequest
    answering: Answering
    spell: Spell
    keep: Callable[[Body], None] = lambda body: None
    """Is given the whole response once it is there."""
    id: str = field(default_factory=lambda: new_id("resp"))
    created: int = field(default_factory=lambda: int(time.time()))

    def __post_init__(self) -> None:
        self.output = Output(self.spell, with_logprobs=self.answering.plan.logprobs is not None)
        self._number = 0

    async def finish(self) -> Body:
        """The whole response, not streamed."""
        async with aclosing(self.answering.pieces()) as pieces:
            async for piece in pieces:
                for _ in self.output.push(piece):
                    pass
        return self._whole()

    async def events(self) -> AsyncGenerator[str, None]:
        """Server-sent events, from `response.created` to the whole response."""
        for kind in ("response.created", "response.in_progress"):
            yield self.event(kind, response=self.body("in_progress"))
        async with aclosing(self.answering.pieces()) as pieces:
            async for piece in pieces:
                for kind, contents in self.output.push(piece):
                    yield self.event(kind, **contents)
        body = self._whole()
        yield self.event(f"response.{body['status']}", response=body)

    def failed(self, error: ApiError) -> str:
        """The event that ends a stream which cannot go on."""
        about = error.body["error"]
        return self.event("error", code=about["code"] or about["type"], message=about["message"], param=about["param"])

    def event(self, kind: str, **contents: Json) -> str:
        body = {"type": kind, "sequence_number": self._number, **contents}
        self._number += 1
        return event(body, kind)

    def body(self, status: str) -> Body:
        """The response as it stands."""
        done = status != "in_progress"
        asked, choice = self.asked, self.answering.choices[0]
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "completed_at": int(time.time()) if status == "completed" else None,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
            "instructions": asked.instructions,
            "max_output_tokens": asked.max_output_tokens,
            "max_tool_calls": asked.max_tool_calls,
            "model": self.answering.plan.model.name,
            "output": list(self.output.items),
            "parallel_tool_calls": asked.parallel_tool_calls is not False,
            "previous_response_id": asked.previous_response_id,
            "reasoning": {"effort": None, "summary": None},
            "service_tier": "default",
            "store": asked.store is not False,
            "temperature": self.answering.plan.sampling.temperature,
            "text": {"format": asked.format.model_dump(by_alias=True, exclude_none=True), "verbosity": "medium"},
            "tool_choice": self._choice(),
            "tools": [_tool(tool.model_dump()) for tool in asked.tools or ()],
            "top_logprobs": asked.top_logprobs or 0,
            "top_p": self.answering.plan.sampling.top_p,
            "truncation": "disabled",
            "usage": self._usage() if done else None,
            "metadata": asked.metadata or {},
            **({"parse_error": choice.error} if choice.error else {}),
        }

    def _whole(self) -> Body:
        body = self.body("incomplete" if self.answering.choices[0].finish_reason == "length" else "completed")
        self.keep(body)
        return body

    def _choice(self) -> Json:
        choice = self.asked.tool_choice or "auto"
        return choice if isinstance(choice, str) else choice.model_dump()

    def _usage(self) -> Body:
        prompt, written = self.answering.prompt_tokens, self.answering.completion_tokens
        cached = {"cached_tokens": self.answering.cached_tokens, "cache_write_tokens": 0}
        return {
            "input_tokens": prompt,
            "input_tokens_details": cached,
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": prompt + written,
        }


def _tool(tool: dict[str, Any]) -> Body:
    return {
        "type": "function",
        "name": tool["name"],
        "description": tool["description"],
        "parameters": tool["parameters"],
        "strict": bool(tool["strict"]),
    }
