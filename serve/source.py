"""What the values of a call can come from: the words of the conversation.

A word after a quotation mark has other tokens than in a sentence (`"Oslo` is `"Os|lo`, and ` Oslo` is one token), so a
small model spells it anew and slips: "Olsen". And where it may give an argument or not, it gives one that nobody spoke
of: a year, a city. So tokens that go on with words of the conversation are preferred in strings that may be anything,
those of its percents in numbers in percent, and an argument that need not be given counts less where its value is not
in the conversation. All by so much that a doubtful model is put right, and a sure one writes what it would.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from sftctl.core import quantities
from sftctl.core.types import Json, Message

MOST = 4000
"""Characters of the end of a conversation that are looked through."""
LONGEST = 16
"""Characters of a token that may be preferred."""
# where a word, a path, a sign may begin
_STARTS = re.compile(r"(?<!\w)\w|(?<!\S)\S|(?<=[\"'(\[])\S")
_PERCENT = re.compile(r"(?<![\w.,])(\d+(?:\.\d+)?)\s*(?:%|percent)")
_DAY = re.compile(r"\d{4}-\d\d-(\d\d)")
_TIME = re.compile(r"(\d\d):\d\d")
# what speaks of a day or an hour without its number
_DAYS = re.compile(r"\b(?:today|tonight|tomorrow|yesterday|now|week|month|year|\w+day)\b")
_TIMES = re.compile(r"\b(?:noon|midday|midnight|morning|evening|tonight|now)\b")


class Pieces:
    """The tokens of a vocabulary by their text."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.closing: list[int] = []
        """Tokens that begin with the end of a string."""
        self.ending: list[int] = []
        """Tokens that begin with what follows a number."""
        self._tokens: dict[str, list[tuple[int, str]]] = {}
        """By the text in lower case: each with the text itself."""
        for token, piece in enumerate(pieces):
            if piece[:1] in (b",", b"}"):
                self.ending.append(token)
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
    """The text of a conversation."""

    pieces: Pieces
    text: str

    @cached_property
    def _lower(self) -> str:
        lower = self.text.lower()
        return lower if len(lower) == len(self.text) else self.text

    def following(self, written: bytes) -> list[int]:
        """The tokens that go on with a string as the source does, or end it where a word ends; in any order.

        None where the string is not from the source so far, or has an escape in it.
        """
        begun = _decoded(written)
        if begun is None or "\\" in begun:
            return []
        begun = begun.lower()
        found = set[int]()
        for start in self._starts:
            if self._lower.startswith(begun, start):
                end = start + len(begun)
                found.update(self.pieces.beginning(self.text[end : end + LONGEST]))
                if begun and not _is_inside_word(self._lower, end):
                    found.update(self.pieces.closing)
        return list(found)

    def following_percent(self, written: bytes) -> list[int]:
        """The tokens that go on with a number, after the space before it, as the source says one in percent."""
        begun = written.decode()
        found = set[int]()
        for number in self._percents:
            spelled = f" {number}"
            if spelled == begun:
                found.update(self.pieces.ending)
            elif spelled.startswith(begun):
                found.update(self.pieces.beginning(spelled[len(begun) :]))
        return list(found)

    def says(self, value: Json, times: int = 1) -> bool:
        """Whether it says a text or a number `times` times, in digits or in words, or any of a list.

        Of dates and times it is enough that it says the day and the hour, or speaks of days and hours at all. Truth
        values and objects nobody says as they are: they are taken for said.
        """
        if isinstance(value, bool):
            return True
        if isinstance(value, int | float):
            return self._numbers[abs(value)] >= times or abs(value) in self._numbers_in_words
        if isinstance(value, list):
            return not value or any(map(self.says, value))
        if not isinstance(value, str) or self._spaced.count(_spaced(value)) >= times:
            return True
        day, time = _DAY.search(value), _TIME.search(value)
        says_day = day is None or bool(self._numbers[int(day[1])] or _DAYS.search(self._lower))
        says_time = time is None or bool(self._numbers[int(time[1]) % 12 or 12] or _TIMES.search(self._lower))
        return bool(day or time) and says_day and says_time

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(match.start() for match in _STARTS.finditer(self._lower))

    @cached_property
    def _spaced(self) -> str:
        return _spaced(self.text)

    @cached_property
    def _percents(self) -> tuple[str, ...]:
        return tuple(_PERCENT.findall(self._lower))

    @cached_property
    def _numbers(self) -> Counter[float]:
        return Counter(map(abs, quantities.in_digits(self.text)))

    @cached_property
    def _numbers_in_words(self) -> set[float]:
        return quantities.in_words(self.text)


def source_of(pieces: Pieces, messages: Sequence[Message]) -> Source:
    said = "\n".join(message["content"] for message in messages if isinstance(message.get("content"), str))
    return Source(pieces, said[-MOST:])


def _decoded(piece: bytes) -> str | None:
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return None


def _is_inside_word(text: str, end: int) -> bool:
    return end < len(text) and text[end - 1].isalnum() and text[end].isalnum()


def _spaced(text: str) -> str:
    return " ".join(text.replace("_", " ").lower().split())
