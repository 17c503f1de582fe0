"""Small matters of text: marks in what comes piece by piece, numbers of things, long lists of names."""

from collections.abc import Sequence


def longest_overlap(text: str, marks: Sequence[str]) -> int:
    """How many characters at the end of `text` may be the beginning of a mark."""
    longest = min(len(text), max(map(len, marks), default=0))
    return next((size for size in range(longest, 0, -1) if any(mark.startswith(text[-size:]) for mark in marks)), 0)


def counted(number: int, one: str, many: str = "") -> str:
    """So many of a thing: `1 row`, `2 rows`; `many` where it is not the thing with an s."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(names: Sequence[str], most: int) -> str:
    """The first names of many, and how many are left out: `a, b and 3 more`."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
