"""The probes: exact log-likelihoods of a tiny model, and the metrics that are made of them."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from sftctl.core.errors import DataError, EvalError
from sftctl.core.manager import plugin_manager
from sftctl.core.types import EvalJob, Example, Model, Query
from sftctl.plugins.hermes import Hermes
from sftctl.plugins.probes import HERE, ChoicesConfig, LossConfig, PerplexityConfig, choices, perplexity
from sftctl.serve.chat import ChatModel, load_chat_model

TEXT = "The weather in Paris is sunny and warm. How can I help you? " * 12


@pytest.fixture(scope="module")
def chat(tiny_model_dir: Path) -> ChatModel:
    return load_chat_model(plugin_manager(), Model("tiny", tiny_model_dir), None, "hermes")


@pytest.fixture(scope="module")
def exact(tiny_model_dir: Path) -> Any:
    """The log-probability of every token but the first, by transformers alone."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny_model_dir, dtype=torch.float32).eval()

    def logprobs(ids: Sequence[int]) -> list[float]:
        with torch.no_grad():
            shares = model(torch.tensor([list(ids)])).logits[0].log_softmax(-1)
        return [float(shares[at, token]) for at, token in enumerate(ids[1:])]

    return logprobs


def job(chat: ChatModel, config: Any, examples: Sequence[Example] = ()) -> EvalJob:
    def generate(queries: Sequence[Query]) -> list[Any]:
        raise AssertionError("a probe writes nothing")

    return EvalJob(generate, examples, config, Path(), 0, chat.logprobs, chat.tokenizer, chat.chat_format)


# ---------------------------------------------------------------- perplexity


def test_every_token_but_the_first_is_predicted_once() -> None:
    for length in range(2, 60):
        for window, stride in ((8, 4), (8, 8), (8, 3), (5, 20), (100, 50)):
            windows = list(perplexity.windows_of(range(length), window, stride))
            predicted = [token for each in windows for token in each.ids[-each.predicted :]]
            assert predicted == list(range(1, length))
            assert all(len(each.ids) <= window and each.predicted < len(each.ids) + 1 for each in windows)
            if stride < window:
                assert all(len(each.ids) - each.predicted >= min(window - stride, 1) for each in windows)


def test_the_perplexity_is_that_of_transformers(chat: ChatModel, exact: Any) -> None:
    ids = chat.tokenizer.encode(TEXT, add_special_tokens=False)
    whole = PerplexityConfig.model_validate({"window": len(ids), "stride": len(ids), "tokens": 10_000})
    scores = perplexity.evaluate(job(chat, whole, [Example((), text=TEXT)])).scores
    nats = -sum(exact(ids)) / (len(ids) - 1)
    assert scores["perplexity/nats_per_token"].value == pytest.approx(nats, rel=2e-3)
    assert scores["perplexity"].value == pytest.approx(math.exp(nats), rel=2e-3)
    assert scores["perplexity"].loss


def test_windows_see_what_is_before_them_and_the_interval_is_over_pieces(chat: ChatModel, exact: Any) -> None:
    ids = chat.tokenizer.encode(TEXT, add_special_tokens=False)[:70]
    config = PerplexityConfig(window=32, stride=16, tokens=70)
    result = perplexity.evaluate(job(chat, config, [Example((), text=TEXT)]))
    expected = sum(-sum(exact(ids[at : at + 32])[-predicted:]) for at, predicted in ((0, 31), (16, 16), (32, 16)))
    expected += -sum(exact(ids[48:70])[-6:])
    loss = result.scores["perplexity/nats_per_token"]
    assert loss.value == pytest.approx(expected / 69, rel=2e-3)
    assert loss.n == len(result.verdicts) == 2, "pieces of 64 tokens"
    assert loss.low <= loss.value <= loss.high


def test_every_piece_keeps_its_text_and_its_loss(chat: ChatModel) -> None:
    ids = chat.tokenizer.encode(TEXT, add_special_tokens=False)
    result = perplexity.evaluate(job(chat, PerplexityConfig(window=64, stride=40), [Example((), text=TEXT)]))
    assert "".join(str(each.expected) for each in result.verdicts) == chat.tokenizer.decode(ids[1:])
    tokens = [each.answered["tokens"] for each in result.verdicts]
    assert set(tokens[:-1]) == {perplexity.PIECE} and sum(tokens) == len(ids) - 1
    nats = sum(each.answered["nats"] for each in result.verdicts)
    assert result.scores["perplexity/nats_per_token"].value == pytest.approx(nats / sum(tokens))


def test_conversations_are_no_text(chat: ChatModel) -> None:
    talk = Example(({"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}))
    with pytest.raises(EvalError, match="conversations"):
        perplexity.evaluate(job(chat, PerplexityConfig(), [talk]))


def test_the_held_out_loss_is_on_what_the_assistant_says(chat: ChatModel, exact: Any) -> None:
    talks = [
        Example(({"role": "user", "content": f"What is {n}?"}, {"role": "assistant", "content": f"It is {n}."}))
        for n in range(5)
    ]
    nats, tokens = 0.0, 0
    for talk in talks:
        row = Hermes().render(talk, chat.tokenizer)
        learned = [p for p, label in zip(exact(row.input_ids), row.labels[1:], strict=True) if label != -100]
        nats, tokens = nats - sum(learned), tokens + len(learned)
    scores = perplexity.held_out_loss(job(chat, LossConfig(), talks)).scores
    assert scores["loss"].value == pytest.approx(nats / tokens, rel=2e-3)
    with pytest.raises(EvalError, match="held_out_rows"):
        perplexity.held_out_loss(job(chat, LossConfig(), []))


def test_the_loss_can_be_on_the_last_turn_alone(chat: ChatModel) -> None:
    hi, hello, bye = (
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello."},
        {"role": "assistant", "content": "Bye."},
    )
    talk, read = Example((hi, hello, hi, bye)), Example((hi, hello | {"weight": 0}, hi, bye))
    last = perplexity.held_out_loss(job(chat, LossConfig(last_turn=True), [talk])).verdicts
    assert last == perplexity.held_out_loss(job(chat, LossConfig(), [read])).verdicts
    assert last != perplexity.held_out_loss(job(chat, LossConfig(), [talk])).verdicts
    text = Example((), text="Some words.")
    on_text = [perplexity.held_out_loss(job(chat, LossConfig(last_turn=each), [text])).scores for each in (True, False)]
    assert on_text[0] == on_text[1]


def test_each_source_has_a_loss_of_its_own(chat: ChatModel) -> None:
    def talk(source: str, answer: str) -> Example:
        return Example(({"role": "user", "content": "Hi"}, {"role": "assistant", "content": answer}), source=source)

    both = [talk("a", "Hello."), talk("b", "xq zzv kk"), talk("a", "Hello there.")]
    scores = perplexity.held_out_loss(job(chat, LossConfig(limit=1), both)).scores
    alone = perplexity.held_out_loss(job(chat, LossConfig(), both[1:2])).scores
    assert [scores[name].n for name in ("loss", "loss/a", "loss/b")] == [2, 1, 1]
    assert scores["loss/b"].value == pytest.approx(alone["loss"].value) and "loss/b" not in alone
    assert scores["loss/a"].value != scores["loss/b"].value


# ---------------------------------------------------------------- multiple choice


def test_acc_and_acc_norm_are_what_they_are_elsewhere() -> None:
    item = choices.Item("1", "task", "Context", ["short", "a much longer answer"], 1)
    verdict = choices.judge(item, [-5.0, -8.0], "acc_norm")  # -1.0 and -0.4 for each character
    assert verdict.ok and verdict.metrics == {"acc": False}
    verdict = choices.judge(item, [-5.0, -8.0], "acc")
    assert not verdict.ok and verdict.metrics == {"acc_norm": True} and verdict.answered == "short"


def test_the_likeliest_answer_is_chosen(chat: ChatModel, exact: Any, tmp_path: Path) -> None:
    endings = ["sunny and warm.", "in Paris", "call these functions", "a city."]
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"ctx": "The weather is", "endings": endings, "label": "2"}) + "\n")
    config = ChoicesConfig.model_validate({"tasks": {"mine": str(path)}, "metric": "acc"})
    result = choices.evaluate(job(chat, config))
    begin = len(chat.tokenizer.encode("The weather is", add_special_tokens=False))
    sums = []
    for ending in endings:
        ids = chat.tokenizer.encode(f"The weather is {ending}", add_special_tokens=False)
        sums.append(sum(exact(ids)[begin - 1 :]))
    (verdict,) = result.verdicts
    assert verdict.answered == endings[sums.index(max(sums))]
    assert verdict.expected == endings[2]
    assert set(result.scores) == {"mine", "mine/acc_norm"}


def test_a_question_is_the_same_wherever_its_file_lies(chat: ChatModel, tmp_path: Path) -> None:
    row = json.dumps({"ctx": "The weather is", "endings": ["sunny.", "a city."], "label": 0}) + "\n"
    verdicts = []
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "rows.jsonl").write_text(row * 2)
        config = ChoicesConfig.model_validate({"tasks": {"mine": str(tmp_path / folder / "rows.jsonl")}})
        verdicts.append(choices.evaluate(job(chat, config)).verdicts)
    assert verdicts[0] == verdicts[1] and [each.id for each in verdicts[0]] == ["mine_0", "mine_1"]
    assert verdicts[0][0].prompt["messages"] == [{"role": "user", "content": "The weather is"}]
    assert verdicts[0][0].prompt["choices"] == ["sunny.", "a city."]


def test_blanks_between_context_and_answer_are_the_answers(tokenizer: Any) -> None:
    context, answer = choices.encode_pair(tokenizer, "The weather ", " is")
    assert tokenizer.decode(context) == "The weather" and tokenizer.decode(answer) == "  is"


@pytest.mark.parametrize(
    ("row", "context", "answers", "right"),
    [
        (
            {"goal": "Boil water", "sol1": "use a pot", "sol2": "use a hat", "label": 0},
            "Question: Boil water\nAnswer:",
            ["use a pot", "use a hat"],
            0,
        ),
        (
            {
                "activity_label": "Cooking",
                "ctx_a": "A man cooks. [header] Then",
                "ctx_b": "he",
                "ctx": "A man cooks. Then he",
                "endings": ["eats. [title] Wash up", "flies."],
                "label": "1",
            },
            "Cooking: A man cooks. Then He",
            ["eats.. Wash up", "flies."],
            1,
        ),
        (
            {"question": "Two?", "choices": {"text": ["1", "2"], "label": ["A", "B"]}, "answerKey": "B"},
            "Question: Two?\nAnswer:",
            ["1", "2"],
            1,
        ),
    ],
    ids=["piqa", "hellaswag", "arc"],
)
def test_known_shapes(row: dict[str, Any], context: str, answers: list[str], right: int) -> None:
    item = choices._item("place", "task", row)
    assert (item.context, item.choices, item.right) == (context, answers, right)


def test_a_row_that_is_no_question_is_named(chat: ChatModel, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"question": "Who?", "choices": ["a", "b"], "answer": 7}\n')
    with pytest.raises(DataError, match=r"rows\.jsonl:1: its 'answer' is 7"):
        choices.evaluate(job(chat, ChoicesConfig.model_validate({"tasks": {"mine": str(path)}})))


@pytest.mark.parametrize("name", ["knowledge", "sense"])
def test_our_own_questions_are_well_made(name: str) -> None:
    rows = [json.loads(line) for line in (HERE / f"{name}.jsonl").read_text().splitlines()]
    items = [choices._item(str(at), name, row) for at, row in enumerate(rows)]
    assert len({item.context for item in items}) == len(items) > 100
    assert all(len(set(item.choices)) == len(item.choices) for item in items)
    places = Counter(item.right for item in items)
    assert max(places.values()) < 1.3 * len(items) / len(items[0].choices), "the place tells the answer"
