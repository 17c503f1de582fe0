"""Evaluators on data sets of their own."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from sftctl.core.config import RunConfig, resolve
from sftctl.core.errors import ConfigError, DataError, EvalError
from sftctl.core.manager import Plugins, plugin_manager
from sftctl.core.remote.asking import refused
from sftctl.core.stages.evaluation import Asking, evaluation_inputs
from sftctl.core.types import Answer, Example, Query, Scores, tool_call

SEAL = {"query": "Rain?", "calling": [{"api": "rain", "parameters": {"city": "Oslo"}}]}
RAIN = {"api_name": "rain", "api_description": "Rain.", "parameters": {"city": {"type": "str"}}}
TOOL = {"type": "function", "function": {"name": "rain", "parameters": {"properties": {"city": {"type": "string"}}}}}
CALLING = {"role": "assistant", "content": None, "tool_calls": [tool_call("rain", {"city": "Oslo"})]}


class OneAnswer:
    """A model that always calls for the rain of Oslo."""

    tokenizer = chat_format = None

    def __init__(self) -> None:
        self.asked: list[Query] = []

    def generate(self, queries: Sequence[Query], *_: Any, **__: Any) -> list[Answer]:
        self.asked += queries
        return [Answer(CALLING, "", "stop", 1, 1) for _ in queries]


@pytest.fixture
def plugins() -> Plugins:
    return plugin_manager()


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "held_out.jsonl"
    path.write_text("".join(json.dumps(SEAL | {"query": f"Rain in {n}?"}) + "\n" for n in range(10)))
    (tmp_path / "tool.jsonl").write_text(json.dumps(RAIN))
    return path


def config_with(plugins: Plugins, *assignments: str) -> RunConfig:
    return resolve(plugins, "toolcall", assignments=[f"evaluators.toolcall.{text}" for text in assignments])


def score(plugins: Plugins, config: RunConfig, chat: OneAnswer) -> Scores:
    options = {"toolcall": config.evaluator_configs(plugins)["toolcall"]}
    (scores,) = Asking(plugins, options, 0, "after", lambda _: None).score(chat, [])
    return scores


def test_a_public_set_is_asked_and_scored(plugins: Plugins, rows: Path) -> None:
    chat = OneAnswer()
    scores = score(plugins, config_with(plugins, f"data={rows}", "limit=5"), chat)
    asked = [query.messages[-1]["content"] for query in chat.asked]
    assert asked == [f"Rain in {n}?" for n in (0, 2, 4, 6, 8)], "evenly spread"
    assert all(query.tools for query in chat.asked)
    assert scores.scores["call"].value == scores.scores["call/arguments"].value == 1.0


class Refusing(OneAnswer):
    """An endpoint that refuses some questions."""

    def __init__(self, refuses: Callable[[Query], bool]) -> None:
        super().__init__()
        self.refuses = refuses

    def generate(self, queries: Sequence[Query], *_: Any, **__: Any) -> list[Answer]:
        given = super().generate(queries)
        return [refused("too long") if self.refuses(q) else one for q, one in zip(queries, given, strict=True)]


def test_a_question_that_is_refused_is_answered_wrongly(plugins: Plugins, rows: Path) -> None:
    chat = Refusing(lambda query: query.messages[-1]["content"] == "Rain in 3?")
    scores = score(plugins, config_with(plugins, f"data={rows}"), chat)
    assert [verdict.reason for verdict in scores.verdicts if not verdict.ok] == ["failed"]
    assert scores.scores["overall"].value == 0.9


def test_where_all_are_refused_there_is_no_score(plugins: Plugins, rows: Path) -> None:
    with pytest.raises(EvalError, match=r"no score of toolcall: not one of 10 questions got an answer, .*: too long"):
        score(plugins, config_with(plugins, f"data={rows}"), Refusing(lambda query: True))


@pytest.mark.parametrize("category", ["overall", "overall/name"])
def test_a_category_cannot_have_the_name_of_all_items(plugins: Plugins, tmp_path: Path, category: str) -> None:
    asked = ({"role": "user", "content": "Rain?"}, CALLING)
    row = Example(asked, (TOOL,), source="own", category=category).to_json()
    (tmp_path / "own.jsonl").write_text(row + "\n")
    chat = OneAnswer()
    with pytest.raises(EvalError, match="A category of the examples is called 'overall'"):
        score(plugins, config_with(plugins, f"data={tmp_path / 'own.jsonl'}"), chat)
    assert not chat.asked


def test_an_entry_says_how_it_is_read(plugins: Plugins, rows: Path, tmp_path: Path) -> None:
    tools = (tmp_path / "tool.jsonl").rename(tmp_path / "elsewhere.jsonl")
    with pytest.raises(DataError, match=r"held_out\.jsonl:1: 'rain' is called, and no tool"):
        score(plugins, config_with(plugins, f"data={rows}"), OneAnswer())
    chat = OneAnswer()
    entry = f"data={{path: {rows}, tools: {tools}, format: xlam, limit: 3, system: Be brief.}}"
    score(plugins, config_with(plugins, entry), chat)
    assert [[message["role"] for message in query.messages] for query in chat.asked] == [["system", "user"]] * 3


def test_a_mistake_in_an_entry_is_named(plugins: Plugins) -> None:
    with pytest.raises(ConfigError, match=r"'data\.0\.fromat' is not a setting\. Did you mean 'format'"):
        config_with(plugins, "data={path: a.jsonl, fromat: xlam}")


def test_scores_are_made_anew_when_the_file_or_its_tools_change(plugins: Plugins, rows: Path) -> None:
    config = config_with(plugins, f"data={rows}")
    seen = [evaluation_inputs(config, plugins)]
    for path in (rows, rows.with_name("tool.jsonl")):
        path.write_text(path.read_text() + "\n")
        seen.append(evaluation_inputs(config, plugins))
    assert seen[0] != seen[1] != seen[2]
