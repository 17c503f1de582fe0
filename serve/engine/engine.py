"""The built-in engine: one thread that computes, at every step, the next tokens of all rows together.

A request joins the running rows at any step and leaves at any step. Long prompts go through the model in parts, so
that the others go on meanwhile. Rows of different adapters share the thread and the cache; they are computed
together where their adapters are added to the base (`lora`), and one after the other where they are merged into
weights of their own. Blocks of the cache are taken as they are needed.
"""

import atexit
import itertools
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from sftctl.core.errors import EngineError, PromptTooLongError, QueueFullError, UnknownAdapterError, did_you_mean
from sftctl.core.types import EngineStats, Generation, Ticket
from sftctl.serve.engine.blocks import BLOCK, Blocks, Key
from sftctl.serve.engine.row import Loaded, Row
from sftctl.serve.engine.sampling import choose, scores
from sftctl.serve.engine.shape import Span

ROWS = 64
"""Rows that are computed together at most."""
PATIENCE = 0.01
"""Seconds that all rows wait for the grammar of one."""
WAITING = 1024
"""Requests that may wait beyond those."""
CHUNK = 256
"""Tokens in one step with prompts, while other rows wait for their next token: those included."""
CHUNK_ALONE = 1024
"""The same while none does."""
CHUNK_OF_GPU = 2048
"""Either, on a GPU: it computes them in nearly the time of a few."""
APART = 8
"""Steps from one with prompt tokens to the next, on a GPU, while rows wait for their next token: a step without any is
played from a recording, in one launch."""
LEAVE = 10
"""Seconds in which a step ends, when the program does."""


class Decoder(Protocol):
    """A model's forward pass over the engine's cache."""

    @property
    def device(self) -> torch.device: ...

    @property
    def shares(self) -> bool:
        """Whether rows that begin alike may share blocks."""
        ...

    def forward(self, spans: list[Span], weights: Any) -> Tensor:
        """Logits [wanted tokens, vocabulary]."""
        ...

    def forget(self, row: int) -> None:
        """A row has ended."""
        ...


@dataclass(frozen=True)
class Opened:
    """A model ready to be run: its decoder, its base weights, and what adds adapters to them."""

    decoder: Decoder
    base: Loaded
    context: int
    vocabulary: int
    blocks: int
    load_adapter: Callable[[Path, bool], Loaded]
    """From a folder; whether to merge it into a copy of the weights."""


@dataclass
class Inbox:
    """What other threads tell the engine's. It holds the engine while there is work: an idle one can go away."""

    changed: threading.Condition = field(default_factory=threading.Condition)
    waiting: deque[Row] = field(default_factory=deque)
    closed: bool = False
    engine: "TorchEngine | None" = None
    thread: threading.Thread | None = None

    def close(self) -> None:
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def leave(self) -> None:
        """Close, and wait for the thread: one that computes while Python shuts down takes the process with it."""
        self.close()
        self.join(LEAVE)

    def join(self, timeout: float | None = None) -> None:
        """Wait for the thread to end, unless it is the one that asks."""
        if self.thread is not None and self.thread is not threading.current_thread():
            self.thread.join(timeout)


class TorchEngine:
    """Token ids in, token ids out; see `core.types.Engine`."""

    capabilities = frozenset({"grammar", "logprobs", "adapters", "logit_bias", "penalties"})

    def __init__(self, opened: Opened, *, rows: int = ROWS, waiting: int = WAITING) -> None:
        self._opened, self._decoder = opened, opened.decoder
        gpu = opened.decoder.device.type != "cpu"
        self._chunk, self._chunk_alone = (CHUNK_OF_GPU, CHUNK_OF_GPU) if gpu else (CHUNK, CHUNK_ALONE)
        self._apart, self._since_prompts = APART if gpu else 1, 0
        self._blocks = Blocks(opened.blocks)
        self.context = min(opened.context, self._blocks.size * BLOCK)
        self._max_rows, self._max_waiting = rows, waiting
        self._loaded: dict[str | None, Loaded] = {None: opened.base}
        self._serials = itertools.count()
        self._running: list[Row] = []
        self._prompt_tokens = self._cached_tokens = self._generated_tokens = 0
        self._pace = 0.0  # seconds a request has taken lately, from its turn to its end
        self._inbox = Inbox()
        weakref.finalize(self, self._inbox.leave)

    # ---------------------------------------------------------------- called from any thread

    @property
    def alive(self) -> bool:
        return not self._inbox.closed

    def submit(self, request: Generation) -> Ticket:
        """Begin; returns at once. Raises QueueFullError, PromptTooLongError, and EngineError if it cannot be done."""
        row = self._row(request)
        if not request.sampling.max_tokens and not request.echo:
            row.ticket.end("length")
            return row.ticket
        with self._inbox.changed:
            if self._inbox.closed:
                raise EngineError("The engine is closed.")
            if len(self._inbox.waiting) >= self._max_waiting:
                raise QueueFullError(
                    f"{len(self._inbox.waiting)} requests wait already.", "Ask again later.", self._wait()
                )
            self._inbox.waiting.append(row)
            self._inbox.engine = self
            self._inbox.changed.notify_all()
            if self._inbox.thread is None:
                work = threading.Thread(target=_work, args=[self._inbox], name="sftctl-engine", daemon=True)
                self._inbox.thread = work
                atexit.register(self._inbox.leave)  # the thread may outlive the engine, which it then is to clear away
                work.start()
        return row.ticket

    def abort(self, ticket: Ticket) -> None:
        """Nobody waits for this one any more: it ends as `cancelled`, and the next step is without it."""
        ticket.end("cancelled")  # type: ignore[attr-defined]

    def drain(self, timeout: float) -> None:
        """Take nothing new, finish what was begun within `timeout` seconds, cancel the rest, and close."""
        self._inbox.close()
        deadline = time.monotonic() + timeout
        with self._inbox.changed:
            while self._inbox.engine and (left := deadline - time.monotonic()) > 0:
                self._inbox.changed.wait(left)
            for row in (*self._inbox.waiting, *self._running):
                row.ticket.end("cancelled")
        self._inbox.join()

    def stats(self) -> EngineStats:
        with self._inbox.changed:
            return EngineStats(
                running=sum(not row.ended for row in self._running),
                waiting=sum(not row.ended for row in self._inbox.waiting),
                prompt_tokens=self._prompt_tokens,
                cached_tokens=self._cached_tokens,
                generated_tokens=self._generated_tokens,
            )

    def load_adapter(self, name: str, path: Path, *, merged: bool = False) -> None:
        """Make the LoRA adapter in `path` available under `name`; those who use an older one of that name go on."""
        self._loaded[name] = self._opened.load_adapter(path, merged)

    def unload_adapter(self, name: str) -> None:
        """Forget an adapter; its memory is free once the requests that use it have ended."""
        self._find(name)
        del self._loaded[name]

    def _find(self, name: str | None) -> Loaded:
        loaded = self._loaded.get(name)
        if loaded is None:
            known = [each for each in self._loaded if each is not None]
            raise UnknownAdapterError(f"There is no adapter '{name}'.", did_you_mean(str(name), known))
        return loaded

    def _row(self, request: Generation) -> Row:
        """Raises what is wrong with a request, before anything is done."""
        loaded, prompt, wanted = self._find(request.adapter), request.prompt, request.sampling.max_tokens
        if not prompt or min(prompt) < 0 or max(prompt) >= self._opened.vocabulary:
            raise EngineError(f"A prompt is of token ids from 0 to {self._opened.vocabulary - 1}, one at least.")
        if len(prompt) + min(wanted, 1) > self.context:
            raise PromptTooLongError(
                f"The prompt has {len(prompt)} tokens, and the model's context is {self.context}.",
                "Shorten the messages or offer fewer tools.",
            )
        return Row(next(self._serials), request, loaded, min(len(prompt) + wanted, self.context))

    def _wait(self) -> float:
        """A guess at the seconds until there is room for one more."""
        return max(1.0, self._pace * len(self._inbox.waiting) / self._max_rows)

    # ---------------------------------------------------------------- the engine's thread

    def run(self) -> None:
        """Compute until nothing is left to do."""
        with torch.inference_mode():
            while True:
                self._hear()
                with self._inbox.changed:
                    self._drop_ended()
                    spans = self._plan()
                    if not self._running:
                        self._inbox.engine = None
                        self._inbox.changed.notify_all()
                        return
                if not spans:
                    wait([row.look for row in self._running if row.look], PATIENCE, FIRST_COMPLETED)
                for group in _by_weights(spans):
                    self._compute(group)

    def fail(self, error: Exception) -> None:
        """End all that there is with an error of the engine itself, and go on with what comes."""
        with self._inbox.changed:
            for row in (*self._running, *self._inbox.waiting):
                row.fail(error)

    def _drop_ended(self) -> None:
        ended = [row for row in self._running if row.ended]  # asked once: a client may hang up at any moment
        for row in ended:
            self._let_go(row)
            self._pace += 0.1 * (time.monotonic() - row.begun - self._pace)
        self._running = [row for row in self._running if row not in ended]
        waiting = [row for row in self._inbox.waiting if not row.ended]
        self._inbox.waiting.clear()
        self._inbox.waiting.extend(waiting)

    def _hear(self) -> None:
        """Wait for the rows' grammars, which most often have answered already; one that is slow is waited for once."""
        asked = [row for row in self._running if row.look and not row.late]
        wait([row.look for row in asked if row.look], PATIENCE)
        for row in asked:
            row.late = row.look is not None and not row.look.done()

    def _settle(self, row: Row) -> None:
        """Take what a row's grammar has answered, and count the tokens that are told for it."""
        told = row.told
        row.settle()
        self._generated_tokens += row.told - told

    def _plan(self) -> list[tuple[Row, Span]]:
        """What to compute next: a token for every row that goes on, and as much of new prompts as there is room for."""
        for row in list(self._running):
            self._settle(row)
            if row.rewound and not self._goes_on_from_there(row):
                self._running.remove(row)
                self._wait_again(row)
        self._make_room()
        ready = [row for row in self._running if row.ready]
        going = [row for row in ready if not row.prefilling]
        budget = self._chunk if going else self._chunk_alone
        spans = [(row, row.span(budget)) for row in going]
        budget = max(budget // 4, budget - sum(len(span.tokens) for _, span in spans))
        self._since_prompts += 1
        if going and self._since_prompts < self._apart:
            return spans
        for row in ready:
            if row.prefilling and budget > 0:
                spans.append((row, row.span(budget)))
                budget -= len(spans[-1][1].tokens)
        begun = set[Key]()  # blocks that others compute in this very step
        while budget > 0 and self._inbox.waiting and len(self._running) < self._max_rows:
            row = self._inbox.waiting[0]
            self._settle(row)
            if not self._admit(row, begun):
                break
            self._running.append(self._inbox.waiting.popleft())
            if row.ready:
                spans.append((row, row.span(budget)))
                budget -= len(spans[-1][1].tokens)
        if len(spans) > len(going):
            self._since_prompts = 0
        return spans

    def _goes_on_from_there(self, row: Row) -> bool:
        """Whether a row whose last tokens were taken back can write over what is computed of them.

        The last token that stands is computed anew, for what may follow it; not in a block that others know.
        """
        last = len(row.tokens) - 1
        if not self._decoder.shares or row.prefilling or last < row.chain.known * BLOCK:
            return False
        row.go_back_to(last)
        return True

    def _make_room(self) -> None:
        """Give every running row the blocks for its next tokens, the oldest first.

        Where there are none left, the newest row waits again, and computes later what it loses. So the oldest row
        always goes on, and as each becomes the oldest in its turn, none starves.
        """
        for row in list(self._running):
            while row in self._running:
                if self._blocks.take(row.chain, max(0, row.blocks - len(row.chain.blocks))):
                    break
                self._wait_again(self._running.pop())

    def _wait_again(self, row: Row) -> None:
        """A row that ran is to be computed anew, up to where it is; most of it is found in the cache."""
        self._let_go(row)
        row.restart()
        self._inbox.waiting.appendleft(row)

    def _admit(self, row: Row, begun: set[Key]) -> bool:
        """Give a row the blocks for its tokens. False if there are not enough, or if it is worth the wait.

        One block for each running row is left, or they would have to let the new one go again at once.
        """
        shared = self._decoder.shares and not row.scoring
        chain, following = self._blocks.find(row.loaded.content, row.tokens if shared else ())
        needed = row.blocks - len(chain.blocks)
        enough = needed + len(self._running) <= self._blocks.available
        if following in begun or not enough or not self._blocks.take(chain, needed):
            self._blocks.release(chain)
            return False
        if following is not None:
            begun.add(following)
        row.chain, row.computed, row.given, row.rewound = chain, chain.known * BLOCK, len(row.tokens), False
        if not row.begun:
            row.begun, row.ticket.cached_tokens = time.monotonic(), row.computed
            self._prompt_tokens += len(row.request.prompt)
            self._cached_tokens += row.computed
        return True

    def _let_go(self, row: Row) -> None:
        self._blocks.release(row.chain)
        self._decoder.forget(row.serial)

    def _compute(self, group: Sequence[tuple[Row, Span]]) -> None:
        """One forward pass for rows of the same weights. Whatever fails ends these rows, not the engine."""
        rows, spans = [row for row, _ in group], [span for _, span in group]
        try:
            logits = self._decoder.forward(spans, rows[0].loaded.weights)
            self._advance(group)
            self._deliver(group, logits)
        except Exception as error:
            for row in rows:
                row.fail(error)

    def _advance(self, group: Sequence[tuple[Row, Span]]) -> None:
        for row, span in group:
            row.computed += len(span.tokens)
            if self._decoder.shares:
                self._blocks.publish(row.chain, row.tokens[: row.computed])

    def _deliver(self, group: Sequence[tuple[Row, Span]], logits: Tensor) -> None:
        at, ready, places = 0, list[Row](), list[int]()
        for row, span in group:
            count = len(span.tokens) if span.all_logits else int(span.wanted)
            if span.all_logits:
                following = row.request.prompt[span.start + 1 : row.computed + 1]
                row.score(scores(logits[at : at + len(following)], following, row.request.logprobs or 0))
            at += count
            if row.computed < len(row.tokens):
                continue
            if row.full:  # nothing but the prompt was to be scored
                row.ticket.end("length")
            else:
                ready.append(row)
                places.append(at - 1)
        chosen = choose(logits if len(ready) == len(logits) else logits[places], ready)
        for row, step in zip(ready, chosen, strict=True):
            told = row.told
            try:
                if isinstance(step, Exception):
                    raise step
                row.take(step)
            except Exception as error:
                row.fail(error)
            self._generated_tokens += row.told - told


def _by_weights(spans: Sequence[tuple[Row, Span]]) -> list[list[tuple[Row, Span]]]:
    """What can be computed together; rows of one adapter side by side."""
    groups: dict[int, list[tuple[Row, Span]]] = {}
    for row, span in sorted(spans, key=lambda each: id(each[1].lora)):
        groups.setdefault(id(row.loaded.weights), []).append((row, span))
    return list(groups.values())


def _work(inbox: Inbox) -> None:
    """The engine's thread."""
    _work_until_closed(inbox)
    atexit.unregister(inbox.leave)


def _work_until_closed(inbox: Inbox) -> None:
    while True:
        with inbox.changed:
            while inbox.engine is None and not inbox.closed:
                inbox.changed.wait()
            engine = inbox.engine
        if engine is None:
            return
        try:
            engine.run()
        except Exception as error:
            engine.fail(error)
        del engine
