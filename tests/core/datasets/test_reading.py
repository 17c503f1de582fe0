"""Files in, rows out: every kind of file, each row with its place, each broken file named."""

import bz2
import gzip
import json
import lzma
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sftctl.core.datasets import BadRow, Row, columnar, files_of, json_value, read_rows, rows_of
from sftctl.core.errors import DataError

ROWS = [{"prompt": f"é{n}", "completion": "line\nbreak"} for n in range(3)]
JSONL = "".join(json.dumps(row) + "\n" for row in ROWS)

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def read(path: Path, text: str | bytes) -> list[tuple[str, Any]]:
    """Place (without the folder) and value of the rows of a file with this content."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return [(row.place.removeprefix(f"{path.parent}/"), dict(row.value)) for row in read_rows(path)]


# ---------------------------------------------------------------- every kind of file


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("a.jsonl", JSONL, [1, 2, 3]),
        ("a.ndjson", "\ufeff" + JSONL.replace("\n", "\r\n\r\n"), [1, 3, 5]),
        ("a.json", JSONL, [1, 2, 3]),
        ("a.json", "\n".join(json.dumps(row, indent=1) for row in ROWS), [1, 5, 9]),
        ("a.jsonl", "\n".join(json.dumps(row, indent=1) for row in ROWS), [1, 5, 9]),
        ("a.json", json.dumps(ROWS), [1, 1, 1]),
        ("a.jsonl", "\n" + json.dumps(ROWS, indent=1), [3, 7, 11]),
        ("a.json", json.dumps({"version": 1, "data": ROWS}, indent=1), [4, 8, 12]),
        ("a.json", json.dumps({"data": ROWS, "version": {"of": [1]}}), [1, 1, 1]),
        ("a", JSONL, [1, 2, 3]),
        ("a.csv", 'prompt,completion\né0,"line\nbreak"\né1,"line\nbreak"\né2,"line\nbreak"\n', [2, 4, 6]),
        ("a.csv", 'prompt;completion\r\né0;"line\nbreak"\r\né1;"line\nbreak"\r\né2;"line\nbreak"', [2, 4, 6]),
        ("a.csv", 'prompt|completion\né0|"line\nbreak"\né1|"line\nbreak"\né2|"line\nbreak"', [2, 4, 6]),
        ("a.csv", 'prompt\tcompletion\né0\t"line\nbreak"\né1\t"line\nbreak"\né2\t"line\nbreak"', [2, 4, 6]),
        ("a.csv", ',prompt,completion\n0,é0,"line\nbreak"\n1,é1,"line\nbreak"\n2,é2,"line\nbreak"', [2, 4, 6]),
        ("a.tsv", 'prompt\tcompletion\né0\t"line\nbreak"\né1\t"line\nbreak"\n\né2\t"line\nbreak"\n', [2, 4, 7]),
    ],
)
def test_the_same_rows_out_of_every_text_file(tmp_path: Path, name: str, text: str, lines: list[int]) -> None:
    assert read(tmp_path / name, text) == [(f"{name}:{n}", row) for n, row in zip(lines, ROWS, strict=True)]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl"], ids=["any suffix", "none"])
def test_packed_files_are_told_by_their_content(tmp_path: Path, pack: Callable[[bytes], bytes], name: str) -> None:
    assert [row for _, row in read(tmp_path / name, pack(JSONL.encode()))] == ROWS


def test_one_object_is_one_row(tmp_path: Path) -> None:
    row = {"messages": [{"role": "user", "content": "a"}], "tools": [{"name": "f"}]}
    assert read(tmp_path / "a.json", json.dumps(row, indent=2)) == [("a.json:1", row)]
    assert read(tmp_path / "a.json", json.dumps(row)) == [("a.json:1", row)]


def test_lists_under_keys_of_their_own_are_groups(tmp_path: Path) -> None:
    text = json.dumps({"Greet": [{"data": [1]}], "Leave": [{"data": [2]}]})
    expected = [{"group": "Greet", "data": [1]}, {"group": "Leave", "data": [2]}]
    assert [row for _, row in read(tmp_path / "a.json", text)] == expected


def test_paragraphs(tmp_path: Path) -> None:
    long = "word " * 100 + "\n"
    rows = read(tmp_path / "a.txt", f"\n = Title = \n \nOne\ntwo.\n\n\n{long * 10}")
    assert rows[:2] == [("a.txt:2", {"text": "= Title ="}), ("a.txt:4", {"text": "One\ntwo."})]
    assert [place for place, _ in rows[2:]] == ["a.txt:8", "a.txt:15"]
    assert "".join(row["text"].replace("\n", "") for _, row in rows[2:]).count("word") == 1000


def test_tasks_of_six_lines(tmp_path: Path) -> None:
    task = "Cooking: She cuts\n2\na.\nb.\nbread.\nd.\n"
    row = {"ctx": "Cooking: She cuts", "label": "2", "endings": ["a.", "b.", "bread.", "d."]}
    assert read(tmp_path / "a.txt", task * 2) == [("a.txt:1", row), ("a.txt:7", row)]
    assert read(tmp_path / "a.txt", task * 2 + "\n \n") == [("a.txt:1", row), ("a.txt:7", row)]
    assert len(read(tmp_path / "a.txt", task * 2 + "In\na list\n1\n2\n")) == 1, "no tasks, but a paragraph"


TASKS = [line for n in range(5) for line in (f"Cooking {n}: She", str(n % 4), "a.", "b.", "c.", "d.")]
LOST = "a line of this task or the next was lost or added: the number of the next right ending, due on line "


@pytest.mark.parametrize(
    ("change", "good", "problem"),
    [
        (lambda lines: lines.pop(10), [1, 18, 24], f"7: {LOST}14, stands on line 13"),  # an ending
        (lambda lines: lines.pop(12), [1, 18, 24], f"7: {LOST}14, stands on line 13"),  # the next context: who knows?
        (lambda lines: lines.pop(0), [12, 18, 24], f"1: {LOST}8, stands on line 7"),
        (lambda lines: lines.pop(1), [12, 18, 24], f"1: {LOST}8, stands on line 7"),
        (lambda lines: lines.pop(7), [18, 24], f"1: {LOST}8, stands on line 13"),
        (lambda lines: lines.insert(10, "more."), [1, 20, 26], f"7: {LOST}14, stands on line 15"),
        (lambda lines: lines.insert(12, ""), [1, 20, 26], f"7: {LOST}14, stands on line 15"),
        (lambda lines: lines.insert(28, "more."), [1, 7, 13, 19, 25], "31: the file ends within a task: 1 of 6 lines"),
        (lambda lines: lines.__setitem__(7, "4"), [1, 13, 19, 25], "8: '4' is not the number of the right ending"),
        (lambda lines: lines.__setitem__(25, "x"), [1, 7, 13, 19], "26: 'x' is not the number of the right ending"),
        (lambda lines: lines.__setitem__(1, "x"), [7, 13, 19, 25], "2: 'x' is not the number of the right ending"),
        (
            lambda lines: lines.__setitem__(9, " "),
            [1, 13, 19, 25],
            "10: an empty line in the task that begins on line 7",
        ),
        (lambda lines: lines.pop(), [1, 7, 13, 19], "25: the file ends within a task: 5 of 6 lines"),
        (lambda lines: lines.__delitem__(slice(20, None)), [1, 7, 13], "19: the file ends within a task: 2 of 6 lines"),
        (lambda lines: lines.extend(["end"] * 20), [1, 7, 13, 19], f"25: {LOST}32, is missing"),
    ],
)
def test_a_damaged_task_is_named_and_those_after_it_are_read(
    tmp_path: Path, change: Callable[[list[str]], Any], good: list[int], problem: str
) -> None:
    lines = list(TASKS)
    change(lines)
    path = tmp_path / "a.txt"
    path.write_text("\n".join(lines))
    rows = list(rows_of(path))
    read_well = [row for row in rows if isinstance(row, Row)]
    assert [int(row.place.rpartition(":")[2]) for row in read_well] == good
    assert all(row.value["ctx"].startswith("Cooking") and len(row.value["endings"]) == 4 for row in read_well)
    first = next(row for row in rows if isinstance(row, BadRow))
    assert f"{first.place}: {first.reason}".startswith(f"{path}:{problem}")


def test_labels_beside_a_file(tmp_path: Path) -> None:
    (tmp_path / "a-labels.lst").write_text("1\n0\n1\n")
    assert [row["label"] for _, row in read(tmp_path / "a.jsonl", JSONL)] == ["1", "0", "1"]
    (tmp_path / "a-labels.lst").write_text("\ufeff1\r\n0\n1\n\n")
    assert [row["label"] for _, row in read(tmp_path / "a.jsonl", JSONL)] == ["1", "0", "1"]


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        (b"1\n0\n", r"a-labels\.lst:3: there is no label for .*a\.jsonl:3\. Each row needs a label"),
        (b"", r"a-labels\.lst:1: there is no label for .*a\.jsonl:1"),
        (b"1\n0\n1\n0\n", r"a-labels\.lst:4: a label without a row, for .*a\.jsonl has 3\. Each row needs a label"),
        (b"1\n0\n1\n\n\xff\n", r"a-labels\.lst:5: a label without a row"),
        (b"1\n\xff\n1\n", r"a-labels\.lst:2: not UTF-8: byte 0xff at column 1"),
    ],
)
def test_labels_that_do_not_fit_the_rows(tmp_path: Path, labels: bytes, problem: str) -> None:
    (tmp_path / "a-labels.lst").write_bytes(labels)
    with pytest.raises(DataError, match=problem):
        read(tmp_path / "a.jsonl", JSONL)


def test_a_row_with_a_label_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a-labels.lst").write_text("1\n")
    assert read(tmp_path / "a.jsonl", '{"label": 1}') == [("a.jsonl:1", {"label": 1})]
    with pytest.raises(DataError, match=r"a\.jsonl:1: its own 'label' is 0, in .*a-labels\.lst:1 it is 1"):
        read(tmp_path / "a.jsonl", '{"label": 0}')


@pytest.mark.parametrize("kind", ["parquet", "arrow file", "arrow stream", "saved", "saved splits"])
def test_columnar_rows_are_numbered(tmp_path: Path, kind: str) -> None:
    import datasets
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.Table.from_pylist(ROWS)
    path = tmp_path / "a.parquet" if kind == "parquet" else tmp_path / "a.arrow"
    if kind == "parquet":
        pyarrow.parquet.write_table(table, path, row_group_size=2)
    elif kind == "arrow file":
        with pyarrow.ipc.new_file(path, table.schema) as file:
            file.write(table)
    elif kind == "arrow stream":
        with pyarrow.ipc.new_stream(path, table.schema) as file:
            file.write(table)
    elif kind == "saved":
        datasets.Dataset.from_list(ROWS).save_to_disk(path)
    else:
        splits = {"test": datasets.Dataset.from_list(ROWS[:1]), "train": datasets.Dataset.from_list(ROWS)}
        datasets.DatasetDict(splits).save_to_disk(path)
    assert [(row.place, row.value) for row in read_rows(path)] == [
        (f"{path} row {number}", row) for number, row in enumerate(ROWS, 1)
    ]
    if kind == "saved splits":
        assert len(list(rows_of(path, "test"))) == 1
        with pytest.raises(DataError, match=r"has no split 'tset'\. Did you mean 'test'"):
            list(rows_of(path, "tset"))


def test_what_datasets_streams_is_read_row_by_row(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text(JSONL)
    rows = columnar.hub_rows(str(tmp_path), None)  # what it does with an id of the hub, on a folder
    assert [row.value for row in rows if not isinstance(row, BadRow)] == ROWS


# ---------------------------------------------------------------- folders


def test_a_folder_is_its_data_files(tmp_path: Path) -> None:
    for name in ("train-00.jsonl", "test.json.gz", "sub/trainer.csv", "README.txt", "notes.md", ".hidden.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    names = ["sub/trainer.csv", "test.json.gz", "train-00.jsonl"]
    assert [str(path.relative_to(tmp_path)) for path in files_of(tmp_path)] == names
    assert files_of(tmp_path, "train") == [tmp_path / "train-00.jsonl"]
    with pytest.raises(DataError, match="no data file for split 'dev'"):
        files_of(tmp_path, "dev")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no data file in the folder"):
        files_of(tmp_path / "empty")


# ---------------------------------------------------------------- what is broken


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.jsonl", b'{"a": 1}\n{"a": \n', r"a\.jsonl:2: not JSON: the line ends within a value"),
        ("a.jsonl", b'{"a": 1}\n{"a": "b\n', r"a\.jsonl:2: not JSON: the line ends within a value"),
        ("a.jsonl", b'{"a" 1}', r"a\.jsonl:1: not JSON: Expecting ':' delimiter at column 6"),
        ("a.jsonl", b'{"a": "\t"}', r"a\.jsonl:1: not JSON: Invalid control character at column 8"),
        ("a.jsonl", b'{"a": 1}\n[1]\n', r"a\.jsonl:2: a row must be a JSON object, not a list"),
        ("a.jsonl", b'{"a": NaN}\n', r"a\.jsonl:1: not JSON: it holds NaN, which JSON has not"),
        ("a.jsonl", b'{"a": 1}\n{"a": 1, "a": 2}\n', r"a\.jsonl:2: not JSON: 'a' is given twice"),
        (
            "a.jsonl",
            b'{"a": 1}\n{"a": 1} {"a": 2}\n',
            r"a\.jsonl:2: not JSON: there is more after its end, at column 10",
        ),
        ("a.jsonl", b"{'a': 1}\n", r"a\.jsonl:1: .* in double quotes at column 2, where \"'\" stands"),
        ("a.jsonl", b'{"a": 1}\n{"a": "\0"}\n', r"a\.jsonl:2: no text: a NUL byte at column 8"),
        ("a.jsonl", b'{"a": 1}\r{"a": 2}\r', r"a\.jsonl:1: its lines end with CR alone"),
        ("a.jsonl", b"<!DOCTYPE html><html></html>", r"a\.jsonl is a web page, not the data\. Fetch the file itself"),
        ("a.csv", b"\n<html></html>", r"a\.csv is a web page"),
        ("a.txt", b"version https://git-lfs.github.com/spec/v1\noid", r"a\.txt is a pointer of Git LFS.* git lfs pull"),
        ("a.json", b"PK\x03\x04rest", r"a\.json is a zip archive\. Unpack it"),
        ("a.jsonl", b"\x28\xb5\x2f\xfdrest", r"a\.jsonl is packed by zstd"),
        ("a.jsonl", b"PAR1rest", r"a\.jsonl is a Parquet file\. Name it \.parquet"),
        ("a.json", '[{"a": 1}]'.encode("utf-16"), r"a\.json is UTF-16"),
        ("a.json", b'[{"a": \0}]', r"a\.json:1 is not JSON: Expecting value, where '\\x00' stands"),
        ("a.txt", b"one\n\ntwo\0\n", r"a\.txt:3: no text: a NUL byte at column 4"),
        (
            "a.csv",
            b'a,b\n1,2\n"3,4\n5,6\n7,8\n',
            r"a\.csv:3: not CSV: the file ends within quotes, in the row that beg",
        ),
        ("a.csv", b'a,b\n1,2\n"3,4\n5,"6"\n', r"a\.csv:4: not CSV: .* in the row from line 3 on"),
        ("a.csv", b"a,b\n1\n", r"a\.csv:2: 1 cell under 2 columns"),
        ("a.jsonl", b'{"a": "\xff"}\n', r"a\.jsonl:1: not UTF-8: byte 0xff at column 8"),
        ("a.jsonl", b'{"a": "\\ud83d"}\n', r"a\.jsonl:1: half of a surrogate pair"),
        ("a.jsonl", b'{"a": ' + b"[" * 100_000 + b"\n", r"a\.jsonl:1: not JSON"),
        ("a.jsonl", '{"a": 1}\n'.encode("utf-16"), r"a\.jsonl is UTF-16"),
        ("a.json", b'[{"a": 1},\n\n {"a": 2,}]', r"a\.json:3 is not JSON: Expecting property name|Illegal trailing"),
        ("a.json", b'[{"a": 1},\n {"a": 2}', r"a\.json:2 is not JSON: ']' is expected here, not the end of the file"),
        (
            "a.json",
            b'[{"a": 1},\n {"a":\n "b',
            r"a\.json:3 is not JSON: the file ends within a value that begins on line 2",
        ),
        ("a.json", b'[{"a": 1}\n {"a": 2}]', r"a\.json:2 is not JSON: ']' is expected here, not '{'"),
        ("a.json", b'[{"a": 1}]\n[]', r"a\.json:2 is not JSON: there is more"),
        ("a.json", b'[{"a": "\xff"}]', r"a\.json:1 is not UTF-8: byte 0xff"),
        ("a.json", b'[\n{"a": "\xc3\xa9"},\n{"a":\n"\xff"}]', r"a\.json:4 is not UTF-8: byte 0xff\. Save it as UTF-8"),
        ("a.json", b"[\n7]", r"a\.json:2: a row must be a JSON object, not a number"),
        ("a.jsonl", b"null\n", r"a\.jsonl:1: a row must be a JSON object, not null"),
        ("a.jsonl", b'"a"\n', r"a\.jsonl:1: a row must be a JSON object, not text"),
        ("a.json", b'{"data": [\n{"a": 1},\n{"a" 2}]}', r"a\.json:3 is not JSON"),
        ("a.csv", b"a,b\n1,2\n\n1,2,3\n", r"a\.csv:4: 3 cells under 2 columns"),
        ("a.csv", b"a,a\n1,2\n", r"a\.csv:1: the columns need a name each"),
        ("a.csv", b"a,\n1,2\n", r"a\.csv:1: the columns need a name each"),
        ("a.csv", b'a,b\n1,2\n3,"4\n5', r"a\.csv:3: not CSV: the file ends within quotes"),
        ("a.csv", b"a,b\n1,\xff\n", r"a\.csv:2: not UTF-8"),
        ("a.txt", b"one\n\n\xff\n", r"a\.txt:3: not UTF-8"),
        ("a.jsonl.gz", gzip.compress(JSONL.encode(), mtime=0)[:-9], r"a\.jsonl\.gz is damaged"),
        ("a.jsonl.bz2", bz2.compress(JSONL.encode())[:-9], r"a\.jsonl\.bz2 is damaged"),
        ("a.jsonl.bz2", bz2.compress(JSONL.encode())[:9] + b"no", r"a\.jsonl\.bz2 is damaged"),
        ("a.jsonl.gz", gzip.compress(JSONL.encode(), mtime=0)[:9] + b"nonsense", r"a\.jsonl\.gz is damaged"),
        ("a.jsonl.xz", lzma.compress(JSONL.encode())[:-9], r"a\.jsonl\.xz is damaged"),
        ("a.parquet", b"PAR1 and no more", r"a\.parquet cannot be read after row 0"),
        ("a.arrow", b"nothing of the kind", r"a\.arrow cannot be read after row 0: it is neither Parquet nor Arrow"),
        ("a.parquet", b"", r"a\.parquet cannot be read after row 0: it is empty"),
        ("a.md", b"# Title", r"a\.md is no data file that we know"),
    ],
)
def test_what_is_broken_is_named(tmp_path: Path, name: str, content: bytes, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        read(tmp_path / name, content)


def test_a_broken_line_does_not_hide_the_next(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a"\n\xff\n7\n{"a": 2}\n')
    kinds = [type(row) is BadRow for row in rows_of(path)]
    assert kinds == [False, True, True, True, False]


def test_no_such_file_and_no_such_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"nosuch\.jsonl cannot be read: no such file"):
        list(read_rows(tmp_path / "nosuch.jsonl"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DataError, match="'nobody/nothing' is no file or folder here, and as a data set of the hub"):
        list(read_rows("nobody/nothing"))
    (tmp_path / "half").mkdir()
    (tmp_path / "half/state.json").write_text("{}")
    with pytest.raises(DataError, match="is no whole folder of `datasets`"):
        list(read_rows(tmp_path / "half"))


# ---------------------------------------------------------------- properties


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.dictionaries(texts, values, max_size=4), max_size=6), indent=st.sampled_from([None, 0, 3]))
def test_an_array_is_read_whole_however_it_is_cut_into_chunks(rows: list[Any], indent: int | None) -> None:
    import io

    text = json.dumps(rows, indent=indent, ensure_ascii=False).encode()
    for size in (1, 2, 3, 7, 64):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(json_value, "CHUNK", size)
            found = [row.value for row in json_value.json_rows(io.BytesIO(text), "a.json")]
        assert found == rows


# ---------------------------------------------------------------- memory

READS = """
import sys
from pathlib import Path
from sftctl.core.manager import plugin_manager
from sftctl.core.datasets import examples_of

def peak():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) >> 10

plugins = plugin_manager()
path = Path(sys.argv[1])
warm = path.with_name("warm" + path.suffix)
counts = sum(1 for _ in examples_of(warm, plugins))
before = peak()
counts = sum(1 for _ in examples_of(path, plugins))
print(counts, peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads its memory from /proc")
@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".txt", ".parquet"])
def test_memory_stays_flat(tmp_path: Path, suffix: str) -> None:
    count = 20_000
    for name, rows in (("warm", 2000), ("big", count)):
        _write(tmp_path / f"{name}{suffix}", ({"prompt": f"p{n}", "completion": "c" * 5000} for n in range(rows)))
    size = (tmp_path / f"big{suffix}").stat().st_size
    done = subprocess.run(
        [sys.executable, "-c", READS, tmp_path / f"big{suffix}"], capture_output=True, text=True, check=True
    )
    examples, grown = map(int, done.stdout.split())
    assert examples == count
    assert grown < 48, f"{grown} MiB more for a file of {size >> 20} MiB"


def _write(path: Path, rows: Iterator[dict[str, str]]) -> None:
    """100 MB of rows, in a file of any kind."""
    if path.suffix == ".parquet":
        import pyarrow.parquet

        schema = pyarrow.schema([("prompt", pyarrow.string()), ("completion", pyarrow.string())])
        options = {"compression": "none", "use_dictionary": False}
        with pyarrow.parquet.ParquetWriter(path, schema, **options) as writer:
            while group := list(islice(rows, 1000)):
                writer.write_table(pyarrow.Table.from_pylist(group, schema))
        return
    with path.open("w") as file:
        if path.suffix == ".csv":
            file.write("prompt,completion\n")
            file.writelines(f"{row['prompt']},{row['completion']}\n" for row in rows)
        elif path.suffix == ".txt":
            file.writelines(f"{row['prompt']} {row['completion'][:3900]}\n\n" for row in rows)
        elif path.suffix == ".json":
            file.write("[")
            file.writelines(f"{',' * (n > 0)}\n{json.dumps(row)}" for n, row in enumerate(rows))
            file.write("\n]")
        else:
            file.writelines(json.dumps(row) + "\n" for row in rows)
