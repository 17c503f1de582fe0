"""Where rows stand, remembered in few bytes: millions of `file:line` are numbers, not texts."""

from mmap import mmap

KEEP = 250_000
"""Rows that exact comparison looks back on at least (twice as many at most); 32 bytes each."""

LINES = 40
"""Bits for the line; those above are for the file."""


class PlaceNumbers:
    """Places as numbers from 1 on: only the part before the line is kept as a text, once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._files: list[str] = []

    def number(self, place: str) -> int:
        file, colon, line = place.rpartition(":")
        plain = colon and line.isascii() and line.isdecimal() and line[0] != "0" and len(line) < 12
        if not plain:  # no line, or spelled so that the number would not give it back
            file, line = place, "0"
        number = self._numbers.setdefault(file, len(self._files) + 1)
        if number > len(self._files):
            self._files.append(file)
        return number << LINES | int(line)

    def place(self, number: int) -> str:
        file, line = self._files[(number >> LINES) - 1], number & (1 << LINES) - 1
        return f"{file}:{line}" if line else file


class FirstPlaces:
    """Where each fingerprint was first seen. When full, the older half is forgotten."""

    def __init__(self) -> None:
        self._numbers = PlaceNumbers()
        self._young, self._old = _Table(KEEP), _Table(0)

    def first(self, fingerprint: int, place: str) -> str:
        """The place where the fingerprint was first seen, or nothing if this is the first."""
        known = self._young.get(fingerprint) or self._old.get(fingerprint)
        if known:
            return self._numbers.place(known)
        if self._young.is_full:
            self._old, self._young = self._young, _Table(KEEP)
        self._young.put(fingerprint, self._numbers.number(place))
        return ""


class _Table:
    """Up to `room` fingerprints (64 bits), each with a number above 0: 32 bytes for one, where a dict takes 130."""

    def __init__(self, room: int) -> None:
        self._room, self._slots = room, 2 * room + 1
        # zeros that take no memory until they are written over
        self._fingerprints, self._values = (memoryview(mmap(-1, 8 * self._slots)).cast("Q") for _ in range(2))

    @property
    def is_full(self) -> bool:
        return not self._room

    def get(self, fingerprint: int) -> int:
        """Its number, 0 if it is not there."""
        return self._values[self._slot(fingerprint)]

    def put(self, fingerprint: int, value: int) -> None:
        slot = self._slot(fingerprint)
        self._fingerprints[slot], self._values[slot] = fingerprint, value
        self._room -= 1

    def _slot(self, fingerprint: int) -> int:
        """Where it is, or is to be: the next free slot from where it belongs."""
        slot = fingerprint % self._slots
        while self._values[slot] and self._fingerprints[slot] != fingerprint:
            slot = (slot + 1) % self._slots
        return slot
