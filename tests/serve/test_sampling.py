"""Drawing tokens: all rows at once, each as if it were alone."""

from concurrent.futures import wait
from typing import Any

import pytest
import torch

from sftctl.core.errors import EngineError
from sftctl.core.types import Generation, Sampling, Step
from sftctl.plugins.hermes import STOP, Hermes
from sftctl.serve.engine.row import Loaded, Row
from sftctl.serve.engine.sampling import LIKELY, _adjust, choose, draw
from sftctl.serve.grammar import ANY_OBJECT, Grammars, Shape


def test_sampling_follows_the_probabilities() -> None:
    import torch

    from sftctl.serve.engine.sampling import draw

    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    points = [(at + 0.5) / 400 for at in range(400)]

    def counts(**sampling: float) -> list[int]:
        how = Sampling(**({"temperature": 1.0} | sampling))  # type: ignore[arg-type]
        tokens = draw(logits.expand(len(points), -1), [how] * len(points), points).tolist()
        return [tokens.count(token) for token in range(4)]

    assert counts() == [200, 120, 60, 20]
    assert counts(top_p=0.75) == [250, 150, 0, 0]
    assert counts(top_k=1) == [400, 0, 0, 0]
    assert counts(min_p=0.2) == [211, 126, 63, 0]
    assert counts(temperature=1e-3) == [400, 0, 0, 0]


@pytest.mark.parametrize("top_p", [0.05, 0.5, 0.999])
def test_a_nucleus_may_be_larger_than_what_is_sorted_first(top_p: float) -> None:
    """Among equally likely tokens, any share of them is that many tokens."""
    size = 4 * LIKELY
    points = [(at + 0.5) / 3000 for at in range(3000)]
    how = Sampling(temperature=1.0, top_p=top_p)
    tokens = draw(torch.zeros(len(points), size), [how] * len(points), points)
    assert len(tokens.unique()) == pytest.approx(min(3000, top_p * size), abs=1)


def row(number: int, grammar: Any = None, logprobs: int | None = None, **sampling: Any) -> Row:
    made = Row(number, Generation((1, 2), Sampling(**sampling), (), None, grammar, logprobs), Loaded("", None), 100)
    made.counts.update({3: 2, 7: 1})
    return settled(made)


def settled(row: Row) -> Row:
    """The row once its grammar has answered."""
    if row.look:
        wait([row.look])
    row.settle()
    return row


def test_a_row_gets_what_it_would_get_alone(tokenizer: Any) -> None:
    grammar = Grammars(tokenizer, Hermes(), [tokenizer.convert_tokens_to_ids(STOP)]).of(Shape(output=ANY_OBJECT))
    hot = {"temperature": 0.9}
    kinds: list[dict[str, Any]] = [
        {},
        hot,
        {"logprobs": 3},
        {**hot, "grammar": grammar, "logprobs": 1},
        {"grammar": grammar},
        {**hot, "top_k": 5},
        {**hot, "top_k": 300, "top_p": 0.9},
        {**hot, "top_p": 0.3},
        {**hot, "top_p": 0.0},
        {**hot, "min_p": 0.2},
        {**hot, "min_p": 0.001, "top_p": 0.8},
        {"logit_bias": {5: 100.0}},
        {**hot, "logit_bias": {5: -100.0, 6: 2.0}, "presence_penalty": 1.5},
        {"frequency_penalty": 2.0, "logprobs": 0},
    ] * 3
    torch.manual_seed(0)
    logits = 3 * torch.randn(len(kinds), len(tokenizer) + 9)  # models' vocabularies are padded

    def rows() -> list[Row]:
        return [row(at, seed=at, **kind) for at, kind in enumerate(kinds)]

    together = choose(logits, rows())
    alone = [choose(logits[at : at + 1], [each])[0] for at, each in enumerate(rows())]
    assert together == alone
    assert choose(logits.flip(0), rows()[::-1]) == alone[::-1]
    assert len({step.token for step in alone if isinstance(step, Step)}) > 10


def test_a_row_that_fails_leaves_the_others_alone() -> None:
    logits = torch.randn(3, 50)
    logits[1, 3] = torch.nan
    made = choose(logits, [row(0), row(1), row(2, logit_bias=dict.fromkeys(range(50), -torch.inf))])
    assert made[0] == Step(int(logits[0].argmax()))
    assert [type(each) for each in made[1:]] == [EngineError, EngineError]
    assert "not numbers" in str(made[1])
    assert "No token is allowed" in str(made[2])


def test_logprobs_are_of_the_models_own_distribution() -> None:
    logits = torch.tensor([[1.0, 2.0, 3.0, 0.0]])
    (step,) = choose(logits, [row(0, logprobs=2, logit_bias={0: 50.0}, temperature=1.0)])
    expected = torch.log_softmax(logits[0], -1)
    assert isinstance(step, Step)
    assert (step.token, step.logprob) == (0, pytest.approx(expected[0].item()))
    assert [token for token, _ in step.top] == [2, 1]


def test_what_stands_there_already_is_penalized_as_transformers_does() -> None:
    from transformers import RepetitionPenaltyLogitsProcessor

    torch.manual_seed(0)
    logits, made = torch.randn(1, 12), row(0, repetition_penalty=1.7)
    made.tokens += [5, 5, 9]
    expected = RepetitionPenaltyLogitsProcessor(1.7)(torch.tensor([made.tokens]), logits.clone())
    _adjust(logits, [made])
    assert torch.equal(logits, expected)


def test_no_stop_token_comes_before_there_are_enough() -> None:
    logits = torch.tensor([[0.0, 1.0, 9.0]])
    made = Row(0, Generation((1, 1), Sampling(min_tokens=2), (2,)), Loaded("", None), 100)
    for chosen in (1, 1, 2):
        (step,) = choose(logits, [made])
        assert isinstance(step, Step) and step.token == chosen
        made.tokens.append(step.token)


def test_a_grammar_that_has_ended_ends_the_answer_all_the_same(tokenizer: Any) -> None:
    stop = tokenizer.convert_tokens_to_ids(STOP)
    grammar = Grammars(tokenizer, Hermes(), [stop]).of(Shape(lark='start: "a"'))
    (letter,) = tokenizer.encode("a", add_special_tokens=False)
    made = settled(Row(0, Generation((1,), Sampling(min_tokens=50), (stop,), None, grammar), Loaded("", None), 100))
    (step,) = choose(torch.zeros(1, len(tokenizer)), [made])
    assert step == Step(letter)
    made.take(step)
    assert settled(made).ticket.finish_reason == "stop"
    made.mask = (1 << stop).to_bytes(8, "little")  # whatever else a grammar leaves is chosen in spite of `min_tokens`
    assert choose(torch.zeros(1, len(tokenizer)), [made]) == [Step(stop)]
