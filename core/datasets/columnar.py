"""Rows of Parquet and Arrow files, of folders that `datasets` saved, and of data sets on a hub.

A column of structs has every key of every row; what a row lacks is null. That is left to the formatters, who know
which nulls the tools' schemas allow.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sftctl.core.datasets.rows import BadRow, Row, checked_row
from sftctl.core.errors import DataError, did_you_mean

STREAM = b"\xff\xff\xff\xff"
"""What Arrow's stream format begins with."""
BATCH = 128
"""Rows that are turned into Python objects at a time."""


def file_rows(path: Path) -> Iterator[Row | BadRow]:
    """The rows of a Parquet or Arrow file. Raises DataError when it is neither."""
    import pyarrow

    number = 0
    try:
        for batch in _batches(path):
            for value in _as_json(batch).to_pylist():
                number += 1
                yield checked_row(f"{path} row {number}", value, surrogates=False)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read after row {number}: {_first_line(error)}.") from None


def _batches(path: Path) -> Iterator[Any]:
    import pyarrow.parquet

    with path.open("rb") as file:
        start = file.read(6)
    if start.startswith(b"PAR1"):
        yield from pyarrow.parquet.ParquetFile(path, pre_buffer=False).iter_batches(BATCH)
        return
    if start[:4] != STREAM and start != b"ARROW1":
        raise ValueError("it is empty" if not start else "it is neither Parquet nor Arrow by what it begins with")
    with pyarrow.memory_map(str(path)) as source:
        if start == b"ARROW1":
            reader = pyarrow.ipc.open_file(source)
            batches: Iterator[Any] = (reader.get_batch(index) for index in range(reader.num_record_batches))
        else:
            batches = iter(pyarrow.ipc.open_stream(source))
        for batch in batches:
            for start_row in range(0, batch.num_rows, BATCH):
                yield batch.slice(start_row, BATCH)


def _as_json(batch: Any) -> Any:
    """A batch whose dates, times and decimal numbers are texts and numbers, as in JSON.

    Python's own dates end with the year 9999, and its time zones are those that the machine knows.
    """
    import pyarrow

    for zone in ("UTC", None):  # so that no machine needs to know the zone
        schema = pyarrow.schema([field.with_type(_json_type(field.type, zone)) for field in batch.schema])
        batch = batch if schema.equals(batch.schema) else batch.cast(schema)
    return batch


def _json_type(kind: Any, zone: str | None) -> Any:
    """The type of Arrow for values of JSON; while a `zone` is given, timestamps go to it and the rest stays."""
    import pyarrow
    from pyarrow import types

    if types.is_struct(kind):
        return pyarrow.struct([field.with_type(_json_type(field.type, zone)) for field in kind])
    if types.is_list(kind) or types.is_large_list(kind):
        make = pyarrow.list_ if types.is_list(kind) else pyarrow.large_list
        return make(kind.value_field.with_type(_json_type(kind.value_type, zone)))
    if zone:
        return pyarrow.timestamp(kind.unit, zone) if types.is_timestamp(kind) and kind.tz else kind
    if types.is_temporal(kind) and not types.is_interval(kind):
        return pyarrow.string()
    return pyarrow.float64() if types.is_decimal(kind) else kind


def saved_rows(path: Path, split: str | None) -> Iterator[Row | BadRow]:
    """The rows of a folder that `datasets`' save_to_disk wrote."""
    import datasets

    try:
        found = datasets.load_from_disk(str(path))
    except Exception as error:
        raise DataError(f"{path} is no whole folder of `datasets`: {error}.") from None
    if isinstance(found, datasets.DatasetDict):
        name = split or ("train" if "train" in found or len(found) > 1 else next(iter(found)))
        if name not in found:
            raise DataError(f"{path} has no split '{name}'.", did_you_mean(name, found))
        found = found[name]
    yield from _numbered(found, str(path))


def hub_rows(name: str, split: str | None) -> Iterator[Row | BadRow]:
    """The rows of a data set on the hub, streamed; the split `train` if none is named."""
    import datasets

    try:
        found = datasets.load_dataset(name, split=split or "train", streaming=True)
    except Exception as error:
        raise DataError(
            f"'{name}' is no file or folder here, and as a data set of the hub it cannot be loaded: "
            f"{_first_line(error)}.",
            "Look at the path, or fetch it where there is a network.",
        ) from None
    yield from _numbered(found, name)


def _numbered(rows: Any, name: str) -> Iterator[Row | BadRow]:
    number = 0
    try:
        for value in rows:
            number += 1
            yield checked_row(f"{name} row {number}", value, surrogates=False)
    except Exception as error:  # a network's or a library's
        raise DataError(f"{name} cannot be read after row {number}: {_first_line(error)}.") from None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
