"""Chat completions in OpenAI's shape, whole or in chunks."""

import secrets
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from sftctl.core.types import Delta, Json, Step
from sftctl.serve.answering import Answering, Choice, Piece
from sftctl.serve.chat_request import StreamOptions
from sftctl.serve.connection import DONE, Body, event
from sftctl.serve.service import Spell

LEAST = -9999.0
"""What stands for a probability of 0, as JSON has no infinity."""


@dataclass(frozen=True)
class Completion:
    """One completion: the id, time and model that all its parts share."""

    model: str
    answering: Answering
    spell: Spell
    options: StreamOptions | None = None
    echo: bool = False
    """Whether the beginning of the answer that the request gave is given back with the rest."""
    id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def lead(self) -> str:
        return self.answering.plan.lead if self.echo else ""

    # ---- whole

    def whole(self) -> Body:
        """The body of a response that is not streamed, once every choice is whole."""
        choices = [self._choice(choice) for choice in self.answering.choices]
        return {**self._head("chat.completion"), "choices": choices, "usage": usage(self.answering)}

    def _choice(self, choice: Choice) -> Body:
        message = choice.message()
        if self.lead:
            message["content"] = self.lead + (message["content"] or "")
        return {
            "index": choice.index,
            "message": {**message, "refusal": None, "annotations": []},
            "logprobs": self._logprobs(choice.steps),
            "finish_reason": choice.finish_reason,
            **_remark(choice),
        }

    # ---- in chunks

    async def events(self) -> AsyncGenerator[str, None]:
        """Server-sent events: for each choice the role, text and calls as they come, the reason for the end."""
        opened: set[int] = set()
        async with aclosing(self.answering.pieces()) as pieces:
            async for piece in pieces:
                for chunk in self._chunks(piece, opened):
                    yield chunk
        if self.options and self.options.include_usage:
            yield event({**self._head("chat.completion.chunk"), "choices": [], "usage": usage(self.answering)})
        yield DONE

    def _chunks(self, piece: Piece, opened: set[int]) -> Iterator[str]:
        choice, steps = piece.choice, piece.steps
        deltas = [_delta(delta, choice) for delta in piece.deltas]
        scored = self.answering.plan.logprobs is not None and bool(steps)
        if choice.index not in opened and (deltas or scored or piece.finish_reason):
            opened.add(choice.index)
            calls = bool(deltas) and "content" not in deltas[0]
            content = None if calls and not self.lead else ""
            others = len(opened) > 1  # else nothing is given out yet
            yield self._chunk(choice, {"role": "assistant", "content": content, "refusal": None}, written=others)
            if self.lead:
                yield self._chunk(choice, {"content": self.lead}, written=others)
        if scored and not deltas:
            deltas = [{"content": ""}]  # a token that shows nothing yet is scored all the same
        for at, delta in enumerate(deltas):
            yield self._chunk(choice, delta, steps if at == 0 else ())
        if piece.finish_reason:
            yield self._chunk(choice, {}, finish_reason=piece.finish_reason)

    def _chunk(
        self,
        choice: Choice,
        delta: Body,
        steps: Sequence[Step] = (),
        finish_reason: str | None = None,
        *,
        written: bool = True,
    ) -> str:
        entry: Body = {
            "index": choice.index,
            "delta": delta,
            "logprobs": self._logprobs(steps) if steps else None,
            "finish_reason": finish_reason,
            **(_remark(choice) if finish_reason else {}),
        }
        so_far = usage_so_far(self.answering, self.options, written=written)
        return event({**self._head("chat.completion.chunk"), "choices": [entry], **so_far})

    # ---- parts

    def _logprobs(self, steps: Sequence[Step]) -> Body | None:
        if self.answering.plan.logprobs is None:
            return None
        return {"content": [scored(step, self.spell) for step in steps], "refusal": None}

    def _head(self, kind: str) -> Body:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": self.answering.plan.model.fingerprint,
        }


def _delta(delta: Delta, choice: Choice) -> Body:
    if delta.content:
        return {"content": delta.content}
    if delta.name:
        function = {"name": delta.name, "arguments": ""}
        return {"tool_calls": [_call(delta, id=choice.calls[delta.index].id, type="function", function=function)]}
    return {"tool_calls": [_call(delta, function={"arguments": delta.arguments})]}


def _call(delta: Delta, **parts: Json) -> Body:
    return {"index": delta.index, **parts}


def _remark(choice: Choice) -> Body:
    """Beyond OpenAI's shape: why something that looked like a call is content."""
    return {"parse_error": choice.error} if choice.error else {}


def scored(step: Step, spell: Spell) -> Body:
    """A token with its log-probability and the likeliest alternatives."""
    tops = [{**_spelled(token, spell), "logprob": finite(logprob)} for token, logprob in step.top]
    logprob = LEAST if step.logprob is None else finite(step.logprob)
    return {**_spelled(step.token, spell), "logprob": logprob, "top_logprobs": tops}


def _spelled(token: int, spell: Spell) -> Body:
    raw = spell(token)
    return {"token": token_text(raw), "bytes": list(raw)}


def token_text(raw: bytes) -> str:
    """A token as text; bytes that are no whole character are spelled out, as OpenAI does."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in raw)


def finite(logprob: float) -> float:
    return max(logprob, LEAST)


def usage(answering: Answering, *, written: bool = True) -> dict[str, Json]:
    """What an answer cost, in tokens; `written`: whether what was written counts."""
    prompt, completion = answering.prompt_tokens, answering.completion_tokens if written else 0
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": answering.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def usage_so_far(answering: Answering, options: StreamOptions | None, *, written: bool = True) -> Body:
    """What a chunk before the last says of the usage: nothing, that it is to come, or how much it is already."""
    if not (options and options.include_usage):
        return {}
    return {"usage": usage(answering, written=written) if options.continuous_usage_stats else None}
