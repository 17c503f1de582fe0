"""Rules about the order of messages: who speaks when, and that calls and results belong together."""

from collections import Counter
from collections.abc import Iterator

from sftctl.core.lint import LintRow, LintRule, text_of
from sftctl.core.text import counted
from sftctl.core.types import Message

SYSTEM = ("system", "developer")


def role_order(row: LintRow) -> Iterator[str]:
    before, user_has_spoken = "", False
    for number, message in enumerate(row.example.messages, 1):
        role = message["role"]
        user_has_spoken |= role == "user"
        if role in SYSTEM and number > 1:
            yield f"message {number} is the {role}'s, after the conversation has begun"
        elif role == "assistant" and not user_has_spoken:
            yield f"message {number} is the assistant's, before any user has spoken"
        elif role in ("user", "assistant") and role == before:
            yield f"messages {number - 1} and {number} are both the {role}'s"
        before = role


def empty_messages(row: LintRow) -> Iterator[str]:
    for number, message in enumerate(row.example.messages, 1):
        has_parts = isinstance(message.get("content"), list) and message["content"]
        says = bool(text_of(message).strip() or has_parts or message.get("tool_calls"))
        if message["role"] in ("user", "assistant") and not says:
            yield f"message {number} ({message['role']}) is empty"


def repeated_ids(row: LintRow) -> Iterator[str]:
    for number, message in enumerate(row.example.messages, 1):
        for id, times in Counter(filter(None, _ids(message))).items():
            if times > 1:
                yield f"message {number} makes {times} calls of the id '{id}'"


def orphan_results(row: LintRow) -> Iterator[str]:
    """Results are matched by id; where neither side has ids, by number."""
    waiting: list[str] = []
    for number, message in enumerate(row.example.messages, 1):
        if message["role"] != "tool":
            waiting = _ids(message)
            continue
        id = message.get("tool_call_id") or ""
        if not waiting:
            yield f"message {number} is a tool's result that no call has asked for"
        elif id in waiting:
            waiting.remove(id)
        elif not id:
            yield f"message {number} is a tool's result without a tool_call_id, though the calls have ids"
        else:
            yield f"message {number} is the result of call '{id}', which the message before it does not make"


def missing_results(row: LintRow) -> Iterator[str]:
    """A last message may be a call; one in the middle has been answered."""
    waiting: list[str] = []
    caller = 0
    for number, message in enumerate(row.example.messages, 1):
        if message["role"] == "tool":
            if waiting:
                id = message.get("tool_call_id") or ""
                waiting.remove(id if id in waiting else waiting[0])
            continue
        if waiting:
            yield f"message {caller} has {counted(len(waiting), 'call')} without a result before message {number}"
        waiting, caller = _ids(message), number


def _ids(message: Message) -> list[str]:
    return [str(call.get("id") or "") for call in message.get("tool_calls") or ()]


RULES = (
    LintRule("repeated-id", "calls of one message that have the same id", "error", lambda: repeated_ids),
    LintRule("orphan-result", "a tool's result that belongs to no call before it", "error", lambda: orphan_results),
    LintRule("missing-result", "a call in the middle that has no result", "error", lambda: missing_results),
    LintRule("empty-message", "a user's or the assistant's message says nothing", "error", lambda: empty_messages),
    LintRule("role-order", "one speaks twice in a row, or out of place", "warning", lambda: role_order),
)
