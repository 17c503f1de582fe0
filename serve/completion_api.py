"""`POST /v1/completions`: OpenAI's older API, which evaluation harnesses score log-likelihoods with."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from sftctl.core.types import Step
from sftctl.serve.answering import Answering, Choice
from sftctl.serve.chat import ChatModel
from sftctl.serve.completion import usage, usage_so_far
from sftctl.serve.completion_request import CompletionRequest, read_completion
from sftctl.serve.connection import DONE, Body, EventResponse, body_of, event, plain_failure, while_connected
from sftctl.serve.form import Form
from sftctl.serve.grammar import Grammars, Shape
from sftctl.serve.planning import Plan, check_sampling, grammar_of
from sftctl.serve.protocol import Params, invalid
from sftctl.serve.service import Service, Spell
from sftctl.serve.text import TextStream
from sftctl.serve.tokens import finite, token_text


def add_completions(app: FastAPI, service: Service) -> None:
    @app.post("/v1/completions")
    async def create_completion(request: Request) -> Response:
        """Continue prompts of text or tokens, streamed or whole."""
        deadline = service.deadline()
        asked = read_completion(await deadline.wait(body_of(request)))
        service.check_length("max_tokens", asked.max_tokens)
        model = service.find(asked.model)
        plans = await deadline.wait(asyncio.to_thread(plan_completion, model, asked, service.grammars(model)))
        answering = service.begin(plans, deadline)
        completion = TextCompletion(asked, answering, service.spell(model))
        if asked.stream:
            return EventResponse(answering, completion.events(), plain_failure, {})
        await while_connected(request, answering.finish())
        return JSONResponse(completion.whole())


def plan_completion(model: ChatModel, asked: CompletionRequest, grammars: Grammars | None) -> list[Plan]:
    """One plan for each prompt. Raises ApiError (400) for what cannot be done."""
    sampling = asked.sampling()
    check_sampling(model, sampling, logprobs=asked.logprobs, prompt_logprobs=asked.prompt_logprobs)
    form = asked.form() or Form("structured_outputs")
    shape = Shape(output=form.schema, strict_output=form.strict, lark=form.lark)
    params = Params(output=form.param, schema=form.at or form.param)
    grammar = grammar_of(shape, params, grammars)
    plans: list[Plan] = []
    for prompt in asked.prompts:
        ids = model.tokenizer.encode(prompt) if isinstance(prompt, str) else prompt
        if not ids:
            raise invalid("prompt", "it has no tokens")
        if max(ids) >= len(model.tokenizer):
            raise invalid(
                "prompt", f"token id {max(ids)} is out of vocabulary: there are {len(model.tokenizer)} tokens"
            )
        plans.append(
            Plan(
                model,
                tuple(ids),
                replace(sampling, max_tokens=max(1, sampling.max_tokens)),
                grammar,
                n=asked.n or 1,
                logprobs=asked.logprobs,
                prompt_logprobs=asked.prompt_logprobs,
                echo=bool(asked.echo and asked.logprobs is not None),
                prompt_param="prompt",
            )
        )
    return plans


@dataclass(frozen=True)
class Passage:
    """Some text of a choice, its tokens, and where in the choice's text each of them begins."""

    text: str = ""
    steps: Sequence[Step] = ()
    offsets: Sequence[int] = ()

    def then(self, text: str, steps: Sequence[Step], offsets: Sequence[int]) -> "Passage":
        return Passage(self.text + text, [*self.steps, *steps], [*self.offsets, *offsets])


@dataclass(frozen=True)
class TextCompletion:
    """A text completion in OpenAI's shape, whole or in chunks."""

    asked: CompletionRequest
    answering: Answering
    spell: Spell
    id: str = field(default_factory=lambda: f"cmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self) -> Body:
        """The body of a response that is not streamed."""
        choices: list[Body] = []
        for choice in self.answering.choices:
            echo = self._echo(choice)
            passage = self._on(echo, len(echo.text), choice, choice.text, choice.steps, choice.offsets)
            choices.append({**self._entry(choice, passage, self._tokens(choice)), **self._prompt(choice)})
        return {**self._head(), "choices": choices, "usage": self._usage()}

    async def events(self) -> AsyncGenerator[str, None]:
        """Server-sent events: what is echoed, the text as it comes, and the reason for the end."""
        options = self.asked.stream_options
        begins: dict[int, int] = {}  # where the text after the echo begins
        given: dict[int, int] = {}  # how many tokens were given of it
        async with aclosing(self.answering.pieces()) as pieces:
            async for piece in pieces:
                choice, passage = piece.choice, Passage()
                if choice.index not in begins:
                    passage = self._echo(choice)
                    begins[choice.index] = len(passage.text)
                text = "".join(delta.content for delta in piece.deltas)
                passage = self._on(passage, begins[choice.index], choice, text, piece.steps, piece.offsets)
                if passage.text or piece.finish_reason or (passage.steps and self.asked.logprobs is not None):
                    so_far = usage_so_far(self.answering, options, written=self.asked.max_tokens != 0)
                    prompt = self._prompt(choice) if choice.index not in given else {}
                    tokens = self._tokens(choice)
                    entry = self._entry(choice, passage, tokens[given.get(choice.index, 0) :])
                    given[choice.index] = len(tokens)
                    yield event({**self._head(), "choices": [{**entry, **prompt}], **so_far})
        if options and options.include_usage:
            yield event({**self._head(), "choices": [], "usage": self._usage()})
        yield DONE

    def _echo(self, choice: Choice) -> Passage:
        """The prompt, if it is to be given back."""
        if not self.asked.echo:
            return Passage()
        prompt = choice.plan.prompt
        scored = choice.ticket.prompt_logprobs if choice.ticket else None
        stream, offsets = TextStream(choice.plan.model.tokenizer), list[int]()
        for token in prompt:
            offsets.append(len(stream.text))
            stream.push(token)
        stream.finish()
        return Passage(stream.text, scored or [Step(token) for token in prompt], offsets)

    def _on(
        self, passage: Passage, begin: int, choice: Choice, text: str, steps: Sequence[Step], offsets: Sequence[int]
    ) -> Passage:
        """The passage with what was written after it, the stop token at the end."""
        if self.asked.max_tokens == 0:  # one token was written all the same, as engines write at least one
            return passage
        passage = passage.then(text, steps, [begin + offset for offset in offsets])
        if choice.finish_reason and choice.last:
            passage = passage.then("", [choice.last], [begin + len(choice.text)])
        return passage

    def _tokens(self, choice: Choice) -> list[int]:
        """What was written so far."""
        return choice.tokens if self.asked.max_tokens != 0 else []

    def _prompt(self, choice: Choice) -> Body:
        return self.asked.of_prompt(choice, self.spell)

    def _entry(self, choice: Choice, passage: Passage, tokens: Sequence[int]) -> Body:
        return {
            "index": choice.index,
            "text": passage.text,
            "logprobs": self._logprobs(passage),
            "finish_reason": choice.finish_reason,
            **self.asked.of_answer(tokens),
        }

    def _logprobs(self, passage: Passage) -> Body | None:
        if self.asked.logprobs is None:
            return None
        return {
            "tokens": [self._token(step.token) for step in passage.steps],
            "token_logprobs": [None if step.logprob is None else finite(step.logprob) for step in passage.steps],
            "top_logprobs": [self._top(step) for step in passage.steps],
            "text_offset": list(passage.offsets),
        }

    def _top(self, step: Step) -> dict[str, float] | None:
        if step.logprob is None:
            return None
        top = step.top[: self.asked.logprobs]
        likeliest = {self._token(token): finite(logprob) for token, logprob in reversed(top)}
        return {self._token(step.token): finite(step.logprob), **likeliest}

    def _token(self, token: int) -> str:
        return token_text(token, self.spell, as_ids=bool(self.asked.return_tokens_as_token_ids))

    def _usage(self) -> Body:
        return usage(self.answering, written=self.asked.max_tokens != 0)

    def _head(self) -> Body:
        model = self.answering.plan.model
        return {
            "id": self.id,
            "object": "text_completion",
            "created": self.created,
            "model": model.name,
            "system_fingerprint": model.fingerprint,
        }
