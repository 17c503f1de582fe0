"""Our scores against those of the official command line: on recorded answers, and on a model that is served."""

import ast
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import pytest
from fakes import ScriptedEngine
from pydantic import ValidationError
from test_bfcl import answer, gold

from sftctl.core.manager import plugin_manager
from sftctl.core.stages.evaluation import Asking
from sftctl.core.types import Answer
from sftctl.plugins.bfcl import BfclConfig, Category
from sftctl.plugins.bfcl.checker import check
from sftctl.plugins.bfcl.command_line import evaluate_officially, ids_of, read_verdicts
from sftctl.plugins.bfcl.data import Item, load_items
from sftctl.plugins.bfcl.environments import COMMAND_LINE
from sftctl.plugins.bfcl.install import bfcl_folder
from sftctl.plugins.hermes import Hermes
from sftctl.serve.chat import ChatModel
from sftctl.serve.served import ServedModel

SEVERAL_TURNS = tuple(category for category in get_args(Category) if category.startswith("multi_turn"))
ONE_TURN = tuple(category for category in get_args(Category) if category not in SEVERAL_TURNS)


@pytest.fixture
def python(real_cache: Path) -> Path:
    found = COMMAND_LINE.python(real_cache)
    if found is None:
        pytest.skip("the environment bfcl-command-line is not there: option `official` of evaluator bfcl makes it")
    return found


def test_several_turns_need_the_official_command_line() -> None:
    with pytest.raises(ValidationError, match="multi_turn_base needs `official: true`"):
        BfclConfig(categories=["multi_turn_base"])
    assert BfclConfig(categories=["multi_turn_base"], official=True).official


def recorded(item: Item, number: int) -> Answer:
    """Answers of every kind: right, of wrong types, of a wrong name, with a call too many, and none."""
    calls = gold(item) if item.truth else [("f", {"x": 1})]
    name, given = calls[0]
    kinds = (
        answer(*calls),
        answer((name, {key: str(value) for key, value in given.items()}), *calls[1:]),
        answer((f"{name}_x", given), *calls[1:]),
        answer(*calls, calls[0]),
        answer(text="I cannot do that."),
        answer(text=""),
    )
    return kinds[number % len(kinds)]


def write_result(root: Path, category: str, id: str, result: Any) -> None:
    """As the official generator writes down what its handler reads out of a response."""
    folder = root / "result" / "sftctl"
    folder.mkdir(parents=True, exist_ok=True)
    counts = {name: [[1]] if category in SEVERAL_TURNS else 1 for name in ("input_token_count", "output_token_count")}
    with (folder / f"BFCL_v4_{category}_result.json").open("a") as file:
        file.write(json.dumps({"id": id, "result": result, **counts, "latency": 1.0}) + "\n")


def result_of(given: Answer) -> Any:
    calls = [call["function"] for call in given.message.get("tool_calls") or ()]
    return [{call["name"]: call["arguments"]} for call in calls] or given.message["content"]


def official_counts(root: Path, category: str) -> tuple[int, int]:
    (path,) = (root / "score").rglob(f"BFCL_v4_{category}_score.json")
    summary = json.loads(path.read_text().splitlines()[0])
    return summary["correct_count"], summary["total_count"]


@pytest.mark.real
def test_verdicts_are_those_of_the_official_command_line(real_cache: Path, python: Path, tmp_path: Path) -> None:
    folder = bfcl_folder(real_cache)
    items = load_items(folder, ONE_TURN, limit=18, python=python)
    answers = [recorded(item, number) for number, item in enumerate(items)]
    for item, given in zip(items, answers, strict=True):
        write_result(tmp_path, item.category, item.id, result_of(given))

    ours = check(folder, items, answers, python)
    evaluate_officially(folder, python, tmp_path, ONE_TURN)

    ids = {category: [item.id for item in items if item.category == category] for category in ONE_TURN}
    theirs = read_verdicts(tmp_path, ids)
    assert {v.id: (v.ok, v.reason, v.detail) for v in ours} == {v.id: (v.ok, v.reason, v.detail) for v in theirs}
    for category, own in ids.items():
        right = sum(verdict.ok for verdict in ours if verdict.category == category)
        assert 0 < right < len(own), category
        assert official_counts(tmp_path, category) == (right, len(own))


def steps_of(turns: Sequence[Sequence[str]]) -> list[list[list[dict[str, str]]]] | None:
    """Right answers as the official handler reads them out of responses; None where arguments have no names."""
    result: list[list[list[dict[str, str]]]] = []
    for turn in turns:
        calls: list[dict[str, str]] = []
        for text in turn:
            call = ast.parse(text, mode="eval").body
            assert isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
            if call.args:
                return None
            given = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
            calls.append({call.func.id: json.dumps(given)})
        result.append([calls] if calls else [])
    return result


@pytest.mark.real
@pytest.mark.parametrize("category", SEVERAL_TURNS)
def test_verdicts_on_several_turns_are_the_official_ones(
    real_cache: Path, python: Path, tmp_path: Path, category: str
) -> None:
    folder = bfcl_folder(real_cache)
    lines = (folder / f"bfcl_eval/data/possible_answer/BFCL_v4_{category}.json").read_text().splitlines()
    truths = {row["id"]: steps_of(row["ground_truth"]) for row in map(json.loads, lines[:60])}
    known = [(id, steps) for id, steps in truths.items() if steps][:6]
    for number, (id, steps) in enumerate(known):
        assert steps
        write_result(tmp_path, category, id, (steps, [[] for _ in steps], steps[:-1])[number % 3])

    evaluate_officially(folder, python, tmp_path, [category])

    verdicts = read_verdicts(tmp_path, {category: [id for id, _ in known]})
    assert [verdict.ok for verdict in verdicts] == [True, False, False] * 2
    assert [verdict.reason for verdict in verdicts] == ["", "no_call", "endless"] * 2
    assert official_counts(tmp_path, category) == (2, 6)


@pytest.mark.real
def test_the_official_command_line_asks_the_model(real_cache: Path, python: Path, tokenizer: Any) -> None:
    def script(prompt: str) -> str:
        known = "factorial" in prompt and "<tool_response>" not in prompt
        called = '<tool_call>\n{"name": "math_factorial", "arguments": {"number": 5}}\n</tool_call>'
        return called if known else "Done."

    chat = ChatModel("one-trick", ScriptedEngine(tokenizer, script), Hermes(), tokenizer)
    config = BfclConfig(categories=["simple_python", "multi_turn_base"], limit=2, official=True)
    (scores,) = Asking(plugin_manager(), {"bfcl": config}, 0, "after", lambda event: None).score(ServedModel(chat), [])

    ids = [verdict.id for verdict in scores.verdicts]
    assert ids == ["simple_python_0", "simple_python_200", "multi_turn_base_0", "multi_turn_base_100"]
    assert ids_of(bfcl_folder(real_cache), "simple_python")[200] == "simple_python_200"
    assert not any(verdict.ok for verdict in scores.verdicts)
    assert all(verdict.reason for verdict in scores.verdicts)
