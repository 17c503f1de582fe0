"""The loop on a tiny model: the right loss, learning, exact resume, and clear refusals."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional as F
from trainings import LORA, losses, metrics

from sftctl.core.errors import TrainError
from sftctl.core.types import IGNORED, Event, Example, Rendered, TrainJob
from sftctl.plugins.hermes import Hermes
from sftctl.plugins.loop import attention, lora, packing
from sftctl.plugins.loop.train import train


def reference_loss(folder: Path, rows: list[Rendered]) -> float:
    """Mean loss over all labels, computed row by row with transformers alone."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder)
    total, count = 0.0, 0
    for row in rows:
        with torch.no_grad():
            logits = model(torch.tensor([row.input_ids])).logits[0]
        labels = torch.tensor(row.labels)
        total += F.cross_entropy(logits[:-1], labels[1:], ignore_index=IGNORED, reduction="sum").item()
        count += sum(label != IGNORED for label in row.labels[1:])
    return total / count


@pytest.mark.parametrize("packing", [True, False])
@pytest.mark.parametrize("peft_config", [LORA, None])
def test_the_first_loss_is_that_of_transformers(
    job: Callable[..., TrainJob], tiny_model_dir: Path, rows: list[Rendered], packing: bool, peft_config: Any
) -> None:
    whole = 24 if not packing else -(-sum(len(row.input_ids) for row in rows) // 256) + 1
    first = losses(job, packing=packing, peft_config=peft_config, per_device_train_batch_size=whole, max_steps=1)[0]
    if packing:  # the last pack of the batch may belong to the next epoch, so compare within its share
        assert first == pytest.approx(reference_loss(tiny_model_dir, rows), rel=0.05)
    else:
        assert first == pytest.approx(reference_loss(tiny_model_dir, rows), rel=1e-4)


def test_the_first_token_of_an_answer_counts_as_often_as_asked(
    job: Callable[..., TrainJob], tiny_model_dir: Path, rows: list[Rendered]
) -> None:
    only_first = [Rendered(row.input_ids, _only_first(row.labels)) for row in rows]
    mean, of_first = reference_loss(tiny_model_dir, rows), reference_loss(tiny_model_dir, only_first)
    labels = sum(label != IGNORED for row in rows for label in row.labels)
    expected = (mean * labels + 7 * of_first * len(rows)) / (labels + 7 * len(rows))
    settings = {"packing": False, "per_device_train_batch_size": len(rows), "max_steps": 1}
    assert losses(job, first_token_weight=8, **settings)[0] == pytest.approx(expected, rel=1e-4)
    assert abs(expected - mean) > 0.01


def _only_first(labels: list[int]) -> list[int]:
    first = next(at for at, label in enumerate(labels) if label != IGNORED)
    return [label if at == first else IGNORED for at, label in enumerate(labels)]


def test_plain_texts_in_one_pack_learn_nothing_of_each_other(
    job: Callable[..., TrainJob], tiny_model_dir: Path, rows: list[Rendered], tokenizer: Any
) -> None:
    seen: list[float] = []
    texts = [Hermes().render(Example((), text=f"What is {number}? Hello!"), tokenizer) for number in (1, 2, 12)]
    mixed = [*texts, *rows[:3]]
    plain = job(lambda event: seen.append(event.data.get("loss", 0.0)), max_steps=1)
    train(replace(plain, train=mixed))
    assert max(seen) == pytest.approx(reference_loss(tiny_model_dir, mixed), rel=1e-4)


@pytest.mark.parametrize("settings", [{}, {"peft_config": None, "learning_rate": 3e-3}, {"bf16": True}])
def test_it_learns(job: Callable[..., TrainJob], settings: dict[str, Any]) -> None:
    curve = losses(job, num_train_epochs=8, **settings)
    assert curve[-1] < curve[0] / 3


def test_accumulating_gradients_changes_nothing_but_memory(job: Callable[..., TrainJob]) -> None:
    at_once = losses(job, packing=False, per_device_train_batch_size=8, out="a")
    in_parts = losses(job, packing=False, per_device_train_batch_size=2, gradient_accumulation_steps=4, out="b")
    assert at_once == in_parts


def test_adapters_lie_where_they_are_asked_for(job: Callable[..., TrainJob]) -> None:
    where = {"target_modules": ["q_proj", "down_proj"], "layers_to_transform": [1]}
    adapter = load_file(train(job(max_steps=1, peft_config=LORA | where)) / "adapter_model.safetensors")
    layer = "base_model.model.model.layers.1"
    modules = {f"{layer}.self_attn.q_proj", f"{layer}.mlp.down_proj"}
    assert {name.rpartition(".lora_")[0] for name in adapter} == modules


def test_dropout_is_before_the_adapters(job: Callable[..., TrainJob]) -> None:
    """They add nothing in the first step, whatever goes in."""
    plain = losses(job, max_steps=3, out="plain")
    dropped = losses(job, max_steps=3, peft_config=LORA | {"lora_dropout": 0.5}, out="dropped")
    assert dropped[0] == pytest.approx(plain[0], rel=1e-6)
    assert all(abs(a - b) > 1e-3 for a, b in zip(plain[1:], dropped[1:], strict=True))


@pytest.mark.parametrize("peft_config", [LORA, None], ids=["lora", "full"])
def test_bf16_computes_in_bfloat16(job: Callable[..., TrainJob], peft_config: Any) -> None:
    rough, exact = (
        losses(job, max_steps=2, bf16=bf16, peft_config=peft_config, out=str(bf16)) for bf16 in (True, False)
    )
    assert all(a != b for a, b in zip(rough, exact, strict=True))
    assert rough == pytest.approx(exact, rel=0.02)


def test_metrics_come_every_so_many_steps_and_at_the_end(job: Callable[..., TrainJob]) -> None:
    assert [step["step"] for step in metrics(job, max_steps=5, logging_steps=2)] == [2, 4, 5]


@pytest.mark.skipif(not shutil.which("g++"), reason="needs g++")
@pytest.mark.parametrize("peft_config", [LORA, None], ids=["lora", "full"])
def test_compiled_layers_learn_the_same(
    job: Callable[..., TrainJob], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, peft_config: Any
) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "compiled"))
    settings = {"max_steps": 4, "peft_config": peft_config}
    plain = metrics(job, torch_compile=False, out="plain", **settings)
    assert not list(tmp_path.glob("compiled/**/*.so"))
    compiled = metrics(job, torch_compile=True, out="compiled", **settings)
    assert list(tmp_path.glob("compiled/**/*.so"))
    for name in ("loss", "grad_norm"):
        assert [step[name] for step in compiled] == pytest.approx([step[name] for step in plain], rel=1e-4)


@pytest.mark.parametrize(
    "method",
    [
        {"peft_config": LORA | {"lora_dropout": 0.1}},
        {"peft_config": None},
        {"peft_config": None, "bf16": True, "ema_decay": 0.7},
        {"peft_config": LORA | {"use_dora": True, "use_rslora": True}},
        {"peft_config": LORA | {"modules_to_save": ["norm"]}, "bf16": True},
        {"load_in_4bit": True, "gradient_checkpointing": True},
        {"neftune_noise_alpha": 5.0, "ema_decay": 0.7, "lr_scheduler_type": "cosine_with_restarts"},
    ],
    ids=["dropout", "full", "full-ema", "dora-rslora", "modules_to_save", "qlora-checkpointing", "neftune-ema"],
)
def test_an_interrupted_run_goes_on_to_the_same_bits(job: Callable[..., TrainJob], method: dict[str, Any]) -> None:
    settings = {"num_train_epochs": 2, "save_steps": 3, **method}
    whole = train(job(out="whole", **settings))

    class Killed(Exception):
        pass

    def kill_at_step_5(event: Event) -> None:
        if event.kind == "progress" and event.data["done"] == 5:
            raise Killed

    with pytest.raises(Killed):
        train(job(kill_at_step_5, out="parts", **settings))
    resumed: list[int] = []
    parts = train(job(lambda event: resumed.append(event.data.get("step", 0)), out="parts", **settings))

    assert min(filter(None, resumed)) == 4, "it began again at the start"
    (weights,) = [path.name for path in whole.glob("*.safetensors")]
    expected, given = load_file(whole / weights), load_file(parts / weights)
    assert expected.keys() == given.keys()
    assert all(torch.equal(expected[name], given[name]) for name in expected)


def test_lora_leaves_the_base_alone_and_saves_only_an_adapter(
    job: Callable[..., TrainJob], tiny_model_dir: Path
) -> None:
    before = load_file(tiny_model_dir / "model.safetensors")
    folder = train(job(max_steps=2))
    assert {path.name for path in folder.glob("*.safetensors")} == {"adapter_model.safetensors"}
    after = load_file(tiny_model_dir / "model.safetensors")
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_the_forward_pass_of_lora_is_pefts(tiny_model_dir: Path) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    base = AutoModelForCausalLM.from_pretrained(tiny_model_dir)
    settings = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", init_lora_weights=False)
    model = get_peft_model(base, settings)
    ids = torch.randint(3, 300, (1, 20))

    def loss_and_gradients() -> tuple[float, dict[str, torch.Tensor]]:
        model.zero_grad()
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        return loss.item(), {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}

    loss, gradients = loss_and_gradients()
    lora.compute_beside(model)
    our_loss, ours = loss_and_gradients()
    assert our_loss == pytest.approx(loss, rel=1e-5)
    assert ours.keys() == gradients.keys()
    for name in gradients:
        torch.testing.assert_close(ours[name], gradients[name], rtol=1e-3, atol=1e-5)


def test_what_a_young_adapter_adds_is_not_rounded_away() -> None:
    """It is a twentieth of what a digit of the weights and of y is worth, and still there on average."""
    torch.manual_seed(0)
    exact = torch.randn(512, 576), torch.randn(576, 576) * 0.05, torch.randn(8, 576) * 0.02, torch.randn(576, 8) * 2e-4
    x, weight, a, b = (tensor.bfloat16() for tensor in exact)
    given = lora.adapted(x, weight, a, b)[0].double() - x.double() @ weight.double().t()
    added = x.double() @ a.double().t() @ b.double().t()
    assert float((given * added).sum() / added.square().sum()) == pytest.approx(1, abs=0.1)


def test_sharing_beginnings_changes_nothing_but_the_work(
    job: Callable[..., TrainJob], tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tuple({"name": f"tool_{number}", "description": "Do something.", "parameters": {}} for number in range(3))
    rows = [
        Hermes().render(
            Example(({"role": "user", "content": f"{n}?"}, {"role": "assistant", "content": f"{n + 1}!"}), tools),
            tokenizer,
        )
        for n in range(12)
    ]
    shared, apart = [], []
    settings = {"max_length": 2 * sum(len(row.input_ids) for row in rows), "num_train_epochs": 4}

    def run(seen: list[float], out: str) -> None:
        def emit(event: Event) -> None:
            if event.kind == "metrics":
                seen.extend((event.data["loss"], event.data["grad_norm"]))

        train(TrainJob(**job(emit, out=out, **settings).__dict__ | {"train": rows}))

    (family,) = packing.families(rows)
    assert sorted(family.rows) == list(range(12))
    run(shared, "shared")
    monkeypatch.setattr(packing, "families", lambda rows: [packing.Family((i,)) for i in range(len(rows))])
    run(apart, "apart")
    assert shared == pytest.approx(apart, rel=2e-3)


@pytest.mark.parametrize("packing_on", [True, False])
def test_packs_that_are_computed_together_have_the_losses_of_one_after_the_other(
    job: Callable[..., TrainJob], monkeypatch: pytest.MonkeyPatch, packing_on: bool
) -> None:
    """As on a GPU; a step has six packs, and three at once."""
    lay, together = packing.lay, []

    def counted(packs: Any, *rest: Any) -> packing.Pack:
        together.append(len(packs))
        return lay(packs, *rest)

    monkeypatch.setattr(packing, "lay", counted)
    settings = {"packing": packing_on, "per_device_train_batch_size": 3, "gradient_accumulation_steps": 2}
    settings |= {"max_length": 64, "max_steps": 5}
    in_turn = metrics(job, out="in turn", **settings)
    assert together == [1] * 30
    together.clear()
    monkeypatch.setattr(attention, "in_one_launch", lambda device: True)
    at_once = metrics(job, out="at once", **settings)
    assert together == [3] * 10
    for name in ("loss", "grad_norm"):
        assert [step[name] for step in at_once] == pytest.approx([step[name] for step in in_turn], rel=1e-4)


def test_nothing_to_learn_is_said_before_anything_is_loaded(job: Callable[..., TrainJob]) -> None:
    empty = job()
    silent = [Rendered(row.input_ids, [IGNORED] * len(row.labels)) for row in empty.train]
    with pytest.raises(TrainError, match="nothing to learn"):
        train(TrainJob(**empty.__dict__ | {"train": silent}))
