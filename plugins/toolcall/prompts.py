"""What a teacher is asked, and how its answers are read: leniently in form, so that the checks judge the matter."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sftctl.core.types import Json, canonical_json
from sftctl.plugins.toolcall.rewording import Call

REGISTERS = {
    "terse": "as short as it can be said, like a note to oneself or a search query",
    "chatty": "the way people chat with a friendly assistant, relaxed and a little wordy",
    "indirect": "indirectly: say what you are about to do or what you need, without a command and without a question",
    "context": "with a sentence in front that says why you ask",
    "rephrased": "with other words and another sentence structure, in an everyday tone",
}
"""Manners of speaking."""

WRITER = (
    "You write what people say to an assistant that can use functions. "
    "Your whole answer is one JSON object, with no word before or after it."
)
JUDGE = "You check the data that an assistant learns from. Your whole answer is one word: yes or no."


def to_paraphrase(
    request: str,
    calls: Sequence[Call],
    tools: Iterable[Mapping[str, Json]],
    register: str,
    today: date | None = None,
    language: str = "",
) -> str:
    """Ask for the same request in another register, or in another language too."""
    names = {name for name, _ in calls}
    wanted = [tool for tool in tools if tool["function"]["name"] in names]
    behind = (
        [f"\nIt leads to these calls, in this order:\n{_spelled(calls)}\nof:\n{_listed(wanted)}\n"] if calls else []
    )
    return "\n".join(
        [
            f"A user's request{_on(today)}:\n{request}",
            *behind,
            f"Say the same{f' in {language},' if language else ''} {REGISTERS[register]}. "
            "Keep every value as it is written (numbers in digits, names, dates, texts), "
            f"{'untranslated, ' if language else ''}in the same order. "
            "Leave nothing out that the user wants. Add no number, date, name or wish. "
            "Do not mention functions.",
            '\nAnswer as {"request": "…"}',
        ]
    )


def to_invent(tool: Mapping[str, Json], register: str, number: int) -> str:
    """Ask for a new request that one call of a tool fulfils, together with that call's arguments."""
    return "\n".join(
        [
            f"An assistant has this function:\n{canonical_json(tool)}\n",
            "Invent a request of a user that exactly one call of it fulfils, and the arguments of that call. "
            f"Speak {REGISTERS[register]}. Say every argument's value in the request: numbers in digits, texts "
            "letter for letter as in the arguments. Give an optional argument only if the request speaks of it. "
            "Say no number that is not an argument. Do not mention the function.",
            f"This is request number {number + 1} for this function: take values that are not the first to come to "
            "mind.",
            '\nAnswer as {"request": "…", "arguments": {…}}',
        ]
    )


def to_judge(
    request: str, calls: Sequence[Call], tools: Iterable[Mapping[str, Json]], today: date | None = None
) -> str:
    """Ask whether a request means exactly these calls."""
    names = {name for name, _ in calls}
    wanted = [tool for tool in tools if tool["function"]["name"] in names]
    return (
        f"Functions:\n{_listed(wanted)}\n\nA user says{_on(today)}:\n{request}\n\n"
        f"The assistant calls:\n{_spelled(calls)}\n\n"
        "Is that exactly what the user asks for: every call wanted, none missing, each value in its right place, and "
        "no argument that the user did not speak of? Answer yes or no."
    )


def to_compare(old: str, new: str) -> str:
    """Ask whether two requests want the same."""
    return f"One user says:\n{old}\n\nAnother says:\n{new}\n\nDo both want exactly the same? Answer yes or no."


def read_object(text: str, key: str) -> dict[str, Json] | None:
    """The first JSON object in an answer that has `key`, whatever stands around it; None where there is none."""
    text = _said(text)
    for start in (match.start() for match in re.finditer(r"\{", text)):
        try:
            found, _ = json.JSONDecoder().raw_decode(text, start)
            canonical_json(found).encode()  # Python reads more than JSON is: NaN, half an emoji
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and key in found:
            return found
    return None


def is_yes(text: str) -> bool:
    """Whether a vote's first yes or no is a yes."""
    word = re.search(r"\b(yes|no)\b", _said(text).casefold())
    return word is not None and word[1] == "yes"


def _on(today: date | None) -> str:
    return f" on {today:%A}, {today.isoformat()}" if today else ""


def _said(text: str) -> str:
    """An answer without what a thinking model thought before."""
    return text.rpartition("</think>")[2]


def _spelled(calls: Iterable[Call]) -> str:
    return "\n".join(f"{name}({canonical_json(arguments)})" for name, arguments in calls)


def _listed(tools: Iterable[Mapping[str, Json]]) -> str:
    return "\n".join(canonical_json(tool["function"]) for tool in tools)
