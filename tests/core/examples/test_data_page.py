"""The pages that people read: the report on data, and the run's."""

import json
from pathlib import Path
from typing import Any

import pytest

from sftctl.core.config import resolve
from sftctl.core.examples.census import Census, SplitAudit
from sftctl.core.examples.data_page import FEW, LONG, data_page, overlap_lines, table
from sftctl.core.examples.overlap import Overlap
from sftctl.core.lint import LintRule
from sftctl.core.manager import plugin_manager
from sftctl.core.report import write_report
from sftctl.core.store import RunFolder, write_json, write_lines
from sftctl.core.types import Example, ReferenceItem, Tool, Toolset, tool_call
from sftctl.plugins.hermes import Hermes

TOOLS = tuple(Tool(f"tool_{n:02}", f"Do {n}.", {}) for n in range(FEW + 3))
REQUEST = "Is one | two the same as one, or \\ is it not? " + "Say it. " * 20
RULES = [LintRule("odd", "an odd row", "warning", lambda: lambda row: ["odd"] * ("two" in row.said))]
RULES.append(LintRule("even", "an even row", "error", lambda: lambda row: []))


def asks(request: str, tool: Tool) -> Example:
    call = {"role": "assistant", "content": None, "tool_calls": [tool_call(tool.name, {})]}
    return Example(({"role": "user", "content": request}, call), (tool.spec,), category="simple")


def report(*examples: Example, **more: Any) -> dict[str, Any]:
    """What the data stage reports of training examples that are compared with one request, and no evaluation."""
    train, evaluation, overlap = Census(RULES, Hermes()), Census(RULES, Hermes()), Overlap("known")
    split = SplitAudit(Toolset("training", "", TOOLS[1:]), Toolset("held-out", "", TOOLS[:1]))
    overlap.know([ReferenceItem("known:1", (REQUEST,), ())])
    list(train.lines(examples, split.add, overlap.add))
    told = {"train": train.report(), "eval": evaluation.report(), "split": split.report()}
    return told | {"rejected": {"rows": 0, "by_rule": {}}, "overlap": [overlap.report()]} | more


@pytest.fixture
def page() -> str:
    return data_page(report(*[asks("Do it now.", tool) for tool in TOOLS], asks(REQUEST, TOOLS[1])))


def test_what_would_grow_with_the_data_is_cut(page: str) -> None:
    assert [f"| {tool.name} |" in page for tool in TOOLS] == [True] * FEW + [False] * 3
    assert f"{len(TOOLS)} names are called, {len(TOOLS)} are shown" in page


def test_what_was_found_and_what_was_not_is_told(page: str) -> None:
    assert f"| `odd` | 1 ({1 / (len(TOOLS) + 1):.2%}) | 0 (0.00%) |" in page
    assert "Looked for and not found: even." in page


def test_a_held_out_tool_in_training_is_told(page: str) -> None:
    assert "- calls: `tool_00`\n- shows: `tool_00`\n" in page
    assert "- calls: none\n- shows: none\n" in data_page(report(asks(REQUEST, TOOLS[1])))


def test_a_text_cannot_break_its_table(page: str) -> None:
    (line,) = [line for line in page.splitlines() if "known:1" in line]
    shown = line.replace("\\\\", "").replace("\\|", "")
    assert shown.count("|") == 5
    assert "one \\| two" in line and line.count("Say it.") < 20
    assert table(["a"], [["b\nc" + "d" * LONG]])[-1] == f"| b c{'d' * (LONG - 3)}… |"


def test_nothing_compared_is_no_table() -> None:
    assert list(overlap_lines([{"reference": "far", "unknown": "No network."}])) == [
        "",
        "Not compared with far: No network.",
    ]


def test_the_pages_of_no_examples_can_be_written() -> None:
    assert "0 examples to train on" in data_page(report())


def test_the_page_of_a_run_has_scores_overlap_and_tokens(tmp_path: Path) -> None:
    score = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 10}
    write_json(tmp_path / "eval/before.json", {"toolcall": {}})
    write_lines(tmp_path / "eval/samples-before.jsonl", [])
    write_lines(tmp_path / "eval/samples-after.jsonl", [])
    write_json(tmp_path / "eval/after.json", {"toolcall": {"overall": score}})
    write_json(tmp_path / "data/report.json", report(asks(REQUEST, TOOLS[1])))
    lengths = {"rows": 1, "tokens": 320, "shortest": 320, "median": 320, "longest": 320, "histogram": {"300-499": 1}}
    write_json(tmp_path / "data/lengths.json", lengths)
    config = resolve(plugin_manager(), "toolcall", flags={"prove": False})
    write_report(RunFolder(tmp_path, lambda event: None), config, plugin_manager().evaluators())
    page = (tmp_path / "report.md").read_text()
    for line in (
        "| toolcall | overall | 10 | – | 50 % (40–60) |",
        "| known | 1 | 1 | 1 (100.00%) | 0 of 1 |",
        "| 300-499 | 1 |",
    ):
        assert line in page
    assert f"1 training example of {len(TOOLS) - 1} tools; 1 other held out" in page
    whole = json.loads((tmp_path / "report.json").read_text())
    assert whole["data"]["lengths"] == lengths
