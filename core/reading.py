"""Files in, rows out: JSON, CSV, text, Parquet, Arrow, data sets of `datasets`; one row in memory at a time.

Every row knows its place. What is wrong with one row is a BadRow, and reading goes on where it can; what is
wrong with a whole file is a DataError.
"""

import bz2
import csv
import gzip
import io
import json
import lzma
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from sftctl.core.errors import DataError
from sftctl.core.json_stream import LARGEST, json_rows
from sftctl.core.types import Json


@dataclass(frozen=True)
class Row:
    """A raw row and where it stands: `file:line`, or `file row 7` where a file has no lines."""

    place: str
    value: Mapping[str, Json]


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used, and why; `value` is the row, or the text of what should have been one."""

    place: str
    reason: str
    value: Json


TEXTUAL = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt")
COLUMNAR = (".parquet", ".arrow", ".feather")
PACKED = (".gz", ".bz2", ".xz")
SPLITS = ("train", "validation", "valid", "dev", "test", "eval")
CONTAINERS = ("data", "rows", "examples", "instances", "items", *SPLITS)
"""Keys of a list of rows that say nothing about the rows."""
LONGEST_PARAGRAPH = 4000
"""Characters, some thousand tokens; a longer paragraph of a text file is cut at the end of a line."""
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


# ---------------------------------------------------------------- what there is to read


def read_rows(path: Path | str) -> Iterator[Row]:
    """The rows of a file, a folder of files, a `datasets` folder or a hub id. Raises DataError with the place."""
    for file in files_of(path):
        for row in rows_of(file):
            if isinstance(row, BadRow):
                raise DataError(f"{row.place}: {row.reason}.", "Mend or remove that row.")
            yield row


def files_of(path: Path | str, split: str | None = None) -> list[Path]:
    """The data files that a path stands for, a folder's sorted by name; a hub id stays as it is.

    Of a folder, `split` chooses the files whose names begin with it. Raises DataError where there is none.
    """
    path = Path(path)
    if not path.is_dir() or is_saved_dataset(path):
        return [path]
    files = sorted(file for file in path.rglob("*") if file.is_file() and kind_of(file) and not _hidden(file, path))
    chosen = [file for file in files if split is None or re.match(rf"{re.escape(split)}(?![a-zA-Z])", file.name)]
    if not chosen:
        what = f"no data file for split '{split}'" if files else "no data file"
        raise DataError(f"There is {what} in the folder {path}.", f"Read are {', '.join(TEXTUAL + COLUMNAR)}.")
    return chosen


def kind_of(path: Path) -> str:
    """The suffix that says what is in a file, without one for its compression; empty if it is none of ours."""
    name = path.with_suffix("") if path.suffix.lower() in PACKED else path
    kind = name.suffix.lower()
    return kind if kind in TEXTUAL + COLUMNAR else ""


def is_saved_dataset(path: Path) -> bool:
    """Whether a folder was written by `datasets`' save_to_disk."""
    return any((path / name).exists() for name in ("state.json", "dataset_dict.json"))


def _hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


def rows_of(path: Path, split: str | None = None) -> Iterator[Row | BadRow]:
    """The rows of one file, `datasets` folder or hub id. Raises DataError where it cannot be read (on)."""
    from sftctl.core import columnar

    if path.is_dir():
        yield from columnar.saved_rows(path, split)
    elif not path.exists() and HUB_ID.fullmatch(str(path)) and not kind_of(path):
        yield from columnar.hub_rows(str(path), split)
    elif kind_of(path) in COLUMNAR:
        yield from columnar.file_rows(path)
    else:
        yield from _text_rows(path, split)


# ---------------------------------------------------------------- text files


def _text_rows(path: Path, split: str | None) -> Iterator[Row | BadRow]:
    try:
        with path.open("rb") as raw:
            yield from _rows_of_kind(cast(IO[bytes], _unpacked(raw)), path, split)
    except (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError) as error:
        raise DataError(f"{path} is damaged: {error}.", "Fetch or pack it again.") from None
    except OSError as error:
        raise DataError(f"Data set {path} cannot be read: {(error.strerror or str(error)).lower()}.") from None


def _unpacked(raw: io.BufferedReader) -> io.BufferedIOBase:
    """The file's content: how it is compressed is told by its first bytes, whatever its name says."""
    start = raw.peek(6)[:6]
    if start.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=raw)
    if start.startswith(b"BZh"):
        return bz2.BZ2File(raw)
    if start.startswith(b"\xfd7zXZ"):
        return lzma.LZMAFile(raw)
    return raw


def _rows_of_kind(file: IO[bytes], path: Path, split: str | None) -> Iterator[Row | BadRow]:
    kind = kind_of(path)
    if kind in (".csv", ".tsv"):
        return _table(file, path, "\t" if kind == ".tsv" else "")
    if kind == ".txt":
        return _paragraphs(file, path)
    reader = io.BufferedReader(cast(io.RawIOBase, file), 1 << 20)
    start = reader.peek(1 << 16)
    if not kind and start.lstrip()[:1] not in (b"{", b"["):
        raise DataError(f"{path} is no data file that we know.", f"Read are {', '.join(TEXTUAL + COLUMNAR)}.")
    if start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"[" or (
        kind not in (".jsonl", ".ndjson") and _is_one_object(start)
    ):
        return _whole_json(reader, path, split)
    return _json_lines(reader, path)


def _is_one_object(start: bytes) -> bool:
    """Whether a file that begins so is one object over many lines, or one line of lists of rows."""
    first, newline, rest = start.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    if (newline and not rest.strip()) or not newline:
        return re.match(rb'\{\s*"(?:%s)"\s*:\s*\[' % "|".join(CONTAINERS).encode(), first) is not None
    try:
        json.loads(first)
    except ValueError:
        return not rest.lstrip().startswith(b"{")  # else it is a line of many that is broken
    return False


def _whole_json(file: IO[bytes], path: Path, split: str | None) -> Iterator[Row | BadRow]:
    for line, key, value in json_rows(file, str(path)):
        if split is not None and key in SPLITS and key != split:
            continue
        if key and key not in CONTAINERS and isinstance(value, dict):
            value = {"group": key} | value
        yield checked_row(f"{path}:{line}", value)


def _json_lines(file: IO[bytes], path: Path) -> Iterator[Row | BadRow]:
    for number, line in _lines(file, path):
        place = f"{path}:{number}"
        if isinstance(line, BadRow):
            yield line
        elif line.strip():
            try:
                value = json.loads(line, parse_constant=_no_constant)
            except (ValueError, RecursionError) as error:
                yield BadRow(place, f"not JSON: {error}", line)
            else:
                yield checked_row(place, value, "\\ud" in line)


def checked_row(place: str, value: Json, surrogates: bool = True) -> Row | BadRow:
    """A Row if the value is an object that can be written as UTF-8; `surrogates` says whether it may not be."""
    if not isinstance(value, dict):
        return BadRow(place, f"a row must be a JSON object, not {type(value).__name__}", value)
    if surrogates:
        try:
            json.dumps(value, ensure_ascii=False, default=str).encode()
        except UnicodeEncodeError:
            return BadRow(place, "half of a surrogate pair stands alone", repr(value))
    return Row(place, value)


def _lines(file: IO[bytes], path: Path) -> Iterator[tuple[int, "str | BadRow"]]:
    """Numbered lines; one that is not UTF-8 is a BadRow. Raises DataError for one that never ends."""
    number = 0
    while line := file.readline(LARGEST):
        number += 1
        if len(line) == LARGEST:
            raise DataError(f"{path}:{number} is longer than {LARGEST >> 20} MiB.", "One row is one line.")
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
            if line.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise DataError(f"{path} is UTF-16.", "Save it as UTF-8.")
        try:
            yield number, line.decode()
        except UnicodeDecodeError as error:
            reason = f"not UTF-8: byte {line[error.start]:#x} at column {error.start + 1}"
            yield number, BadRow(f"{path}:{number}", reason, line.decode(errors="replace"))


def _table(file: IO[bytes], path: Path, delimiter: str) -> Iterator[Row | BadRow]:
    """The rows of a CSV file under the names of its first line; each cell is text."""
    csv.field_size_limit(LARGEST)
    lines = _text_lines(file, path)
    first = next(lines, "")
    if not delimiter:
        delimiter = ";" if ";" in first and "," not in first else ","
    cells = csv.reader(_again(first, lines), delimiter=delimiter, strict=True)
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


def _text_lines(file: IO[bytes], path: Path) -> Iterator[str]:
    """The lines of a file that cannot be read on after a broken one."""
    for _, line in _lines(file, path):
        if isinstance(line, BadRow):
            raise DataError(f"{line.place}: {line.reason}.", "Save it as UTF-8.")
        yield line


def _paragraphs(file: IO[bytes], path: Path) -> Iterator[Row | BadRow]:
    """The paragraphs of a plain text, which blank lines part; each is a row of one column, `text`."""
    paragraph: list[str] = []
    first = size = 0
    for number, line in enumerate(_text_lines(file, path), 1):
        if paragraph and (not line.strip() or size + len(line) > LONGEST_PARAGRAPH):
            yield Row(f"{path}:{first}", {"text": "".join(paragraph).strip()})
            paragraph, size = [], 0
        if line.strip():
            first = first if paragraph else number
            paragraph.append(line)
            size += len(line)
    if paragraph:
        yield Row(f"{path}:{first}", {"text": "".join(paragraph).strip()})


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")
