"""Conversations: the one canonical record of data, in memory and on disk."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sftctl.core.errors import DataError
from sftctl.core.types.tools import call_of
from sftctl.core.types.values import (
    Json,
    Message,
    canonical_json,
)


@dataclass(frozen=True)
class Example:
    """One conversation in OpenAI's chat fine-tuning shape, plus where it comes from.

    The one canonical record, in memory and on disk (a JSON line). The last message is the
    assistant's: what is to be learned, or, in evaluation, what is expected. An assistant message of
    `weight` 0 is context only: it carries no loss.
    """

    messages: tuple[Message, ...]
    tools: tuple[dict[str, Json], ...] = ()
    parallel_tool_calls: bool | None = None
    source: str = ""
    category: str = ""
    seed: int = 0
    text: str = ""
    """Plain text, no conversation: all of it is learned. Such an example has no messages and no tools."""

    @property
    def calls(self) -> list[tuple[str, dict[str, Json]]]:
        """Name and arguments of every call of the last message."""
        last = self.messages[-1] if self.messages else {}
        return [call_of(call) for call in last.get("tool_calls") or ()]

    def to_json(self) -> str:
        """One line of JSONL, keys in a fixed order, unset fields left out. Raises ValueError for NaN and infinity."""
        row: dict[str, Json] = {"text": self.text} if self.text else {"messages": list(self.messages)}
        if self.tools:
            row["tools"] = list(self.tools)
        if self.parallel_tool_calls is not None:
            row["parallel_tool_calls"] = self.parallel_tool_calls
        row |= {"source": self.source, "category": self.category, "seed": self.seed}
        return canonical_json(row)

    @classmethod
    def from_row(cls, row: Mapping[str, Json]) -> "Example":
        """The inverse of `to_json`, for a row that has been checked to be in this shape."""
        return cls(
            messages=() if row.get("text") else tuple(row["messages"]),
            tools=tuple(row.get("tools") or ()),
            parallel_tool_calls=row.get("parallel_tool_calls"),
            source=row.get("source", ""),
            category=row.get("category", ""),
            seed=row.get("seed", 0),
            text=row.get("text", ""),
        )


def is_learned(message: Mapping[str, Json]) -> bool:
    """Whether a message carries loss: the assistant's do, unless their `weight` is 0."""
    return message["role"] == "assistant" and message.get("weight") != 0


def read_examples(path: Path) -> Iterable[Example]:
    """The examples of a JSONL file in the canonical shape. Raises DataError naming file and line."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield Example.from_row(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(f"{path}:{number} is not an example: {error!r}.") from None
