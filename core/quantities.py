"""Quantities in words: `twelve`, `half a dozen`, `a quarter`, `an hour and a half`; and in digits.

One table for both directions: what synthesis says for a number (`ways`), and what is heard in a text (`heard`).
"""

import re
from collections.abc import Iterator

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_TEENS = "seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"


_FREQUENCIES = {
    "daily": 365, "every day": 365, "weekly": 52, "every week": 52, "once a week": 52, "biweekly": 26,
    "every two weeks": 26, "monthly": 12, "every month": 12, "once a month": 12, "quarterly": 4, "every quarter": 4,
    "semiannually": 2, "twice a year": 2, "every six months": 2, "annually": 1, "yearly": 1, "once a year": 1,
}  # fmt: skip
"""How often something happens → times a year."""
_LONG = {
    "fortnight": {2.0, 14.0}, "decade": {10.0}, "half a decade": {5.0}, "two decades": {20.0}, "three decades": {30.0},
    "century": {100.0},
}  # fmt: skip
"""What lasts how many weeks or days, or years."""
_IMPLIED = {
    "from rest": 0, "from a standstill": 0, "is dropped": 0, "is let go": 0, "fair coin": 0.5, "fair coins": 0.5,
    "doubles": 2, "doubled": 2, "twice": 2, "triples": 3, "tripled": 3, "quadruples": 4, "quadrupled": 4, "tenfold": 10,
}  # fmt: skip
"""What goes without a number → the number that it means: a speed, a probability, a factor."""


def _table() -> dict[int, str]:
    words = dict(enumerate(f"{_UNITS} {_TEENS}".split(" ")))
    for ten, word in enumerate(_TENS.split(" "), start=2):
        words |= {ten * 10 + unit: f"{word}-{words[unit]}" if unit else word for unit in range(10)}
    return words | {100: "a hundred"}


WORDS = _table()
"""Every whole number up to a hundred, as it is said."""
SHARE = re.compile(r"(^|_)(rate|ratio|share|percent|prob(ability)?|discount|interest|yield|return|margin|growth)(_|$)")
"""What the names of arguments say that are parts of a whole."""
FRACTIONS = {"a quarter": 0.25, "half": 0.5, "three quarters": 0.75}
_LARGER = {
    "second": ("minute", 60),
    "minute": ("hour", 60),
    "hour": ("day", 24),
    "day": ("week", 7),
    "month": ("year", 12),
}
"""Unit of time → the next larger one, and how many of the smaller it has."""


SCALES = {
    "thousand": 10**3, "k": 10**3, "K": 10**3, "million": 10**6, "M": 10**6, "billion": 10**9, "bn": 10**9, "B": 10**9,
}  # fmt: skip
"""What is said after a number → what it is multiplied by."""
_SCALED = re.compile(r"(?<![\w.,])(\d{1,3}(?:\.\d+)?)(?: (thousand|million|billion)|(k|K|M|bn|B))\b")


def in_scale(number: int) -> list[str]:
    """`2 million`, `2M`, `15k` for a round number; nothing for one that is not."""
    said = []
    for words, scale in SCALES.items():
        short = number / scale
        if 1 <= short < 1000 and len(f"{short:g}") <= 4 and round(short * scale) == number and short == round(short, 2):
            said.append(f"{short:g} {words}" if len(words) > 2 else f"{short:g}{words}")
    return said


def ways(number: int, noun: str, after: bool) -> list[str]:
    """Other words for `number noun`, both in digits; of the noun alone where it is empty.

    `after` a determiner (`the next 7 days`) only those without an article are right.
    """
    said = [f"{WORDS[number]} {noun}".rstrip()] if 2 <= number < 100 else []
    if _is_plural(noun):
        said += _by_the_dozen(number, noun, after)
    if noun.removesuffix("s") in _LARGER:
        larger, factor = _LARGER[noun.removesuffix("s")]
        said += [words for words, count in _spans(larger) if count * factor == number and not (after and count < 2)]
    return said


def fraction_of(percent: int) -> str:
    """A percentage as a fraction, where that is exact; or nothing."""
    return next((words for words, part in FRACTIONS.items() if part * 100 == percent), "")


def in_digits(text: str) -> Iterator[float]:
    """Every number that the text has in digits, as often as it has it; `8%` is 8, and 0.08 as well."""
    for found in _DIGITS.finditer(text):
        number = float(found[0].replace(",", ""))
        yield number
        if _PERCENT.match(text, found.end()):
            yield round(number / 100, 10)


def in_words(text: str) -> set[float]:
    """Every number that the text does not have in digits alone: in words, in smaller units, in thousands and more."""
    return heard(text) | in_smaller_units(text) | scaled(text)


def heard(text: str) -> set[float]:
    """Every number that the text speaks in words.

    `Half an hour` is 30, `half` is 0.5 and, as a percentage, 50; `eight percent` is 8, and 0.08 as well.
    """
    text = text.casefold()
    numbers: set[float] = set()
    for found in _QUANTITY.finditer(text):
        said = _NUMBERS[re.sub(r"[\s-]+", " ", found[0])]
        numbers |= said
        if _PERCENT.match(text, found.end()):
            numbers |= {round(number / 100, 10) for number in said}
    return numbers


def scaled(text: str) -> set[float]:
    """Numbers in thousands, millions and billions: `2.5 million`, `$15k`."""
    return {round(float(found[1]) * SCALES[found[2] or found[3]], 6) for found in _SCALED.finditer(text)}


def in_smaller_units(text: str) -> set[float]:
    """Spans of time in the next smaller unit: `an hour` is 60, `2 weeks` are 14; `the next week` is 7, or 1."""
    numbers: set[float] = set()
    for found in _SPAN.finditer(text.casefold()):
        count = _COUNTS.get(found["count"]) or float(found["count"])
        numbers |= {count * _FACTORS[found["unit"]]} if found["unit"] in _FACTORS else set()
        numbers |= {1.0} if found["count"] in _ONE else set()
    return numbers


# ---------------------------------------------------------------- inside

_NO_PLURALS = {"is", "as", "its", "this", "has", "was", "plus", "minus", "times", "versus", "across", "yes", "us", "vs"}


def _is_plural(noun: str) -> bool:
    return len(noun) > 3 and noun.endswith("s") and not noun.endswith("ss") and noun not in _NO_PLURALS


def _by_the_dozen(number: int, noun: str, after: bool) -> list[str]:
    said = {6: "half a dozen", 12: "a dozen", 2: "a couple of"} if not after else {}
    said |= {24: "two dozen", 36: "three dozen", 48: "four dozen"}
    return [f"{said[number]} {noun}"] if number in said else []


def _spans(unit: str) -> Iterator[tuple[str, float]]:
    """Spans of time up to twelve units, each with its length."""
    a = "an" if unit == "hour" else "a"
    yield from ((f"half {a} {unit}", 0.5), (f"a quarter of {a} {unit}", 0.25))
    yield from ((f"three quarters of {a} {unit}", 0.75), (f"{a} {unit}", 1), (f"{a} {unit} and a half", 1.5))
    yield from ((f"{WORDS[count]} {unit}s", count) for count in range(2, 13))


def _known() -> dict[str, set[float]]:
    """What is said → the numbers that it can stand for. Whole spans (`an hour`) speak of their unit alone."""
    known: dict[str, set[float]] = {
        word.replace("-", " "): {float(number)} for number, word in WORDS.items() if number != 1
    }
    known |= {"one hundred": {100.0}, "dozen": {12.0}, "half a dozen": {6.0}, "couple": {2.0}, "quarter": {0.25, 25.0}}
    known |= {f"{WORDS[count]} dozen": {count * 12.0} for count in range(2, 13)}
    known |= {words: {part, part * 100} for words, part in FRACTIONS.items()}
    known |= {words: {float(count)} for words, count in _FREQUENCIES.items()} | _LONG
    known |= {words: {float(number)} for words, number in _IMPLIED.items()}
    for larger, factor in _LARGER.values():
        known |= {words: {count * factor} for words, count in _spans(larger) if count % 1}
    return known


_NUMBERS = _known()
_LONGEST_FIRST = (words.replace(" ", r"[\s-]+") for words in sorted(_NUMBERS, key=len, reverse=True))
_QUANTITY = re.compile(rf"(?<![\w-])(?:{'|'.join(_LONGEST_FIRST)})(?!\w|-[a-z])")
_DIGITS = re.compile(r"(?:(?<!\d)-)?\d+(?:,\d{3})*(?:\.\d+)?")
_PERCENT = re.compile(r"\s*(?:%|percent)")
_ONE = ("next", "coming", "past", "last", "this", "a", "an", "one")
_COUNTS = dict.fromkeys(_ONE, 1.0) | {WORDS[count]: float(count) for count in range(2, 13)}
_FACTORS = {larger: float(factor) for larger, factor in _LARGER.values()}
_SPAN = re.compile(rf"\b(?P<count>{'|'.join(_COUNTS)}|\d+) (?P<unit>{'|'.join(_FACTORS)}|month)s?\b")
