"""When two tool calls say the same: a fair comparison of arguments, and of facts in a final answer.

Every value has a normal form, and two values are equal when their normal forms are:

- 5 and 5.0 are equal; true and 1 are not, nor are "5" and 5. Numbers that are not whole are compared to nine digits.
- Strings are equal up to case, runs of white space, quotes around them and a sentence's punctuation at the
  end ("Paris." is "paris"). Where the schema lists the allowed strings (enum, const), they must be exact.
- Lists are equal item by item, in order; in any order where the schema makes them sets (uniqueItems). Objects are key
  by key.
- An optional argument (or key of an object) given with its default equals leaving it out, whether the schema has that
  as `default` or says it in words alone ("Default is 5.").
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sftctl.core.types import Json

Arguments = Mapping[str, Json]
Normal = tuple[object, ...]
"""A hashable normal form, its kind in front."""

QUOTES = "\"'`“”‘’«»"
ENDS = QUOTES + " .,;:!?"
DIGITS = 9
"""Of a number that is not whole: 0.1 + 0.2 is 0.3."""
IN_WORDS = re.compile(r"\bdefault(?:s| value)?(?: is| to|:) (.+?)\.?\)?$", re.IGNORECASE)
"""The default that a description ends with."""
NOTHING = object()


def normal(value: Json, schema: Mapping[str, Json]) -> Normal:
    """The normal form of a JSON value that should fit `schema`."""
    if isinstance(value, bool) or value is None:
        return (kind_of(value), value)
    if isinstance(value, int | float):
        return ("number", _number(value))
    if isinstance(value, str):
        exact = "enum" in schema or "const" in schema
        return ("string", value if exact else normal_text(value))
    if isinstance(value, list):
        of = schema.get("items")
        items = [normal(item, of if isinstance(of, dict) else {}) for item in value]
        return ("set", frozenset(Counter(items).items())) if schema.get("uniqueItems") else ("array", *items)
    given = said(value, schema)
    fields = schema.get("properties", {})
    return ("object", frozenset((key, normal(item, fields.get(key, {}))) for key, item in given.items()))


def _number(value: float) -> float:
    """Python's 5 and 5.0 are equal and hash alike; a whole number may be an id, of which every digit counts."""
    return value if isinstance(value, int) or value.is_integer() else float(f"{value:.{DIGITS}g}")


def normal_text(text: str) -> str:
    """Case, white space, outer quotes and final punctuation taken away, unless nothing else is there."""
    words = " ".join(text.casefold().split())
    return words.lstrip(QUOTES).rstrip(ENDS).strip() or words


def said(arguments: Arguments, schema: Mapping[str, Json]) -> dict[str, Json]:
    """The arguments without optional ones that have their default value."""
    fields, required = schema.get("properties", {}), schema.get("required", ())

    def is_default(key: str, value: Json) -> bool:
        field = fields.get(key, {})
        default = NOTHING if key in required else default_of(field)
        return default is not NOTHING and normal(value, field) == normal(default, field)

    return {key: value for key, value in arguments.items() if not is_default(key, value)}


def default_of(field: Mapping[str, Json]) -> Json:
    """The default that a schema has, or tells in its description; NOTHING where there is none."""
    if "default" in field:
        return field["default"]
    told = IN_WORDS.search(str(field.get("description") or ""))
    if told is None:
        return NOTHING
    text = told[1].strip(QUOTES)
    if field.get("type") == "string":
        return text
    try:
        return json.loads(text.lower())  # Python's True is JSON's true
    except ValueError:
        return NOTHING


def kind_of(value: Json) -> str:
    """JSON's name of a value's type; integers and floats are both numbers."""
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


# ---------------------------------------------------------------- facts


class Fact(NamedTuple):
    """Something that a tool result says: a number, or a text in any of some spellings."""

    number: float | None = None
    spellings: tuple[str, ...] = ()


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
        return any(_has_words(text, spelling) for spelling in fact.spellings)
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
    for match in NUMBER.findall(text):
        plain = match.replace(",", "")
        yield float(plain), len(plain.partition(".")[2])


def _has_words(text: str, words: str) -> bool:
    flat = " ".join(text.casefold().split())
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", flat) is not None


def _facts(result: str) -> Iterator[Fact]:
    """Every number, text and truth value in a tool result, which is JSON or plain text."""
    try:
        yield from _leaves(json.loads(result))
    except ValueError:
        yield from _leaves(result)


def _leaves(value: Json) -> Iterator[Fact]:
    if isinstance(value, bool):
        yield Fact(spellings=("true", "yes") if value else ("false", "no"))
    elif isinstance(value, int | float):
        yield Fact(number=float(value))
    elif isinstance(value, str):
        if len(text := normal_text(value)) > 1:
            yield Fact(spellings=(text,))
        yield from (Fact(number=number) for number, _ in _numbers(value))
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
