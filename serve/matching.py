"""Where one answer stands in its grammar: what may come next, and what is to be said of the calls in it."""

import bisect
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sftctl.core.errors import EngineError
from sftctl.core.types import Json, LastCall, Unsaid
from sftctl.serve.arguments import arguments_of
from sftctl.serve.frames import Calls
from sftctl.serve.hearing import Hearing
from sftctl.serve.preferring import Preferences
from sftctl.serve.source import Source

LONG = 32
"""Tokens of an argument that is judged, and held back meanwhile, at most."""
WORDS = 4
"""Words of a value that must be given at most, or it is a text of the model's own, which need not be said."""


class TokenMatcher:
    """Where one answer stands in its grammar (see `core.types.Matcher`).

    Without `calls`, it says nothing of the last call, nor of what is preferred; without `source`, neither of that nor
    of what is unsaid.
    """

    def __init__(self, matcher: Any, calls: Calls | None, source: Source | None = None) -> None:
        self._matcher, self._unwritten, self._calls = matcher, matcher.deep_copy(), calls
        self._tokens: list[int] = []
        self._heard = source.heard if source else None
        self._preferences = Preferences(calls, source) if calls and source else None
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
        self._tokens.append(token)
        if self._calls:
            self._write(token, self._calls)

    def forced(self) -> tuple[int, ...]:
        return () if self.stopped else tuple(self._matcher.compute_ff_tokens())

    def last_call(self) -> LastCall | None:
        calls = self._calls
        if calls is None:
            return None
        if calls.opening not in self._text:
            may_begin = self._heard is not None and calls.opening.startswith(self._text)
            return LastCall(False, 0, begun=len(self._places) - 1) if may_begin else None
        if self._heard is None and not (calls.distinct and (self._ends or calls.merged)):
            return None
        repeated, repeating = self._repetition(calls)
        unsaid, saying, begun = self._unsaid(calls, self._heard) if self._heard else (None, 0, 0)
        return LastCall(repeated, max(repeating, saying), unsaid, begun)

    def rollback(self, count: int) -> None:
        del self._tokens[len(self._tokens) - count :]
        self._matcher = self._after(self._tokens)
        self._check()
        del self._places[len(self._places) - count :]
        del self._text[self._places[-1] :]
        self._ends = [end for end in self._ends if end <= len(self._text)]
        self._judged = min(self._judged, len(self._text))

    def _after(self, tokens: Sequence[int]) -> Any:
        """A matcher after some tokens, made anew: llguidance (1.9) may allow too much once tokens are taken back."""
        matcher = self._unwritten.deep_copy()
        matcher.consume_tokens(tokens)
        return matcher

    def preferred(self, mask: bytes) -> Mapping[int, float]:
        if self._preferences is None or self.stopped:
            return {}
        return self._preferences.after(bytes(self._text), mask, may_end=bool(self._matcher.is_accepting()))

    def _repetition(self, calls: Calls) -> tuple[bool, int]:
        """Whether a call was just made once more, and how many of the last tokens may become such a call."""
        bounds = itertools.pairwise([0, *self._ends, len(self._text)])
        *whole, begun = (bytes(self._text[start:end]).partition(calls.opening)[2] for start, end in bounds)
        if not whole:
            return False, 0
        ended = self._ends[-1] > self._places[-2]
        repeating = any(call.startswith(begun) for call in whole)
        return ended and whole[-1] in whole[:-1], self._tokens_since(self._ends[-1]) if repeating else 0

    def _unsaid(self, calls: Calls, heard: Hearing) -> tuple[Unsaid | None, int, int]:
        """The argument that was just made whole and is unsaid; how many of the last tokens may become such a one; how
        many are of a call that lacks what must be given.

        Each is told once: what stays all the same is judged no more, unless it is taken back and written again.
        """
        call = self._tokens_since(self._ends[-1] if self._ends else 0)
        found = calls.begun(bytes(self._text))
        if found is None:
            return None, 0, call
        frame, start = found
        text = bytes(self._text[start:])
        given: dict[str, Json] = {}
        for argument in arguments_of(text):
            name: str = json.loads(argument.name) if argument.name else ""
            is_required = name in frame.required
            since_value = 0 if argument.value is None else self._tokens_since(start + argument.value)
            tokens = since_value if is_required else self._tokens_since(start + argument.begin)
            is_short = tokens <= LONG and not (is_required and _has_many_words(text[argument.value : argument.end]))
            if argument.end is None or argument.value is None:
                lacking = frame.required - given.keys() - (set() if is_short else {name})
                may_be_unsaid = is_short and (not name or frame.judges(name))
                return None, tokens if may_be_unsaid else 0, call if lacking else 0
            value = given[name] = json.loads(text[argument.value : argument.end])
            if start + argument.end <= self._judged:
                continue
            self._judged = start + argument.end
            if is_short and not frame.hears(heard, name, value, self._times(value, given, calls)):
                if name not in frame.free:
                    unsaid = Unsaid(tokens)
                elif is_required:
                    unsaid = Unsaid(tokens, call=call)
                else:
                    unsaid = Unsaid(tokens, value=since_value)
                return unsaid, tokens, call if frame.required - given.keys() else 0
        return None, 0, call if frame.required - given.keys() else 0

    def _times(self, value: Json, given: Mapping[str, Json], calls: Calls) -> int:
        """To how many arguments of a call a value is given; if it is a number, by earlier calls as well."""
        named = [*given.items()]
        if not isinstance(value, str):
            earlier = calls.given(bytes(self._text))[:-1]
            named += [(name, json.loads(written)) for call in earlier for name, written in call]
        # in Python, 1 is True
        return len({name for name, other in named if other == value and type(other) is not bool})

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
            if more.endswith(calls.between[:over]) and self._might_end(more[:-over], calls):
                self._ends.append(len(self._text) - over)

    def _might_end(self, begun: bytes, calls: Calls) -> bool:
        """Whether the answer might end if its last token were only the bytes that it begins with."""
        tokens = calls.tokens.tokenize_bytes(begun)
        matcher = self._after(self._tokens[:-1])
        return matcher.try_consume_tokens(tokens) == len(tokens) and bool(matcher.is_accepting())

    def _check(self) -> None:
        if self._matcher.is_error():
            raise EngineError(f"The answer left its grammar: {first_line(self._matcher.get_error())}.")


def _has_many_words(value: bytes) -> bool:
    return value.strip().startswith(b'"') and len(value.split()) > WORDS


def first_line(error: str) -> str:
    """The sentence in a message of the library, without the place in a grammar that the client never saw."""
    line = (error.splitlines() or [""])[0]
    line = re.sub(r"^at \d+\(\d+\): |failed to compile JSON schema: ", "", line)
    return line.partition(". ")[0].rstrip(".")
