"""How a conversation becomes tokens, and what a model writes becomes a message."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sftctl.core.types.conversations import Example
from sftctl.core.types.values import Json, Message


@dataclass(frozen=True)
class Rendered:
    """What every trainer consumes: token ids and, position for position, labels (−100: no loss)."""

    input_ids: list[int]
    labels: list[int]


IGNORED = -100
"""The label of a token that carries no loss; torch's `ignore_index`."""


class Tokenizer(Protocol):
    """The little that a ChatFormat needs of a tokenizer; a transformers tokenizer is one."""

    def encode(self, text: str, *, add_special_tokens: bool = ..., split_special_tokens: bool = ...) -> list[int]: ...

    def decode(self, token_ids: Sequence[int], *, skip_special_tokens: bool = ...) -> str: ...

    def convert_tokens_to_ids(self, tokens: str) -> int: ...


@dataclass(frozen=True)
class Delta:
    """What a piece of an assistant's text adds to its message: content, or a part of the call at `index`."""

    content: str = ""
    index: int = -1
    name: str = ""
    """Where a call begins; a call's first Delta has nothing else."""
    arguments: str = ""
    """The next characters of the call's arguments."""


class MessageParser(Protocol):
    """Reads an assistant's text while it is being written. However it is cut, the Deltas join to the same message."""

    @property
    def error(self) -> str:
        """Why text that looked like a call was given as content; empty if none was."""
        ...

    def push(self, text: str) -> list[Delta]:
        """What is certain now that `text` has come."""
        ...

    def finish(self) -> list[Delta]:
        """What was held back, now that nothing follows."""
        ...


def fold(deltas: Iterable[Delta], error: str = "") -> Message:
    """The message that a parser's Deltas join to; `error` is the parser's."""
    content, calls = "", list[tuple[str, list[str]]]()
    for delta in deltas:
        content += delta.content
        if delta.name:
            calls.append((delta.name, []))
        if delta.arguments:
            calls[delta.index][1].append(delta.arguments)
    message: Message = {"role": "assistant", "content": content or (None if calls else "")}
    if calls:
        message["tool_calls"] = [
            {"id": "", "type": "function", "function": {"name": name, "arguments": "".join(parts)}}
            for name, parts in calls
        ]
    return message | ({"parse_error": error} if error else {})


class ChatFormat(Protocol):
    """Chat template and tool-call parser as ONE object, shared by training and serving."""

    @property
    def name(self) -> str: ...

    @property
    def summary(self) -> str: ...

    @property
    def template(self) -> str:
        """The same format as a Jinja chat template, with `{% generation %}`, for other people's tools."""
        ...

    @property
    def changes(self) -> str:
        """Where a template of the tokenizer's was replaced by one for training: the difference. Else nothing."""
        ...

    def fitted(self, tokenizer: Any) -> "ChatFormat":
        """The format for this tokenizer: itself, unless it depends on it. Before that it only looks at rows.

        Raises FormatError where the tokenizer does not fit.
        """
        ...

    @property
    def stop(self) -> tuple[str, ...]:
        """The special tokens that end an assistant turn."""
        ...

    @property
    def call_start(self) -> str:
        """What begins a tool call in the assistant's text."""
        ...

    @property
    def call_separator(self) -> str:
        """What is written between two calls of one message."""
        ...

    def render(self, example: Example, tokenizer: Tokenizer) -> Rendered:
        """Token ids with labels on exactly what the assistant writes, its stop token included.

        A message of `weight` 0 has no labels. An example of plain `text` is that text and the stop token, all
        labelled but its first token, which follows nothing.
        """
        ...

    def prompt(self, messages: Sequence[Message], tools: Sequence[Json], tokenizer: Tokenizer) -> list[int]:
        """Token ids that end where the assistant begins to write."""
        ...

    def parse(self, text: str) -> Message:
        """The assistant message that `text` (stop token removed) spells.

        From the first call that is not well formed on, all text stays in `content`, and the message gets a
        `parse_error`. The same as feeding a `parser` and folding what it gives.
        """
        ...

    def parser(self, *, eager: bool = False) -> "MessageParser":
        """A parser to be fed piece by piece.

        It gives a call once the call is whole and well formed. An `eager` one gives the arguments while they are
        being written: for text that a grammar of `call_frame`s keeps well formed.
        """
        ...

    def call_frame(self, name: str) -> tuple[str, str]:
        """What is written before and after the JSON arguments of a call to `name`."""
        ...
