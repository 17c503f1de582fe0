"""Answers that are kept: nothing is asked twice of the same model, and nothing is believed of another one."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import ScriptedEngine

from sftctl.core.answers import AnswerFile
from sftctl.core.errors import StoreError
from sftctl.core.manager import plugin_manager
from sftctl.core.types import Answer, Generation, Model, Query, Sampling
from sftctl.plugins.hermes import Hermes
from sftctl.serve.chat import ChatModel, load_chat_model
from sftctl.serve.served import ServedModel

SAMPLING = Sampling(max_tokens=64)
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "light", "parameters": {"type": "object", "properties": {"room": {"type": "string"}}}},
}
QUERIES = [Query(({"role": "user", "content": f"question {number}"},), (TOOL,)) for number in range(6)]
TEXTS = [[1] * length for length in range(2, 8)]


def echo(prompt: str) -> str:
    return prompt.rpartition("question ")[2][0] + " is the number."


class Killed(Exception):
    """What ends a process where nobody catches it."""


def killed_after(count: int) -> Callable[[int, int], None]:
    """As soon as so many answers are there."""

    def tell(done: int, total: int) -> None:
        if done == count:
            raise Killed

    return tell


@pytest.fixture
def opened(tokenizer: Any, tmp_path: Path) -> Callable[..., tuple[ChatModel, ScriptedEngine]]:
    """The model anew, as a new process would open it, with the answers of the ones before."""

    def make(**changed: Any) -> tuple[ChatModel, ScriptedEngine]:
        engine = ScriptedEngine(tokenizer, echo)
        chat = ChatModel("m", engine, Hermes(), tokenizer, weights="w", kept=AnswerFile(tmp_path / "a.jsonl"))
        return replace(chat, **changed), engine

    return make


@pytest.mark.parametrize("held", [True, False], ids=["served", "free"])
def test_answers_are_kept_as_they_come_and_only_the_rest_is_asked(opened: Any, held: bool) -> None:
    def generate(chat: ChatModel, tell: Any = None) -> list[Answer]:
        return (ServedModel(chat) if held else chat).generate(QUERIES, SAMPLING, tell)

    expected = generate(opened(kept=None)[0])
    assert [answer.message["content"] for answer in expected] == [f"{number} is the number." for number in range(6)]
    with pytest.raises(Killed):
        generate(opened()[0], killed_after(4))
    told: list[tuple[int, int]] = []
    again, engine = opened()
    assert generate(again, lambda *at: told.append(at)) == expected
    assert len(engine.requests) == 2 and told == [(5, 6), (6, 6)]
    last, silent = opened()
    assert generate(last) == expected
    assert not silent.requests


def test_likelihoods_are_kept_to_the_last_bit(opened: Any, tokenizer: Any) -> None:
    class Odd(ScriptedEngine):
        def _step(self, token: int, request: Generation) -> Any:
            return replace(super()._step(token, request), logprob=-1 / 3 - token / 7)

    engine = Odd(tokenizer, echo)
    expected = opened(engine=engine, kept=None)[0].logprobs(TEXTS)
    with pytest.raises(Killed):
        opened(engine=engine)[0].logprobs(TEXTS, killed_after(4))
    engine.requests.clear()
    assert opened(engine=engine)[0].logprobs(TEXTS) == expected
    assert len(engine.requests) == 2


@pytest.mark.parametrize(
    ("changed", "sampling"),
    [
        ({"weights": "others"}, SAMPLING),
        ({"chat_format": Hermes(template="{{ messages[-1].content }}")}, SAMPLING),
        ({}, replace(SAMPLING, max_tokens=65)),
        ({}, replace(SAMPLING, seed=1)),
    ],
    ids=["weights", "template", "length", "seed"],
)
def test_an_answer_to_anything_else_is_not_believed(opened: Any, changed: dict[str, Any], sampling: Sampling) -> None:
    opened()[0].generate(QUERIES, SAMPLING)
    other, engine = opened(**changed)
    other.generate(QUERIES, sampling)
    assert len(engine.requests) == 6


def test_free_and_served_answers_are_not_taken_for_each_other(opened: Any) -> None:
    chat, engine = opened()
    chat.generate(QUERIES, SAMPLING)
    ServedModel(chat).generate(QUERIES, SAMPLING)
    assert len(engine.requests) == 12


def test_damaged_lines_are_asked_again(opened: Any, tmp_path: Path) -> None:
    chat, _ = opened()
    expected = chat.generate(QUERIES, SAMPLING)
    path = tmp_path / "a.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(["{}\n", "[1]\n", "nothing\n", '{"key": "k", "logprobs": [null]}\n', *lines])[:-20])
    again, engine = opened()
    assert again.generate(QUERIES, SAMPLING) == expected
    assert len(engine.requests) == 1
    assert len(opened()[0].kept.answers) == 6, "the torn line is gone, and no other was written onto it"


@pytest.mark.parametrize(
    "damage",
    [
        {"message": None},
        {"message": {"tool_calls": [{}]}},
        {"message": {"tool_calls": [{"function": {"name": "f", "arguments": None}}]}},
        {"message": {"content": ["a"]}},
        {"seconds": "x"},
        {"prompt_tokens": None},
        {"text": 5},
        {"more": 1},
    ],
    ids=str,
)
def test_a_line_of_another_shape_is_asked_again(opened: Any, tmp_path: Path, damage: dict[str, Any]) -> None:
    expected = opened()[0].generate(QUERIES, SAMPLING)
    path = tmp_path / "a.jsonl"
    first, *others = path.read_text().splitlines()
    path.write_text("\n".join([json.dumps(json.loads(first) | damage), *others, ""]))
    again, engine = opened()
    assert again.generate(QUERIES, SAMPLING) == expected
    assert len(engine.requests) == 1


def test_refusals_are_not_kept_and_a_file_that_cannot_be_written_is_one_sentence(opened: Any, tmp_path: Path) -> None:
    chat, engine = opened()
    engine.context = 10
    ServedModel(chat).generate(QUERIES, SAMPLING)
    assert not (tmp_path / "a.jsonl").exists()
    (tmp_path / "file").write_text("")
    chat, _ = opened(kept=AnswerFile(tmp_path / "file/a.jsonl"))
    with pytest.raises(StoreError, match=r"a\.jsonl cannot be written: "):
        chat.generate(QUERIES, SAMPLING)


@pytest.fixture
def copy(tiny_model_dir: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    for file in tiny_model_dir.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def test_weights_are_told_apart_by_whatever_changes_them(copy: Path, tmp_path: Path) -> None:
    plugins = plugin_manager()

    def fingerprint(engine: str = "torch-fp32") -> str:
        return load_chat_model(plugins, Model("tiny", copy), None, "hermes", engine).fingerprint

    before = fingerprint()
    assert fingerprint() == before != fingerprint("torch")
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"rms_norm_eps": 0.5}))
    assert fingerprint() != before
