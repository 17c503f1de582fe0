"""Evaluation of whatever answers behind a URL: our own service, and endpoints that behave badly."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import ScriptedEngine
from teachers import Response, Script, Teacher, completion, teaching
from typer.testing import CliRunner

from sftctl.core.cli import app
from sftctl.core.errors import ConfigError, EvalError
from sftctl.core.manager import plugin_manager
from sftctl.core.remote import retries
from sftctl.core.remote.endpoint import GIVE_UP, Endpoint, RemoteModel
from sftctl.core.types import Answer, Query, Sampling, tool_call
from sftctl.plugins.hermes import Hermes
from sftctl.serve.app import create_app
from sftctl.serve.chat import ChatModel
from sftctl.serve.served import ServedModel
from sftctl.serve.server import running
from sftctl.serve.service import Service

KEY = "sk-secret-123"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CALL = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Rome"}}\n</tool_call>'


def asks(*texts: str, tools: tuple[Any, ...] = ()) -> list[Query]:
    return [Query(({"role": "user", "content": text},), tools) for text in texts]


@pytest.fixture(autouse=True)
def _quick_and_keyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "FIRST_PAUSE", 0.02)
    monkeypatch.setenv("SFTCTL_EVAL_API_KEY", KEY)


@pytest.fixture
def told() -> list[str]:
    return []


Remote = Callable[..., tuple[RemoteModel, Teacher]]


@pytest.fixture
def remote(tmp_path: Path, told: list[str]) -> Iterator[Remote]:
    """A model behind a scripted endpoint: `remote(script, …)`."""
    open_ones: list[Any] = []

    def make(script: Script, estimate: bool = False, **settings: Any) -> tuple[RemoteModel, Teacher]:
        context = teaching(script)
        teacher, url = context.__enter__()
        open_ones.append(context)
        endpoint = Endpoint(url, "big", tmp_path / "answers.jsonl", **{"timeout": 30.0, **settings})
        return RemoteModel(endpoint, told.append, estimate=estimate), teacher

    yield make
    for context in open_ones:
        context.__exit__(None, None, None)


def echo(prompt: str, number: int) -> Response:
    return Response(completion(f"you said {prompt}"))


def texts(answers: list[Answer]) -> list[str]:
    return [answer.text for answer in answers]


def test_answers_come_in_order_and_are_asked_for_once(remote: Remote, told: list[str], tmp_path: Path) -> None:
    model, teacher = remote(lambda prompt, number: replace(echo(prompt, number), delay=0.1), concurrency=4)
    questions = [f"q{n}" for n in range(20)]
    wanted = [f"you said q{n}" for n in range(20)]
    assert texts(model.generate(asks(*questions, "q3"))) == [*wanted, "you said q3"]
    assert sorted(teacher.prompts) == sorted(questions), "the same question once"
    assert 1 < teacher.most_under_way <= 4
    again, other = remote(echo)
    assert texts(again.generate(asks(*questions, "new"))) == [*wanted, "you said new"]
    assert other.prompts == ["new"]
    assert told[-1].startswith("1 request to big (20 more are answered in ")
    assert KEY not in (tmp_path / "answers.jsonl").read_text()
    assert teacher.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_what_is_asked(remote: Remote) -> None:
    model, teacher = remote(echo)
    query = Query(({"role": "user", "content": "Hi", "weight": 0},), (WEATHER,))
    model.generate([query], Sampling(max_tokens=7, seed=3))
    assert teacher.asked[0].body == {
        "model": "big",
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": [WEATHER],
        "max_tokens": 7,
        "temperature": 0.0,
        "seed": 3,
    }


def test_failures_that_pass_are_waited_out(remote: Remote) -> None:
    troubles = [
        Response("{}", 429, headers={"Retry-After": "0.01"}),
        Response("", hang_up=True),
        Response("<html>busy</html>", 503),
        Response("no json at all"),
        Response('{"choices": []}'),
        Response(json.dumps({"choices": [{"message": {"tool_calls": [{"function": {"name": "f"}}]}}]})),
        Response(completion("late"), delay=3),
    ]

    def script(prompt: str, number: int) -> Response:
        return troubles[number] if number < len(troubles) else echo(prompt, number)

    model, teacher = remote(script, retries=len(troubles), timeout=2)
    assert texts(model.generate(asks("q"))) == ["you said q"]
    assert len(teacher.asked) == len(troubles) + 1


@pytest.mark.parametrize("end", ["\r", "\r\n", "  "])
def test_a_key_may_have_a_line_end_behind_it(remote: Remote, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setenv("SFTCTL_EVAL_API_KEY", f" {KEY}{end}")
    model, teacher = remote(echo)
    model.generate(asks("q"))
    assert teacher.asked[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("key", [f"{KEY}\rmore", f"{KEY}é", f"{KEY}\x07"])
def test_a_key_that_cannot_be_sent_is_not_shown(remote: Remote, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("SFTCTL_EVAL_API_KEY", key)
    with pytest.raises(ConfigError, match="The key in SFTCTL_EVAL_API_KEY has characters that no key has") as error:
        remote(echo)
    assert KEY not in str(error.value)


def test_one_garbled_answer_is_no_answer_and_the_others_count(remote: Remote) -> None:
    garbled = Response('{"choices": []}')
    model, _ = remote(lambda prompt, number: garbled if prompt == "q0" else echo(prompt, number), retries=1)
    first, *others = model.generate(asks("q0", "q1", "q2"))
    assert first.refused and "`choices[0]` is null" in first.text
    assert texts(others) == ["you said q1", "you said q2"]
    again, teacher = remote(echo)
    assert texts(again.generate(asks("q0", "q1"))) == ["you said q0", "you said q1"]
    assert teacher.prompts == ["q0"], "it is asked again"


def test_an_endpoint_that_gives_nothing_else_is_given_up(remote: Remote) -> None:
    model, teacher = remote(lambda *_: Response("<html>"), retries=0, concurrency=1)
    with pytest.raises(EvalError, match=r"does not answer: .*no chat completion"):
        model.generate(asks(*map(str, range(50))))
    assert len(teacher.asked) == GIVE_UP


def test_a_failure_that_stays_ends_it_and_nothing_is_lost(remote: Remote) -> None:
    def script(prompt: str, number: int) -> Response:
        return Response("{}", 500) if prompt == "q2" else echo(prompt, number)

    model, _ = remote(script, retries=1, concurrency=1)
    with pytest.raises(EvalError, match=r"'big' at http.* does not answer: .*the same command asks only for the rest"):
        model.generate(asks("q0", "q1", "q2", "q3"))
    again, teacher = remote(echo)
    assert texts(again.generate(asks("q0", "q1", "q2", "q3")))[2] == "you said q2"
    assert sorted(teacher.prompts) == ["q2", "q3"]


def test_an_endpoint_that_lets_nobody_in_is_asked_once(remote: Remote) -> None:
    model, teacher = remote(lambda *_: Response(json.dumps({"error": {"message": f"bad key {KEY}"}}), 401))
    with pytest.raises(EvalError, match=r"bad key \*\*\*.*Set SFTCTL_EVAL_API_KEY"):
        model.generate(asks("a", "b", "c"))
    assert len(teacher.asked) == 1


def test_a_question_that_is_refused_has_the_reason_as_its_answer(remote: Remote) -> None:
    def script(prompt: str, number: int) -> Response:
        refusal = Response(json.dumps({"error": {"message": "context too long"}}), 400)
        return refusal if prompt == "long" else echo(prompt, number)

    model, teacher = remote(script)
    refused, fine = model.generate(asks("long", "short"))
    assert refused.refused and "context too long" in refused.text
    assert fine.text == "you said short"
    assert len(teacher.asked) == 2


def test_parameters_that_a_model_refuses_are_left_out(remote: Remote, told: list[str]) -> None:
    def script(prompt: str, number: int) -> Response:
        body = teacher.asked[number].body
        for name in ("max_tokens", "temperature"):
            if name in body:
                hint = "Use 'max_completion_tokens' instead." if name == "max_tokens" else "Only 1 is supported."
                return Response(json.dumps({"error": {"message": hint, "param": name}}), 400)
        return echo(prompt, number)

    model, teacher = remote(script)
    assert texts(model.generate(asks("a", "b"), Sampling(max_tokens=9))) == ["you said a", "you said b"]
    assert teacher.asked[-1].body["max_completion_tokens"] == 9
    assert "big refuses `temperature`: it is asked without" in told
    assert len(teacher.asked) == 4, "two refusals, for the first question alone"


def test_an_estimate_asks_nothing(remote: Remote, told: list[str]) -> None:
    model, teacher = remote(echo, estimate=True)
    (nothing,) = model.generate(asks("word " * 600), Sampling(max_tokens=100))
    assert nothing.refused and not teacher.asked
    assert told == ["1 request to big: at most about 1,013 tokens of prompts and 100 of answers"]


def test_an_estimate_tells_of_money_and_then_of_time(remote: Remote, told: list[str]) -> None:
    model, _ = remote(
        lambda prompt, number: replace(echo(prompt, number), delay=0.3), concurrency=2, prices=(1000, 1e4)
    )
    model.generate(asks("word " * 600), Sampling(max_tokens=100))
    model, _ = remote(echo, estimate=True, concurrency=2, prices=(1000, 1e4))
    model.generate(asks(*(f"q{n}" for n in range(1000))), Sampling(max_tokens=100))
    assert told[0].endswith("1,013 tokens of prompts and 100 of answers, which cost 2.01")
    minutes = float(told[1].partition("; about ")[2].partition(" minutes, if they take as long")[0])
    assert 2.4 <= minutes < 10, "a thousand of 0.3 seconds at least, two at a time"
    model.generate(asks("word " * 600, "one more"), Sampling(max_tokens=100))
    assert told[2].startswith("1 request to big (1 more is answered in ")
    assert told[2].endswith("; about 1 second, if they take as long as those before")
    model.generate(asks("word " * 600), Sampling(max_tokens=100))
    assert told[3].startswith("0 requests to big: the answers to 1 question are in ")
    for prices in ("cheap", "1", "-1,2", "1,nan", "inf,2"):
        refused = CliRunner().invoke(app, ["eval", "http://127.0.0.1:9/v1", "--model", "m", f"--prices={prices}"])
        assert f"'{prices}' are no prices" in str(refused.exception)


# ---------------------------------------------------------------- our own service


def speak(prompt: str) -> str:
    said = prompt.rpartition("<|im_start|>user\n")[2].partition("<|im_end|>")[0]
    return {"weather": "Let me see. " + CALL, "both": f"{CALL}\n{CALL}"}.get(said, f"You said {said}.")


@pytest.fixture
def chat(tokenizer: Any) -> ChatModel:
    return ChatModel("scripted", ScriptedEngine(tokenizer, speak), Hermes(), tokenizer)


def without_ids(message: dict[str, Any]) -> dict[str, Any]:
    calls = [call["function"] for call in message.get("tool_calls") or ()]
    return {"content": message["content"], "calls": calls}


def test_evaluators_get_what_clients_get(chat: ChatModel, tmp_path: Path) -> None:
    queries = [*asks("weather", "both", "hello", tools=(WEATHER,)), *asks("hello")]
    conversation = (
        {"role": "user", "content": "weather"},
        {"role": "assistant", "content": None, "tool_calls": [tool_call("get_weather", {"city": "Rome"}, "call_0")]},
        {"role": "tool", "tool_call_id": "call_0", "content": "21"},
    )
    unanswered = Query(conversation[:2], (WEATHER,))
    queries += [Query(conversation, (WEATHER,)), unanswered]
    served = ServedModel(chat).generate(queries)
    with running(create_app(plugin_manager(), Service([chat]))) as url:
        endpoint = Endpoint(url, "scripted", tmp_path / "answers.jsonl")
        remote = RemoteModel(endpoint, lambda text: None).generate(queries)
    for mine, theirs in zip(served[:-1], remote[:-1], strict=True):
        assert without_ids(mine.message) == without_ids(theirs.message)
        assert mine.finish_reason == theirs.finish_reason
        assert (mine.prompt_tokens, mine.completion_tokens) == (theirs.prompt_tokens, theirs.completion_tokens)
    assert [answer.finish_reason for answer in served] == ["tool_calls"] * 2 + ["stop"] * 2 + ["tool_calls", "refused"]
    assert remote[-1].refused and served[-1].text in remote[-1].text


def test_the_command(chat: ChatModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    small = ["--set", "eval_examples=10", "--set", "toolset=[weather]", "--set", "evaluators.bfcl=null"]
    with running(create_app(plugin_manager(), Service([chat]))) as url:
        told = CliRunner().invoke(app, ["eval", url, "--model", "scripted", "--estimate", *small])
        assert told.exit_code == 0 and "10 requests to scripted" in told.output
        assert "got no answer" not in told.output
        assert not list(tmp_path.iterdir())
        done = CliRunner().invoke(app, ["eval", url, "--model", "scripted", "-o", "scores.json", *small])
        assert done.exit_code == 0, done.output
    assert "Evaluate the model behind the endpoint" in done.output
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert set(scores) == {"toolcall"} and scores["toolcall"]["overall"]["n"] == 10
    assert "Not asked: perplexity, choices. A chat endpoint does not tell" in done.output
    (answers,) = tmp_path.glob("scripted-*.answers.jsonl")
    assert len(answers.read_text().splitlines()) == 10
    (nameless,) = [CliRunner().invoke(app, ["eval", url])]
    assert "does not say which model" in str(nameless.exception)
