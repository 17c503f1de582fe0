"""The ticket of a request: a queue between an engine's thread and whoever waits for the tokens."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

from sftctl.core.types import Step

Callback = Callable[[Step | None], None]


class StepQueue:
    """A `core.types.Ticket`; the engine fills it with `put` and ends it with `end`. Thread-safe."""

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self.error: Exception | None = None
        self.prompt_logprobs: tuple[Step, ...] | None = None
        self.cached_tokens = 0
        self._steps: list[Step] = []
        self._changed = threading.Condition()
        self._callback: Callback | None = None

    def put(self, step: Step) -> None:
        """One more token; after the end, nothing."""
        with self._changed:
            if self.finish_reason is None:
                self._steps.append(step)
                self._tell(step)

    def end(self, reason: str, error: Exception | None = None) -> None:
        """Nothing follows; the first reason stands."""
        with self._changed:
            if self.finish_reason is None:
                self.error, self.finish_reason = error, reason
                self._tell(None)

    def subscribe(self, callback: Callback) -> None:
        """Call back with each Step, those already there first, and with None at the end."""
        with self._changed:
            self._callback = callback
            for step in self._steps:
                callback(step)
            if self.finish_reason is not None:
                callback(None)

    def __iter__(self) -> Iterator[Step]:
        at = 0
        while True:
            with self._changed:
                while at == len(self._steps) and self.finish_reason is None:
                    self._changed.wait()
                if at == len(self._steps):
                    break
                step = self._steps[at]
            at += 1
            yield step
        if self.error is not None:
            raise self.error

    def _tell(self, step: Step | None) -> None:
        self._changed.notify_all()
        if self._callback:
            with suppress(Exception):  # whoever listens must not take the engine down
                self._callback(step)
