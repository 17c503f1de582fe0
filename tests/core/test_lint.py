"""Lint as a program and as a run use it: rules chosen, findings told, bad rows put aside."""

import json
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from sftctl.core import hookimpl
from sftctl.core.cli import app
from sftctl.core.datasets import examples_of
from sftctl.core.errors import ConfigError, DataError, PluginError
from sftctl.core.examples.sieve import judge
from sftctl.core.lint import Linter, LintRow, LintRule, choose_rules, findings_of
from sftctl.core.manager import Plugins, plugin_manager
from sftctl.core.types import Example, read_examples, tool_call
from sftctl.plugins.hermes import Hermes

WAIT = {"type": "function", "function": {"name": "wait", "parameters": {"type": "object", "properties": {}}}}
USER = {"role": "user", "content": "Wait for ann@mail.org."}
GOOD = {"messages": [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}]}
WARNED = {"messages": [USER, {"role": "assistant", "content": "Yes."}]}
BAD = {
    "messages": [USER, {"role": "assistant", "content": None, "tool_calls": [tool_call("fly", {}, "a")]}],
    "tools": [WAIT],
}
UNREADABLE = {"messages": [{"role": "robot", "content": "Beep."}]}
NO_ROLE = "message 1 has no role of system, developer, user, assistant, tool, function"


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (GOOD, BAD, UNREADABLE, WARNED)))
    return path


def data(*arguments: object) -> Result:
    done = CliRunner().invoke(app, ["data", *map(str, arguments)])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


# ---------------------------------------------------------------- rules


def no_shouting(row: LintRow) -> Iterator[str]:
    if row.said.isupper():
        yield "it shouts"


def plugins_with(rule: LintRule) -> Plugins:
    @hookimpl
    def sftctl_lint_rules() -> Iterable[LintRule]:
        return [rule]

    return plugin_manager(SimpleNamespace(__name__="quiet", sftctl_lint_rules=sftctl_lint_rules))


def test_a_plugin_adds_a_rule() -> None:
    rules = plugins_with(LintRule("no-shouting", "capitals only", "warning", lambda: no_shouting)).lint_rules()
    shout = Example(({"role": "user", "content": "HI."}, {"role": "assistant", "content": "HELLO."}))
    linter = Linter([rules["no-shouting"], rules["secret"]], Hermes())
    findings = list(findings_of([("f:1", shout), ("f:2", Example.from_row(WARNED))], linter))
    assert [str(finding) for finding in findings] == ["f:1: no-shouting: it shouts"]


def test_a_rule_that_breaks_down_is_named() -> None:
    def broken(row: LintRow) -> Iterator[str]:
        yield str(1 / 0)

    rules = plugins_with(LintRule("odd", "", "error", lambda: broken)).lint_rules()
    with pytest.raises(PluginError, match=r"'odd' broke down at f:1: ZeroDivisionError.*--ignore odd"):
        Linter(rules.values(), Hermes()).check("f:1", Example.from_row(GOOD))


def test_rules_are_chosen_by_name() -> None:
    rules = plugin_manager().lint_rules()
    assert set(choose_rules(rules, ["secret", "too-long"], ["secret"])) == {"too-long"}
    assert set(rules) - set(choose_rules(rules, (), ["secret"])) == {"secret"}
    with pytest.raises(ConfigError, match=r"no lint rule 'secrets'. Did you mean 'secret'\?"):
        choose_rules(rules, ["secrets"])


# ---------------------------------------------------------------- sftctl data lint


def test_findings_are_lines_to_grep(rows: Path) -> None:
    done = data("lint", rows)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        f"{rows}:2: undeclared-tool: message 2 calls 'fly', which is not declared (declared: wait)",
        f"{rows}:2: email-address: message 1 holds an e-mail address, a…@mail.org",
        f"{rows}:3: unreadable-row: {NO_ROLE}",
        f"{rows}:4: email-address: message 1 holds an e-mail address, a…@mail.org",
    ]
    assert "4 rows, 2 of them bad." in done.stderr
    assert "Not looked for without --model: unlearned-stop, misread-answer, too-long." in done.stderr


def test_good_rows_pass_and_warnings_too_unless_strict(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(WARNED) + "\n")
    assert data("lint", path).exit_code == 0
    assert data("lint", path, "--strict").exit_code == 1
    assert data("lint", path, "--strict", "--ignore", "email-address").exit_code == 0
    assert data("lint", path, "--strict", "--select", "secret,card-number").exit_code == 0


def test_json_has_the_same(rows: Path) -> None:
    findings = [json.loads(line) for line in data("lint", rows, "--json").stdout.splitlines()]
    assert [(f["place"], f["rule"], f["severity"]) for f in findings][:2] == [
        (f"{rows}:2", "undeclared-tool", "error"),
        (f"{rows}:2", "email-address", "warning"),
    ]


@pytest.mark.parametrize(("flags", "kept"), [([], [GOOD, WARNED]), (["--strict"], [GOOD])])
def test_fix_parts_good_from_bad(rows: Path, tmp_path: Path, flags: list[str], kept: list[dict[str, object]]) -> None:
    clean = tmp_path / "clean.jsonl"
    assert data("lint", rows, "--fix", clean, *flags).exit_code == 0
    assert [list(example.messages) for example in read_examples(clean)] == [row["messages"] for row in kept]
    refused = [json.loads(line) for line in (tmp_path / "clean.rejected.jsonl").read_text().splitlines()]
    assert len(refused) == 4 - len(kept)
    assert refused[0]["place"] == f"{rows}:2"
    assert refused[0]["reason"].startswith("undeclared-tool: message 2 calls 'fly'")
    assert refused[0]["row"]["messages"] == BAD["messages"]
    assert refused[1] == {
        "place": f"{rows}:3",
        "reason": f"unreadable-row: {NO_ROLE}",
        "row": UNREADABLE,
    }
    assert data("lint", clean).exit_code == 0


def test_fix_leaves_no_file_of_an_earlier_time(rows: Path, tmp_path: Path) -> None:
    clean = tmp_path / "clean.jsonl"
    data("lint", rows, "--fix", clean)
    data("lint", clean, "--fix", clean)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clean.jsonl", "rows.jsonl"]


def test_fix_writes_nothing_if_nothing_is_good(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(BAD) + "\n")
    with pytest.raises(DataError, match="Not one of 1 row is good"):
        data("lint", path, "--fix", tmp_path / "clean.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["rows.jsonl"]


def test_a_length_needs_a_model(rows: Path, tiny_model_dir: Path) -> None:
    with pytest.raises(ConfigError, match="counted in a model's tokens"):
        data("lint", rows, "--max-length", 10)
    done = data("lint", rows, "--max-length", 10, "--model", tiny_model_dir, "--select", "too-long")
    assert f"{rows}:4: too-long: " in done.stdout
    assert "Not looked for" not in done.stderr


# ---------------------------------------------------------------- sftctl data inspect


def test_inspect_shows_what_is_learned(rows: Path, tiny_model_dir: Path) -> None:
    shown = data("inspect", rows, "--row", 2, "--count", 3, "--model", tiny_model_dir).output
    assert "<|im_start|>assistant\n⟦Yes.<|im_end|>■⟧" in shown
    assert '⟦<tool_call>\n{"name": "fly", "arguments": {}}\n</tool_call><|im_end|>■⟧' in shown
    assert "  tools: wait" in shown
    assert "  error: undeclared-tool: message 2 calls 'fly'" in shown
    assert f"  error: unreadable-row: {NO_ROLE}" in shown
    assert shown.count(f"{rows}:") == 3


def test_rows_before_the_first_that_is_wanted_are_read_and_not_judged(rows: Path) -> None:
    asked: list[str] = []

    def remember(row: LintRow) -> Iterator[str]:
        asked.append(row.place)
        yield "seen"

    linter = Linter([LintRule("seen", "all", "warning", lambda: remember)], Hermes())
    judged = list(judge(partial(examples_of, rows, plugin_manager()), linter, 3))
    assert [(each.place, each.findings[0].rule) for each in judged] == [
        (f"{rows}:3", "unreadable-row"),
        (f"{rows}:4", "seen"),
    ]
    assert asked == [f"{rows}:4"]


def test_inspect_gives_ids_and_labels(rows: Path, tiny_model_dir: Path) -> None:
    (line,) = data("inspect", rows, "--model", tiny_model_dir, "--json").stdout.splitlines()
    row = json.loads(line)
    assert "".join(row["tokens"]).startswith("<|im_start|>user\nHi.<|im_end|>\n")
    learned = "".join(t for t, label in zip(row["tokens"], row["labels"], strict=True) if label != -100)
    assert learned == "Hello.<|im_end|>"
    assert all(label in (-100, id) for id, label in zip(row["input_ids"], row["labels"], strict=True))


def test_inspect_names_a_row_that_is_not_there(rows: Path, tiny_model_dir: Path) -> None:
    with pytest.raises(DataError, match="There is no row 5"):
        data("inspect", rows, "--row", 5, "--model", tiny_model_dir)
