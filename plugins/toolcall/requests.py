"""Requests: what a person says to have one tool called, together with the call that it means."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sftctl.core.types import Json, Tool
from sftctl.plugins.toolcall.phrasing import Slot, Template, parse
from sftctl.plugins.toolcall.values import Value, draw, enumerate_words, words_of

PLAIN_SHARE = 0.15
"""Share of requests that are composed from the description even where the tool brings templates of its own."""
OPTIONAL_SHARE = 0.55
"""How often an optional parameter that a template can say is said."""


AGAIN = (
    "Do the same for {}.",
    "And the same with {}.",
    "Also for {}.",
    "Then again with {} instead.",
    "Repeat it for {}.",
    "And what about {}?",
)


@dataclass(frozen=True)
class Request:
    """One sentence and the calls that it means, all of the same tool, in the order in which they are asked for."""

    tool: Tool
    text: str
    calls: tuple[dict[str, Json], ...]
    missing: str = ""
    """The required parameter that was left unsaid, if any; there is then nothing to call."""
    parts: tuple[str, ...] = ()
    """The text in its parts, where each is for a call of its own."""


def ask(tool: Tool, rng: random.Random) -> Request:
    """A request for one call."""
    template = _template(tool, rng)
    values = _draw_values(tool, template, rng)
    return Request(tool, template.say(_said(template, values), rng), (_arguments(values),))


def ask_many(tool: Tool, count: int, rng: random.Random) -> Request | None:
    """A request for `count` calls in one sentence: one or two values are enumerated, the others shared.

    None where the tool has nothing to enumerate.
    """
    template = _template(tool, rng)
    values = _draw_values(tool, template, rng)
    scalars = [name for name, value in values.items() if _is_scalar(tool, name, value)]
    if not scalars:
        return None
    varied = rng.sample(scalars, min(len(scalars), rng.choice((1, 1, 2))))
    series: dict[str, list[Value]] = {name: [values[name]] for name in varied}
    for name, drawn in series.items():
        for _ in range(count * 5):
            value = draw(tool, name, rng)
            if len(drawn) < count and value.value not in [other.value for other in drawn]:
                drawn.append(value)
        if len(drawn) < count:
            return None
    said = _said(template, values)
    said |= {name: enumerate_words([str(value.said) for value in drawn]) for name, drawn in series.items()}
    text = template.say(said, rng)
    if len(varied) == 2:
        text = re.sub(r"([.?!]?)$", r", respectively\1", text, count=1)
    calls = [values | {name: drawn[index] for name, drawn in series.items()} for index in range(count)]
    return Request(tool, text, tuple(map(_arguments, calls)))


def ask_sets(tool: Tool, count: int, rng: random.Random) -> Request | None:
    """A request for `count` calls that gives each its own set of arguments: `… for base 3 and height 4, and for …`.

    None where the tool requires nothing.
    """
    names = [*tool.required, *(n for n in tool.properties if n not in tool.required and rng.random() < 0.15)]
    if not tool.required or any(tool.properties[name].get("type") == "boolean" for name in names):
        return None
    sets = [{name: draw(tool, name, rng) for name in names} for _ in range(count)]
    style = rng.randrange(3) if len(names) > 1 else 2
    spoken = []
    for values in sets:
        if style == 0:
            spoken.append(enumerate_words([f"{words_of(name)} {value.said}" for name, value in values.items()]))
        elif style == 1:
            spoken.append(", ".join(f"{name}={value.said}" for name, value in values.items()))
        else:
            spoken.append(rng.choice((", ", " and ")).join(str(value.said) for value in values.values()))
    deed = _deed(tool)
    opening = rng.choice(("", "Please ", "Can you ", "I need to ", "Could you "))
    start = f"{opening}{deed}" if opening else deed[:1].upper() + deed[1:]
    joint, first = rng.choice(
        ((", and for ", " for "), ("; then for ", " for "), ("; ", ": "), (" and also for ", " for "))
    )
    end = "?" if opening.startswith(("Can", "Could")) else "."
    return Request(tool, f"{start}{first}{joint.join(spoken)}{end}", tuple(map(_arguments, sets)))


def ask_again(tool: Tool, count: int, rng: random.Random, ways: tuple[str, ...] = AGAIN) -> Request | None:
    """A request for `count` calls: one said in full, each of the others by what is different in it.

    None where nothing can be different.
    """
    template = _template(tool, rng)
    values = _draw_values(tool, template, rng)
    scalars = [name for name, value in values.items() if _is_scalar(tool, name, value)]
    if not scalars:
        return None
    parts, calls = [template.say(_said(template, values), rng)], [_arguments(values)]
    for _ in range(count - 1):
        name = rng.choice(scalars)
        value = draw(tool, name, rng)
        calls.append(_arguments(values | {name: value}))
        words = f"{words_of(name)} {value.said}"
        if isinstance(value.value, str) and rng.random() < 0.5:
            words = str(value.said)
        if parts[-1][-1] not in ".?!":
            parts[-1] += "."
        parts.append(rng.choice(ways).format(words))
    return Request(tool, " ".join(parts), tuple(calls), parts=tuple(parts))


def ask_without(tool: Tool, rng: random.Random) -> Request | None:
    """A request that leaves one required argument unsaid; None where no template stands without one."""
    options = [
        (template, name)
        for template in map(parse, tool.asks)
        for name in tool.required
        if name in template.droppable() and set(tool.required) <= template.parameters()
    ]
    if tool.required and not tool.asks:
        options = [(_compose(tool, rng), name) for name in tool.required]
    if not options:
        return None
    template, missing = rng.choice(options)
    values = _draw_values(tool, template, rng)
    values.pop(missing, None)
    said = template.spoken(values)
    if missing in said or not set(tool.required) - {missing} <= said:
        return None  # another required argument shares its group
    return Request(tool, template.say(_said(template, values), rng), (), missing)


# ---------------------------------------------------------------- choosing what to say


def _template(tool: Tool, rng: random.Random) -> Template:
    required = set(tool.required)
    own = [template for template in map(parse, tool.asks) if required <= template.parameters()]
    if not own or rng.random() < PLAIN_SHARE:
        return _compose(tool, rng)
    return rng.choice(own)


def _draw_values(tool: Tool, template: Template, rng: random.Random) -> dict[str, Value]:
    """Values for the required parameters and for some of the optional ones that the template can say."""
    sayable, always = template.parameters(), {*tool.required, *template.spoken(())}
    names = [n for n in tool.properties if n in always or (n in sayable and rng.random() < OPTIONAL_SHARE)]
    spoken = template.spoken(names)
    values: dict[str, Value] = {}
    for name in names:
        if name in spoken:
            values[name] = _draw_distinct(tool, name, values, rng)
    return values


def _draw_distinct(tool: Tool, name: str, others: Mapping[str, Value], rng: random.Random) -> Value:
    """A value that is not also another argument's: nobody converts metres to metres."""
    value = draw(tool, name, rng)
    for _ in range(4):
        if isinstance(value.value, bool) or all(value.value != other.value for other in others.values()):
            break
        value = draw(tool, name, rng)
    return value


def _said(template: Template, values: Mapping[str, Value]) -> dict[str, str | bool]:
    """Slot path → words. A field of an object is said from the object's value."""
    said: dict[str, str | bool] = {}
    for slot in template.slots():
        if slot.parameter in values:
            said[slot.path] = _field(values[slot.parameter], slot)
    return said


def _field(value: Value, slot: Slot) -> str | bool:
    if "." not in slot.path:
        return value.said
    inner = value.value
    for key in slot.path.split(".")[1:]:
        inner = inner[key]
    if isinstance(inner, bool):
        return inner
    return enumerate_words([str(item) for item in inner]) if isinstance(inner, list) else str(inner)


def _arguments(values: Mapping[str, Value]) -> dict[str, Json]:
    return {name: value.value for name, value in values.items()}


def _is_scalar(tool: Tool, name: str, value: Value) -> bool:
    return isinstance(value.value, str | int | float) and not isinstance(value.value, bool)


# ---------------------------------------------------------------- a request from nothing but the schema


def _compose(tool: Tool, rng: random.Random) -> Template:
    """A template out of description and parameter names, for a tool that has none."""
    deed = _deed(tool)
    optional = [name for name in tool.properties if name not in tool.required]
    names = [*tool.required, *rng.sample(optional, rng.randint(0, min(2, len(optional))))]
    style = rng.randrange(5)
    parts: list[str | Slot] = []
    for index, name in enumerate(names):
        slot = Slot(name, ("yes", "no") if tool.properties[name].get("type") == "boolean" else None)
        words = words_of(name)
        if style == 0:
            joint = " with " if index == 0 else " and " if index == len(names) - 1 else ", "
            parts += [f"{joint}{words} ", slot]
        elif style == 1:
            parts += [f"{'. ' if index == 0 else ', '}{words.capitalize() if index == 0 else words}: ", slot]
        elif style == 2:
            parts += [f"{': ' if index == 0 else ', '}{name}=", slot]
        elif style == 3:
            parts += [f"{', where ' if index == 0 else ' and '}the {words} is ", slot]
        else:
            parts += [f"{' (' if index == 0 else ', '}{words} ", slot]
    opening = rng.choice(("", "", "Please ", "Can you ", "I need you to ", "I'd like to ", "Could you "))
    if style == 4 and parts:
        parts.append(")")
    ending = "?" if opening.startswith(("Can", "Could")) else rng.choice(("", "."))
    text = f"{opening}{deed}" if opening else deed[:1].upper() + deed[1:]
    return Template((text, *parts, ending))


def _deed(tool: Tool) -> str:
    """What the tool does, as an infinitive clause: `Returns the sum of a list.` → `return the sum of a list`."""
    clause = re.split(r"[.;\n]", tool.description.strip(), maxsplit=1)[0].strip() or words_of(tool.name)
    first, space, rest = clause.partition(" ")
    if re.fullmatch(r"[A-Za-z]+[^s\W]s", first):
        first = first.removesuffix("s")
    return f"{first[:1].lower()}{first[1:]}{space}{rest}"
