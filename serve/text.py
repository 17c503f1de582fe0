"""From token ids to text, piece by piece, never giving out what a later token may still change."""

from collections.abc import Sequence

from sftctl.core.text import longest_overlap
from sftctl.core.types import Tokenizer

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""What decoders put for bytes that are no complete UTF-8 character (yet)."""


class TextStream:
    """The text of a growing list of token ids, up to the first of some stop strings.

    Whole answers and streamed ones both come through here, so they cannot differ.
    """

    def __init__(self, tokenizer: Tokenizer, stop: Sequence[str] = (), keep_stop: bool = False) -> None:
        self.text = ""
        """All that has been given out."""
        self.stopped = False
        """A stop string was met; nothing follows."""
        self.decoded = 0
        """Characters that the tokens spell so far, given out or not."""
        self._tokenizer = tokenizer
        self._stop = tuple(stop)
        self._keep_stop = keep_stop
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
        self.decoded += len(new)
        if self.stopped:
            return ""
        self._held += new
        found = [(at, stop) for stop in self._stop if (at := self._held.find(stop)) >= 0]
        if found:
            self.stopped = True
            at, stop = min(found, key=lambda each: each[0])
            ready, self._held = self._held[: at + len(stop) * self._keep_stop], ""
        else:
            keep = 0 if final else longest_overlap(self._held, self._stop)
            ready, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        self.text += ready
        return ready
