"""The client of a teacher against a real server that misbehaves as endpoints do."""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from teachers import Response, Teacher, completion, teaching

from sftctl.core.errors import TeacherError
from sftctl.core.remote import retries
from sftctl.core.teacher import TeacherConfig
from sftctl.core.types import Event
from sftctl.plugins.toolcall import endpoint
from sftctl.plugins.toolcall.endpoint import OVER_BUDGET, UNANSWERED, Question, Reply, opened

GOOD = Response(completion("Hello."))


@pytest.fixture
def server() -> Iterator[tuple[Teacher, str]]:
    with teaching(lambda prompt, number: GOOD) as running:
        yield running


class Asking:
    """Questions to one server, with one file of answers."""

    def __init__(self, server: tuple[Teacher, str], folder: Path) -> None:
        self.teacher, self.url = server
        self.answers = folder / "data" / "teacher.jsonl"
        self.notes: list[str] = []
        self.spent = 0

    def __call__(self, questions: int | Sequence[Question], **settings: Any) -> list[Reply]:
        defaults = {"base_url": self.url, "model": "fake", "timeout": 30, "retries": 1, "max_tokens": 50}
        config = TeacherConfig.model_validate(defaults | settings)
        if isinstance(questions, int):
            questions = [question(str(number)) for number in range(questions)]
        asked = questions

        async def ask() -> list[Reply]:
            async with opened(config, self.answers, self.note) as at:
                replies = await at.ask_all(asked)
                self.spent = at.spent
                return replies

        return asyncio.run(ask())

    def note(self, event: Event) -> None:
        self.notes.append(event.data["text"])


@pytest.fixture
def ask(server: tuple[Teacher, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asking:
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.02)
    return Asking(server, tmp_path)


def question(text: str, **more: Any) -> Question:
    return Question("fake", "", text, 0.5, 50, **more)


# ---------------------------------------------------------------- answers


def test_replies_are_in_the_order_of_the_questions_whichever_comes_first(ask: Asking) -> None:
    ask.teacher.script = lambda prompt, number: Response(completion(prompt), delay=0.05 if int(prompt) % 3 else 0)
    assert [reply.text for reply in ask(12, concurrency=5)] == [str(number) for number in range(12)]
    assert 1 < ask.teacher.most_under_way <= 5


def test_what_is_sent(ask: Asking) -> None:
    ask([Question("fake", "Be brief.", "Hi", 0.5, 50, seed=7, draw=2)])
    assert ask.teacher.asked[0].body == {
        "model": "fake",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
        "temperature": 0.5,
        "max_tokens": 50,
        "seed": 9,
    }


def test_what_is_null_is_not_sent(ask: Asking) -> None:
    ask([Question("fake", "", "Hi", None, 50)])
    assert set(ask.teacher.asked[0].body) == {"model", "messages", "max_tokens"}


def test_a_model_that_wants_the_limit_by_its_newer_name_gets_it(ask: Asking) -> None:
    def script(prompt: str, number: int) -> Response:
        if "max_tokens" in ask.teacher.asked[-1].body:
            refusal = {"error": {"message": "Unsupported parameter: use 'max_completion_tokens' instead."}}
            return Response(json.dumps(refusal), status=400)
        return GOOD

    ask.teacher.script = script
    assert [reply.text for reply in ask(3, concurrency=1)] == ["Hello."] * 3
    assert len(ask.teacher.asked) == 4, "it is told once"


@pytest.mark.parametrize("content", [None, ""])
def test_an_empty_answer_is_an_answer(ask: Asking, content: str | None) -> None:
    ask.teacher.script = lambda prompt, number: Response(completion(content))
    assert ask(1) == [Reply("")]
    assert len(ask.teacher.asked) == 1


def test_an_answer_that_cannot_be_written_down_is_mended(ask: Asking) -> None:
    ask.teacher.script = lambda prompt, number: Response(completion("half \ud83d" + "x" * 200_000))
    assert ask(1)[0].text == "half ?" + "x" * (endpoint.LONGEST_ANSWER - 6)


# ---------------------------------------------------------------- bad endpoints

ONCE_BAD = {
    "silence": Response("", delay=4),
    "one byte at a time": Response(completion("Hello."), dribble=0.05),
    "half a JSON": Response(completion("Hello.")[:60]),
    "no JSON": Response("<html>Welcome</html>", kind="text/html"),
    "JSON of another kind": Response('{"choices": []}'),
    "a list": Response("[1, 2]"),
    "content that is no text": Response(json.dumps({"choices": [{"message": {"content": {"a": 1}}}]})),
    "500": Response("oops", status=500, kind="text/plain"),
    "503": Response('{"error": "overloaded"}', status=503),
    "429": Response('{"error": {"message": "slow down"}}', status=429),
    "a closed connection": Response("", hang_up=True),
}


def patience(bad: Response) -> float:
    """Seconds: few only where a slow answer is what is tried, so that a busy machine is not taken for one."""
    return 2 if bad.delay or bad.dribble else 30


@pytest.mark.parametrize("bad", ONCE_BAD.values(), ids=ONCE_BAD.keys())
def test_what_may_be_gone_at_the_next_try_is_tried_again(ask: Asking, bad: Response) -> None:
    ask.teacher.script = lambda prompt, number: bad if number == 0 else GOOD
    assert ask(1, timeout=patience(bad)) == [Reply("Hello.")]
    assert len(ask.teacher.asked) == 2


@pytest.mark.parametrize("bad", ONCE_BAD.values(), ids=ONCE_BAD.keys())
def test_what_stays_bad_is_one_missing_answer(ask: Asking, bad: Response) -> None:
    ask.teacher.script = lambda prompt, number: bad if prompt == "1" else GOOD
    assert [reply.reason for reply in ask(3, retries=0, timeout=patience(bad))] == ["", UNANSWERED, ""]
    assert len(ask.answers.read_text().splitlines()) == 3, "the probe and two answers"


def test_a_refusal_is_not_tried_again(ask: Asking) -> None:
    ask.teacher.script = lambda prompt, number: Response('{"error": "no"}', status=422)
    assert ask(1, retries=4) == [Reply("", UNANSWERED)]
    assert len(ask.teacher.asked) == 1


@pytest.mark.parametrize("as_date", [False, True])
def test_the_endpoint_says_how_long_to_wait(ask: Asking, as_date: bool) -> None:
    def script(prompt: str, number: int) -> Response:
        later = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
        return Response("{}", status=429, headers={"Retry-After": later if as_date else "0.6"}) if not number else GOOD

    ask.teacher.script = script
    assert ask(1) == [Reply("Hello.")]
    first, second = ask.teacher.asked
    assert second.at - first.at > (0.9 if as_date else 0.6), "without the header it would be much sooner"


def test_an_endpoint_that_asks_for_an_hour_is_not_waited_for(ask: Asking) -> None:
    ask.teacher.script = lambda prompt, number: Response("{}", status=429, headers={"Retry-After": "3600"})
    started = time.monotonic()
    assert ask(1, retries=4) == [Reply("", UNANSWERED)]
    assert time.monotonic() - started < 5


def test_an_endpoint_that_dies_is_given_up(ask: Asking) -> None:
    ask.teacher.script = lambda prompt, number: GOOD if number < 5 else Response("gone", status=500)
    replies = ask(60, retries=0, concurrency=2)
    assert [reply.reason for reply in replies] == [""] * 5 + [UNANSWERED] * 55
    assert len(ask.teacher.asked) < 5 + endpoint.GIVE_UP + 2
    (note,) = ask.notes
    assert "failed 10 times in a row" in note
    assert "stays as it is without a teacher" in note


def test_a_required_teacher_that_fails_ends_it(ask: Asking) -> None:
    ask.teacher.script = lambda prompt, number: GOOD if number < 3 else Response("gone", status=500)
    with pytest.raises(TeacherError, match=r"'fake' at http://127\.0\.0\.1:.* cannot be used: .*gone"):
        ask(60, retries=0, concurrency=2, required=True)
    assert len(ask.teacher.asked) < 8


# ---------------------------------------------------------------- before anything is spent


def test_a_dead_endpoint_is_one_clear_error_at_once(ask: Asking) -> None:
    started = time.monotonic()
    with pytest.raises(TeacherError, match=r"'fake' at http://127\.0\.0\.1:9/v1 cannot be used: Connection error"):
        ask(50, base_url="http://127.0.0.1:9/v1", retries=6)
    assert time.monotonic() - started < 5
    assert not ask.answers.exists()


@pytest.mark.parametrize(
    ("status", "hint"),
    [(401, "Set SFTCTL_TEACHER_API_KEY"), (404, "Check teacher.model"), (400, "try teacher.temperature=null")],
)
def test_a_refused_probe_says_what_to_do(ask: Asking, status: int, hint: str) -> None:
    ask.teacher.respond = lambda asked: Response('{"error": {"message": "no way"}}', status=status)  # type: ignore[method-assign]
    with pytest.raises(TeacherError, match=rf"no way.*{hint}"):
        ask(50)


def test_the_judge_is_probed_too(ask: Asking) -> None:
    ask(1, judge_model="judge")
    assert [probe.body["model"] for probe in ask.teacher.probes] == ["fake", "judge"]


# ---------------------------------------------------------------- the budget


def test_the_budget_is_never_exceeded_and_goes_to_the_first_questions(ask: Asking) -> None:
    ask.teacher.script = lambda prompt, number: Response(completion("Hello.", tokens=40), delay=0.01)
    replies = ask(60, token_budget=500, concurrency=7)
    reasons = [reply.reason for reply in replies]
    answered = reasons.count("")
    assert reasons == [""] * answered + [OVER_BUDGET] * (60 - answered)
    assert 9 < answered < 13, "what was set aside and not spent is used"
    assert ask.spent == 10 + 40 * answered <= 500
    assert len(ask.notes) == 1


def test_the_budget_is_the_folders_not_each_trys(ask: Asking) -> None:
    first = ask(60, token_budget=1000)
    asked = len(ask.teacher.asked)
    assert ask(60, token_budget=1000) == first
    assert len(ask.teacher.asked) == asked
    assert ask(60, token_budget=None) == [Reply("Hello.")] * 60


def test_no_budget_asks_nothing(ask: Asking) -> None:
    assert ask(3, token_budget=0) == [Reply("", OVER_BUDGET)] * 3
    assert not ask.teacher.asked
    assert not ask.teacher.probes


def test_what_an_endpoint_does_not_count_is_estimated(ask: Asking) -> None:
    ask.teacher.script = lambda prompt, number: Response(completion("x" * 300, tokens=None))
    ask(1)
    assert ask.spent == pytest.approx(110, abs=5)


# ---------------------------------------------------------------- paid for once


def test_an_answer_is_asked_for_once(ask: Asking) -> None:
    ask.teacher.script = lambda prompt, number: Response(completion("one\u2028two\x85three\r\nfour"))
    first = ask(10)
    assert ask(12)[:10] == first
    assert sorted(ask.teacher.prompts, key=int) == [str(number) for number in range(12)]


def test_nothing_is_asked_where_all_is_known(ask: Asking) -> None:
    first = ask(3)
    assert ask(3, base_url="http://127.0.0.1:9/v1") == first


def test_another_model_setting_or_draw_is_another_question(ask: Asking) -> None:
    same = question("Hi")
    others = [question("Hi", draw=1), question("Hi", seed=1), Question("fake", "", "Hi", 0.6, 50)]
    ask([same])
    ask([same, *others, Question("other", "", "Hi", 0.5, 50), Question("fake", "Hm", "Hi", 0.5, 50)])
    assert len(ask.teacher.asked) == 6


def test_a_damaged_line_is_asked_for_again(ask: Asking) -> None:
    ask(3)
    lines = ask.answers.read_text().splitlines(keepends=True)
    ask.answers.write_text("".join([lines[0], lines[1], "{]\n", lines[3][:20]]))
    assert ask(3) == [Reply("Hello.")] * 3
    assert len(ask.teacher.asked) == 5


def test_the_key_is_sent_and_told_to_nobody(ask: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    monkeypatch.setenv("SFTCTL_TEACHER_API_KEY", "sk-secret-123")
    ask.teacher.script = lambda prompt, number: Response(completion("Your key is sk-secret-123."))
    assert ask(1) == [Reply("Your key is ***.")]
    assert ask.teacher.asked[0].headers["authorization"] == "Bearer sk-secret-123"
    assert "sk-" not in ask.answers.read_text()
    ask.teacher.script = lambda prompt, number: Response('{"error": "bad key sk-secret-123"}', status=401)
    with pytest.raises(TeacherError, match=r"bad key \*\*\*"):
        ask(2, required=True)


def test_without_the_key_of_its_own_openais_is_used(ask: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SFTCTL_TEACHER_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    ask(1)
    assert ask.teacher.asked[0].headers["authorization"] == "Bearer sk-other"
