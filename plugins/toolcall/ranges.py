"""Parameters that are both ends of a range, told by their names."""

import re
from functools import lru_cache

LONGEST_RANGE = 92
"""Days from one end of a range to the other: nobody books a room from March to the spring after next."""
SHORT_RANGE = 14
"""Days that most ranges last at most."""

_RANGES = (
    ("start", "end"), ("begin", "end"), ("first", "last"), ("from", "to"), ("since", "until"),
    ("check_in", "check_out"), ("checkin", "checkout"), ("pickup", "dropoff"), ("pickup", "return"),
    ("pick_up", "drop_off"),
    ("departure", "return"), ("depart", "return"), ("outbound", "inbound"), ("outbound", "return"), ("issue", "due"),
    ("from", "until"), ("from", "till"), ("opening", "closing"),
    ("min", "max"), ("low", "high"), ("lower", "upper"), ("after", "before"),
)  # fmt: skip


_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


@lru_cache(maxsize=65_536)
def is_range(low: str, high: str) -> bool:
    """Whether two parameters are both ends of a range: `start_date`, `end_date`; `checkIn`, `checkOut`."""
    low, high = (f"_{_HUMP.sub('_', name).lower()}_" for name in (low, high))
    return low != high and any(low.replace(f"_{a}_", f"_{b}_") == high for a, b in _RANGES)


@lru_cache(maxsize=4096)
def ranges_among(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """All pairs of the names that are both ends of a range."""
    return tuple((low, high) for low in names for high in names if is_range(low, high))
