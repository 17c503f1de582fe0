"""Tools in a process of their own, with a time limit, a memory limit and no network.

This guards against mistakes, not against malice: code that is bent on it finds ways out of a Python process. What
it does keep is the run: a tool that loops, crashes, exits, prints, or eats the memory is a failed call, and nothing
else.

    toolset = sandboxed("package.module:load", "my_tools.py", Limits())

The worker (`core.tools.worker`) imports `package.module`, calls `load("my_tools.py")`, describes the Toolset that it
gets, and then carries out calls: one line of JSON in, one out.
"""

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import IO, Any

from sftctl.core.errors import ToolsetError
from sftctl.core.machine.processes import close_pipes, end_group
from sftctl.core.tools.calls import CallError
from sftctl.core.tools.functions import values_from_json
from sftctl.core.types import Json, Limits, Tool, Toolset, canonical_json

LOAD_TIMEOUT = 60.0
"""Seconds in which a toolset must be loaded; imports can be slow."""
PATIENCE = 3
"""A tool that has cost its process this many times is not called again."""
GRACE = 1.0
"""Seconds after which the worker ends itself, should nobody be left to end it."""
LONGEST_ANSWER = 1_000_000
"""Characters of a result: more would fit into no model's context."""


def sandboxed(loader: str, text: str, limits: Limits) -> Toolset:
    """The toolset that `loader` (`module:function`) makes of `text`, loaded and run in a worker.

    The worker ends with this process, or when the toolset's tools are no longer used. Raises ToolsetError.
    """
    worker = Worker(loader, text, limits)
    description = worker.start()
    tools = tuple(_tool(row, worker) for row in description["tools"])
    return Toolset(description["name"], description["summary"], tools)


def _tool(row: dict[str, Json], worker: "Worker") -> Tool:
    return Tool(
        name=row["name"],
        description=row["description"],
        parameters=row["parameters"],
        run=runner(row["name"], worker) if row["runs"] else None,
        asks=tuple(row["asks"]),
        answer=row["answer"],
        values=values_from_json(row["values"]),
        domain=row["domain"],
    )


def runner(name: str, worker: "Worker") -> Callable[..., Json]:
    """What carries out the calls of the tool of that name in the worker's process."""

    def run(**arguments: Json) -> Json:
        return worker.call(name, arguments)

    return run


@dataclass
class Worker:
    """A worker process for one toolset; begun when needed, and begun again when it had to be ended."""

    loader: str
    text: str
    limits: Limits
    _process: "_Process | None" = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _losses: dict[str, int] = field(default_factory=dict)
    """Tool → how often it cost the process."""

    def start(self) -> Json:
        """Begin the process and load the toolset; what it says of it. Raises ToolsetError."""
        process = _Process(self.limits)
        order = {"loader": self.loader, "text": self.text, **asdict(self.limits), "longest": LONGEST_ANSWER}
        try:
            answer = process.ask(order | {"grace": GRACE}, LOAD_TIMEOUT)
        except CallError as error:
            raise ToolsetError(f"Toolset {self.text} could not be loaded: {error}") from None
        if "error" in answer:
            process.end()
            raise ToolsetError(answer["error"]["message"], answer["error"]["hint"])
        self._process = process
        return answer["result"]

    def call(self, name: str, arguments: dict[str, Json]) -> Json:
        """The result of a call. Raises CallError saying why there is none."""
        with self._lock:
            if self._losses.get(name, 0) >= PATIENCE:
                raise CallError(f"ToolGivenUp: '{name}' has cost its process {PATIENCE} times.")
            process = self._running()
            try:
                answer = process.ask({"tool": name, "arguments": arguments}, self.limits.timeout)
            except CallError:
                self._losses[name] = self._losses.get(name, 0) + 1
                raise
        if "error" in answer:
            raise CallError(f"{answer['error']['type']}: {answer['error']['message']}")
        return answer["result"]

    def _running(self) -> "_Process":
        """The process; another one where it has ended, or belongs to the process that this one was forked from."""
        if self._process is None or not self._process.is_ours():
            try:
                self.start()
            except ToolsetError as error:
                raise CallError(f"ToolsetError: {error}") from None
        assert self._process is not None
        return self._process


class _Process:
    """A running worker: asked with one line, answers with one. Any trouble ends it."""

    def __init__(self, limits: Limits) -> None:
        # The worker watches this pipe: at its end there is nobody left to work for.
        watched, self._lifeline = os.pipe()
        environment = os.environ | {
            "PYTHONHASHSEED": "0",  # sets come out in the same order in every process
            "PYTHONUNBUFFERED": "1",
            "MALLOC_ARENA_MAX": "2",  # else each thread takes address space that counts as memory
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "SFTCTL_LIFELINE": str(watched),
        }
        self._popen = subprocess.Popen(
            [sys.executable, "-P", "-c", _BEGIN.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            pass_fds=[watched],
            start_new_session=True,  # Ctrl-C is for us; we end the worker
        )
        os.close(watched)
        self._owner = os.getpid()
        self._rest = b""
        self._end = weakref.finalize(self, _end, self._popen, self._lifeline, self._owner)
        for pipe in (self._popen.stdin, self._popen.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)

    def is_ours(self) -> bool:
        return self._end.alive and self._owner == os.getpid()

    def end(self) -> None:
        self._end()

    def ask(self, question: Json, timeout: float) -> Any:
        """The answer to a question. Raises CallError, and ends the process, if none comes in time."""
        deadline = time.monotonic() + timeout
        try:
            self._write(canonical_json(question).encode() + b"\n", deadline)
            return json.loads(self._read(deadline))
        except TimeoutError:
            self.end()
            raise CallError(f"TimeoutError: it took longer than {timeout:g} seconds.") from None
        except (OSError, EOFError, ValueError) as error:
            raise CallError(f"ToolCrashed: {self._last_words(error)}.") from None
        except BaseException:  # Ctrl-C: the answer would be taken for that to the next question
            self.end()
            raise

    def _last_words(self, error: Exception) -> str:
        """How the process ended."""
        if isinstance(error, ValueError):
            self.end()
            return "its process answered with something that is no JSON"
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(GRACE)
        self.end()
        code = self._popen.returncode
        if code < 0:
            return f"its process was ended by {signal.Signals(-code).name}"
        return f"its process exited with code {code}"

    def _write(self, line: bytes, deadline: float) -> None:
        pipe = _file(self._popen.stdin)
        while line:
            _wait(pipe, select.POLLOUT, deadline)
            line = line[os.write(pipe, line[:65536]) :]

    def _read(self, deadline: float) -> bytes:
        pipe = _file(self._popen.stdout)
        chunks = [self._rest]
        size = len(self._rest)
        while b"\n" not in chunks[-1]:
            _wait(pipe, select.POLLIN, deadline)
            chunks.append(os.read(pipe, 65536))
            size += len(chunks[-1])
            if not chunks[-1]:
                raise EOFError
            if size > 16 * LONGEST_ANSWER:
                raise ValueError("too long an answer")
        line, _, self._rest = b"".join(chunks).partition(b"\n")
        return line


_BEGIN = "import sys; sys.path[:] = {path!r}; from sftctl.core.tools.worker import main; main()"


def _file(pipe: IO[bytes] | None) -> int:
    assert pipe is not None
    return pipe.fileno()


def _wait(pipe: int, event: int, deadline: float) -> None:
    """Wait until a pipe is ready. Raises TimeoutError."""
    poll = select.poll()
    poll.register(pipe, event)
    left = deadline - time.monotonic()
    if left <= 0 or not poll.poll(left * 1000):
        raise TimeoutError


def _end(process: "subprocess.Popen[bytes]", lifeline: int, owner: int) -> None:
    """End a worker and whatever it began. In a forked process, only let go of it."""
    os.close(lifeline)
    if os.getpid() == owner:
        end_group(process)
    close_pipes(process)
