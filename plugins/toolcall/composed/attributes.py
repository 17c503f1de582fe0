"""Attributes: typed properties of things, each with its schema, its values and its words in a request.

They are what composed tools (`registry`) have as parameters. A phrase follows the noun that it says more about, with
`{}` for the value, `{.field}` for a field of an object and `{:yes|no}` for a truth value: `an invoice` + `due on {}`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from sftctl.core.tools import Between, Clock, Day, Fake, Pick, Size, Source
from sftctl.core.types import Json


@dataclass(frozen=True)
class Attribute:
    """A property of a thing, or a setting of an action."""

    noun: str
    schema: Mapping[str, Json]
    phrase: str = ""
    """How a request says it after the noun; empty where the templates of an action name it themselves."""
    sources: Mapping[str, Source | Size] = field(default_factory=dict)
    """Path below the parameter (empty, `#size`, `.city`) → where values come from."""
    unit: str = ""

    @property
    def kind(self) -> str:
        return str(self.schema["type"])

    @property
    def slot(self) -> str:
        """What templates call it until it gets the name of a parameter."""
        return self.noun.replace(" ", "_").replace("-", "_")

    @property
    def is_plain(self) -> bool:
        """Whether it has one value that can be set: no list, object or truth value."""
        return self.kind in ("string", "integer", "number")


def article(noun: str) -> str:
    """The noun with `a` or `an`: by its first letter, but for the few words that sound otherwise."""
    vowel = noun[0].lower() in "aeiou" and not noun.startswith(("us", "uni", "eu", "one"))
    return f"{'an' if vowel or noun.startswith(('hour', 'MRI', 'X-')) else 'a'} {noun}"


FEW = Size(1, 3)


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


def _source(values: str | Source) -> Source:
    return Pick(*words(values)) if isinstance(values, str) else values


# ---------------------------------------------------------------- one function per kind


def text(noun: str, values: str | Source, phrase: str = "") -> Attribute:
    """Free text: one of some values (`a, b, c`) that the schema does not close, or of a source."""
    return Attribute(noun, {"type": "string"}, phrase or f"with the {noun} {{}}", {"": _source(values)})


def choice(noun: str, options: str, phrase: str = "", default: str = "") -> Attribute:
    """One of a closed set: an enum."""
    schema: dict[str, Json] = {"type": "string", "enum": list(words(options))}
    return Attribute(noun, schema | ({"default": default} if default else {}), phrase or f"with {noun} {{}}")


def flag(noun: str, yes: str, no: str, default: bool | None = None) -> Attribute:
    """A truth value, and the words for both."""
    schema: dict[str, Json] = {"type": "boolean"} | ({} if default is None else {"default": default})
    return Attribute(noun, schema, f"{{:{yes}|{no}}}")


def count(noun: str, low: int, high: int, phrase: str = "", default: int | None = None) -> Attribute:
    """How many of something; `noun` is a plural."""
    schema = {"type": "integer", "minimum": 1} | ({} if default is None else {"default": default})
    return Attribute(noun, schema, phrase or f"with {{}} {noun}", {"": Between(low, high, 0)}, unit="#")


def measure(noun: str, low: float, high: float, unit: str, phrase: str = "", decimals: int = 0) -> Attribute:
    """A number with a unit; without decimals it is an integer."""
    schema = {"type": "number" if decimals else "integer", "minimum": 0}
    phrase = phrase or f"with {article(noun)} of {{}} {unit}"
    return Attribute(noun, schema, phrase, {"": Between(low, high, decimals)}, unit)


def money(noun: str, low: float, high: float, phrase: str = "", decimals: int = 0) -> Attribute:
    return measure(noun, low, high, "dollars", phrase, decimals)


def day(noun: str, phrase: str = "") -> Attribute:
    return Attribute(noun, {"type": "string", "format": "date"}, phrase or f"with the {noun} {{}}", {"": Day()})


def clock(noun: str, phrase: str = "") -> Attribute:
    return Attribute(noun, {"type": "string", "format": "time"}, phrase or f"with the {noun} {{}}", {"": Clock()})


def several(noun: str, values: str | Source, phrase: str, size: Size = FEW) -> Attribute:
    """A list of free texts; `noun` is a plural."""
    schema = {"type": "array", "items": {"type": "string"}}
    return Attribute(noun, schema, phrase, {"": _source(values), "#size": size})


def choices(noun: str, options: str, phrase: str, size: Size = FEW) -> Attribute:
    """A list out of a closed set."""
    schema = {"type": "array", "items": {"type": "string", "enum": list(words(options))}}
    return Attribute(noun, schema, phrase, {"#size": size})


def numbers(noun: str, low: float, high: float, phrase: str, decimals: int = 0) -> Attribute:
    """A list of numbers."""
    schema = {"type": "array", "items": {"type": "number" if decimals else "integer"}}
    return Attribute(noun, schema, phrase, {"": Between(low, high, decimals), "#size": Size(2, 4)})


def record(noun: str, phrase: str, *fields: Attribute) -> Attribute:
    """An object, all of whose fields are required and said by the phrase."""
    properties = {f.slot: dict(f.schema) for f in fields}
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    sources = {f".{f.slot}{path}": source for f in fields for path, source in f.sources.items()}
    return Attribute(noun, schema, phrase, sources)


# ---------------------------------------------------------------- limits on them


def limits(attribute: Attribute) -> tuple[Attribute, ...]:
    """An attribute as a search has it: a number or a day as its limits, everything else as it is."""
    noun, unit = attribute.noun, attribute.unit
    if attribute.kind in ("integer", "number") and unit:  # a year or a floor is looked for as it is
        counted, of = unit == "#", f"{{}} {unit}".rstrip()
        what, low, high = (f"{{}} {noun}", "at least", "at most") if counted else (of, "of at least", "of at most")
        head = "with " if counted else f"with {article(noun)} "
        between = f"{{.min}} {{.max}} {noun if counted else unit}".replace("} {", "} to {", 1)
        return (
            replace(attribute, noun=f"min {noun}", phrase=f"{head}{low} {what}"),
            replace(attribute, noun=f"max {noun}", phrase=f"{head}{high} {what}"),
            _span(attribute, f"{head}{'' if counted else 'of '}{between}"),
        )
    if attribute.schema.get("format") == "date":
        return (
            attribute,
            replace(attribute, noun=f"{noun} after", phrase=f"with {article(noun)} after {{}}"),
            replace(attribute, noun=f"{noun} before", phrase=f"with {article(noun)} before {{}}"),
        )
    return (attribute,)


def _span(attribute: Attribute, phrase: str) -> Attribute:
    """The range of a number as an object, its limits drawn so that they are in order."""
    source = attribute.sources[""]
    if not isinstance(source, Between):
        return attribute
    middle = round((source.low + source.high) / 2, source.decimals)
    low, high = replace(source, high=middle), replace(source, low=middle if source.decimals else middle + 1)
    plain = {"type": attribute.kind}
    schema = {"type": "object", "properties": {"min": plain, "max": plain}, "required": ["min", "max"]}
    noun = f"{attribute.noun} range"
    return Attribute(noun, schema, phrase, {".min": low, ".max": high}, attribute.unit.strip("#"))


# ---------------------------------------------------------------- values that many things share

_GIVEN = "Anna Mehmet Priya Lucas Ingrid Kofi Mei Sofia Omar Hannah Diego Aiko Nora Pavel Fatima Liam Chloe Tomas Erik"
_FAMILY = "Kowalska Yilmaz Raman Ferreira Larsen Mensah Chen Rossi Haddad Weber Alvarez Tanaka Byrne Novak Diallo Walsh"
PERSON = Pick(*map(" ".join, product(_GIVEN.split(), _FAMILY.split())))
CITY = Pick(
    *words(
        "Lisbon, Osaka, Denver, Nairobi, Gdansk, Lyon, Toronto, Cork, Porto, Seville, Bergen, Cape Town, Austin, "
        "Melbourne, Ghent, Leipzig, Valencia, Quito, Hanoi, Pune, Turin, Malmö, Boston, Edinburgh, Izmir, Accra"
    )
)
COUNTRY = Pick(*words("Portugal, Japan, Canada, Kenya, Poland, France, Chile, Ireland, Norway, India, Vietnam, Ghana"))
COMPANY, EMAIL = Fake("company"), Fake("email")
ADDRESS = record(
    "address",
    "at {.street}, {.city} {.postal_code}",
    text("street", Fake("street_address")),
    text("city", CITY),
    text("postal_code", Fake("postcode")),
)
CONTACT = record("contact", "with {.name}, {.email}, as the contact", text("name", PERSON), text("email", EMAIL))
SHARED = (
    several("tags", "urgent, archive, 2026, review, north, pilot, vip, training, internal, summer", "tagged {}"),
    choice("priority", "low, medium, high", "of {} priority"),
    text("owner", PERSON, "owned by {}"),
    day("creation date", "created on {}"),
    text("created by", PERSON, "created by {}"),
    CONTACT,
)
