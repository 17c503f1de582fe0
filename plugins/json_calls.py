"""Reading calls of the form OPEN {"name": …, "arguments": {…}} CLOSE out of text that comes piece by piece."""

import json
import re

from sftctl.core.text import longest_overlap
from sftctl.core.types import Delta, tool_call


class JsonCallParser:
    """Text, then calls. However the text is cut into pieces, the Deltas join to the same message.

    Nothing is lost: from the first call that is not well formed on, everything is content, and `error` says why.
    An eager parser has already given the beginning of such a call; only what follows it becomes content then.
    """

    def __init__(self, open: str, close: str, *, eager: bool = False) -> None:
        self.error = ""
        self._open, self._close, self._eager = open, close, eager
        self._head = re.compile(
            rf'\s*{re.escape(open)}\s*\{{\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*"arguments"\s*:\s*(?=\{{)'
        )
        self._tail = re.compile(rf"\s*\}}\s*{re.escape(close)}")
        self._read = self._read_text
        self._held = ""  # what has come and is not given yet
        self._tried = 0  # how many CLOSE marks of the held text have been looked at
        self._calls = 0
        self._name = ""
        self._json = JsonEnd()

    def push(self, text: str) -> list[Delta]:
        """What is certain now that `text` has come."""
        self._held += text
        deltas: list[Delta] = []
        while True:
            before = self._read, len(self._held)
            deltas += self._read()
            if before == (self._read, len(self._held)):  # it waits for more
                return deltas

    def finish(self) -> list[Delta]:
        """What was held back, now that nothing follows."""
        rest, self._held = self._held, ""
        if self._read == self._read_text:
            return [Delta(content=rest)] if rest else []
        if self._read == self._read_arguments:
            self.error = f"the call to {self._name!r} is cut off"
            return []
        if self._read == self._read_tail:
            self.error = f"the call to {self._name!r} is not closed"
            cut = f"}}{self._close}".startswith("".join(rest.split()))
            return [] if cut else [Delta(content=rest)]
        if not rest.strip():  # white space after the last call
            return []
        self.error = self._why(rest.lstrip())
        return [Delta(content=rest)]

    # ---- one reader for each part of the text; each leaves in `_held` what it cannot judge yet

    def _read_text(self) -> list[Delta]:
        """Content up to the first call; a line break before it belongs to the call."""
        end = self._held.find(self._open)
        if end >= 0:
            self._read = self._read_call
        else:
            end = len(self._held) - longest_overlap(self._held, (self._open,))
        end = len(self._held[:end].removesuffix("\n"))
        ready, self._held = self._held[:end], self._held[end:]
        return [Delta(content=ready)] if ready else []

    def _read_call(self) -> list[Delta]:
        """A whole call, or, eagerly, all before its arguments."""
        start = self._held.lstrip()
        if not start.startswith(self._open):  # after a call: nothing but another call may follow
            return []
        if self._eager and (head := self._head.match(self._held)):
            return self._begin(head)
        marks = self._held.count(self._close)
        if marks == self._tried:
            return []
        self._tried = marks
        try:
            name, arguments, end = self._whole_call(start)
        except (ValueError, RecursionError):  # or is that mark inside one of the arguments?
            return []
        self._next_call(start[end:])
        index = self._calls - 1
        return [Delta(index=index, name=name), Delta(index=index, arguments=arguments)]

    def _begin(self, head: re.Match[str]) -> list[Delta]:
        try:
            name = json.loads(head[1])
            name.encode()
        except ValueError:  # a stray control character or half a surrogate pair
            return []
        self._name, self._json = name, JsonEnd()
        self._held = self._held[head.end() :]
        self._read = self._read_arguments
        return [Delta(index=self._calls, name=self._name)]

    def _read_arguments(self) -> list[Delta]:
        """The arguments as they are written, up to the brace that closes them."""
        end = self._json.find(self._held)
        ready, self._held = self._held[:end], self._held[end:]
        if self._json.closed:
            self._read = self._read_tail
        return [Delta(index=self._calls, arguments=ready)] if ready else []

    def _read_tail(self) -> list[Delta]:
        """What closes a call whose arguments have been given."""
        if tail := self._tail.match(self._held):
            self._next_call(self._held[tail.end() :])
        return []

    def _next_call(self, rest: str) -> None:
        self._held, self._tried = rest, 0
        self._calls += 1
        self._read = self._read_call

    # ---- judging a whole call

    def _whole_call(self, text: str) -> tuple[str, str, int]:
        """Name, arguments and end of the call that `text` begins with. Raises ValueError if it is malformed."""
        body = text.removeprefix(self._open).lstrip()
        call, end = json.JSONDecoder().raw_decode(body)
        if not isinstance(call, dict) or not isinstance(call.get("name"), str) or not call["name"]:
            raise ValueError("a tool call without a name")
        name = call["name"]
        if not isinstance(call.get("arguments"), dict):
            raise ValueError(f"the arguments of the call to {name!r} are no JSON object")
        rest = body[end:].lstrip()
        if not rest.startswith(self._close):
            raise ValueError(f"the call to {name!r} is not closed")
        arguments: str = tool_call(name, call["arguments"])["function"]["arguments"]
        (name + arguments).encode()  # half a surrogate pair is no text
        return name, arguments, len(text) - len(rest) + len(self._close)

    def _why(self, text: str) -> str:
        if not text.startswith(self._open):
            return f"text after a tool call: {text[:40]!r}"
        try:
            self._whole_call(text)
        except (ValueError, RecursionError) as error:
            return str(error)
        return "a malformed tool call"


class JsonEnd:
    """Finds where a JSON object that comes piece by piece is closed."""

    def __init__(self) -> None:
        self.closed = False
        self._depth = 0
        self._in_string = self._escaped = False

    def find(self, piece: str) -> int:
        """The length of what of `piece` belongs to the object."""
        for at, character in enumerate(piece):
            if self._escaped:
                self._escaped = False
            elif self._in_string:
                self._escaped = character == "\\"
                self._in_string = character != '"'
            elif character == '"':
                self._in_string = True
            elif character in "{[":
                self._depth += 1
            elif character in "}]":
                self._depth -= 1
                if self._depth == 0:
                    self.closed = True
                    return at + 1
        return len(piece)
