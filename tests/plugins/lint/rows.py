"""Rows for lint: a good one with calls and results, and ways to spoil it."""

from typing import Any

from sftctl.core.lint import Finding, Linter
from sftctl.core.manager import plugin_manager
from sftctl.core.types import Example, Json, Message, tool_call
from sftctl.plugins.hermes import Hermes

RULES = plugin_manager().lint_rules()
BOOK = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "nights": {"type": "integer"},
        "room": {"type": "string", "enum": ["single", "double"]},
        "note": {"type": ["string", "null"]},
        "guest": {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]},
    },
    "required": ["city"],
}


def tool(name: str, parameters: Json = None) -> dict[str, Json]:
    return {"type": "function", "function": {"name": name, "description": f"To {name}.", "parameters": parameters}}


def user(text: str = "Book two nights in Oslo.") -> Message:
    return {"role": "user", "content": text}


def says(text: str = "It is booked.", **more: Any) -> Message:
    return {"role": "assistant", "content": text, **more}


def calls(*pairs: tuple[str, dict[str, Json]], ids: str = "abcdef", **more: Any) -> Message:
    made = [tool_call(name, arguments, id) for (name, arguments), id in zip(pairs, ids, strict=False)]
    return {"role": "assistant", "content": None, "tool_calls": made, **more}


def result(id: str = "a", text: str = "true") -> Message:
    return {"role": "tool", "tool_call_id": id, "content": text}


CALL = calls(("book", {"city": "Oslo", "nights": 2}))
TOOLS = (tool("book", BOOK), tool("wait", {"type": "object", "properties": {}}))


def example(*messages: Message, tools: tuple[Any, ...] = TOOLS, **more: Any) -> Example:
    return Example(messages or (user(), CALL, result(), says()), tools, **more)


def lint(*examples: Example, only: str | None = None, tokenizer: Any = None, **more: Any) -> list[Finding]:
    """What all rules, or one, find in rows that stand in lines 1, 2, …"""
    rules = [rule for rule in RULES.values() if only in (None, rule.name)]
    linter = Linter(rules, more.pop("chat_format", Hermes()), tokenizer, **more)
    return [finding for line, one in enumerate(examples, 1) for finding in linter.check(f"f:{line}", one)]


def found(*examples: Example, **more: Any) -> list[str]:
    """The same as `place rule`."""
    return [f"{finding.place} {finding.rule}" for finding in lint(*examples, **more)]
