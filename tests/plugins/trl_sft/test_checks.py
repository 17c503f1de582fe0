"""An option that changes what is learned stops the run and is named: here TRL and transformers are made to lie."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from trl_training import Start

from sftctl.core.errors import TrainError
from sftctl.plugins.trl_sft import checks

Collate = Callable[[Any, list[dict[str, Any]]], dict[str, Any]]


def lie(monkeypatch: pytest.MonkeyPatch, only: Callable[[Any], bool], spoil: Callable[[dict[str, Any]], None]) -> None:
    """Have TRL's collator spoil its batches where `only` says so."""
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    honest: Collate = DataCollatorForLanguageModeling.torch_call

    def torch_call(self: Any, examples: list[dict[str, Any]]) -> dict[str, Any]:
        batch = honest(self, examples)
        if only(self):
            spoil(batch)
        return batch

    monkeypatch.setattr(DataCollatorForLanguageModeling, "torch_call", torch_call)


def drop_a_label(batch: dict[str, Any]) -> None:
    at = (batch["labels"][0] != -100).nonzero()[-1]
    batch["labels"][0, at] = -100


def learn_everything(batch: dict[str, Any]) -> None:
    batch["labels"] = batch["input_ids"].clone()


@pytest.mark.parametrize("spoil", [drop_a_label, learn_everything])
@pytest.mark.parametrize("option", ["packing", "padding_free"])
def test_labels_that_an_option_changes_stop_the_run(
    start: Start, monkeypatch: pytest.MonkeyPatch, option: str, spoil: Callable[[dict[str, Any]], None]
) -> None:
    lie(monkeypatch, lambda collator: collator.padding_free, spoil)
    training = start(gradient_checkpointing=True, **{option: True})
    with pytest.raises(TrainError, match=rf"of 16 rows \d+ are missing or changed.* {option}=True is to blame"):
        training.run()
    assert training.seen("loss") == []


def test_without_a_guilty_option_that_is_said(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    lie(monkeypatch, lambda collator: True, drop_a_label)
    with pytest.raises(TrainError, match="No option of ours is to blame"):
        start().run()


def test_wrapped_may_cut_rows_but_not_drop_labels(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    lie(monkeypatch, lambda collator: True, drop_a_label)
    with pytest.raises(TrainError, match=r"gives \d+ learned tokens where the rows have"):
        start(packing=True, packing_strategy="wrapped").run()


def test_rows_that_are_cut_stop_the_run(start: Start) -> None:
    with pytest.raises(TrainError, match="packing=True is to blame"):
        start(packing=True, max_length=20).run()


@pytest.mark.parametrize("option", ["packing", "padding_free"])
def test_rows_that_see_one_another_stop_the_run(start: Start, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    """The labels are right then, and only the loss shows it."""
    import transformers.masking_utils as masks

    monkeypatch.setattr(masks, "find_packed_sequence_indices", lambda position_ids: torch.zeros_like(position_ids))
    training = start(**{option: True})
    with pytest.raises(TrainError, match=rf"The first loss is .* one by one .*{option}=True changes what is learned"):
        training.run()
    assert training.seen("loss") == []


def test_a_loss_that_checkpointing_changes_stops_the_run(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    from trl import SFTTrainer

    honest = SFTTrainer.compute_loss

    def compute_loss(self: Any, *args: Any, **named: Any) -> Any:
        return honest(self, *args, **named) * (1.01 if self.args.gradient_checkpointing else 1)

    monkeypatch.setattr(SFTTrainer, "compute_loss", compute_loss)
    start("plain").run()
    with pytest.raises(TrainError, match="gradient_checkpointing=True changes what is learned"):
        start("spoilt", gradient_checkpointing=True).run()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"peft_config": {"r": 4, "lora_dropout": 0.1}}, "dropout is random"),
        ({"loss_type": "dft"}, "it has another definition"),
        ({"label_smoothing_factor": 0.1}, "it has another definition"),
    ],
)
def test_what_cannot_be_compared_is_said(start: Start, settings: dict[str, Any], reason: str) -> None:
    training = start(**settings)
    training.run()
    assert f"the first loss is not compared with that of the rows one by one: {reason}" in training.notes


@pytest.mark.parametrize("settings", [{}, {"packing": True}, {"peft_config": {"r": 4, "lora_dropout": 0.1}}])
def test_the_checks_change_nothing(start: Start, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]) -> None:
    checked = load_file(start("checked", max_steps=3, **settings).run() / "adapter_model.safetensors")
    for check in ("check_labels", "check_first_loss"):
        monkeypatch.setattr(checks, check, lambda *args: None)
    unchecked = load_file(start("unchecked", max_steps=3, **settings).run() / "adapter_model.safetensors")
    assert all((checked[name] == unchecked[name]).all() for name in checked)


@pytest.mark.parametrize("accumulated", [1, 3])
def test_gradient_accumulation_is_no_lie(start: Start, accumulated: int) -> None:
    training = start(gradient_accumulation_steps=accumulated, per_device_train_batch_size=2)
    training.run()
    assert len(training.seen("loss")) == 1
