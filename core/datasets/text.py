"""Rows of text files: lines, CSV tables, paragraphs, and tasks of six lines."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise, repeat
from pathlib import Path
from typing import IO

from sftctl.core.datasets.rows import BadRow, Row
from sftctl.core.errors import DataError
from sftctl.core.text import counted

LONGEST_LINE = 1 << 26
NUL = "\0"
LONGEST_PARAGRAPH = 4000
"""Characters, some thousand tokens; a longer paragraph of a text file is cut at the end of a line."""
DELIMITERS = (",", ";", "\t", "|")
"""What may part the cells of a CSV file: the first of them that its first line has."""
TASK_LINES = 6
"""A context, the number of the right ending, four endings: HellaSwag as plain text, as llama.cpp reads it."""
TASKS_AHEAD = 2 * TASK_LINES + 2
"""Lines by which it is told whether a task has six: up to the number of the next task but one."""
MOST_DAMAGED = 1000
"""Lines in which the next task is looked for, where one is damaged."""


def lines(file: IO[bytes], path: Path) -> Iterator[tuple[int, str | BadRow]]:
    """Numbered lines; one that is not UTF-8 or holds a NUL is a BadRow. Raises DataError for one that never ends."""
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise DataError(f"{path}:{number} is longer than {LONGEST_LINE >> 20} MiB.", "One row is one line.")
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        yield number, _decoded(line, f"{path}:{number}")


def _decoded(line: bytes, place: str) -> str | BadRow:
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        reason = f"not UTF-8: byte {line[error.start]:#x} at column {error.start + 1}"
        return BadRow(place, reason, line.decode(errors="replace"))
    if NUL in text:
        return BadRow(place, f"no text: a NUL byte at column {text.index(NUL) + 1}", text.replace(NUL, "\ufffd"))
    return text


def _whole_lines(file: IO[bytes], path: Path) -> Iterator[str]:
    """The lines of a file that cannot be read on after a broken one."""
    for _, line in lines(file, path):
        if isinstance(line, BadRow):
            raise DataError(f"{line.place}: {line.reason}.", "Save it as text in UTF-8.")
        yield line


# ---------------------------------------------------------------- tables


def table(file: IO[bytes], path: Path, delimiter: str) -> Iterator[Row | BadRow]:
    """The rows of a CSV file under the names of its first line; each cell is text.

    A first column without a name is left out: pandas writes the number of each row there.
    """
    csv.field_size_limit(LONGEST_LINE)
    rest = _whole_lines(file, path)
    first = next(rest, "")
    if not delimiter:
        delimiter = next((known for known in DELIMITERS if known in first), DELIMITERS[0])
    before = 0
    cells = csv.reader(_again(first, rest), delimiter=delimiter, strict=True)
    try:
        header = next(cells, [])
        unnamed = header[:1] == [""]
        if len(set(header)) < len(header) or not all(header[unnamed:]):
            raise DataError(f"{path}:1: the columns need a name each, and no two the same.")
        before = cells.line_num
        for values in cells:
            place, before = f"{path}:{before + 1}", cells.line_num
            if len(values) == len(header):
                yield Row(place, dict(zip(header[unnamed:], values[unnamed:], strict=True)))
            elif values:
                told = f"{counted(len(values), 'cell')} under {counted(len(header), 'column')}"
                yield BadRow(place, told, values)
    except csv.Error as error:
        if str(error) == "unexpected end of data":
            problem = f"the file ends within quotes, in the row that begins on line {before + 1}"
            raise DataError(f"{path}:{before + 1}: not CSV: {problem}.", "Close the quotes.") from None
        raise DataError(f"{path}:{cells.line_num}: not CSV: {error}, in the row from line {before + 1} on.") from None


def _again(first: str, rest: Iterable[str]) -> Iterator[str]:
    yield first
    yield from rest


# ---------------------------------------------------------------- plain text


def paragraphs(file: IO[bytes], path: Path) -> Iterator[Row | BadRow]:
    """The paragraphs of a plain text, which blank lines part; each is a row of one column, `text`."""
    paragraph: list[str] = []
    first = size = 0
    for number, line in enumerate(_whole_lines(file, path), 1):
        if paragraph and (not line.strip() or size + len(line) > LONGEST_PARAGRAPH):
            yield Row(f"{path}:{first}", {"text": "".join(paragraph).strip()})
            paragraph, size = [], 0
        if line.strip():
            first = first if paragraph else number
            paragraph.append(line)
            size += len(line)
    if paragraph:
        yield Row(f"{path}:{first}", {"text": "".join(paragraph).strip()})


# ---------------------------------------------------------------- tasks of six lines


def has_tasks(start: bytes) -> bool:
    """Whether a text begins with tasks of six lines: a number from 0 to 3 comes on every sixth line, or nearly so."""
    lines = start.splitlines()
    labels = [index for index, line in enumerate(lines) if _is_label(line.decode(errors="replace"))]
    steps = [after - before for before, after in pairwise(labels)]
    blank = sum(not line.strip() for line in lines)
    regular = 2 * steps.count(TASK_LINES) >= len(steps) > 0
    return regular and 2 * TASK_LINES * len(labels) >= len(lines) > TASK_LINES * blank


def tasks(file: IO[bytes], path: Path) -> Iterator[Row | BadRow]:
    """The tasks of a text of six lines each, as rows of `ctx`, `label` and `endings`; what is none is a BadRow.

    A line that was lost or added shows by the next number, which comes too early or too late. The task of that
    number is refused as well: the line could be its context.
    """
    rest = _without_blank_end(_whole_lines(file, path))
    window: list[str] = []
    number = 1
    while window := [*window, *islice(rest, TASKS_AHEAD - len(window))]:
        if _is_in_step(window):
            yield _task(window[:TASK_LINES], path, number)
            used = TASK_LINES
        else:
            label = _next_label(window, rest)
            where = f"stands on line {number + label}" if label < len(window) else "is missing"
            problem = f"the number of the next right ending, due on line {number + TASK_LINES + 1}, {where}"
            yield BadRow(f"{path}:{number}", f"a line of this task or the next was lost or added: {problem}", window[:])
            window += islice(rest, TASK_LINES)
            used = label + TASK_LINES - 1
        number += used
        window = window[used:]


def _task(lines: list[str], path: Path, number: int) -> Row | BadRow:
    """One task, which begins on line `number`."""
    if len(lines) < TASK_LINES:
        return BadRow(f"{path}:{number}", f"the file ends within a task: {len(lines)} of {TASK_LINES} lines", lines)
    context, label, *endings = lines
    if not _is_label(label):
        return BadRow(f"{path}:{number + 1}", f"{label!r} is not the number of the right ending, 0 to 3", lines)
    for at, line in enumerate(lines, number):
        if not line.strip():
            return BadRow(f"{path}:{at}", f"an empty line in the task that begins on line {number}", lines)
    return Row(f"{path}:{number}", {"ctx": context, "label": label, "endings": endings})


def _is_in_step(window: Sequence[str]) -> bool:
    """Whether the first task of some lines has six: then the end comes after it, or another one.

    The number of either may be wrong, as long as that of the next but one is where it should be.
    """
    numbers = window[TASK_LINES + 1 :: TASK_LINES]
    return len(window) in (2 * TASK_LINES, *range(TASK_LINES + 2)) or any(map(_is_label, numbers))


def _next_label(window: list[str], rest: Iterator[str]) -> int:
    """The index of the next number of a right ending in `window`, which is filled up to it; its length for none."""
    index = 2
    while index < MOST_DAMAGED:
        window += islice(rest, max(0, index + 1 - len(window)))
        if index >= len(window) or _is_label(window[index]):
            return index
        index += 1
    return len(window)


def _is_label(line: str) -> bool:
    return re.fullmatch(r"[0-3]\r?", line) is not None


def _without_blank_end(lines: Iterable[str]) -> Iterator[str]:
    """Lines without their ends; blank ones after the last are left out."""
    blank = 0
    for line in lines:
        if line.strip():
            yield from repeat("", blank)
            yield line.rstrip("\r\n")
            blank = 0
        else:
            blank += 1
