"""Additions: the optional arguments that a tool's template has no place for, said at the end of the request.

People add what they want as they go: `…, without hidden files`, `… Use pounds as the unit.` Without this, most of the
optional parameters of a toolset would never be spoken of, and a model would learn to leave them out.
"""

import random
import re
from collections.abc import Mapping
from typing import Any

from sftctl.plugins.toolcall.english import words_of
from sftctl.plugins.toolcall.values import Value

_SHOWN = re.compile(r"(?:include|show|return|with|add|get|want|need|display|list|give|provide|has|have)s? (?!a\b|an\b)")
"""What a name of a truth value begins with that is about a thing to be had, or not."""
_HAVING = ("including {}", "and include {}", "with {} as well", "together with {}", "showing {} too", "and also {}")
_LACKING = ("without {}", "leaving out {}", "excluding {}", "but not {}")
_ON = ("with {} enabled", "with {} on", "with {} set to true", "{}: yes", "and make it {}", "with the {} option")
_OFF = ("with {} disabled", "with {} off", "with {} set to false", "{}: no")
_AS = (
    "with {value} as the {name}", "with {name} {value}", "using {value} as {name}", "{name} {value}",
    "the {name} being {value}", "with the {name} {value}",
)  # fmt: skip
_SENTENCES = (
    "The {name} should be {value}.", "Use {value} as the {name}.", "Set the {name} to {value}.",
    "Make the {name} {value}.",
    "{Name}: {value}.", "As {name} take {value}.", "I need the {name} to be {value}.",
)  # fmt: skip
_WISHES = (
    "Include {} as well.", "I also want {}.", "Please include {}.", "Give me {} too.", "And I'd like {} with it.",
)  # fmt: skip
_REFUSALS = ("No {}, please.", "Leave {} out.", "I don't need {}.", "Without {}.")


def can_be_added(schema: Mapping[str, Any]) -> bool:
    """Whether a value of this schema can be said in a few words."""
    kind = schema.get("type")
    return kind in ("string", "integer", "number", "boolean") or (
        kind == "array" and (schema.get("items") or {}).get("type") in ("string", "integer", "number")
    )


def added(text: str, values: Mapping[str, Value], more: Mapping[str, Value], rng: random.Random) -> str:
    """The text, which says `values`, with each of `more` said after it: in its last sentence or in one of its own."""
    marked = any(str(value.said)[-1:] in ".?!" for value in (*values.values(), *more.values()))
    for name, value in more.items():
        if marked or "\n" in text or rng.random() < 0.5:
            text = f"{text if text[-1] in '.?!' else f'{text}.'} {_sentence(name, value, rng)}"
        else:
            bare = text.rstrip(".?!")
            text = f"{bare}{rng.choice((', ', ', ', ' '))}{_phrase(name, value, rng)}{text[len(bare) :]}"
    return text


def _phrase(name: str, value: Value, rng: random.Random) -> str:
    words = words_of(name)
    if isinstance(value.value, bool):
        thing = _thing(words)
        if thing:
            return rng.choice(_HAVING if value.value else _LACKING).format(thing)
        return rng.choice(_ON if value.value else _OFF).format(words)
    return rng.choice(_AS).format(name=words, value=value.said)


def _sentence(name: str, value: Value, rng: random.Random) -> str:
    words = words_of(name)
    if isinstance(value.value, bool):
        if thing := _thing(words):
            return rng.choice(_WISHES if value.value else _REFUSALS).format(thing)
        return _capital(f"{rng.choice(_ON if value.value else _OFF).format(words)}.")
    return rng.choice(_SENTENCES).format(name=words, Name=_capital(words), value=value.said)


def _thing(words: str) -> str:
    """What a truth value's name asks for: `include hidden files` → `hidden files`; nothing where it is no thing."""
    found = _SHOWN.match(words)
    return words[found.end() :] if found else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
