"""The whole forward pass in C++, in bfloat16: what layer by layer computes, and the same bits in any company."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from engines import make_adapter, open_engine

from sftctl.core.types import Generation, Sampling, Ticket
from sftctl.serve.engine import packed
from sftctl.serve.engine.blocks import BLOCK
from sftctl.serve.engine.packed import Memory, PackedWeight
from sftctl.serve.engine.shape import Span

PROMPTS = [[5], [5, 6, 7], [9] * 40, [20, 21] * 70, list(range(10, 190)) * 4]

pytestmark = pytest.mark.skipif(packed.unit() == 0, reason="no compiler, or no unit for bfloat16")


@pytest.fixture(scope="module")
def adapters(wide_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One of every linear, and one of some."""
    root = tmp_path_factory.mktemp("adapters")
    return {
        "all": make_adapter(wide_model_dir, root / "all", 1, target_modules="all-linear", r=3),
        "some": make_adapter(wide_model_dir, root / "some", 2),
    }


def opened(folder: Path, adapters: dict[str, Path]) -> Any:
    engine = open_engine(folder, name="torch")
    for name, path in adapters.items():
        engine.load_adapter(name, path)
    return engine


@pytest.fixture(scope="module")
def engine(wide_model_dir: Path, adapters: dict[str, Path]) -> Any:
    return opened(wide_model_dir, adapters)


@pytest.fixture
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def ask(engine: Any, prompt: list[int], adapter: str | None) -> Ticket:
    ticket: Ticket = engine.submit(Generation(tuple(prompt), Sampling(max_tokens=40), (), adapter, logprobs=2))
    return ticket


def answers(engine: Any, together: bool) -> list[list[Any]]:
    """Tokens with their log-probabilities, of every prompt with every adapter."""
    asked = [(prompt, adapter) for prompt in PROMPTS for adapter in (None, "all", "some")]
    if together:
        return [list(ticket) for ticket in [ask(engine, *each) for each in asked]]
    return [list(ask(engine, *each)) for each in asked]


@pytest.mark.parametrize("unit", [1, 2])
def test_a_row_gets_the_same_bits_alone_and_in_a_batch(
    wide_model_dir: Path, adapters: dict[str, Path], monkeypatch: pytest.MonkeyPatch, threads: None, unit: int
) -> None:
    """Prompts in parts or whole, from the cache or not, one by one or many: log-probabilities are equal, not close."""
    if unit > packed.unit():
        pytest.skip("no AMX")
    monkeypatch.setattr("sftctl.serve.engine.step.unit", lambda: unit)
    alone = answers(opened(wide_model_dir, adapters), together=False)
    engine = opened(wide_model_dir, adapters)
    assert answers(engine, together=True) == alone
    assert answers(engine, together=True) == alone  # most of each prompt is known now
    assert len({str(answer) for answer in alone}) == len(alone)


@pytest.mark.parametrize("unit", [1, 2])
def test_the_last_token_of_a_prompt_alone_gets_the_same_bits(
    engine: Any, monkeypatch: pytest.MonkeyPatch, unit: int
) -> None:
    """All but one of its tokens are in whole blocks, which are known the second time."""
    if unit > packed.unit():
        pytest.skip("no AMX")
    monkeypatch.setattr("sftctl.serve.engine.step.unit", lambda: unit)
    prompt = [50 * unit + at for at in range(2 * BLOCK + 1)]
    before = engine.stats().cached_tokens
    assert list(ask(engine, prompt, None)) == list(ask(engine, prompt, None))
    assert engine.stats().cached_tokens == before + 2 * BLOCK


def test_threads_change_nothing(engine: Any) -> None:
    spans = [
        Span([7 + at] * count, 0, [1 + 3 * at, 2 + 3 * at, 3 + 3 * at], at) for at, count in enumerate((1, 2, 70, 33))
    ]
    before, found = torch.get_num_threads(), []
    for count in (1, 2, 5):
        torch.set_num_threads(count)
        found.append(engine._decoder.forward(spans, engine._opened.base.weights))
    torch.set_num_threads(before)
    assert torch.equal(found[0], found[1]) and torch.equal(found[0], found[2])


@pytest.mark.parametrize("adapter", [None, "all", "some"])
def test_it_computes_what_layer_by_layer_does(
    engine: Any, adapter: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder, loaded = engine._decoder, engine._loaded[adapter]
    draw = torch.Generator().manual_seed(0)
    tokens = torch.randint(200, (3 * BLOCK,), generator=draw).tolist()
    steps = [(0, 50), (50, 51), (51, 52), (52, 3 * BLOCK)]

    def logits() -> torch.Tensor:
        spans = [
            [Span(tokens[begin:end], begin, places, at, all_logits=True, lora=loaded.lora) for at, places in rows]
            for begin, end in steps
        ]
        return torch.cat([decoder.forward(each, loaded.weights) for each in spans]).float()

    rows = [(0, [1, 2, 3]), (1, [6, 4, 5])]
    assert decoder.step.takes([Span(tokens, 0, [1, 2, 3], 0, lora=loaded.lora)], loaded.weights)
    with torch.inference_mode():
        together = logits()
        monkeypatch.setattr(decoder, "step", None)
        layered = logits()
    assert (together - layered).norm() < 0.02 * layered.norm()
    assert (together.bfloat16() != together).float().mean() > 0.9, "logits are not rounded"


@pytest.mark.parametrize("unit", [1, 2])
def test_the_matmul(monkeypatch: pytest.MonkeyPatch, unit: int) -> None:
    """With a bias or none, added or not, for numbers of outputs and tokens of all kinds; each row alone as well."""
    if unit > packed.unit():
        pytest.skip("no AMX")
    monkeypatch.setattr(packed, "unit", lambda: unit)
    for out, size, count in ((200, 96, 1), (31, 32, 5), (64, 160, 17), (33, 64, 300)):
        weight, bias, x, y = (
            torch.randn(shape).bfloat16() for shape in ((out, size), (out,), (count, size), (count, out))
        )
        exact = x.double() @ weight.double().t()
        plain, biased = PackedWeight(weight, None, Memory()), PackedWeight(weight, bias, Memory())
        added = y.clone()
        plain.add(x, added)
        for found, expected in (
            (plain(x), exact),
            (biased(x), exact + bias.double()),
            (added, exact + y.double()),
        ):
            torch.testing.assert_close(found.double(), expected, rtol=2**-8, atol=1e-3)
        assert torch.equal(torch.cat([biased(row[None]) for row in x]), biased(x))
