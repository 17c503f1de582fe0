"""`sftctl data detect` and `import`, as a user runs them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sftctl.core.cli import app
from sftctl.core.errors import ConfigError, DataError
from sftctl.core.types import read_examples

GOOD = {"question": "a", "answer": "b"}


def run(*arguments: object) -> Result:
    done = CliRunner().invoke(app, ["data", *map(str, arguments)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, [GOOD, GOOD | {"answer": 7}, GOOD])) + '\n{"broken\n')
    return path


def test_detect_explains(rows: Path) -> None:
    said = run("detect", rows).output
    assert "'prompt-completion', a prompt and its completion" in said
    assert "it knows 3 of the first 3 rows and reads question, answer" in said
    assert "the first row becomes: user → assistant" in said


def test_detect_with_a_forced_shape_tries_it(rows: Path) -> None:
    with pytest.raises(DataError, match=r"rows\.jsonl:1: it has no 'instruction'"):
        run("detect", rows, "--format", "alpaca")
    renamed = run("detect", rows, "--format", "alpaca", "--column", "question=instruction", "--column", "answer=output")
    assert "'alpaca' is forced" in renamed.output


@pytest.mark.parametrize("command", ["import", "lint"])
@pytest.mark.parametrize("forced", [[], ["--format", "prompt-completion"]])
def test_columns_that_are_not_read_are_named(command: str, forced: list[str], tmp_path: Path) -> None:
    for name, more in (("a", {"id": 1}), ("b", {"id": 2, "output": "c"}), ("c", {})):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(GOOD | more))
    out = ["-o", tmp_path / "out"] if command == "import" else []
    said = run(command, tmp_path, *out, *forced).stderr.splitlines()
    assert "Columns that are not read: id, output (prompt-completion)" in said
    assert "not read" not in run(command, tmp_path / "c.jsonl", *out).stderr


def test_import_stops_at_a_bad_row_and_leaves_nothing(rows: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"rows\.jsonl:2: 'answer' must be text or a list of messages, not a number"):
        run("import", rows, "-o", tmp_path / "out.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]


def test_import_skips_and_says_what_it_left_out(rows: Path, tmp_path: Path) -> None:
    said = run("import", rows, "-o", tmp_path / "out.jsonl", "--skip", "--system", "Be brief.").output
    assert "2 examples (2 prompt-completion), 0 with calls" in said
    assert "2 rows left out:" in said
    assert [len(example.messages) for example in read_examples(tmp_path / "out.jsonl")] == [3, 3]
    rejected = [json.loads(line) for line in (tmp_path / "out.rejected.jsonl").read_text().splitlines()]
    assert [line["place"].rpartition(":")[2] for line in rejected] == ["2", "4"]
    assert rejected[0]["row"] == GOOD | {"answer": 7}
    assert rejected[1]["reason"].startswith("not JSON")


def test_what_an_earlier_import_rejected_does_not_stay(rows: Path, tmp_path: Path) -> None:
    run("import", rows, "-o", tmp_path / "out.jsonl", "--skip")
    rows.write_text(json.dumps(GOOD))
    assert "left out" not in run("import", rows, "-o", tmp_path / "out.jsonl", "--skip").output
    assert not (tmp_path / "out.rejected.jsonl").exists()


def test_import_of_nothing_usable_is_an_error(rows: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Not one of 4 rows can be used"):
        run("import", rows, "-o", tmp_path / "out.jsonl", "--skip", "--format", "alpaca")
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]


def test_what_is_imported_is_imported_again_as_it_is(tmp_path: Path) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": null}'}}
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    messages = [{"role": "assistant", "content": None, "tool_calls": [call], "weight": 1}]
    chat = {"messages": messages, "tools": [tool], "parallel_tool_calls": True}
    chat |= {"source": "s", "category": "c", "seed": 4}
    (tmp_path / "a.jsonl").write_text(json.dumps(chat))
    (tmp_path / "t.txt").write_text("Only text.\n\nAnd more.")
    once, twice = tmp_path / "once.jsonl", tmp_path / "twice.jsonl"
    run("import", tmp_path / "a.jsonl", tmp_path / "t.txt", "-o", once)
    run("import", once, "-o", twice)
    assert json.loads(once.read_text().splitlines()[0]) == chat
    assert twice.read_text() == once.read_text()


def test_arguments_are_cast_to_the_types_of_their_schemas(tmp_path: Path) -> None:
    tool = {"name": "book", "parameters": {"type": "object", "properties": {"nights": {"type": "integer"}}}}
    row = {"query": "2 nights", "tools": [tool], "answers": [{"name": "book", "arguments": {"nights": "2"}}]}
    rows, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    rows.write_text(json.dumps(row))
    assert "'nights' must be integer, not string; --cast makes it one" in run("lint", rows).stdout
    assert run("lint", rows, "--cast").exit_code == 0
    run("import", rows, "-o", out, "--cast")
    assert [call for example in read_examples(out) for call in example.calls] == [("book", {"nights": 2})]


def test_a_renaming_must_be_one(rows: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--column question is not of the form"):
        run("import", rows, "-o", tmp_path / "out.jsonl", "--column", "question")
    with pytest.raises(ConfigError, match="--column renames one column twice"):
        run("import", rows, "-o", tmp_path / "out.jsonl", "--column", "answer=a", "--column", "answer=b")


@pytest.mark.parametrize("command", [("import", "--skip", "-o"), ("lint", "--fix")])
def test_what_is_written_into_a_folder_is_not_read_the_next_time(rows: Path, command: tuple[str, ...]) -> None:
    name, *options = command
    for _ in range(2):
        run(name, rows.parent, *options, rows.with_name("clean.jsonl"))
        assert len(list(read_examples(rows.with_name("clean.jsonl")))) == 2
    run(name, rows.with_name("clean.jsonl"), *options, rows.with_name("clean.jsonl"))  # unless it is named
    assert len(list(read_examples(rows.with_name("clean.jsonl")))) == 2


def test_what_is_written_is_not_called_what_it_is_not(rows: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"out\.csv is JSONL, and its name says \.csv\. Name it \.jsonl"):
        run("import", rows, "-o", tmp_path / "out.csv")


def test_the_retries_of_the_hub_are_not_told() -> None:
    loud = "from huggingface_hub.utils import logging; print(logging.get_verbosity() < logging.ERROR)"
    code = f"from sftctl.core.cli.quiet import quiet_libraries; quiet_libraries(); {loud}"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_a_path_that_is_mistyped_is_asked_of_no_hub(rows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(rows.parent.parent)
    with pytest.raises(DataError, match="nope cannot be read: no such file"):
        run("detect", f"{rows.parent.name}/nope")


def test_one_of_a_thing_is_said_as_one(tmp_path: Path) -> None:
    tool = {"name": "ring_bell", "description": "Ring a bell.", "parameters": {"n": {"type": "int"}}}
    (tmp_path / "tool.jsonl").write_text(json.dumps(tool) + "\n")
    made = tmp_path / "made.jsonl"
    done = CliRunner().invoke(app, ["synth", "--toolset", str(tmp_path / "tool.jsonl"), "-n", "1", "-o", str(made)])
    assert done.stderr.splitlines()[-1] == f"1 example of 1 tool: {made}"
    assert "it knows 1 of the first 1 row and reads" in run("detect", made).stdout
    assert run("import", made, "-o", tmp_path / "again.jsonl").stderr.startswith("1 example (")
