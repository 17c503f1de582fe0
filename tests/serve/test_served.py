"""A model that answers evaluators: its endpoint comes and goes, and the model stays."""

from pathlib import Path

import pytest
from openai import OpenAI

from sftctl.core.errors import PromptTooLongError
from sftctl.core.manager import Plugins, plugin_manager
from sftctl.core.stages.evaluation import Asking, write_results
from sftctl.core.types import Example, Model, Query, Sampling
from sftctl.plugins.toolcall.judge import ToolcallEvalConfig
from sftctl.plugins.toolcall.synthesis import synthesize
from sftctl.serve.chat import ChatModel, load_chat_model
from sftctl.serve.served import ServedModel
from sftctl.toolsets import sftctl_toolsets

QUERY = Query(({"role": "user", "content": "Hello?"},))


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    return plugin_manager()


@pytest.fixture
def chat(plugins: Plugins, tiny_model_dir: Path) -> ChatModel:
    return load_chat_model(plugins, Model("tiny", tiny_model_dir), None, "hermes")


def test_the_engine_outlives_each_of_its_endpoints(plugins: Plugins, chat: ChatModel) -> None:
    served, sampling = ServedModel(chat), Sampling(max_tokens=8)
    (before,) = served.generate([QUERY], sampling)
    for _ in range(2):
        with served.serve(plugins) as place, OpenAI(base_url=place.base_url, api_key="none") as client:
            asked = {"model": place.model, "messages": [*QUERY.messages], "max_tokens": 8, "temperature": 0}
            completion = client.chat.completions.create(**asked)  # type: ignore[call-overload]
        assert completion.choices[0].message.content == before.text
    assert served.generate([QUERY], sampling) == [before]


def test_a_question_that_is_too_long_is_refused_and_the_others_are_answered(chat: ChatModel) -> None:
    long = Query(({"role": "user", "content": "Hello? " * 5000},))
    first, refused, last = ServedModel(chat).generate([QUERY, long, QUERY], Sampling(max_tokens=4))
    assert refused.refused and first == last
    assert "model's context is 2048" in refused.text
    with pytest.raises(PromptTooLongError):
        chat.generate([long])


def examples() -> list[Example]:
    return list(synthesize(next(iter(sftctl_toolsets())), 24, seed=5))


def test_two_evaluations_of_a_model_give_the_same_bytes(plugins: Plugins, tiny_model_dir: Path, tmp_path: Path) -> None:
    """Each opens the model anew, and asks many questions side by side, which arrive as they please."""
    written = []
    for name in ("one", "two"):
        chat = load_chat_model(plugins, Model("tiny", tiny_model_dir), None, "hermes")
        asking = Asking(plugins, {"toolcall": ToolcallEvalConfig(max_tokens=24)}, 0, "after", lambda event: None)
        write_results(tmp_path / name / "scores.json", asking.score(ServedModel(chat), examples()))
        written.append([(tmp_path / name / file).read_bytes() for file in ("scores.json", "samples-scores.jsonl")])
        assert chat.engine.stats().generated_tokens > 24
    assert written[0] == written[1]
    assert len(set(written[0][1].splitlines())) == 24
