"""`sharegpt`: turns of `from` and `value`; tools beside them, or in the text as Hermes and ToolACE have it."""

import json
import re
from collections.abc import Mapping

from sftctl.core.errors import DataError
from sftctl.core.types import Example, Formatter, Json, kind
from sftctl.plugins.formatters import brackets, tags, written
from sftctl.plugins.formatters.columns import SYSTEM, found, items, optional_text, parsed_loosely, tools
from sftctl.plugins.formatters.dialogue import Dialogue
from sftctl.plugins.formatters.openai_chat import BESIDE, ROLES, add_message, has_other_speakers, weight_of, whole

SPEAKERS = {
    "system": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "model": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "Human": "user",
    "User": "user",
    "GPT": "assistant",
    "Assistant": "assistant",
    "function_call": "call",
    "function-call": "call",
    "tool_call": "call",
    "observation": "result",
    "tool": "result",
    "function": "result",
    "function_response": "result",
    "tool_response": "result",
    "ipython": "result",
}
TURNS = ("conversations", "conversation", "dialog", "dialogue", "messages")
THOUGHT = re.compile(r"\s*(<think>.*?</think>)\s*", re.DOTALL)
"""What a reasoning model writes before a call."""
WHO = ("from", "role")
WHAT = ("value", "content", "text")


def to_example(row: Mapping[str, Json]) -> Example:
    """A row with `conversations`. Raises DataError saying which turn is wrong."""
    name = found(row, TURNS)
    if name is None:
        raise DataError("it has no 'conversations'")
    turns = items(row[name], f"'{name}'")
    dialogue = Dialogue(tools(row, "tools"))
    if system := optional_text(row, *SYSTEM):
        _system(dialogue, system)
    add_turns(dialogue, turns)
    return whole(dialogue, row)


def add_turns(dialogue: Dialogue, turns: list[Json], what: str = "turn {}") -> None:
    """Put turns at the end of a dialogue. Raises DataError saying which one is wrong, counted from 1."""
    for number, turn in enumerate(turns, 1):
        try:
            _add_turn(dialogue, turn)
        except DataError as error:
            raise DataError(f"{what.format(number)}: {error}") from None


def _add_turn(dialogue: Dialogue, turn: Json) -> None:
    """Of a turn whose weight is 0 nothing is learned."""
    if isinstance(turn, Mapping) and _is_openais(turn):
        add_message(dialogue, turn)
        return
    speaker, text = _said(turn)
    weight = weight_of(turn, speaker in ("assistant", "call"))
    _add(dialogue, speaker, text)
    if weight == 0 and speaker in ("assistant", "call"):
        dialogue.messages[-1]["weight"] = 0


def _is_openais(turn: Mapping[str, Json]) -> bool:
    """Whether it is a message that says more than who speaks and what: calls, parts, thoughts, whose result it is."""
    if turn.get("role") not in ROLES or found(turn, WHAT) not in (None, "content"):
        return False
    more = found(turn, ("tool_calls", "function_call", "tool_call_id", "reasoning_content", "refusal"))
    return more is not None or turn["role"] not in SPEAKERS or not isinstance(turn.get("content"), str)


def _said(turn: Json) -> tuple[str, str]:
    """Who speaks, in our words, and what. Raises DataError."""
    if not isinstance(turn, Mapping):
        raise DataError(f"it must be an object, not {kind(turn)}")
    who, what = found(turn, WHO), found(turn, WHAT)
    if who is None or str(turn[who]) not in SPEAKERS:
        given = f"'{turn[who]}' is not a speaker" if who else "it has no 'from'"
        raise DataError(f"{given} (known: {', '.join(SPEAKERS)})")
    if what is None or not isinstance(turn[what], str):
        raise DataError("it has no text in 'value'")
    return SPEAKERS[turn[who]], turn[what]


def _add(dialogue: Dialogue, speaker: str, text: str) -> None:
    if speaker == "system":
        _system(dialogue, text)
    elif speaker == "call":
        thought = THOUGHT.match(text)
        text = text[thought.end() :] if thought else text
        _, calls = tags.take_calls(text)
        value = calls or parsed_loosely(text, "the call")
        said = thought[1] if thought else None
        dialogue.assistant(said, value if isinstance(value, list) else [value], written=True)
    elif speaker == "assistant":
        said, calls = written.take_calls(text, dialogue.tools)
        dialogue.assistant(said, calls, written=True)
    elif speaker == "result" or tags.is_result(text):
        for result in _each(text, dialogue.open_calls) or tags.take_results(text):
            dialogue.result(result)
    else:
        dialogue.user(text)


def _each(text: str, calls: int) -> list[Json]:
    """The results of several calls that stand in one list, one for each; nothing where they do not."""
    try:
        results = json.loads(text) if calls > 1 and text.lstrip().startswith("[") else None
    except (ValueError, RecursionError):
        return []
    return results if isinstance(results, list) and len(results) == calls else []


def _system(dialogue: Dialogue, text: str) -> None:
    """The system's text; tools that stand in it are taken out of it, if the row declares none of its own."""
    persona, given = tags.take_tools(text)
    if not given and not dialogue.tools:
        persona, given = brackets.take_tools(text)
    dialogue.tools += given if not dialogue.tools else []
    dialogue.system(persona)


FORMATTER = Formatter(
    "sharegpt",
    "turns of from and value (ShareGPT, Hermes, ToolACE), calls and results among them",
    lambda row: found(row, TURNS[:-1]) is not None or has_other_speakers(row),
    to_example,
    (TURNS, "tools", SYSTEM, *BESIDE),
)
