"""The torch engine on a tiny random model: batches, stops, limits, sampling, adapters."""

from pathlib import Path
from typing import Any

import pytest
from engines import PROMPTS, begin, open_engine, run

from sftctl.core.errors import ModelError, PromptTooLongError
from sftctl.core.types import Engine


@pytest.fixture(scope="module")
def engine(tiny_model_dir: Path) -> Engine:
    return open_engine(tiny_model_dir)


def test_greedy_is_what_transformers_generates(engine: Engine, tiny_model_dir: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny_model_dir)
    model.generation_config.eos_token_id = None
    for prompt, answer in zip(PROMPTS, run(engine, PROMPTS, max_tokens=30), strict=True):
        expected = model.generate(torch.tensor([prompt]), max_new_tokens=30, do_sample=False)
        assert answer == expected[0, len(prompt) :].tolist()


@pytest.mark.parametrize(
    "sampling", [{}, {"temperature": 1.0, "seed": 3}, {"temperature": 0.7, "top_p": 0.8, "seed": 4}]
)
def test_a_batch_answers_as_its_rows_alone(engine: Engine, sampling: dict[str, Any]) -> None:
    alone = [run(engine, [prompt], max_tokens=150, **sampling)[0] for prompt in PROMPTS]  # past a cache block
    assert run(engine, PROMPTS, max_tokens=150, **sampling) == alone


def test_a_stop_token_ends_its_row_and_no_other(engine: Engine) -> None:
    free = run(engine, PROMPTS, max_tokens=40)
    stops = {free[0][3], free[2][10]}
    stopped = run(engine, PROMPTS, list(stops), max_tokens=40)
    for before, after in zip(free, stopped, strict=True):
        end = next((at + 1 for at, token in enumerate(before) if token in stops), 40)
        assert after == before[:end]
    assert len(stopped[0]) <= 4


def test_the_context_ends_a_row(engine: Engine) -> None:
    long = [5, 6] * 1000
    assert [len(row) for row in run(engine, [long, long[:1990]], max_tokens=500)] == [48, 58]
    with pytest.raises(PromptTooLongError, match="2048 tokens, and the model's context is 2048"):
        begin(engine, [[5] * 2048])


def test_a_seed_makes_sampling_reproducible(engine: Engine) -> None:
    first = run(engine, PROMPTS, max_tokens=30, temperature=1.0, seed=1)
    assert run(engine, PROMPTS, max_tokens=30, temperature=1.0, seed=1) == first
    assert run(engine, PROMPTS, max_tokens=30, temperature=1.0, seed=2) != first
    unseeded = run(engine, [[5, 6, 7]] * 8, max_tokens=30, temperature=1.5)
    assert len({tuple(row) for row in unseeded}) > 1


def test_a_nucleus_of_nothing_is_greedy(engine: Engine) -> None:
    assert run(engine, PROMPTS, max_tokens=20, temperature=1.0, top_p=0.0) == run(engine, PROMPTS, max_tokens=20)


def test_a_temperature_of_almost_nothing_is_greedy(engine: Engine) -> None:
    assert run(engine, PROMPTS, max_tokens=20, temperature=5e-324) == run(engine, PROMPTS, max_tokens=20)


def test_bf16_is_the_default_and_close(tiny_model_dir: Path) -> None:
    import torch

    half: Any = open_engine(tiny_model_dir, name="torch")
    assert half._opened.base.weights.embedding.dtype == torch.bfloat16
    assert [len(row) for row in run(half, PROMPTS, max_tokens=10)] == [10] * 4


def test_an_adapter_is_merged(engine: Engine, tiny_model_dir: Path, adapter: Path) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    tuned = open_engine(tiny_model_dir, adapter)
    assert run(tuned, PROMPTS, max_tokens=20) != run(engine, PROMPTS, max_tokens=20)
    unmerged = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tiny_model_dir), adapter)
    with torch.inference_mode():
        expected = [int(unmerged(input_ids=torch.tensor([p])).logits[0, -1].argmax()) for p in PROMPTS]
    assert [row[0] for row in run(tuned, PROMPTS, max_tokens=1)] == expected


def test_what_is_no_model_is_refused(tiny_model_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded"):
        open_engine(tmp_path)
    with pytest.raises(ModelError, match="holds no adapter"):
        open_engine(tiny_model_dir, tmp_path)


def test_importing_the_plugin_is_light() -> None:
    import subprocess
    import sys

    heavy = "{'torch', 'transformers', 'fastapi'}"
    code = f"import sys, sftctl.serve, sftctl.plugins.models; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("name", ["torch", "torch-fp32"])
@pytest.mark.parametrize("kernels", ["torch", "best"])
def test_what_lies_in_unwritten_memory_changes_nothing(
    tiny_model_dir: Path, monkeypatch: pytest.MonkeyPatch, kernels: str, name: str
) -> None:
    import torch

    from sftctl.serve.engine import llama, loading
    from sftctl.serve.engine.kernels import TorchKernels

    if kernels == "torch":
        monkeypatch.setattr(loading, "best_kernels", lambda *args: TorchKernels())
    expected = run(open_engine(tiny_model_dir, name=name), PROMPTS, max_tokens=30)
    empty = torch.empty
    monkeypatch.setattr(llama.torch, "empty", lambda *size, **how: empty(*size, **how).fill_(float("nan")))
    assert run(open_engine(tiny_model_dir, name=name), PROMPTS, max_tokens=30) == expected
