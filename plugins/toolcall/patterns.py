"""Texts that a regular expression matches, for parameters whose schema asks for a pattern."""

import random
import re
from collections.abc import Callable, Mapping
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

_ALNUM = ascii_lowercase + ascii_uppercase + digits
_CATEGORIES = {
    op.CATEGORY_DIGIT: digits,
    op.CATEGORY_WORD: _ALNUM + "_",
    op.CATEGORY_SPACE: " ",
    op.CATEGORY_NOT_DIGIT: ascii_lowercase + ascii_uppercase,
    op.CATEGORY_NOT_WORD: "-. ",
    op.CATEGORY_NOT_SPACE: _ALNUM,
}
MORE = 5
"""Repetitions at most beyond the least, where a pattern sets no end."""


def text_for(pattern: str, rng: random.Random) -> str:
    """A text that the pattern matches whole; nothing where none is found, as may be with look-arounds."""
    try:
        parsed = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return ""
    for _ in range(5):
        text = _sequence(parsed, rng, {})
        if text and re.search(pattern, text):
            return text
    return ""


def _sequence(parts: Any, rng: random.Random, groups: dict[int, str]) -> str:
    return "".join(_PARTS[kind](given, rng, groups) for kind, given in parts if kind in _PARTS)


def _repeated(given: Any, rng: random.Random, groups: dict[int, str]) -> str:
    low, high, parts = given
    times = rng.randint(low, min(int(high), low + MORE))
    return "".join(_sequence(parts, rng, groups) for _ in range(times))


def _group(given: Any, rng: random.Random, groups: dict[int, str]) -> str:
    text = _sequence(given[-1], rng, groups)
    groups[given[0]] = text
    return text


def _one_of(given: Any, rng: random.Random, groups: dict[int, str]) -> str:
    is_negated = given[0][0] is op.NEGATE
    named = "".join(_named(kind, what) for kind, what in given)
    options = "".join(sorted(set(_ALNUM) - set(named))) if is_negated else named
    return rng.choice(options) if options else ""


def _named(kind: Any, what: Any) -> str:
    """The characters that an entry of `[…]` names."""
    if kind is op.LITERAL:
        return chr(what)
    if kind is op.RANGE:
        return "".join(map(chr, range(what[0], min(what[1], what[0] + 255) + 1)))
    return _CATEGORIES.get(what, "") if kind is op.CATEGORY else ""


_PARTS: Mapping[Any, Callable[[Any, random.Random, dict[int, str]], str]] = {
    op.LITERAL: lambda given, rng, groups: chr(given),
    op.NOT_LITERAL: lambda given, rng, groups: rng.choice(_ALNUM.replace(chr(given), "")),
    op.ANY: lambda given, rng, groups: rng.choice(_ALNUM),
    op.IN: _one_of,
    op.BRANCH: lambda given, rng, groups: _sequence(rng.choice(given[1]), rng, groups),
    op.SUBPATTERN: _group,
    op.ATOMIC_GROUP: lambda given, rng, groups: _sequence(given, rng, groups),
    op.GROUPREF: lambda given, rng, groups: groups.get(given, ""),
    op.MAX_REPEAT: _repeated,
    op.MIN_REPEAT: _repeated,
    op.POSSESSIVE_REPEAT: _repeated,
}
"""What matches nothing, as `^` does, is none of these."""
