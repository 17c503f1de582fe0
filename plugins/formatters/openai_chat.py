"""`openai`: OpenAI's chat fine-tuning rows, deprecated fields included; `example`: the rows that we write."""

from collections.abc import Mapping
from dataclasses import replace

from sftctl.core.errors import DataError
from sftctl.core.types import Example, Formatter, Json, kind
from sftctl.plugins.formatters import tags, written
from sftctl.plugins.formatters.blocks import unfolded
from sftctl.plugins.formatters.columns import SYSTEM, found, items, optional_text, text, tools
from sftctl.plugins.formatters.dialogue import Dialogue, content_of

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
MASKS = ("loss", "train", "training")
"""Whether a message is learned, in the words of ms-swift and Axolotl."""
BESIDE = ("parallel_tool_calls", "label")
"""Columns that may stand beside any conversation: what `whole` reads."""


def to_example(row: Mapping[str, Json]) -> Example:
    """A row with `messages`. Raises DataError saying which message is wrong."""
    if row.get("messages") is None:
        raise DataError("it has no 'messages'")
    dialogue = Dialogue(tools(row, "tools", "functions"))
    messages = items(row["messages"], "'messages'")
    if (system := optional_text(row, *SYSTEM)) and not any(map(_is_system, messages)):
        add_messages(dialogue, [{"role": "system", "content": system}], "'system'")
    add_messages(dialogue, messages)
    return whole(dialogue, row)


def from_canonical(row: Mapping[str, Json]) -> Example:
    """A row as `sftctl synth` and `sftctl data import` write it, plain text or not. Raises DataError."""
    example = Example((), text=text(row, "text")) if row.get("messages") is None else to_example(row)
    seed = row.get("seed")
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise DataError(f"'seed' must be a number, not {kind(seed)}")
    return replace(example, source=text(row, "source"), category=text(row, "category"), seed=seed)


def whole(dialogue: Dialogue, row: Mapping[str, Json]) -> Example:
    """The Example of a row of which all is said. Raises DataError, for an answer that is not wanted (KTO) too."""
    if str(row.get("label")).lower() == "false":
        raise DataError("its 'label' is false, so its answer is none to learn")
    parallel = row.get("parallel_tool_calls")
    if not isinstance(parallel, bool | None):
        raise DataError(f"'parallel_tool_calls' must be true or false, not {kind(parallel)}")
    return dialogue.example(parallel_tool_calls=parallel)


def add_messages(dialogue: Dialogue, messages: list[Json], what: str = "message {}") -> None:
    """Put OpenAI messages at the end of a dialogue. Raises DataError saying which one is wrong, counted from 1."""
    for number, message in enumerate(messages, 1):
        role = _role_of(message)
        if role not in ROLES:
            raise DataError(f"{what.format(number)} has no role of {', '.join(ROLES)}")
        try:
            add_message(dialogue, {**message, "role": role})
        except DataError as error:
            raise DataError(f"{what.format(number)}: {error}") from None


def add_message(dialogue: Dialogue, message: Mapping[str, Json]) -> None:
    """Put one OpenAI message, or Anthropic's, at the end of a dialogue. Raises DataError."""
    for part in unfolded(message):
        _add(dialogue, {key: value for key, value in part.items() if value is not None})


def _role_of(message: Json) -> str:
    """Who speaks, in OpenAI's spelling (Llama's results are `ipython`'s); empty if it is no message."""
    role = str(message.get("role", "")).lower() if isinstance(message, Mapping) else ""
    return "tool" if role == "ipython" else role


def _is_system(message: Json) -> bool:
    return _role_of(message) in ("system", "developer")


def has_other_speakers(row: Mapping[str, Json]) -> bool:
    """Whether its messages are ShareGPT's turns by another name: `model`, `tool_call`, `tool_response` and the like."""
    messages = row.get("messages")
    turns = messages if isinstance(messages, list) else []
    return any(
        isinstance(turn, Mapping)
        and (
            turn.get("role") in ("model", "tool_call", "function_call", "tool_response", "observation")
            or ("from" in turn and "role" not in turn)
        )
        for turn in turns
    )


def _add(dialogue: Dialogue, message: dict[str, Json]) -> None:
    role, content = message["role"], content_of(message)
    if role == "user" and isinstance(content, str) and tags.is_result(content):
        role = "tool"
    weight = weight_of(message, role == "assistant")
    rest = {key: value for key, value in message.items() if key not in ("role", "content", "tool_call_id", *MASKS)}
    rest |= {} if weight is None else {"weight": weight}
    if role == "assistant":
        _assistant(dialogue, rest, content)
    elif content is None:
        raise DataError("it has no content")
    elif role in ("tool", "function"):
        for part in tags.take_results(content) if isinstance(content, str) else [_joined(content)]:
            dialogue.result(part, str(message.get("tool_call_id") or ""), **rest)
    elif role == "system" and isinstance(content, str) and not dialogue.messages:
        persona, given = tags.take_tools(content)
        dialogue.tools += given if not dialogue.tools else []
        dialogue.messages += [{"role": role, "content": persona, **rest}] if persona else []
    else:
        dialogue.messages.append({"role": role, "content": content, **rest})


def _assistant(dialogue: Dialogue, rest: dict[str, Json], content: Json) -> None:
    calls = items(rest.pop("tool_calls", []), "'tool_calls'")
    if (call := rest.pop("function_call", None)) is not None:
        calls.append(call)
    as_text = isinstance(content, str) and not calls
    if as_text:
        content, calls = written.take_calls(content, dialogue.tools)
    made = [dialogue.call(call, written=as_text) for call in calls]
    content = rest.pop("refusal", None) if content is None else content
    if content is None and not made:
        raise DataError("it has neither content nor tool calls")
    dialogue.messages.append({"role": "assistant", "content": content, **rest} | ({"tool_calls": made} if made else {}))


def weight_of(message: Mapping[str, Json], is_assistants: bool) -> int | None:
    """The `weight` of a message, 0 or 1, or what `loss` and its like say of it; None for nothing. Raises DataError."""
    name = found(message, ("weight", *MASKS))
    if name is None:
        return None
    value = message[name]
    if value not in (0, 1) or (name == "weight" and isinstance(value, bool)):
        allowed = "0 or 1" if name == "weight" else "true or false"
        raise DataError(f"its {name} must be {allowed}, not {value!r}")
    if value and not is_assistants:
        raise DataError(f"it has {name} {value}, but only what the assistant writes can be learned")
    return int(value)


def _joined(parts: list[Json]) -> str:
    return "".join(part.get("text") or "" for part in parts)


FORMATTER = Formatter(
    "openai",
    "OpenAI's chat fine-tuning rows: messages and tools",
    lambda row: isinstance(row.get("messages"), list | str) and not has_other_speakers(row),
    to_example,
    ("messages", ("tools", "functions"), SYSTEM, *BESIDE),
)
CANONICAL = Formatter(
    "example",
    "what sftctl itself writes: OpenAI's rows or plain text, with source, category and seed",
    lambda row: {"source", "category", "seed"} <= row.keys() and ("messages" in row or "text" in row),
    from_canonical,
    (*FORMATTER.columns, "text", "source", "category", "seed"),
)
