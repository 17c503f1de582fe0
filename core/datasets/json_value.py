"""Rows out of one big JSON value, `[{…}, …]` or `{"data": [{…}, …]}`, without holding more than one of them."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import IO, NamedTuple

from sftctl.core.errors import DataError
from sftctl.core.types import Json

CHUNK = 1 << 18
LARGEST = 1 << 26
"""Characters of one row; a longer one is no row but a broken file."""
SPACE = re.compile(r"[ \t\r\n]*")
SLACK = 16
"""An error this near to the end of what has been read may only mean that more is to be read."""

SPLITS = ("train", "validation", "valid", "dev", "test", "eval")
CONTAINERS = ("data", "rows", "examples", "instances", "items", *SPLITS)
"""Keys of a list of rows that say nothing about the rows."""
OF_A_ROW = frozenset(
    {"messages", "conversations", "conversation", "contents", "history", "prompt", "completion"}
    | {"tools", "functions", "functionDeclarations", "function_declarations", "parameters", "required"}
    | {"chosen", "rejected", "answers", "calling", "choices", "endings"}
)
"""Columns that hold lists in a row; a list under any other key of the outermost object is a list of rows."""


class JsonRow(NamedTuple):
    line: int
    key: str
    """The key of the list that the row stands in; empty in a plain array."""
    value: Json


def is_one_object(start: bytes, lines: bool) -> bool:
    """Whether a file that begins so is one object, of lists of rows or over many lines, and not a row on each.

    Where its name says that it has `lines`, only a first line of no more than `{` and a key after it say otherwise.
    """
    first, newline, rest = start.lstrip().partition(b"\n")
    if lines:
        return first.strip() == b"{" and rest.lstrip().startswith(b'"')
    if not newline or not rest.strip():
        of_lists = re.match(rb'\{\s*"([^"\\]*)"\s*:\s*\[\s*\{', first)
        return of_lists is not None and of_lists[1].decode(errors="replace") not in OF_A_ROW
    return not any(map(_is_object, (first, rest.lstrip().partition(b"\n")[0])))  # of two rows one may be broken


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def json_rows(file: IO[bytes], name: str) -> Iterator[JsonRow]:
    """The elements of an array, or of the arrays in an object; else the object itself, and those that follow it.

    Raises DataError with file and line where the text is not JSON.
    """
    text = _Text(file, name)
    if text.next() == "[":
        yield from _elements(text, "")
    elif text.next() == "{":
        yield from _members(text)
        while text.next() == "{":
            yield JsonRow(text.line, "", text.value())
    else:
        raise text.error("a data file begins with '[' or '{'")
    if text.next():
        raise text.error("there is more after the end of the JSON value")


def _elements(text: "_Text", key: str) -> Iterator[JsonRow]:
    text.take("[")
    if text.next() == "]":
        text.take("]")
        return
    while True:
        text.next()
        line = text.line
        yield JsonRow(line, key, text.value())
        if text.next() != ",":
            text.take("]")
            return
        text.take(",")


def _members(text: "_Text") -> Iterator[JsonRow]:
    line = text.line
    rest: dict[str, Json] = {}
    listed = False
    text.take("{")
    while text.next() != "}":
        key = text.value()
        if not isinstance(key, str):
            raise text.error("a key must be a string")
        text.take(":")
        if text.next() == "[" and key not in OF_A_ROW:
            listed = True
            yield from _elements(text, key)
        else:
            rest[key] = text.value()
        if text.next() != ",":
            break
        text.take(",")
    text.take("}")
    if not listed and rest:
        yield JsonRow(line, "", rest)


class _Text:
    """What has been read of a file and not yet been taken, and the line that it begins on."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.file, self.name = file, name
        self.line = 1
        self._buffer, self._at, self._ended = "", 0, False
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode

    def next(self) -> str:
        """The next character that is not white space, which is skipped; empty at the end."""
        while True:
            space = SPACE.match(self._buffer, self._at)
            assert space
            self._skip(space.end() - self._at)
            if self._at < len(self._buffer) or not self._read(CHUNK):
                return self._buffer[self._at : self._at + 1]

    def take(self, character: str) -> None:
        if self.next() != character:
            given = f"'{self.next()}'" if self.next() else "the end of the file"
            raise self.error(f"'{character}' is expected here, not {given}")
        self._skip(1)

    def value(self) -> Json:
        """The JSON value that begins here."""
        self.next()
        wanted = CHUNK
        while True:
            try:
                value, end = ROWS.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos > len(self._buffer) - SLACK
                if cut and len(self._buffer) - self._at > LARGEST:
                    raise self.error(f"a value is longer than {LARGEST >> 20} million characters") from None
                if cut and self._read(wanted):
                    wanted *= 2
                    continue
                begun, wrong = self.line, self._buffer[error.pos : error.pos + 1]
                self._skip(error.pos - self._at)
                if is_cut_off(error):
                    raise self.error(f"the file ends within a value that begins on line {begun}") from None
                raise self.error(f"{error.msg.removesuffix(' at')}, where {wrong!r} stands") from None
            except (ValueError, RecursionError) as error:
                raise self.error(str(error)) from None
            self._skip(end - self._at)
            return value

    def error(self, problem: str) -> DataError:
        return DataError(f"{self.name}:{self.line} is not JSON: {problem}.")

    def _skip(self, count: int) -> None:
        self.line += self._buffer.count("\n", self._at, self._at + count)
        self._at += count

    def _read(self, size: int) -> bool:
        """Read on, forgetting what has been taken; whether there was anything."""
        if self._ended:
            return False
        data = self.file.read(size)
        self._ended = not data
        try:
            more = self._decode(data, final=self._ended)
        except UnicodeDecodeError as error:
            line = self.line + self._buffer.count("\n", self._at) + error.object.count(b"\n", 0, error.start)
            byte = f"byte {error.object[error.start]:#x}"
            raise DataError(f"{self.name}:{line} is not UTF-8: {byte}.", "Save it as UTF-8.") from None
        self._buffer, self._at = self._buffer[self._at :] + more, 0
        return True


def problem_of(error: Exception, unit: str) -> str:
    """What is wrong with a JSON text, and where in it, counted in `unit` from 1; without json's numbers of lines."""
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    place = f"at {unit} {error.pos + 1}"
    if not error.doc.strip():
        return "the text is empty"
    if is_cut_off(error):
        return "the line ends within a value" if unit == "column" else f"it breaks off {place}"
    if error.msg == "Extra data":
        return f"there is more after its end, {place}"
    return f"{error.msg.removesuffix(' at')} {place}, where {error.doc[error.pos]!r} stands"


def is_cut_off(error: json.JSONDecodeError) -> bool:
    """Whether all was well up to the end of the text."""
    return error.msg.startswith("Unterminated string") or error.pos >= len(error.doc.rstrip())


def _no_constant(name: str) -> Json:
    raise ValueError(f"it holds {name}, which JSON has not")


def _each_once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"'{next(name for name in names if names.count(name) > 1)}' is given twice")
    return made


ROWS = json.JSONDecoder(object_pairs_hook=_each_once, parse_constant=_no_constant)
"""Reads JSON strictly: Python reads NaN too, and of a name that comes twice the last, where others take the first."""
