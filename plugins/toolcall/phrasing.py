"""Request templates: a small language in which a tool says how people ask for it.

    {p}           the value of parameter p, as a person would say it; {p.q} a field of an object
    {p:yes|no}    the words for true and for false
    (a|b|c)       one of these
    […]           said only when every parameter in it is given

`parse` reads a template once; `Template.say` speaks it with chosen values.
"""

import random
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sftctl.core.errors import ToolsetError


@dataclass(frozen=True)
class Slot:
    path: str
    words: tuple[str, str] | None = None
    """What to say for true and for false; None for a value that is said as it is."""

    @property
    def parameter(self) -> str:
        return self.path.partition(".")[0]

    def say(self, said: Mapping[str, str | bool]) -> str:
        if self.words is not None:
            return self.words[0] if said[self.path] else self.words[1]
        return str(said[self.path])


@dataclass(frozen=True)
class Choice:
    options: tuple["Template", ...]


@dataclass(frozen=True)
class Group:
    body: "Template"


@dataclass(frozen=True)
class Template:
    """A parsed template: literal text, slots, choices and groups in order."""

    parts: tuple[str | Slot | Choice | Group, ...]

    def slots(self) -> tuple[Slot, ...]:
        """Every slot, in order."""
        return self._slots

    def parameters(self) -> frozenset[str]:
        """Every parameter that can be said."""
        return self._parameters

    def spoken(self, given: Collection[str]) -> frozenset[str]:
        """The parameters of `given` that the sentence says: a group is silent unless all of it is given."""
        given = set(given)
        return frozenset().union(*(said for said, certain in self._pieces if certain or said <= given))

    def droppable(self) -> frozenset[str]:
        """The parameters without which the sentence still stands, since they occur in groups alone."""
        return self.parameters() - self.spoken(())

    def say(self, said: Mapping[str, str | bool], rng: random.Random) -> str:
        """The sentence for the values in `said`: slot path → words, or a truth value for a worded slot."""
        return tidy("".join(part if isinstance(part, str) else part.say(said) for part in self.resolved(said, rng)))

    def resolved(self, said: Collection[str], rng: random.Random) -> Iterator["str | Slot"]:
        """Text and slots in order: choices are made, and groups that say what is not in `said` are left out."""
        for part in self.parts:
            if isinstance(part, Choice):
                yield from rng.choice(part.options).resolved(said, rng)
            elif isinstance(part, Group):
                if all(slot.path in said for slot in part.body.slots()):
                    yield from part.body.resolved(said, rng)
            else:
                yield part

    # A template is said many times, and what follows is asked of it each time.

    @cached_property
    def _slots(self) -> tuple[Slot, ...]:
        return tuple(slot for part in self.parts for slot in _slots_of(part))

    @cached_property
    def _parameters(self) -> frozenset[str]:
        return frozenset(slot.parameter for slot in self._slots)

    @cached_property
    def _pieces(self) -> tuple[tuple[frozenset[str], bool], ...]:
        """Of each part that is no text: the parameters that it says, and whether it says them in any case."""
        return tuple(
            (frozenset(slot.parameter for slot in _slots_of(part)), not isinstance(part, Group))
            for part in self.parts
            if not isinstance(part, str)
        )


def tidy(text: str) -> str:
    """The text with single spaces, none before a stop, and every unit said once."""
    text = re.sub(r" ([,;!?]|\.(?![\w/\\]))", r"\1", " ".join(text.split()))
    text = _DOLLARS.sub(r"\1", text).replace("$$", "$").replace("%%", "%")
    text = re.sub(r"(?<=[a-z])%", " percent", text)
    return _OTHER_MONEY.sub(r"\1", text)


_DOLLARS = re.compile(r"(\$[\d.,]*\d(?: (?:thousand|million|billion)|bn|[kKMB])?) dollars\b")
_OTHER_MONEY = re.compile(r"\$([\d.,]*\d ?(?:[A-Z]{3}\b|euros?\b|pounds?\b|francs?\b|€|£))")


def _slots_of(part: str | Slot | Choice | Group) -> tuple[Slot, ...]:
    if isinstance(part, Slot):
        return (part,)
    if isinstance(part, Group):
        return part.body.slots()
    return tuple(slot for option in part.options for slot in option.slots()) if isinstance(part, Choice) else ()


@lru_cache(maxsize=8192)
def parse(source: str) -> Template:
    """Read a template. Raises ToolsetError on unbalanced brackets or an empty slot."""
    template, rest = _parse(source, "", source)
    if rest:
        raise ToolsetError(f"Request template {source!r} has a stray '{rest[0]}'.")
    return template


def _parse(text: str, closer: str, source: str) -> tuple[Template, str]:
    """Parts up to a character of `closer` (left in the rest) or the end of the text."""
    parts: list[str | Slot | Choice | Group] = []
    while text and text[0] not in (closer or ")]}"):
        head, text = text[0], text[1:]
        if head == "{":
            body, brace, text = text.partition("}")
            if not brace or not body:
                raise ToolsetError(f"Request template {source!r} has an unclosed or empty '{{'.")
            parts.append(_slot(body, source))
        elif head == "(":
            options = []
            while True:
                option, text = _parse(text, "|)", source)
                options.append(option)
                if not text:
                    raise ToolsetError(f"Request template {source!r} has an unclosed '('.")
                mark, text = text[0], text[1:]
                if mark == ")":
                    break
            parts.append(Choice(tuple(options)))
        elif head == "[":
            body_, text = _parse(text, "]", source)
            if not text:
                raise ToolsetError(f"Request template {source!r} has an unclosed '['.")
            text = text[1:]
            parts.append(Group(body_))
        else:
            end = re.search(r"[\[({)\]}|]", text)
            size = end.start() if end else len(text)
            parts.append(head + text[:size])
            text = text[size:]
    return Template(tuple(parts)), text


def _slot(body: str, source: str) -> Slot:
    path, colon, words = body.partition(":")
    if not colon:
        return Slot(path)
    yes, bar, no = words.partition("|")
    if not bar:
        raise ToolsetError(f"Request template {source!r}: '{{{body}}}' needs words for true and for false, 'a|b'.")
    return Slot(path, (yes, no))
