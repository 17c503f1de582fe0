"""One split of what has several: a folder by its names, an object by its keys; a file without splits is `train`."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from sftctl.core.datasets import BadRow, files_of, rows_of
from sftctl.core.errors import DataError

ROW = {"prompt": "a", "completion": "b"}


def count(path: Path, split: str | None) -> int:
    return sum(not isinstance(row, BadRow) for file in files_of(path, split) for row in rows_of(file, split))


def test_a_folder_has_the_splits_that_its_files_and_folders_are_called(tmp_path: Path) -> None:
    for name in ("train/0.jsonl", "train/1.jsonl", "test-0.json", "more/trainer.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(ROW))
    assert [count(tmp_path, split) for split in ("train", "test", None)] == [2, 1, 4]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.parquet"])
def test_a_file_without_splits_is_train(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("parquet"):
        parquet.write_table(pa.Table.from_pylist([ROW]), path)
    else:
        path.write_text({"a.json": json.dumps([ROW]), "a.csv": "prompt,completion\na,b\n"}.get(name, json.dumps(ROW)))
    assert count(path, None) == count(path, "train") == 1
    assert count(path.rename(tmp_path / f"dev-{name}"), "dev") == 1
    with pytest.raises(DataError, match=r"has no splits, so it is not 'dve'\. Leave the split out"):
        count(tmp_path / f"dev-{name}", "dve")


def test_an_object_has_the_splits_of_its_keys(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"train": [ROW, ROW], "test": [ROW]}))
    assert [count(path, split) for split in ("train", "test", None)] == [2, 1, 3]
    with pytest.raises(DataError, match=r"has no rows of split 'tset'\. Did you mean 'test'"):
        count(path, "tset")
