"""Stand-ins for what is slow or unpredictable: engines that say what they are told to, or anything at all."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Any

from sftctl.core.errors import PromptTooLongError, QueueFullError
from sftctl.core.types import EngineStats, Generation, Sampling, Step, Ticket
from sftctl.serve.ticket import StepQueue

STOP = "<|im_end|>"
ALL = frozenset({"grammar", "logprobs", "logit_bias", "penalties"})


@dataclass
class FakeEngine:
    """An engine whose tokens come from `write`, one thread per request."""

    tokenizer: Any
    _: KW_ONLY
    pause: float = 0.0
    """Seconds to think about each token."""
    capabilities: frozenset[str] = ALL
    alive: bool = True
    max_open: int = 10_000
    context: int = 1_000_000
    steps: int = 0
    """Tokens given so far, over all requests."""
    requests: list[Generation] = field(default_factory=list)
    open: set[StepQueue] = field(default_factory=set)
    most_open: int = 0

    def write(self, request: Generation) -> Iterator[int]:
        raise NotImplementedError

    def submit(self, request: Generation) -> StepQueue:
        if len(request.prompt) >= self.context:
            raise PromptTooLongError(f"The prompt has {len(request.prompt)} tokens, more than {self.context}.")
        if len(self.open) >= self.max_open:
            raise QueueFullError("Too many requests wait already.", retry_after=3)
        ticket = StepQueue()
        self.requests.append(request)
        self.open.add(ticket)
        self.most_open = max(self.most_open, len(self.open))
        threading.Thread(target=self._run, args=(request, ticket), daemon=True).start()
        return ticket

    def abort(self, ticket: Ticket) -> None:
        assert isinstance(ticket, StepQueue)
        ticket.end("cancelled")

    def drain(self, timeout: float) -> None:
        for ticket in list(self.open):
            ticket.end("cancelled")

    def stats(self) -> EngineStats:
        return EngineStats(running=len(self.open))

    def load_adapter(self, name: str, path: Path, *, merged: bool = False) -> None: ...

    def unload_adapter(self, name: str) -> None: ...

    def _run(self, request: Generation, ticket: StepQueue) -> None:
        try:
            if request.echo:
                ticket.prompt_logprobs = tuple(
                    self._step(token, request) if at else Step(token) for at, token in enumerate(request.prompt)
                )
            for number, token in enumerate(self.write(request), 1):
                time.sleep(self.pause)
                if ticket.finish_reason is not None:
                    break
                self.steps += 1
                ticket.put(self._step(token, request))
                if token in request.stop_token_ids:
                    ticket.end("stop")
                    break
                if number == request.sampling.max_tokens:
                    break
            ticket.end("length")
        except Exception as error:
            ticket.end("error", error)
        finally:
            self.open.discard(ticket)

    def _step(self, token: int, request: Generation) -> Step:
        """With made-up probabilities: the likeliest is the one after it."""
        if request.logprobs is None:
            return Step(token)
        others = [(token + at) % len(self.tokenizer) for at in range(1, request.logprobs + 1)]
        return Step(token, -0.5, tuple((other, -0.25 - at) for at, other in enumerate(others)))


@dataclass
class ScriptedEngine(FakeEngine):
    """Answers each prompt with `script(prompt's text)`, then the stop token; a grammar must agree with it."""

    script: Callable[[str], str]
    _: KW_ONLY
    samplings: list[Sampling] = field(default_factory=list)
    stop: str = STOP

    def write(self, request: Generation) -> Iterator[int]:
        self.samplings.append(request.sampling)
        matcher = request.grammar.start() if request.grammar else None
        for token in self._ids(request.prompt):
            if matcher:
                matcher.advance(token)
            yield token

    def _ids(self, prompt: Sequence[int]) -> list[int]:
        text = self.script(self.tokenizer.decode(prompt))
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
        return [*ids, self.tokenizer.convert_tokens_to_ids(self.stop)]


@dataclass
class RandomEngine(FakeEngine):
    """A model that knows nothing: any token that the grammar allows, though rather one that closes something."""

    seed: int = 0

    def __post_init__(self) -> None:
        tokens = range(len(self.tokenizer))
        self.closing = {token for token in tokens if set(self.tokenizer.decode([token])) & set('"}],')}

    def write(self, request: Generation) -> Iterator[int]:
        assert request.grammar is not None
        draw = random.Random(f"{self.seed} {len(self.requests)}")
        matcher = request.grammar.start()
        while True:
            for token in matcher.forced():
                matcher.advance(token)
                yield token
            mask = matcher.mask()
            allowed = [token for token in range(len(self.tokenizer)) if mask[token >> 3] >> (token & 7) & 1]
            ends = [token for token in allowed if token in self.closing or token in request.stop_token_ids]
            token = draw.choice(ends if ends and draw.random() < 0.7 else allowed)
            yield token
            if token in request.stop_token_ids:
                return
            matcher.advance(token)
