"""ChatFormat `hermes`: ChatML turns, tools in `<tools>`, calls in `<tool_call>`, results in their own turn.

A conversation is a sequence of pieces. A piece is *control* if the format itself wrote it (role markers, the
stop token) and *learned* if the assistant did. Control tokens are recognised in control pieces alone: a user
who types `<|im_end|>` sends ten characters, not the end of a turn. Each piece is tokenised by itself, so a
prompt is exactly a prefix of every conversation that goes on from it, and training, evaluation and serving
see the same ids.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sftctl.core import hookimpl
from sftctl.core.errors import FormatError
from sftctl.core.types import (
    IGNORED,
    ChatFormat,
    Example,
    Json,
    Message,
    MessageParser,
    Rendered,
    Tokenizer,
    call_of,
    canonical_json,
    fold,
    is_learned,
)
from sftctl.plugins.json_calls import JsonCallParser

START, STOP = "<|im_start|>", "<|im_end|>"
OPEN, CLOSE = "<tool_call>", "</tool_call>"
TOOLS_HEAD = "You can call these functions:\n<tools>"
TOOLS_TAIL = (
    "</tools>\nCall one or more of them, if they serve the user's request, in this form:\n"
    '<tool_call>\n{"name": "...", "arguments": {...}}\n</tool_call>'
)

TEMPLATE = Path(__file__).with_suffix(".jinja").read_text(encoding="utf-8")


class Piece(NamedTuple):
    text: str
    control: bool = False
    learned: bool = False


@dataclass(frozen=True)
class Hermes:
    """ChatML with Hermes-style tool calls; fits every tokenizer that has `<|im_start|>` and `<|im_end|>`."""

    name: str = "hermes"
    summary: str = "ChatML with <tools> and <tool_call>, as Hermes and Qwen 2.5 write them"
    template: str = TEMPLATE
    stop: tuple[str, ...] = (STOP,)
    call_start: str = OPEN
    call_separator: str = "\n"
    show: Callable[[Mapping[str, Json]], str] = canonical_json
    """How a function is written into the system turn."""
    changes: str = ""

    def fitted(self, tokenizer: Any) -> ChatFormat:
        """Itself: the template is its own, whatever the tokenizer's is."""
        return self

    def render(self, example: Example, tokenizer: Tokenizer) -> Rendered:
        """Token ids with labels on exactly what the assistant writes, its stop token included.

        Raises FormatError for a conversation that would not read back as itself.
        """
        if example.text:
            return _plain(example.text, tokenizer)
        _check_reads_back(example.messages)
        input_ids: list[int] = []
        labels: list[int] = []
        for piece in conversation(example.messages, example.tools, self.show):
            ids = encode(piece, tokenizer)
            input_ids += ids
            labels += ids if piece.learned else [IGNORED] * len(ids)
        return Rendered(input_ids, labels)

    def prompt(self, messages: Sequence[Message], tools: Sequence[Json], tokenizer: Tokenizer) -> list[int]:
        """Token ids that end where the assistant begins to write.

        What the assistant said before stands there as it was said, a malformed call too.
        """
        pieces = [*conversation(messages, tools, self.show), Piece(f"{START}assistant\n", control=True)]
        return [token for piece in pieces for token in encode(piece, tokenizer)]

    def parse(self, text: str) -> Message:
        """The assistant message that `text` spells; the inverse of rendering it.

        From the first malformed call on, all text stays in `content`, with the reason in `parse_error`.
        """
        parser = self.parser()
        deltas = [*parser.push(text), *parser.finish()]
        return fold(deltas, parser.error)

    def parser(self, *, eager: bool = False) -> MessageParser:
        """A parser of this format, to be fed piece by piece."""
        return JsonCallParser(OPEN, CLOSE, eager=eager)

    def call_frame(self, name: str) -> tuple[str, str]:
        """What is written before and after the JSON arguments of a call to `name`."""
        return f'{OPEN}\n{{"name": {canonical_json(name)}, "arguments": ', f"}}\n{CLOSE}"


# ---------------------------------------------------------------- writing


def conversation(
    messages: Sequence[Message], tools: Sequence[Json], show: Callable[[Mapping[str, Json]], str]
) -> Iterator[Piece]:
    """The pieces of a conversation, from the system turn to its last message."""
    system, first = "", 1
    if messages and messages[0]["role"] in ("system", "developer"):
        system, messages, first = text_of(messages[0]), messages[1:], 2
    if system or tools:
        yield from _system_turn(system, [show(tool.get("function", tool)) for tool in tools])
    previous = ""
    for index, message in enumerate(messages):
        role = message["role"]
        if role == "assistant":
            yield Piece(f"{START}assistant\n", control=True)
            yield Piece(assistant_text(message), learned=is_learned(message))
            yield Piece(STOP, control=True, learned=is_learned(message))
            yield Piece("\n", control=True)
        elif role == "tool":
            last = index + 1 == len(messages) or messages[index + 1]["role"] != "tool"
            head = "\n" if previous == "tool" else f"{START}tool\n"
            yield Piece(f"{head}<tool_response>\n", control=True)
            yield Piece(text_of(message))
            yield Piece("\n</tool_response>" + (f"{STOP}\n" if last else ""), control=True)
        elif role in ("user", "system", "developer"):
            yield Piece(f"{START}{role}\n", control=True)
            yield Piece(text_of(message))
            yield Piece(f"{STOP}\n", control=True)
        else:
            raise FormatError(f"Message {first + index} has the unknown role '{role}'.")
        previous = role


def _plain(text: str, tokenizer: Tokenizer) -> Rendered:
    """A document: no turns, no markers, every token learned but the first, which nothing comes before."""
    ids = [token for piece in (Piece(text), Piece(STOP, control=True)) for token in encode(piece, tokenizer)]
    return Rendered(ids, [IGNORED, *ids[1:]])


def _system_turn(system: str, tools: Sequence[str]) -> Iterator[Piece]:
    yield Piece(f"{START}system\n", control=True)
    if tools:
        lines = "\n".join(tools)
        system = f"{system}\n\n" if system else ""
        yield Piece(f"{system}{TOOLS_HEAD}\n{lines}\n{TOOLS_TAIL}")
    else:
        yield Piece(system)
    yield Piece(f"{STOP}\n", control=True)


def assistant_text(message: Message) -> str:
    """What the assistant writes for `message`, without its stop token: text, then one block per call."""
    calls = message.get("tool_calls") or ()
    return "\n".join(filter(None, (text_of(message), *(_call_text(*call_of(call)) for call in calls))))


def _check_reads_back(messages: Sequence[Message]) -> None:
    for message in messages:
        if message["role"] == "assistant" and OPEN in text_of(message):
            raise FormatError(f"An assistant text contains {OPEN}.", "It would not read back as text.")


def _call_text(name: str, arguments: dict[str, Json]) -> str:
    before, after = Hermes().call_frame(name)
    return f"{before}{canonical_json(arguments)}{after}"


def text_of(message: Message) -> str:
    """A message's text: its string content, or the text parts of a list of parts."""
    content = message.get("content")
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    parts: list[str] = []
    for part in content:
        if part.get("type") not in ("text", "input_text", "output_text", "refusal"):
            raise FormatError(f"A content part of type '{part.get('type')}' cannot be shown to a text model.")
        parts.append(part.get("text") or part.get("refusal") or "")
    return "".join(parts)


def encode(piece: Piece, tokenizer: Tokenizer) -> list[int]:
    """Token ids of one piece; control tokens are recognised in everything but content."""
    return tokenizer.encode(piece.text, add_special_tokens=False, split_special_tokens=not piece.control)


@hookimpl
def sftctl_chat_formats() -> Iterable[ChatFormat]:
    return [Hermes()]
