"""How alike tools are by what they say they do: a request for one may be served by another that is like it.

Compared are the words of names and descriptions, synonyms as one word, each by how rare it is among all tools. It errs
on the side of likeness: two tools that share most of their rare words are taken for alike, whatever they do.
"""

import math
import re
from collections.abc import Sequence
from functools import cached_property

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
        self._alike: dict[tuple[str, float], frozenset[str]] = {}

    def alike(self, name: str, least: float) -> frozenset[str]:
        """The other tools that are as like this one as `least`, from above 0 to 1, or more."""
        if (name, least) not in self._alike:
            self._alike[name, least] = frozenset(other for other, like in self.near(name).items() if like >= least)
        return self._alike[name, least]

    def near(self, name: str) -> dict[str, float]:
        """The other tools that have a word in common with this one, each with how alike it is."""
        if name not in self._near:
            common: dict[str, float] = {}
            for word in self._words[name]:
                for other in self._having[word]:
                    common[other] = common.get(other, 0.0) + self._rarity[word]
            del common[name]
            self._near[name] = {
                other: share for other, weight in common.items() if (share := self._share(name, other, weight))
            }
        return self._near[name]

    def _share(self, one: str, other: str, common: float) -> float:
        least = min(self._weights[one], self._weights[other])
        return common / least if least else 0.0

    @cached_property
    def _words(self) -> dict[str, list[str]]:
        """Of each tool, in a fixed order, so that sums come out the same in every process."""
        return {tool.name: sorted(content_words(f"{tool.name} {tool.description}")) for tool in self._tools}

    @cached_property
    def _having(self) -> dict[str, list[str]]:
        having: dict[str, list[str]] = {}
        for name, words in self._words.items():
            for word in words:
                having.setdefault(word, []).append(name)
        return having

    @cached_property
    def _rarity(self) -> dict[str, float]:
        return {word: math.log(len(self._words) / len(names)) for word, names in self._having.items()}

    @cached_property
    def _weights(self) -> dict[str, float]:
        return {name: sum(self._rarity[word] for word in words) for name, words in self._words.items()}


def content_words(text: str) -> frozenset[str]:
    """The stems of the words that carry the meaning: `Calculates areas` and `compute an area` have the same ones."""
    words = re.findall(r"[a-z]{3,}", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower())
    return frozenset(_stem(_FIRST_OF.get(word, word)) for word in words if word not in _EMPTY)


def _stem(word: str) -> str:
    return re.sub(r"(?<=\w{3})(?:ies|es|s|ing|ed|e|y)$", "", word)
