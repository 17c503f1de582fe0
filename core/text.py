"""Small matters of text: marks in what comes piece by piece, and how many there are of a thing."""

from collections.abc import Sequence


def longest_overlap(text: str, marks: Sequence[str]) -> int:
    """How many characters at the end of `text` may be the beginning of a mark."""
    longest = min(len(text), max(map(len, marks), default=0))
    return next((size for size in range(longest, 0, -1) if any(mark.startswith(text[-size:]) for mark in marks)), 0)


def counted(number: int, one: str, many: str = "") -> str:
    """So many of a thing: `1 row`, `2 rows`; `many` where it is not the thing with an s."""
    return f"{number} {one if number == 1 else many or one + 's'}"
