"""When two tool calls say the same: a fair comparison of arguments, and of facts in a final answer.

Every value has a normal form, and two values are equal when their normal forms are:

- 5 and 5.0 are equal; true and 1 are not, nor are "5" and 5. Numbers that are not whole are compared to nine digits,
  and to the first decimal at least.
- Strings are equal up to case, runs of white space, quotes around them, a sentence's punctuation at the end ("Paris."
  is "paris") and the spelling of characters (Unicode's NFKC, curly apostrophes). Where the schema lists the allowed
  strings (enum, const), they must be exact.
- Lists are equal item by item, in order; in any order where the schema makes them sets (uniqueItems). Objects are key
  by key.
- An optional argument (or key of an object) given with its default equals leaving it out, whether the schema has that
  as `default` or says it in words alone ("Default is 5."); so does null, where it may be null and there is no default.

The schema is read as `shapes` does: references are followed, and of alternatives the one counts that the value fits.
"""

import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from sftctl.core.types import Json
from sftctl.plugins.toolcall.shapes import Schema, Shape, kind_of, shape_of

Arguments = Mapping[str, Json]
Normal = tuple[object, ...]
"""A hashable normal form, its kind in front."""

QUOTES = "\"'`“”‘’«»"
ENDS = QUOTES + " .,;:!?"
PLAIN = str.maketrans("‘’−", "''-")
"""Characters that people write for one another, and Unicode tells apart: apostrophes, and the minus sign."""
DIGITS = 9
"""Of a number that is not whole: 0.1 + 0.2 is 0.3."""
IN_WORDS = (
    re.compile(r"\bdefault(?:s| value)?(?: is| to|:| ?=) ?(?=(.+))", re.IGNORECASE | re.DOTALL),
    re.compile(r"(?:^|[.,;(] ?|\bby )default (?=(.+))", re.IGNORECASE | re.DOTALL),
)
"""The default that a description tells, with what follows it: `Default is 5. …`, `(default 5) …`."""
ENDINGS = (re.compile(r"\.?\)?$"), re.compile(r"[.;,](?=\s|$)|\)|\n|\s(?:if|when|unless)\b"))
"""Where a default in words may end: with the description, or before what is said further."""


def normal(value: Json, schema: Json, root: Schema | None = None) -> Normal:
    """The normal form of a JSON value that should fit `schema`, a part of `root`."""
    if isinstance(value, bool) or value is None:
        return (kind_of(value), value)
    if isinstance(value, int | float):
        return ("number", _number(value))
    shape = shape_of(value, schema, root)
    if isinstance(value, str):
        is_listed = "enum" in shape.said or "const" in shape.said
        return ("listed", value) if is_listed else ("string", normal_text(value))
    if isinstance(value, list):
        items = [normal(item, shape.said.get("items"), shape.root) for item in value]
        return ("set", frozenset(Counter(items).items())) if shape.said.get("uniqueItems") else ("array", *items)
    given = _said(value, shape)
    return ("object", frozenset((key, normal(item, shape.field(key), shape.root)) for key, item in given.items()))


def _number(value: float) -> float:
    """Python's 5 and 5.0 are equal and hash alike; a whole number may be an id, of which every digit counts."""
    if isinstance(value, int) or value.is_integer() or not math.isfinite(value):
        return value
    return float(f"{value:.{max(DIGITS, len(str(abs(int(value)))) + 1)}g}")


def normal_text(text: str) -> str:
    """Case, white space, outer quotes and final punctuation taken away, unless nothing else is there."""
    words = flat(text)
    return words.lstrip(QUOTES).rstrip(ENDS).strip() or words


def flat(text: str) -> str:
    """In lower case and plain characters, with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().translate(PLAIN).split())


def said(arguments: Arguments, schema: Schema) -> dict[str, Json]:
    """The arguments without optional ones that have their default value."""
    return _said(arguments, shape_of(arguments, schema))


def _said(arguments: Arguments, shape: Shape) -> dict[str, Json]:
    def is_default(key: str, value: Json) -> bool:
        schema = shape.field(key)
        known = () if key in shape.required else defaults_of(shape_of(value, schema, shape.root))
        own = normal(value, schema, shape.root)
        return any(own == normal(default, schema, shape.root) for default in known)

    return {key: value for key, value in arguments.items() if not is_default(key, value)}


def defaults_of(shape: Shape) -> list[Json]:
    """The default that a schema has, or what its description may tell as one, else null where that may be given."""
    if "default" in shape.said:
        return [shape.said["default"]]
    told = list(_in_words(str(shape.said.get("description") or "")))
    if not told:
        return [None] if "null" in shape.types else []
    return [value for value in told if not shape.types or kind_of(value) in shape.types]


def _in_words(description: str) -> Iterator[Json]:
    """Whatever a description may tell as the default: each wording as a text, and as the value that it spells."""
    rests = [match[1] for pattern in IN_WORDS for match in pattern.finditer(description)]
    for text in (ending.split(rest, maxsplit=1)[0].strip(QUOTES) for rest in rests for ending in ENDINGS):
        yield text
        with suppress(ValueError):
            yield json.loads({"none": "null"}.get(text.lower(), text.lower()))  # as Python spells it, too


# ---------------------------------------------------------------- facts


class Fact(NamedTuple):
    """Something that a tool result says: a number, or a text in any of some spellings."""

    number: float | None = None
    spellings: tuple[str, ...] = ()


YES, NO = ("true", "yes"), ("false", "no")
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?")


def missing_facts(answer: str, expected: str, results: Sequence[str], request: str) -> list[Fact]:
    """What the expected answer tells of the tool results, and `answer` does not.

    Numbers may be rounded as the expected answer rounds them, and written with thousands separators. What
    the user said in the request need not be repeated, unless the expected answer tells nothing new.
    """
    told = [fact for result in results for fact in _facts(result) if fact_in(fact, expected, expected)]
    news = [fact for fact in told if not fact_in(fact, request, expected)]
    return [fact for fact in news or told if not fact_in(fact, answer, expected)]


def fact_in(fact: Fact, text: str, expected: str) -> bool:
    """Whether `text` states the fact, a number at least as precisely as `expected` states it."""
    if fact.number is None:
        spoken = any(_has_words(text, spelling) for spelling in fact.spellings)
        return spoken or (fact.spellings in (YES, NO) and _goes_without(fact.spellings, text, expected))
    exact = fact.number
    wanted = [(number, places) for number, places in _numbers(expected) if _rounds(exact, number, places)]
    return any(
        number == want or (places >= at_least and _rounds(exact, number, places))
        for number, places in _numbers(text)
        for want, at_least in wanted
    )


def _rounds(exact: float, stated: float, places: int) -> bool:
    """Whether `stated` is `exact` rounded to so many decimal places, and not rounded away altogether."""
    error = abs(exact - stated)
    return error == 0 or (error <= 0.500001 * 10**-places and error <= 0.05 * abs(exact))


def _numbers(text: str) -> Iterator[tuple[float, int]]:
    """Every number of a text, with how many decimal places it is written with."""
    for match in NUMBER.findall(text.translate(PLAIN)):
        plain = match.replace(",", "")
        yield float(plain), len(plain.partition(".")[2])


def _has_words(text: str, words: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", flat(text)) is not None


def _goes_without(words: Sequence[str], text: str, expected: str) -> bool:
    """Whether a text begins as the expected answer goes on after its yes or no: "It is open" of "Yes, it is open"."""
    opening = re.match(rf"(?:{'|'.join(words)})\W+(?=\w)", flat(expected))
    rest = normal_text(flat(expected)[opening.end() :]) if opening else ""
    return bool(rest) and re.match(rf"{re.escape(rest)}(?!\w)", flat(text)) is not None


def _facts(result: str) -> Iterator[Fact]:
    """Every number, text and truth value in a tool result, which is JSON or plain text."""
    try:
        yield from _leaves(json.loads(result))
    except ValueError:
        yield from _leaves(result)


def _leaves(value: Json) -> Iterator[Fact]:
    if isinstance(value, bool):
        yield Fact(spellings=YES if value else NO)
    elif isinstance(value, int | float):
        yield Fact(number=float(value))
    elif isinstance(value, str):
        if len(text := normal_text(value)) > 1:
            yield Fact(spellings=(text,))
        yield from (Fact(number=number) for number, _ in _numbers(value))
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
