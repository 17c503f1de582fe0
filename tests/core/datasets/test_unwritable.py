"""What no line of JSON can hold is a bad row or becomes text, and never the end of an import."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from sftctl.core.datasets import BadRow, examples_of, read_rows
from sftctl.core.manager import plugin_manager
from sftctl.core.types import MAX_DEPTH, Example

ASKED = {"role": "user", "content": "a"}
GOOD = {"messages": [ASKED, {"role": "assistant", "content": "b"}]}


def read(path: Path, **options: Any) -> tuple[list[Example], list[str]]:
    bad: list[BadRow] = []
    made = [example for _, example in examples_of(path, plugin_manager(), rejects=bad.append, **options)]
    return made, [row.reason for row in bad]


def calling(arguments: str, parameters: Any = None) -> dict[str, Any]:
    """A row that calls `f`."""
    call = {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": arguments}}]}
    return {"messages": [ASKED, call], "tools": [{"name": "f", "parameters": parameters or {}}]}


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"x": schema}}
    return schema


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (r'{"messages": "\uD83D"}', "half of a surrogate pair stands alone"),
        (r'{"messages": [{"role": "assistant", "content": "\uD83D"}]}', "half of a surrogate pair stands alone"),
        (json.dumps(calling(r'{"x": "\ud83d"}')), "half of a surrogate pair stands alone"),
        (json.dumps(calling("{}") | {"tools": r'[{"name": "f\ud83d"}]'}), "half of a surrogate pair stands alone"),
        (json.dumps(calling("{}", {"x": {"type": "number", "default": 9}})).replace("9", "1e999"), "NaN or Infinity"),
        (json.dumps(calling("{}", nested(450))), f"nested deeper than {MAX_DEPTH} levels"),
    ],
)
def test_what_cannot_be_written_is_a_bad_row(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"{line}\n{json.dumps(GOOD)}\n")
    made, reasons = read(path)
    assert len(made) == len(reasons) == 1
    assert reason in reasons[0]


@pytest.mark.parametrize("text", ["1e999", "9" * 5000])
def test_a_number_that_cannot_be_written_is_not_cast(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.jsonl"
    parameters = {"type": "object", "properties": {"x": {"type": "number"}, "y": {"type": "integer"}}}
    path.write_text(json.dumps(calling(json.dumps({"x": text, "y": "2"}), parameters)))
    assert [example.calls for example in read(path, cast=True)[0]] == [[("f", {"x": text, "y": 2})]]


def test_fields_of_messages_that_json_has_not(tmp_path: Path) -> None:
    kinds = {"at": pa.timestamp("us", "Mars/Base"), "cost": pa.decimal128(5, 2)}
    kind = pa.list_(pa.struct({"role": pa.string(), "content": pa.string(), **kinds}))
    more = {"at": datetime(2024, 1, 1, tzinfo=UTC), "cost": Decimal("1.50")}
    rows = [{"messages": [message | more for message in GOOD["messages"]]}]
    table = pa.Table.from_pylist(rows, pa.schema({"messages": kind}))
    parquet.write_table(table, tmp_path / "a.parquet")
    (example,), reasons = read(tmp_path / "a.parquet")
    assert example.messages[0] == ASKED | {"at": "2024-01-01 00:00:00.000000Z", "cost": 1.5} and not reasons


@pytest.mark.parametrize(("value", "reason"), [(b"x", "what JSON has not (Object"), (float("nan"), "NaN")])
def test_a_field_that_no_json_can_hold_is_a_bad_row(tmp_path: Path, value: Any, reason: str) -> None:
    rows = [GOOD, {"messages": [message | {"more": value} for message in GOOD["messages"]]}]
    parquet.write_table(pa.Table.from_pylist(rows[::-1]), tmp_path / "a.parquet")
    made, reasons = read(tmp_path / "a.parquet")
    assert len(made) == len(reasons) == 1
    assert reason in reasons[0]


@pytest.mark.parametrize(
    "kind",
    [pa.timestamp("s"), pa.timestamp("s", "UTC"), pa.timestamp("s", "Mars/Base"), pa.date32(), pa.duration("s")],
)
def test_a_time_that_python_does_not_know_keeps_no_row_from_being_read(tmp_path: Path, kind: Any) -> None:
    most = 2**31 - 1 if kind == pa.date32() else 10**17
    times = pa.array([most], pa.int32() if kind == pa.date32() else pa.int64()).cast(kind)
    feather.write_feather(pa.table({"prompt": ["a"], "completion": ["b"], "at": times}), tmp_path / "a.feather")
    (row,) = read_rows(tmp_path / "a.feather")
    assert (row.value["prompt"], row.value["completion"]) == ("a", "b")
