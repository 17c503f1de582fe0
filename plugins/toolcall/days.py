"""Relative days: `tomorrow`, `next Monday`, `three days ago`, in conversations that tell which day it is.

A weekday is only said where all readings of it agree: `next Monday` if it is the coming one and lies in the next
calendar week, `this Friday` if it lies in this one.
"""

import random
import re
from calendar import month_name
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from sftctl.core.quantities import WORDS
from sftctl.core.types import Json
from sftctl.plugins.toolcall.values import DAYS, FIRST_DAY, leaves, spoken_dates

_NEAR = {-2: "the day before yesterday", -1: "yesterday", 0: "today", 1: "tomorrow", 2: "the day after tomorrow"}
_ANNOUNCEMENTS = (
    "Today is {weekday}, {spoken}.", "Today's date is {iso}, a {weekday}.", "Current date: {iso} ({weekday})",
    "The current date is {weekday}, {spoken}.", "date: {iso}, {weekday}", "It is {weekday}, {spoken}.",
)  # fmt: skip
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(T.*)?")
_PREPOSITIONS = {"for", "by", "until", "till", "from", "since", "after", "before", "of", "to", "at", "is", "as", "and"}
AHEAD = 0.8
"""How often the days of a request lie ahead."""
SPAN = 14
"""Days that they lie ahead or back at most."""


def some_day(rng: random.Random) -> date:
    return FIRST_DAY + timedelta(days=rng.randrange(DAYS))


def announced(today: date, rng: random.Random) -> str:
    """What tells the assistant which day it is."""
    spoken = rng.choice(spoken_dates(today)[1:4])
    return rng.choice(_ANNOUNCEMENTS).format(iso=today.isoformat(), weekday=f"{today:%A}", spoken=spoken)


def relative_days(day: date, today: date) -> tuple[str, ...]:
    """The ways to say a day as seen from today; none where it is too far."""
    away = (day - today).days
    said = [_NEAR[away]] if away in _NEAR else []
    week = (day - timedelta(days=day.weekday()) - today + timedelta(days=today.weekday())).days // 7
    if 0 < abs(away) <= 7 and abs(week) < 2:
        name = f"{day:%A}"
        if away > 0:
            said += [f"this {name}", f"this coming {name}"] if week == 0 else [f"next {name}"]
        elif week < 0:
            said.append(f"last {name}")
    if 3 <= abs(away) <= SPAN:
        said.append(f"in {WORDS[away]} days" if away > 0 else f"{WORDS[-away]} days ago")
        said += [f"{WORDS[away]} days from now"] if away > 0 else []
    weeks = {7: ("in a week", "a week from now"), 14: ("in two weeks", "two weeks from now")}
    return (*said, *weeks.get(away, ()))


def spoken_days(day: date, today: date | None) -> tuple[str, ...]:
    """The ways to say a day, as seen from today too if that is known."""
    return spoken_dates(day) + (relative_days(day, today) if today else ())


def told_day(announcement: str) -> date | None:
    """The day that a message tells, in any of the forms that `announced` has; None where it tells none."""
    if iso := re.search(r"\d{4}-\d\d-\d\d", announcement):
        return _day_of(iso[0])
    spoken = re.search(r"(?:(\d+) ([A-Z][a-z]+)|([A-Z][a-z]+) (\d+)(?:st|nd|rd|th)?,) (\d{4})", announcement)
    if spoken is None or (month := spoken[2] or spoken[3]) not in month_name:
        return None
    try:
        return date(int(spoken[5]), [*month_name].index(month), int(spoken[1] or spoken[4]))
    except ValueError:
        return None


def brought_near(
    texts: Sequence[str], calls: Sequence[dict[str, Json]], today: date, rng: random.Random
) -> tuple[tuple[str, ...], tuple[dict[str, Json], ...]]:
    """Texts and calls with their days moved, in their order, to near today, and said as seen from there."""
    days = sorted({day for call in calls for leaf in leaves(call) if (day := _day_of(leaf))})
    if not 0 < len(days) < 5:
        return tuple(texts), tuple(calls)
    span = range(SPAN + 1) if rng.random() < AHEAD else range(-SPAN, 0)
    near = [today + timedelta(days=away) for away in sorted(rng.sample(span, len(days)))]
    moved = dict(zip(days, near, strict=True))
    for day, new in moved.items():
        texts = [_said(text, day, rng.choice(relative_days(new, today))) for text in texts]
    return tuple(texts), tuple(_moved(call, moved) for call in calls)


# ---------------------------------------------------------------- inside


def _day_of(value: Json) -> date | None:
    """The day that a date, or a date with a time, begins with."""
    iso = _ISO.fullmatch(value) if isinstance(value, str) else None
    try:
        return date.fromisoformat(iso[1]) if iso else None
    except ValueError:  # 2026-13-40 is a text like any other
        return None


def _moved(value: Json, moved: Mapping[date, date]) -> Json:
    if isinstance(value, dict):
        return {key: _moved(inner, moved) for key, inner in value.items()}
    if isinstance(value, list):
        return [_moved(inner, moved) for inner in value]
    day = _day_of(value)
    return f"{moved[day].isoformat()}{value[10:]}" if day else value


def _said(text: str, day: date, words: str) -> str:
    """The text with the day said in these words, and without an `on` that does not go with them."""
    forms = "|".join(map(re.escape, sorted(spoken_dates(day), key=len, reverse=True)))

    def said(found: re.Match[str]) -> str:
        before, new = found["before"] or "", words
        if before.casefold() == "on ":
            new = f"{new[:1].upper()}{new[1:]}" if before[0] == "O" else new
            before = ""
        elif before.strip() in _PREPOSITIONS and new.startswith("in "):  # not `for in three days`
            new = f"{new.removeprefix('in ')} from now"
        text = before + new
        return text if found.start() else text[:1].upper() + text[1:]

    return re.sub(rf"(?P<before>\b[A-Za-z]+ )?(?<![\w=-])(?:{forms})(?![\w-])", said, text)
