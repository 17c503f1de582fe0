"""Registers: the same request in the ways in which people really write, its values left as they are."""

import random
import re
from collections.abc import Callable, Iterable

from sftctl.core.types import Json
from sftctl.plugins.toolcall.english import VERBS, lowered
from sftctl.plugins.toolcall.phrasing import parse

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
_NEEDS = (
    "I was wondering if you could {}", "It would help me if you could {}", "It would be great if someone could {}",
    "I'd be glad if you could {}", "I'd appreciate it if you could {}", "I still have to {}", "I'm supposed to {}",
    "I guess it's time to {}", "Someone should {}", "I don't know how to {}", "What I want is to {}",
    "I've been meaning to {}", "I won't get around to it myself, but somebody has to {}",
)  # fmt: skip
"""A need, stated of something that is to be done."""
_UNKNOWNS = (
    "It would help me to know {}", "I need to know {}", "I'm trying to find out {}", "I can't figure out {}",
    "I'd love to know {}", "I was wondering about {}", "What I don't know yet is {}", "Nobody could tell me {}",
)  # fmt: skip
"""A need, stated of something that is to be found out."""
_WONDERS = (
    "I've been wondering: {}", "I keep asking myself: {}", "One thing isn't clear to me. {}",
    "There is something I can't answer. {}", "This has been on my mind: {}",
)  # fmt: skip
_WHAT_IS = re.compile(r"(?:what(?: is|'s| are| was| were)) (?=(?:the|my|our|an?)\b)", re.IGNORECASE)
_CONTEXT = tuple(
    parse(sentence)
    for sentence in (
        "My (sister|brother|cousin|neighbor) has moved (again|for the third time) and is still (unpacking|painting).",
        "We were (four|five|nine) at lunch and talked about (football|holidays|an old movie) the whole time.",
        "The (bus|train|tram) was (ten|25|40) minutes late this morning, and (it was full|the heating was off).",
        "(Someone|The new colleague) left the (window|fridge|door) open overnight, so it is (cold|damp) in here.",
        "I have read the first (two|three|50) pages of the manual and (gave up|fell asleep|skipped the rest).",
        "(Oliver|Paula|Samira|Henrik) says I worry too much, and (maybe that is true|I can't disagree).",
        "The (printer|coffee machine|elevator) has been broken since (the holidays|last spring), as always.",
        "There was a (long|dull|surprisingly good) talk at work, and I took (two|six) pages of notes.",
        "(Last year|A while ago) this would have taken me (a whole afternoon|half a day), believe it or not.",
        "The (dog|cat|baby) kept me awake, so (bear with me|forgive me if I ramble|I'm on my third cup of tea).",
        "I promised (my team|my parents|a friend) that I'd be (quicker|more organized) this time.",
        "We have been (short of staff|very busy) for (weeks|a month), and nobody (complains|seems to notice).",
        "By the way, the (photos|stories) you hear about our office are (all true|made up).",
        "I used to have a (list|spreadsheet|notebook) for all this, but I lost it (when I moved|on a train).",
        "(Everybody|Nobody) in my family is good with (numbers|machines|deadlines), and it shows.",
        "It has been (raining|snowing|far too hot) for (three|12) days, which does nothing for my mood.",
    )
)
"""What people tell before they come to the point: it asks for nothing, and tells nothing that a tool would need."""
_POLITE = re.compile(r"^(please|can you|could you|i need you to|i'd like to|i need to|kindly)\s+", re.IGNORECASE)
_WORD = re.compile(r"(?<![\w'])[a-z]{5,}(?![\w'])")


def restyle(text: str, values: Iterable[Json], rng: random.Random) -> str:
    """`text` in a random register. What `values` say is not touched, nor is any number."""
    return rng.choice(_REGISTERS)(text, {str(value).casefold() for value in values}, rng)


def indirect(text: str, rng: random.Random) -> str:
    """`text` as the statement of a need: what is to be done or found out, without a command."""
    bare = _POLITE.sub("", text)
    is_deed = bare.partition(" ")[0].lower() in VERBS
    if what := _WHAT_IS.match(bare):
        said = rng.choice(_UNKNOWNS).format(bare[what.end() :])
    elif is_deed:
        said = rng.choice(_NEEDS).format(bare[:1].lower() + bare[1:])
    else:  # whatever is neither question nor command is indirect as it is
        return rng.choice(_WONDERS).format(text) if text.endswith("?") else text
    return f"{said[:-1]}." if said.endswith("?") and said.count("?") == 1 else said


def in_context(text: str, rng: random.Random) -> str:
    """`text` after a paragraph that has nothing to do with it."""
    sentences = rng.sample(_CONTEXT, rng.choice((2, 2, 3, 4)))
    paragraph = " ".join(sentence.say({}, rng) for sentence in sentences)
    return f"{paragraph}{rng.choice((' ', ' ', chr(10) * 2, ' Anyway. ', ' So: '))}{text}"


def _chatty(text: str, values: set[str], rng: random.Random) -> str:
    return _greeted(rng.choice(("", *GREETINGS)), text) + rng.choice(THANKS)


def _greeted(greeting: str, text: str) -> str:
    return greeting + (lowered(text) if greeting.endswith(", ") else text)


def _with_an_aside(text: str, values: set[str], rng: random.Random) -> str:
    """With a sentence that has nothing to do with the request, before it or after."""
    aside = rng.choice(ASIDES)
    if rng.random() < 0.7:
        return _greeted(rng.choice(("", "", *GREETINGS)), aside) + text
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
