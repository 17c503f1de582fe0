"""Rules that compare a row with those before it. What they remember is bounded: see `places` and `minhash`."""

from collections.abc import Iterator

from sftctl.core.lint import LintRow, LintRule
from sftctl.plugins.lint.minhash import NearRows
from sftctl.plugins.lint.places import FirstPlaces


class Duplicates:
    def __init__(self) -> None:
        self._rows = FirstPlaces()

    def __call__(self, row: LintRow) -> Iterator[str]:
        if first := self._rows.first(row.fingerprints[1], row.place):
            yield f"the same as {first}"


class Contradictions:
    """The same conversation and tools, another answer; said once for each other answer."""

    def __init__(self) -> None:
        self._asked = FirstPlaces()
        self._rows = FirstPlaces()

    def __call__(self, row: LintRow) -> Iterator[str]:
        if not any(message["role"] == "user" for message in row.example.messages):
            return
        asked, whole = row.fingerprints
        first = self._asked.first(asked, row.place)
        if not self._rows.first(whole, row.place) and first:
            yield f"the same question as {first}, with another answer"


class NearDuplicates:
    def __init__(self) -> None:
        self._near = NearRows()

    def __call__(self, row: LintRow) -> Iterator[str]:
        text = "\n".join(text for number, text in row.texts if not _is_system(row, number))
        if found := self._near.nearest(text, row.fingerprints[1], row.place):
            place, share = found
            yield f"{share:.0%} of its word triples are those of {place}"


def _is_system(row: LintRow, number: int) -> bool:
    return number > 0 and row.example.messages[number - 1]["role"] in ("system", "developer")


RULES = (
    LintRule("duplicate-row", "the same conversation and tools as an earlier row", "warning", Duplicates),
    LintRule("near-duplicate", "80 % of its word triples are those of an earlier row", "warning", NearDuplicates),
    LintRule("contradiction", "the question of an earlier row, with another answer", "warning", Contradictions),
)
