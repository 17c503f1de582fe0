"""Where one answer stands in its grammar: what may come next, and what is to be said of the calls in it."""

import bisect
import itertools
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sftctl.core.errors import EngineError
from sftctl.core.types import Json, LastCall, Unsaid
from sftctl.serve.arguments import Argument, arguments_of, open_value
from sftctl.serve.hearing import Hearing
from sftctl.serve.source import Source

CALLING = 1.0
"""Nats by which a call is made likelier than words where an answer begins, if a tool is spoken of by its name."""
NAMED = 2.0
"""The same for another call, for a tool and for an argument, as long as the request names what no call has taken up."""
COPYING = 2.0
"""The same for a token that goes on with a value as the conversation does."""
FREE = 0.5
"""The share of all tokens, at least, that is allowed where a string may be anything."""
SOME = 64
"""Tokens that are allowed at most where an answer may end, or a name goes on."""
LONG = 32
"""Tokens of an argument that is judged, and held back meanwhile, at most."""
WORDS = 4
"""Words of a value that must be given at most, or it is a text of the model's own, which need not be said."""
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True)
class Frame:
    """How a call of one tool is written."""

    before: bytes
    """What stands between the opening and the arguments."""
    words: frozenset[str]
    """What its name says and no other tool's (see `hearing.stems`)."""
    free: frozenset[str]
    """The arguments that may have any value."""
    few: frozenset[str]
    """The arguments that have one of a few values; of those that must be given, yes and no alone."""
    required: frozenset[str]
    """The arguments that must be given."""
    defaults: Mapping[str, Json]
    """Argument → what it is taken for where it is not given."""
    percents: frozenset[str]
    """The arguments that are numbers in percent."""
    optional: Mapping[str, frozenset[str]]
    """Argument that need not be given → what its name says and no other argument's."""

    def judges(self, name: str) -> bool:
        """Whether a value of this argument is to be said."""
        return name in self.free or name in self.few

    def hears(self, heard: Hearing, name: str, value: Json, times: int) -> bool:
        """Whether a value was said, which the call now has `times` times, or need not be."""
        if not self.judges(name) or (name in self.defaults and self.defaults[name] == value):
            return True
        return heard.says(value, times) if name in self.free else heard.means(name, value)


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
    beginning: tuple[int, ...]
    """The tokens that it begins with."""
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
        if calls is None:
            return None
        if calls.opening not in self._text:
            may_begin = self._source is not None and calls.opening.startswith(self._text)
            return LastCall(False, 0, begun=len(self._places) - 1) if may_begin else None
        if self._source is None and not (calls.distinct and (self._ends or calls.merged)):
            return None
        repeated, repeating = self._repetition(calls)
        unsaid, saying, begun = self._unsaid(calls, self._source.heard) if self._source else (None, 0, 0)
        return LastCall(repeated, max(repeating, saying), unsaid, begun)

    def rollback(self, count: int) -> None:
        self._matcher.rollback(count)
        self._check()
        del self._places[len(self._places) - count :]
        del self._text[self._places[-1] :]
        self._ends = [end for end in self._ends if end <= len(self._text)]
        self._judged = min(self._judged, len(self._text))

    def preferred(self, mask: bytes) -> Mapping[int, float]:
        calls, source = self._calls, self._source
        if calls is None or source is None or self.stopped:
            return {}
        if not self._text:
            is_due = any(source.heard.asks_for(frame.words) for frame in calls.frames)
            return dict.fromkeys(calls.beginning if is_due else (), CALLING)
        if calls.opening not in self._text:
            return {}
        if calls.distinct and self._matcher.is_accepting():
            more = self._has_loose_ends(source.heard) or self._due(calls, source.heard)
            return dict.fromkeys(self._going_on(mask, calls) if more else (), NAMED)
        if self._begun(calls) is None:
            return dict.fromkeys(self._to_what_is_due(mask, calls, source.heard), NAMED)
        nats = Counter(dict.fromkeys(self._copied(mask, calls, source), COPYING))
        nats.update(dict.fromkeys(self._to_what_is_asked(mask, calls, source), NAMED))
        return nats

    def _copied(self, mask: bytes, calls: Calls, source: Source) -> Sequence[int]:
        """The tokens that go on with a value as the conversation does."""
        value = open_value(bytes(self._text).rpartition(calls.opening)[2])
        if value is not None:
            return source.following(value, self._given(calls)) if _share(mask) >= FREE else ()
        percent = self._open_percent(calls)
        return () if percent is None else source.following_percent(percent)

    def _to_what_is_asked(self, mask: bytes, calls: Calls, source: Source) -> Sequence[int]:
        """The tokens that go on to an argument of whose name the request speaks, as long as it may still be given."""
        found = self._begun(calls)
        asked = {name for name, words in found[0].optional.items() if source.heard.asks_for(words)} if found else set()
        if found is None or not asked:
            return ()
        text = bytes(self._text[found[1] :])
        last = Argument(0)
        for last in arguments_of(text):
            asked.discard(json.loads(last.name) if last.name else "")
        if not asked or text.endswith(b"}"):
            return ()
        if last.value is None:
            names = [before + json.dumps(name).encode() for name in asked for before in (b"", b" ")]
            return self._towards(names, text[last.begin + 1 :], mask, calls)
        if last.end is None and text[last.value :].lstrip()[:1] in (b"[", b"{"):
            return ()
        return source.pieces.going_on[b"," if open_value(text) is None else b'",']

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

    def _has_loose_ends(self, heard: Hearing) -> bool:
        """Whether there is more in the request than the calls have taken up, of which the last has taken up some."""
        last = self._ends[-2] if len(self._ends) > 1 else 0
        before, now = (heard.left(text.decode(errors="ignore")) for text in (self._text[:last], self._text))
        return 0 < now < before

    def _going_on(self, mask: bytes, calls: Calls) -> list[int]:
        """The tokens that go on to another call, where an answer may end."""
        tokens = ((token, calls.tokens.decode_bytes([token])) for token in _few(mask))
        return [token for token, begun in tokens if begun and calls.between.startswith(begun)]

    def _due(self, calls: Calls, heard: Hearing) -> list[Frame]:
        """The tools that the request speaks of by their names, and no call has been made of."""
        called = [calls.opening + frame.before for frame in calls.frames]
        return [
            frame
            for frame, call in zip(calls.frames, called, strict=True)
            if heard.asks_for(frame.words) and call not in self._text
        ]

    def _to_what_is_due(self, mask: bytes, calls: Calls, heard: Hearing) -> list[int]:
        """The tokens that go on with the name of a tool which is due, where a name is open."""
        due = [frame.before for frame in self._due(calls, heard)] if len(calls.frames) > 1 else []
        return self._towards(due, bytes(self._text).rpartition(calls.opening)[2], mask, calls)

    def _towards(self, names: Sequence[bytes], written: bytes, mask: bytes, calls: Calls) -> list[int]:
        """The tokens that go on with what is written towards one of some names."""
        tokens = ((token, written + calls.tokens.decode_bytes([token])) for token in _few(mask))
        return [token for token, begun in tokens if any(begun.startswith(n) or n.startswith(begun) for n in names)]

    def _given(self, calls: Calls) -> list[str]:
        """The strings that stand in the last call as values so far, but for the one that is open."""
        found = self._begun(calls)
        if found is None:
            return []
        text = bytes(self._text[found[1] :])
        values = [text[each.value : each.end] for each in arguments_of(text) if each.value is not None]
        return [json.loads(string) for value in values for string in _STRING.findall(value)]

    def _begun(self, calls: Calls) -> tuple[Frame, int] | None:
        """The frame of the last call, and where its arguments begin; None as long as they do not."""
        start = self._text.rindex(calls.opening) + len(calls.opening)
        frame = next((frame for frame in calls.frames if self._text.startswith(frame.before, start)), None)
        return None if frame is None else (frame, start + len(frame.before))

    def _unsaid(self, calls: Calls, heard: Hearing) -> tuple[Unsaid | None, int, int]:
        """The argument that was just made whole and is unsaid; how many of the last tokens may become such a one; how
        many are of a call that lacks what must be given.

        Each is told once: what stays all the same is judged no more, unless it is taken back and written again.
        """
        call = self._tokens_since(self._ends[-1] if self._ends else 0)
        found = self._begun(calls)
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
            if is_short and not frame.hears(heard, name, value, list(given.values()).count(value)):
                if name not in frame.free:
                    unsaid = Unsaid(tokens)
                elif is_required:
                    unsaid = Unsaid(tokens, call=call)
                else:
                    unsaid = Unsaid(tokens, value=since_value)
                return unsaid, tokens, call if frame.required - given.keys() else 0
        return None, 0, call if frame.required - given.keys() else 0

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


def _has_many_words(value: bytes) -> bool:
    return value.strip().startswith(b'"') and len(value.split()) > WORDS


def _few(mask: bytes) -> list[int]:
    """The tokens that a mask allows; none, where they are many."""
    if _count(mask) > SOME:
        return []
    return [8 * at + bit for at, bits in enumerate(mask) if bits for bit in range(8) if bits >> bit & 1]


def _share(mask: bytes) -> float:
    """Of all tokens, the share that a mask allows."""
    return _count(mask) / (8 * len(mask))


def _count(mask: bytes) -> int:
    """How many tokens a mask allows."""
    return int.from_bytes(mask, "little").bit_count()


def first_line(error: str) -> str:
    """The sentence in a message of the library, without the place in a grammar that the client never saw."""
    line = (error.splitlines() or [""])[0]
    line = re.sub(r"^at \d+\(\d+\): |failed to compile JSON schema: ", "", line)
    return line.partition(". ")[0].rstrip(".")
