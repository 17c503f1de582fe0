"""Which shape, which columns, which tools; and what happens to rows that do not fit."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from sftctl.core.config import resolve
from sftctl.core.datasets import BadRow, Row, detect, examples_of, read_rows, shape_of
from sftctl.core.errors import ConfigError, DataError, PluginError
from sftctl.core.hookspecs import hookimpl
from sftctl.core.manager import Plugins, plugin_manager
from sftctl.core.types import Example, Formatter

PAIR = {"prompt": "a", "completion": "b"}
TOOL = {"api_name": "book", "api_description": "Book.", "parameters": {"city": {"type": "str"}}, "required": ["city"]}
ASKS = {"query": "Book Rome.", "calling": [{"api": "book", "parameters": {"city": "Rome"}}]}


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    return plugin_manager()


def write(path: Path, rows: Iterable[Any]) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def names(example: Example) -> list[str]:
    return [tool["function"]["name"] for tool in example.tools]


# ---------------------------------------------------------------- shapes


@pytest.mark.parametrize(
    ("columns", "shape"),
    [
        ({"messages": []}, "openai"),
        ({"messages": [], "tools": [], "id": 1}, "openai"),
        ({"messages": [], "prompt": "", "chosen": [], "rejected": []}, "preference"),
        ({"messages": [], "call": {}, "tools": []}, "next-call"),
        ({"instruction": "", "input": "", "output": "", "text": ""}, "alpaca"),
        ({"instruction": "", "context": "", "response": "", "category": ""}, "alpaca"),
        ({"question": "", "options": ["x"], "answer": "", "system": "", "context": "", "tools": "[]"}, "choice"),
        ({"system_prompt": "", "question": "", "response": ""}, "prompt-completion"),
        ({"question": "", "choices": [], "answer": 1, "subject": ""}, "choice"),
        ({"query": "", "tools": "", "answers": "", "id": 0}, "xlam"),
        ({"text": "", "label": 1}, "text"),
        ({"conversations": [], "id": ""}, "sharegpt"),
        ({"system": "", "chat": ""}, "glaive"),
    ],
)
def test_the_formatter_that_reads_most_of_a_row_is_taken(plugins: Plugins, columns: Any, shape: str) -> None:
    filled = {name: value if value != "" else "x" for name, value in columns.items()}
    best = detect([Row("a:1", filled)], plugins.formatters().values())[0]
    assert best.formatter.name == shape
    assert set(best.reads) | set(best.ignores) == set(columns)


def test_a_file_has_the_shape_of_most_of_its_rows(plugins: Plugins, tmp_path: Path) -> None:
    rows = [{"text": "broken"}, *[PAIR | {"text": "x"}] * 5, {"prompt": "a", "text": "no completion"}]
    path = write(tmp_path / "a.jsonl", rows)
    best, second = shape_of(path, plugins)
    assert (best.formatter.name, best.matched, best.of, best.ignores) == ("prompt-completion", 5, 7, ("text",))
    assert second.formatter.name == "text"
    bad: list[BadRow] = []
    assert len(list(examples_of(path, plugins, rejects=bad.append))) == 5
    looks = "(read as 'prompt-completion', it looks like 'text')"
    assert [(row.place.rpartition(":")[2], row.reason) for row in bad] == [
        ("1", f"it has no 'prompt' (or question, query, input, problem) {looks}"),
        ("7", f"it has no 'completion' (or response, answer, output, solution) {looks}"),
    ]


def test_of_columns_that_say_the_same_the_first_counts(plugins: Plugins, tmp_path: Path) -> None:
    rows = [{"question": "a", "answer": "b", "output": "c"}, {"question": "a", "answer": None, "output": "c"}]
    found = shape_of(write(tmp_path / "a.jsonl", rows), plugins)[0]
    assert (found.reads, found.ignores, found.most) == (("question", "answer", "output"), (), 2)
    found = shape_of(write(tmp_path / "a.jsonl", rows[:1]), plugins)[0]
    assert (found.reads, found.ignores) == (("question", "answer"), ("output",))
    with pytest.raises(DataError, match=r"As 'alpaca', which reads 'instruction', it has no 'output' \(or response\)"):
        list(examples_of(write(tmp_path / "a.jsonl", [{"instruction": "Add.", "input": "a", "answer": "b"}]), plugins))


def test_a_few_rows_with_more_columns_do_not_decide(plugins: Plugins, tmp_path: Path) -> None:
    rows = [{"text": "x"}] * 9 + [{"text": "x", "instruction": "a", "input": "b", "output": "c"}]
    found = shape_of(write(tmp_path / "a.jsonl", rows), plugins)
    assert [candidate.formatter.name for candidate in found][:2] == ["text", "alpaca"]


def test_a_plugins_formatter_wins_where_both_read_all(tmp_path: Path) -> None:
    class Extra:
        @hookimpl
        def sftctl_formatters(self) -> list[Formatter]:
            return [Formatter("mine", "", lambda row: True, lambda row: Example(({"role": "assistant"},)))]

    path = write(tmp_path / "a.jsonl", [PAIR])
    assert [e.source for _, e in examples_of(path, plugin_manager(Extra()))] == ["mine"]


def test_a_formatter_that_crashes_names_the_row(tmp_path: Path) -> None:
    class Extra:
        @hookimpl
        def sftctl_formatters(self) -> list[Formatter]:
            broken = Formatter("broken", "", lambda row: row["nosuch"] is None, lambda row: Example(()))
            return [broken, Formatter("mine", "", lambda row: True, lambda row: row["nosuch"])]

    with pytest.raises(DataError, match=r"a\.jsonl:1: KeyError: 'nosuch'"):
        list(examples_of(write(tmp_path / "a.jsonl", [PAIR]), plugin_manager(Extra())))


def test_a_shape_can_be_forced(plugins: Plugins, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [PAIR | {"text": "t"}])
    ((_, example),) = examples_of(path, plugins, "text")
    assert example.text == "t"
    with pytest.raises(DataError, match=r"a\.jsonl:1: it has no 'instruction' \(read as 'alpaca', it looks like 'pro"):
        list(examples_of(path, plugins, "alpaca"))
    with pytest.raises(PluginError, match="no formatter named 'alpaka'. Did you mean 'alpaca'"):  # noqa: RUF043
        list(examples_of(path, plugins, "alpaka"))


@pytest.mark.parametrize(
    ("row", "advice"),
    [
        (
            {"input_ids": [1, 2], "labels": [-100, 2]},
            r"1: no formatter knows .*\. Give the texts in place of token ids",
        ),
        ({"promt": "a", "reply": "b"}, r"1: no formatter knows .* \(promt, reply\)\. 'promt': did you mean 'prompt'"),
        ({"prompt": "a"}, "As 'prompt-completion', which reads 'prompt', it has no 'completion'"),
        ({"x": 1}, r"docs/data\.md has each shape"),
    ],
)
def test_an_unknown_shape_comes_with_advice(plugins: Plugins, tmp_path: Path, row: Any, advice: str) -> None:
    with pytest.raises(DataError, match=advice):
        list(examples_of(write(tmp_path / "a.jsonl", [row]), plugins))


def test_nothing_to_read_is_an_error(plugins: Plugins, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.jsonl holds no rows"):
        list(examples_of(write(tmp_path / "a.jsonl", []), plugins))
    with pytest.raises(DataError, match=r"a\.jsonl:1: not JSON"):
        list(examples_of(write(tmp_path / "a.jsonl", ["{"]), plugins))


# ---------------------------------------------------------------- options


def test_columns_are_renamed(plugins: Plugins, tmp_path: Path) -> None:
    rows = [{"ask": "a", "prompt": "not this", "reply": "b"}, {"ask": "c", "reply": "d"}]
    path = write(tmp_path / "a.jsonl", rows)
    found = [
        e.messages[0]["content"] for _, e in examples_of(path, plugins, columns={"ask": "prompt", "reply": "answer"})
    ]
    assert found == ["a", "c"]
    with pytest.raises(DataError, match="no column 'rep'"):
        list(examples_of(path, plugins, columns={"rep": "answer"}))
    with pytest.raises(DataError, match="Two columns are renamed to the same name"):
        list(examples_of(path, plugins, columns={"ask": "prompt", "reply": "prompt"}))


def test_a_file_that_is_to_describe_the_tools_is_there(plugins: Plugins, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"There is no file nope\.json, which is to describe the tools"):
        list(examples_of(write(tmp_path / "a.jsonl", [PAIR]), plugins, tools="nope.json"))


def test_system_limit_split_and_several_paths(plugins: Plugins, tmp_path: Path) -> None:
    spoken = {"messages": [{"role": "system", "content": "Own."}, {"role": "assistant", "content": "x"}]}
    write(tmp_path / "set/train.jsonl", [PAIR, PAIR])
    write(tmp_path / "set/test.jsonl", [spoken, {"messages": [{"role": "assistant", "content": "x"}]}])
    write(tmp_path / "set/words.txt", ["Only text."])
    made = [e for _, e in examples_of(tmp_path / "set", plugins, system="Given.", limit=4)]
    assert [e.messages[0]["content"] for e in made] == ["Own.", "Given.", "Given.", "Given."]
    assert len(list(examples_of(tmp_path / "set", plugins, split="test"))) == 2
    paths = [tmp_path / "set/train.jsonl", tmp_path / "set/words.txt"]
    assert [e.source for _, e in examples_of(paths, plugins, system="Given.")] == ["prompt-completion"] * 2 + ["text"]


def test_places_are_those_of_the_rows(plugins: Plugins, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [PAIR, "", PAIR])
    assert [place for place, _ in examples_of(path, plugins)] == [f"{path}:1", f"{path}:3"]
    assert [row.place for row in read_rows(path)] == [f"{path}:1", f"{path}:3"]


# ---------------------------------------------------------------- tools that rows only name


def test_tools_come_from_a_file_beside_the_data(plugins: Plugins, tmp_path: Path) -> None:
    write(tmp_path / "tool.jsonl", [TOOL, TOOL | {"api_name": "cancel"}])
    path = write(tmp_path / "dev.jsonl", [ASKS])
    for source in (path, tmp_path):
        ((_, example),) = examples_of(source, plugins)
        assert sorted(names(example)) == ["book", "cancel"]
        assert example.tools[0]["function"]["parameters"]["required"] == ["city"]


def test_of_many_tools_those_called_and_some_others_are_offered(plugins: Plugins, tmp_path: Path) -> None:
    tools = write(tmp_path / "apis.jsonl", [{"tools": [TOOL | {"api_name": f"other{n}"} for n in range(40)]}, TOOL])
    path = write(tmp_path / "dev.jsonl", [ASKS | {"query": f"Book {n}."} for n in range(30)])
    offered = [names(e) for _, e in examples_of(path, plugins, tools=tools)]
    assert {len(set(few)) for few in offered} == {4}
    assert all("book" in few for few in offered)
    assert len({few.index("book") for few in offered}) > 1
    calls = [{"api": name} for name in ["book", *[f"other{n}" for n in range(39)]]]
    write(path, [ASKS | {"calling": calls}])
    assert [len(names(e)) for _, e in examples_of(path, plugins, tools=tools)] == [41]
    write(path, [ASKS | {"query": f"Book {n}."} for n in range(30)])
    assert offered == [names(e) for _, e in examples_of(path, plugins, tools=tools)]


def test_a_call_to_a_tool_that_is_not_described_is_an_error(plugins: Plugins, tmp_path: Path) -> None:
    path = write(tmp_path / "dev.jsonl", [ASKS])
    with pytest.raises(DataError, match=r"dev\.jsonl:1: 'book' is called, and no tool .*--tools FILE\. Mend"):
        list(examples_of(path, plugins))
    tools = write(tmp_path / "apis.jsonl", [TOOL | {"api_name": "bok"}])
    with pytest.raises(DataError, match="Did you mean 'bok'"):
        list(examples_of(path, plugins, tools=tools))
    with pytest.raises(DataError, match=r"apis\.jsonl:1: a tool has no name \(it has nothing\)"):
        list(examples_of(path, plugins, tools=write(tools, [{}])))


def test_tools_that_all_rows_imply_are_those_of_all_files(plugins: Plugins, tmp_path: Path) -> None:
    for intent, slot in (("Greet", "name"), ("Leave", "time")):
        pieces = [{"text": "To "}, {"text": "x", "entity": slot}]
        (tmp_path / f"{intent}.json").write_text(json.dumps({intent: [{"data": pieces}, {"data": pieces + pieces}]}))
    made = [e for _, e in examples_of(tmp_path, plugins)]
    assert [sorted(names(e)) for e in made] == [["Greet", "Leave"]] * 4
    assert [e.calls for e in made[:2]] == [[("Greet", {"name": "x"})], [("Greet", {"name": ["x", "x"]})]]


# ---------------------------------------------------------------- configuration


def test_a_data_set_in_the_configuration(plugins: Plugins, tmp_path: Path) -> None:
    entry = {"path": "b.csv", "format": "text", "columns": {"a": "text"}, "limit": 3}
    config = resolve(plugins, "toolcall", flags={"dataset": ["a.jsonl", entry]})
    assert [d.path for d in config.dataset] == ["a.jsonl", "b.csv"]
    assert config.dataset[1].model_dump(exclude_defaults=True) == entry


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"path": "a", "fromat": "text"}, r"'dataset\.0\.fromat' is not a setting\. Did you mean 'format'"),
        ({"format": "text"}, r"'dataset\.0\.path' is missing"),
        ({"path": "a", "limit": 0}, r"'dataset\.0\.limit' input should be greater"),
        ({"path": "a", "format": "txt"}, "no formatter named 'txt'. Did you mean 'text'"),
    ],
)
def test_a_wrong_entry_is_explained(plugins: Plugins, entry: Any, problem: str) -> None:
    with pytest.raises((ConfigError, PluginError), match=problem):
        resolve(plugins, "toolcall", flags={"dataset": [entry]})
