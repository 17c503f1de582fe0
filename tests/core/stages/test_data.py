"""The data stage: rows in, checked rows out; each check that is on by default is shown to fail when it must."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from broken_formats import Deaf, NoLabels, NoStop, NoTools

from sftctl.core.config import resolve
from sftctl.core.errors import DataError, EvalError
from sftctl.core.manager import Plugins, plugin_manager
from sftctl.core.stages.data import data_inputs, make_data, read_data
from sftctl.core.stages.rendering import lengths_of, render_all
from sftctl.core.store import RunFolder
from sftctl.core.tools.toolset import load_toolset, split_by_tool
from sftctl.core.types import (
    IGNORED,
    ChatFormat,
    Event,
    Example,
    Message,
    Model,
    ReferenceItem,
    Rendered,
    tool_call,
)
from sftctl.plugins.hermes import Hermes

LAMP = {"type": "function", "function": {"name": "light_lamp", "description": "Light a lamp.", "parameters": {}}}
USER: Message = {"role": "user", "content": "Light the lamp."}
CALL: Message = {"role": "assistant", "content": None, "tool_calls": [tool_call("light_lamp", {"at": "dusk"})]}


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    return plugin_manager()


def render(
    tokenizer: Any, *examples: Example, chat_format: ChatFormat | None = None, max_length: int | None = None
) -> tuple[list[Rendered], list[Event]]:
    events: list[Event] = []
    rows = render_all(examples, chat_format or Hermes(), tokenizer, max_length, events.append)
    return rows, events


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (NoTools(), "tool 'light_lamp' is not shown to the model"),
        (NoStop(), "it does not learn to stop"),
        (NoLabels(), "it has nothing to learn"),
        (Deaf(), "its answer does not read back as itself"),
    ],
)
def test_a_format_that_breaks_a_promise_is_stopped_with_the_row(
    tokenizer: Any, broken: ChatFormat, problem: str
) -> None:
    good = Example((USER, {"role": "assistant", "content": "Done."}))
    with pytest.raises(DataError, match=rf"Training row \d cannot be used with 'hermes': {problem}"):
        render(tokenizer, good, Example((USER, CALL), (LAMP,)), chat_format=broken)


def test_the_same_row_passes_with_the_format_that_keeps_its_promises(tokenizer: Any) -> None:
    rows, _ = render(tokenizer, Example((USER, CALL), (LAMP,)))
    assert len(rows) == 1


# ---------------------------------------------------------------- rows that are right, in less common shapes


@pytest.mark.parametrize(
    "messages",
    [
        (USER, {"role": "assistant", "content": [{"type": "text", "text": "Lit."}]}),
        (USER, {"role": "assistant", "content": "Lit."}, {"role": "user", "content": "Thanks."}),
        (USER, CALL, {"role": "tool", "tool_call_id": "", "content": "true"}),
        (USER, {**CALL, "content": "I shall."}),
    ],
    ids=["content in parts", "the user has the last word", "a result comes last", "text and a call"],
)
def test_less_common_conversations_are_trained_on(tokenizer: Any, messages: Sequence[Message]) -> None:
    rows, _ = render(tokenizer, Example(tuple(messages), (LAMP,)))
    assert len(rows) == 1


# ---------------------------------------------------------------- lengths


def test_a_long_row_is_left_out_whole_and_counted(tokenizer: Any) -> None:
    short = Example((USER, {"role": "assistant", "content": "Yes."}))
    long = Example((USER, {"role": "assistant", "content": "Yes. " * 200}))
    rows, events = render(tokenizer, short, long, short, max_length=100)
    assert len(rows) == 2
    assert events[-1].data["left_out"] == [2]
    assert "1 left out, longer than 100 tokens (row 2 first)" in events[-1].data["text"]
    assert rows == render(tokenizer, short, short)[0]


def test_nothing_left_is_an_error(tokenizer: Any) -> None:
    with pytest.raises(DataError, match="All are longer than max_length=3"):
        render(tokenizer, Example((USER, CALL), (LAMP,)), max_length=3)


def test_lengths() -> None:
    rows = [Rendered([1] * n, [IGNORED] * (n - 2) + [1, 2]) for n in (5, 3, 9)]
    expected = {"rows": 3, "tokens": 17, "learned_tokens": 6, "shortest": 3, "median": 5, "longest": 9}
    assert lengths_of(rows) == expected | {"histogram": {"3-4": 1, "5-6": 1, "7-9": 1}}


# ---------------------------------------------------------------- weights, plain text


def test_only_the_last_message_that_is_learned_must_read_back(tokenizer: Any) -> None:
    context: Message = {"role": "assistant", "content": "Dark?", "weight": 0}
    (row,), _ = render(tokenizer, Example((USER, CALL, context), (LAMP,)))
    said = [label for label in row.labels if label != IGNORED]
    assert tokenizer.decode(said).startswith("<tool_call>")
    assert "Dark?" in tokenizer.decode(row.input_ids)
    with pytest.raises(DataError, match="it has nothing to learn"):
        render(tokenizer, Example((USER, context)))


def test_plain_text_learns_to_stop(tokenizer: Any) -> None:
    (row,), _ = render(tokenizer, Example((), text="Only text."))
    assert row.labels[1:] == row.input_ids[1:]
    with pytest.raises(DataError, match="it does not learn to stop"):
        render(tokenizer, Example((), text="Only text."), chat_format=NoStop())


# ---------------------------------------------------------------- splitting


def test_a_tool_stays_on_its_side_when_others_are_added(plugins: Plugins) -> None:
    config = resolve(plugins, "toolcall")
    few = split_by_tool(load_toolset(plugins, ["weather"]), config)
    many = split_by_tool(load_toolset(plugins, ["all"]), config)
    for some, all_of_them in zip(few, many, strict=True):
        assert {tool.name for tool in some.tools} <= {tool.name for tool in all_of_them.tools}
    names = [{tool.name for tool in side.tools} for side in many]
    assert not names[0] & names[1]
    assert 0.1 < len(names[1]) / (len(names[0]) + len(names[1])) < 0.3


def test_a_users_own_tools_are_always_trained_on(plugins: Plugins, tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text("".join(f'def tool_{n}(a: int) -> int:\n    """Do {n}."""\n    return a\n\n' for n in range(30)))
    toolset = load_toolset(plugins, [str(path)])
    training, held_out = split_by_tool(toolset, resolve(plugins, "toolcall"))
    assert (len(training.tools), len(held_out.tools)) == (30, 0)


def test_every_file_that_decides_the_data_is_an_input(plugins: Plugins, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    names = ["dev.jsonl", "dev-labels.lst", "tools.json"]
    for name in names:
        (folder / name).write_text("{}")
    (tmp_path / "more.json").write_text("{}")
    (tmp_path / "known.jsonl").write_text("{}")
    entry = {"path": str(folder), "tools": str(tmp_path / "more.json")}
    flags = {"dataset": [entry, "org/on-a-hub"], "overlap": [str(tmp_path / "known.jsonl")]}
    config = resolve(plugins, "toolcall", flags=flags)
    known = [data_inputs(config, load_toolset(plugins, ["weather"]), Model("tiny", tmp_path))]
    for path in (*(folder / name for name in names), tmp_path / "more.json", tmp_path / "known.jsonl"):
        path.write_text('{"changed": 1}')
        known.append(data_inputs(config, load_toolset(plugins, ["weather"]), Model("tiny", tmp_path)))
    assert all(before != after for before, after in pairwise(known))


# ---------------------------------------------------------------- bad rows of a run's data sets


def training_rows(plugins: Plugins, model: Path, folder: Path, on_bad_row: str) -> tuple[Path, list[Event]]:
    """The data stage with a data set of three rows, the second of which calls what is not there."""
    rows = [Example((USER, {"role": "assistant", "content": word})) for word in ("One.", "Two.")]
    rows.insert(1, Example((USER, CALL), ({"type": "function", "function": {"name": "snuff"}},)))
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(json.loads(row.to_json()) | {"id": 1}) + "\n" for row in rows))
    flags = {"dataset": [str(path)], "examples": 0, "eval_examples": 1, "on_bad_row": on_bad_row}
    config = resolve(plugins, "toolcall", None, flags | {"evaluators": {"bfcl": None, "toolcall": None}})
    events: list[Event] = []
    run = RunFolder(folder, events.append)
    make_data(run, config, plugins, load_toolset(plugins, ["all"]), Model("tiny", model))
    return folder / "data", events


def test_a_bad_row_stops_a_run(plugins: Plugins, tiny_model_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"rows\.jsonl:2: undeclared-tool: .* on_bad_row: skip"):
        training_rows(plugins, tiny_model_dir, tmp_path, "stop")


def test_a_bad_row_is_skipped_and_counted(plugins: Plugins, tiny_model_dir: Path, tmp_path: Path) -> None:
    data, events = training_rows(plugins, tiny_model_dir, tmp_path, "skip")
    said = [example.messages[-1]["content"] for example in read_data(data / "train.jsonl")]
    assert said == ["One.", "Two."]
    (refused,) = map(json.loads, (data / "rejected.jsonl").read_text().splitlines())
    assert refused["place"].endswith("rows.jsonl:2")
    assert json.loads((data / "report.json").read_text())["rejected"] == {"rows": 1, "by_rule": {"undeclared-tool": 1}}
    assert "bad rows left out: 1" in events[-1].data["text"]
    assert events[-2].data["text"] == "Columns that are not read: id (example)"


# ---------------------------------------------------------------- the report


def report_of(plugins: Plugins, model: Path, folder: Path, **flags: Any) -> dict[str, Any]:
    """The report of a small data stage on weather and text tools."""
    small = {"examples": 40, "eval_examples": 8, "toolset": ["weather", "text"]}
    without = {"evaluators": {"bfcl": None, "toolcall": None}}
    config = resolve(plugins, "toolcall", None, small | without | flags)
    toolset = load_toolset(plugins, config.toolset)
    make_data(RunFolder(folder, lambda event: None), config, plugins, toolset, Model("tiny", model))
    report: dict[str, Any] = json.loads((folder / "data/report.json").read_text())
    return report


def test_the_report_tells_what_was_written(plugins: Plugins, tiny_model_dir: Path, tmp_path: Path) -> None:
    report = report_of(plugins, tiny_model_dir, tmp_path)
    for part in ("train", "eval"):
        examples = read_data(tmp_path / f"data/{part}.jsonl")
        told = report[part]
        text = (tmp_path / f"data/{part}.jsonl").read_bytes()
        assert told["sha256"] == hashlib.sha256(text.removesuffix(b"\n")).hexdigest()
        assert told["examples"] == len(examples) == sum(told["by_category"].values())
        assert told["calls_by_tool"] == Counter(name for one in examples for name in _called(one))
        assert set(told["lint"]) == {name for name, rule in plugins.lint_rules().items() if not rule.needs_model}
    split = report["split"]
    assert split["held_out_tools"]
    assert [split[f"held_out_{what}"] for what in ("called", "shown", "described")] == [[], [], []]
    page = (tmp_path / "data/report.md").read_text()
    assert f"40 examples to train on (sha256 `{report['train']['sha256']}`)" in page


def _called(example: Example) -> list[str]:
    calls = [call for message in example.messages for call in message.get("tool_calls") or ()]
    return [call["function"]["name"] for call in calls]


def test_the_same_seed_gives_the_same_report(plugins: Plugins, tiny_model_dir: Path, tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        report_of(plugins, tiny_model_dir, tmp_path / name, seed=seed)
    for file in ("report.json", "report.md"):
        one, two, other = ((tmp_path / name / "data" / file).read_bytes() for name in ("one", "two", "other"))
        assert one == two != other


def test_training_data_is_compared_with_any_data_set(plugins: Plugins, tiny_model_dir: Path, tmp_path: Path) -> None:
    report_of(plugins, tiny_model_dir, tmp_path / "first")
    first = next(one for one in read_data(tmp_path / "first/data/train.jsonl") if one.calls)
    asked, (name, _) = first.messages[0]["content"], first.calls[0]
    query = {"query": asked, "tools": [{"name": name, "parameters": {}}], "answers": [{"name": name, "arguments": {}}]}
    (tmp_path / "xlam.jsonl").write_text(json.dumps(query) + "\n" + '{"query": 7}\n')
    (tmp_path / "other.csv").write_text("ask,reply\nWhose boat is this red one over there?,Mine.\n")
    renamed = {"path": str(tmp_path / "other.csv"), "columns": {"ask": "prompt", "reply": "completion"}}
    sets = [str(tmp_path / "xlam.jsonl"), renamed]
    report = report_of(plugins, tiny_model_dir, tmp_path, overlap=sets)

    evaluation, seen, known, other = report["overlap"]
    assert seen["reference"] == "seen.jsonl"
    assert evaluation["reference"] == "eval.jsonl"
    assert evaluation["texts"] >= report["eval"]["examples"]
    assert (known["texts"], known["unreadable_rows"], known["shared_functions"]) == (1, 1, [name])
    assert (known["worst"][0]["request"], known["worst"][0]["place"]) == (asked, f"{tmp_path / 'xlam.jsonl'}:1")
    assert (other["texts"], other["overlapping"], other["shared_functions"]) == (1, 0, [])
    page = (tmp_path / "data/report.md").read_text()
    assert f"1 row of {tmp_path / 'xlam.jsonl'} cannot be read." in page


def test_a_benchmark_that_cannot_be_fetched_is_told_of(
    plugins: Plugins, tiny_model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(cache: Path) -> list[ReferenceItem]:
        raise EvalError("There is no network.")

    known = plugins.evaluators() | {"bfcl": replace(plugins.evaluators()["bfcl"], reference=unreachable)}
    monkeypatch.setattr(plugins, "evaluators", lambda: known)
    report = report_of(plugins, tiny_model_dir, tmp_path, evaluators={"toolcall": None})
    assert {"reference": "bfcl", "unknown": "There is no network."} in report["overlap"]
    assert "Not compared with bfcl: There is no network." in (tmp_path / "data/report.md").read_text()
