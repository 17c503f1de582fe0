"""Two models on the same items: what differs, what may be lost, and what cannot be compared."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from sftctl.core.cli import app
from sftctl.core.errors import ConfigError, EvalError
from sftctl.core.report.comparison import Budget, compare, overspent
from sftctl.core.report.facts import headlines
from sftctl.core.report.numbers import gap, is_headline
from sftctl.core.report.results import Results, read_results, results_of
from sftctl.core.report.terminal import broken, change_tables
from sftctl.core.scores.stats import exponential, per_token, summarise
from sftctl.core.stages.evaluation import write_results
from sftctl.core.types import Score, Scores, Verdict


def scores(marks: Sequence[bool], asked: str = "Rain?", more: Sequence[Scores] = ()) -> list[Scores]:
    prompt = {"messages": [{"role": "user", "content": asked}], "tools": ["rain"]}
    verdicts = tuple(
        Verdict(f"simple_{at}", "simple", ok, "" if ok else "no_call", "a", "b", {"name": True}, prompt)
        for at, ok in enumerate(marks)
    )
    return [Scores("toolcall", summarise(verdicts), verdicts), *more]


def results(name: str, *arguments: object, **more: object) -> Results:
    return results_of(name, scores(*arguments, **more))  # type: ignore[arg-type]


def perplexity(value: float) -> Scores:
    return Scores("perplexity", {"general": Score(value, value - 1, value + 1, 40, loss=True)}, ())


GOOD = [True] * 30 + [False] * 10
BAD = [True] * 15 + [False] * 25


def test_a_difference_is_paired_by_item() -> None:
    swapped = [*GOOD[20:], *GOOD[:20]]  # as many are right, others
    changes = {c.score: c for c in compare(results("a", GOOD), results("b", swapped))}
    overall = changes["overall"].difference
    assert overall is not None
    assert (overall.value, overall.gained, overall.lost, overall.p) == (0, 10, 10, 1)
    assert changes["simple/name"].verdict == changes["overall"].verdict == "same"
    assert compare(results("a", GOOD), results("b", BAD))[0].verdict == "worse"
    assert compare(results("a", BAD), results("b", GOOD))[0].verdict == "better"


def test_a_loss_is_better_when_it_is_less_and_has_no_marks() -> None:
    before, after = results("a", GOOD, more=[perplexity(30)]), results("b", GOOD, more=[perplexity(36)])
    change = compare(before, after)[-1]
    assert (change.name, change.difference, change.verdict) == ("perplexity/general", None, "worse")
    assert change.fall == pytest.approx(0.2)
    assert compare(after, before)[-1].verdict == "better"


def text(*nats: float, of: str = "some words") -> Scores:
    """The perplexity of pieces of text, by their losses."""
    loss = per_token(nats, [10] * len(nats))
    rows = tuple(
        Verdict(f"piece {at}", "perplexity", True, "", f"{of} {at}", {"nats": each, "tokens": 10})
        for at, each in enumerate(nats)
    )
    return Scores("perplexity", {"perplexity": exponential(loss), "perplexity/nats_per_token": loss}, rows)


def test_two_perplexities_of_the_same_text_are_paired() -> None:
    old = [10.0 + 3 * at for at in range(9)]
    before, after = (results_of(name, [text(*nats)]) for name, nats in (("a", old), ("b", [1 + n for n in old])))
    whole, fine = compare(before, after)
    assert whole.verdict == fine.verdict == "worse" and whole.after is not None and whole.before is not None
    assert whole.after.value < whole.before.high, "the intervals overlap widely"
    d = whole.difference
    assert d is not None and (d.n, d.gained, d.lost) == (9, 0, 9)
    assert (d.value, d.low, d.high) == pytest.approx((whole.fall,) * 3), "every piece is 0.1 nats a token worse"
    assert d.p == pytest.approx(2 / 2**9)
    assert fine.difference is not None and fine.difference.value == pytest.approx(fine.fall)
    assert gap(whole) == "+10.5 % (+10.5 to +10.5)"
    (sentence,) = overspent([whole], [Budget.read("perplexity/perplexity=0.1")])
    assert "rose by 10.5 % (95 % +10.5 to +10.5, p = 0.0039: significant); its budget is 10 %." in sentence
    (headline,) = headlines([whole, fine], after)
    assert ": +10.5 % (+10.5 to +10.5), p = 0.0039, worse" in headline["text"]


def test_the_loss_of_each_source_is_paired_too() -> None:
    def losses(shift: float) -> Results:
        rows = [(source, 5.0 + at + shift, 4) for at, source in enumerate(["a", "b"] * 5)]
        verdicts = tuple(
            Verdict(str(at), source, True, "", "x", {"nats": n, "tokens": t}) for at, (source, n, t) in enumerate(rows)
        )
        per = {"loss": rows} | {f"loss/{name}": [row for row in rows if row[0] == name] for name in ("a", "b")}
        scores = {name: per_token([n for _, n, _ in those], [t for _, _, t in those]) for name, those in per.items()}
        return results_of(f"{shift}", [Scores("loss", scores, verdicts)])

    changes = compare(losses(0.0), losses(-1.0))
    assert [(c.score, c.difference and c.difference.n, c.verdict) for c in changes] == [
        ("loss", 10, "better"),
        ("loss/a", 5, "same"),  # 2 / 2 ** 5 is above 0.05
        ("loss/b", 5, "same"),
    ]


def test_a_loss_on_another_text_is_not_compared() -> None:
    old = results_of("a", [text(9.0, 8.0)])
    for other in (text(9.0, 8.0, of="other words"), text(9.0, 8.0, 7.0)):
        with pytest.raises(EvalError, match=r"same text, .*different tokenizers"):
            compare(old, results_of("b", [other]))


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (results("b", GOOD[:-1]), "a has 40, b has 39, 39 of them the same. Only one has simple_39"),
        (results("b", GOOD, asked="Snow?"), "simple_0, simple_1, simple_2 and 37 more ask other things of a than of b"),
        (results_of("b", [perplexity(3)]), "no evaluator to compare by: a has toolcall and b has perplexity"),
    ],
)
def test_other_items_are_not_compared(other: Results, message: str) -> None:
    with pytest.raises(EvalError, match=message):
        compare(results("a", GOOD), other)


def test_a_budget_is_held_against_every_score_that_it_names() -> None:
    changes = compare(results("a", GOOD, more=[perplexity(30)]), results("b", BAD, more=[perplexity(33)]))
    assert overspent(changes, [Budget.read("toolcall/overall=0.375"), Budget.read("perplexity/*=0.1")]) == []
    (sentence,) = overspent(changes, [Budget.read("*/overall=0.37")])
    assert sentence.startswith("toolcall/overall fell by 37.5 points (95 % ")
    assert "significant); its budget is 37 points." in sentence
    assert len(overspent(changes, [Budget.read("*=0.01")])) == 3
    (sentence,) = overspent(changes, [Budget.read("perplexity/general=0.05")])
    assert sentence == "perplexity/general rose by 10 % (significant); its budget is 5 %."


@pytest.mark.parametrize("text", ["toolcall/overall", "=0.1", "toolcall/overall=much", "x=-1", "x=nan", "x=inf"])
def test_what_is_no_budget(text: str) -> None:
    with pytest.raises(ConfigError, match="is no budget"):
        Budget.read(text)


def test_a_budget_of_no_score_is_a_mistake() -> None:
    changes = compare(results("a", GOOD), results("b", GOOD))
    with pytest.raises(ConfigError, match=r"no score 'toolcall/overal' to compare with\. Did you mean"):
        overspent(changes, [Budget.read("toolcall/overal=0.1")])


def test_a_budget_of_a_score_that_was_not_there_before_is_a_mistake() -> None:
    def without(name: str) -> Results:
        old = results("a", GOOD)
        return replace(old, scores={"toolcall": {k: v for k, v in old.scores["toolcall"].items() if k != name}})

    changes = compare(without("overall"), results("b", BAD))
    with pytest.raises(ConfigError, match="no score 'toolcall/overall' to compare with"):
        overspent(changes, [Budget.read("toolcall/overall=0.1")])
    assert len(overspent(changes, [Budget.read("toolcall/*=0.1")])) == 1, "what is new cannot fall"
    (gone,) = overspent(compare(results("a", GOOD), without("overall")), [Budget.read("toolcall/*=0.1")])
    assert "toolcall/overall is no longer there" in gone


@pytest.mark.parametrize(("old", "new"), [(math.nan, 30), (30, math.nan), (30, math.inf)])
def test_what_is_no_number_is_beyond_every_budget(old: float, new: float) -> None:
    changes = compare(results_of("a", [perplexity(old)]), results_of("b", [perplexity(new)]))
    assert len(overspent(changes, [Budget.read("perplexity/*=0.5")])) == 1


# ---------------------------------------------------------------- the command


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, marks in (("good", GOOD), ("bad", BAD)):
        write_results(tmp_path / f"{name}.json", scores(marks))
    return tmp_path


def test_results_are_read_as_they_were_written(files: Path) -> None:
    assert read_results(files / "good.json", "good") == results("good", GOOD)
    with pytest.raises(EvalError, match=r"none\.json cannot be read|samples-none\.jsonl cannot be read"):
        read_results(files / "none.json")
    (files / "bad.json").write_text("[]")
    with pytest.raises(EvalError, match="no results of an evaluation"):
        read_results(files / "bad.json")


def changed(path: Path, change: Callable[[Any], object], line: int | None = None) -> None:
    """What a file of JSON, or a line of it, has is changed."""
    rows = path.read_text().splitlines() if line is not None else [path.read_text()]
    row = json.loads(rows[line or 0])
    change(row)
    rows[line or 0] = json.dumps(row)
    path.write_text("\n".join(rows) + "\n")


@pytest.mark.parametrize(
    ("field", "value"),
    [("id", 7), ("id", ["x"]), ("ok", "no"), ("metrics", None), ("metrics", [1]), ("metrics", {"name": "yes"})],
)
def test_a_damaged_sample_is_one_sentence(files: Path, field: str, value: Any) -> None:
    changed(files / "samples-good.jsonl", lambda row: row.update({field: value}), line=3)
    with pytest.raises(EvalError, match=rf"good\.json, or its samples, are no results .*`{field}` is "):
        read_results(files / "good.json")


@pytest.mark.parametrize(("field", "value"), [("value", "high"), ("value", None), ("n", 1.5), ("loss", "no")])
def test_a_damaged_score_is_one_sentence(files: Path, field: str, value: Any) -> None:
    changed(files / "good.json", lambda scores: scores["toolcall"]["overall"].update({field: value}))
    with pytest.raises(EvalError, match=rf"good\.json, or its samples, are no results .*`{field}` is "):
        read_results(files / "good.json")


@pytest.mark.parametrize("value", [math.nan, 7, 0.25])
def test_a_score_that_is_not_what_its_items_give_is_refused(files: Path, value: float) -> None:
    changed(files / "good.json", lambda scores: scores["toolcall"]["overall"].update(value=value))
    with pytest.raises(EvalError, match="do not belong together: toolcall/overall is not the share"):
        read_results(files / "good.json")


def test_samples_of_another_evaluation_are_refused(files: Path) -> None:
    (files / "bad.json").write_text((files / "good.json").read_text())
    good, bad = str(files / "good.json"), str(files / "bad.json")
    refused = CliRunner().invoke(app, ["compare", good, bad, "--budget", "toolcall/overall=0.05"])
    assert "bad.json do not belong together" in str(refused.exception)


def test_the_exit_code_is_1_when_a_budget_is_exceeded(files: Path) -> None:
    good, bad, runner = str(files / "good.json"), str(files / "bad.json"), CliRunner()
    fallen = runner.invoke(app, ["compare", good, bad, "--budget", "toolcall/overall=0.05"])
    assert fallen.exit_code == 1
    assert "toolcall/overall fell by 37.5 points" in fallen.output
    assert runner.invoke(app, ["compare", bad, good, "--budget", "toolcall/*=0.05"]).exit_code == 0
    assert runner.invoke(app, ["compare", good, bad]).exit_code == 0
    refused = runner.invoke(app, ["compare", good])
    assert isinstance(refused.exception, EvalError)


def test_models_without_scores_are_not_compared(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.json" for name in ("a", "b")]
    for path in paths:
        write_results(path, [])
    refused = CliRunner().invoke(app, ["compare", *map(str, paths)]).exception
    assert isinstance(refused, EvalError)
    assert str(refused).startswith("Neither ") and "has scores" in str(refused)


def test_several_models_are_ranked(files: Path) -> None:
    printed = CliRunner().invoke(app, ["compare", *(str(files / f"{name}.json") for name in ("bad", "good", "bad"))])
    ranking = printed.output.partition("Ranking by toolcall")[2]
    assert ranking.index("good.json") < ranking.index("bad.json")
    assert "no call (25 of 25" in ranking


def test_a_budget_of_eval_needs_something_to_compare_with() -> None:
    refused = CliRunner().invoke(app, ["eval", "--budget", "toolcall/overall=0.05"])
    assert "A budget needs something to compare with" in str(refused.exception)


def test_a_budget_of_no_score_is_refused_before_anything_is_asked(files: Path) -> None:
    asked = ["eval", "no-such-model", "--against", str(files / "good.json"), "--budget", "toolcal/overall=0.05"]
    refused = CliRunner().invoke(app, asked)
    assert "There is no score 'toolcal/overall' to compare with. Did you mean" in str(refused.exception)


def test_a_budget_of_what_is_not_asked_is_refused_before_anything_is_asked(files: Path) -> None:
    write_results(files / "both.json", scores(GOOD, more=[perplexity(30)]))
    asked = ["eval", "no-such-model", "--against", str(files / "both.json"), "--evaluator", "toolcall"]
    refused = CliRunner().invoke(app, [*asked, "--budget", "perplexity/*=0.05"])
    assert "There is no score 'perplexity/*' to compare with" in str(refused.exception)
    refused = CliRunner().invoke(app, [*asked, "--budget", "toolcall/*=0.05"])
    assert "no-such-model" in str(refused.exception)


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("file/x.json", "x.json cannot be written"),
        ("folder.json", "folder.json cannot be written: is a directory"),
        ("taken.json", "samples-taken.jsonl cannot be written: is a directory"),
        ("folder", "cannot be called 'folder'. Write NAME.json."),
        ("v.1", "cannot be called 'v.1'"),
    ],
)
def test_where_results_go_is_tried_before_anything_is_asked(tmp_path: Path, output: str, told: str) -> None:
    (tmp_path / "file").touch()
    for folder in ("folder.json", "samples-taken.jsonl"):
        (tmp_path / folder).mkdir()
    refused = CliRunner().invoke(app, ["eval", "no-such-model", "-o", str(tmp_path / output)])
    assert told in str(refused.exception)
    assert not (tmp_path / output).is_file()


def test_no_number_is_cut_at_80_columns(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "own/a_category_of_a_rather_long_name"
    for file, ok in (("all", True), ("none", False)):
        verdicts = tuple(Verdict(f"i_{at}", name, ok, "" if ok else "no_call", "a", "b") for at in range(1234))
        write_results(files / f"{file}.json", [Scores("toolcall", summarise(verdicts), verdicts)])
    monkeypatch.setenv("COLUMNS", "80")
    printed = CliRunner().invoke(app, ["compare", *(str(files / f"{each}.json") for each in ("none", "all"))]).output
    assert max(map(len, printed.splitlines())) <= 80
    for text in ("difference", "1234", "0 % (0–0)", "100 % (100–100)", "+100 (+100 to +100)", "< 0.001", "…"):
        assert (text in printed) == (text != "…")
    rows = [line.split()[0] for line in printed.splitlines() if line.strip()]
    assert name in "".join(rows)


def test_names_of_categories_are_whole_at_80_columns() -> None:
    nats = [30.0 + at % 5 for at in range(128)]
    before, after = text(*nats), text(*(value + 0.3 * (at % 3) for at, value in enumerate(nats)))
    marks = {"parallel_multiple": [False] * 200, "irrelevance": [True] * 200}
    sides = []
    for flip, more in ((False, before), (True, after)):
        verdicts = tuple(
            Verdict(f"{category}_{at}", category, ok != flip, "", "a", "b")
            for category, oks in marks.items()
            for at, ok in enumerate(oks)
        )
        sides.append(results_of("x", [Scores("bfcl (free)", summarise(verdicts), verdicts), more]))
    changes = [change for change in compare(*sides) if is_headline(change.score)]
    console = Console(width=80, record=True)
    console.print(change_tables(changes, "before: x, after: x"))
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= 80
    firsts = [line.split()[0] for line in lines if line.strip()]
    for name in ("parallel_multiple", "irrelevance", "perplexity", "bfcl"):
        assert name in firsts
    assert any(line.startswith("perplexity") and line.endswith("< 0.001") for line in lines)


def test_a_long_name_is_broken_between_its_words() -> None:
    assert broken("live_parallel_multiple", 15) == "live_parallel_\nmultiple"
    assert broken("toolcall (seen tools)", 12) == "toolcall \n(seen tools)"
    assert broken("short", 2) == "short" and broken("", 5) == ""
