"""Results: what composed tools give back, and how it is told, so that their calls can be carried out in a dialogue.

Nothing happens in them. A result is drawn from the name of the tool and the arguments, so the same call gives the
same result.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sftctl.core.types import Json, Tool, canonical_json
from sftctl.plugins.toolcall.attributes import PERSON, Attribute
from sftctl.plugins.toolcall.english import words_of
from sftctl.plugins.toolcall.entities import Entity
from sftctl.plugins.toolcall.values import DAYS, FIRST_DAY, draw

ANSWERS: dict[str, tuple[str, ...]] = {
    "find": ("I found {matches} <p>, among them {found}.", "There are {matches} such <p>: {found} and others."),
    "count": ("There are {matches} such <p>.", "I count {matches} <p>."),
    "aggregate": ("The {statistic} <e> of these <p> is {figure}.", "It comes to {figure}."),
    "create": ("Done, the new <s> is {new_key}.", "The <s> has been created as {new_key}."),
    "update": ("The <s> {key} has been updated (version {version}).", "Done, it has version {version} now."),
    "delete": ("The <s> {key} is gone; the receipt is {receipt}.", "Deleted, receipt {receipt}."),
    "archive": ("The <s> {key} is in the archive now, under {receipt}.", "Archived as {receipt}."),
    "get": ("The {field} of the <s> {key}: {value}.", "It is {value}."),
    "schedule": ("The <e> of the <s> {key} is on the calendar as {receipt}.", "Scheduled for {date}: {receipt}."),
    "remind": ("I'll remind you of the <s> {key} on {date}.", "The reminder {receipt} is set for {date}."),
    "compare": ("The <p> {first} and {second} differ in {differences}.", "They differ in {differences}."),
    "rank": ("By {criterion}, the order is {ranking}.", "The order of the <p> is {ranking}."),
    "estimate": ("The likely <e> is {figure}.", "I estimate the <e> at {figure}."),
    "export": ("{matches} <p> are in the file {file} now.", "The <p> have been written to {file}."),
    "share": ("{recipients} can see the <s> {key} now.", "The <s> is shared: {link}."),
    "subscribe_to": ("The alert {receipt} is active.", "You will hear of new <p>; the alert is {receipt}."),
    "assign": ("{person} is responsible for the <s> {key} now.", "Done, the <s> {key} belongs to {person}."),
    "tag": ("The <s> {key} is labeled {labels} now.", "Done, it has {matches} labels now."),
    "rate": ("Thank you, the <s> {key} has an average of {average} now.", "Rated; the average is {average}."),
    "convert": ("The <s> {key} is in the file {file} now.", "Here it is: {file}."),
    "copy": ("The copy of the <s> {key} is {new_key}.", "Done, it is {new_key}."),
    "get_history_of": ("{editor_name} changed it last, on {changed_on}.", "The last change was on {changed_on}."),
}  # fmt: skip
"""First verb of an action → how its result is told. The marks are those of `actions`; a slot that is no parameter is a
key of the result."""


@dataclass(frozen=True)
class _Call:
    """What a result is drawn for."""

    entity: Entity
    object: str
    arguments: Mapping[str, Json]

    def key(self, rng: random.Random) -> Json:
        return self.entity.some_key(rng)

    def keys(self, rng: random.Random) -> Json:
        return [self.entity.some_key(rng) for _ in range(rng.choice((2, 3)))]

    def figure(self, rng: random.Random) -> Json:
        return self.day(rng) if "date" in self.object else round(rng.uniform(2, 900), rng.choice((0, 1, 2)))

    def day(self, rng: random.Random) -> Json:
        return (FIRST_DAY + timedelta(days=rng.randrange(DAYS))).isoformat()

    def value(self, rng: random.Random) -> Json:
        """One of the entity's attribute that an argument names."""
        asked = [a for a in self.entity.attributes if a.noun in self.arguments.values()]
        return _some_value(asked[0], rng) if asked else self.figure(rng)

    def differences(self, rng: random.Random) -> Json:
        return [attribute.noun for attribute in rng.sample(self.entity.attributes, rng.choice((1, 2)))]

    def ranking(self, rng: random.Random) -> Json:
        """The list among the arguments, in another order."""
        given = next(value for value in self.arguments.values() if isinstance(value, list))
        return rng.sample(given, len(given))


_FIELDS: dict[str, Callable[[_Call, random.Random], Json]] = {
    "matches": lambda call, rng: rng.randint(3, 60),
    "found": _Call.keys,
    "new_key": _Call.key,
    "figure": _Call.figure,
    "value": _Call.value,
    "version": lambda call, rng: rng.randint(2, 19),
    "receipt": lambda call, rng: f"{rng.choice('ABCDEFGH')}{rng.randint(10_000, 99_999)}",
    "differences": _Call.differences,
    "ranking": _Call.ranking,
    "file": lambda call, rng: f"{call.entity.domain}_{rng.randint(100, 999)}".replace(" ", "_"),
    "link": lambda call, rng: f"https://example.com/s/{rng.randint(100_000, 999_999)}",
    "average": lambda call, rng: round(rng.uniform(1, 5), 1),
    "editor_name": lambda call, rng: rng.choice(PERSON.options),
    "changed_on": _Call.day,
}
_BESIDES = ("version", "receipt", "changed_on")
"""What a result may have that the answer does not tell."""


def result_of(name: str, entity: Entity, thing: str, fields: tuple[str, ...]) -> Callable[..., Json]:
    """What runs the tool of this name: its result has these fields, and now and then others."""

    def run(**arguments: Json) -> Json:
        rng = random.Random(f"{name}/{canonical_json(arguments)}")
        call = _Call(entity, thing, arguments)
        told = dict.fromkeys((*fields, *rng.sample(_BESIDES, rng.choice((0, 0, 1)))))
        return {field: _FIELDS[field](call, rng) for field in told}

    return run


def fields_of(answer: str) -> tuple[str, ...]:
    """The fields of the result that an answer tells."""
    return tuple(field for field in _FIELDS if f"{{{field}}}" in answer)


def _some_value(attribute: Attribute, rng: random.Random) -> Json:
    alone = Tool(
        attribute.slot,
        "",
        {"type": "object", "properties": {attribute.slot: attribute.schema}},
        values={f"{attribute.slot}{path}": source for path, source in attribute.sources.items()},
    )
    return draw(alone, attribute.slot, rng).value


# ---------------------------------------------------------------- results of tools that have no words for them

LONGEST, MOST = 300, 8
"""Characters of a text, and entries of a list or an object, that an answer repeats."""


def told(result: Json) -> str:
    """What somebody's function gave back, as an answer; nothing where it is too much, or too deep, for one."""
    if isinstance(result, dict):
        said = [f"{words_of(key)} {_said(value)}" for key, value in result.items() if _said(value)]
        return f"The result: {', '.join(said)}." if said and len(said) == len(result) <= MOST else ""
    if isinstance(result, list):
        said = list(map(_said, result))
        if not said:
            return "The result is empty."
        return f"The result: {', '.join(said)}." if all(said) and len(said) <= MOST else ""
    if result is None:
        return "Done."
    if isinstance(result, bool):
        return f"The answer is {_said(result)}."
    text = _said(result)
    return text if text.endswith((".", "!", "?")) else f"The result is {text}." if text else ""


def _said(value: Json) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int | float) or (isinstance(value, str) and len(value) <= LONGEST) else ""
