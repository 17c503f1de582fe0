"""The OpenVINO engine against the torch one: same tokens, scores and adapters. Needs the extra `openvino`."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from engines import PROMPTS, make_adapter, open_engine, run

from sftctl.core.errors import EngineError, ModelError
from sftctl.core.types import Engine, Generation, Sampling

needs_openvino = pytest.mark.skipif(find_spec("openvino") is None, reason="needs the extra `openvino`")


@pytest.fixture(scope="module")
def engine(tiny_model_dir: Path) -> Any:
    from sftctl.serve.engine import open_openvino

    return open_openvino(tiny_model_dir, None, bits=32)


@pytest.fixture(scope="module")
def reference(tiny_model_dir: Path) -> Any:
    return open_engine(tiny_model_dir)


def score(engine: Engine, prompt: list[int]) -> list[float]:
    request = Generation(tuple(prompt), Sampling(max_tokens=0), (), logprobs=0, echo=True)
    ticket = engine.submit(request)
    list(ticket)
    assert ticket.prompt_logprobs is not None
    return [step.logprob or 0.0 for step in ticket.prompt_logprobs]


@needs_openvino
def test_the_same_tokens_alone_and_together(engine: Any, reference: Any) -> None:
    expected = run(reference, PROMPTS, max_tokens=40)
    assert run(engine, PROMPTS, max_tokens=40) == expected
    assert [run(engine, [prompt], max_tokens=40)[0] for prompt in PROMPTS] == expected


@needs_openvino
def test_the_same_scores(engine: Any, reference: Any) -> None:
    prompt = [7, 8, 9, *range(3, 200)]
    assert score(engine, prompt) == pytest.approx(score(reference, prompt), abs=1e-3)


@needs_openvino
def test_a_shared_beginning_is_computed_once(engine: Any) -> None:
    prompt = [30, 31, 32] * 60
    first = run(engine, [prompt], max_tokens=8)
    ticket = engine.submit(Generation(tuple(prompt), Sampling(max_tokens=8), ()))
    assert [step.token for step in ticket] == first[0]
    assert ticket.cached_tokens == 160


@needs_openvino
def test_adapters_beside_the_base(engine: Any, reference: Any, tiny_model_dir: Path, tmp_path: Path) -> None:
    adapter = make_adapter(tiny_model_dir, tmp_path / "adapter", 1)
    base = run(engine, PROMPTS, max_tokens=20)
    for each in (engine, reference):
        each.load_adapter("a", adapter, merged=True)

    def ask(which: Engine) -> list[list[int]]:
        sampling = Sampling(max_tokens=20)
        tickets = [which.submit(Generation(tuple(prompt), sampling, (), adapter="a")) for prompt in PROMPTS]
        return [[step.token for step in ticket] for ticket in tickets]

    assert ask(engine) == ask(reference) != base
    assert run(engine, PROMPTS, max_tokens=20) == base


@needs_openvino
def test_eight_bits_are_near(tiny_model_dir: Path, reference: Any) -> None:
    prompt = [7, 8, 9, *range(3, 100)]
    scores = score(open_engine(tiny_model_dir, name="openvino-int8"), prompt)
    expected = score(reference, prompt)
    difference = [abs(a - b) for a, b in zip(scores, expected, strict=True)]
    assert 0 < sum(difference) / len(difference) < 0.2


@needs_openvino
def test_other_architectures_are_refused(tmp_path: Path) -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    GPT2LMHeadModel(GPT2Config(vocab_size=400, n_embd=32, n_layer=1, n_head=2)).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="not of the Llama family"):
        open_engine(tmp_path, name="openvino")


def test_without_openvino_it_says_what_to_install(tiny_model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sftctl.serve.engine.openvino", raising=False)
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(EngineError, match="OpenVINO cannot be imported") as caught:
        open_engine(tiny_model_dir, name="openvino")
    assert "sftctl[openvino]" in str(caught.value.hint)
