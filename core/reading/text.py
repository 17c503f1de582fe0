"""Rows of text files: lines, CSV tables, paragraphs, and tasks of six lines."""

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from sftctl.core.errors import DataError
from sftctl.core.reading.rows import BadRow, Row

LONGEST_LINE = 1 << 26
LONGEST_PARAGRAPH = 4000
"""Characters, some thousand tokens; a longer paragraph of a text file is cut at the end of a line."""
TASK_LINES = 6
"""A context, the number of the right ending, four endings: HellaSwag as plain text, as llama.cpp reads it."""


def lines(file: IO[bytes], path: Path) -> Iterator[tuple[int, str | BadRow]]:
    """Numbered lines; one that is not UTF-8 is a BadRow. Raises DataError for one that never ends."""
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise DataError(f"{path}:{number} is longer than {LONGEST_LINE >> 20} MiB.", "One row is one line.")
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
            if line.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise DataError(f"{path} is UTF-16.", "Save it as UTF-8.")
        try:
            yield number, line.decode()
        except UnicodeDecodeError as error:
            reason = f"not UTF-8: byte {line[error.start]:#x} at column {error.start + 1}"
            yield number, BadRow(f"{path}:{number}", reason, line.decode(errors="replace"))


def _whole_lines(file: IO[bytes], path: Path) -> Iterator[str]:
    """The lines of a file that cannot be read on after a broken one."""
    for _, line in lines(file, path):
        if isinstance(line, BadRow):
            raise DataError(f"{line.place}: {line.reason}.", "Save it as UTF-8.")
        yield line


# ---------------------------------------------------------------- tables


def table(file: IO[bytes], path: Path, delimiter: str) -> Iterator[Row | BadRow]:
    """The rows of a CSV file under the names of its first line; each cell is text."""
    csv.field_size_limit(LONGEST_LINE)
    rest = _whole_lines(file, path)
    first = next(rest, "")
    if not delimiter:
        delimiter = ";" if ";" in first and "," not in first else ","
    cells = csv.reader(_again(first, rest), delimiter=delimiter, strict=True)
    try:
        header = next(cells, [])
        if len(set(header)) < len(header) or not all(header):
            raise DataError(f"{path}:1: the columns need a name each, and no two the same.")
        before = cells.line_num
        for values in cells:
            place, before = f"{path}:{before + 1}", cells.line_num
            if len(values) == len(header):
                yield Row(place, dict(zip(header, values, strict=True)))
            elif values:
                yield BadRow(place, f"{len(values)} cells under {len(header)} columns", values)
    except csv.Error as error:
        raise DataError(f"{path}:{cells.line_num}: not CSV: {error}.") from None


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


def has_tasks(start: bytes) -> bool:
    """Whether a text begins with two tasks of six lines, the second line of each a number from 0 to 3."""
    first = start.split(b"\n")[: 2 * TASK_LINES]
    numbers = first[1::TASK_LINES]
    return len(first) == 2 * TASK_LINES and all(first) and all(re.fullmatch(rb"[0-3]\r?", n) for n in numbers)


def tasks(file: IO[bytes], path: Path) -> Iterator[Row | BadRow]:
    """The tasks of a text of six lines each, as rows of `ctx`, `label` and `endings`."""
    task: list[str] = []
    for number, line in enumerate(_whole_lines(file, path), 1):
        task.append(line.rstrip("\r\n"))
        if len(task) == TASK_LINES:
            context, label, *endings = task
            yield Row(f"{path}:{number - TASK_LINES + 1}", {"ctx": context, "label": label, "endings": endings})
            task = []
    if any(task):
        raise DataError(f"{path} ends within a task: {len(task)} of {TASK_LINES} lines.")
