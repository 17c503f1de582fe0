"""Whether a request in other words still asks for the same: what no rewording may add, lose or mix up.

These are rules on the text alone. They see numbers, dates, names, addresses and quotations; they do not see
a name that begins a sentence, or two values of one call that changed places on purpose. A judge sees more.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sftctl.core.quantities import heard
from sftctl.core.types import Json
from sftctl.plugins.toolcall import checks
from sftctl.plugins.toolcall.days import spoken_days
from sftctl.plugins.toolcall.values import leaves, spoken_times

Call = tuple[str, dict[str, Json]]

_DIGITS = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_NUMBER_WORDS: dict[str, float] = {
    "twice": 2, "double": 2, "triple": 3, "hundred": 100, "thousand": 1000, "million": 1e6, "billion": 1e9,
}  # fmt: skip
"""Besides those that `quantities` hears."""
_WHEN = re.compile(
    r"\b(today|tonight|tomorrow|yesterday|weekend|morning|afternoon|evening|noon|midnight"
    r"|(?:next|last|this|coming) (?:week|month|year|summer|winter|spring|autumn|fall)"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
    r"|january|february|april|june|july|august|september|october|november|december|(?-i:March|May))\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<![\w'’@/.-])[A-Z][\w'’-]*")
_OPENS = re.compile(r"(?:^|[.?!:;…\n(\"“”«–—-]\s*|[.?!]['\")”]\s+)$")
_NO_NAMES = {"i", "i'm", "i'd", "i'll", "i've", "i’m", "i’d", "i’ll", "i’ve", "ok", "okay", "am", "pm", "a"}
_PLACES = re.compile(r"\S*(?:@|://|www\.|\w_\w)\S*")
_QUOTED = re.compile(r"\"([^\"]+)\"|“([^”]+)”|«([^»]+)»|`([^`]+)`")
_MINUS = re.compile(r"[-−–]\s?\d|\b(?:minus|negative|below)\b", re.IGNORECASE)
_SYMBOLS = "$€£¥%°#"
_MARKUP = re.compile(r"<\||</?\w+>|```|[{}]|\*\*")
_TASK = re.compile(r"\b(?:rewrit\w*|rephras\w*|paraphras\w*|json|argument|function call|tool call)\b", re.IGNORECASE)


def reworded(old: str, new: str, calls: Sequence[Call], strict: bool, today: date | None = None) -> str:
    """Why `new` cannot stand in for `old`, a request that means `calls` (or, with none, must mean none); or nothing.

    `strict`: nobody will judge it, so values must also come in the same order. `today`: what `tomorrow` goes by.
    """
    if problem := misshapen(new, [name for name, _ in calls], old) or unheard(calls, new, today):
        return problem
    if _normal(new) == _normal(old):
        return "unchanged"
    values = [value for _, arguments in calls for value in leaves(arguments)]
    if problem := added(new, f"{old}\n{spelled(values, today)}"):
        return problem
    if not calls:
        return "loses_a_value" if added(old, new) else ""
    if (strict or len(calls) > 1) and _mixed_up(values, old, new, today):
        return "reorders_values"
    return ""


def translated(old: str, new: str, calls: Sequence[Call], strict: bool, today: date | None = None) -> str:
    """Why `new` is no translation of `old`; or nothing.

    It is held to the values as they are written, and to every number. Capitals tell no names in other languages.
    """
    if problem := misshapen(new, [name for name, _ in calls], old) or unheard(calls, new, today):
        return problem
    values = [value for _, arguments in calls for value in leaves(arguments)]
    if problem := added(new, f"{old}\n{spelled(values, today)}", names=False):
        return problem
    if not calls and _numbers(old) - _numbers(new):
        return "loses_a_value"
    if _is_in_the_same_words(old, new, values):
        return "not_translated"
    return "reorders_values" if (strict or len(calls) > 1) and _mixed_up(values, old, new, today) else ""


def _is_in_the_same_words(old: str, new: str, values: Sequence[Json]) -> bool:
    """Whether most of what is said besides the values was said before."""
    said = set(re.findall(r"[^\W\d_]+", spelled(values).casefold()))
    before, after = ({*re.findall(r"[^\W\d_]+", text.casefold())} - said for text in (old, new))
    return not after or len(before & after) > len(after) / 2


def misshapen(text: str, names: Iterable[str], beside: str = "") -> str:
    """Why a text is not what a person would say, whatever it means; or nothing. `beside`: what may be repeated."""
    if len(text) < 3 or not re.search(r"\w", text):
        return "empty"
    if len(text) > 600 + 3 * len(beside):
        return "too_long"
    if _MARKUP.search(text) and not _MARKUP.search(beside):
        return "markup"
    if _TASK.search(text) and not _TASK.search(beside):
        return "speaks_of_the_task"
    if any(not (name.isalpha() and name.islower()) and name in text and name not in beside for name in names):
        return "names_the_function"
    return ""


def added(text: str, reference: str, names: bool = True) -> str:
    """What kind of value the text has that the reference has not; or nothing. Names are looked at if asked for."""
    if _numbers(text) - _numbers(reference):
        return "adds_a_number"
    said = _normal(reference)
    if any(_normal(match[0]) not in said for match in _WHEN.finditer(text)):
        return "adds_a_date"
    if any(symbol in text and symbol not in reference for symbol in _SYMBOLS):
        return "adds_a_unit"
    return "adds_a_name" if names and _adds_a_name(text, reference) else ""


def _adds_a_name(text: str, reference: str) -> bool:
    said = _normal(reference)
    quotations = ["".join(quoted) for quoted in _QUOTED.findall(text)]
    if any(_normal(_bare(phrase)) not in said for phrase in (*_PLACES.findall(text), *quotations)):
        return True
    words = {_stem(word) for word in re.findall(r"[\w'’-]+", reference)}
    return any(_stem(name) not in words for name in _names(text))


def spelled(values: Iterable[Json], today: date | None = None) -> str:
    """All ways in which the values may be said, as one text."""
    return "\n".join(form for value in values for form in forms(value, today))


def forms(value: Json, today: date | None = None) -> list[str]:
    """The ways in which a value may be said: a number with or without separators, a date, a time, a text."""
    if value is None or isinstance(value, bool):
        return []
    if isinstance(value, int | float):
        number = int(value) if isinstance(value, float) and value.is_integer() else value
        return [str(abs(number)), f"{abs(number):,}"]
    text = str(value)
    day, time = re.match(r"(\d{4})-(\d\d)-(\d\d)", text), re.search(r"(\d\d):(\d\d)", text)
    said = [text, text.replace("_", " ")]
    try:
        said += spoken_days(date(*map(int, day.groups())), today) if day else ()
        said += spoken_times(int(time[1]), int(time[2])) if time else ()
    except ValueError:  # 2026-13-40 is a text like any other
        pass
    return said


def unheard(calls: Iterable[Call], text: str, today: date | None = None) -> str:
    """That the text does not speak of a value of the calls, or drops the sign of a negative one; or nothing."""
    for _, arguments in calls:
        numbers = [v for v in leaves(arguments) if isinstance(v, int | float) and not isinstance(v, bool)]
        if checks.unsupported(arguments, text, today) or (any(n < 0 for n in numbers) and not _MINUS.search(text)):
            return "unsupported_value"
    return ""


def unheard_truth(arguments: Mapping[str, Json], text: str) -> str:
    """The first truth value (or null) of invented arguments whose name nothing in the text reminds of; or nothing."""
    heard = _normal(text)
    for name, value in arguments.items():
        if isinstance(value, bool) or value is None:
            words = [word for word in re.split(r"[_\W]+|(?<=[a-z])(?=[A-Z])", name) if len(word) > 3]
            if value is None or not any(word.lower()[:5] in heard for word in words):
                return name
    return ""


def has_truth(calls: Iterable[Call]) -> bool:
    """Whether a truth value is among the arguments: words that carry it can be dropped without anyone seeing it."""
    return any(isinstance(value, bool) for _, arguments in calls for value in leaves(arguments))


# ---------------------------------------------------------------- inside


def _numbers(text: str) -> set[float]:
    """Every number in digits or words, without its sign."""
    digits = {float(number.replace(",", "")) for number in _DIGITS.findall(text)}
    words = {_NUMBER_WORDS[word] for word in re.findall(r"[a-z]+", text.lower()) if word in _NUMBER_WORDS}
    return digits | words | heard(text)


def _names(text: str) -> list[str]:
    """Capitalised words, except at the beginning of a sentence, where every word is."""
    found = [match for match in _NAME.finditer(text) if match[0].lower() not in _NO_NAMES]
    return [match[0] for match in found if not _OPENS.search(text[: match.start()])]


def _bare(phrase: str) -> str:
    return phrase.strip(" .,;:!?()\"'“”")


def _stem(word: str) -> str:
    return re.sub(r"['’]s?$", "", word.casefold())


def _mixed_up(values: Sequence[Json], old: str, new: str, today: date | None) -> bool:
    """Whether values that both texts say come in another order."""
    places = {str(value): (_place(value, old, today), _place(value, new, today)) for value in values}
    both = [(before, after) for before, after in places.values() if before is not None and after is not None]
    in_order = [after for _, after in sorted(both)]
    return in_order != sorted(in_order)


def _place(value: Json, text: str, today: date | None) -> int | None:
    """Where the text says a value first; None where it does not."""
    found = (
        re.search(rf"(?<![\w.,]){re.escape(form)}(?![\w]|[.,]\d)", text, re.IGNORECASE) for form in forms(value, today)
    )
    return min((match.start() for match in found if match), default=None)


def _normal(text: str) -> str:
    return " ".join(text.replace("_", " ").casefold().split())
