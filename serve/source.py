"""What the values of a call can come from: the words of the conversation.

A word after a quotation mark has other tokens than in a sentence (`"Oslo` is `"Os|lo`, and ` Oslo` is one token), so a
small model spells it anew and slips: "Olsen". So tokens that go on with words of the conversation are preferred in
strings that may be anything, and those of its percents in numbers in percent. And where a model has to write a value,
or may, it writes one that nobody spoke of: a year, a city. So what was not heard counts less (`hearing`). All by so
much that a doubtful model is put right, and a sure one writes what it would.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from sftctl.serve.hearing import Hearing

MOST = 4000
"""Characters of the end of a conversation that are copied from."""
LONGEST = 16
"""Characters of a token that may be preferred."""
# where a word, a path, a sign may begin
_STARTS = re.compile(r"(?<!\w)\w|(?<!\S)\S|(?<=[\"'(\[])\S")
_PERCENT = re.compile(r"(?<![\w.,])(\d+(?:\.\d+)?)\s*(?:%|percent)")


class Pieces:
    """The tokens of a vocabulary by their text."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.closing: list[int] = []
        """Tokens that begin with the end of a string."""
        self.ending: dict[str, list[int]] = {"": [], "]": []}
        """Tokens that begin with the end of a number, or of a list, and what follows it."""
        self.going_on: dict[bytes, list[int]] = {b",": [], b'",': []}
        """Tokens that begin with what stands between two arguments, after a string or after another value."""
        self._tokens: dict[str, list[tuple[int, str]]] = {}
        """By the text in lower case: each with the text itself."""
        for token, piece in enumerate(pieces):
            for end, tokens in self.ending.items():
                if piece.startswith((f"{end},".encode(), f"{end}}}".encode())):
                    tokens.append(token)
            for mark, tokens in self.going_on.items():
                if piece.startswith(mark):
                    tokens.append(token)
            if piece[:1] == b'"':
                self.closing.append(token)
            elif len(piece) <= 4 * LONGEST and (text := _decoded(piece)):
                self._tokens.setdefault(text.lower(), []).append((token, text))

    def beginning(self, text: str) -> Iterator[int]:
        """The tokens that `text` begins with, in large or small letters; in capitals alone only where it is in them."""
        lower = text.lower()
        for end in range(1, min(len(text), LONGEST) + 1):
            for token, spelled in self._tokens.get(lower[:end], ()):
                if not spelled[1:].isupper() or text.startswith(spelled):
                    yield token


@dataclass(frozen=True)
class Source:
    """The text of a conversation in the tokens of a vocabulary."""

    pieces: Pieces
    heard: Hearing

    @cached_property
    def text(self) -> str:
        return self.heard.text[-MOST:]

    @cached_property
    def _lower(self) -> str:
        lower = self.text.lower()
        return lower if len(lower) == len(self.text) else self.text

    def following(self, written: bytes, given: Sequence[str] = ()) -> list[int]:
        """The tokens that go on with a string as the source does, or end it where a word ends; in any order.

        None where the string is not from the source so far, or has an escape in it; nor those that begin inside of what
        the source says no more often than it is `given` already.
        """
        begun = _decoded(written)
        if begun is None or "\\" in begun:
            return []
        begun = begun.lower()
        found = set[int]()
        taken = self._taken(given)
        for start in self._starts:
            if self._lower.startswith(begun, start) and not any(start in span for span in taken):
                end = start + len(begun)
                found.update(self.pieces.beginning(self.text[end : end + LONGEST]))
                if begun and not _is_inside_word(self._lower, end):
                    found.update(self.pieces.closing)
        return list(found)

    def following_json(self, written: bytes, values: Iterable[str]) -> list[int]:
        """The tokens that go on with a number or a list, after the space before it, towards one of some and its end."""
        begun = _decoded(written)
        rests = [f" {value}"[len(begun) :] for value in values if begun is not None and f" {value}".startswith(begun)]
        found = set[int]()
        for rest in rests:
            found.update(self.pieces.beginning(rest), self.pieces.ending.get(rest, ()))
        return list(found)

    def _taken(self, given: Sequence[str]) -> list[range]:
        """Where the source says what is given as often as that."""
        taken: list[range] = []
        for value, times in Counter(map(str.lower, filter(None, given))).items():
            said = [match.span() for match in re.finditer(re.escape(value), self._lower)]
            taken += [range(*span) for span in said] if len(said) <= times else []
        return taken

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(match.start() for match in _STARTS.finditer(self._lower))

    @cached_property
    def percents(self) -> tuple[str, ...]:
        """The numbers that it says in percent."""
        return tuple(_PERCENT.findall(self._lower))

    @cached_property
    def fractions(self) -> tuple[str, ...]:
        """The same as fractions of 1."""
        return tuple(f"{float(percent) / 100:.10g}" for percent in self.percents)


def _decoded(piece: bytes) -> str | None:
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return None


def _is_inside_word(text: str, end: int) -> bool:
    return end < len(text) and text[end - 1].isalnum() and text[end].isalnum()
