"""Our scores against those of the official command line: on recorded answers, and on a model that is served."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes import ScriptedEngine
from pydantic import ValidationError
from test_bfcl import answer, gold

from sftctl.core.evaluation import Asking
from sftctl.core.manager import plugin_manager
from sftctl.core.types import Answer
from sftctl.plugins.bfcl import BfclConfig
from sftctl.plugins.bfcl.checker import check
from sftctl.plugins.bfcl.command_line import evaluate_officially, ids_of, read_verdicts
from sftctl.plugins.bfcl.data import Item, load_items
from sftctl.plugins.bfcl.environments import COMMAND_LINE
from sftctl.plugins.bfcl.install import bfcl_folder
from sftctl.plugins.hermes import Hermes
from sftctl.serve.chat import ChatModel
from sftctl.serve.served import ServedModel

CATEGORIES = ("simple_python", "multiple", "parallel", "parallel_multiple", "irrelevance", "live_simple")


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


def write_results(root: Path, items: Sequence[Item], answers: Sequence[Answer]) -> None:
    """As the official generator writes down what its handler reads out of a response."""
    folder = root / "result" / "sftctl"
    folder.mkdir(parents=True)
    for item, given in zip(items, answers, strict=True):
        calls = [call["function"] for call in given.message.get("tool_calls") or ()]
        result = [{call["name"]: call["arguments"]} for call in calls] or given.message["content"]
        row = {"id": item.id, "result": result, "input_token_count": 1, "output_token_count": 1, "latency": 1.0}
        with (folder / f"BFCL_v4_{item.category}_result.json").open("a") as file:
            file.write(json.dumps(row) + "\n")


@pytest.mark.real
def test_verdicts_are_those_of_the_official_command_line(real_cache: Path, python: Path, tmp_path: Path) -> None:
    folder = bfcl_folder(real_cache)
    items = load_items(folder, CATEGORIES, limit=30)
    answers = [recorded(item, number) for number, item in enumerate(items)]
    write_results(tmp_path, items, answers)

    ours = check(folder, items, answers)
    evaluate_officially(folder, python, tmp_path, CATEGORIES)

    ids = {category: [item.id for item in items if item.category == category] for category in CATEGORIES}
    theirs = read_verdicts(tmp_path, ids)
    assert {verdict.id: verdict.ok for verdict in ours} == {verdict.id: verdict.ok for verdict in theirs}
    assert 0 < sum(verdict.ok for verdict in ours) < len(ours)
    for category, own in ids.items():
        (path,) = (tmp_path / "score").rglob(f"BFCL_v4_{category}_score.json")
        summary = json.loads(path.read_text().splitlines()[0])
        right = sum(verdict.ok for verdict in ours if verdict.category == category)
        assert (summary["correct_count"], summary["total_count"]) == (right, len(own))


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
