"""`prompt-completion`, each side a text or a list of messages; and `preference`, of which the chosen one is learned."""

import re
from collections.abc import Mapping, Sequence

from sftctl.core.errors import DataError
from sftctl.core.types import Example, Formatter, Json, kind
from sftctl.plugins.formatters.columns import found, items, lacking, optional_text, tools
from sftctl.plugins.formatters.dialogue import Dialogue
from sftctl.plugins.formatters.openai_chat import ROLES, add_messages

PROMPT = ("prompt", "question", "query", "input", "problem")
COMPLETION = ("completion", "response", "answer", "output", "solution")
ASKED = ("prompt", "question")
SYSTEM = ("system", "system_prompt")
_SPOKEN = re.compile(r"(?:^|\n\n)(Human|Assistant): ")
"""Turns within one text, as in Anthropic's HH."""
_MESSAGES = re.compile(rf"""\s*\[\s*\{{.*['"]role['"]\s*:\s*['"]({"|".join(ROLES)})['"]""", re.DOTALL)
"""How a list of messages begins that is given as text."""


def to_example(row: Mapping[str, Json]) -> Example:
    """A prompt and what completes it. Raises DataError."""
    return _pair(row, PROMPT, COMPLETION)


def from_preference(row: Mapping[str, Json]) -> Example:
    """The chosen answer, alone or as the end of the whole conversation; the rejected one is left. Raises DataError."""
    if isinstance(row.get("input"), Mapping) and "preferred_output" in row:  # OpenAI's own
        asked = {"prompt": row["input"].get("messages"), "tools": row["input"].get("tools") or []}
        return _pair({**asked, "chosen": row["preferred_output"]}, ASKED, ("chosen",))
    if found(row, ASKED) and not (_is_list(row.get("chosen")) and _begins_it(row["chosen"])):
        return _pair(row, ASKED, ("chosen",))
    dialogue = Dialogue(tools(row, "tools"))
    dialogue.system(optional_text(row, *SYSTEM))
    if isinstance(row.get("chosen"), str) and (turns := _SPOKEN.split(row["chosen"])[1:]):
        for who, said in zip(turns[::2], turns[1::2], strict=True):
            (dialogue.user if who == "Human" else dialogue.assistant)(said.strip())
        return dialogue.example()
    if not _is_list(row.get("chosen")):
        raise DataError("it has no 'prompt', and 'chosen' is no list of messages that holds one")
    add_messages(dialogue, items(row["chosen"], "'chosen'"), "message {} of 'chosen'")
    return dialogue.example()


def _pair(row: Mapping[str, Json], prompts: Sequence[str], completions: Sequence[str]) -> Example:
    """A conversation out of two columns. Messages of the prompt carry no loss: they are not what completes it."""
    prompt, completion = found(row, prompts), found(row, completions)
    if prompt is None or completion is None:
        raise DataError(lacking(completions if prompt else prompts))
    dialogue = Dialogue(tools(row, "tools"))
    dialogue.system(optional_text(row, *SYSTEM))
    if _is_list(row[prompt]):
        add_messages(dialogue, items(row[prompt], f"'{prompt}'"), f"message {{}} of '{prompt}'")
        for message in dialogue.messages:
            if message["role"] == "assistant":
                message["weight"] = 0
    else:
        context = optional_text(row, "context") if prompt in ("question", "query") else ""
        dialogue.user(f"{context}\n\n{_text(row, prompt)}" if context.strip() else _text(row, prompt))
    if _is_list(row[completion]):
        add_messages(dialogue, items(row[completion], f"'{completion}'"), f"message {{}} of '{completion}'")
    else:
        dialogue.assistant(_text(row, completion))
    return dialogue.example()


def _text(row: Mapping[str, Json], name: str) -> str:
    value = row[name]
    if not isinstance(value, str):
        raise DataError(f"'{name}' must be text or a list of messages, not {kind(value)}")
    return value


def _is_list(value: Json) -> bool:
    """A list of messages, or its text in JSON or in Python's spelling."""
    return isinstance(value, list) or (isinstance(value, str) and _MESSAGES.match(value) is not None)


def _begins_it(messages: Json) -> bool:
    first = next(iter(items(messages, "'chosen'")), None)
    return isinstance(first, Mapping) and first.get("role") in ("user", "system", "developer")


FORMATTER = Formatter(
    "prompt-completion",
    "a prompt and its completion (or question and answer), texts or lists of messages",
    lambda row: found(row, PROMPT) is not None and found(row, COMPLETION) is not None,
    to_example,
    (*PROMPT, *COMPLETION, *SYSTEM, "tools", "context"),
)
PREFERENCE = Formatter(
    "preference",
    "a prompt with a chosen and a rejected answer: the chosen one is learned",
    lambda row: {"chosen", "rejected"} <= row.keys() or {"input", "preferred_output"} <= row.keys(),
    from_preference,
    (*ASKED, "chosen", "rejected", *SYSTEM, "tools", "input", "preferred_output", "non_preferred_output"),
)
