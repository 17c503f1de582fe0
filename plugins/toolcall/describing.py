"""Descriptions in other words, by rules that hold for any tool: the verb's form, what leads into it, examples left out.

A description that no rule fits stays as it is: better unvaried than wrong.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import replace

from sftctl.core.types import Json, Tool
from sftctl.plugins.toolcall.english import INFINITIVES, VERBS, third_person

_WITH_INFINITIVE = (
    "", "", "Use this to ", "Use this function to ", "Use this tool to ", "Call this to ", "A function to ",
    "Tool to ", "Can be used to ", "Lets you ", "Function used to ", "This can ",
)  # fmt: skip
_WITH_THIRD_PERSON = ("", "", "This function ", "This tool ", "This ", "A function that ", "Helper that ", "It ")
_LEADS = ("", "", "The ", "Specifies the ", "Sets the ", "Defines the ", "Indicates the ")
_QUESTION_LEADS = ("", "", "Specifies ", "Determines ", "Indicates ", "Controls ", "Tells ")
_QUESTIONS = {"whether", "how", "what", "which", "who", "whom", "whose", "where", "when", "why"}
_ARTICLES = {"the", "a", "an"}
_NO_NOUNS = {
    "true", "false", "if", "only", "one", "two", "three", "any", "anything", "each", "every", "all", "no", "not", "yes",
    "set", "use", "must", "should", "can", "may", "optional", "required", "defaults", "default", "leave", "in", "on",
    "at", "to", "from", "for", "with", "by", "as", "this", "that", "your", "their", "its", "also", "either", "least",
    "most", "more", "less",
}  # fmt: skip
"""What may begin a description, but takes no article."""
_PROPER = {"English", "French", "German", "Spanish", "Celsius", "Fahrenheit", "Roman", "Greek", "Latin", "Unix"}
_EXAMPLES = re.compile(
    r"\s*\((?:e\.g\.|for example|for instance|such as)[^)]*\)"
    r"|,?\s+(?:e\.g\.|for example|for instance|such as),?\s[^;]*?(?=;|\. |\.?$)",
    re.IGNORECASE,
)


def reworded(tool: Tool, rng: random.Random) -> Tool:
    """The tool with its description and those of its parameters in other words; these all in one manner."""
    manner = _Manner(rng)
    properties = {name: _of_parameter(schema, manner) for name, schema in tool.properties.items()}
    parameters = tool.parameters | {"properties": properties}
    return replace(tool, description=_of_function(tool.description, rng), parameters=parameters)


def _of_function(text: str, rng: random.Random) -> str:
    first, space, rest = text.partition(" ")
    verb = INFINITIVES.get(first.lower())
    if verb is None or not rest:
        return text
    again = re.match(r"(and|or) (\w+)\b", rest)
    second = INFINITIVES.get(again[2]) if again else None
    if second and again:
        rest = rest[again.end() :]
    in_third = rng.random() < 0.5 and not _has_more_verbs(rest)
    lead = rng.choice(_WITH_THIRD_PERSON if in_third else _WITH_INFINITIVE)
    form = third_person if in_third else str
    clause = form(verb) + (f" {again[1]} {form(second)}" if second and again else "") + space + rest.lstrip()
    said = _capitalised(lead + clause)
    return said.removesuffix(".") if rng.random() < 0.3 and said.find(". ") < 0 else said


def _has_more_verbs(rest: str) -> bool:
    """Whether other verbs may follow that would have to change their form, too."""
    return any(word.lower() in VERBS for word in re.findall(r"(?:and|or|,|then) (\w+)", rest))


class _Manner:
    """How the parameters of one tool are described."""

    def __init__(self, rng: random.Random) -> None:
        self.lead, self.question_lead = rng.choice(_LEADS), rng.choice(_QUESTION_LEADS)
        self.bare = rng.random() < 0.5
        """Without examples."""
        self.stop: bool | None = rng.choice((True, False, None))
        """Whether it ends with a full stop; None where it may be as it was."""
        self.small = rng.random() < 0.15
        """In small letters."""


def _of_parameter(schema: Mapping[str, Json], manner: _Manner) -> dict[str, Json]:
    text = schema.get("description")
    if not isinstance(text, str) or not text:
        return dict(schema)
    if manner.bare:
        text = _EXAMPLES.sub("", text) or text
    text = _led(text, manner)
    if manner.stop is not None:
        text = text.removesuffix(".") + ("." if manner.stop else "")
    if manner.small:
        text = _small(text)
    return {**schema, "description": text}


def _led(text: str, manner: _Manner) -> str:
    first = re.split(r"[\s,;:.(]", text, maxsplit=1)[0].lower()
    if first in _QUESTIONS:
        return _capitalised(manner.question_lead + _small(text))
    if first in _ARTICLES and manner.lead.endswith(" the "):
        return manner.lead.removesuffix("the ") + _small(text)
    if first in _ARTICLES | _NO_NOUNS or not re.fullmatch(r"[a-z][a-z-]*", first):
        return text
    return manner.lead + _small(text) if manner.lead else text


def _small(text: str) -> str:
    """With a small first letter, unless the first word is a name or an abbreviation."""
    word = re.split(r"[\s,;:.(]", text, maxsplit=1)[0]
    return text if word in _PROPER or re.search(r"[A-Z\d]", word[1:]) else text[:1].lower() + text[1:]


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
