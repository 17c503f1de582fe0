"""Registers: the same request in the ways in which people really write, its values left as they are."""

import random
import re
from collections.abc import Callable, Iterable

from sftctl.core.types import Json

GREETINGS = ("Hi! ", "Hello, ", "Hey, ", "Good morning. ", "Hi there, ", "Quick question: ", "OK so, ")
THANKS = (" Thanks!", " Thank you.", " Thanks in advance.", " Much appreciated.", " No rush.", " Cheers.")
ASIDES = (
    "I'm on my phone, so excuse my brevity. ",
    "My colleague asked me about this over lunch. ",
    "I have been putting this off all week. ",
    "This is for a friend who is not good with computers. ",
    "We talked about it in the meeting, but nobody wrote it down. ",
    "I just came back from a long trip and need to catch up. ",
    "The kids are asleep, so I finally have time for this. ",
    "It is raining again, by the way. ",
    "I tried to do it by hand and gave up. ",
    "My boss keeps asking. ",
)
_POLITE = re.compile(r"^(please|can you|could you|i need you to|i'd like to|i need to|kindly)\s+", re.IGNORECASE)
_WORD = re.compile(r"(?<![\w'])[a-z]{5,}(?![\w'])")


def restyle(text: str, values: Iterable[Json], rng: random.Random) -> str:
    """`text` in a random register. What `values` say is not touched, nor is any number."""
    return rng.choice(_REGISTERS)(text, {str(value).casefold() for value in values}, rng)


def _chatty(text: str, values: set[str], rng: random.Random) -> str:
    return rng.choice(("", *GREETINGS)) + text + rng.choice(THANKS)


def _with_an_aside(text: str, values: set[str], rng: random.Random) -> str:
    """With a sentence that has nothing to do with the request, before it or after."""
    aside = rng.choice(ASIDES)
    if rng.random() < 0.7:
        return rng.choice(("", "", *GREETINGS)) + aside + text
    end = "" if text[-1] in ".?!" else "."
    return f"{text}{end} {aside}".rstrip()


def _terse(text: str, values: set[str], rng: random.Random) -> str:
    """Without courtesies and without the last stop."""
    shorter = _POLITE.sub("", text)
    return shorter.rstrip(".?") if len(shorter.split()) > 2 else text


def _mistyped(text: str, values: set[str], rng: random.Random) -> str:
    """With one or two words misspelt that are no part of a value."""
    words = [found for found in _WORD.finditer(text) if not any(found[0] in value for value in values)]
    for found in sorted(rng.sample(words, min(len(words), rng.choice((1, 1, 2)))), key=lambda f: -f.start()):
        text = text[: found.start()] + _misspell(found[0], rng) + text[found.end() :]
    return text


def _misspell(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 2)
    if rng.random() < 0.5:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :]


_REGISTERS: tuple[Callable[[str, set[str], random.Random], str], ...] = (_chatty, _with_an_aside, _terse, _mistyped)
