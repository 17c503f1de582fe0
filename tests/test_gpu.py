"""What a GPU computes is what the CPU does: training by each trainer, 4 bits, kernels of GPUs alone, the engine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from counting import counting_rows, metrics_of

from sftctl.core.manager import plugin_manager
from sftctl.core.types import Generation, Model, Rendered, Sampling, TrainJob
from sftctl.plugins.hermes import Hermes
from sftctl.plugins.loop import train as loop
from sftctl.serve.engine import loading

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
CPU = torch.device("cpu")
Metrics = Callable[..., list[dict[str, float]]]


@pytest.fixture(scope="module")
def rows(tokenizer: Any) -> list[Rendered]:
    return counting_rows(tokenizer, 24, lengths=3)


@pytest.fixture
def metrics(rows: list[Rendered], tiny_model_dir: Path, tokenizer: Any, tmp_path: Path) -> Metrics:
    """The metrics of each step of a training."""

    def train(trainer: str, **settings: Any) -> list[dict[str, float]]:
        found = plugin_manager().trainers()[trainer]
        common = {"bf16": False, "max_length": 256, "learning_rate": 1e-2, "warmup_steps": 0, "max_steps": 6}
        config = found.config.model_validate(common | {"peft_config": {"r": 4, "lora_alpha": 8}} | settings)
        out = tmp_path / f"{trainer}-{len(list(tmp_path.iterdir()))}"
        given = (Model("tiny", tiny_model_dir), Hermes(), tokenizer, rows, config, 0, out)
        return metrics_of(lambda emit: found.train(TrainJob(*given, emit)))

    return train


def of(name: str, steps: list[dict[str, float]]) -> list[float]:
    return [step[name] for step in steps]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"packing": False, "per_device_train_batch_size": 4},
        {"packing": True, "per_device_train_batch_size": 3, "max_length": 128},
        {"peft_config": None, "learning_rate": 1e-3},
        {"gradient_checkpointing": True},
        {"load_in_4bit": True},
    ],
    ids=["lora", "unpacked", "packs together", "full", "checkpointing", "4 bits"],
)
def test_the_loop_learns_on_a_gpu_what_it_learns_on_the_cpu(
    metrics: Metrics, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = metrics("loop", **settings)
    monkeypatch.setattr(loop, "best_device", lambda: CPU)
    expected = metrics("loop", **settings)
    assert of("loss", found) == pytest.approx(of("loss", expected), rel=1e-2)
    assert found[0]["loss"] == pytest.approx(expected[0]["loss"], rel=1e-3)
    assert found[-1]["loss"] < found[0]["loss"]


def test_compiled_layers_learn_the_same(metrics: Metrics) -> None:
    plain, compiled = (metrics("loop", bf16=True, torch_compile=whether) for whether in (False, True))
    assert of("loss", compiled) == pytest.approx(of("loss", plain), rel=1e-2)


def test_both_trainers_begin_at_the_same_loss(metrics: Metrics) -> None:
    together = {"per_device_train_batch_size": 24, "max_steps": 1}
    (found,) = metrics("trl", **together)
    (expected,) = metrics("loop", packing=False, **together)
    assert found["loss"] == pytest.approx(expected["loss"], rel=1e-3)


def test_liger_changes_no_loss(metrics: Metrics) -> None:
    pytest.importorskip("liger_kernel")
    plain, liger = (metrics("trl", use_liger_kernel=whether) for whether in (False, True))
    assert of("loss", liger) == pytest.approx(of("loss", plain), rel=1e-2)


def test_the_engine_writes_what_transformers_does(tiny_model_dir: Path) -> None:
    from sftctl.serve.engine.engine import TorchEngine
    from sftctl.serve.engine.llama import LlamaDecoder

    opened = loading.open_model(tiny_model_dir, None, torch.float32)
    assert isinstance(opened.decoder, LlamaDecoder)
    assert opened.decoder.device.type == "cuda"
    engine = TorchEngine(opened)
    prompts = [[5, 6, 7], [9] * 40, [20, 21] * 70]
    tickets = [engine.submit(Generation(tuple(prompt), Sampling(max_tokens=24), ())) for prompt in prompts]
    model = loading.load(tiny_model_dir, torch.float32)
    model.generation_config.eos_token_id = None
    for prompt, ticket in zip(prompts, tickets, strict=True):
        written = model.generate(torch.tensor([prompt], device="cuda"), max_new_tokens=24, do_sample=False)
        assert [step.token for step in ticket] == written[0, len(prompt) :].tolist()
