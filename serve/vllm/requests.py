"""Requests to a vLLM process: an event loop in a thread, and a task for each that is under way.

Everything here may be called from any thread but the loop's own.
"""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from concurrent.futures import Future
from dataclasses import dataclass

import httpx

from sftctl.core.errors import EngineError, QueueFullError
from sftctl.core.types import EngineStats, Generation, Json
from sftctl.serve.ticket import StepQueue
from sftctl.serve.vllm import wire
from sftctl.serve.vllm.process import VllmProcess

OPEN = 1024
"""Requests that vLLM is given at most: its own queue has no end."""
SLOW = httpx.Timeout(None, connect=10.0)
"""An answer may take as long as whoever asked waits for it."""
DATA, DONE = "data: ", "[DONE]"


Ending = tuple[str, EngineError | None]
"""How a ticket ends."""


class Refused(EngineError):
    """vLLM goes on, but not with this request."""


@dataclass(eq=False)
class Served:
    """A model that vLLM has under this name."""

    name: str
    retired: bool = False
    """Nobody may ask it any more."""


@dataclass(eq=False)
class Work:
    """A request under way."""

    served: Served
    task: "Future[Ending]"
    begun: bool = False
    """Whether its first token has come."""


class Requests:
    """What one vLLM process is asked."""

    def __init__(self, process: VllmProcess) -> None:
        self._process = process
        self._changed = threading.Condition()
        self._open: dict[StepQueue, Work] = {}
        self._closed = False
        self._prompt_tokens = self._cached_tokens = self._generated_tokens = 0
        self._loop = asyncio.new_event_loop()
        transport = httpx.AsyncHTTPTransport(uds=str(process.socket), limits=httpx.Limits(max_connections=None))
        self._client = httpx.AsyncClient(transport=transport, base_url="http://vllm", timeout=SLOW)
        self._thread = threading.Thread(target=self._loop.run_forever, name="sftctl-vllm", daemon=True)
        self._thread.start()

    # ---------------------------------------------------------------- called from outside

    @property
    def alive(self) -> bool:
        return not self._closed and self._process.alive

    def begin(self, request: Generation, served: Served, room: int) -> StepQueue:
        """Send a request. Raises QueueFullError, and EngineError where there is no vLLM any more."""
        ticket = StepQueue()
        with self._changed:
            self._check_open()
            if len(self._open) >= OPEN:
                raise QueueFullError(f"{len(self._open)} requests are under way already.", "Ask again later.")
            task = asyncio.run_coroutine_threadsafe(self._work(ticket, request, served, room), self._loop)
            self._open[ticket] = Work(served, task)
        task.add_done_callback(lambda done: self._end(ticket, done))
        return ticket

    def abort(self, ticket: StepQueue) -> None:
        """Give a request up: vLLM notices that nobody listens."""
        ticket.end("cancelled")
        with self._changed:
            work = self._open.get(ticket)
        if work is not None:
            work.task.cancel()

    def ask(self, method: str, path: str, body: Json = None) -> Json:
        """vLLM's answer. Raises EngineError with what it says is wrong."""
        with self._changed:
            self._check_open()
            answer = asyncio.run_coroutine_threadsafe(self._answer(method, path, body), self._loop)
        return answer.result()

    def retire(self, served: Served) -> None:
        """Have vLLM forget a model as soon as nobody asks it."""
        with self._changed:
            served.retired = True
            self._unload_unused(served)

    def finish(self, timeout: float) -> None:
        """Take nothing new, and wait until all that was begun has ended, for `timeout` seconds."""
        deadline = time.monotonic() + timeout
        with self._changed:
            self._closed = True
            while self._open and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)

    def close(self) -> None:
        """Cancel what there is, and end vLLM."""
        self.finish(0)
        for ticket in list(self._open):
            self.abort(ticket)
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._stop(), self._loop)
        if self._thread is not threading.current_thread():  # as where the engine was collected as garbage
            self._thread.join()
            self._loop.close()
        self._process.end()

    def stats(self) -> EngineStats:
        with self._changed:
            begun = sum(work.begun for work in self._open.values())
            waiting = len(self._open) - begun
            counts = self._prompt_tokens, self._cached_tokens, self._generated_tokens
        return EngineStats(begun, waiting, *counts)

    def _check_open(self) -> None:
        if self._closed:
            raise EngineError("The engine is closed.")
        if not self._process.alive:
            raise self._process.failure("vLLM has ended")

    # ---------------------------------------------------------------- in the loop's thread

    async def _work(self, ticket: StepQueue, request: Generation, served: Served, room: int) -> Ending:
        """Carry out one request."""
        try:
            body = wire.body(request, served.name, room)
            return await (self._score if request.echo else self._stream)(ticket, request, body)
        except Exception as error:
            return "error", await self._explained(error)

    async def _stream(self, ticket: StepQueue, request: Generation, body: wire.Body) -> Ending:
        """Hand on tokens as they come."""
        reason = None
        async with self._client.stream("POST", "/v1/completions", json=body) as response:
            await _check(response)
            async for event in _events(response):
                for choice in event["choices"]:
                    self._put(ticket, choice, request.logprobs)
                    reason = choice["finish_reason"] or reason
                if event.get("usage"):
                    self._count(ticket, event["usage"])
        return _ending(reason)

    async def _score(self, ticket: StepQueue, request: Generation, body: wire.Body) -> Ending:
        """The prompt's own tokens, and then the answer, all at once."""
        answer = await self._ask("POST", "/v1/completions", body)
        (choice,) = answer["choices"]
        ticket.prompt_logprobs = wire.prompt_steps(choice, request.prompt, request.logprobs or 0)
        self._count(ticket, answer["usage"])
        if not request.sampling.max_tokens:
            return "length", None
        self._put(ticket, choice, request.logprobs)
        return _ending(choice["finish_reason"])

    async def _answer(self, method: str, path: str, body: Json) -> Json:
        try:
            return await self._ask(method, path, body)
        except Exception as error:
            raise await self._explained(error) from None

    async def _ask(self, method: str, path: str, body: Json) -> Json:
        response = await self._client.request(method, path, json=body)
        await _check(response)
        return response.json() if "json" in response.headers.get("content-type", "") else response.text

    def _put(self, ticket: StepQueue, choice: Json, top: int | None) -> None:
        steps = wire.steps(choice, top)
        with self._changed:  # `begin` may not have noted it yet
            if steps and (work := self._open.get(ticket)):
                work.begun = True
        for step in steps:
            ticket.put(step)

    def _count(self, ticket: StepQueue, usage: Json) -> None:
        cached = int((usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0)
        ticket.cached_tokens = cached
        with self._changed:
            self._prompt_tokens += usage["prompt_tokens"]
            self._cached_tokens += cached
            self._generated_tokens += usage["completion_tokens"]

    async def _explained(self, error: Exception) -> EngineError:
        """A failure in words."""
        if isinstance(error, Refused):
            return error
        if isinstance(error, EngineError | httpx.HTTPError):
            return await asyncio.to_thread(self._process.lost, error)
        return EngineError(f"vLLM's answer cannot be read: {type(error).__name__}: {error}.")

    def _end(self, ticket: StepQueue, task: "Future[Ending]") -> None:
        """A request's task is over, by itself or cancelled; in whatever thread."""
        with self._changed:
            work = self._open.pop(ticket)
            ticket.end(*("cancelled", None) if task.cancelled() else task.result())
            self._unload_unused(work.served)
            self._changed.notify_all()

    def _unload_unused(self, served: Served) -> None:
        used = any(work.served is served for work in self._open.values())
        if served.retired and not used and not self._closed:
            order = self._ask("POST", "/v1/unload_lora_adapter", {"lora_name": served.name})
            asyncio.run_coroutine_threadsafe(order, self._loop)

    async def _stop(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._client.aclose()
        self._loop.stop()


async def _check(response: httpx.Response) -> None:
    """Raises Refused for what vLLM does not want to do, and EngineError for what it fails at."""
    if response.is_error:
        kind = Refused if response.is_client_error else EngineError
        raise kind(f"vLLM says: {wire.reason(json.loads(await response.aread()))}.")


async def _events(response: httpx.Response) -> AsyncIterator[Json]:
    """The events of a stream. Raises EngineError for one that is an error, ReadError where the stream is cut short."""
    async for line in response.aiter_lines():
        if line.startswith(DATA):
            if line == DATA + DONE:
                return
            event = json.loads(line.removeprefix(DATA))
            if "choices" not in event:
                raise EngineError(f"vLLM says: {wire.reason(event)}.")
            yield event
    raise httpx.ReadError("the stream is cut short")


def _ending(reason: str | None) -> Ending:
    """What vLLM's `finish_reason` says."""
    if reason in ("stop", "length"):
        return reason, None
    return "error", Refused(f"vLLM broke an answer off: {reason or 'it gave no reason'}.")
