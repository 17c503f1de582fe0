"""What is preferred where an answer goes on: what the request speaks of, in its own words and order."""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sftctl.core.types import Json
from sftctl.serve.arguments import Argument, arguments_of, open_value
from sftctl.serve.frames import Calls, Frame
from sftctl.serve.hearing import Hearing
from sftctl.serve.source import Source

CALLING = 1.0
"""Nats by which a call is made likelier than words where an answer begins, if a tool is spoken of by its name."""
NAMED = 2.0
"""The same for another call, for a tool, an argument and an option, as long as the request names what no call has."""
SURE = 4.0
"""The same where there is hardly another way: for a tool that a request goes on to, once all that was said before has
been taken up, and for a fraction."""
GOING_ON = 1.0
"""The same for another argument, where nothing is named, but there is more in the request."""
COPYING = 2.0
"""The same for a token that goes on with a value as the conversation does."""
FREE = 0.5
"""The share of all tokens, at least, that is allowed where a string may be anything."""
SOME = 64
"""Tokens that are allowed at most where an answer may end, or a name goes on."""
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
# the mark before the value that is open in a list
_LAST_MARK = re.compile(rb'[\[,](?= ?$| ?"[^"]*$)')


@dataclass(frozen=True)
class Preferences:
    """What is preferred in the answers to one request."""

    calls: Calls
    source: Source

    @property
    def heard(self) -> Hearing:
        return self.source.heard

    def after(self, text: bytes, mask: bytes, *, may_end: bool) -> Mapping[int, float]:
        """Token → nats by which it is made likelier, after what is written of an answer. `mask`: what is allowed.

        `may_end`: whether the answer may end there.
        """
        calls = self.calls
        if not text:
            is_due = any(self.heard.asks_for(frame.words) for frame in calls.frames)
            return dict.fromkeys(calls.beginning if is_due else (), CALLING)
        if calls.opening not in text:
            return {}
        if calls.distinct and may_end:
            more = self._more(text)
            return dict.fromkeys(self._to_another_call(mask) if more else (), more)
        if calls.begun(text) is None:
            return self._to_what_is_due(text, mask)
        asked = self._to_what_is_asked(text, mask)
        found = calls.open_argument(text)
        value = self._to_a_value(*found, text, mask) if found else {}
        return {token: asked.get(token, 0.0) + value.get(token, 0.0) for token in asked.keys() | value.keys()}

    # ---------------------------------------------------------------- another call

    def _more(self, text: bytes) -> float:
        """By how much another call is likelier than the end; less than 0 where the last took up nothing, or all."""
        last = text.rfind(self.calls.opening)
        before, now = (self.heard.left(part.decode(errors="ignore")) for part in (text[:last], text))
        if self._due(text):
            return SURE if now else NAMED
        if now and len(now) < len(before):
            return NAMED if len(self.calls.frames) == 1 else 0.0
        return -NAMED if len(self.calls.frames) > 1 else 0.0

    def _due(self, text: bytes) -> list[tuple[int, Frame]]:
        """The tools that the request speaks of by their names, and no call has been made of; in its order."""
        called = [self.calls.opening + frame.before for frame in self.calls.frames]
        frames = [frame for frame, call in zip(self.calls.frames, called, strict=True) if call not in text]
        due = [(at, frame) for frame in frames if (at := self.heard.asked_at(frame.words)) is not None]
        return sorted(due, key=lambda each: each[0])

    def _to_another_call(self, mask: bytes) -> list[int]:
        tokens = ((token, self.calls.tokens.decode_bytes([token])) for token in _few(mask))
        return [token for token, begun in tokens if begun and self.calls.between.startswith(begun)]

    def _to_what_is_due(self, text: bytes, mask: bytes) -> Mapping[int, float]:
        """The tokens that go on with the name of the tool which is due first."""
        if len(self.calls.frames) < 2 or not (due := self._due(text)):
            return {}
        (at, frame), *_ = due
        left = self.heard.left(text.decode(errors="ignore"))
        is_sure = text.count(self.calls.opening) > 1 and (not left or at < left[0][0])
        return dict.fromkeys(self._towards([frame.before], self.calls.last(text), mask), SURE if is_sure else NAMED)

    # ---------------------------------------------------------------- another argument

    def _to_what_is_asked(self, text: bytes, mask: bytes) -> Mapping[int, float]:
        """The tokens that go on to an argument of which the request speaks, as long as it may still be given.

        Or to any, as long as there is more in the request, and no other tool to take it up.
        """
        found = self.calls.begun(text)
        if found is None or (inside := text[found[1] :]).endswith(b"}"):
            return {}
        frame, last, given = found[0], Argument(0), set[str]()
        for last in arguments_of(inside):
            given.add(json.loads(last.name) if last.name else "")
        asked = frame.asked(self.heard) - given
        if last.value is None:
            names = [before + json.dumps(name).encode() for name in asked for before in (b"", b" ")]
            return dict.fromkeys(self._towards(names, inside[last.begin + 1 :], mask), NAMED)
        nats = NAMED if asked else GOING_ON if self._has_more_for(frame, given, text) else 0.0
        value = inside[last.value :].decode(errors="ignore").lstrip()
        if not nats or (last.end is None and (value[:1] in ("[", "{") or self.heard.breaks_off(value))):
            return {}
        return dict.fromkeys(self.source.pieces.going_on[b"," if open_value(inside) is None else b'",'], nats)

    def _has_more_for(self, frame: Frame, given: Collection[str], text: bytes) -> bool:
        """Whether the request has more than is taken up, an optional argument could take it, and no tool is due."""
        could = (frame.optional.keys() & frame.free) - set(given)
        kinds = tuple(kind for kind, free in ((float, frame.numbers), (str, frame.strings)) if could & free)
        if not kinds or self._due(text):
            return False
        return any(isinstance(each, kinds) for _, each in self.heard.left(text.decode(errors="ignore")))

    # ---------------------------------------------------------------- a value

    def _to_a_value(self, frame: Frame, name: str, written: bytes, text: bytes, mask: bytes) -> Mapping[int, float]:
        """What is preferred in the value of an argument, of which `written` is there."""
        if name in frame.truths:
            yes = (b"true", b" true") if self.heard.affirms(frame.truths[name]) else ()
            return dict.fromkeys(self._towards(yes, written, mask), NAMED)
        if name in frame.options:
            return dict.fromkeys(self._to_an_option(frame.chosen(name, self.heard), written, mask), NAMED)
        if name in frame.percents:
            return dict.fromkeys(self.source.following_json(written, self.source.percents), COPYING)
        if name in frame.fractions:
            return dict.fromkeys(self.source.following_json(written, self.source.fractions), SURE)
        listed = self.source.following_json(written, self._lists(text)) if name in frame.lists else []
        return dict.fromkeys(listed or self._copied(name, text, mask), COPYING)

    def _to_an_option(self, options: Iterable[Json], written: bytes, mask: bytes) -> list[int]:
        spelled = [json.dumps(option, ensure_ascii=False).encode() for option in options]
        left = [space + option for option in spelled if option not in written for space in (b"", b" ")]
        return self._towards(left, _LAST_MARK.split(written)[-1], mask)

    def _lists(self, text: bytes) -> list[str]:
        """The lists of the request that no call has, or else those that the last one has not."""
        answer, call = (part.decode(errors="ignore") for part in (text, self.calls.last(text)))
        return self.heard.lists(answer) or self.heard.lists(call)

    def _copied(self, name: str, text: bytes, mask: bytes) -> Sequence[int]:
        """The tokens that go on with a string as the conversation does, where it may be anything."""
        string = open_value(self.calls.last(text))
        return () if string is None or _share(mask) < FREE else self.source.following(string, self._given(name, text))

    def _given(self, name: str, text: bytes) -> list[str]:
        """The strings of the last call, but for the one that is open, and those of others in arguments of other names.

        `name`: of the argument that is open.
        """
        *earlier, last = self.calls.given(text)
        once = {(other, value) for call in earlier for other, value in call if other != name}
        values = [value for _, value in (*last, *once)]
        return [json.loads(string) for value in values for string in _STRING.findall(value)]

    def _towards(self, texts: Sequence[bytes], written: bytes, mask: bytes) -> list[int]:
        """The tokens that go on with what is written towards one of some texts."""
        tokens = ((token, written + self.calls.tokens.decode_bytes([token])) for token in _few(mask) if texts)
        return [token for token, begun in tokens if any(begun.startswith(t) or t.startswith(begun) for t in texts)]


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
