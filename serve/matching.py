"""Where one answer stands in its grammar: what may come next, and what is to be said of the calls in it."""

import bisect
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sftctl.core.errors import EngineError
from sftctl.core.types import Json, LastCall, Unsaid
from sftctl.serve.arguments import arguments_of, open_value
from sftctl.serve.source import Source

FREE = 0.5
"""The share of all tokens, at least, that is allowed where a string may be anything."""


@dataclass(frozen=True)
class Frame:
    """How a call of one tool is written."""

    before: bytes
    """What stands between the opening and the arguments."""
    optional: frozenset[str]
    """The arguments that need not be given, if they may have any value."""
    defaults: Mapping[str, Json]
    """Argument → what it is taken for where it is not given."""
    percents: frozenset[str]
    """The arguments that are numbers in percent."""


@dataclass(frozen=True)
class Calls:
    """How an answer's calls are found in it."""

    tokens: Any
    """The library's tokenizer."""
    frames: tuple[Frame, ...]
    """One for each tool."""
    distinct: bool
    """Whether none is to be made twice."""
    opening: bytes
    """What a call begins with."""
    between: bytes
    """What stands between the end of a call and the inside of the next: a separator and the opening."""
    merged: bool
    """Whether the end of a call and what follows it are written as one token, as `>` and a line break are by some."""


class TokenMatcher:
    """Where one answer stands in its grammar (see `core.types.Matcher`).

    Without `calls`, it says nothing of the last call, nor of what is preferred; without `source`, neither of that nor
    of what is unsaid.
    """

    def __init__(self, matcher: Any, calls: Calls | None, source: Source | None = None) -> None:
        self._matcher, self._calls, self._source = matcher, calls, source
        self._text = bytearray()
        self._places = [0]
        """Bytes before the first token, and after each."""
        self._ends: list[int] = []
        """After how many bytes a call was whole."""
        self._judged = 0
        """Bytes up to which arguments are known to be said or not."""

    @property
    def stopped(self) -> bool:
        return bool(self._matcher.is_stopped())

    def mask(self) -> bytes:
        mask: bytes = self._matcher.compute_bitmask()
        self._check()
        return mask

    def advance(self, token: int) -> None:
        self._matcher.consume_token(token)
        self._check()
        if self._calls:
            self._write(token, self._calls)

    def forced(self) -> tuple[int, ...]:
        return () if self.stopped else tuple(self._matcher.compute_ff_tokens())

    def last_call(self) -> LastCall | None:
        calls = self._calls
        if calls is None or calls.opening not in self._text:
            return None
        if self._source is None and not (calls.distinct and (self._ends or calls.merged)):
            return None
        repeated, repeating = self._repetition(calls)
        unsaid, saying = self._unsaid(calls, self._source) if self._source else (None, 0)
        return LastCall(repeated, max(repeating, saying), unsaid)

    def rollback(self, count: int) -> None:
        self._matcher.rollback(count)
        self._check()
        del self._places[len(self._places) - count :]
        del self._text[self._places[-1] :]
        self._ends = [end for end in self._ends if end <= len(self._text)]
        self._judged = min(self._judged, len(self._text))

    def preferred(self, mask: bytes) -> Sequence[int]:
        if self._calls is None or self._source is None or self._calls.opening not in self._text or self.stopped:
            return ()
        value = open_value(bytes(self._text).rpartition(self._calls.opening)[2])
        if value is not None:
            return self._source.following(value) if _share(mask) >= FREE else ()
        percent = self._open_percent(self._calls)
        return () if percent is None else self._source.following_percent(percent)

    def _repetition(self, calls: Calls) -> tuple[bool, int]:
        """Whether a call was just made once more, and how many of the last tokens may become such a call."""
        bounds = itertools.pairwise([0, *self._ends, len(self._text)])
        *whole, begun = (bytes(self._text[start:end]).partition(calls.opening)[2] for start, end in bounds)
        if not whole:
            return False, 0
        ended = self._ends[-1] > self._places[-2]
        repeating = any(call.startswith(begun) for call in whole)
        return ended and whole[-1] in whole[:-1], self._tokens_since(self._ends[-1]) if repeating else 0

    def _open_percent(self, calls: Calls) -> bytes | None:
        """What is written so far of the number in percent that is open at the answer's end."""
        found = self._begun(calls)
        if found is None or not found[0].percents:
            return None
        frame, start = found
        text = bytes(self._text[start:])
        for argument in arguments_of(text):
            if argument.name and argument.value and argument.end is None:
                return text[argument.value :] if json.loads(argument.name) in frame.percents else None
        return None

    def _begun(self, calls: Calls) -> tuple[Frame, int] | None:
        """The frame of the last call, and where its arguments begin; None as long as they do not."""
        start = self._text.rindex(calls.opening) + len(calls.opening)
        frame = next((frame for frame in calls.frames if self._text.startswith(frame.before, start)), None)
        return None if frame is None else (frame, start + len(frame.before))

    def _unsaid(self, calls: Calls, source: Source) -> tuple[Unsaid | None, int]:
        """The argument that was just made whole and is unsaid; how many of the last tokens may become such a one.

        Each is told once: what stays all the same is judged no more, unless it is taken back and written again.
        """
        found = self._begun(calls)
        if found is None or not found[0].optional:
            return None, 0
        frame, start = found
        text = bytes(self._text[start:])
        given: list[Json] = []
        for argument in arguments_of(text):
            name: str = json.loads(argument.name) if argument.name else ""
            if argument.end is None or argument.value is None:
                may_be_unsaid = not name or name in frame.optional
                return None, self._tokens_since(start + argument.begin) if may_be_unsaid else 0
            value = json.loads(text[argument.value : argument.end])
            given.append(value)
            if start + argument.end <= self._judged:
                continue
            self._judged = start + argument.end
            is_default = name in frame.defaults and frame.defaults[name] == value
            if name in frame.optional and not is_default and not source.says(value, given.count(value)):
                tokens = self._tokens_since(start + argument.begin)
                return Unsaid(tokens, self._tokens_since(start + argument.value)), tokens
        return None, 0

    def _tokens_since(self, place: int) -> int:
        """How many of the last tokens hold the bytes from `place` on."""
        return len(self._places) - bisect.bisect_right(self._places, place)

    def _write(self, token: int, calls: Calls) -> None:
        more = calls.tokens.decode_bytes([token])
        self._text += more
        self._places.append(len(self._text))
        if not calls.distinct or calls.opening not in self._text or self.stopped:
            return
        if self._matcher.is_accepting():
            self._ends.append(len(self._text))
            return
        for over in range(1, min(len(more), len(calls.between) + 1)):
            if more.endswith(calls.between[:over]) and self._might_end(token, more[:-over], calls):
                self._ends.append(len(self._text) - over)

    def _might_end(self, token: int, begun: bytes, calls: Calls) -> bool:
        """Whether the answer might end if its last token were only the bytes that it begins with."""
        tokens = calls.tokens.tokenize_bytes(begun)
        self._matcher.rollback(1)
        taken = self._matcher.try_consume_tokens(tokens)
        ends = taken == len(tokens) and bool(self._matcher.is_accepting())
        self._matcher.rollback(taken)
        self._matcher.consume_token(token)
        self._check()
        return ends

    def _check(self) -> None:
        if self._matcher.is_error():
            raise EngineError(f"The answer left its grammar: {first_line(self._matcher.get_error())}.")


def _share(mask: bytes) -> float:
    """Of all tokens, the share that a mask allows."""
    return int.from_bytes(mask, "little").bit_count() / (8 * len(mask))


def first_line(error: str) -> str:
    """The sentence in a message of the library, without the place in a grammar that the client never saw."""
    line = (error.splitlines() or [""])[0]
    line = re.sub(r"^at \d+\(\d+\): |failed to compile JSON schema: ", "", line)
    return line.partition(". ")[0].rstrip(".")
