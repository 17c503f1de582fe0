"""Guesses: where the values of a parameter come from that names no source of its own.

What its schema says comes first (examples, format, bounds), then what its description says ("e.g. AAPL",
"YYYY-MM-DD", "between 1 and 7"), then its name. A model that is taught `symbol=wedding` or `limit=173.4` learns
what nobody will ask of it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sftctl.core.tools import Clock, Day, Fake, Moment, Pick
from sftctl.core.types import Json
from sftctl.plugins.toolcall.english import words_of
from sftctl.plugins.toolcall.phrasing import Template, parse
from sftctl.plugins.toolcall.sizes import number_source


@dataclass(frozen=True)
class Like:
    """A text of the form of another: its digits are other ones."""

    sample: str


@dataclass(frozen=True)
class Dated:
    """A day in the form that `strftime` gives it."""

    form: str


@dataclass(frozen=True)
class Phrase:
    """What a request template says that has no slots."""

    template: Template


@dataclass(frozen=True)
class Pair:
    """Two values with a comma between them: `Reno, NV`."""

    first: Any
    second: Any


def guess(schema: Mapping[str, Json], path: str, kind: str, tool: str = "") -> Any:
    """A value source for the parameter at `path` of the tool that is named `tool`."""
    description = str(schema.get("description") or "")
    holder, _, leaf = path.rpartition(".")
    name = words_of(leaf.rstrip("[]"))
    if kind in ("integer", "number"):
        return number_source(schema, name, kind, description)
    if name in ("name", "title", "label"):  # of what, tells the object or the function that it is of
        name = f"{words_of(holder.rpartition('.')[2].rstrip('[]') or tool)} {name}"
    examples = [str(example) for example in schema.get("examples") or () if example is not None]
    if len(examples) > 1:
        return Pick(*examples)
    if schema.get("format") in _BY_FORMAT:
        return _BY_FORMAT[schema["format"]]
    return _like(examples) or _described(description, name) or _named(name) or _named(description.rstrip(".")) or WORDS


# ---------------------------------------------------------------- texts

WORDS = Pick(
    "premium", "green tea", "north wing", "winter", "project Aurora", "basic", "annual review", "solar panel",
    "travel", "invoice", "jazz", "garden", "marketing", "blue whale", "chess", "marathon", "renewal", "sunset",
    "quarterly report", "oak", "espresso", "orchid", "river", "spring sale", "wedding", "backup", "mountain bike",
)  # fmt: skip
_BY_FORMAT: dict[Json, Any] = {
    "date": Day(),
    "time": Clock(),
    "date-time": Moment(),
    "email": Fake("email"),
    "idn-email": Fake("email"),
    "uri": Fake("url"),
    "url": Fake("url"),
    "uuid": Fake("uuid4"),
    "ipv4": Fake("ipv4"),
    "ipv6": Fake("ipv6"),
    "hostname": Fake("domain_name"),
    "phone": Fake("phone_number"),
}
_CURRENCIES = Pick("USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "SEK", "INR", "MXN")
_COUNTRIES = Pick("US", "DE", "FR", "GB", "JP", "BR", "IN", "CA", "ES", "NO", "KE", "AU")
_LANGUAGES = Pick("en", "de", "fr", "es", "ja", "pt", "it", "nl", "sv", "ko")
_AIRPORTS = Pick("JFK", "LHR", "CDG", "SFO", "FRA", "NRT", "SIN", "AMS", "MAD", "ORD", "OSL", "GRU", "DXB", "SEA")
_TICKERS = Pick("AAPL", "MSFT", "NVDA", "TSLA", "AMZN", "KO", "IBM", "NFLX", "SAP", "INTC", "PFE", "DIS", "NKE")
_ZONES = Pick(
    "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Europe/London", "America/Los_Angeles", "UTC", "Asia/Kolkata",
    "Australia/Sydney", "America/Sao_Paulo", "Africa/Nairobi",
)  # fmt: skip
_LOCALES = Pick("en-US", "de-DE", "fr-FR", "es-ES", "ja-JP", "pt-BR", "en-GB", "it-IT")
_WEEKDAYS = Pick("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = Pick(
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_PRODUCTS = Pick(
    "desk lamp", "running shoes", "water bottle", "USB-C cable", "coffee grinder", "yoga mat", "rain jacket",
    "office chair", "wireless mouse", "frying pan", "bike helmet", "notebook", "phone case", "tent", "headphones",
)  # fmt: skip
_DEVICES = Pick(
    "kitchen light", "thermostat", "TV", "bedroom lamp", "washing machine", "coffee maker", "garage door", "heater",
    "desk lamp", "air conditioner", "ceiling fan", "front door lock",
)  # fmt: skip
_ROOMS = Pick("kitchen", "living room", "bedroom", "office", "hallway", "garage", "bathroom", "nursery", "attic")
_PLACES = Pick(
    "The Golden Fork", "Casa Verde", "Harbor House", "Cafe Lumen", "The Old Mill", "Hotel Aurora", "Sakura Garden",
    "Blue Door", "Villa Rosa", "The Copper Kettle", "Riverside Inn", "Luigi's",
)  # fmt: skip
_WORKS = Pick(
    "Midnight Harbor", "The Glass Orchard", "Paper Moons", "Northbound", "The Last Lighthouse", "Velvet Sky",
    "A Winter in Lisbon", "Echoes", "Salt and Honey", "The Quiet Machine", "Golden Hour", "River Song",
)  # fmt: skip
_GROUPS = Pick(
    "Apollo", "Design Review", "Marketing Q3", "Road Trip", "Backend", "Night Owls", "Beta Testers", "Book Club",
    "Onboarding", "Focus", "Weekend Run", "Atlas", "Family", "Customer Success", "Launch Party",
)  # fmt: skip
_SQL = Phrase(
    parse(
        "SELECT (*|name|id, total|email) FROM (orders|customers|invoices|users|events|products)"
        "(| WHERE (status = 'open'|total > 500|year = 2025|country = 'DE'|active = 1))(| LIMIT (10|50|200))"
    )
)
_SEARCHES = Phrase(
    parse(
        "(wireless|best|cheap|vegan|used|waterproof|history of|how to fix|latest|local) "
        "(headphones|hiking boots|laptops|recipes|museums|bike repair|solar panels|electric cars|podcasts|gardening)"
    )
)
_TITLES = Phrase(
    parse(
        "(Weekly|Broken|New|Urgent|Overdue|Final|Missing|Planned) "
        "(report|login page|invoice|schedule|budget|backup|order|meeting notes|contract|print run)"
        "(| for (Berlin|the sales team|March|room 12|the web shop|new customers))"
    )
)
_SENTENCES = Phrase(
    parse(
        "(The|Our|Your) (delivery|meeting|report|invoice|workshop|order|new laptop|train|key|contract) "
        "(is ready|has moved to Friday|will be late|is on the second floor|was cancelled|arrives tomorrow"
        "|needs your signature|is still missing|looks great|starts at the usual time)"
    )
)
_PERSON = r"users?|persons?|people|customers?|clients?|patients?|players?|authors?|artists?|contacts?|guests?|owners?"
_PERSON += r"|members?|assignees?|employees?|students?|attendees?|participants?|sender|manager|teacher|driver"
_NAMES: tuple[tuple[str, Any], ...] = (
    (r"e ?mails?|recipients?", Fake("email")),
    (r"phone|mobile|fax", Fake("phone_number")),
    (r"ip|ip address|ipv4", Fake("ipv4")),
    (r"mac|mac address", Fake("mac_address")),
    (r"uuid|guid", Fake("uuid4")),
    (r"time ?zone|tz", _ZONES),
    (r"locale", _LOCALES),
    (r"country codes?", _COUNTRIES),
    (r"language codes?", _LANGUAGES),
    (r"airports?|iata", _AIRPORTS),
    (r"ticker|stock symbol|^symbol$|tickers", _TICKERS),
    (r"(?:stock )?exchange", Pick("NYSE", "NASDAQ", "LSE", "XETRA", "TSX", "Euronext")),
    (r"currency|currencies|currency code", _CURRENCIES),
    (r"day of (?:the )?week|weekday", _WEEKDAYS),
    (r"date ?time|timestamp", Moment()),
    (r"(?:.* )?dates?|^day$|deadline|due(?: on)?|birthday", Day()),
    (r"^month$", _MONTHS),
    (r"times?$", Clock()),
    (r"zip(?: code)?|postal(?: code)?|post ?code", Fake("postcode")),
    (r"user ?name|login|handle|nick ?name|screen name", Fake("user_name")),
    (r"(?:file|document|attachment)(?: name)?", Fake("file_name")),
    (r"path|folder|directory", Fake("file_path")),
    (r"(?:website |image |photo |webhook |callback )?(?:urls?|links?|uri)|website", Fake("url")),
    (r"domain|host ?name|host", Fake("domain_name")),
    (r"(?:street )?address(?:es)?|street", Fake("street_address")),
    (r"(?:hotel|restaurant|venue|cafe|bar|store|shop|branch|place|property|listing|building)s?(?: name)?$", _PLACES),
    (r"(?:song|track|movie|film|book|album|show|series|game|playlist|podcast|video|episode|course)s?(?: .*)?", _WORKS),
    (r"(?:device|appliance|lamp|light)s?(?: name)?$", _DEVICES),
    (r"rooms?(?: name)?$", _ROOMS),
    (r"(?:product|item|article|part|asset)s?(?: name| title)?$", _PRODUCTS),
    (r"(?:project|team|group|channel|list|board|folder|label|event|task|campaign|club|workspace)s? (?:name|title)"
     r"|team|project|channel", _GROUPS),
    (r"(?:departure |arrival |home |destination )?(?:city|town|cities)(?: name)?|location|place|destination|origin"
     r"|from city|to city", Fake("city")),
    (r"countr(?:y|ies)|nation(?:ality)?", Fake("country")),
    (r"^state$|province|region", Fake("state")),
    (r"compan(?:y|ies)|organi[sz]ation|employer|brand|vendor|supplier|manufacturer", Fake("company")),
    (r"job(?: title)?|occupation|profession|role|position", Fake("job")),
    (r"colou?rs?", Fake("color_name")),
    (r"languages?", Fake("language_name")),
    (r"isbn", Fake("isbn13")),
    (r"ids?|codes?|number|reference|ref|sku|key|token|secret|password|account|coupon", Fake("bothify")),
    (r"sql", _SQL),
    (r"q|query|search|search terms?|keywords?|question|prompt", _SEARCHES),
    (r"(?:page |document |report |ticket |issue |post )?(?:title|subject|headline|summary|topic)", _TITLES),
    (r"text|message|body|content|notes?|comments?|description|bio|memo|reason|explanation|instructions|feedback|caption"
     r"|details", _SENTENCES),
    (r"first name|given name", Fake("first_name")),
    (r"last name|family name|surname", Fake("last_name")),
    (rf"(?:{_PERSON})(?: (?:full )?name)?|(?:full )?name", Fake("name")),
)  # fmt: skip
"""What a name, or the end of it, stands for; the first that fits is taken."""
_AT_THE_END = tuple((re.compile(rf"(?:^|.* )(?:{pattern})$"), source) for pattern, source in _NAMES)
_CLUES: tuple[tuple[re.Pattern[str], Any], ...] = tuple(
    (re.compile(pattern, flags), source)
    for pattern, flags, source in (
        (r"\bY{4}-MM-DD[ T]+HH:MM|ISO[ -]?8601.*\btime|\btime.*ISO[ -]?8601|RFC ?3339", re.IGNORECASE, Moment()),
        (r"\bY{4}-MM-DD\b|ISO[ -]?8601", re.IGNORECASE, Day()),
        (r"\bDD/MM/Y{4}\b", re.IGNORECASE, Dated("%d/%m/%Y")),
        (r"\bMM/DD/Y{4}\b", re.IGNORECASE, Dated("%m/%d/%Y")),
        (r"\bDD\.MM\.Y{4}\b", re.IGNORECASE, Dated("%d.%m.%Y")),
        (r"\bHH:MM\b(?!:)", re.IGNORECASE, Clock()),
        (r"\bcurrency code|ISO[ -]?4217", re.IGNORECASE, _CURRENCIES),
        (r"\bcountry code|ISO[ -]?3166", re.IGNORECASE, _COUNTRIES),
        (r"\blanguage code|ISO[ -]?639", re.IGNORECASE, _LANGUAGES),
        (r"\bIATA\b|\bairport code", re.IGNORECASE, _AIRPORTS),
        (r"\bticker\b|\bstock symbol", re.IGNORECASE, _TICKERS),
        (r"\bIANA\b|\btime ?zone\b", re.IGNORECASE, _ZONES),
        (r"\be-?mail address", re.IGNORECASE, Fake("email")),
        (r"\bUUID\b", 0, Fake("uuid4")),
        (r"\bURL\b", 0, Fake("url")),
    )
)
"""What a description says of the form of its values."""
_SUCH_AS = re.compile(
    r"\(?\b(?:e\.g\.?|eg\.|for example|for instance|such as|examples?:|like)[:,]?\s+(?P<list>[^();\n]+?)"
    r"(?=\)|;|\.\s|\.?$|\n| - )",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"""(?<![\w'"`])(['"`])([^'"`\n]{1,40})\1(?!\w)""")


@lru_cache(maxsize=4096)
def _described(description: str, name: str) -> Any:
    """What a description gives as examples, or says of the form; None if neither."""
    found = _SUCH_AS.search(description)
    quoted = [text for _, text in _QUOTED.findall(found["list"] if found else description)]
    examples = list(dict.fromkeys(quoted)) or (_listed(found["list"]) if found else [])
    for pattern, source in _CLUES:
        if pattern.search(description):
            return source
    return Pick(*examples) if len(examples) > 1 else _like(examples, _named(name))


def _listed(text: str) -> list[str]:
    """`Paris, London or Rome`: three; `Reno, NV`: one."""
    parts = re.split(r",? (?:or|and) |\s*/\s+|\s+/\s*", text.strip())
    if len(parts) > 1 or text.count(",") > 1:
        parts = [piece for part in parts for piece in part.split(", ")]
    return [part.strip(" .,\"'`") for part in parts if part.strip(" .,\"'`") not in ("", "etc")]


def _like(examples: list[str], named: Any = None) -> Any:
    """What is like the one example; None where there is none, or it is prose."""
    if len(examples) != 1 or len(examples[0].split()) > 6:
        return None
    (example,) = examples
    if re.fullmatch(r"[A-Z][\w .]+, [A-Z]{2}", example):
        return Pair(Fake("city"), Fake("state_abbr"))
    if re.fullmatch(r"[A-Z][\w .]+, [A-Z]\w+", example):
        return Pair(Fake("city"), Fake("country"))
    if found := re.match(r"([#@/$])[\w-]", example):
        return Pick(example, *(f"{found[1]}{word.replace(' ', '-').lower()}" for word in WORDS.options))
    if re.search(r"\d", example):
        return Like(example)
    return named or Pick(example, *WORDS.options[:6])


@lru_cache(maxsize=4096)
def _named(name: str) -> Any:
    """What a name stands for; None if that is not known."""
    if len(name.split()) > 5:  # a sentence
        return None
    return next((source for pattern, source in _AT_THE_END if pattern.match(name.lower())), None)
