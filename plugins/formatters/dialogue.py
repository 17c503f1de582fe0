"""A conversation put together turn by turn: calls and results paired, arguments freed of Arrow's nulls."""

import json
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from sftctl.core.datasets.json_value import ROWS, problem_of
from sftctl.core.errors import DataError
from sftctl.core.tools.toolspec import without_filled_nulls
from sftctl.core.types import Example, Json, Message, is_learned, kind, tool_call

NAME = ("name", "api", "api_name", "tool_name", "function")
ARGUMENTS = ("arguments", "parameters", "args", "kwargs", "input")
TEXT_PARTS = ("text", "input_text", "output_text", "refusal")
OTHER_PARTS = ("image", "image_url", "input_image", "audio", "input_audio", "video", "file", "input_file", "document")


class Dialogue:
    """Turns in order; `example()` is the whole. A call or a result without an id gets one."""

    def __init__(self, tools: Iterable[dict[str, Json]] = ()) -> None:
        self.tools = list(tools)
        self.messages: list[Message] = []
        self._ids: set[str] = set()
        self._unanswered: list[tuple[str, str]] = []
        """Id and name of each call without a result."""

    @property
    def open_calls(self) -> int:
        """How many calls have no result yet."""
        return len(self._unanswered)

    # ---- turns

    def system(self, text: str) -> None:
        if text:
            self.messages.append({"role": "system", "content": text})

    def user(self, text: str) -> None:
        self.messages.append({"role": "user", "content": text})

    def assistant(self, text: str | None, calls: Iterable[Json] = (), written: bool = False) -> None:
        """What the assistant says, then calls (see `call`). Calls right after what it said are the same turn."""
        made = [self.call(call, written) for call in calls]
        last = self.messages[-1] if self.messages else {}
        if made and not text and last.get("role") == "assistant":
            last["tool_calls"] = [*last.get("tool_calls", ()), *made]
        else:
            self.messages.append({"role": "assistant", "content": text} | ({"tool_calls": made} if made else {}))

    def result(self, content: Json, id: str = "", **more: Json) -> None:
        """What a tool gave: text, or any JSON value. Without an id it is of the next call by its `name`, or of any."""
        if id:
            calls = [call for call in self._unanswered if call[0] == id]
        else:
            calls = [call for call in self._unanswered if call[1] == more.get("name")] or self._unanswered
        if calls:
            id, _ = answered = calls[0]
            self._unanswered.remove(answered)
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, default=str)
        self.messages.append({"role": "tool", "tool_call_id": id, "content": text, **more})

    def call(self, call: Json, written: bool = False) -> Message:
        """A call in any spelling, in OpenAI's. Raises DataError.

        If it is `written`, that is, was read from text, its arguments are taken at their word; those of a struct may
        hold nulls that Arrow filled in.
        """
        name, arguments = self._read_call(call, written)
        id = str(call.get("id") or self._new_id())
        self._ids.add(id)
        self._unanswered.append((id, name))
        try:
            return tool_call(name, arguments, id=id)
        except ValueError:
            raise DataError(f"the arguments of the call to '{name}' hold NaN or Infinity, which JSON has not") from None

    # ---- the whole

    def example(self, **fields: Any) -> Example:
        """Raises DataError when nothing of it carries loss."""
        if not any(map(is_learned, self.messages)):
            assistants = any(message["role"] == "assistant" for message in self.messages)
            why = "every message of the assistant has weight 0" if assistants else "no message is the assistant's"
            raise DataError(f"{why}, so there is nothing to learn")
        return Example(tuple(self.messages), tuple(self.tools), **fields)

    def _new_id(self) -> str:
        return next(id for number in count(len(self._ids) + 1) if (id := f"call_{number}") not in self._ids)

    def _read_call(self, call: Json, written: bool) -> tuple[str, dict[str, Json]]:
        if not isinstance(call, Mapping):
            raise DataError(f"a call must be an object, not {kind(call)}")
        inner = call.get("function")
        function = inner if isinstance(inner, Mapping) else call
        name = next((function[key] for key in NAME if function.get(key) is not None), None)
        if not isinstance(name, str) or not name:
            raise DataError(f"a call has no name (it has {', '.join(map(str, function)) or 'nothing'})")
        given: Json = next((function[key] for key in ARGUMENTS if function.get(key) is not None), {})
        return name, self._arguments(name, given, written)

    def _arguments(self, name: str, given: Json, written: bool) -> dict[str, Json]:
        arguments = given
        if isinstance(given, str):
            try:
                arguments = ROWS.decode(given) if given.strip() else {}
            except (ValueError, RecursionError) as error:
                problem = problem_of(error, "character")
                raise DataError(f"the arguments of the call to '{name}' are no JSON: {problem}") from None
        if not isinstance(arguments, dict):
            raise DataError(f"the arguments of the call to '{name}' must be an object, not {kind(arguments)}")
        if not written and not isinstance(given, str):
            cleaned = without_filled_nulls(arguments, self._schema(name))
            assert isinstance(cleaned, dict)
            arguments = cleaned
        return arguments

    def _schema(self, name: str) -> Json:
        return next((t["function"]["parameters"] for t in self.tools if t["function"]["name"] == name), None)


def one_turn(system: str, request: str, answer: str, **fields: Any) -> Example:
    """The shortest conversation: a request and its answer."""
    dialogue = Dialogue()
    dialogue.system(system)
    dialogue.user(request)
    dialogue.assistant(answer)
    return dialogue.example(**fields)


def content_of(message: Mapping[str, Json]) -> Json:
    """A message's content: text, null, or parts of text, of which nulls are dropped. Raises DataError.

    What a tool gives may be any value; what is neither text nor parts becomes the text of its JSON.
    """
    content = message.get("content")
    if content is None or isinstance(content, str):
        return content
    if message.get("role") in ("tool", "function") and not _are_parts(content):
        return json.dumps(content, ensure_ascii=False, default=str)
    if not isinstance(content, list):
        raise DataError(f"its content must be text, not {kind(content)}")
    for part in content:
        if not isinstance(part, Mapping) or part.get("type") not in TEXT_PARTS:
            what = part.get("type") if isinstance(part, Mapping) else kind(part)
            raise DataError(f"its content has a part ({what}) that cannot be shown to a text model")
    return [{key: value for key, value in part.items() if value is not None} for part in content]


def _are_parts(content: Json) -> bool:
    """Whether a list is parts of a message, of text or not, and no list that a tool gave."""
    if not isinstance(content, list):
        return False
    known = (*TEXT_PARTS, *OTHER_PARTS)
    return all(isinstance(part, Mapping) and part.get("type") in known for part in content)
