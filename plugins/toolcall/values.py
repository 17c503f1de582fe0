"""Realistic argument values, each together with the words in which a person would say it."""

import math
import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sftctl.core.quantities import SHARE, in_scale
from sftctl.core.quantities import WORDS as IN_WORDS
from sftctl.core.tools import Between, Clock, Day, Moment, Pick, Said, Size
from sftctl.core.types import Json, Tool
from sftctl.plugins.toolcall.english import words_of
from sftctl.plugins.toolcall.guesses import WORDS, Dated, Like, Pair, Phrase, guess
from sftctl.plugins.toolcall.patterns import text_for
from sftctl.plugins.toolcall.ranges import LONGEST_RANGE, SHORT_RANGE, ranges_among


@dataclass(frozen=True)
class Value:
    """An argument as it stands in the call, and as it is said in the request."""

    value: Json
    said: str | bool
    moment: datetime | None = None
    """The day or the moment that it is, if it is one."""
    form: str = ""
    """How `strftime` writes that."""


ONLY_ONE = 0.25
"""How often a list of any length has one item: `a vegan menu` is `["vegan"]`."""
FIELD_SHARE = 0.4
"""How often a field of an object is given that is not required."""
FIRST_DAY = date(2024, 1, 1)
DAYS = 1500
DAY, MOMENT = "%Y-%m-%d", "%Y-%m-%dT%H:%M"
_FIRST = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day)


def draw(tool: Tool, name: str, rng: random.Random) -> Value:
    """A value for parameter `name` of `tool`, as its schema and its value source ask for."""
    drawn = _Drawing(tool.name, tool.values, rng).draw(tool.properties[name], name)
    return _speak_number(drawn, name.lower(), rng)


@dataclass(frozen=True)
class _Drawing:
    """What is drawn for one parameter, and all that is within it."""

    tool: str
    sources: Mapping[str, Any]
    rng: random.Random

    def draw(self, schema: Mapping[str, Json], path: str) -> Value:
        if "const" in schema:
            return _plain(schema["const"])
        if schema.get("enum"):
            option = self.rng.choice([option for option in schema["enum"] if option is not None] or [None])
            spaced = isinstance(option, str) and self.rng.random() < 0.7
            return Value(option, option.replace("_", " ")) if spaced else _plain(option)
        for union in ("anyOf", "oneOf"):
            if union in schema:
                options = [option for option in schema[union] if option.get("type") != "null"] or [{}]
                return self.draw(self.rng.choice(options) if len(options) > 1 else options[0], path)
        if "allOf" in schema:
            return self.draw(_in_one(schema), path)
        kind = _kind_of(schema)
        if kind == "array" and isinstance(said := self.sources.get(path), Said):
            return _from_source(said, kind, self.rng)
        if kind == "array":
            return self._list(schema, path)
        if kind == "object":
            return self._object(schema, path)
        if kind == "boolean":
            yes = self.rng.random() < 0.6
            return Value(yes, yes)
        source = self.sources.get(path) or guess(schema, path, kind, self.tool)
        return self._fitting(_from_source(source, kind, self.rng), schema, source, kind)

    def _fitting(self, drawn: Value, schema: Mapping[str, Json], source: Any, kind: str) -> Value:
        """What was drawn or, if that breaks the schema's pattern or length of a text, another that does not."""
        if kind != "string" or keeps_form(drawn.value, schema):
            return drawn
        for _ in range(8):
            other = _from_source(source, kind, self.rng)
            if keeps_form(other.value, schema):
                return other
        if "pattern" in schema:
            return _plain(text_for(schema["pattern"], self.rng) or drawn.value)
        if fit := [word for word in WORDS.options if keeps_form(word, schema)]:
            return _plain(self.rng.choice(fit))
        text = str(drawn.value)
        while len(text) < schema.get("minLength", 0):
            text += f" {_from_source(source, kind, self.rng).value}"
        return _plain(_shortened(text, schema.get("maxLength", len(text))))

    def _list(self, schema: Mapping[str, Json], path: str) -> Value:
        if each := schema.get("prefixItems") or (schema["items"] if isinstance(schema.get("items"), list) else None):
            items = [self.draw(item, f"{path}[]") for item in each]
        else:
            items = self._items(schema, path)
        said = [str(item.said) for item in items]
        if not self._knows(path) and any(isinstance(item.value, dict) and "," in str(item.said) for item in items):
            said = [text if text.endswith(")") else f"({text})" for text in said]
        in_brackets = all(_is_number(item.value) for item in items) and self.rng.random() < 0.25
        return Value([item.value for item in items], f"[{', '.join(said)}]" if in_brackets else enumerate_words(said))

    def _items(self, schema: Mapping[str, Json], path: str) -> list[Value]:
        size: Size = self.sources.get(f"{path}#size", Size(2, 4))
        low = max(size.low, schema.get("minItems", 0))
        if "maxItems" in schema:
            low = min(low, schema["maxItems"])
        count = self.rng.randint(low, max(low, min(size.high, schema.get("maxItems", size.high))))
        if f"{path}#size" not in self.sources and schema.get("minItems", 0) < 2 and self.rng.random() < ONLY_ONE:
            count = 1
        each = schema.get("items") or {}
        if each.get("properties"):  # all have the same fields, or nobody could tell which is whose
            names = self._fields(each)
            each = each | {"properties": {name: each["properties"][name] for name in names}, "required": names}
        items: list[Value] = []
        for _ in range(count * 3):  # distinct items read better; a small set may not have enough of them
            if len(items) == count:
                break
            item = self.draw(each, path)
            may_repeat = isinstance(item.value, float | int) and not schema.get("uniqueItems")
            if may_repeat or item not in items:
                items.append(item)
        return items

    def _object(self, schema: Mapping[str, Json], path: str) -> Value:
        properties = schema.get("properties") or {}
        drawn = {name: self.draw(properties[name], f"{path}.{name}") for name in self._fields(schema)}
        fields = in_order(drawn, self.rng)
        extra = schema.get("additionalProperties", True)
        if not properties and extra is not False:
            return self._mapping(extra if isinstance(extra, dict) else {"type": "string"}, path)
        value = {key: field.value for key, field in fields.items()}
        return Value(value, _speak_object(fields) if self._knows(path) else _speak_fields(fields, len(properties)))

    def _fields(self, schema: Mapping[str, Json]) -> list[str]:
        """The fields of an object that are given: those required, and some others; one at least."""
        properties, required = schema.get("properties") or {}, schema.get("required", ())
        known = [name for name in properties if name in required or not is_of_anything(properties[name])]
        names = [name for name in known if name in required or self.rng.random() < FIELD_SHARE]
        return names or ([self.rng.choice(known or [*properties])] if properties else [])

    def _knows(self, path: str) -> bool:
        """Whether the tool itself says where the values within an object come from."""
        return any(known.startswith(f"{path}.") for known in self.sources)

    def _mapping(self, extra: Mapping[str, Json], path: str) -> Value:
        keys = self.rng.sample(WORDS.options, self.rng.randint(1, 2))
        fields = {key: self.draw(extra, f"{path}.*") for key in keys}
        said = enumerate_words([f"{key} {_spoken(field)}" for key, field in fields.items()])
        return Value({key: field.value for key, field in fields.items()}, said)


def _in_one(schema: Mapping[str, Json]) -> dict[str, Json]:
    """A schema with the parts of its `allOf` worked in."""
    parts = [*schema["allOf"], {key: value for key, value in schema.items() if key != "allOf"}]
    made = {key: value for part in parts for key, value in part.items()}
    made["properties"] = {name: inner for part in parts for name, inner in part.get("properties", {}).items()}
    made["required"] = [name for part in parts for name in part.get("required", ())]
    return made if made["properties"] else {k: v for k, v in made.items() if k not in ("properties", "required")}


def _kind_of(schema: Mapping[str, Json]) -> str:
    """The type of a schema, null aside; of one that tells none, what its keywords are for."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((k for k in kind if k != "null"), None)
    implied = {"properties": "object", "items": "array", "minimum": "number", "maximum": "number"}
    return kind or next((implied[keyword] for keyword in implied if keyword in schema), "string")


def is_of_anything(schema: Mapping[str, Json]) -> bool:
    """Whether it is an object of which nothing is known: nobody asks for one."""
    fields = schema.get("properties") or isinstance(schema.get("additionalProperties"), Mapping)
    return _kind_of(schema) == "object" and not fields


def keeps_form(value: Json, schema: Mapping[str, Json]) -> bool:
    """Whether a text has the length and the pattern that its schema asks for."""
    if not isinstance(value, str):
        return True
    is_long_enough = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
    return is_long_enough and ("pattern" not in schema or re.search(schema["pattern"], value) is not None)


def _shortened(text: str, most: int) -> str:
    """As much of the text as may be, in whole words if one fits."""
    return text if len(text) <= most else text[: most + 1].rpartition(" ")[0] or text[:most]


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


_ADDRESS = frozenset("street city town state zip zip_code postal_code postcode country".split())  # noqa: SIM905
_LEADING = re.compile(r"(?:^|_)(?:name|title|product|item|sku)$")
_COUNTS = ("quantity", "qty", "count")


def _speak_fields(fields: Mapping[str, Value], possible: int) -> str:
    """An object's fields with their names: `3 tent (gift wrap yes)`, `sku ab-1, size 3`; those of an address without.

    The fields of a tool of ours are chosen so that they can be told apart bare; those of others cannot, unless only one
    is possible.
    """
    said = {name: _spoken(field) for name, field in fields.items()}
    if len(fields) > 1 and fields.keys() <= _COORDINATES and all(_is_number(f.value) for f in fields.values()):
        return f"({', '.join(said.values())})"
    if fields.keys() <= _ADDRESS or (possible == 1 and not isinstance(next(iter(fields.values())).value, bool)):
        return ", ".join(said.values())
    lead = next((name for name in fields if _LEADING.search(name) and isinstance(fields[name].value, str)), "")
    count = next((name for name in fields if name in _COUNTS), "") if lead else ""
    head = " ".join(said[name] for name in (count, lead) if name)
    rest = ", ".join(f"{words_of(name)} {text}" for name, text in said.items() if name not in (count, lead))
    return f"{head} ({rest})" if head and rest else head or rest


def _spoken(field: Value) -> str:
    """As it is said within an object: a truth value as yes or no, another object in brackets."""
    if isinstance(field.said, bool):
        return "yes" if field.said else "no"
    is_series = isinstance(field.value, dict) and "," in field.said and not field.said.startswith("(")
    return f"({field.said})" if is_series else field.said


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _from_source(source: Any, kind: str, rng: random.Random) -> Value:
    if isinstance(source, Pick):
        return _plain(whole(rng.choice(source.options)))
    if isinstance(source, Said):
        value, ways = rng.choice(source.ways)
        return Value(list(value) if isinstance(value, tuple) else value, rng.choice(ways))
    if isinstance(source, Between):
        if kind == "integer":
            return _plain(_rounded(rng.randint(int(source.low), int(source.high)), source, rng))
        number = round(rng.uniform(source.low, source.high), rng.randint(0, source.decimals))
        number = float(min(max(number, source.low), source.high))
        return _plain(whole(number))
    if isinstance(source, Day):
        return dated(_FIRST + timedelta(days=rng.randrange(DAYS)), DAY, rng)
    if isinstance(source, Clock):
        minutes = rng.randrange(24 * 12) * 5
        return Value(f"{minutes // 60:02d}:{minutes % 60:02d}", rng.choice(spoken_times(minutes // 60, minutes % 60)))
    if isinstance(source, Moment):
        return dated(_FIRST + timedelta(days=rng.randrange(DAYS), minutes=rng.randrange(24 * 4) * 15), MOMENT, rng)
    if isinstance(source, Like):
        return _plain(_DIGIT.sub(lambda found: str(rng.randint(1, 9)), source.sample))
    if isinstance(source, Dated):
        return dated(_FIRST + timedelta(days=rng.randrange(DAYS)), source.form, rng)
    if isinstance(source, Phrase):
        return _plain(source.template.say({}, rng))
    if isinstance(source, Pair):
        return _plain(", ".join(str(_from_source(half, kind, rng).value) for half in (source.first, source.second)))
    return _plain(_fake(source.provider, rng))


_DIGIT = re.compile(r"\d")


def dated(moment: datetime, form: str, rng: random.Random) -> Value:
    """A day or a moment as a value of this form. Only ISO's forms are said in words of their own."""
    value = moment.strftime(form)
    said = rng.choice(spoken_dates(moment.date())) if form in (DAY, MOMENT) else value
    if form == MOMENT:
        said += f" at {rng.choice(spoken_times(moment.hour, moment.minute))}"
    return Value(value, said, moment, form)


# ---------------------------------------------------------------- both ends of a range

_COMPARABLE = re.compile(r"\d{4}-\d\d-\d\d.*|\d\d:\d\d")


def in_order(values: dict[str, Value], rng: random.Random) -> dict[str, Value]:
    """The values with both ends of a range (`start_date`, `end_date`) the right way round, and days not years apart.

    Ends that are in order and near stay as they are.
    """
    for low, high in ranges_among(tuple(values)):
        if _is_after(values[low], values[high]):
            values |= {low: values[high], high: values[low]}
        first = values[low].moment
        if first and _is_far(values[low], values[high]):
            values |= {high: dated(first + _length(values[high].form, rng), values[high].form, rng)}
    return values


def _length(form: str, rng: random.Random) -> timedelta:
    """How long a range of days or of moments takes: most are short, and most of moments are a part of a day."""
    if form == MOMENT and rng.random() < 0.7:
        return timedelta(minutes=15 * rng.randint(1, 16))
    return timedelta(days=rng.randint(1, SHORT_RANGE if rng.random() < 0.65 else LONGEST_RANGE))


def are_in_order(values: Mapping[str, Value]) -> bool:
    """Whether `in_order` would leave the values as they are."""
    pairs = [(values[low], values[high]) for low, high in ranges_among(tuple(values))]
    return not any(_is_after(*pair) or _is_far(*pair) for pair in pairs)


def _is_far(low: Value, high: Value) -> bool:
    if low.moment is None or high.moment is None:
        return False
    return high.moment - low.moment > timedelta(days=LONGEST_RANGE)


def _is_after(low: Value, high: Value) -> bool:
    if low.moment and high.moment:
        return low.moment > high.moment
    first, last = low.value, high.value
    if isinstance(first, str) and isinstance(last, str):
        return bool(_COMPARABLE.fullmatch(first) and _COMPARABLE.fullmatch(last)) and first > last
    return isinstance(first, int | float) and isinstance(last, int | float) and first > last


# ---------------------------------------------------------------- numbers


def _rounded(number: int, source: Between, rng: random.Random) -> int:
    """A large number is as often as not a round one, 250,000 and not 253,711; none of a narrow range, as years are."""
    if number < 1000 or source.high < 4 * source.low or rng.random() < 0.5:
        return number
    unit = int(10 ** (len(str(number)) - rng.choice((1, 2, 2))))
    return min(max(number // unit * unit, math.ceil(source.low)), int(source.high))


def whole(value: Json) -> Json:
    """People say "5 metres"; the call may carry 5 or 5.0, and JSON holds them equal."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_NO_COMMA = re.compile(r"(^|_)(port|year|id|code|pin|room|line|hz|version)(_|$)")
_MONEY = re.compile(r"(^|_)(price|cost|budget|income|salary|payment|principal|revenue|fee|loan|deposit)(_|$)")


def _speak_number(drawn: Value, name: str, rng: random.Random) -> Value:
    """Now and then, a number in other words: `twelve`, `5,000`, `$300`, `8%` for 0.08; none in a list or an object."""
    number = drawn.value
    if isinstance(number, bool) or not isinstance(number, int | float) or drawn.said != str(number):
        return drawn
    if rng.random() < 0.5:
        return drawn
    if _NO_COMMA.search(name):
        return drawn
    if SHARE.search(name) and 0 < number < 1:
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


# ---------------------------------------------------------------- how people say things

NUMBER_WORDS = {number: IN_WORDS[number] for number in range(2, 13)}
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


def leaves(value: Json) -> Iterable[Json]:
    """Every scalar within a JSON value."""
    if not isinstance(value, dict | list):
        yield value
        return
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from leaves(inner)
        else:
            yield inner
