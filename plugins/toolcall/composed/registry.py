"""Composed tools: entities × actions × attributes, thousands of distinct schemas with the requests for them.

They are schemas to read, so that no two runs learn one fixed catalogue; where one is to be run, its results are drawn
(`results`). Everything about one is
drawn: which attributes are its parameters and which of them are required, how functions and parameters are
spelled, how wordy the descriptions are, and which ways of asking its requests are made of.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sftctl.core.tools import Pick, Size, Source
from sftctl.core.types import Json, Tool, canonical_json
from sftctl.plugins.toolcall.composed.actions import ACTIONS, OPENINGS, Action
from sftctl.plugins.toolcall.composed.attributes import SHARED, Attribute, article, choice, limits, several, text
from sftctl.plugins.toolcall.composed.entities import ENTITIES, Entity
from sftctl.plugins.toolcall.composed.pastimes import PASTIMES
from sftctl.plugins.toolcall.composed.results import ANSWERS, fields_of, result_of
from sftctl.plugins.toolcall.composed.spelling import Spelling
from sftctl.plugins.toolcall.settings import hits
from sftctl.plugins.toolcall.values import enumerate_words

THINGS = (*ENTITIES, *PASTIMES)
CODES = 40
"""Numbers of things (`INV-20418`) that a tool's requests choose from."""


def registry(count: int, seed: int | str, answered: float = 0) -> tuple[Tool, ...]:
    """`count` tools of different names and schemas; the same for the same seed.

    The share `answered` of them gives results, and can say what they mean.

    The first several hundred are about different things or do different kinds of things, so that a request for one
    can be served by no other; after that, tools that overlap follow.
    """
    rng = random.Random(f"registry/{seed}")
    tools: dict[str, Tool] = {}
    schemas: set[str] = set()
    while True:
        for entity, action in deal(rng):
            tool = _compose(entity, action, rng, answered)
            schema = canonical_json([tool.description, tool.parameters])
            if tool.name not in tools and schema not in schemas:
                tools[tool.name] = tool
                schemas.add(schema)
            if len(tools) >= count:
                return tuple(tools.values())


def compose(rng: random.Random) -> Tool:
    """One tool, about anything."""
    entity = rng.choice(THINGS)
    return _compose(entity, rng.choice([action for action in ACTIONS if _fits(entity, action)]), rng)


def deal(rng: random.Random) -> list[tuple[Entity, Action]]:
    """Every entity with every action that fits it, in random order; first one action of each family."""
    pairs = [(entity, action) for entity in THINGS for action in ACTIONS if _fits(entity, action)]
    rng.shuffle(pairs)
    first: dict[tuple[str, str], tuple[Entity, Action]] = {}
    rest = []
    for entity, action in pairs:
        if (family := (entity.singular, action.family)) in first:
            rest.append((entity, action))
        else:
            first[family] = (entity, action)
    return [*first.values(), *rest]


def _fits(entity: Entity, action: Action) -> bool:
    numeric = [a for a in entity.attributes if _is_figure(a)]
    if action.objects == ("*",):
        return bool(entity.estimates)
    return len(numeric) > 1 if action.takes == "numbers" or action.objects == ("#",) else True


def _is_figure(attribute: Attribute) -> bool:
    return attribute.kind in ("integer", "number") and attribute.unit not in ("", "#")


# ---------------------------------------------------------------- one tool


@dataclass(frozen=True)
class _Draft:
    """The parts of a tool that is being composed."""

    entity: Entity
    action: Action
    object: str
    whole: tuple[Attribute, ...]
    """Attributes of the entity that are parameters."""
    others: tuple[Attribute, ...]
    """Keys and settings."""
    required: frozenset[str]
    """Slots of the required ones."""


def _compose(entity: Entity, action: Action, rng: random.Random, answered: float = 0) -> Tool:
    draft = _draft(entity, action, rng)
    spelling = Spelling.drawn(rng)
    attributes = [*draft.others, *draft.whole]
    if rng.random() < 0.3:
        rng.shuffle(attributes)
    names = spelling.names(attributes, entity.singular, rng)
    properties: dict[str, Json] = {}
    values: dict[str, Source | Size] = {}
    for attribute in attributes:
        name = names[attribute.slot]
        properties[name] = _described(attribute, entity, rng)
        values |= {f"{name}{path}": source for path, source in attribute.sources.items()}
    required = [names[attribute.slot] for attribute in attributes if attribute.slot in draft.required]
    tool = Tool(
        name=spelling.function(rng.choice(action.verbs), _named_after(draft), entity.domain, rng),
        description=_description(draft, rng),
        parameters={"type": "object", "properties": properties, "required": required},
        asks=_asks(draft, names, rng),
        values=values,
        domain=entity.domain,
    )
    return _answering(tool, draft, names, answered)


def _answering(tool: Tool, draft: _Draft, names: Mapping[str, str], share: float) -> Tool:
    """The tool, if it belongs to the share, with results and an answer. Chance of its own leaves other tools alone."""
    rng = random.Random(f"{tool.name}/{tool.description}")
    if not hits(share, rng):
        return tool
    told = _fill(rng.choice(ANSWERS[draft.action.verbs[0]]), draft)
    run = result_of(tool.name, draft.entity, draft.object, fields_of(told))
    return replace(tool, run=run, answer=_SLOT.sub(lambda slot: "{" + names.get(slot[1], slot[1]), told))


def _named_after(draft: _Draft) -> str:
    noun = draft.entity.many if draft.action.plural else draft.entity.singular
    return f"{noun} {draft.object}" if draft.object else noun


def _draft(entity: Entity, action: Action, rng: random.Random) -> _Draft:
    """Which parameters the tool has, and which of them must be given."""
    figures = [a for a in entity.attributes if _is_figure(a)]
    thing = rng.choice(entity.estimates) if action.objects == ("*",) else ""
    if action.objects == ("#",):
        thing = rng.choice(figures).noun
    elif action.objects and not thing:
        thing = rng.choice(action.objects)
    keys = _keys(entity, action, rng)
    settings = list(action.needs)
    if action.takes == "numbers":
        settings.append(choice("criterion", ", ".join(figure.noun for figure in figures)))
    elif action.takes == "nouns":
        settings.append(choice("field", ", ".join(a.noun for a in _some(entity.attributes, 3, 6, rng))))
    extras = _some(action.extras, 0, 2, rng)
    if action.takes == "aspect" and rng.random() < 0.8:
        extras.append(choice("aspect", ", ".join(a.noun for a in _some(entity.attributes, 2, 5, rng))))
    taken = {a.slot for a in (*keys, *settings, *extras)}
    whole = [a for a in _whole(entity, action, rng) if a.slot not in taken and a.noun != thing]
    must = whole[: 1 if action.takes == "changes" else rng.choice((0, 1, 1, 2, 2, 3) if len(whole) > 2 else (1, 1, 2))]
    required = frozenset(a.slot for a in (*keys, *settings, *must))
    return _Draft(entity, action, thing, tuple(whole), (*keys, *settings, *extras), required)


def _keys(entity: Entity, action: Action, rng: random.Random) -> tuple[Attribute, ...]:
    if not action.points:
        return ()
    source = entity.keys
    if isinstance(source, str):
        source = Pick(*dict.fromkeys(entity.some_key(rng) for _ in range(CODES)))
    if action.points == "keys":
        return (several("keys", source, "", Size(2, 4)),)
    return tuple(text(noun, source) for noun in (("first", "second") if action.points == "pair" else ("key",)))


def _whole(entity: Entity, action: Action, rng: random.Random) -> list[Attribute]:
    """Some of the entity's attributes, as the action has them."""
    if action.takes == "changes":
        return _some([a for a in entity.attributes if a.is_plain], 1, 3, rng)
    if action.takes not in ("limits", "fields"):
        return []
    chosen = _some(entity.attributes, 2, 5, rng)
    if rng.random() < 0.25:
        chosen += [a for a in _some(SHARED, 1, 1, rng) if a.noun not in {b.noun for b in entity.attributes}]
    if action.takes == "limits":
        chosen = [rng.choice(limits(attribute)) for attribute in chosen]
    return chosen


def _some(attributes: Sequence[Attribute], low: int, high: int, rng: random.Random) -> list[Attribute]:
    return rng.sample(attributes, min(len(attributes), rng.randint(low, high)))


# ---------------------------------------------------------------- descriptions


def _described(attribute: Attribute, entity: Entity, rng: random.Random) -> dict[str, Json]:
    """The schema of a parameter, with a description that is more or less wordy."""
    noun, unit, thing = attribute.noun, attribute.unit.strip("#"), entity.singular
    if attribute.slot in ("key", "keys", "first", "second"):
        which = {"key": f"of the {thing}", "keys": f"of each {thing}"}.get(attribute.slot, f"of the {noun} {thing}")
        return {**attribute.schema, "description": f"{entity.key[:1].upper()}{entity.key[1:]} {which}"}
    subject = f"Number of {noun}" if attribute.unit == "#" else noun[:1].upper() + noun[1:]
    if attribute.kind == "boolean":
        yes, no = attribute.phrase.strip("{:}").split("|")
        words = rng.choice((f"True: {yes}; false: {no}", subject, f"{subject} (yes or no)"))
    else:
        measured = f" in {unit}" if unit else ""
        extra = " (YYYY-MM-DD)" if attribute.schema.get("format") == "date" else ""
        extra = " (24-hour HH:MM)" if attribute.schema.get("format") == "time" else extra
        words = rng.choice(
            (
                f"{subject}{measured}{extra}",
                f"{subject} of the {thing}{measured}{extra}",
                f"{subject}{measured}{extra}.",
            )
        )
        if "enum" in attribute.schema and rng.random() < 0.3:
            words = f"{words.rstrip('.')}: one of {', '.join(attribute.schema['enum'])}"
    return {**attribute.schema, "description": words}


def _description(draft: _Draft, rng: random.Random) -> str:
    nouns = [attribute.noun for attribute in draft.whole[:3]]
    options = [d for d in draft.action.describes if nouns or "<nouns>" not in d]
    text = _fill(rng.choice(options).replace("<nouns>", enumerate_words(nouns)), draft)
    entity = draft.entity
    more = (
        "", "", "", "", f" Part of the {entity.domain} service.", f" Works on one {entity.singular} at a time.",
        " Only what is given is taken into account.", f" Returns the affected {entity.many}.",
        " Optional settings fall back to their defaults.",
    )  # fmt: skip
    addition = rng.choice([m for m in more if not (draft.action.plural and "at a time" in m)])
    return f"{text}.{addition}" if addition or rng.random() < 0.6 else text


# ---------------------------------------------------------------- requests


def _asks(draft: _Draft, names: Mapping[str, str], rng: random.Random) -> tuple[str, ...]:
    """Templates in several registers, each of which can say all that is required."""
    action = draft.action
    opened = map(_opened, rng.choices(action.deeds, k=3), rng.sample(OPENINGS, 3))
    sources = [*opened, *rng.sample(action.asks, 4)]
    asks: list[str] = []
    for source in sources:
        text = _with_slots(_without_missing(_fill(_marked(source, draft, rng), draft), names), names)
        is_sentence = re.sub(r"\[[^\]]*\]", "", text).endswith((".", "?", "!"))
        asks.append(text[:1].upper() + text[1:] if is_sentence else text)
    return tuple(dict.fromkeys(asks))


def _opened(deed: str, opening: str) -> str:
    """`{Deed}, please.` with the deed in it."""
    return opening.replace("{Deed}", deed[:1].upper() + deed[1:]).replace("{deed}", deed)


def _fill(text: str, draft: _Draft) -> str:
    entity, thing = draft.entity, draft.object
    marks = {"<s>": entity.singular, "<a>": article(entity.singular), "<p>": entity.many, "<e>": thing}
    marks["<ae>"] = article(thing) if thing else ""
    for mark, noun in marks.items():
        text = text.replace(mark, noun)
    return text


def _marked(text: str, draft: _Draft, rng: random.Random) -> str:
    """The marks for parameters as slots in their groups."""
    entity = draft.entity
    named = isinstance(entity.keys, Pick) and "title" in entity.key
    key = '"{key}"' if named and rng.random() < 0.6 else "{key}"
    text = text.replace("<key>", rng.choice((f"the <s>[ {key}]", f"the <s> {key}", f"<s> {key}")))
    text = text.replace("<keys>", rng.choice(("the <p> {keys}", "<p> {keys}")))
    loose = rng.random() < 0.5
    text = text.replace("<what>", "".join(_phrase(a, a.slot in draft.required and not loose) for a in draft.whole))
    text = text.replace("<terse>", "".join(_note(a, a.slot in draft.required) for a in draft.whole))
    if draft.action.takes == "changes":
        first, *more = draft.whole
        changes = "".join(f"[ and the {_what(a)} to {_amount(a)}]" for a in more)
        text = text.replace("<set>", f"the {_what(first)} to {_amount(first)}{changes}")
        news = "".join(f"[, and the {_what(a)} is {_amount(a)}]" for a in more)
        text = text.replace("<now>", f"the {_what(first)} is now {_amount(first)}{news}")
    return text


def _what(attribute: Attribute) -> str:
    return f"number of {attribute.noun}" if attribute.unit == "#" else attribute.noun


def _amount(attribute: Attribute) -> str:
    return f"{{{attribute.slot}}} {attribute.unit.strip('#')}".rstrip()


def _phrase(attribute: Attribute, bare: bool) -> str:
    said = re.sub(r"\{(?=[}:.])", "{" + attribute.slot, attribute.phrase)
    return f" {said}" if bare else f"[ {said}]"


def _note(attribute: Attribute, bare: bool) -> str:
    """In note form."""
    if attribute.kind in ("boolean", "object"):
        said = re.sub(r"\{(?=[}:.])", "{" + attribute.slot, attribute.phrase)
    else:
        said = f"{attribute.noun} {_amount(attribute)}"
    return f", {said}" if bare else f"[, {said}]"


_SLOT = re.compile(r"\{(\w+)")


def _without_missing(text: str, names: Mapping[str, str]) -> str:
    """The template without the groups that speak of parameters which the tool does not have."""

    def kept(group: re.Match[str]) -> str:
        return group[0] if all(slot in names for slot in _SLOT.findall(group[0])) else ""

    return re.sub(r"\[[^\]]*\]", kept, text)


def _with_slots(text: str, names: Mapping[str, str]) -> str:
    return _SLOT.sub(lambda slot: "{" + names[slot[1]], text)
