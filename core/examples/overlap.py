"""How much of the training data occurs elsewhere: proof that no benchmark was learned by heart."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sftctl.core.datasets import BadRow
from sftctl.core.examples.contents import called_names, plain_name, requests_of, shown_functions, words_of
from sftctl.core.types import Example, Json, ReferenceItem

WORDS = 8
"""So many words in a row in common are more than chance, and fewer than a copied question has."""
WORST = 10
"""Requests that the report quotes."""


class Shared(NamedTuple):
    """A request that occurs elsewhere, and where most of it does."""

    grams: int
    """How many n-grams of the request occur anywhere there."""
    request: str
    place: str


class Overlap:
    """Training examples compared with one other set: first it is told of that (`know`), then of them (`add`).

    It remembers the other set's n-grams and names; of the examples only numbers, names and the worst requests. A
    text of fewer than `n` words is one n-gram of its own: it counts if the two texts are the same.
    """

    unknown = ""
    """Why there is nothing to compare with, if so."""

    def __init__(self, name: str, n: int = WORDS) -> None:
        self._name, self._n = name, n
        self._places: list[str] = []
        self._where: dict[str, int] = {}
        """N-gram → the first place where it occurs."""
        self._known: set[str] = set()
        self._texts = self._unreadable = self._requests = self._overlapping = 0
        self._worst: list[Shared] = []
        self._functions: set[str] = set()

    def know(self, items: Iterable[ReferenceItem]) -> None:
        """What the examples are compared with."""
        for item in items:
            self._known.update(map(plain_name, item.functions))
            self._places.append(item.place)
            for text in item.texts:
                self._texts += 1
                for gram in grams(text, self._n):
                    self._where.setdefault(gram, len(self._places) - 1)

    def refuse(self, row: BadRow) -> None:
        """A row of the other set that cannot be read, and so not be compared with."""
        self._unreadable += 1

    def add(self, example: Example) -> None:
        """Compare an example of the training data."""
        self._functions.update(function["name"] for function in shown_functions(example.tools))
        self._functions.update(called_names(example))
        for request in requests_of(example):
            self._requests += 1
            if shared := self._shared(request):
                self._overlapping += 1
                self._worst = sorted({*self._worst, shared}, key=lambda s: (-s.grams, s.request))[:WORST]

    def _shared(self, request: str) -> Shared | None:
        places = Counter(self._where[gram] for gram in grams(request, self._n) if gram in self._where)
        if not places:
            return None
        place = min(places, key=lambda place: (-places[place], place))
        return Shared(places.total(), request, self._places[place])

    def report(self) -> dict[str, Json]:
        """What was compared with what, and what they share; or why nothing was."""
        if self.unknown:
            return {"reference": self._name, "unknown": self.unknown}
        return {
            "reference": self._name,
            "n": self._n,
            "texts": self._texts,
            "unreadable_rows": self._unreadable,
            "requests": self._requests,
            "overlapping": self._overlapping,
            "overlapping_share": self._overlapping / self._requests if self._requests else 0.0,
            "worst": [shared._asdict() for shared in self._worst],
            "functions": len(self._functions),
            "shared_functions": sorted(name for name in self._functions if plain_name(name) in self._known),
        }


def items_of(examples: Iterable[tuple[str, Example]]) -> Iterator[ReferenceItem]:
    """What examples, each with its place, are as a set to compare with."""
    for place, example in examples:
        names = [*called_names(example), *(function["name"] for function in shown_functions(example.tools))]
        yield ReferenceItem(place, tuple(requests_of(example)), tuple(dict.fromkeys(names)))


def grams(text: str, n: int) -> set[str]:
    """The runs of `n` words of a text; the whole text if it is shorter."""
    words = words_of(text)
    return {" ".join(words[start : start + n]) for start in range(max(1, len(words) - n + 1))} - {""}
