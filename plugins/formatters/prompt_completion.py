"""`prompt-completion`, each side a text or a list of messages; and `preference`, of which the chosen one is learned."""

import re
from collections.abc import Mapping, Sequence

from sftctl.core.errors import DataError
from sftctl.core.types import Example, Formatter, Json, kind
from sftctl.plugins.formatters import sharegpt
from sftctl.plugins.formatters.alpaca import add_history, request
from sftctl.plugins.formatters.choice import CHOICES
from sftctl.plugins.formatters.columns import SYSTEM, found, has_turns, items, lacking, optional_text, tools
from sftctl.plugins.formatters.dialogue import Dialogue
from sftctl.plugins.formatters.openai_chat import BESIDE, ROLES, add_messages, has_other_speakers, whole
from sftctl.plugins.formatters.written import say

PROMPT = ("prompt", "question", "query", "input", "problem")
COMPLETION = ("completion", "response", "answer", "output", "solution")
ASKED = ("prompt", "question", "messages", "conversations", "conversation", "instruction", "input")
CHOSEN = ("chosen", "chosen_response", "preferred_output")
REJECTED = ("rejected", "rejected_response", "non_preferred_output")
_SPOKEN = re.compile(r"(?:^|\n\n)(Human|Assistant): ")
"""Turns within one text, as in Anthropic's HH."""
_MESSAGES = re.compile(rf"""\s*\[\s*\{{.*['"]role['"]\s*:\s*['"]({"|".join(ROLES)})['"]""", re.DOTALL)
"""How a list of messages begins that is given as text."""


def to_example(row: Mapping[str, Json]) -> Example:
    """A prompt and what completes it. Raises DataError."""
    return _pair(row, PROMPT, COMPLETION)


def is_pair(row: Mapping[str, Json]) -> bool:
    """Whether it is a prompt and its completion, and has nothing that says more: instruction, choices, conversation."""
    says_more = any(row.get(name) for name in ("instruction", *CHOICES)) or has_turns(row)
    return found(row, PROMPT) is not None and found(row, COMPLETION) is not None and not says_more


def is_preference(row: Mapping[str, Json]) -> bool:
    """Whether it has a chosen and a rejected answer, or is OpenAI's."""
    is_openais = {"input", "preferred_output"} <= row.keys()
    return is_openais or (any(name in row for name in CHOSEN) and any(name in row for name in REJECTED))


def from_preference(row: Mapping[str, Json]) -> Example:
    """The chosen answer, alone or as the end of the whole conversation; the rejected one is left. Raises DataError."""
    if isinstance(given := row.get("input"), Mapping):  # OpenAI's own
        row = {**row, "input": None, **given}
    name = found(row, CHOSEN)
    if name is None:
        raise DataError(lacking(CHOSEN))
    chosen = _turns(row, name)
    if found(row, ASKED) and not (chosen and _begins_it(chosen)):
        return _pair(row, ASKED, CHOSEN)
    dialogue = Dialogue(tools(row, "tools"))
    dialogue.system(optional_text(row, *SYSTEM))
    if isinstance(row[name], str) and (turns := _SPOKEN.split(row[name])[1:]):
        for who, said in zip(turns[::2], turns[1::2], strict=True):
            (dialogue.user if who == "Human" else dialogue.assistant)(said.strip())
        return whole(dialogue, row)
    if chosen is None:
        raise DataError(f"it has no 'prompt', and '{name}' is no list of messages that holds one")
    _add(dialogue, chosen, name)
    return whole(dialogue, row)


def _pair(row: Mapping[str, Json], prompts: Sequence[str], completions: Sequence[str]) -> Example:
    """A conversation out of two columns. Messages of the prompt carry no loss: they are not what completes it."""
    prompt, completion = found(row, prompts), found(row, completions)
    if prompt is None or completion is None:
        raise DataError(lacking(completions if prompt else prompts))
    dialogue = Dialogue(tools(row, "tools"))
    dialogue.system(optional_text(row, *SYSTEM))
    add_history(dialogue, row)
    before = len(dialogue.messages)
    if (asked := _turns(row, prompt)) is not None:
        _add(dialogue, asked, prompt)
        for message in dialogue.messages[before:]:
            if message["role"] == "assistant":
                message["weight"] = 0
    else:
        dialogue.user(_asked(row, prompt))
    if (answered := _turns(row, completion)) is not None:
        _add(dialogue, answered, completion)
    else:
        say(dialogue, _text(row, completion))
    return whole(dialogue, row)


def _asked(row: Mapping[str, Json], name: str) -> str:
    """What a text asks: a question after its context, an instruction before its input."""
    if name == "instruction":
        return request(row)
    context = optional_text(row, "context") if name in ("question", "query") else ""
    return f"{context}\n\n{_text(row, name)}" if context.strip() else _text(row, name)


def _turns(row: Mapping[str, Json], name: str) -> list[Json] | None:
    """The messages in a column, be it one alone; None where it holds something else."""
    if isinstance(row[name], Mapping) and {"role", "from"} & row[name].keys():
        return [row[name]]
    return items(row[name], f"'{name}'") if _is_list(row[name]) else None


def _add(dialogue: Dialogue, turns: list[Json], column: str) -> None:
    """Put messages of OpenAI's or turns of ShareGPT's at the end of a dialogue."""
    add = sharegpt.add_turns if has_other_speakers({"messages": turns}) else add_messages
    add(dialogue, turns, f"message {{}} of '{column}'")


def _text(row: Mapping[str, Json], name: str) -> str:
    value = row[name]
    if not isinstance(value, str):
        raise DataError(f"'{name}' must be text or a list of messages, not {kind(value)}")
    return value


def _is_list(value: Json) -> bool:
    """A list of messages, or its text in JSON or in Python's spelling."""
    return isinstance(value, list) or (isinstance(value, str) and _MESSAGES.match(value) is not None)


def _begins_it(messages: list[Json]) -> bool:
    first = messages[0] if messages else None
    speaker = (first.get("role") or first.get("from")) if isinstance(first, Mapping) else None
    return speaker in ("user", "human", "system", "developer")


FORMATTER = Formatter(
    "prompt-completion",
    "a prompt and its completion (or question and answer), texts or lists of messages",
    is_pair,
    to_example,
    (PROMPT, COMPLETION, SYSTEM, "tools", "context", "history", *BESIDE),
)
PREFERENCE = Formatter(
    "preference",
    "a prompt with a chosen and a rejected answer: the chosen one is learned",
    is_preference,
    from_preference,
    (ASKED[:-1], "input", CHOSEN, REJECTED, SYSTEM, "tools", "context", "history", *BESIDE),
)
