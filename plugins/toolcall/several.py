"""Requests for several calls of one tool: what they share is said once, and what differs is listed."""

import random
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial

from sftctl.core.types import Tool
from sftctl.plugins.toolcall.english import words_of
from sftctl.plugins.toolcall.phrasing import Slot, tidy
from sftctl.plugins.toolcall.ranges import is_range
from sftctl.plugins.toolcall.requests import (
    Request,
    arguments_of,
    bare_of,
    deed_of,
    draw_values,
    said_of,
    template_of,
)
from sftctl.plugins.toolcall.values import NUMBER_WORDS, Value, are_in_order, draw, enumerate_words, in_order

AGAIN = (
    "Do the same for {}.",
    "And the same with {}.",
    "Also for {}.",
    "Then again with {} instead.",
    "Repeat it for {}.",
    "And what about {}?",
    "Then do it once more with {}.",
    "And another one with {}, everything else unchanged.",
    "After that, repeat it with {}.",
    "What if it were {}?",
    "Next, the same thing for {}.",
)


def ask_several(tool: Tool, count: int, rng: random.Random) -> Request | None:
    """A request for `count` calls in one of the ways below; None where the tool fits none of them."""
    ways = list(_WAYS)
    while ways:
        way = rng.choices(ways, [_WAYS[way] for way in ways])[0]
        if request := way(tool, count, rng):
            return request
        ways.remove(way)
    return None


def ask_many(tool: Tool, count: int, rng: random.Random) -> Request | None:
    """One or two values are enumerated, the others shared: `… in Paris, London and Rome?`.

    None where the tool has nothing to enumerate.
    """
    template = template_of(tool, rng, plain=0)
    values = draw_values(tool, template, rng)
    names = _variable(tool, values)
    if not names:
        return None
    varied = rng.sample(names, min(len(names), rng.choice((1, 1, 1, 2))))
    series = {} if _halves(varied, values) else _series(tool, varied, values, count, rng)
    if not series:
        return None
    said = said_of(template, values)
    parts = [*template.resolved(said, rng)]
    for number, part in enumerate(parts):
        if isinstance(part, Slot) and part.path in series:
            after = _text(parts[number + 1 : number + 2])
            if _SINGULAR.match(after):
                return None
            quote = '"' if after.startswith('"') else ""
            said[part.path] = _enumerated(series[part.path], quote, rng)
    text = tidy(_speak(parts, said))
    if len(varied) == 2:
        text = re.sub(r"([.?!]?)$", r", respectively\1", text, count=1)
    return _request(tool, text, _differing(values, series))


def ask_each(tool: Tool, count: int, rng: random.Random) -> Request | None:
    """Every pair of two lists of values: `… the rate of EUR and GBP in 2019 and 2020`, which is four calls.

    None where there are no two values to enumerate, or `count` is no product.
    """
    if count not in (4, 6):
        return None
    template = template_of(tool, rng, plain=0)
    values = draw_values(tool, template, rng)
    names = [name for name in _variable(tool, values) if isinstance(values[name].value, str | int)]
    if len(names) < 2:
        return None
    first, second = rng.sample(names, 2)
    if _halves([first], [second]) or _halves([second], [first]):
        return None
    series = _series(tool, [first], values, 2, rng) | _series(tool, [second], values, count // 2, rng)
    said = said_of(template, values)
    parts = [*template.resolved(said, rng)]
    if len(series) < 2 or any(
        _SINGULAR.match(_text(parts[n + 1 : n + 2])) for n, p in enumerate(parts) if isinstance(p, Slot)
    ):
        return None
    for name, drawn in series.items():
        said[name] = _enumerated(drawn, "", rng)
    sets = [values | {first: a, second: b} for a in series[first] for b in series[second]]
    return _request(
        tool,
        tidy(_speak(parts, said)) + rng.choice(("", "", " All combinations, please.", " I need each with each.")),
        sets,
    )


def ask_stretch(tool: Tool, count: int, rng: random.Random) -> Request | None:
    """A stretch of the sentence is said for each call: `… for 5 nights in Delhi and 3 nights in Kyoto`.

    None where no stretch of the sentence can be repeated.
    """
    template = template_of(tool, rng, plain=0)
    values = draw_values(tool, template, rng)
    said = said_of(template, values)
    parts = [*template.resolved(said, rng)]
    stretches = [*_stretches(tool, parts, values)]
    if not stretches:
        return None
    start, end, lead, tail = rng.choices(stretches, [(e - s) // 2 * 2 + 1 for s, e, _, _ in stretches])[0]
    names = [part.parameter for part in parts[start:end] if isinstance(part, Slot)]
    series = _series(tool, names, values, count, rng)
    if not series:
        return None
    say = partial(_speak, parts[start:end])
    pieces = [say(said | {name: drawn[index].said for name, drawn in series.items()}) for index in range(count)]
    before, after = _speak(parts[:start], said), _speak(parts[end:], said)
    before, after = before.removesuffix(lead), after.removeprefix(tail)
    first, others = f"{lead}{pieces[0]}{tail}", [f"{lead}{piece}{tail}" for piece in pieces[1:]]
    preposition = (lead.split() or [""])[0]
    if preposition.isalpha() and rng.random() < 0.5:  # `for 3 kg in Oslo and 5 kg in Rome`
        others = [piece.removeprefix(preposition).lstrip() for piece in others]
    return _request(tool, tidy(before + _listed([first, *others], rng) + after), _differing(values, series))


def ask_sets(tool: Tool, count: int, rng: random.Random) -> Request | None:
    """Each call has a set of arguments of its own: `… for base 3 and height 4, and for …`.

    None where the tool requires nothing, or a truth value.
    """
    names = [*tool.required, *(n for n in tool.properties if n not in tool.required and rng.random() < 0.35)]
    if (
        not tool.required
        or len(names) * count > MOST
        or any(tool.properties[name].get("type") == "boolean" for name in names)
    ):
        return None
    shared = rng.sample(names, rng.randrange(len(names))) if rng.random() < 0.4 else []
    shared = [name for name in shared if not _halves([name], [n for n in names if n not in shared])]
    common = in_order({name: draw(tool, name, rng) for name in shared}, rng)
    sets = [in_order({name: common.get(name) or draw(tool, name, rng) for name in names}, rng) for _ in range(count)]
    spoken = [bare_of(tool, {n: value for n, value in values.items() if n not in shared}) for values in sets]
    text = _of_sets(deed_of(tool), spoken, bare_of(tool, common), rng)
    return _request(tool, text, sets)


def ask_again(tool: Tool, count: int, rng: random.Random, ways: tuple[str, ...] = AGAIN) -> Request | None:
    """One call is said in full, each of the others by what is different in it: `… Then repeat it with …`.

    None where nothing can be different.
    """
    template = template_of(tool, rng)
    values = draw_values(tool, template, rng)
    names = _variable(tool, values)
    if not names:
        return None
    parts, sets = [template.say(said_of(template, values), rng)], [values]
    fixed = rng.choice(names) if rng.random() < 0.6 else ""
    for _ in range(count - 1):
        name = fixed or rng.choice(names)
        value = draw(tool, name, rng)
        sets.append(values | {name: value})
        words = f"{words_of(name)} {bare_of(tool, {name: value})[name].said}"
        if isinstance(value.value, str) and rng.random() < 0.5:
            words = str(value.said)
        if parts[-1][-1] not in ".?!":
            parts[-1] += "."
        parts.append(rng.choice(ways).format(words))
    return _request(tool, " ".join(parts), sets, tuple(parts))


_WAYS: dict[Callable[[Tool, int, random.Random], Request | None], float] = {
    ask_many: 0.28,
    ask_stretch: 0.34,
    ask_sets: 0.23,
    ask_again: 0.15,
    ask_each: 0.12,
}
"""Each way, and how often it is tried first."""


# ---------------------------------------------------------------- what differs


def _variable(tool: Tool, values: Mapping[str, Value]) -> list[str]:
    """The parameters that may differ between calls: required ones, if there are any."""
    names = [name for name, value in values.items() if _is_short(value)]
    return [name for name in names if name in tool.required] or names


def _halves(names: Collection[str], others: Collection[str]) -> bool:
    """Whether one end of a range is among the names, and the other only among the others."""
    rest = [other for other in others if other not in names]
    return any(is_range(name, other) or is_range(other, name) for name in names for other in rest)


def _is_short(value: Value) -> bool:
    """Whether it can stand in an enumeration: no truth value, no object, and a list only in brackets."""
    if isinstance(value.value, list):
        return str(value.said).startswith("[")
    return isinstance(value.value, str | int | float) and not isinstance(value.value, bool)


def _series(
    tool: Tool, names: Sequence[str], first: Mapping[str, Value], count: int, rng: random.Random
) -> dict[str, list[Value]]:
    """For each parameter `count` different values, the first one given; nothing where there are not so many."""
    series: dict[str, list[Value]] = {}
    for name in names:
        drawn = [_in_digits(first[name])]
        for _ in range(count * 5):
            if len(drawn) == count:
                break
            value = _in_digits(draw(tool, name, rng))
            if _is_short(value) and value.value not in [other.value for other in drawn]:
                drawn.append(value)
        if len(drawn) < count:
            return {}
        series[name] = drawn
    for number in range(1, count):  # both ends of a range; those of the first are in order
        for name, value in in_order({name: drawn[number] for name, drawn in series.items()}, rng).items():
            series[name][number] = value
    return series


def _in_digits(value: Value) -> Value:
    """In a series, no `14.3, ten and 11`."""
    is_word = isinstance(value.value, int) and value.said == NUMBER_WORDS.get(value.value)
    return Value(value.value, str(value.value)) if is_word else value


def _differing(values: dict[str, Value], series: Mapping[str, Sequence[Value]]) -> list[dict[str, Value]]:
    count = len(next(iter(series.values())))
    return [values | {name: drawn[index] for name, drawn in series.items()} for index in range(count)]


def _request(tool: Tool, text: str, sets: Sequence[dict[str, Value]], parts: tuple[str, ...] = ()) -> Request | None:
    """The request; None where a range of one call ends before it begins or years later, or a value is there twice."""
    if any(not are_in_order(values) or _repeats(values) for values in sets):
        return None
    return Request(tool, text, tuple(map(arguments_of, sets)), parts=parts)


def _repeats(values: Mapping[str, Value]) -> bool:
    """Whether two arguments are the same text: nobody converts euros to euros."""
    texts = [value.value for value in values.values() if isinstance(value.value, str)]
    return len(set(texts)) < len(texts)


# ---------------------------------------------------------------- a stretch of a sentence

_SMALL = (
    "in|on|at|for|from|to|of|with|between|by|about|into|than|under|over|through|during|until|via|across|around|within"
)
_LEAD = re.compile(rf"(?:(?<![\w'])(?:{_SMALL}) )?(?:(?<![\w'])(?:a|an|the) )?[\"'($#]?$", re.IGNORECASE)
_MARKS = r"[\"')%°]{0,2}"
_TAIL = re.compile(_MARKS)
_UNIT = re.compile(
    rf"{_MARKS}(?:(?: |(?<=°))(?!(?:{_SMALL}|and|or|is|are|was|do|does|will|if|as|please)\b)[\w/²³-]+){{0,2}}"
    rf"(?=\s*$|[.,;?!]|\s(?:{_SMALL}|and|or|if|as|please)\b)"
)
"""What goes on after a number: `5 km/h`, `3 square metres`; nothing that would be another phrase."""
_CLAUSE = re.compile(
    r"[.?!;:\n=]|\b(?:i|i'm|i'd|we|you|it|it's|is|are|was|were|has|have|do|does|will|would|can)\b", re.I
)
_SINGULAR = re.compile(
    r"\s(?:is|isn't|was|has|hasn't|needs|says|complains|does|doesn't|weighs|costs|gives|went|lives)\b"
)
WORDS_BETWEEN = 4
"""Of the words between two values in a stretch, so many at most: else it is no phrase, but a clause."""
LONGEST = 3
"""Values of a stretch."""


def _stretches(
    tool: Tool, parts: Sequence[str | Slot], values: Mapping[str, Value]
) -> Iterator[tuple[int, int, str, str]]:
    """Where a stretch begins and ends among the parts, and what it takes of the text before and after it."""
    names = _variable(tool, values)
    said = [part.parameter for part in parts if isinstance(part, Slot)]
    for start, first in enumerate(parts):
        for end in range(start + 1, len(parts) + 1):
            slots = [part for part in parts[start:end] if isinstance(part, Slot)]
            if not isinstance(first, Slot) or not isinstance(parts[end - 1], Slot) or len(slots) > LONGEST:
                continue
            between = [part for part in parts[start:end] if isinstance(part, str)]
            if any(_CLAUSE.search(text) or len(text.split()) > WORDS_BETWEEN for text in between):
                continue
            if _halves([slot.path for slot in slots], said):
                continue
            if all(s.path in names and s.words is None and said.count(s.path) == 1 for s in slots):
                before, after = parts[max(start - 1, 0) : start], parts[end : end + 1]
                after_it = _TAIL if isinstance(values[slots[-1].path].value, str) else _UNIT
                lead, tail = _LEAD.search(_text(before)), after_it.match(_text(after))
                if lead and tail and not any(isinstance(part, Slot) for part in (*before, *after)):
                    yield start, end, lead[0], tail[0] if "(" in lead[0] else tail[0].partition(")")[0]


def _text(parts: Sequence[str | Slot]) -> str:
    """The text of a single part; nothing if it is none."""
    return "".join(part for part in parts if isinstance(part, str))


def _speak(parts: Sequence[str | Slot], said: Mapping[str, str | bool]) -> str:
    return "".join(part if isinstance(part, str) else part.say(said) for part in parts)


def _listed(pieces: Sequence[str], rng: random.Random) -> str:
    """The pieces as a list within a sentence."""
    if any(re.search(r", (?![^\[]*\])| and ", piece) for piece in pieces):
        *others, last = pieces
        return (
            f"{'; '.join(others)}{rng.choice(('; ', '; and ') if len(others) > 1 else (', and ', ', and also '))}{last}"
        )
    return _series_of(pieces, rng)


def _enumerated(values: Sequence[Value], quote: str, rng: random.Random) -> str:
    """The values as a list, each in the quotation marks that stand around it."""
    pieces = [str(value.said) if quote else _quoted(value) for value in values]
    said = _series_of([f"{quote}{piece}{quote}" for piece in pieces], rng)
    return said.removeprefix(quote).removesuffix(quote)


def _series_of(pieces: Sequence[str], rng: random.Random) -> str:
    *others, last = pieces
    joint = rng.choice((" and ", " and ", " and ", " and also ", " as well as ", ", and "))
    return f"{', '.join(others)}{joint if len(others) > 1 else joint.removeprefix(',')}{last}"


def _quoted(value: Value) -> str:
    """The value as it is said; a text that would not be seen as one thing, in quotation marks."""
    said = str(value.said)
    is_text = isinstance(value.value, str) and said == value.value
    return f'"{said}"' if is_text and (len(said.split()) > 3 or re.search(r",| and ", said)) else said


# ---------------------------------------------------------------- sets of arguments

_OPENINGS = ("", "", "Please ", "Can you ", "I need to ", "Could you ", "I want to ", "Help me ")
MOST = 12
"""Values that the sets of a request have together, at most."""
_ROWS = ("- {}", "* {}", "{number}. {}", "{number}) {}", "{}")


def _of_sets(deed: str, sets: Sequence[Mapping[str, Value]], common: Mapping[str, Value], rng: random.Random) -> str:
    opening = rng.choice(_OPENINGS)
    start = opening + deed if opening else deed[:1].upper() + deed[1:]
    mark = "?" if opening.startswith(("Can", "Could")) else "."
    also = _shared(common, rng)
    style = rng.randrange(5)
    glue = rng.choice((" ", " of ")) if style == 2 else "=" if style == 1 else " "
    spoken = [_set(values, glue, bare=style != 2) for values in sets]
    if style == 3:
        row, colon = rng.choice(_ROWS), rng.choice((": ", " = ", " "))
        rows = [
            row.format(_set(values, colon, bare=True), number=number) for number, values in enumerate(sets, start=1)
        ]
        return f"{start}{also}:\n" + "\n".join(rows)
    if style == 2:
        which = ("first", "second", "third", "fourth", "fifth", "sixth")
        cases = [f"{'and ' if n == len(spoken) - 1 else ''}the {which[n]} with {s}" for n, s in enumerate(spoken)]
        times = {2: "twice", 3: "three times", 4: "four times", 5: "five times", 6: "six times"}[len(sets)]
        return f"{start} {times}{also}: {', '.join(cases)}."
    if style == 4:
        listed = "; ".join(f"({number}) {said}" for number, said in enumerate(spoken, start=1))
        return f"{start}{also} for each of these: {listed}{mark if mark == '?' else ''}"
    joint, first = rng.choice(
        ((", and for ", " for "), ("; then for ", " for "), ("; ", ": "), (", and also for ", " for "))
    )
    return f"{start}{also}{first}{joint.join(spoken)}{mark}"


def _shared(common: Mapping[str, Value], rng: random.Random) -> str:
    if not common:
        return ""
    words = enumerate_words([f"{words_of(name)} {value.said}" for name, value in common.items()])
    return rng.choice((f" with {words}", f" ({words} in each case)"))


def _set(values: Mapping[str, Value], glue: str, bare: bool) -> str:
    """`base 3 and height 4`, `base=3, height=4`; `bare`: a single value without its name."""
    if len(values) == 1 and bare:
        return "".join(map(_quoted, values.values()))
    words = [f"{name if glue == '=' else words_of(name)}{_glue(glue, v)}{_quoted(v)}" for name, v in values.items()]
    has_more = any(" and " in word or "," in word for word in words)
    return ", ".join(words) if has_more or glue not in (" ", " of ") else enumerate_words(words)


def _glue(glue: str, value: Value) -> str:
    """`a base of 3`, but not `a city of Oslo`."""
    return " " if glue == " of " and isinstance(value.value, str) else glue
