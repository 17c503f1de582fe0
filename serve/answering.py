"""Answers while they are being written: the engine's tokens, read as deltas of a message."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from sftctl.core.errors import EngineError, PromptTooLongError, QueueFullError
from sftctl.core.types import Delta, Generation, Message, Step, Ticket
from sftctl.serve.chat import stop_ids
from sftctl.serve.planning import Plan
from sftctl.serve.protocol import ApiError
from sftctl.serve.text import TextStream

SEEDS = 2**63


# ---------------------------------------------------------------- one answer


@dataclass
class Call:
    """One call of an answer, as far as it has been written."""

    name: str
    id: str = field(default_factory=lambda: f"call_{secrets.token_hex(12)}")
    arguments: str = ""


class Choice:
    """One answer while it is being written."""

    def __init__(self, index: int, plan: Plan) -> None:
        self.index = index
        self.content = ""
        self.calls: list[Call] = []
        self.steps: list[Step] = []
        """The tokens of the answer, the stop token left out."""
        self.last: Step | None = None
        """The stop token, if one came."""
        self.tokens = 0
        """How many tokens were written, the stop token included."""
        self.finish_reason: str | None = None
        self.error = ""
        """Why something that looked like a call is content."""
        model = plan.model
        self._stop_ids = stop_ids(model.chat_format, model.tokenizer)
        self._text = TextStream(model.tokenizer, plan.sampling.stop)
        self._parser = model.chat_format.parser(eager=plan.grammar is not None) if plan.calls else None
        self._one_call = plan.one_call

    @property
    def stopped(self) -> bool:
        """A stop string was met; nothing that follows counts."""
        return self._text.stopped

    @property
    def text(self) -> str:
        """All that was written, calls included."""
        return self._text.text

    def push(self, step: Step) -> list[Delta]:
        """What a token adds."""
        self.tokens += 1
        if step.token in self._stop_ids:
            self.last = step
            return []
        self.steps.append(step)
        return self._read(self._text.push(step.token))

    def finish(self, reason: str) -> list[Delta]:
        """What was held back, now that the engine has ended for this reason."""
        deltas = self._read(self._text.finish())
        if self._parser:
            deltas += self._take(self._parser.finish())
            self.error = self._parser.error
        cut = reason == "length" and not self.stopped
        self.finish_reason = "length" if cut else "tool_calls" if self.calls else "stop"
        return deltas

    def message(self) -> Message:
        """The whole message in OpenAI's shape."""
        message: Message = {"role": "assistant", "content": self.content or (None if self.calls else "")}
        if self.calls:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in self.calls
            ]
        return message

    def _read(self, text: str) -> list[Delta]:
        if not text:
            return []
        return self._take(self._parser.push(text) if self._parser else [Delta(content=text)])

    def _take(self, deltas: list[Delta]) -> list[Delta]:
        taken = [delta for delta in deltas if delta.index < 1 or not self._one_call]
        for delta in taken:
            self.content += delta.content
            if delta.name:
                self.calls.append(Call(delta.name))
            if delta.arguments:
                self.calls[delta.index].arguments += delta.arguments
        return taken


@dataclass(frozen=True)
class Piece:
    """What one token of one choice brings; at its end, `finish_reason` is set."""

    choice: Choice
    deltas: list[Delta]
    step: Step | None = None
    finish_reason: str | None = None


# ---------------------------------------------------------------- all answers to one request


Event = tuple[int, Step | None] | Exception
"""A choice's next token, or None at its end; or what ends all of them."""
Events = asyncio.Queue[Event]


class Answering:
    """The engine at work on one request: `n` tickets, read as they come.

    Making one submits the tickets. Raises ApiError: 400 for a prompt that is too long, 429 when the queue is full.
    """

    def __init__(self, plan: Plan, timeout: float, on_end: Callable[["Answering"], None]) -> None:
        self.plan = plan
        self.first_token: float | None = None
        """Seconds from the beginning to the first token."""
        self._on_end = on_end
        self.choices = [Choice(index, plan) for index in range(plan.n)]
        self.started = time.monotonic()
        self._deadline = self.started + timeout
        self._loop = asyncio.get_running_loop()
        self._queue: Events = asyncio.Queue()
        self.tickets: list[Ticket] = []
        try:
            for index in range(plan.n):
                self.tickets.append(self._submit(index))
        except BaseException:
            self.abort()
            raise
        for index, ticket in enumerate(self.tickets):
            ticket.subscribe(Forward(self._loop, self._queue, index))

    @property
    def prompt_tokens(self) -> int:
        return len(self.plan.prompt)

    @property
    def cached_tokens(self) -> int:
        return max((ticket.cached_tokens for ticket in self.tickets), default=0)

    @property
    def completion_tokens(self) -> int:
        return sum(choice.tokens for choice in self.choices)

    async def pieces(self) -> AsyncGenerator[Piece, None]:
        """Every token of every choice as it comes. Closing it stops the engine's work."""
        left = set(range(len(self.choices)))
        try:
            while left:
                event = await self._next()
                if isinstance(event, Exception):
                    raise event
                index, step = event
                choice = self.choices[index]
                if index not in left:
                    continue
                if step is not None:
                    if self.first_token is None:
                        self.first_token = time.monotonic() - self.started
                    deltas = choice.push(step)
                    if choice.stopped:
                        self.plan.model.engine.abort(self.tickets[index])
                    yield Piece(choice, deltas, step)
                if step is None or choice.stopped:
                    left.discard(index)
                    reason = "stop" if choice.stopped else self._reason(self.tickets[index])
                    deltas = choice.finish(reason)
                    yield Piece(choice, deltas, finish_reason=choice.finish_reason)
        finally:
            self.abort()
            self._on_end(self)

    async def finish(self) -> None:
        """Wait until every choice is whole."""
        async for _ in self.pieces():
            pass

    def abort(self) -> None:
        """Stop the engine's work on whatever is not done."""
        for ticket in self.tickets:
            if ticket.finish_reason is None:
                self.plan.model.engine.abort(ticket)

    def fail(self, error: Exception) -> None:
        """End it with an error, whatever the engine does."""
        self._queue.put_nowait(error)

    async def _next(self) -> Event:
        try:
            async with asyncio.timeout(self._deadline - time.monotonic()):
                return await self._queue.get()
        except TimeoutError:
            raise ApiError(
                "The answer took longer than this server allows.", status=408, type="server_error", code="timeout"
            ) from None

    def _submit(self, index: int) -> Ticket:
        plan, sampling = self.plan, self.plan.sampling
        if index and sampling.seed is not None:  # the same seed would give the same answer n times
            sampling = replace(sampling, seed=(sampling.seed + index) % SEEDS)
        request = Generation(
            plan.prompt,
            sampling,
            tuple(sorted(stop_ids(plan.model.chat_format, plan.model.tokenizer))),
            adapter=plan.model.adapter,
            grammar=plan.grammar,
            logprobs=plan.logprobs,
            echo=plan.echo,
        )
        try:
            ticket: Ticket = plan.model.engine.submit(request)
        except PromptTooLongError as error:
            raise ApiError(str(error), param="messages", code="context_length_exceeded") from None
        except QueueFullError as error:
            raise queue_full(error) from None
        return ticket

    def _reason(self, ticket: Ticket) -> str:
        if ticket.error is not None:
            raise ticket.error
        if ticket.finish_reason == "cancelled":
            raise EngineError("The engine gave this answer up.")
        return ticket.finish_reason or "stop"


class Forward:
    """Takes a ticket's steps from the engine's thread to the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, queue: Events, index: int) -> None:
        self._loop, self._queue, self._index = loop, queue, index

    def __call__(self, step: Step | None) -> None:
        with suppress(RuntimeError):  # the loop has ended, and so has whoever listened
            self._loop.call_soon_threadsafe(self._queue.put_nowait, (self._index, step))


def queue_full(error: QueueFullError) -> ApiError:
    wait: Mapping[str, str] = {"Retry-After": str(max(1, round(error.retry_after)))}
    return ApiError(str(error), status=429, type="rate_limit_error", code="rate_limit_exceeded", headers=wait)
