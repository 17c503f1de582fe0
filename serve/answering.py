"""Answers while they are being written: the engine's tokens, read as deltas of a message."""

import asyncio
import secrets
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from sftctl.core.errors import EngineError, PromptTooLongError, QueueFullError, UnknownAdapterError
from sftctl.core.types import Delta, Generation, Message, Step, Ticket
from sftctl.serve.deadline import Deadline
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

    def __init__(self, index: int, plan: Plan, number: int = 0) -> None:
        self.index = index
        self.plan = plan
        self.number = number
        """Which of the `n` answers to its plan."""
        self.ticket: Ticket | None = None
        """Its place in the engine, once it has one."""
        self.content = ""
        self.calls: list[Call] = []
        self.steps: list[Step] = []
        """The tokens of the answer's text: without the stop token, and without those of a stop string."""
        self.offsets: list[int] = []
        """Where in the text each of them begins."""
        self.last: Step | None = None
        """The stop token, if one came."""
        self.tokens: list[int] = []
        """All that was written, the stop token included."""
        self.finish_reason: str | None = None
        self.error = ""
        """Why something that looked like a call is content."""
        model = plan.model
        self._stop_ids = model.stops(plan.sampling)
        self._text = TextStream(model.tokenizer, plan.sampling.stop, plan.sampling.keep_stop)
        self._parser = model.chat_format.parser(eager=plan.grammar is not None) if plan.calls else None
        self._one_call = plan.one_call
        self._held: deque[tuple[int, Step]] = deque()  # whose text is not given yet

    @property
    def stopped(self) -> bool:
        """A stop string was met; nothing that follows counts."""
        return self._text.stopped

    @property
    def text(self) -> str:
        """All that was written, calls included."""
        return self._text.text

    def push(self, step: Step) -> "Piece":
        """What a token brings."""
        self.tokens.append(step.token)
        step = self._asked(step)
        if step.token in self._stop_ids:
            self.last = step
            return Piece(self, [])
        self._held.append((self._text.decoded, step))
        text = self._text.push(step.token)
        return self._piece(self._read(text), self._release())

    def finish(self, reason: str) -> "Piece":
        """What was held back, now that the engine has ended for this reason."""
        text = self._text.finish()
        released = self._release(rest=not self.stopped)
        deltas = self._read(text)
        if self._parser:
            deltas += self._take(self._parser.finish())
            self.error = self._parser.error
        cut = reason == "length" and not self.stopped
        called = self.calls and not self.plan.named
        self.finish_reason = "length" if cut else "tool_calls" if called else "stop"
        return self._piece(deltas, released)

    def message(self) -> Message:
        """The whole message in OpenAI's shape."""
        message: Message = {"role": "assistant", "content": self.content or (None if self.calls else "")}
        if self.calls:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in self.calls
            ]
        return message

    def _asked(self, step: Step) -> Step:
        """The step with the scores that were asked for of the answer: more may have been asked for of the prompt."""
        if self.plan.logprobs is None:
            return Step(step.token)
        return replace(step, top=step.top[: self.plan.logprobs])

    def _release(self, rest: bool = False) -> int:
        """Add to `steps` the tokens whose text has begun to be given, or all that are left; says how many."""
        known = len(self.steps)
        while self._held and (rest or self._held[0][0] < len(self.text)):
            offset, step = self._held.popleft()
            self.offsets.append(offset)
            self.steps.append(step)
        return len(self.steps) - known

    def _piece(self, deltas: list[Delta], released: int) -> "Piece":
        known = len(self.steps) - released
        return Piece(self, deltas, self.steps[known:], self.offsets[known:], self.finish_reason)

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
    steps: Sequence[Step] = ()
    """The tokens whose text has come: none as long as a token's text is uncertain."""
    offsets: Sequence[int] = ()
    finish_reason: str | None = None


# ---------------------------------------------------------------- all answers to one request


Event = tuple[int, Step | None] | Exception
"""A choice's next token, or None at its end; or what ends all of them."""
Events = asyncio.Queue[Event]


WINDOW = 16
"""Answers of one request that are in the engine at a time, so that others get their turn."""


class Answering:
    """The engine at work on one request: `n` answers to each plan, a window of them at a time, read as they come.

    Making one submits the first. Raises ApiError: 400 for a prompt that is too long, 429 when the queue is full.
    """

    def __init__(self, plans: Sequence[Plan], deadline: Deadline, on_end: Callable[["Answering"], None]) -> None:
        self.plans = tuple(plans)
        self.first_token: float | None = None
        """Seconds from the beginning to the first token."""
        self._on_end = on_end
        numbered = [(plan, number) for plan in self.plans for number in range(plan.n)]
        self.choices = [Choice(index, *each) for index, each in enumerate(numbered)]
        self.started = time.monotonic()
        self._deadline = deadline
        self._loop = asyncio.get_running_loop()
        self._queue: Events = asyncio.Queue()
        self._waiting = deque(self.choices)
        self._open: set[int] = set()
        try:
            self._begin()
        except QueueFullError as error:
            self.abort()
            raise queue_full(error) from None
        except BaseException:
            self.abort()
            raise

    @property
    def plan(self) -> Plan:
        """The first plan: they differ in their prompts alone."""
        return self.plans[0]

    @property
    def prompt_tokens(self) -> int:
        return sum(len(plan.prompt) for plan in self.plans)

    @property
    def cached_tokens(self) -> int:
        """Of each prompt, what did not have to be computed again even once."""
        most: Counter[int] = Counter()
        for choice in self.choices:
            if choice.ticket:
                first = choice.index - choice.number
                most[first] = max(most[first], choice.ticket.cached_tokens)
        return most.total()

    @property
    def completion_tokens(self) -> int:
        return sum(len(choice.tokens) for choice in self.choices)

    async def pieces(self) -> AsyncGenerator[Piece, None]:
        """Every token of every choice as it comes. Closing it stops the engine's work."""
        left = set(range(len(self.choices)))
        try:
            while left:
                event = await self._deadline.wait(self._queue.get())
                if isinstance(event, Exception):
                    raise event
                index, step = event
                choice = self.choices[index]
                if index not in left:
                    continue
                if step is not None:
                    if self.first_token is None:
                        self.first_token = time.monotonic() - self.started
                    yield choice.push(step)
                if step is None or choice.stopped:
                    left.discard(index)
                    yield choice.finish(self._end(choice))
        finally:
            self.abort()
            self._on_end(self)

    async def finish(self) -> None:
        """Wait until every choice is whole."""
        async for _ in self.pieces():
            pass

    def abort(self) -> None:
        """Stop the engine's work on whatever is not done."""
        self._waiting.clear()
        for choice in self.choices:
            if choice.ticket and choice.ticket.finish_reason is None:
                self.plan.model.engine.abort(choice.ticket)

    def fail(self, error: Exception) -> None:
        """End it with an error, whatever the engine does."""
        self._queue.put_nowait(error)

    def _begin(self) -> None:
        """Submit what waits, as far as the window reaches. Raises QueueFullError."""
        while self._waiting and len(self._open) < WINDOW:
            choice = self._waiting[0]
            choice.ticket = self._submit(choice)
            choice.ticket.subscribe(Forward(self._loop, self._queue, choice.index))
            self._open.add(choice.index)
            self._waiting.popleft()

    def _end(self, choice: Choice) -> str:
        """Why a choice ended; another gets its place."""
        assert choice.ticket is not None
        if choice.stopped:
            self.plan.model.engine.abort(choice.ticket)
        reason = "stop" if choice.stopped else self._reason(choice.ticket)
        self._open.discard(choice.index)
        try:
            self._begin()
        except QueueFullError as error:
            if not self._open:  # else the next one to end tries again
                raise queue_full(error) from None
        return reason

    def _submit(self, choice: Choice) -> Ticket:
        plan, sampling = choice.plan, choice.plan.sampling
        if choice.number and sampling.seed is not None:  # the same seed would give the same answer n times
            sampling = replace(sampling, seed=(sampling.seed + choice.number) % SEEDS)
        request = Generation(
            plan.prompt,
            sampling,
            tuple(sorted(plan.model.stops(sampling))),
            adapter=plan.model.adapter,
            grammar=plan.grammar,
            logprobs=plan.alternatives,
            echo=plan.echo or plan.prompt_logprobs is not None,
        )
        try:
            ticket: Ticket = plan.model.engine.submit(request)
        except PromptTooLongError as error:
            raise ApiError(str(error), param=plan.prompt_param, code="context_length_exceeded") from None
        except UnknownAdapterError:  # it was unloaded since the request came
            message = f"The model '{plan.model.name}' is served no more."
            raise ApiError(message, status=404, param="model", code="model_not_found") from None
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
