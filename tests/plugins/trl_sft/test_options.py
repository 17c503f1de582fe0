"""Each option that people set does what it says: a test that fails when it is ignored."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from trl_training import Start

from sftctl.core.errors import ModelError, TrainError
from sftctl.core.types import Rendered


def test_packing_lays_rows_end_to_end_and_leaves_the_loss_alone(start: Start, rows: list[Rendered]) -> None:
    plain, packed = start("a", max_steps=-1), start("b", max_steps=-1, packing=True)
    plain.run()
    packed.run()
    assert (plain.steps, packed.steps) == (4, 1)  # 16 rows, or 4 packs, by 4
    whole = start("c", per_device_train_batch_size=16)
    whole.run()
    assert packed.seen("loss")[0] == pytest.approx(whole.seen("loss")[0], rel=1e-4)


def test_packs_are_no_longer_than_max_length(start: Start) -> None:
    lengths = [max(map(len, start(packing=True, max_length=n).build().train_dataset["input_ids"])) for n in (100, 256)]
    assert lengths[0] <= 100 < lengths[1] <= 256


@pytest.mark.parametrize("strategy", ["bfd", "bfd_split", "wrapped"])
def test_packing_strategy(start: Start, strategy: str) -> None:
    training = start(packing=True, packing_strategy=strategy)
    training.run()
    assert training.build().args.packing_strategy == strategy
    assert ("rows see those before them" in training.notes) == (strategy == "wrapped")


def test_wrapped_mixes_rows_and_bfd_does_not(start: Start) -> None:
    bfd, wrapped = start("a", packing=True), start("b", packing=True, packing_strategy="wrapped")
    bfd.run()
    wrapped.run()
    assert abs(bfd.seen("loss")[0] - wrapped.seen("loss")[0]) > 0.01


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_padding_free_lays_a_batch_end_to_end(start: Start, attention: str) -> None:
    init = {"attn_implementation": attention}
    plain, free = start("a", model_init_kwargs=init), start("b", padding_free=True, model_init_kwargs=init)
    plain.run()
    free.run()
    assert free.seen("loss")[0] == pytest.approx(plain.seen("loss")[0], rel=1e-4)
    batches = [next(iter(training.build().get_train_dataloader())) for training in (plain, free)]
    assert [len(batch["input_ids"]) for batch in batches] == [4, 1]
    assert free.build().model.config._attn_implementation == attention


def test_gradient_checkpointing_computes_each_layer_again(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.models.llama.modeling_llama import LlamaMLP

    forward, calls = LlamaMLP.forward, []

    def counted(self: Any, x: Any) -> Any:
        calls.append(self)
        return forward(self, x)

    monkeypatch.setattr(LlamaMLP, "forward", counted)
    found = {}
    for on in (False, True):
        calls.clear()
        training = start(str(on), gradient_checkpointing=on)
        training.run()
        found[on] = (len(calls), training.seen("loss")[0])
    layers = 2
    assert found[True][0] == found[False][0] + layers
    assert found[True][1] == pytest.approx(found[False][1], rel=1e-5)


def test_model_init_kwargs_decide_the_dtype(start: Start) -> None:
    trained = {
        name: load_file(start(name, peft_config=None, model_init_kwargs=init).run() / "model.safetensors")
        for name, init in (("plain", {}), ("bf16", {"dtype": "bfloat16"}))
    }
    assert {tensor.dtype for tensor in trained["plain"].values()} == {torch.float32}
    assert {tensor.dtype for tensor in trained["bf16"].values()} == {torch.bfloat16}


@pytest.mark.parametrize("wrong", [{"attn_implementaton": "sdpa"}, {"attn_implementation": "sdp"}])
def test_a_model_that_cannot_be_loaded_so_is_one_sentence(start: Start, wrong: dict[str, str]) -> None:
    with pytest.raises(TrainError, match=r"with these model_init_kwargs: .*(attn_implementaton|sdp)"):
        start(model_init_kwargs=wrong).run()


@pytest.mark.parametrize("peft_config", [{"r": 4}, None], ids=["lora", "full"])
def test_bf16_computes_in_bfloat16(start: Start, peft_config: Any) -> None:
    rough, exact = (start(str(bf16), bf16=bf16, peft_config=peft_config) for bf16 in (True, False))
    for training in (rough, exact):
        training.run()
    assert rough.seen("loss") != exact.seen("loss")
    assert rough.seen("loss") == pytest.approx(exact.seen("loss"), rel=0.01)


def test_weights_that_are_trained_are_float32_and_move_at_a_rate_that_bfloat16_would_lose(
    start: Start, tiny_model_dir: Path
) -> None:
    settings = {"peft_config": None, "bf16": True, "learning_rate": 1e-5, "save_steps": 1}
    before = load_file(tiny_model_dir / "model.safetensors")

    def moved(training: Any) -> float:
        """The share of the weights that the first step moved."""
        published = load_file(training.run() / "model.safetensors").values()
        assert {tensor.dtype for tensor in published} == {torch.bfloat16}
        after = load_file(training.job.output / "checkpoints/checkpoint-1/model.safetensors")
        changed = sum(int((after[name] != before[name].to(after[name].dtype)).sum()) for name in after)
        return changed / sum(tensor.numel() for tensor in after.values())

    fine, coarse = start("fine", **settings), start("coarse", **settings, model_init_kwargs={"dtype": "bfloat16"})
    assert moved(fine) > 0.9 and "bfloat16" not in fine.notes
    share = moved(coarse)
    assert share < 0.1
    assert f"too coarse for {1 - share:.0%} of them: an update of 1e-05" in coarse.notes
    assert fine.seen("loss")[0] == pytest.approx(coarse.seen("loss")[0], rel=0.02)


def test_steps_rates_and_logs(start: Start) -> None:
    training = start(max_steps=-1, num_train_epochs=1.5, learning_rate=0.25, logging_steps=2)
    training.run()
    assert training.steps == 6
    assert training.seen("step") == [2, 4, 6]
    first = start("first", learning_rate=0.25)
    first.run()
    assert first.seen("learning_rate") == [0.25]


def test_the_rate_rises_over_the_warmup_steps(start: Start) -> None:
    training = start(max_steps=3, learning_rate=1.0, warmup_steps=2)
    training.run()
    assert training.seen("learning_rate") == [0.0, 0.5, 1.0]


def test_lr_scheduler_and_its_arguments(start: Start) -> None:
    training = start(
        max_steps=6, learning_rate=1.0, lr_scheduler_type="cosine_with_restarts", lr_scheduler_kwargs={"num_cycles": 2}
    )
    training.run()
    rates = training.seen("learning_rate")
    assert rates[0] == rates[3] == 1.0 > rates[1]


def test_save_steps(start: Start) -> None:
    training = start(max_steps=3, save_steps=2, save_total_limit=5)
    training.run()
    assert {path.name for path in (training.job.output / "checkpoints").glob("*-*")} == {"checkpoint-2", "checkpoint-3"}


def test_peft_config(start: Start) -> None:
    folder = start("lora", peft_config={"r": 8, "lora_alpha": 3, "use_rslora": True}).run()
    saved = json.loads((folder / "adapter_config.json").read_text())
    assert (saved["r"], saved["lora_alpha"], saved["use_rslora"]) == (8, 3, True)
    assert (start("full", peft_config=None).run() / "model.safetensors").exists()


def test_a_ready_adapter_is_gone_on_with(start: Start, tmp_path: Path) -> None:
    first = start("first", max_steps=8, learning_rate=0.02, per_device_train_batch_size=16)
    adapter = first.run()
    more = start("more", adapter=str(adapter), peft_config=None, learning_rate=1e-9, per_device_train_batch_size=16)
    folder = more.run()
    assert more.seen("loss")[0] < first.seen("loss")[0] - 0.5
    before, after = (load_file(path / "adapter_model.safetensors") for path in (adapter, folder))
    assert all(torch.allclose(before[name], after[name], atol=1e-6) for name in before)
    assert set(more.config.files()) == {adapter / "adapter_model.safetensors", adapter / "adapter_config.json"}

    other = shutil.copytree(adapter, tmp_path / "other")
    base = {"name": "another", "revision": "x" * 40}
    (other / "manifest.json").write_text(json.dumps({"base": base, "run": "r", "chat_format": "hermes"}))
    with pytest.raises(ModelError, match="was trained from another"):
        start("third", adapter=str(other), peft_config=None).run()


def test_neftune_adds_noise_and_says_that_it_hides_the_check(start: Start) -> None:
    plain, noisy = start("a"), start("b", neftune_noise_alpha=5)
    plain.run()
    noisy.run()
    assert noisy.seen("loss")[0] != pytest.approx(plain.seen("loss")[0], rel=1e-3)
    assert "neftune_noise_alpha adds noise" in noisy.notes
    assert plain.notes == ""


@pytest.mark.parametrize(
    ("settings", "steps"),
    [
        ({"eval_steps": 2}, [2, 4, 5]),
        ({}, [4, 5]),
        ({"eval_steps": 100}, [5]),
        ({"eval_steps": 2, "packing": True, "num_train_epochs": 5}, [2, 4, 5]),
    ],
)
def test_the_loss_on_eval_dataset_is_in_the_metrics(start: Start, settings: dict[str, Any], steps: list[int]) -> None:
    training = start(eval_dataset=0.2, **{"max_steps": -1, "num_train_epochs": 1.25} | settings)
    training.run()
    metrics = [event.data for event in training.events if event.kind == "metrics"]
    assert [data["step"] for data in metrics if "eval_loss" in data] == steps
    assert all(0 < data["eval_loss"] < 20 for data in metrics if "eval_loss" in data)


@pytest.mark.parametrize("rows_at_a_time", [1, 3])
def test_rows_are_evaluated_so_many_at_a_time(start: Start, rows_at_a_time: int) -> None:
    trainer = start(eval_dataset=0.2, per_device_eval_batch_size=rows_at_a_time).build()
    assert len(next(iter(trainer.get_eval_dataloader()))["input_ids"]) == rows_at_a_time


def test_it_goes_on_from_a_named_checkpoint(start: Start) -> None:
    whole = start("whole", max_steps=4, save_steps=2, save_total_limit=5)
    expected = load_file(whole.run() / "adapter_model.safetensors")
    checkpoint = whole.job.output / "checkpoints" / "checkpoint-2"
    resumed = start("resumed", max_steps=4, resume_from_checkpoint=str(checkpoint))
    given = load_file(resumed.run() / "adapter_model.safetensors")
    assert resumed.seen("step") == [3, 4]
    assert all((expected[name] == given[name]).all() for name in expected)
    assert resumed.config.files() == [checkpoint / "trainer_state.json"]


@pytest.mark.parametrize(("resume", "steps"), [(True, [3, 4]), (False, [1, 2, 3, 4])])
def test_a_run_can_begin_anew(start: Start, resume: bool, steps: list[int]) -> None:
    start(max_steps=2).run()
    again = start(max_steps=4, resume_from_checkpoint=resume)
    again.run()
    assert again.seen("step") == steps


def test_an_option_without_a_meaning_here_reaches_sftconfig(start: Start) -> None:
    plain, sgd = start("a", max_steps=3), start("b", max_steps=3, optim="sgd")
    plain.run()
    sgd.run()
    assert plain.seen("loss")[0] == sgd.seen("loss")[0]
    assert plain.seen("loss")[2] != sgd.seen("loss")[2]
