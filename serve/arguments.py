"""The arguments of a call while its JSON is being written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PIECES = re.compile(rb'"(?:[^"\\]|\\.)*("?)|[\[\]{}:,]', re.DOTALL)


@dataclass(frozen=True)
class Argument:
    """One of a call's arguments, as far as it is written; places are in bytes from the beginning of the object."""

    begin: int
    """Where the mark before it stands, `{` or `,`."""
    name: bytes | None = None
    """In JSON; None until it is whole."""
    value: int | None = None
    """What follows the colon."""
    end: int | None = None
    """Where its value ends; None until it has."""


def arguments_of(text: bytes) -> Iterator[Argument]:
    """The arguments in a JSON object, or in the beginning of one; the last may be open."""
    depth, begin = 0, 0
    name: bytes | None = None
    value: int | None = None
    end: int | None = None
    for piece in _PIECES.finditer(text):
        mark = piece[0][:1]
        if mark in b"{[":
            depth += 1
            if depth == 1:
                begin = piece.start()
        elif mark in b"}]":
            depth -= 1
            if depth == 1:
                end = piece.end()
        if depth > 1:
            continue
        if mark == b'"' and piece[1] and depth == 1:
            if value is None:
                name = piece[0]
            else:
                end = piece.end()
        elif mark == b":":
            value = piece.end()
        elif mark == b"," or depth == 0:
            if value is not None:
                yield Argument(begin, name, value, piece.start() if end is None else end)
            if depth == 0:
                return
            begin, name, value, end = piece.start(), None, None, None
    if depth:
        yield Argument(begin, name, value, end)


def open_value(text: bytes) -> bytes | None:
    """What is written so far of the string that is open at the end of a JSON object, if it is a value and no key."""
    inside: list[bytes] = []
    is_value = False
    for piece in _PIECES.finditer(text):
        mark = piece[0][:1]
        if mark == b'"':
            if not piece[1]:
                return piece[0][1:] if is_value else None
        elif mark in b"{[":
            inside.append(mark)
            is_value = mark == b"["
        elif mark in b"}]":
            inside[-1:] = []
        else:
            is_value = mark == b":" or inside[-1:] == [b"["]
    return None
