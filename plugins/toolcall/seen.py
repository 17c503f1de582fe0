"""Which requests were made before, in memory of a fixed size: a Bloom filter."""

import struct
from hashlib import blake2b

LEAST = 4 << 20
"""Bytes; enough for a million requests, so that fewer take no less and give the same examples."""
EACH = 4
"""Bytes for each request beyond those. With them a new request is taken for an old one 1 time in 5,000 at the end."""
_PLACES = struct.Struct("<4Q")


class SeenRequests:
    """The requests so far. It never takes an old one for new; the reverse is rare, and costs another try."""

    def __init__(self, expected: int) -> None:
        self._bits = bytearray(max(LEAST, EACH * expected))

    def add(self, request: str) -> bool:
        """Remember a request; whether it is surely new. The same in every process."""
        digest = blake2b(request.encode(errors="surrogatepass"), digest_size=_PLACES.size).digest()
        new = False
        for place in _PLACES.unpack(digest):
            byte, bit = place // 8 % len(self._bits), 1 << place % 8
            if not self._bits[byte] & bit:
                self._bits[byte] |= bit
                new = True
        return new
