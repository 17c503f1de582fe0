"""Tools, calls and results that stand in the text between tags, as Hermes and Qwen write them.

    <tools>[{…}]</tools>   <tool_call>{"name": …, "arguments": …}</tool_call>   <tool_response>…</tool_response>

They are taken out of the text, so that a ChatFormat writes them in its own way and parses them back.
"""

import json
import re

from sftctl.core.errors import DataError
from sftctl.core.types import Json
from sftctl.plugins.formatters.columns import parsed_loosely, specs

TOOLS = re.compile(r"<tools>(.*?)</tools>", re.DOTALL)
CALL = re.compile(r"<tool_call>(.*?)(?:</tool_call>|(?=<tool_call>)|$)", re.DOTALL)
RESPONSE = re.compile(r"<tool_response>(.*?)</tool_response>", re.DOTALL)
EXPLAINS = re.compile(r"<tools>|^# Tools\b|function calling (?:AI )?model", re.IGNORECASE | re.MULTILINE)
SHOWN_CALL = re.compile(r"<tool_call>\s*\{.*?</tool_call>", re.DOTALL)
SENTENCE = re.compile(r"[^\n]+?(?:[.!?](?=\s|[A-Z][a-z])|(?=\n)|$)[ \t]*")
ON_CALLING = re.compile(
    r"func(?!tion[- ]calling)|tool|call (?:them|it) |no other text"
    r"|you are an? (?:\w+ )?function[- ]calling (?:AI )?\w+\.?\s*$",
    re.IGNORECASE,
)
"""What a sentence on how to call says, and a persona does not: "You are Bob, a function calling AI model" is one."""


def take_tools(system: str) -> tuple[str, list[dict[str, Json]]]:
    """A system text without its tools and what explains how to call them, and the tools in OpenAI's spelling.

    What stands before the line that introduces them stays as it is.
    """
    blocks = [block for block in TOOLS.finditer(system) if block[1].strip().startswith(("{", "["))]
    if not blocks:
        return system, []
    found = [tool for block in blocks for tool in objects(block[1], "<tools>")]
    explanation = EXPLAINS.search(system)
    assert explanation
    start = system.rfind("\n", 0, explanation.start()) + 1
    parts = system[start : blocks[0].start()], TOOLS.sub(" ", system[blocks[0].start() :])
    return (system[:start] + unexplained(*parts)).strip(), list(specs(found, "<tools>"))


def unexplained(before: str, after: str) -> str:
    """What a system text says before and after its tools, without the sentences that explain how to call them."""
    before = re.sub(r"[^\n.!?]*:\s*$", "", before)  # "Here they are:"
    after = SHOWN_CALL.sub("", after.lstrip(" .,"))
    kept = [SENTENCE.sub(lambda said: "" if ON_CALLING.search(said[0]) else said[0], part) for part in (before, after)]
    return "\n\n".join(part for part in map(_tidy, kept) if part)


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def take_calls(text: str) -> tuple[str | None, list[Json]]:
    """What the assistant says before its calls, and the calls. Raises DataError for one that cannot be read."""
    if "<tool_call>" not in text:
        return text, []
    before, _, _ = text.partition("<tool_call>")
    bodies = [parsed_loosely(body, "a <tool_call>") for body in CALL.findall(text)]
    calls = [call for body in bodies for call in (body if isinstance(body, list) else [body])]
    after = CALL.sub("", text[len(before) :]).strip()
    if after:
        raise DataError(f"there is text after a <tool_call>: {after[:40]!r}")
    return before.strip() or None, calls


def take_results(text: str) -> list[str]:
    """The results between `<tool_response>` tags; the whole text where there are no tags."""
    return [body.strip() for body in RESPONSE.findall(text)] or [text]


def is_result(text: str) -> bool:
    """Whether a text is results between tags and nothing else."""
    return "<tool_response>" in text and not RESPONSE.sub("", text).strip()


def objects(text: str, what: str) -> list[Json]:
    """The objects of a JSON list, or of JSON values one after the other. Raises DataError."""
    decoder = json.JSONDecoder()
    found: list[Json] = []
    text = text.strip()
    while text:
        try:
            value, end = decoder.raw_decode(text)
        except (ValueError, RecursionError) as error:
            if found:
                raise DataError(f"{what} is no JSON: {error}") from None
            value, end = parsed_loosely(text, what), len(text)
        found += value if isinstance(value, list) else [value]
        text = text[end:].lstrip(", \t\r\n")
    return found
