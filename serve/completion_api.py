"""`POST /v1/completions`: OpenAI's older API, which evaluation harnesses score log-likelihoods with."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from sftctl.core.types import Step
from sftctl.serve.answering import Answering, Choice
from sftctl.serve.chat import ChatModel
from sftctl.serve.completion import finite, token_text
from sftctl.serve.completion_request import CompletionRequest, read_completion
from sftctl.serve.connection import DONE, Body, EventResponse, event, plain_failure, while_connected
from sftctl.serve.planning import Plan, check_sampling
from sftctl.serve.protocol import invalid, unsupported
from sftctl.serve.service import Service, Spell
from sftctl.serve.text import TextStream


def add_completions(app: FastAPI, service: Service) -> None:
    @app.post("/v1/completions")
    async def create_completion(request: Request) -> Response:
        """Continue prompts of text or tokens, streamed or whole."""
        asked = read_completion(await request.body())
        model = service.find(asked.model)
        plans = await asyncio.to_thread(plan_completion, model, asked)
        spelling = TextCompletion(model, asked, service.spell(model))
        if asked.stream:
            if len(plans) > 1:
                raise invalid("stream", "only one prompt can be streamed at a time")
            answering = service.begin(plans[0])
            return EventResponse(answering, spelling.events(answering), plain_failure, {})
        answerings = await while_connected(request, _one_after_another(service, plans))
        return JSONResponse(spelling.whole(answerings))


BATCH = 8
"""Prompts of one request that are in the engine at a time, so that others get their turn."""


async def _one_after_another(service: Service, plans: Sequence[Plan]) -> list[Answering]:
    """All answers, a few at a time: a request with many prompts must neither fill the queue nor be refused for it."""
    done: list[Answering] = []
    for start in range(0, len(plans), BATCH):
        begun: list[Answering] = []
        try:
            begun.extend(service.begin(plan) for plan in plans[start : start + BATCH])
            await asyncio.gather(*(answering.finish() for answering in begun))
        finally:
            for answering in begun:
                answering.abort()
        done += begun
    return done


def plan_completion(model: ChatModel, asked: CompletionRequest) -> list[Plan]:
    """One plan for each prompt. Raises ApiError (400) for what cannot be done."""
    sampling = asked.sampling()
    if asked.echo and asked.stream:
        raise unsupported("echo", "not together with 'stream'")
    check_sampling(model, sampling, asked.logprobs)
    plans: list[Plan] = []
    for prompt in asked.prompts:
        ids = model.tokenizer.encode(prompt) if isinstance(prompt, str) else prompt
        if not ids:
            raise invalid("prompt", "it has no tokens")
        if max(ids) >= len(model.tokenizer):
            raise invalid("prompt", f"{max(ids)} is no token id: there are {len(model.tokenizer)} tokens")
        plans.append(
            Plan(
                model,
                tuple(ids),
                replace(sampling, max_tokens=max(1, sampling.max_tokens)),
                n=asked.n or 1,
                logprobs=asked.logprobs,
                echo=bool(asked.echo and asked.logprobs is not None),
            )
        )
    return plans


@dataclass(frozen=True)
class TextCompletion:
    """Text completions in OpenAI's shape."""

    model: ChatModel
    asked: CompletionRequest
    spell: Spell
    id: str = field(default_factory=lambda: f"cmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, answerings: Sequence[Answering]) -> Body:
        """The body of a response that is not streamed."""
        choices: list[Body] = []
        for answering in answerings:
            for choice in answering.choices:
                choices.append({"index": len(choices), **self._choice(answering, choice)})
        prompt = sum(answering.prompt_tokens for answering in answerings)
        return {**self._head(), "choices": choices, "usage": self._usage(prompt, answerings)}

    async def events(self, answering: Answering) -> AsyncGenerator[str, None]:
        """Server-sent events: the text as it comes, and the reason for the end."""
        async with aclosing(answering.pieces()) as pieces:
            async for piece in pieces:
                text = "".join(delta.content for delta in piece.deltas)
                steps = [piece.step] if piece.step and piece.choice.steps[-1:] == [piece.step] else []
                if text or piece.finish_reason or (steps and self.asked.logprobs is not None):
                    offset = len(piece.choice.text) - len(text)
                    entry: Body = {
                        "index": piece.choice.index,
                        "text": text,
                        "logprobs": self._logprobs(steps, [offset] * len(steps)),
                        "finish_reason": piece.finish_reason,
                    }
                    body: Body = {**self._head(), "choices": [entry]}
                    yield event(body | {"usage": None} if self.asked.include_usage else body)
        if self.asked.include_usage:
            usage = self._usage(answering.prompt_tokens, [answering])
            yield event({**self._head(), "choices": [], "usage": usage})
        yield DONE

    def _choice(self, answering: Answering, choice: Choice) -> Body:
        prompt = list(answering.plan.prompt) if self.asked.echo else []
        steps = [] if self.asked.max_tokens == 0 else [*choice.steps, *filter(None, [choice.last])]
        echoed = [Step(token) for token in prompt]
        if self.asked.echo and self.asked.logprobs is not None:
            scored = answering.tickets[choice.index].prompt_logprobs
            echoed = list(scored) if scored is not None else echoed
        _, offsets = self._text([step.token for step in (*echoed, *steps)])
        written = choice.text if steps else ""  # up to a stop token or a stop string
        return {
            "text": self._text(prompt)[0] + written,
            "logprobs": self._logprobs([*echoed, *steps], offsets),
            "finish_reason": choice.finish_reason,
        }

    def _text(self, tokens: Sequence[int]) -> tuple[str, list[int]]:
        """The text of tokens, and where in it each of them begins to show."""
        stream = TextStream(self.model.tokenizer)
        offsets: list[int] = []
        for token in tokens:
            offsets.append(len(stream.text))
            stream.push(token)
        stream.finish()
        return stream.text, offsets

    def _logprobs(self, steps: Sequence[Step], offsets: Sequence[int]) -> Body | None:
        if self.asked.logprobs is None:
            return None
        return {
            "tokens": [self._token(step.token) for step in steps],
            "token_logprobs": [None if step.logprob is None else finite(step.logprob) for step in steps],
            "top_logprobs": [self._top(step) for step in steps] if self.asked.logprobs else None,
            "text_offset": list(offsets),
        }

    def _top(self, step: Step) -> dict[str, float] | None:
        if step.logprob is None:
            return None
        likeliest = {self._token(token): finite(logprob) for token, logprob in reversed(step.top)}
        return {self._token(step.token): finite(step.logprob), **likeliest}

    def _token(self, token: int) -> str:
        return token_text(self.spell(token))

    def _usage(self, prompt: int, answerings: Sequence[Answering]) -> dict[str, Any]:
        completion = 0 if self.asked.max_tokens == 0 else sum(a.completion_tokens for a in answerings)
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}

    def _head(self) -> Body:
        return {"id": self.id, "object": "text_completion", "created": self.created, "model": self.model.name}
