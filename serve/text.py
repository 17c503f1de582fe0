"""From token ids to text, piece by piece, never giving out what a later token may still change."""

from collections.abc import Sequence

from sftctl.core.types import Tokenizer

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""What decoders put for bytes that are no complete UTF-8 character (yet)."""


class TextStream:
    """The text of a growing list of token ids, up to the first of some stop strings.

    Whole answers and streamed ones both come through here, so they cannot differ.
    """

    def __init__(self, tokenizer: Tokenizer, stop: Sequence[str] = ()) -> None:
        self.text = ""
        """All that has been given out."""
        self.stopped = False
        """A stop string was met; nothing follows."""
        self._tokenizer = tokenizer
        self._stop = tuple(stop)
        self._ids: list[int] = []
        self._start = self._end = 0  # the last piece decoded whole, kept as left context for the next
        self._held = ""  # decoded, but perhaps the beginning of a stop string

    def push(self, token: int) -> str:
        """The text that is certain now that `token` has come; often one word, sometimes empty."""
        self._ids.append(token)
        return self._give(self._decode(final=False), final=False)

    def finish(self) -> str:
        """What was held back, now that no token follows."""
        return self._give(self._decode(final=True), final=True)

    def _decode(self, *, final: bool) -> str:
        before = self._tokenizer.decode(self._ids[self._start : self._end], skip_special_tokens=False)
        after = self._tokenizer.decode(self._ids[self._start :], skip_special_tokens=False)
        if after.endswith(REPLACEMENT) and not final:
            return ""
        self._start, self._end = self._end, len(self._ids)
        return after[len(before) :]

    def _give(self, new: str, *, final: bool) -> str:
        if self.stopped:
            return ""
        self._held += new
        found = [at for at in map(self._held.find, self._stop) if at >= 0]
        if found:
            self.stopped = True
            ready, self._held = self._held[: min(found)], ""
        else:
            keep = 0 if final else longest_overlap(self._held, self._stop)
            ready, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        self.text += ready
        return ready


def longest_overlap(text: str, marks: Sequence[str]) -> int:
    """How many characters at the end of `text` may be the beginning of a mark."""
    longest = min(len(text), max(map(len, marks), default=0))
    return next((size for size in range(longest, 0, -1) if any(mark.startswith(text[-size:]) for mark in marks)), 0)


class CallGate:
    """Lets the text before a tool call through and holds the call back until it is parsed.

    White space is held too, until more text follows: before a call, it belongs to the call.
    """

    def __init__(self, call_start: str) -> None:
        self._mark = call_start
        self._text = ""
        self._sent = 0

    def push(self, increment: str) -> str:
        """The part of the text so far that is surely content and has not been given yet."""
        self._text += increment
        end = self._text.find(self._mark)
        if end < 0:
            end = len(self._text) - longest_overlap(self._text, (self._mark,))
        end = len(self._text[:end].rstrip())
        ready = self._text[self._sent : end]
        self._sent = max(self._sent, end)
        return ready

    def finish(self, content: str | None) -> str:
        """The rest of `content`, which the whole text was parsed to."""
        content = content or ""
        return content[self._sent :] if content.startswith(self._text[: self._sent]) else ""
