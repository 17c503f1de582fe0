"""The torch engine on a tiny random model: batches, stops, limits, sampling, adapters."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sftctl.core.errors import ModelError, PromptTooLongError
from sftctl.core.types import Engine, Generation, Sampling, Ticket
from sftctl.serve import sftctl_engines

PROMPTS = [[5, 6, 7], [9] * 40, [10, 11, 12, 13, 14, 15, 16], [20, 21] * 70]


def open_engine(path: Path, adapter: Path | None = None, name: str = "torch-fp32") -> Engine:
    return {provider.name: provider for provider in sftctl_engines()}[name].open(path, adapter, ())


def begin(engine: Engine, prompts: Sequence[Sequence[int]], stop: Sequence[int] = (), **sampling: Any) -> list[Ticket]:
    return [engine.submit(Generation(tuple(prompt), Sampling(**sampling), tuple(stop))) for prompt in prompts]


def run(engine: Engine, prompts: Sequence[Sequence[int]], stop: Sequence[int] = (), **sampling: Any) -> list[list[int]]:
    return [[step.token for step in ticket] for ticket in begin(engine, prompts, stop, **sampling)]


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


def test_sampling_follows_the_probabilities() -> None:
    import torch

    from sftctl.serve.engine.sampling import draw

    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    points = [(at + 0.5) / 400 for at in range(400)]

    def counts(**sampling: float) -> list[int]:
        tokens = [draw(logits, Sampling(**({"temperature": 1.0} | sampling)), point) for point in points]  # type: ignore[arg-type]
        return [tokens.count(token) for token in range(4)]

    assert counts() == [200, 120, 60, 20]
    assert counts(top_p=0.75) == [250, 150, 0, 0]
    assert counts(top_k=1) == [400, 0, 0, 0]
    assert counts(min_p=0.2) == [211, 126, 63, 0]
    assert counts(temperature=1e-3) == [400, 0, 0, 0]


def test_bf16_is_the_default_and_close(tiny_model_dir: Path) -> None:
    import torch

    half: Any = open_engine(tiny_model_dir, name="torch")
    assert half._opened.base.weights.embedding.dtype == torch.bfloat16
    assert [len(row) for row in run(half, PROMPTS, max_tokens=10)] == [10] * 4


@pytest.fixture(scope="module")
def adapter(tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA with weights large enough to change what the tiny model says."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_pretrained(tiny_model_dir)
    config = LoraConfig(r=4, target_modules=["q_proj", "down_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    path = tmp_path_factory.mktemp("adapter")
    get_peft_model(model, config).save_pretrained(path)
    return path


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
