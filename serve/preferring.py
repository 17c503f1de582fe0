"""What is preferred where an answer goes on: what the request speaks of, in its own words and order."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
            more = self._has_loose_ends(text) or self._due(text)
            return dict.fromkeys(self._to_another_call(mask) if more else (), NAMED)
        if calls.begun(text) is None:
            return dict.fromkeys(self._to_what_is_due(text, mask), NAMED)
        nats = Counter(dict.fromkeys(self._to_what_is_asked(text, mask), NAMED))
        if found := calls.open_argument(text):
            nats.update(self._to_a_value(*found, text, mask))
        return nats

    # ---------------------------------------------------------------- another call

    def _has_loose_ends(self, text: bytes) -> bool:
        """Whether there is more in the request than the calls have taken up, of which the last has taken up some."""
        last = text.rfind(self.calls.opening)
        before, now = (self.heard.left(part.decode(errors="ignore")) for part in (text[:last], text))
        return 0 < now < before

    def _due(self, text: bytes) -> list[Frame]:
        """The tools that the request speaks of by their names, and no call has been made of; in its order."""
        called = [self.calls.opening + frame.before for frame in self.calls.frames]
        frames = [frame for frame, call in zip(self.calls.frames, called, strict=True) if call not in text]
        due = [(at, frame) for frame in frames if (at := self.heard.asked_at(frame.words)) is not None]
        return [frame for _, frame in sorted(due, key=lambda each: each[0])]

    def _to_another_call(self, mask: bytes) -> list[int]:
        tokens = ((token, self.calls.tokens.decode_bytes([token])) for token in _few(mask))
        return [token for token, begun in tokens if begun and self.calls.between.startswith(begun)]

    def _to_what_is_due(self, text: bytes, mask: bytes) -> list[int]:
        """The tokens that go on with the name of the tool which is due first."""
        first = self._due(text)[:1] if len(self.calls.frames) > 1 else []
        return self._towards([frame.before for frame in first], self.calls.last(text), mask)

    # ---------------------------------------------------------------- another argument

    def _to_what_is_asked(self, text: bytes, mask: bytes) -> Sequence[int]:
        """The tokens that go on to an argument of which the request speaks, as long as it may still be given."""
        found = self.calls.begun(text)
        asked = found[0].asked(self.heard) if found else set()
        if found is None or not asked:
            return ()
        inside = text[found[1] :]
        last = Argument(0)
        for last in arguments_of(inside):
            asked.discard(json.loads(last.name) if last.name else "")
        if not asked or inside.endswith(b"}"):
            return ()
        if last.value is None:
            names = [before + json.dumps(name).encode() for name in asked for before in (b"", b" ")]
            return self._towards(names, inside[last.begin + 1 :], mask)
        if last.end is None and inside[last.value :].lstrip()[:1] in (b"[", b"{"):
            return ()
        return self.source.pieces.going_on[b"," if open_value(inside) is None else b'",']

    # ---------------------------------------------------------------- a value

    def _to_a_value(self, frame: Frame, name: str, written: bytes, text: bytes, mask: bytes) -> Mapping[int, float]:
        """What is preferred in the value of an argument, of which `written` is there."""
        if name in frame.options:
            return dict.fromkeys(self._to_an_option(frame.chosen(name, self.heard), written, mask), NAMED)
        if name in frame.percents:
            return dict.fromkeys(self.source.following_json(written, self.source.percents), COPYING)
        listed = self.source.following_json(written, self._lists(text)) if name in frame.lists else []
        return dict.fromkeys(listed or self._copied(text, mask), COPYING)

    def _to_an_option(self, options: Iterable[Json], written: bytes, mask: bytes) -> list[int]:
        spelled = [json.dumps(option, ensure_ascii=False).encode() for option in options]
        left = [space + option for option in spelled if option not in written for space in (b"", b" ")]
        return self._towards(left, _LAST_MARK.split(written)[-1], mask)

    def _lists(self, text: bytes) -> list[str]:
        """The lists of the request that no call has, or else those that the last one has not."""
        answer, call = (part.decode(errors="ignore") for part in (text, self.calls.last(text)))
        return self.heard.lists(answer) or self.heard.lists(call)

    def _copied(self, text: bytes, mask: bytes) -> Sequence[int]:
        """The tokens that go on with a string as the conversation does, where it may be anything."""
        string = open_value(self.calls.last(text))
        return () if string is None or _share(mask) < FREE else self.source.following(string, self._given(text))

    def _given(self, text: bytes) -> list[str]:
        """The strings that stand in the last call as values so far, but for the one that is open."""
        found = self.calls.begun(text)
        inside = text[found[1] :] if found else b""
        values = [inside[each.value : each.end] for each in arguments_of(inside) if each.value is not None]
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
