"""How alike tools are by what they say they do: a request for one may be served by another that is like it.

Compared are the words of names and descriptions, synonyms as one word, each by how rare it is among all tools. It errs
on the side of likeness: two tools that share most of their rare words are taken for alike, whatever they do.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from itertools import chain

from sftctl.core.types import Tool
from sftctl.plugins.toolcall.disguise import SYNONYMS

_EMPTY = frozenset(
    """
    the and for from with its are was that this which their them they not how many much what whether one two given
    between into than per all each some any has have been can could may use used only other another
    """.split()  # noqa: SIM905
)
_FIRST_OF = {word.split("_")[0]: family[0] for family in SYNONYMS for word in family}


class Likeness:
    """Between any two of some tools, by their names: from 0, no word in common, to 1, one says all the other does."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools = tools
        self._near: dict[str, dict[str, float]] = {}

    def near(self, name: str) -> dict[str, float]:
        """The other tools that have a word in common with this one, each with how alike it is."""
        if name not in self._near:
            ours = self._words[name]
            alike = {other: self._alike(ours, words) for other, words in self._words.items() if other != name}
            self._near[name] = {other: share for other, share in alike.items() if share}
        return self._near[name]

    def _alike(self, ours: frozenset[str], theirs: frozenset[str]) -> float:
        common = ours & theirs
        least = min(self._weight(ours), self._weight(theirs))
        return self._weight(common) / least if common and least else 0.0

    def _weight(self, words: frozenset[str]) -> float:
        return sum(self._rarity[word] for word in words)

    @cached_property
    def _words(self) -> dict[str, frozenset[str]]:
        return {tool.name: content_words(f"{tool.name} {tool.description}") for tool in self._tools}

    @cached_property
    def _rarity(self) -> dict[str, float]:
        counts = Counter(chain.from_iterable(self._words.values()))
        return {word: math.log(len(self._words) / count) for word, count in counts.items()}


def content_words(text: str) -> frozenset[str]:
    """The stems of the words that carry the meaning: `Calculates areas` and `compute an area` have the same ones."""
    words = re.findall(r"[a-z]{3,}", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower())
    return frozenset(_stem(_FIRST_OF.get(word, word)) for word in words if word not in _EMPTY)


def _stem(word: str) -> str:
    return re.sub(r"(?<=\w{3})(?:ies|es|s|ing|ed|e|y)$", "", word)
