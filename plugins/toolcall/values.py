"""Realistic argument values, each together with the words in which a person would say it."""

import math
import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sftctl.core.tools import Between, Clock, Day, Fake, Moment, Pick, Size
from sftctl.core.types import Json, Tool
from sftctl.plugins.toolcall.quantities import WORDS, in_scale


@dataclass(frozen=True)
class Value:
    """An argument as it stands in the call, and as it is said in the request."""

    value: Json
    said: str | bool


ONLY_ONE = 0.25
"""How often a list of any length has one item: `a vegan menu` is `["vegan"]`."""
FIRST_DAY = date(2024, 1, 1)
DAYS = 1500

_BY_NAME: tuple[tuple[str, Any], ...] = (
    (r"e?mail|recipient", Fake("email")),
    (r"phone|mobile", Fake("phone_number")),
    (r"^(city|town|location|place|destination|origin|departure)|_city$", Fake("city")),
    (r"country|nation", Fake("country")),
    (r"^state$|province|region", Fake("state")),
    (r"address|street", Fake("street_address")),
    (r"zip|postal", Fake("postcode")),
    (r"company|organi[sz]ation|employer|brand|vendor|supplier", Fake("company")),
    (r"job|occupation|profession|role$", Fake("job")),
    (r"colou?r", Fake("color_name")),
    (r"url|link|website", Fake("url")),
    (r"domain|host", Fake("domain_name")),
    (r"file|path", Fake("file_name")),
    (r"language", Fake("language_name")),
    (r"currency", Pick("USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "SEK", "INR", "MXN")),
    (r"(_id|^id|code|number|reference|sku)$", Fake("bothify")),
    (r"date|^day$|deadline|due", Day()),
    (r"(^|_)time$", Clock()),
    (r"title|subject|topic|headline|description|text|message|body", Fake("catch_phrase")),
    (r"content|note|comment|query|question", Fake("catch_phrase")),
    (r"(first|last|full|user|customer|patient|player|author|artist|contact|guest|owner)?_?name$", Fake("name")),
    (r"person|user|customer|author|artist|player|patient|member|guest|owner|assignee", Fake("name")),
)  # fmt: skip
_WORDS = Pick(
    "premium", "green tea", "north wing", "winter", "project Aurora", "basic", "annual review", "solar panel",
    "travel", "invoice", "jazz", "garden", "marketing", "blue whale", "chess", "marathon", "renewal", "sunset",
    "quarterly report", "oak", "espresso", "orchid", "river", "spring sale", "wedding", "backup", "mountain bike",
)  # fmt: skip


def draw(tool: Tool, name: str, rng: random.Random) -> Value:
    """A value for parameter `name` of `tool`, as its schema and its value source ask for."""
    return _speak_number(_draw(tool.properties[name], name, tool.values, rng), name.lower(), rng)


def _draw(schema: Mapping[str, Json], path: str, sources: Mapping[str, Any], rng: random.Random) -> Value:
    if "const" in schema:
        return _plain(schema["const"])
    if schema.get("enum"):
        option = rng.choice([option for option in schema["enum"] if option is not None])
        spaced = isinstance(option, str) and rng.random() < 0.7
        return Value(option, option.replace("_", " ")) if spaced else _plain(option)
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            return _draw(next((s for s in schema[union] if s.get("type") != "null"), {}), path, sources, rng)
    kind = schema.get("type", "string")
    if isinstance(kind, list):
        kind = next((k for k in kind if k != "null"), "string")
    source = sources.get(path)
    if kind == "array":
        return _draw_list(schema, path, sources, rng)
    if kind == "object":
        return _draw_object(schema, path, sources, rng)
    if kind == "boolean":
        yes = rng.random() < 0.6
        return Value(yes, yes)
    if source is None:
        source = _guess(schema, path.rpartition(".")[2].rstrip("[]"), kind)
    return _from_source(source, kind, rng)


def _draw_list(schema: Mapping[str, Json], path: str, sources: Mapping[str, Any], rng: random.Random) -> Value:
    size: Size = sources.get(f"{path}#size", Size(2, 4))
    low = max(size.low, schema.get("minItems", 0))
    count = rng.randint(low, max(low, min(size.high, schema.get("maxItems", size.high))))
    if f"{path}#size" not in sources and schema.get("minItems", 0) < 2 and rng.random() < ONLY_ONE:
        count = 1
    items: list[Value] = []
    for _ in range(count * 3):  # distinct items read better; a small set may not have enough of them
        item = _draw(schema.get("items") or {}, path, sources, rng)
        if len(items) < count and (isinstance(item.value, float | int) or item not in items):
            items.append(item)
    said = [str(item.said) for item in items]
    in_brackets = all(_is_number(item.value) for item in items) and rng.random() < 0.25
    return Value([item.value for item in items], f"[{', '.join(said)}]" if in_brackets else enumerate_words(said))


def _draw_object(schema: Mapping[str, Json], path: str, sources: Mapping[str, Any], rng: random.Random) -> Value:
    fields: dict[str, Value] = {}
    required = schema.get("required", ())
    for name, inner in (schema.get("properties") or {}).items():
        if name in required or not required:
            fields[name] = _draw(inner, f"{path}.{name}", sources, rng)
    extra = schema.get("additionalProperties")
    if not fields and isinstance(extra, dict):
        for key in rng.sample(_WORDS.options, rng.randint(1, 2)):
            fields[key] = _draw(extra, f"{path}.*", sources, rng)
        return Value(
            {key: field.value for key, field in fields.items()},
            enumerate_words([f"{key} {field.said}" for key, field in fields.items()]),
        )
    return Value({key: field.value for key, field in fields.items()}, _speak_object(fields))


_COORDINATES = {"x", "y", "z", "lat", "lon", "latitude", "longitude"}


def _speak_object(fields: Mapping[str, Value]) -> str:
    """`6 eggs`, `Kane (goals 1, assists 3)`, `(44.4, 6.7)`: several numbers are told apart, other fields just said."""
    said = {name: str(field.said) for name, field in fields.items() if not isinstance(field.said, bool)}
    numbers = [name for name in said if _is_number(fields[name].value)]
    texts = [said[name] for name in said if name not in numbers]
    if len(numbers) > 1:
        if fields.keys() <= _COORDINATES:
            return f"({', '.join(said.values())})"
        named = ", ".join(f"{words_of(name)} {said[name]}" for name in numbers)
        return f"{' '.join(texts)} ({named})" if texts else named
    if numbers and numbers[0] in ("quantity", "count"):
        return " ".join([said[numbers[0]], *texts])
    return " ".join(said.values())


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _from_source(source: Any, kind: str, rng: random.Random) -> Value:
    if isinstance(source, Pick):
        return _plain(_whole(rng.choice(source.options)))
    if isinstance(source, Between):
        if kind == "integer":
            return _plain(_rounded(rng.randint(int(source.low), int(source.high)), source, rng))
        number = round(rng.uniform(source.low, source.high), rng.randint(0, source.decimals))
        number = float(min(max(number, source.low), source.high))
        return _plain(_whole(number))
    if isinstance(source, Day):
        day = FIRST_DAY + timedelta(days=rng.randrange(DAYS))
        return Value(day.isoformat(), rng.choice(spoken_dates(day)))
    if isinstance(source, Clock):
        minutes = rng.randrange(24 * 12) * 5
        return Value(f"{minutes // 60:02d}:{minutes % 60:02d}", rng.choice(spoken_times(minutes // 60, minutes % 60)))
    if isinstance(source, Moment):
        day, minutes = FIRST_DAY + timedelta(days=rng.randrange(DAYS)), rng.randrange(24 * 4) * 15
        moment = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60)
        said = f"{rng.choice(spoken_dates(day))} at {rng.choice(spoken_times(moment.hour, moment.minute))}"
        return Value(moment.isoformat(timespec="minutes"), said)
    return _plain(_fake(source.provider, rng))


def _rounded(number: int, source: Between, rng: random.Random) -> int:
    """A large number is as often as not a round one: 250,000 and not 253,711."""
    if number < 1000 or rng.random() < 0.5:
        return number
    unit = int(10 ** (len(str(number)) - rng.choice((1, 2, 2))))
    return min(max(number // unit * unit, math.ceil(source.low)), int(source.high))


def _whole(value: Json) -> Json:
    """People say "5 metres"; the call may carry 5 or 5.0, and JSON holds them equal."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_SHARE = re.compile(r"(^|_)(rate|ratio|share|percent|probability|discount|interest|yield|return|margin|growth)(_|$)")
_NO_COMMA = re.compile(r"(^|_)(port|year|id|code|pin|room|line|hz|version)(_|$)")
_MONEY = re.compile(r"(^|_)(price|cost|budget|income|salary|payment|principal|revenue|fee|loan|deposit)(_|$)")


def _speak_number(drawn: Value, name: str, rng: random.Random) -> Value:
    """Now and then, a number in other words: `twelve`, `5,000`, `$300`, `8%` for 0.08; none in a list or an object."""
    number = drawn.value
    if isinstance(number, bool) or not isinstance(number, int | float) or rng.random() < 0.5:
        return drawn
    if _NO_COMMA.search(name):
        return drawn
    if _SHARE.search(name) and 0 < number < 1:
        percent = round(number * 100, 6)
        if round(percent / 100, 10) == number:
            return Value(number, f"{percent:g}{rng.choice(('%', ' percent', '%'))}")
    if isinstance(number, int) and number in NUMBER_WORDS and rng.random() < 0.3:
        return Value(number, NUMBER_WORDS[number])
    money = "$" if _MONEY.search(name) else ""
    if isinstance(number, int) and (scaled := in_scale(number)) and rng.random() < 0.5:
        return Value(number, money + rng.choice(scaled))
    if number >= 100 and money:
        return Value(number, f"${number:,}")
    if number >= 10_000 or (number >= 1000 and not 1500 < number < 2200):  # a year has no comma
        return Value(number, f"{number:,}")
    return drawn


def _plain(value: Json) -> Value:
    return Value(value, value if isinstance(value, bool) else str(value))


@lru_cache(maxsize=1)
def _faker() -> Any:
    from faker import Faker

    return Faker("en_US")


def _fake(provider: str, rng: random.Random) -> Json:
    faker = _faker()
    faker.factories[0].random = rng  # one source of chance, so the seed decides everything
    value = faker.bothify("??-####") if provider == "bothify" else getattr(faker, provider)()
    if isinstance(value, str):
        return value.replace("\n", ", ")
    return value if isinstance(value, int | float) else str(value)


def _guess(schema: Mapping[str, Json], name: str, kind: str) -> Any:
    """A value source for a parameter that names none, from its schema and its name."""
    if schema.get("examples"):
        return Pick(*schema["examples"])
    if kind in ("integer", "number"):
        return _guess_number(schema, name, kind)
    by_format = {
        "date": Day(),
        "time": Clock(),
        "date-time": Moment(),
        "email": Fake("email"),
        "uri": Fake("url"),
    }
    if schema.get("format") in by_format:
        return by_format[schema["format"]]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    for pattern, source in _BY_NAME:
        if re.search(pattern, words):
            return source
    return _WORDS


def _guess_number(schema: Mapping[str, Json], name: str, kind: str) -> Between:
    ranges = {"latitude": (-60, 65), "longitude": (-170, 170), "year": (1950, 2026), "percent|rate": (1, 30)}
    low, high = next((span for pattern, span in ranges.items() if re.search(pattern, name.lower())), (1, 200))
    low = schema.get("minimum", schema.get("exclusiveMinimum", low - 1) + 1)
    high = schema.get("maximum", schema.get("exclusiveMaximum", max(high, low + 100) + 1) - 1)
    return Between(low, high, 0 if kind == "integer" else 2)


# ---------------------------------------------------------------- how people say things

NUMBER_WORDS = {number: WORDS[number] for number in range(2, 13)}
"""Small numbers, as they are said."""


def enumerate_words(words: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def spoken_dates(day: date) -> tuple[str, ...]:
    """The ways in which a date is said, the ISO form first."""
    month, number = day.strftime("%B"), day.day
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return (
        day.isoformat(),
        f"{month} {number}, {day.year}",
        f"{number} {month} {day.year}",
        f"{month} {number}{suffix}, {day.year}",
        f"the {number}{suffix} of {month} {day.year}",
    )


def spoken_times(hour: int, minute: int) -> tuple[str, ...]:
    """The ways in which a time of day is said, the 24-hour form first."""
    half, clock = ("am" if hour < 12 else "pm"), hour % 12 or 12
    short = f"{clock} {half}" if minute == 0 else f"{clock}:{minute:02d} {half}"
    return f"{hour:02d}:{minute:02d}", short, short.replace(" ", ""), short.upper()


def words_of(name: str) -> str:
    """An identifier as words: `unit_price`, `unitPrice` → `unit price`."""
    return " ".join(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").replace("-", " ").split()).lower()


def leaves(value: Json) -> Iterable[Json]:
    """Every scalar within a JSON value."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value
