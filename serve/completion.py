"""Chat completions in OpenAI's shape, whole or in chunks."""

import secrets
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from sftctl.core.types import Delta, Json, Step
from sftctl.serve.answering import Answering, Choice, Piece
from sftctl.serve.chat_request import ChatRequest, StreamOptions
from sftctl.serve.connection import DONE, Body, event
from sftctl.serve.service import Spell
from sftctl.serve.tokens import scored


@dataclass(frozen=True)
class Completion:
    """One completion: the id, time and model that all its parts share."""

    model: str
    asked: ChatRequest
    answering: Answering
    spell: Spell
    id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def lead(self) -> str:
        """The beginning of the answer that the request gave, if it is to be given back with the rest."""
        return self.answering.plan.lead if self.asked.echo else ""

    # ---- whole

    def whole(self) -> Body:
        """The body of a response that is not streamed, once every choice is whole."""
        choices = [self._choice(choice) for choice in self.answering.choices]
        prompt = self.asked.of_prompt(self.answering.choices[0], self.spell)
        return {**self._head("chat.completion"), "choices": choices, "usage": usage(self.answering), **prompt}

    def _choice(self, choice: Choice) -> Body:
        message = choice.message()
        if self.lead:
            message["content"] = self.lead + (message["content"] or "")
        return {
            "index": choice.index,
            "message": {**message, "refusal": None, "annotations": []},
            "logprobs": self._logprobs(choice.steps),
            "finish_reason": choice.finish_reason,
            **self.asked.of_answer(choice.tokens),
            **_remark(choice),
        }

    # ---- in chunks

    async def events(self) -> AsyncGenerator[str, None]:
        """Server-sent events: for each choice the role, text and calls as they come, the reason for the end."""
        given: dict[int, int] = {}  # tokens that were given of each choice that was begun
        async with aclosing(self.answering.pieces()) as pieces:
            async for piece in pieces:
                for chunk in self._chunks(piece, given):
                    yield chunk
        if self.asked.stream_options and self.asked.stream_options.include_usage:
            yield event({**self._head("chat.completion.chunk"), "choices": [], "usage": usage(self.answering)})
        yield DONE

    def _chunks(self, piece: Piece, given: dict[int, int]) -> Iterator[str]:
        choice, steps = piece.choice, piece.steps
        deltas = [_delta(delta, choice) for delta in piece.deltas]
        scores = self.answering.plan.logprobs is not None and bool(steps)
        if choice.index not in given and (deltas or scores or piece.finish_reason):
            yield from self._opening(choice, given, calls=bool(deltas) and "content" not in deltas[0])
        if scores and not deltas:
            deltas = [{"content": ""}]  # a token that shows nothing yet is scored all the same
        parts: list[tuple[Body, str | None]] = [(delta, None) for delta in deltas]
        if piece.finish_reason:
            parts.append(({}, piece.finish_reason))
        for at, (delta, reason) in enumerate(parts):
            tokens = choice.tokens[given[choice.index] :]
            given[choice.index] = len(choice.tokens)
            yield self._chunk(choice, delta, steps if at == 0 else (), reason, tokens)

    def _opening(self, choice: Choice, given: dict[int, int], *, calls: bool) -> Iterator[str]:
        """The role, and the beginning that the request gave."""
        written = bool(given)  # else nothing is given out yet
        prompt = {} if given else self.asked.of_prompt(choice, self.spell)
        given[choice.index] = 0
        content = None if calls and not self.lead else ""
        role = {"role": "assistant", "content": content, "refusal": None}
        yield self._chunk(choice, role, written=written, **prompt)
        if self.lead:
            yield self._chunk(choice, {"content": self.lead}, written=written)

    def _chunk(
        self,
        choice: Choice,
        delta: Body,
        steps: Sequence[Step] = (),
        finish_reason: str | None = None,
        tokens: Sequence[int] = (),
        *,
        written: bool = True,
        **more: Json,
    ) -> str:
        entry: Body = {
            "index": choice.index,
            "delta": delta,
            "logprobs": self._logprobs(steps) if steps else None,
            "finish_reason": finish_reason,
            **self.asked.of_answer(tokens),
            **(_remark(choice) if finish_reason else {}),
        }
        so_far = usage_so_far(self.answering, self.asked.stream_options, written=written)
        return event({**self._head("chat.completion.chunk"), "choices": [entry], **so_far, **more})

    # ---- parts

    def _logprobs(self, steps: Sequence[Step]) -> Body | None:
        if self.answering.plan.logprobs is None:
            return None
        as_ids = bool(self.asked.return_tokens_as_token_ids)
        return {"content": [scored(step, self.spell, as_ids=as_ids) for step in steps], "refusal": None}

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
