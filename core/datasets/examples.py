"""Rows in, Examples out: the rows' shape is found, and the shape's formatter makes Examples."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property, partial
from itertools import chain, islice
from pathlib import Path
from typing import Protocol

from sftctl.core.config import DatasetConfig
from sftctl.core.datasets.catalogue import CatalogueError, Catalogues, catalogue_beside, is_catalogue
from sftctl.core.datasets.files import files_of, is_hub_id, labels_of, rows_of
from sftctl.core.datasets.rows import BadRow, Row
from sftctl.core.errors import DataError, did_you_mean
from sftctl.core.manager import Plugins, choose
from sftctl.core.tools import casting
from sftctl.core.types import MAX_DEPTH, Example, Formatter, Json, is_too_deep

SAMPLE = 100
"""Rows at the beginning of a file by which its shape is told."""
LONGEST_NAME = 40
"""Characters of a column's name in a message; a longer one is a value, in a table that lacks its first line."""
TOO_DEEP = f"it is nested deeper than {MAX_DEPTH} levels"
Paths = Path | str | Sequence[Path | str]
Columns = Mapping[str, str]
"""Columns that have another name in a file: its name → the name that a formatter knows."""
Rejects = Callable[[BadRow], None]
"""What is told of a row that cannot be used."""


class Unread:
    """The columns of a data set that are not read, by the shape that its files have."""

    def __init__(self) -> None:
        self._columns: dict[str, dict[str, None]] = {}

    def add(self, shape: str, columns: Iterable[str]) -> None:
        self._columns.setdefault(shape, {}).update(dict.fromkeys(columns))

    def told(self) -> str:
        """One line that names them; empty where all are read."""
        shapes = [f"{', '.join(columns)} ({shape})" for shape, columns in self._columns.items() if columns]
        return f"Columns that are not read: {'; '.join(shapes)}" if shapes else ""


# ---------------------------------------------------------------- examples


class Read(Protocol):
    """Reads a data set, telling `rejects` of rows that cannot be used, or raising at the first; places, Examples."""

    def __call__(self, *, rejects: Rejects | None) -> Iterator[tuple[str, Example]]: ...


def reader(dataset: DatasetConfig, plugins: Plugins, unread: Unread | None = None) -> Read:
    """What reads a data set that a configuration names."""
    options = dataset.model_dump(exclude={"path", "format"})
    return partial(examples_of, dataset.path, plugins, dataset.format, unread=unread, **options)


def examples_of(
    path: Paths,
    plugins: Plugins,
    shape: str | None = None,
    *,
    columns: Columns | None = None,
    system: str = "",
    split: str | None = None,
    limit: int | None = None,
    tools: Path | str | None = None,
    cast: bool = False,
    rejects: Rejects | None = None,
    unread: Unread | None = None,
) -> Iterator[tuple[str, Example]]:
    """Place and Example of every row of a data set: files, folders of files, `datasets` folders, hub ids.

    Each file has one shape, found by its first rows or forced by `shape`. `system` is said first where a row has no
    system message. `tools` names the file of the tools that rows only name. `cast` writes arguments in the types of
    their schemas, where nothing is lost by it. Raises DataError with the place for a bad row; with `rejects`, that is
    told of it and the next row is read. `unread` is told of columns that are not read.
    """
    source = _Source(plugins, shape, columns or {}, split, unread or Unread())
    files = files_to_read(path, split)
    catalogues = Catalogues(lambda formatter: source.rows_for(formatter, files), tools)
    made = _examples(files, source, catalogues, rejects, cast)
    for place, example in islice(made, limit):
        yield place, _with_system(example, system)


def _examples(
    files: Sequence[Path], source: "_Source", catalogues: Catalogues, rejects: Rejects | None, cast: bool
) -> Iterator[tuple[str, Example]]:
    for file in files:
        formatter, rows = source.open(file)
        for row in rows:
            made = row if isinstance(row, BadRow) else _example(row, formatter, source, catalogues, file, cast)
            if isinstance(made, Example):
                yield row.place, made
            elif rejects is None:
                raise made.error()
            else:
                rejects(made)


def _example(
    row: Row, formatter: Formatter, source: "_Source", catalogues: Catalogues, file: Path, cast: bool
) -> Example | BadRow:
    """The Example of a row, or why there is none."""
    try:
        example = formatter.to_example(row.value)
        if not example.tools and any(message.get("tool_calls") for message in example.messages):
            example = catalogues.complete(example, formatter, file, row.value)
        example = casting.cast(example) if cast else example
        _check_is_json(example)
        return example if example.source else replace(example, source=formatter.name)
    except CatalogueError:
        raise  # it is not this row that is wrong
    except DataError as error:
        reason = str(error)
    except RecursionError:
        reason = TOO_DEEP
    except Exception as error:  # whatever a plugin does, the row is named
        reason = f"{type(error).__name__}: {error}"
    others = [name for name, other in source.formatters.items() if _matches(other, row)]
    if others and formatter.name not in others:
        reason += f" (read as '{formatter.name}', it looks like '{others[0]}')"
    if row.label_place and "'label'" in reason:
        reason += f" (it stands in {row.label_place})"
    return BadRow(row.place, reason, dict(row.value))


def _check_is_json(example: Example) -> None:
    """Raises DataError for what no line of JSON can hold; JSON within a row's texts may have brought it in."""
    try:
        example.to_json().encode()
    except UnicodeEncodeError:
        raise DataError("half of a surrogate pair stands alone") from None
    except ValueError:
        raise DataError("it holds NaN or Infinity, which JSON has not") from None
    except TypeError as error:
        raise DataError(f"it holds what JSON has not ({error})") from None
    if is_too_deep([*example.messages, *example.tools]):
        raise DataError(TOO_DEEP)


def _with_system(example: Example, system: str) -> Example:
    """The example with a system message in front, if it is a conversation without one."""
    if not system or example.text or example.messages[0]["role"] in ("system", "developer"):
        return example
    return replace(example, messages=({"role": "system", "content": system}, *example.messages))


def files_to_read(path: Paths, split: str | None = None) -> list[Path]:
    """The data files that paths stand for, those left out that describe the tools of others. Raises DataError."""
    paths = [path] if isinstance(path, Path | str) else path
    return [file for one in paths for file in files_of(one, split) if not is_catalogue(file, one)]


def files_behind(datasets: Iterable[DatasetConfig]) -> Iterator[Path]:
    """The files whose content decides what data sets give; none for one of the hub. Raises DataError."""
    for dataset in datasets:
        tools = [Path(dataset.tools)] if dataset.tools else []
        for file in (*files_to_read(dataset.path, dataset.split), *tools):
            if file.is_dir():
                yield from sorted(inner for inner in file.rglob("*") if inner.is_file())
            elif not is_hub_id(file):
                yield file
                yield from filter(None, (labels_of(file), catalogue_beside(file)))


# ---------------------------------------------------------------- shapes


@dataclass(frozen=True)
class Candidate:
    """A formatter that knows rows of a file: how many of the first, and what it reads of them."""

    formatter: Formatter
    matched: int
    of: int
    reads: tuple[str, ...]
    ignores: tuple[str, ...]
    most: int
    """Columns that it reads of one row, at the most."""


def detect(rows: Sequence[Row], formatters: Iterable[Formatter]) -> list[Candidate]:
    """The formatters that know rows like these, the one to take first.

    That is, of those that match at least half as many rows as any, the one that reads most columns of a row; then
    the one that matches most rows; then the one that was plugged in last.
    """
    found = [known for formatter in formatters if (known := _candidate(formatter, rows)).matched]
    most = max((candidate.matched for candidate in found), default=0)
    found.reverse()
    return sorted(found, key=lambda c: (2 * c.matched >= most, c.most, c.matched), reverse=True)


def _candidate(formatter: Formatter, rows: Sequence[Row]) -> Candidate:
    """What a formatter knows and reads of some rows."""
    read = [formatter.read_of(row.value) for row in rows]
    columns, known = dict.fromkeys(name for row in rows for name in row.value), set(chain(*read))
    reads = tuple(name for name in columns if name in known)
    ignores = tuple(name for name in columns if name not in known)
    matched = sum(_matches(formatter, row) for row in rows)
    return Candidate(formatter, matched, len(rows), reads, ignores, max(map(len, read), default=0))


def _matches(formatter: Formatter, row: Row) -> bool:
    """Whether a formatter knows a row; one that fails on it does not."""
    try:
        return bool(formatter.matches(row.value))
    except Exception:
        return False


def _refusal(formatter: Formatter, row: Row) -> str:
    """Why a formatter cannot read a row that it does not know."""
    try:
        formatter.to_example(row.value)
    except Exception as error:  # whatever a plugin does
        return str(error).rstrip(".")
    return "it is not recognised"


def shape_of(file: Path, plugins: Plugins, columns: Columns | None = None, split: str | None = None) -> list[Candidate]:
    """The candidates for a file's shape. Raises DataError when no formatter knows its rows."""
    source = _Source(plugins, None, columns or {}, split, Unread())
    return source.candidates(file, list(islice(source.rows(file), SAMPLE)))


@dataclass(frozen=True)
class _Source:
    """How the files of a data set are to be read."""

    plugins: Plugins
    shape: str | None
    columns: Columns
    split: str | None
    unread: Unread

    @cached_property
    def formatters(self) -> dict[str, Formatter]:
        return self.plugins.formatters()

    def open(self, file: Path) -> tuple[Formatter, Iterator[Row | BadRow]]:
        """A file's formatter and its rows, with the names of columns that formatters know. Raises DataError."""
        rows = self.rows(file)
        forced = choose("formatter", self.shape, self.formatters) if self.shape else None
        head = list(islice(rows, SAMPLE))
        good = [row for row in head if isinstance(row, Row)]
        best = _candidate(forced, good) if forced else self.candidates(file, head)[0]
        self.unread.add(best.formatter.name, best.ignores)
        return best.formatter, chain(head, rows)

    def rows(self, file: Path) -> Iterator[Row | BadRow]:
        """The rows of a file with its columns renamed, each in the place of one of that name that the file may have.

        Raises DataError for a column that is not there, and for two of one new name.
        """
        rows = rows_of(file, self.split)
        if not self.columns:
            return rows
        if len(set(self.columns.values())) < len(self.columns):
            raise DataError("Two columns are renamed to the same name.", f"Given are {dict(self.columns)}.")
        head = list(islice(rows, SAMPLE))
        seen = {name for row in head if isinstance(row, Row) for name in row.value}
        for name in self.columns:
            if name not in seen:
                raise DataError(f"{file} has no column '{name}'.", did_you_mean(name, seen))
        return (self._renamed(row) if isinstance(row, Row) else row for row in chain(head, rows))

    def _renamed(self, row: Row) -> Row:
        rest = {name: value for name, value in row.value.items() if name not in self.columns}
        renamed = {self.columns[name]: value for name, value in row.value.items() if name in self.columns}
        return replace(row, value=rest | renamed)

    def rows_for(self, formatter: Formatter, files: Iterable[Path]) -> Iterator[Mapping[str, Json]]:
        """All rows that a formatter knows."""
        for file in files:
            for row in self.rows(file):
                if isinstance(row, Row) and _matches(formatter, row):
                    yield row.value

    def candidates(self, file: Path, head: Sequence[Row | BadRow]) -> list[Candidate]:
        """The formatters for rows that a file begins with. Raises DataError when there is none."""
        good = [row for row in head if isinstance(row, Row)]
        if found := detect(good, self.formatters.values()):
            return found
        for row in head:
            if isinstance(row, BadRow):
                raise row.error()
            columns = ", ".join(name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…" for name in row.value)
            problem = f"no formatter knows a row of this shape ({columns})"
            raise DataError(f"{row.place}: {problem}.", self._advice(row))
        raise DataError(f"{file} holds no rows.")

    def _advice(self, row: Row) -> str:
        """Which column to give which name, or what there is."""
        if "input_ids" in row.value:
            return "Give the texts in place of token ids: they are made here, so that every trainer gets the same."
        rename = "Columns are renamed by --column, or `columns` in the configuration."
        readers = {name: formatter for formatter in reversed(self.formatters.values()) for name in formatter.names()}
        for name in row.value:
            if name not in readers and (close := get_close_matches(name, readers, n=1, cutoff=0.8)):
                return f"'{name}': did you mean '{close[0]}'? {rename}"
        for name in row.value:
            if name in readers:
                near = f"As '{readers[name].name}', which reads '{name}', {_refusal(readers[name], row)}"
                return f"{near}; docs/data.md has each shape. {rename}"
        return f"docs/data.md has each shape. {rename}"
