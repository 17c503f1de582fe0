"""Implicit values: a request says `half a dozen`, `half an hour` or `kilometers`, and the call has 6, 30 or "km".

The words of a request are changed after it is made, in places that speak of a value of its calls, and only where
the grammar around them is sure to allow it.
"""

import random
import re
from collections.abc import Iterable, Mapping, Sequence

from sftctl.core.quantities import WORDS, fraction_of, heard, ways
from sftctl.core.types import Json, Tool
from sftctl.plugins.toolcall.values import leaves

_NAMES = {
    "mm": "millimeters", "cm": "centimeters", "m": "meters", "km": "kilometers", "in": "inches", "ft": "feet",
    "mi": "miles", "mg": "milligrams", "g": "grams", "kg": "kilograms", "lb": "pounds", "oz": "ounces",
    "ml": "milliliters", "l": "liters", "kcal": "kilocalories", "kWh": "kilowatt-hours", "km/h": "kilometers per hour",
    "m/s": "meters per second", "mph": "miles per hour", "USD": "US dollars", "EUR": "euros", "GBP": "British pounds",
    "JPY": "Japanese yen", "CHF": "Swiss francs", "CAD": "Canadian dollars", "AUD": "Australian dollars",
    "SEK": "Swedish kronor", "INR": "Indian rupees", "MXN": "Mexican pesos",
}  # fmt: skip
_OTHER_NAMES = {short.casefold(): long for short, long in _NAMES.items()} | {
    long.casefold(): short for short, long in _NAMES.items()
}
_NUMBER = re.compile(
    r"(?<![\w.,:/$€£#=×*+-])(?P<number>\d{1,4})(?P<percent>%| percent\b)?(?!\s?[x×*+/=^](?:\W|$))"
    r"(?: (?!(?:and|or|to)\b)(?P<noun>[a-z]+)\b)?(?![\w%-]|[.,:/]\d|(?:,| and| or| to) -?\d)"
)
_IN_A_SERIES = re.compile(r"\d[^.?!\n]{0,12}(?:,| to| and| or| by| x)$")
_DETERMINERS = {
    "the", "this", "these", "those", "next", "last", "past", "first", "every", "each", "per", "another", "all", "my",
    "our", "your", "their", "its", "his", "her", "a", "an", "top", "any", "other",
}  # fmt: skip
_AFTER_A_FRACTION = {"of", "off", "in", "for", "on", "at", "and", "with", "over", "as", "from", "by", "to", "please"}
_MONTHS = re.compile(r"\b(?:Jan|Febr|March|April|May|June|July|August|Sept|Octo|Nov|Dec)\w*$")


def implied(text: str, tool: Tool, calls: Sequence[Mapping[str, Json]], rng: random.Random) -> str:
    """The text with some of the values of the tool's calls said in other words."""
    numbers = {value for call in calls for value in _all(call) if isinstance(value, int | float)}
    text = _NUMBER.sub(lambda found: _other_quantity(found, numbers, rng), text)
    for call in calls:
        for name, value in call.items():
            for option in _chosen(tool.properties[name], value):
                text = _other_option(text, option, _options(tool.properties[name]), rng)
    return text


def other_names(value: str) -> tuple[str, ...]:
    """What a value of a closed set may be called, too: spelled out or abbreviated, hyphenated, in the singular."""
    if value.casefold() in _OTHER_NAMES:
        return (_OTHER_NAMES[value.casefold()],)
    words = value.replace("_", " ").replace("-", " ")
    names = [words, words.replace(" ", "-")]
    if re.search(r"(?<![sui])s$", words) and len(words) > 4 and not words.endswith(("ics", "ies", "oes", "ways")):
        names.append(re.sub(r"((?<=ch)e|(?<=sh)e|(?<=x)e)?s$", "", words))
    return tuple(name for name in names if name.casefold() != value.casefold())


# ---------------------------------------------------------------- numbers


def _other_quantity(found: re.Match[str], numbers: set[float], rng: random.Random) -> str:
    number, noun = int(found["number"]), found["noun"] or ""
    before = found.string[: found.start()].rstrip()
    if _IN_A_SERIES.search(before) or _MONTHS.search(before):
        return found[0]
    if found["percent"]:
        return _other_percentage(found, numbers, rng) if numbers & {number, number / 100} else found[0]
    after = before.rpartition(" ")[2].casefold() in _DETERMINERS
    options = ways(number, noun, after) if number in numbers else []
    return rng.choice(options) if options else found[0]


def _other_percentage(found: re.Match[str], numbers: set[float], rng: random.Random) -> str:
    percent, noun = int(found["number"]), found["noun"] or ""
    before = found.string[: found.start()].rstrip().rpartition(" ")[2].casefold()
    options = [f"{WORDS[percent]} percent"] if 2 <= percent < 100 else []
    alone = noun in _AFTER_A_FRACTION if noun else not re.match(r"\s*\w", found.string[found.end() :])
    if fraction_of(percent) and alone and before not in _DETERMINERS:
        options.append(fraction_of(percent))
    return f"{rng.choice(options)} {noun}".rstrip() if options else found[0]


# ---------------------------------------------------------------- options of an enum


def _options(schema: Mapping[str, Json]) -> list[str]:
    inner = schema.get("items") if schema.get("type") == "array" else schema
    return [option for option in (inner or {}).get("enum", ()) if isinstance(option, str)]


def _chosen(schema: Mapping[str, Json], value: Json) -> list[str]:
    """The options of a closed set that the value has."""
    given, options = value if isinstance(value, list) else [value], _options(schema)
    return [option for option in given if option in options]


def _other_option(text: str, option: str, options: Sequence[str], rng: random.Random) -> str:
    """The text with an option called otherwise, if it speaks of it once and no other option may be called so."""
    taken = {name.casefold() for other in options if other != option for name in (other, *other_names(other))}
    names = [name for name in (*other_names(option), *_cases(option)) if name.casefold() not in taken]
    said = rf"(?<![\w-]){re.escape(option).replace('_', '[_ ]')}(?![\w-])"
    places = list(re.finditer(said, text, re.IGNORECASE))
    if len(places) == 1 and _is_counted(text[: places[0].start()]):  # not `two month`
        names = [name for name in names if len(name) >= len(option)]
    if len(places) != 1 or not names:
        return text
    return text[: places[0].start()] + rng.choice(names) + text[places[0].end() :]


def _is_counted(before: str) -> bool:
    last = before.split()[-1:]
    return bool(last) and (last[0][-1].isdigit() or bool(heard(last[0])))


def _cases(option: str) -> Iterable[str]:
    """An abbreviation in capitals or small letters: `pdf`, `PDF`."""
    is_small = not re.search(r"[aeiou]", option) and option not in _OTHER_NAMES  # KM is no unit
    if len(option) <= 4 and option.isalpha() and (option.isupper() or is_small):
        yield option.swapcase()


def _all(value: Json) -> Iterable[Json]:
    return (leaf for leaf in leaves(value) if not isinstance(leaf, bool))
