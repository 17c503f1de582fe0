"""Requests: what a person says to have one tool called, together with the call that it means.

Requests for several calls of a tool are in `several`.
"""

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from sftctl.core.tools import Said
from sftctl.core.types import Json, Tool
from sftctl.plugins.toolcall import checks
from sftctl.plugins.toolcall.additions import added, can_be_added
from sftctl.plugins.toolcall.deeds import deed
from sftctl.plugins.toolcall.english import words_of
from sftctl.plugins.toolcall.guesses import Phrase, guess
from sftctl.plugins.toolcall.phrasing import Slot, Template, parse
from sftctl.plugins.toolcall.ranges import is_range
from sftctl.plugins.toolcall.values import Value, draw, enumerate_words, in_order, is_of_anything

PLAIN_SHARE = 0.15
"""Share of requests that are composed from the description even where the tool brings templates of its own."""
OPTIONAL_SHARE = 0.6
"""How often an optional parameter that a template can say is said."""
ADDED_SHARE = 0.35
"""How often one that the template cannot say is said after it."""
BARE_SHARE = 0.35
"""How often nothing is said of a tool's parameters where all of them are optional, so that it is called with `{}`."""

ASKED = 30
"""Requests that are tried before a tool is taken for one of which no example can be made."""


@dataclass(frozen=True)
class Request:
    """One sentence and the calls that it means, all of the same tool, in the order in which they are asked for."""

    tool: Tool
    text: str
    calls: tuple[dict[str, Json], ...]
    missing: str = ""
    """The required parameter that the text leaves unsaid, if any; the call has a value for it all the same."""
    parts: tuple[str, ...] = ()
    """The text in its parts, where each is for a call of its own."""
    supplied: str = ""
    """How the value of the missing parameter is said."""


def ask(tool: Tool, rng: random.Random) -> Request:
    """A request for one call."""
    template = template_of(tool, rng)
    bare = not tool.required and not template.spoken(()) and rng.random() < BARE_SHARE
    values = {} if bare else draw_values(tool, template, rng)
    text = template.say(said_of(template, values), rng)
    more = {} if bare else _draw_more(tool, template, values, rng)
    return Request(tool, added(text, values, more, rng), (arguments_of(values | more),))


def untaught(tools: Iterable[Tool]) -> dict[str, str]:
    """The tools without request templates of which no call passes the checks, each with the last reason."""
    return {tool.name: reason for tool in tools if not tool.asks and (reason := _refused(tool))}


def _refused(tool: Tool) -> str:
    rng, reason = random.Random(tool.name), ""
    for _ in range(ASKED):
        request = ask(tool, rng)
        (call,) = request.calls
        unsaid = checks.unsupported(call, request.text)
        reason = checks.schema_error(tool, call) or checks.run(tool, call)[1] or (unsaid and f"'{unsaid}' is not said")
        if not reason:
            return ""
    return reason


def ask_without(tool: Tool, rng: random.Random) -> Request | None:
    """A request that leaves one required argument unsaid; None where no template stands without one."""
    options = [
        (template, name)
        for template in map(parse, tool.asks)
        for name in tool.required
        if name in template.droppable() and set(tool.required) <= template.parameters()
    ]
    if tool.required and not tool.asks:
        names = [name for name in tool.required if tool.properties[name].get("type") != "boolean"]
        options = [(_compose(tool, rng, without=name), name) for name in names]
    if not options:
        return None
    template, missing = rng.choice(options)
    drawn = draw_values(tool, template, rng)
    lacking = {name: value for name, value in drawn.items() if name != missing}
    said = template.spoken(lacking)
    if missing in said or not set(tool.required) - {missing} <= said:
        return None  # another required argument shares its group
    values = {name: lacking[name] for name in lacking if name in said}
    values[missing] = drawn.get(missing) or _draw_distinct(tool, missing, values, rng)
    text = template.say(said_of(template, lacking), rng)
    call = arguments_of({name: values[name] for name in tool.properties if name in values})
    return Request(tool, text, (call,), missing, supplied=str(values[missing].said))


# ---------------------------------------------------------------- choosing what to say


def template_of(tool: Tool, rng: random.Random, plain: float = PLAIN_SHARE) -> Template:
    """One of the tool's templates or, by the share `plain` and where it has none, one out of its description."""
    own = _saying(tool.asks, tool.required)
    if not own or rng.random() < plain:
        return _compose(tool, rng)
    return rng.choice(own)


@lru_cache(maxsize=8192)
def _saying(asks: tuple[str, ...], required: tuple[str, ...]) -> tuple[Template, ...]:
    """The templates that can say all required parameters."""
    return tuple(template for template in map(parse, asks) if template.parameters().issuperset(required))


def draw_values(tool: Tool, template: Template, rng: random.Random) -> dict[str, Value]:
    """Values for the required parameters and for some of the optional ones that the template can say."""
    sayable, always = template.parameters(), {*tool.required, *template.spoken(())}
    names = [n for n in tool.properties if n in always or (n in sayable and rng.random() < OPTIONAL_SHARE)]
    spoken = template.spoken(names)
    values: dict[str, Value] = {}
    for name in names:
        if name in spoken:
            values[name] = _draw_distinct(tool, name, values, rng)
    by_name = any(isinstance(tool.values.get(name), Said) for name in values) and template not in map(parse, tool.asks)
    return in_order(bare_of(tool, values) if by_name else values, rng)


def _draw_more(tool: Tool, template: Template, values: Mapping[str, Value], rng: random.Random) -> dict[str, Value]:
    """Values for some of the optional parameters that the template cannot say; none that is half of a range."""
    said = template.parameters().union(tool.required)
    unsaid = [name for name in tool.properties if name not in said]
    names = [n for n in unsaid if can_be_added(tool.properties[n]) and rng.random() < ADDED_SHARE]
    names = [n for n in names if not any(is_range(n, other) or is_range(other, n) for other in tool.properties)]
    more: dict[str, Value] = {}
    for name in names:
        more[name] = _draw_distinct(tool, name, {**values, **more}, rng)
    return bare_of(tool, more)


def bare_of(tool: Tool, values: Mapping[str, Value]) -> dict[str, Value]:
    """The values as they are said after the names of their parameters: `initial speed 0`, not `from rest`."""
    own = {name for name in values if isinstance(tool.values.get(name), Said)}
    return {name: replace(v, said=str(v.value)) if name in own else v for name, v in values.items()}


def _draw_distinct(tool: Tool, name: str, others: Mapping[str, Value], rng: random.Random) -> Value:
    """A value that is not also another argument's: nobody converts metres to metres."""
    value = draw(tool, name, rng)
    for _ in range(4):
        if isinstance(value.value, bool) or all(value.value != other.value for other in others.values()):
            break
        value = draw(tool, name, rng)
    return value


def said_of(template: Template, values: Mapping[str, Value]) -> dict[str, str | bool]:
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


def arguments_of(values: Mapping[str, Value]) -> dict[str, Json]:
    return {name: value.value for name, value in values.items()}


# ---------------------------------------------------------------- a request from nothing but the schema


def _compose(tool: Tool, rng: random.Random, without: str = "") -> Template:
    """A template out of description and parameter names, for a tool that has none; `without` one that it requires."""
    wish, openings = _wish(tool, rng)
    done, placed, said = _in_place(tool, wish, without, rng)
    others = (name for name in tool.properties if name not in tool.required)
    optional = [name for name in others if not is_of_anything(tool.properties[name])]
    names = [name for name in tool.required if name not in (*said, without)]
    names = [*names, *rng.sample(optional, rng.randint(0, min(2, len(optional))))]
    style = rng.randrange(5)
    opening = rng.choice(openings)
    is_question = opening.startswith(("Can", "Could"))
    first_stop = "?" if is_question else "."
    parts: list[str | Slot] = []
    for index, name in enumerate(names):
        truths = ("true", "false") if style == 2 else ("yes", "no")
        slot = Slot(name, truths if tool.properties[name].get("type") == "boolean" else None)
        words = words_of(name)
        if style == 0:
            joint = " with " if index == 0 else " and " if index == len(names) - 1 else ", "
            parts += [f"{joint}{words} ", slot]
        elif style == 1:
            parts += [f"{first_stop} {words.capitalize()}: " if index == 0 else f", {words}: ", slot]
        elif style == 2:
            parts += [f"{': ' if index == 0 else ', '}{name}=", slot]
        elif style == 3:
            verb = "are" if tool.properties[name].get("type") == "array" and words.endswith("s") else "is"
            parts += [f"{', where ' if index == 0 else ' and '}the {words} {verb} ", slot]
        else:
            parts += [f"{' (' if index == 0 else ', '}{words} ", slot]
    if style == 4 and parts:
        parts.append(")")
    ending = "?" if is_question and not (style == 1 and parts) else rng.choice(("", "."))
    text = f"{opening}{done}" if opening else f"{done[:1].upper()}{done[1:]}"
    return Template((text, *placed, *parts, ending))


TOLD = 0.5
"""How often what is looked up is asked for as what one wants to be told."""
_ASKING = ("", "", "Please ", "Can you ", "Could you ")
_OPENINGS = (*_ASKING, "I need you to ", "I'd like to ")
_LOOKED_UP = re.compile(r"(?:get|retrieve|fetch|look up|find out|provide|return|read|show|give) (?!and |or )")
_TELLING = ("tell me", "let me know", "find out")
_GIVING = ("give me", "provide", "provide me with", "show me", "retrieve", "get me")


def _wish(tool: Tool, rng: random.Random) -> tuple[str, Sequence[str]]:
    """What is wished for, beginning with a verb, and what may stand before that."""
    done = deed_of(tool)
    told = _as_told(done, rng) if rng.random() < TOLD else ""
    return (told, _ASKING) if told else (done, _OPENINGS)


def _as_told(done: str, rng: random.Random) -> str:
    """`get the weather` as `tell me the weather`; nothing for another deed."""
    found = _LOOKED_UP.match(done)
    if not found:
        return ""
    sought = done[found.end() :]
    clause = sought.startswith(("how ", "what ", "which ", "who ", "where ", "when ", "whether ", "if "))
    return f"{rng.choice(_TELLING if clause else _TELLING + _GIVING)} {sought}"


IN_PLACE = 0.7
"""How often a value stands in the place of the words that speak of it."""
_CREATES = re.compile(
    r"(?:add|book|build|create|generate|insert|make|open|order|post|register|start|write)\b[^,]{0,12}$"
)


def _in_place(tool: Tool, done: str, without: str, rng: random.Random) -> tuple[str, list[str | Slot], list[str]]:
    """The deed with required values in it: `get the weather in a given city` has a city.

    Given are how it begins, how it goes on, and the parameters that it says.
    """
    parts: list[str | Slot] = []
    said: list[str] = []
    for name in tool.required if not tool.asks else ():  # templates of a tool's own say it better
        found = _spoken_of(name).search(done) if name != without and _is_short(tool, name) else None
        if found and not _CREATES.search(done[: found.start()]) and rng.random() < IN_PLACE:
            noun = f"{found['noun']} " if words_of(name).endswith((" id", " number", " identifier")) else ""
            parts += [done[: found.start()] + noun, Slot(name)]
            said.append(name)
            done = done[found.end() :]
    parts.append(done)
    return str(parts[0]), parts[1:], said


@lru_cache(maxsize=4096)
def _spoken_of(name: str) -> re.Pattern[str]:
    """`a city`, `a given city`, `the specified city`: what stands for a parameter in a description."""
    noun = re.sub(r" (?:id|identifier|number|name|code)$", "", words_of(name))
    given = "given|specified|specific|certain|particular|provided|single"
    return re.compile(rf"\b(?:an?(?: (?:{given}))?|the (?:{given})) (?P<noun>{re.escape(noun)})\b{_GOES_ON}")


_GOES_ON = r"(?=$|[,.;]| (?:in|on|at|for|to|from|by|with|and|up|over|into)\b)"


def _is_short(tool: Tool, name: str) -> bool:
    """Whether its values can stand in a sentence as they are: names, days, numbers; no list, and no sentence."""
    schema = tool.properties[name]
    if schema.get("type") not in ("string", "integer", "number"):
        return False
    return not isinstance(guess(schema, name, schema["type"], tool.name), Phrase)


_FURTHER = re.compile(r"[.;\n]|, (?:without|by|per|as|including|in|so|before|with|if|some|optionally) ")
"""Where a description goes on to say more than what is done."""


def deed_of(tool: Tool) -> str:
    """What the tool does, as an infinitive clause: `Returns the sum of a list.` → `return the sum of a list`."""
    clause = _FURTHER.split(tool.description.strip(), maxsplit=1)[0].strip() or words_of(tool.name)
    return deed(clause) or deed(words_of(tool.name))
