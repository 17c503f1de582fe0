"""What a conversation says: whether a value or a tool was spoken of, in whatever words, and what calls leave of it."""

import contextlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import TypeVar

from sftctl.core import quantities
from sftctl.core.types import Json, Message

Said = TypeVar("Said", float, str)
OPTION = 3
"""Letters that an option has at least that is heard: two are said by chance."""
MOST = 40_000
"""Characters of the end of a conversation that are listened to."""
_LATIN = "\u024f"
"""The last of the letters of which we know what makes a word."""
_WORD = re.compile(r"[^\W\d_]{3,}|\d+")
_NEXT_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")
"""Where a word begins in snake_case, in camelCase, and after an abbreviation, as in `HTTPServer`."""
_EMPTY = {"has", "are", "the", "for", "and", "with", "can", "get", "use", "any", "all", "per", "not", "only", "include"}
"""Words in the names of arguments that say nothing of what they are for."""
_NO = {"false", "no", "off", "none"}
_YES_OR_NO = _NO | {"true", "yes", "on"}
_NEGATION = re.compile(
    r"\b(?:no|non|not|never|without|skip|only|except|off|false|(?:exclud|disabl|hid|ignor|avoid|omit|remov)\w*)\b|n['’]t"
)
_DATE = re.compile(r"\d{4}-(\d\d)-(\d\d)")
_TIME = re.compile(r"(\d\d):\d\d")
# what speaks of a day or an hour without its number
_DAYS = re.compile(r"\b(?:today|tonight|tomorrow|yesterday|now|week|month|year|\w+day)\b")
_TIMES = re.compile(r"\b(?:noon|midday|midnight|morning|evening|tonight|now)\b")
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTH = f"({'|'.join(f'{month[:3]}|{month}' for month in _MONTHS)}|sept)"
_DAY_OF_MONTH = re.compile(rf"\d(?:st|nd|rd|th)?(?: of)? {_MONTH}\b|\b{_MONTH}\.? \d")
_NUMBER = re.compile(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?")
# a word in a sentence that begins with a capital letter
_NAME = re.compile(r"(?<=[a-z,;:] )[A-Z][a-z]\w*(?:['-](?!s\b)\w+)*", re.ASCII)
# a month or a day is written otherwise in a call
_NO_NAME = re.compile(rf"{_MONTH}|\w+day")
_LAST_WORD = re.compile(r"(?:\d+[.,])*\w+$|\d[.,]$")
_BRACKETS = re.compile(r"\[[^\[\]]{1,400}\]")
_QUOTED = re.compile(r"(?<!\w)[\"']([^\"']{1,40})[\"'](?!\w)")


@dataclass(frozen=True)
class Hearing:
    """What is heard in a conversation."""

    text: str
    request: str = ""
    """What the user said last."""
    calls: str = ""
    """What earlier calls were given, as JSON."""
    wish: str = ""
    """All that the user has said since the last of them."""

    def says(self, value: Json, times: int = 1) -> bool:
        """Whether a text or a number is said `times` times, in digits or in words, or any of a list.

        Of dates and times it is enough that the day and the hour are said, or that days and hours are spoken of at all.
        Truth values and objects nobody says as they are: they are taken for said; so is all in another script.
        """
        if isinstance(value, bool) or not self._is_latin:
            return True
        if isinstance(value, int | float):
            return self._numbers[abs(value)] >= times or abs(value) in self._numbers_in_words
        if isinstance(value, list):
            return not value or any(map(self.says, value))
        return not isinstance(value, str) or self._times(_spaced(value)) >= times or self._says_when(value)

    def means(self, name: str, value: Json) -> bool:
        """Whether a word is said of a value that is one of a few; for yes and no, one of the argument's name.

        A word is said in any form that begins with the same four letters. What has no word is taken for said. No needs
        a negation as well.
        """
        spelled = str(value).lower()
        words = stems(name if spelled in _YES_OR_NO else spelled)
        if not self._is_latin:
            return True
        if spelled in _NO and not _NEGATION.search(self._lower):
            return False
        return not words or not words.isdisjoint(self._stems)

    def asks_for(self, words: Collection[str]) -> bool:
        """Whether the user's wish says half of some words at least, and one (see `stems`)."""
        return self.asked_at(words) is not None

    def affirms(self, words: Collection[str]) -> bool:
        """Whether it says so, and nothing that denies."""
        return self.asks_for(words) and not _NEGATION.search(self.wish.lower())

    def asked_at(self, words: Collection[str]) -> int | None:
        """At which letter of the user's wish some words begin, of which it says half, and one at least; else None."""
        places = [self._wish_places[word] for word in words if word in self._wish_places]
        half = (len(words) + 1) // 2
        return min(places) if self._is_latin and len(places) >= half > 0 else None

    def breaks_off(self, written: str) -> bool:
        """Whether a text ends inside of a word or a number that is said, as it never does."""
        begun = _LAST_WORD.search(written.lower())
        if begun is None:
            return False
        said = re.findall(rf"(?<!\w){re.escape(begun[0])}(\w|[.,]\d)?", self._lower)
        return bool(said) and all(said)

    def options(self, options: Iterable[Json]) -> list[str]:
        """Those texts among some options that the user has said, word for word, perhaps with an ending."""
        return [each for each in options if isinstance(each, str) and len(each) >= OPTION and self._wishes(each)]

    def lists(self, answer: str) -> list[str]:
        """The lists of the last request that are not in an answer, as a call has them."""
        return [each for each in self._asked_lists if each not in answer]

    def left(self, answer: str) -> list[tuple[int, str | float]]:
        """The numbers, names and quotations of the last request that are not in an answer, with where each is first.

        In their order; the places are letters of the user's wish.
        """
        lower, numbers = answer.lower(), set(map(abs, quantities.in_digits(answer)))
        left: list[tuple[int, str | float]] = [
            (at, name) for name, at in self._asked_names.items() if name not in lower
        ]
        asked = self._asked_numbers.items()
        return sorted(
            left + [(at, n) for n, at in asked if numbers.isdisjoint((n, n / 100, n + 12))], key=itemgetter(0)
        )

    def _says_when(self, value: str) -> bool:
        """Whether a date or a time is said, or both."""
        date, time = _DATE.search(value), _TIME.search(value)
        if not (date or time):
            return False
        if time and not (self._numbers[int(time[1]) % 12 or 12] or _TIMES.search(self._lower)):
            return False
        return date is None or self._says_day(int(date[1]), int(date[2]))

    def _says_day(self, month: int, day: int) -> bool:
        named = {(before or after)[:3] for before, after in _DAY_OF_MONTH.findall(self._lower)}
        months = [at for at, name in enumerate(_MONTHS, start=1) if not named or any(map(name.startswith, named))]
        if month not in months:
            return False
        return bool(self._numbers[day] or _DAYS.search(self._lower))

    def _times(self, words: str) -> int:
        """How often some words are said, the last perhaps with an ending (as of a plural), the first after a number."""
        return _count(words, self._spaced)

    @cached_property
    def _known(self) -> str:
        return f"{self.text}\n{self.calls}"

    @cached_property
    def _is_latin(self) -> bool:
        letters = [letter for letter in self.text if letter.isalpha()]
        return sum(letter > _LATIN for letter in letters) <= 0.1 * len(letters)

    @cached_property
    def _lower(self) -> str:
        return self._known.lower()

    @cached_property
    def _spaced(self) -> str:
        return _spaced(self._known)

    @cached_property
    def _stems(self) -> set[str]:
        return stems(self._known)

    @cached_property
    def _numbers(self) -> Counter[float]:
        return Counter(map(abs, quantities.in_digits(self._known)))

    @cached_property
    def _numbers_in_words(self) -> set[float]:
        return quantities.in_words(self._known)

    @cached_property
    def _wish_places(self) -> dict[str, int]:
        """The stems of the wish → where each is said first."""
        places: dict[str, int] = {}
        for word in _WORD.finditer(self.wish):
            for stem in _stems_in(word[0]):
                places.setdefault(stem, word.start())
        return places

    def _wishes(self, option: str) -> bool:
        if option not in self._wished:
            self._wished[option] = _count(_spaced(option.replace("-", " ")), self._spaced_wish) > 0
        return self._wished[option]

    @cached_property
    def _wished(self) -> dict[str, bool]:
        """What has been asked of `_wishes`: the same options are at every token."""
        return {}

    @cached_property
    def _spaced_wish(self) -> str:
        return _spaced(self.wish.replace("-", " "))

    @cached_property
    def _asked_lists(self) -> list[str]:
        """What stands in brackets in the last request and is JSON, be it with single quotation marks."""
        lists: list[str] = []
        for brackets in _BRACKETS.findall(self.request):
            with contextlib.suppress(ValueError):
                lists.append(json.dumps(json.loads(brackets.replace("'", '"')), ensure_ascii=False))
        return lists

    @cached_property
    def _asked_numbers(self) -> dict[float, int]:
        """The numbers of the last request → where in the wish each stands first."""
        return self._places((float(found[0].replace(",", "")), found) for found in _NUMBER.finditer(self.request))

    @cached_property
    def _asked_names(self) -> dict[str, int]:
        """Its names and quotations, in small letters → the same."""
        each_found = (found for pattern in (_NAME, _QUOTED) for found in pattern.finditer(self.request))
        names = self._places((found[found.lastindex or 0].lower(), found) for found in each_found)
        return {name: at for name, at in names.items() if not _NO_NAME.fullmatch(name)}

    def _places(self, each_found: Iterable[tuple[Said, re.Match[str]]]) -> dict[Said, int]:
        """What is found in the last request → where in the wish it stands first."""
        begin = max(self.wish.rfind(self.request), 0)
        places: dict[Said, int] = {}
        for what, found in each_found:
            places[what] = min(begin + found.start(), places.get(what, MOST))
        return places


def heard_in(messages: Sequence[Message]) -> Hearing:
    """What is heard in a conversation, whoever speaks, tools among them."""
    said = [(message["role"], message["content"]) for message in messages if isinstance(message.get("content"), str)]
    request = next((text for role, text in reversed(said) if role == "user"), "")
    made = [at for at, message in enumerate(messages) if message.get("tool_calls")]
    calls = "\n".join(str(call["function"]["arguments"]) for at in made for call in messages[at]["tool_calls"])
    later = messages[made[-1] :] if made else messages
    wish = "\n".join(m["content"] for m in later if m["role"] == "user" and isinstance(m.get("content"), str))
    return Hearing("\n".join(text for _, text in said)[-MOST:], request[-MOST:], calls[-MOST:], wish[-MOST:])


def _count(words: str, text: str) -> int:
    return len(re.findall(rf"(?<![^\W\d]){re.escape(words)}\w{{0,2}}(?!\w)", text))


def _spaced(text: str) -> str:
    return " ".join(text.replace("_", " ").lower().split())


def snake_case(name: str) -> str:
    """A name in snake_case, be it in camelCase or not."""
    return _NEXT_WORD.sub("_", name).lower()


def stems(text: str) -> set[str]:
    """The first four letters of its words, of names in snake_case and camelCase as well."""
    return set(_stems_in(text))


def _stems_in(text: str) -> Iterator[str]:
    for word in map(str.lower, _WORD.findall(_NEXT_WORD.sub(" ", text))):
        if word not in _EMPTY:
            yield word[:4]


DOING = stems(
    "find search look fetch retrieve calculate compute estimate determine check make create add set send list show "
    "give convert generate analyze update query info data"
)
"""What names of tools say that most requests ask for: to find, to compute, to make."""
