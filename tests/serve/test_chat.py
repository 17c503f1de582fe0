"""ChatModel and Service over a scripted engine."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import ScriptedEngine

from sftctl.core.errors import EngineError, ModelError, PluginError
from sftctl.core.manager import Plugins, Provider
from sftctl.core.types import Answer, Model, Query, Sampling
from sftctl.plugins import hermes
from sftctl.plugins.hermes import Hermes
from sftctl.serve.chat import ChatModel, load_chat_model, load_tokenizer, stop_ids

CALL = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Köln"}}\n</tool_call>'
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}


def asks(text: str, *tools: dict[str, Any]) -> Query:
    return Query(({"role": "user", "content": text},), tools)


def echo(prompt: str) -> str:
    """What the user said last."""
    return prompt.rpartition("<|im_start|>user\n")[2].partition("<|im_end|>")[0]


@pytest.fixture
def chat(tokenizer: Any) -> ChatModel:
    return ChatModel("echo", ScriptedEngine(tokenizer, echo), Hermes(), tokenizer)


def test_answers_come_in_the_order_of_the_queries(chat: ChatModel) -> None:
    texts = [f"{'word ' * (7 * n % 11)}{n}" for n in range(20)]
    progress: list[tuple[int, int]] = []
    answers = chat.generate([asks(text) for text in texts], on_progress=lambda *at: progress.append(at))
    assert [answer.text for answer in answers] == texts
    assert progress == [(done, 20) for done in range(1, 21)]


def test_a_full_engine_is_waited_for(tokenizer: Any) -> None:
    engine = ScriptedEngine(tokenizer, echo, max_open=3)
    chat = ChatModel("narrow", engine, Hermes(), tokenizer)
    texts = [f"number {n}" for n in range(10)]
    assert [answer.text for answer in chat.generate([asks(text) for text in texts])] == texts


def test_an_engine_that_fails_is_heard_of(chat: ChatModel, tokenizer: Any) -> None:
    def fail(prompt: str) -> str:
        raise EngineError("It broke.")

    engine = ScriptedEngine(tokenizer, fail)
    with pytest.raises(EngineError, match="It broke"):
        ChatModel("broken", engine, Hermes(), tokenizer).generate([asks("a"), asks("b")])


def test_no_queries_no_answers(chat: ChatModel) -> None:
    assert chat.generate([]) == []


def test_calls_are_parsed_where_tools_are_offered(chat: ChatModel) -> None:
    with_tools, without = chat.generate([asks(CALL, TOOL), asks(CALL)])
    assert with_tools.finish_reason == "tool_calls"
    assert with_tools.message["tool_calls"][0]["function"]["arguments"] == '{"city": "Köln"}'
    assert without.finish_reason == "stop"
    assert without.message == {"role": "assistant", "content": CALL}


def test_why_an_answer_ended(chat: ChatModel) -> None:
    whole, cut, stopped = (
        chat.generate([asks("one two three")], sampling)[0]
        for sampling in (Sampling(), Sampling(max_tokens=3), Sampling(stop=("two",)))
    )
    assert (whole.text, whole.finish_reason) == ("one two three", "stop")
    assert cut.finish_reason == "length"
    assert (cut.completion_tokens, "one two three".startswith(cut.text)) == (3, True)
    assert (stopped.text, stopped.finish_reason) == ("one ", "stop")
    assert whole.prompt_tokens == len(chat.prompt(asks("one two three")))


def test_a_stop_string_in_one_row_leaves_the_others(chat: ChatModel) -> None:
    answers = chat.generate([asks("a X b"), asks("a b c d e f X"), asks("none at all")], Sampling(stop=("X",)))
    assert [answer.text for answer in answers] == ["a ", "a b c d e f ", "none at all"]


@pytest.mark.parametrize("text", ["plain", "日本 👍", f"Let me see.\n{CALL}"])
@pytest.mark.parametrize("sampling", [Sampling(), Sampling(max_tokens=5), Sampling(stop=("me",))])
def test_streamed_is_generated(chat: ChatModel, text: str, sampling: Sampling) -> None:
    *increments, answer = chat.stream(asks(text, TOOL), sampling)
    assert chat.generate([asks(text, TOOL)], sampling) == [answer]
    assert isinstance(answer, Answer)
    assert "".join(map(str, increments)) == answer.text


def test_a_tokenizer_without_the_stop_token_is_refused(tokenizer: Any) -> None:
    with pytest.raises(ModelError, match="ends turns with <nope>, which the tokenizer lacks"):
        stop_ids(Hermes(stop=("<nope>",)), tokenizer)


# ---------------------------------------------------------------- loading


@pytest.fixture
def plugins() -> Plugins:
    import sftctl.serve

    found = Plugins()
    for module in (hermes, sftctl.serve):
        found.register(module, Provider(module.__name__))
    return found


def test_a_model_is_loaded_by_names(plugins: Plugins, tiny_model_dir: Path) -> None:
    model = Model("tiny", tiny_model_dir)
    chat = load_chat_model(plugins, model, None, "hermes", "torch-fp32")
    queries = [asks("hello"), asks("a much longer question than that", TOOL)]
    together = chat.generate(queries, Sampling(max_tokens=12))
    assert together == [chat.generate([query], Sampling(max_tokens=12))[0] for query in queries]
    assert chat.name == "tiny"
    named = load_chat_model(plugins, model, None, "hermes", "torch-fp32", name="tuned")
    assert (named.name, named.fingerprint) == ("tuned", chat.fingerprint)
    pinned = load_chat_model(plugins, Model("tiny", tiny_model_dir, "abc"), None, "hermes", "torch-fp32")
    assert pinned.fingerprint != chat.fingerprint
    assert load_chat_model(plugins, model, None, "hermes", "torch").fingerprint != chat.fingerprint
    with pytest.raises(PluginError, match=r"no engine named 'torhc'. Did you mean 'torch'"):
        load_chat_model(plugins, model, None, "hermes", "torhc")


@pytest.mark.real
def test_the_default_model_answers(plugins: Plugins, real_model: Model) -> None:
    chat = load_chat_model(plugins, real_model, None, "hermes")
    answers = chat.generate([asks("What is the capital of France?"), asks("Say hello.")], Sampling(max_tokens=20))
    assert "Paris" in answers[0].text
    assert answers[0].finish_reason == "stop"


def test_texts_are_scored_in_their_order_however_few_fit(tokenizer: Any) -> None:
    engine = ScriptedEngine(tokenizer, echo, max_open=2)
    chat = ChatModel("narrow", engine, Hermes(), tokenizer, adapter="mine")
    progress: list[tuple[int, int]] = []
    found = chat.logprobs([[1] * length for length in range(2, 9)], on_progress=lambda *at: progress.append(at))
    assert found == [(-0.5,) * (length - 1) for length in range(2, 9)]
    assert progress[-1] == (7, 7)
    assert {request.adapter for request in engine.requests} == {"mine"}


def test_an_engine_that_scores_nothing_is_heard_of(tokenizer: Any) -> None:
    class Silent(ScriptedEngine):
        def submit(self, request: Any) -> Any:
            return super().submit(replace(request, echo=False))

    chat = ChatModel("silent", Silent(tokenizer, echo), Hermes(), tokenizer)
    with pytest.raises(EngineError, match="scored nothing"):
        chat.logprobs([[1, 2]])


def test_threads_do_not_cut_each_others_texts(tiny_model_dir: Path) -> None:
    """One thread reads control tokens, the other reads the same words as text: each always as it asked."""
    tokenizer = load_tokenizer(tiny_model_dir)
    ChatModel("echo", ScriptedEngine(tokenizer, echo), Hermes(), tokenizer)
    text = "<|im_start|>user hello<|im_end|>" * 8

    def encode(split: bool) -> list[int]:
        ids: list[int] = tokenizer.encode(text, add_special_tokens=False, split_special_tokens=split)
        return ids

    expected = {split: encode(split) for split in (True, False)}
    assert len(expected[True]) > len(expected[False])
    with ThreadPoolExecutor(4) as pool:
        asked = [bool(number % 2) for number in range(400)]
        assert all(ids == expected[split] for split, ids in zip(asked, pool.map(encode, asked), strict=True))


def test_a_tokenizer_that_serves_can_be_copied(tokenizer: Any) -> None:
    ChatModel("echo", ScriptedEngine(tokenizer, echo), Hermes(), tokenizer)
    other = deepcopy(tokenizer)
    other.add_tokens(["<|other|>"])
    assert len(other.encode("<|other|>", add_special_tokens=False)) == 1
    assert len(tokenizer.encode("<|other|>", add_special_tokens=False)) > 1
