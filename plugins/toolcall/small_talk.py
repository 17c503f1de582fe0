"""Small talk: questions that ask for no deed, which a function can look as if it were for.

People ask an assistant what a word means, who somebody was, or for a joke, whatever functions it has. Most such
questions speak of what a function that is shown is about (its topic, or a value that it could take), so that the
question decides and not the subject.
"""

import random
import re
from collections.abc import Iterable

from sftctl.core.types import Tool
from sftctl.plugins.toolcall.english import INFINITIVES, words_of
from sftctl.plugins.toolcall.phrasing import Template, parse
from sftctl.plugins.toolcall.requests import draw_values, template_of


def _parsed(sources: Iterable[str]) -> tuple[Template, ...]:
    return tuple(map(parse, sources))


_OF_A_TOPIC = _parsed(
    (
        "What does {topic} (actually mean|mean)?",
        "(Explain|Describe) {topic} to (me|a child|a beginner)[ in two sentences].",
        "How does {topic} work (anyway|in general)?",
        "Who (came up with|invented|thought of) {topic}?",
        "Why does anybody care about {topic}?",
        "Write (a poem|a song|a short story|an essay|a slogan) about {topic}.",
        "Which book about {topic} (would you recommend|is worth reading)?",
        "Is {topic} (hard|easy) to (learn|understand)?",
        "What is the history of {topic}?",
        "Where can I (learn something about|study|read up on) {topic}?",
        "What are the (dangers|advantages|limits) of {topic}?",
        "(Tell me a joke|I know nothing) about {topic}.",
        "What is the difference between {topic} and (luck|art|magic|common sense)?",
        "Do you (like|enjoy) {topic}?",
        "I'm (bored by|writing a paper on|fascinated by) {topic}.",
    )
)
_OF_A_NAME = _parsed(
    (
        "How do you (pronounce|spell) {name}?",
        "Who (is|was) {name}?",
        "What rhymes with {name}?",
        "Why is {name} (so famous|so popular|in the news)?",
        "What do people (say about|think of) {name}?",
        "Is {name} (overrated|any good|worth the money)?",
        "Tell me (a joke|a story|something funny) about {name}.",
        "Who (founded|made|designed|discovered|owned) {name}?",
        "How can I (sell|insure|repair|get rid of) my {name}?",
        "What is {name} (known for|famous for)?",
        "Have you (ever heard|read anything) of {name}?",
        "(I miss|I adore|I can't stand|I dreamt of) {name}.",
    )
)
_OF_ANYTHING = _parsed(
    (
        "How many (legs|eyes|teeth|wings|bones) does (a spider|a crab|a shark|a bee|a snail|a giraffe) have?",
        "Who (wrote|translated|illustrated) (Moby Dick|Faust|Dracula|Emma|The Odyssey|Pinocchio)?",
        "Who (painted|stole|restored) (Guernica|The Night Watch|The Scream|The Kiss)?",
        "Who (invented|discovered|patented) (the zipper|penicillin|the stapler|oxygen|velcro|the umbrella)?",
        "What is the (boiling|melting|freezing) point of (gold|mercury|iron|butter|glass)?",
        "How (tall|old|heavy|deep) is (the Eiffel Tower|Big Ben|Loch Ness|the Parthenon|the Golden Gate Bridge)?",
        "When did (the French Revolution|the Ice Age|the Cold War|the Bronze Age) (begin|end)?",
        "What (does|did) (carpe diem|déjà vu|quid pro quo|gung-ho|sayonara) mean[ originally]?",
        "How do I (tie a bow tie|whistle|sharpen a knife|fold a fitted sheet|get rid of hiccups|iron a shirt)?",
        "Give me (some|three|a few) ideas for (a birthday party|a rainy day|a school play|a tattoo).",
        "Which (movie|book|board game|podcast) should I (try|choose) (tonight|next)?",
        "Can (penguins|ostriches|bats|chickens|octopuses) (fly|swim|hear well|see in the dark)?",
        "What (color|colour) (is|are) (a ruby|flamingos|the sun|an unripe lemon|giraffes' tongues)?",
        "Is (a tomato|a peanut|a whale|a mushroom|Pluto) a (fruit|fish|plant|planet|nut)?",
        "Why (is the sky blue|do cats purr|do we yawn|do leaves fall|is the sea salty)?",
        "What would you (do|say) if (you won the lottery|it never rained again|nobody could lie)?",
        "Write (a haiku|a limerick|a toast|an apology) for (my grandmother|a wedding|my neighbor|a goldfish).",
        "What (makes|made) (Mozart|Cleopatra|Frida Kahlo|Socrates|Marie Curie) (special|famous)?",
        "(Prove|Disprove|Explain) (Fermat's last theorem|that there are infinitely many primes|Occam's razor).",
        "How (long|far) is (a marathon|a furlong|the equator|a light year|the Nile)?",
        "What (happens|happened) (after we die|at Pompeii|on Friday the 13th|when two black holes meet)?",
        'Rewrite ("to be or not to be"|"I think, therefore I am") (in your own words|as a pirate).',
    )
)
_NAME = re.compile(r"[A-Z][a-z]+(?: [A-Z0-9][\w.'-]*){0,3}")


def small_talk(tools: tuple[Tool, ...], rng: random.Random) -> str:
    """A question that none of these tools is for; nothing where it could be, by the words of their descriptions."""
    tool = rng.choice(tools)
    topic, name = _topic(tool), _name(tool, rng)
    kinds = [(_OF_A_TOPIC, topic)] * 2 * bool(topic) + [(_OF_A_NAME, name)] * 2 * bool(name) + [(_OF_ANYTHING, "")]
    templates, about = rng.choice(kinds)
    said = rng.choice(templates).say({"topic": about, "name": about}, rng)
    described = " ".join(f"{words_of(each.name)} {each.description}" for each in tools).casefold()
    own = re.findall(r"[a-z]{5,}", said.replace(about, "").casefold() if about else said.casefold())
    return "" if any(word in described for word in own) else said


def _topic(tool: Tool) -> str:
    """What a tool's name is about: `calculate_compound_interest` → `compound interest`."""
    words = words_of(tool.name.rpartition(".")[2]).split()
    return " ".join(word for word in words if word not in INFINITIVES and len(word) > 2)


def _name(tool: Tool, rng: random.Random) -> str:
    """A name that the tool could take; nothing where it takes none."""
    values = draw_values(tool, template_of(tool, rng), rng)
    names = [value.value for value in values.values() if isinstance(value.value, str) and _NAME.fullmatch(value.value)]
    return rng.choice(names) if names else ""
