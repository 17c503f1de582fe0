"""Near-duplicates by MinHash: which earlier row shares most of this row's word triples.

The smallest of the triples' hashes, under each of 60 hash functions, is a signature; two signatures agree in about
the share that the two sets of triples have in common (Jaccard; standard error 5 % at 80 %). Rows that agree in one
of 12 bands of 5 are compared (at 80 %, 99 of 100 do). Memory is bounded: see `ROWS`.
"""

import re
import zlib
from typing import Any

from sftctl.plugins.lint.places import PlaceNumbers

HASHES, BANDS = 60, 12
ROWS = 1 << 18
"""Rows that are remembered; older ones are written over."""
SLOTS = 1 << 19
"""Places of each band's table; of two rows that fall into one, the newer stays."""
LEAST = 0.8

_WORD = re.compile(r"\w+")


class WordHashes(dict[str, int]):
    """A 32-bit hash of each word, the same in every process; remembers the first 200,000."""

    def __missing__(self, word: str) -> int:
        value = zlib.crc32(word.encode(errors="surrogatepass"))
        if len(self) < 200_000:
            self[word] = value
        return value


class NearRows:
    """The signatures of the rows so far."""

    def __init__(self) -> None:
        import numpy as np

        self._hashes = WordHashes()
        random = np.random.default_rng(20)
        self._factors = random.integers(0, 1 << 31, (HASHES, 1), dtype=np.uint32) * np.uint32(2) + np.uint32(1)
        self._terms = random.integers(0, 1 << 32, (HASHES, 1), dtype=np.uint32)
        self._mixers = random.integers(0, 1 << 31, HASHES // BANDS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
        self._bands = np.arange(BANDS)
        # zeros take no memory until they are written
        self._table = np.zeros((BANDS, SLOTS), dtype=np.uint32)
        self._signatures = np.zeros((ROWS, HASHES), dtype=np.uint8)
        self._fingerprints = np.zeros(ROWS, dtype=np.uint64)
        self._numbers = PlaceNumbers()
        self._places = np.zeros(ROWS, dtype=np.uint64)
        self._count = 0

    def nearest(self, text: str, fingerprint: int, place: str) -> tuple[str, float] | None:
        """Place and similarity (0 to 1) of the most similar earlier row, if near enough and not the very same.

        The row itself is remembered.
        """
        words = list(map(self._hashes.__getitem__, _WORD.findall(text.lower())))
        if not words:
            return None
        signature = self._signature(self._triples(words))
        slots = self._slots(signature)
        small = signature.astype("uint8")
        found = self._best(self._table[self._bands, slots], small, fingerprint)
        self._remember(slots, small, fingerprint, place)
        return found

    def _triples(self, words: list[int]) -> Any:
        """A hash (uint32) of each three words in a row; a shorter text is one triple."""
        import numpy as np

        line = np.array(words if len(words) >= 3 else [*words, 0, 0][:3], dtype=np.uint32)
        hashes = line[:-2] * self._mixers[0]
        hashes += line[1:-1] * self._mixers[1]
        hashes ^= hashes >> 15  # else the order of words would hardly count
        hashes += line[2:]
        return hashes

    def _signature(self, triples: Any) -> Any:
        hashes = triples * self._factors
        hashes += self._terms
        return hashes.min(axis=1)

    def _slots(self, signature: Any) -> Any:
        mixed = signature.reshape(BANDS, -1) @ self._mixers
        return (mixed ^ (mixed >> 16)) % SLOTS

    def _best(self, numbers: Any, signature: Any, fingerprint: int) -> tuple[str, float] | None:
        """`numbers` are those of the rows that agree in a band, counted from 1; 0 is none."""
        numbers = {number for number in numbers.tolist() if number and number > self._count - ROWS}
        if not numbers:
            return None
        rows = [(number - 1) % ROWS for number in sorted(numbers)]
        if (self._fingerprints[rows] == fingerprint).any():
            return None
        shares = (self._signatures[rows] == signature).sum(axis=1).tolist()
        share, row = max(zip(shares, rows, strict=True))
        return (self._numbers.place(int(self._places[row])), share / HASHES) if share >= LEAST * HASHES else None

    def _remember(self, slots: Any, signature: Any, fingerprint: int, place: str) -> None:
        row = self._count % ROWS
        self._count += 1
        self._table[self._bands, slots] = self._count
        self._signatures[row] = signature
        self._fingerprints[row] = fingerprint
        self._places[row] = self._numbers.number(place)
