"""Dataset formatters: raw rows → Examples."""

from collections.abc import Iterable, Mapping

from sftctl.core import hookimpl
from sftctl.core.errors import DataError
from sftctl.core.types import Example, Formatter, Json, Message, call_of, tool_call

ROLES = ("system", "developer", "user", "assistant", "tool")


def is_openai(row: Mapping[str, Json]) -> bool:
    return isinstance(row.get("messages"), list)


def from_openai(row: Mapping[str, Json]) -> Example:
    """A row of OpenAI's chat fine-tuning shape. Raises DataError saying which message is wrong."""
    messages = tuple(_message(index, message) for index, message in enumerate(row["messages"]))
    if not any(message["role"] == "assistant" for message in messages):
        raise DataError("no message is the assistant's, so there is nothing to learn")
    return Example.from_row({**row, "messages": messages})


def _message(index: int, message: Json) -> Message:
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise DataError(f"message {index} has no role of {', '.join(ROLES)}")
    kept = {key: value for key, value in message.items() if value is not None}
    if calls := kept.get("tool_calls"):
        kept["tool_calls"] = [tool_call(*call_of(call), id=call.get("id") or "") for call in calls]
    return {"content": None, **kept} if kept["role"] == "assistant" else kept


@hookimpl
def sftctl_formatters() -> Iterable[Formatter]:
    return [Formatter("openai", "OpenAI's chat fine-tuning rows: messages and tools", is_openai, from_openai)]
