"""`glaive`: a whole dialogue in two strings, `system` with the functions and `chat` with the turns."""

import re
from collections.abc import Mapping

from sftctl.core.errors import DataError
from sftctl.core.types import Example, Formatter, Json
from sftctl.plugins.formatters.columns import optional_text, parsed, specs, text
from sftctl.plugins.formatters.dialogue import Dialogue
from sftctl.plugins.formatters.tags import objects

SPEAKER = r"\s*(USER|ASSISTANT|FUNCTION RESPONSE):[ \t]*"
TURN = re.compile(rf"(?:^|\n[ \t]*\n){SPEAKER}")
"""Blank lines part the turns: `USER: admin` may be a line of what the assistant says."""
LINE = re.compile(rf"(?:^|\n){SPEAKER}")
"""Where a chat has no blank lines."""
FUNCTIONS = re.compile(r"\{(?![\w -]*\})")
"""How the functions begin; a persona may hold `{name}`."""
OFFER = re.compile(r"\s*(?:,?\s*with|,?\s*You have) access to the following functions\b.*", re.DOTALL | re.IGNORECASE)
QUOTED = re.compile(r"""(["']?arguments["']?\s*:\s*)'(.*)'(\s*\}\s*)$""", re.DOTALL)
MARK, END = "<functioncall>", "<|endoftext|>"


def to_example(row: Mapping[str, Json]) -> Example:
    """Raises DataError where a turn or a function cannot be read."""
    persona, given = _system(optional_text(row, "system"))
    dialogue = Dialogue(given)
    dialogue.system(persona)
    chat = text(row, "chat")
    parts = (TURN if len(TURN.findall(chat)) > 1 else LINE).split(chat)
    if parts[0].strip() or len(parts) < 3:
        raise DataError("'chat' does not begin with 'USER:' or 'ASSISTANT:'")
    for number, (speaker, said) in enumerate(zip(parts[1::2], parts[2::2], strict=True), 1):
        said = said.replace(END, "").strip()
        if speaker == "USER":
            dialogue.user(said)
        elif speaker == "FUNCTION RESPONSE":
            dialogue.result(said)
        else:
            before, *calls = said.split(MARK)
            if before.strip() or not calls:
                dialogue.assistant(before.strip())
            if calls:
                dialogue.assistant(None, [_call(call, number) for call in calls])
    return dialogue.example()


def _system(said: str) -> tuple[str, list[dict[str, Json]]]:
    """The persona, and the functions whose JSON follows it one after the other."""
    said = said.removeprefix("SYSTEM:").strip()
    begins = FUNCTIONS.search(said)
    if begins is None:
        return said, []
    given = objects(said[begins.start() :], "what 'system' says of functions")
    return OFFER.sub("", said[: begins.start()]).strip(" \n-"), list(specs(given, "the functions in 'system'"))


def _call(written: str, number: int) -> Json:
    """`{"name": "f", "arguments": '{"a": 1}'}`: the arguments are JSON within single quotes, or plain JSON."""
    what = f"the function call in turn {number}"
    quoted = QUOTED.search(written)
    if quoted is None:
        return parsed(written.strip(), what)
    arguments = quoted[2].replace("\\'", "'")
    value = parsed(written[: quoted.start()] + quoted[1] + "null" + quoted[3], what)
    parsed(arguments, f"what {what} gives as arguments")
    return value | {"arguments": arguments} if isinstance(value, dict) else value


FORMATTER = Formatter(
    "glaive",
    "two strings: system with the functions, chat with USER:, ASSISTANT: and <functioncall>",
    lambda row: isinstance(row.get("chat"), str),
    to_example,
    ("system", "chat"),
)
