"""Sizes: how large a number is that a parameter stands for, where it names no source: 1 to 8 passengers, not 173."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sftctl.core.tools import Between, Pick
from sftctl.core.types import Json

_NUMBERS: tuple[tuple[str, float, float], ...] = (
    (r"lat(?:itude)?", -60, 65),
    (r"lon(?:gitude)?|lng", -170, 170),
    (r"(?:.* )?year", 1950, 2026),
    (r"month", 1, 12),
    (r"hours?|hour of day", 1, 23),
    (r"minutes?", 5, 55),
    (r"(?:.* )?age", 18, 80),
    (r"(?:.* )?(?:percent|percentage|discount|rate)", 1, 30),
    (r"rating|stars|priority", 1, 5),
    (r"page|offset|page number", 1, 10),
    (r"passengers|guests|people|adults|travell?ers|persons|party size|attendees|seats|group size|players", 1, 8),
    (r"child(?:ren)?|kids|rooms?|bedrooms|pets|level", 1, 4),
    (r"nights|days|weeks", 1, 14),
    (r"quantity|qty|count|copies|items|pieces|servings", 1, 20),
    (r"limit|max results|results|top k|top n|per page|page size|num results", 5, 50),
    (r"(?:.* )?port", 1024, 9999),
    (r"(?:.* )?(?:price|cost|budget|amount|total|bill|fee|balance|salary)", 5, 900),
    (r"(?:.* )?temperature", -10, 35),
    (r"radius|distance(?: km)?", 1, 50),
    (r"(?:.* )?ids?", 1, 9999),
)
_RANGES = tuple((re.compile(rf"(?:^|.* )(?:{pattern})$"), (low, high)) for pattern, low, high in _NUMBERS)
_SAID_RANGE = re.compile(r"(?<![\w.-])(-?\d+(?:\.\d+)?)\s?(?:-|–|to|and|\.\.\.?)\s?(-?\d+(?:\.\d+)?)(?![\w-]|\.\d)")
_SAID_EXAMPLE = re.compile(r"(?:e\.g\.?|for example|such as|example:)[:,]?\s+\$?(\d+(?:\.\d+)?)\b", re.IGNORECASE)
GRID = 100
"""Values at most that a number with a step is drawn from."""


def number_source(schema: Mapping[str, Json], name: str, kind: str, description: str) -> Any:
    """Where the values of a number come from: its schema, its description and its name say how large it is."""
    examples = [n for n in schema.get("examples") or () if isinstance(n, int | float) and not isinstance(n, bool)]
    if len(examples) > 1:
        return Pick(*examples)
    step = schema.get("multipleOf") or (1 if kind == "integer" else 0.01)
    low, high = _within(schema, step, _likely(name, description, examples))
    if schema.get("multipleOf") or high - low <= 1 < (high - low) / step:
        return _grid(low, high, step if schema.get("multipleOf") else 0.05)
    return Between(low, high, 0 if kind == "integer" else 2)


def _likely(name: str, description: str, examples: list[float]) -> tuple[float, float]:
    """Between what a number lies, by all that is said of it."""
    if said := _SAID_RANGE.search(description):
        low, high = float(said[1]), float(said[2])
        if low < high:
            return low, high
    if known := _usual(name):
        return known
    example = examples[0] if examples else next(map(float, _SAID_EXAMPLE.findall(description)), 0)
    return (example / 2, example * 2) if example > 0 else (1, 200)


@lru_cache(maxsize=4096)
def _usual(name: str) -> tuple[float, float] | None:
    return next((span for pattern, span in _RANGES if pattern.match(name)), None)


def _within(schema: Mapping[str, Json], step: float, likely: tuple[float, float]) -> tuple[float, float]:
    """The likely range, as far as the schema allows it; where it does not, the schema's own."""
    floor, ceiling = schema.get("minimum"), schema.get("maximum")
    if (above := schema.get("exclusiveMinimum")) is not None:
        floor = above + step if floor is None else max(floor, above + step)
    if (below := schema.get("exclusiveMaximum")) is not None:
        ceiling = below - step if ceiling is None else min(ceiling, below - step)
    low = likely[0] if floor is None else max(likely[0], floor)
    high = likely[1] if ceiling is None else min(likely[1], ceiling)
    if low < high and (floor is None or ceiling is None or likely != (1, 200)):
        return low, high
    if floor is None:
        return (ceiling - 100, ceiling) if ceiling is not None else likely
    return (floor, floor + 100) if ceiling is None else (floor, ceiling)


def _grid(low: float, high: float, step: float) -> Pick:
    """Numbers at equal steps, the first of them a multiple of the step; the bounds alone where none lies between."""
    first = -(-low // step)
    count = int((high - first * step) / step + 1e-9) + 1
    if count < 1:
        return Pick(low)
    return Pick(*(round((first + n) * step, 10) for n in range(0, count, -(-count // GRID))))
