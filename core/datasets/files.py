"""What there is to read, and by which reader."""

import bz2
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from sftctl.core.datasets import columnar, json_lines, json_value, text
from sftctl.core.datasets.rows import BadRow, Row, checked_row
from sftctl.core.errors import DataError, did_you_mean

TEXTUAL = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt")
COLUMNAR = (".parquet", ".arrow", ".feather")
PACKED = (".gz", ".bz2", ".xz")
ABOUT = re.compile(r"(readme|licen[cs]e|dataset_?infos?|.*schema)\..*|.*\.rejected\.jsonl", re.IGNORECASE)
"""Files of a folder that tell of the data and hold none of it, or what was left out of it."""
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
UNPAIRED = "Each row needs a label on a line of its own; a line was lost or added in one of the two files."


# ---------------------------------------------------------------- what there is to read


def read_rows(path: Path | str) -> Iterator[Row]:
    """The rows of a file, a folder of files, a `datasets` folder or a hub id. Raises DataError with the place."""
    for file in files_of(path):
        for row in rows_of(file):
            if isinstance(row, BadRow):
                raise row.error()
            yield row


def files_of(path: Path | str, split: str | None = None) -> list[Path]:
    """The data files that a path stands for, a folder's sorted by name; a hub id stays as it is.

    Of a folder, `split` chooses the files whose names, or folders, begin with it. Raises DataError where there is none.
    """
    path = Path(path)
    if not path.is_dir() or is_saved_dataset(path):
        return [path]
    files = sorted(file for file in path.rglob("*") if file.is_file() and _is_data(file, path))
    chosen = [file for file in files if split is None or _is_of(file.relative_to(path), split)]
    if not chosen:
        what = f"no data file for split '{split}'" if files else "no data file"
        raise DataError(f"There is {what} in the folder {path}.", f"Read are {', '.join(TEXTUAL + COLUMNAR)}.")
    return chosen


def _is_of(file: Path, split: str) -> bool:
    return any(re.match(rf"{re.escape(split)}(?![a-zA-Z])", part) for part in file.parts)


def _check_split(file: Path, split: str | None) -> None:
    """Raises DataError where a split is asked for of a file without any: that is `train`, or what it is called."""
    if split not in (None, "train") and not _is_of(file, split):
        raise DataError(f"{file} has no splits, so it is not '{split}'.", "Leave the split out to read it all.")


def kind_of(path: Path) -> str:
    """The suffix that says what is in a file, without one for its compression; empty if it is none of ours."""
    name = path.with_suffix("") if path.suffix.lower() in PACKED else path
    kind = name.suffix.lower()
    return kind if kind in TEXTUAL + COLUMNAR else ""


def is_saved_dataset(path: Path) -> bool:
    """Whether a folder was written by `datasets`' save_to_disk."""
    return any((path / name).exists() for name in ("state.json", "dataset_dict.json"))


def _is_data(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return bool(kind_of(file)) and not hidden and not ABOUT.fullmatch(file.name)


def rows_of(path: Path, split: str | None = None) -> Iterator[Row | BadRow]:
    """The rows of one file, `datasets` folder or hub id. Raises DataError where it cannot be read (on)."""
    if path.is_dir():
        rows = columnar.saved_rows(path, split)
    elif is_hub_id(path):
        rows = columnar.hub_rows(str(path), split)
    elif kind_of(path) in COLUMNAR:
        _check_split(path, split)
        rows = columnar.file_rows(path)
    else:
        rows = _text_rows(path, split)
    labels = labels_of(path)
    yield from _labelled(rows, path, labels) if labels else rows


def labels_of(path: Path) -> Path | None:
    """The file beside a file that holds its rows' labels, if there is one: `valid-labels.lst` of `valid.jsonl`."""
    labels = path.with_name(f"{path.name.partition('.')[0]}-labels.lst")
    return labels if labels.is_file() else None


def is_hub_id(path: Path) -> bool:
    """Whether it looks like `org/name` and is no path here, not even one in a folder that is here."""
    return not path.parent.is_dir() and not kind_of(path) and HUB_ID.fullmatch(str(path)) is not None


def _labelled(rows: Iterator[Row | BadRow], path: Path, labels: Path) -> Iterator[Row | BadRow]:
    """Rows whose labels lie in a file beside theirs, a line for each (PIQA).

    Raises DataError where there are fewer labels than rows, or more: then it is unknown which belong together.
    """
    count = 0
    with labels.open("rb") as file:
        lines = text.lines(file, labels)
        for count, row in enumerate(rows, 1):
            number, label = next(lines, (count, None))
            if label is None:
                raise DataError(f"{labels}:{number}: there is no label for {row.place}.", UNPAIRED)
            yield row if isinstance(row, BadRow) else _with_label(row, label, f"{labels}:{number}")
        for number, label in lines:
            if isinstance(label, BadRow) or label.strip():
                raise DataError(f"{labels}:{number}: a label without a row, for {path} has {count}.", UNPAIRED)


def _with_label(row: Row, label: str | BadRow, place: str) -> Row | BadRow:
    if isinstance(label, BadRow):
        return label
    if str(row.value.get("label", label.strip())) != label.strip():
        problem = f"its own 'label' is {row.value['label']}, in {place} it is {label.strip()}"
        return BadRow(row.place, problem, dict(row.value))
    return Row(row.place, {"label": label.strip()} | dict(row.value), place)


# ---------------------------------------------------------------- text files


def _text_rows(path: Path, split: str | None) -> Iterator[Row | BadRow]:
    try:
        with path.open("rb") as raw:
            yield from _rows_of_kind(cast(IO[bytes], _unpacked(raw)), path, split)
    except (EOFError, zlib.error, lzma.LZMAError) as error:
        raise DataError(f"{path} is damaged: {error}.", "Fetch or pack it again.") from None
    except OSError as error:
        if error.errno is None:  # so bz2 and gzip say it
            raise DataError(f"{path} is damaged: {error}.", "Fetch or pack it again.") from None
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


def _rows_of_kind(packed: IO[bytes], path: Path, split: str | None) -> Iterator[Row | BadRow]:
    """The rows of a text file of any kind, by its suffix or, where that says nothing, by how it begins."""
    file = io.BufferedReader(cast(io.RawIOBase, packed), 1 << 20)
    start = file.peek(1 << 16).removeprefix(b"\xef\xbb\xbf")
    kind = kind_of(path)
    _check_is_text(start, path, kind)
    if kind in (".csv", ".tsv"):
        rows = text.table(file, path, "\t" if kind == ".tsv" else "")
    elif kind == ".txt":
        rows = text.tasks(file, path) if text.has_tasks(start) else text.paragraphs(file, path)
    elif not kind and start.lstrip()[:1] not in (b"{", b"["):
        raise DataError(f"{path} is no data file that we know.", f"Read are {', '.join(TEXTUAL + COLUMNAR)}.")
    elif start.lstrip().startswith(b"[") or json_value.is_one_object(start, lines=kind in (".jsonl", ".ndjson")):
        return _whole_json(file, path, split)
    else:
        rows = json_lines.json_rows(file, path)
    _check_split(path, split)
    return rows


_NO_TEXT = {
    b"version https://git-lfs": ("a pointer of Git LFS, not the data", "git lfs pull"),
    b"PAR1": ("a Parquet file", "Name it .parquet."),
    b"ARROW1": ("an Arrow file", "Name it .arrow."),
    b"PK\x03\x04": ("a zip archive", "Unpack it."),
    b"\x28\xb5\x2f\xfd": ("packed by zstd", "Unpack it."),
    b"\xff\xfe": ("UTF-16", "Save it as UTF-8."),
    b"\xfe\xff": ("UTF-16", "Save it as UTF-8."),
}
"""What a file is that begins so, and what to do."""


def _check_is_text(start: bytes, path: Path, kind: str) -> None:
    """Raises DataError for a file of another kind than its name says."""
    for mark, (what, hint) in _NO_TEXT.items():
        if start.startswith(mark):
            raise DataError(f"{path} is {what}.", hint)
    if kind != ".txt" and re.match(rb"\s*<(!doctype|html|\?xml)\b", start, re.IGNORECASE):
        raise DataError(f"{path} is a web page, not the data.", "Fetch the file itself.")


def _whole_json(file: IO[bytes], path: Path, split: str | None) -> Iterator[Row | BadRow]:
    others: set[str] = set()
    told = False
    for line, key, value in json_value.json_rows(file, str(path)):
        if split is not None and key in json_value.SPLITS and key != split:
            others.add(key)
            continue
        if key not in json_value.SPLITS:
            _check_split(path, split)
        if key and key not in json_value.CONTAINERS and isinstance(value, dict):
            value = {"group": key} | value
        told = True
        yield checked_row(f"{path}:{line}", value)
    if others and not told:
        raise DataError(f"{path} has no rows of split '{split}'.", did_you_mean(str(split), others))
