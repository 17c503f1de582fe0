"""A scripted judge: what it is asked, and what its verdicts come to."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from teachers import Response, completion, teaching

from sftctl.core.remote.asking import refused
from sftctl.core.remote.endpoint import EvalError
from sftctl.core.types import Answer, EvalJob, Example, Query, Scores, tool_call
from sftctl.plugins.judge import JudgeConfig
from sftctl.plugins.judge.judging import evaluate, outcome_of, read_verdict

TOOL = {"type": "function", "function": {"name": "rain", "parameters": {"type": "object"}}}


def example(expected: str) -> Example:
    return Example(({"role": "user", "content": "Say it."}, {"role": "assistant", "content": expected}))


def judged(
    url: str,
    cache: Path,
    answers: Sequence[str],
    expected: Sequence[str],
    tell: Callable[[str], None] = lambda text: None,
    **more: object,
) -> Scores:
    def generate(queries: Sequence[Query]) -> list[Answer]:
        assert all(query.messages[-1]["role"] == "user" for query in queries)
        given = [Answer({"role": "assistant", "content": text}, text, "stop", 1, 1) for text in answers]
        return [refused("too long") if answer.text == "REFUSED" else answer for answer in given]

    config = JudgeConfig.model_validate({"base_url": url, "model": "judge", **more})
    return evaluate(EvalJob(generate, [example(text) for text in expected], config, cache, seed=0, tell=tell))


def longer_wins(prompt: str, number: int) -> Response:
    """Prefers the longer answer; of equally long ones the first; says nothing sensible about `?`."""
    first = prompt.partition("[Answer A]\n")[2].partition("\n\n")[0]
    second = prompt.partition("[Answer B]\n")[2].partition("\n\n")[0]
    if "?" in (first, second):
        return Response(completion("Hard to say."))
    if {first, second} == {"yes", "yep"}:
        return Response(completion("Same. VERDICT: TIE"))
    return Response(completion(f"VERDICT: B would be rash. VERDICT: **{'A' if len(first) >= len(second) else 'B'}**"))


def test_pairs_are_judged_in_both_orders(tmp_path: Path) -> None:
    given = ["a longer one", "no", "yes", "four", "same", "?", "REFUSED"]
    expected = ["short", "longer", "yep", "five", "same", "x", "x"]
    with teaching(longer_wins) as (teacher, url):
        scores = judged(url, tmp_path, given, expected)
        asked = len(teacher.asked)
        again = judged(url, tmp_path, given, expected)
        assert len(teacher.asked) == asked, "what it said is kept"
    assert again == scores
    assert asked == 10, "two for each pair, none where answers are equal or missing"
    reasons = [verdict.reason for verdict in scores.verdicts]
    assert reasons == ["", "lost", "", "disagreed", "", "unreadable", "lost"]
    counts = {name: round(7 * scores.scores[f"overall/{name}"].value) for name in ("won", "lost", "tied", "disagreed")}
    assert counts == {"won": 1, "lost": 2, "tied": 2, "disagreed": 1}


def test_a_judge_that_always_takes_the_first_decides_nothing(tmp_path: Path) -> None:
    with teaching(lambda *_: Response(completion("VERDICT: A"))) as (_, url):
        scores = judged(url, tmp_path, ["one", "two"], ["three", "four"])
    assert scores.scores["overall/disagreed"].value == 1.0
    assert scores.scores["overall/won"].value == scores.scores["overall"].value == 0.0


def test_answers_pass_or_fail_by_the_rubric(tmp_path: Path) -> None:
    def script(prompt: str, number: int) -> Response:
        assert "What makes an answer good: It rhymes." in prompt
        good = "[The answer to judge]\ncat" in prompt
        return Response(completion(f"VERDICT: {'PASS' if good else 'FAIL'}"))

    with teaching(script) as (teacher, url):
        scores = judged(url, tmp_path, ["cat", "dog"], ["hat", "hat"], mode="rubric", rubric="It rhymes.")
    assert [verdict.ok for verdict in scores.verdicts] == [True, False]
    assert len(teacher.asked) == 2


def test_the_judge_reads_the_conversation_with_its_tools_and_calls(tmp_path: Path) -> None:
    calls = {"role": "assistant", "content": None, "tool_calls": [tool_call("rain", {"city": "Oslo"})]}
    asked = Example(({"role": "user", "content": "Rain in Oslo?"}, calls), (TOOL,))
    answer = Answer({"role": "assistant", "content": "Perhaps."}, "Perhaps.", "stop", 1, 1)
    with teaching(longer_wins) as (teacher, url):
        config = JudgeConfig(base_url=url, model="judge")
        evaluate(EvalJob(lambda queries: [answer], [asked], config, tmp_path, seed=0))
    first, second = (asked.prompt for asked in sorted(teacher.asked, key=lambda asked: asked.prompt))
    for prompt in (first, second):
        assert json.dumps(TOOL["function"]) in prompt and "[User]\nRain in Oslo?" in prompt
    assert '[Answer A]\nPerhaps.\n\n[Answer B]\nrain({"city": "Oslo"})' in first + second


def test_a_judge_that_fails_ends_it_and_the_key_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFTCTL_JUDGE_API_KEY", "sk-judge")
    with (
        teaching(lambda *_: Response("{}", 403)) as (teacher, url),
        pytest.raises(EvalError, match="Set SFTCTL_JUDGE_API_KEY"),
    ):
        judged(url, tmp_path, ["a"], ["b"])
    assert teacher.asked[0].headers["authorization"] == "Bearer sk-judge"


def test_a_judge_that_refuses_everything_gives_no_score(tmp_path: Path) -> None:
    with (
        teaching(lambda *_: Response("too long", 400)) as (_, url),
        pytest.raises(EvalError, match=r"no verdict on 4 of 4 questions, the first because: .*too long"),
    ):
        judged(url, tmp_path, ["a", "b"], ["c", "d"])


def test_what_a_judge_refuses_is_told(tmp_path: Path) -> None:
    def script(prompt: str, number: int) -> Response:
        return Response("too long", 400) if "long one" in prompt else Response(completion("VERDICT: TIE"))

    told: list[str] = []
    with teaching(script) as (_, url):
        scores = judged(url, tmp_path, ["long one", "b"], ["c", "d"], told.append)
    assert [verdict.reason for verdict in scores.verdicts] == ["unreadable", ""]
    assert "the judge gave no verdict on 2 of 4 questions, the first because: " in told[-1]


def test_reading_verdicts() -> None:
    assert read_verdict("I say verdict: b.") == "B"
    assert read_verdict("VERDICT: A\nno, VERDICT: TIE") == "TIE"
    assert read_verdict("VERDICT: Albert") == read_verdict("My verdict is a tie breaker.") == ""
    assert read_verdict("VERDICT: A tie.") == read_verdict("Verdict: a **tie**") == "TIE"
    assert read_verdict("**VERDICT:** Answer B") == read_verdict("VERDICT = B") == "B"
    assert outcome_of("A", "B") == "won" and outcome_of("B", "A") == "lost" and outcome_of("TIE", "A") == "disagreed"
