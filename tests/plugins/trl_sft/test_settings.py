"""What can be set, what cannot, and what is said then."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from trl import SFTConfig

from sftctl.core.config import RunConfig, resolve
from sftctl.core.errors import ConfigError
from sftctl.core.manager import plugin_manager
from sftctl.plugins.hyperparameters import TrainingSettings
from sftctl.plugins.trl_sft.passed_on import REFUSED
from sftctl.plugins.trl_sft.settings import TrlConfig

PLUGINS = plugin_manager()
KNOWN = {field.name for field in dataclasses.fields(SFTConfig)}


def configured(**train: Any) -> RunConfig:
    """The recipe with this trainer, as a YAML file with `train:` would have it."""
    return resolve(PLUGINS, "toolcall", flags={"trainer": "trl", "train": train})


def test_what_sftconfig_takes_is_passed_on_as_it_is() -> None:
    config = configured(optim="adafactor", dataloader_num_workers=2).trainer_config(PLUGINS)
    assert isinstance(config, TrlConfig)
    arguments = config.arguments()
    assert (arguments["optim"], arguments["dataloader_num_workers"]) == ("adafactor", 2)
    assert config.model_dump()["optim"] == "adafactor"  # so another value is another training


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"learnin_rate": 1}, "'learnin_rate' is no setting .* Did you mean 'learning_rate'"),
        ({"max_seq_length": 1024}, "'max_seq_length' is no setting .* 'max_length'"),
        ({"paking": True}, "Did you mean 'packing'"),
        ({"dataloader_num_workers": "many"}, "'dataloader_num_workers': .*integer.*'many'"),
        ({"logging_first_step": "perhaps"}, "'logging_first_step': .*boolean"),
        ({"optim": "adamx"}, "refuses these settings: adamx"),
        ({"output_dir": "x"}, "'output_dir' cannot be set: checkpoints lie in the run's folder"),
        ({"dataset_text_field": "x"}, "every trainer gets the same token ids and labels"),
        ({"packing_strategy": "ffd"}, "packing_strategy.*'bfd'"),
        ({"packing": True, "padding_free": True, "packing_strategy": "wrapped"}, "exclude each other"),
        ({"report_to": "comet_ml"}, "'trackio', 'tensorboard', 'wandb' or 'mlflow'"),
        ({"model_init_kwargs": {"trust_remote_code": True}}, "cannot have 'trust_remote_code'"),
        ({"model_init_kwargs": {"use_kernels": True}}, "beside model_init_kwargs"),
        ({"model_init_kwargs": {"dtype": "bf16"}}, "no dtype 'bf16'. Known: auto, bfloat16"),
        ({"model_init_kwargs": {"dtype": None}}, "no dtype 'None'"),
        ({"pad_token": "x"}, "'pad_token' cannot be set: padding carries no loss"),
        ({"eval_steps": 5}, "need an eval_dataset"),
        ({"eval_dataset": 1.5}, "less than 1"),
        ({"eval_dataset": 0.1, "eval_steps": 5, "eval_strategy": "epoch"}, "no effect"),
        ({"adapter": "nowhere"}, "Set peft_config: null"),
        ({"adapter": "nowhere", "peft_config": None}, "there is no nowhere/adapter_model.safetensors"),
        ({"resume_from_checkpoint": "nowhere"}, "no checkpoint"),
    ],
)
def test_a_mistake_is_said_before_anything_runs(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        configured(**settings)


@pytest.mark.parametrize("given", [{"dtype": "torch.bfloat16"}, {"torch_dtype": "bfloat16"}, {"dtype": "bfloat16"}])
def test_a_dtype_is_known_in_each_of_its_spellings(given: dict[str, Any]) -> None:
    config = configured(model_init_kwargs=given).trainer_config(PLUGINS)
    assert isinstance(config, TrlConfig) and config.model_init_kwargs == {"dtype": "bfloat16"}


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("option", ["use_liger_kernel", "use_kernels"])
def test_kernels_for_gpus_are_refused_on_a_cpu(option: str) -> None:
    with pytest.raises(ConfigError, match=f"{option}: true needs a GPU"):
        configured(**{option: True})


@pytest.mark.parametrize("tracker", ["trackio", "tensorboard", "wandb", "mlflow"])
def test_a_tracker_that_is_missing_is_named_with_its_package(tracker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sftctl.plugins.trackers.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=f"report_to: {tracker} needs .* pip install {tracker}"):
        configured(report_to=[tracker])


@pytest.mark.parametrize("tracker", ["trackio", "tensorboard", "wandb", "mlflow"])
def test_a_tracker_reaches_sftconfig(tracker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sftctl.plugins.trackers.find_spec", lambda name: name)  # as if it were installed
    assert SFTConfig(output_dir="unused", **TrlConfig(report_to=[tracker]).arguments()).report_to == [tracker]
    assert SFTConfig(output_dir="unused", **TrlConfig().arguments()).report_to == []


def test_what_is_refused_is_sftconfigs_and_what_is_ours_is_spelled_like_it() -> None:
    assert set(REFUSED) <= KNOWN
    own = set(TrlConfig.model_fields) - KNOWN
    assert own == {"adapter", "eval_dataset", "use_kernels", "peft_config"}  # of SFTTrainer and from_pretrained


def test_every_argument_reaches_sftconfig() -> None:
    config = TrlConfig(eval_dataset=0.1, packing=True)
    elsewhere = {"peft_config", "model_init_kwargs", "adapter", "eval_dataset", "use_kernels", "resume_from_checkpoint"}
    elsewhere |= {"assistant_only_loss", "completion_only_loss"}  # decided before, for every trainer
    assert set(TrlConfig.model_fields) - elsewhere <= set(config.arguments()) <= KNOWN


SAME = {"lr_scheduler_kwargs", "model_init_kwargs", "report_to", "eval_strategy", "resume_from_checkpoint"}
"""Written in another way by us, to the same effect, or to that which docs/training.md has in a table."""


def test_defaults_that_differ_from_trls_are_all_named() -> None:
    ours, theirs = TrlConfig(), SFTConfig(output_dir="unused", use_cpu=True)
    both = KNOWN & set(TrlConfig.model_fields) - SAME
    differ = {name for name in both if getattr(ours, name) != getattr(theirs, name)}
    page = (Path(__file__).parents[3] / "docs/training.md").read_text(encoding="utf-8")
    (said,) = re.findall(r"^- Defaults that differ from TRL's(.*?)^- ", page, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"`(\w+)`", said)) == differ


def test_nothing_is_cut_where_nothing_is_packed() -> None:
    assert TrlConfig(max_length=64).arguments()["max_length"] is None
    assert TrlConfig(max_length=64, packing=True).arguments()["max_length"] == 64


def test_both_trainers_have_the_same_common_settings() -> None:
    for name in TrainingSettings.model_fields:
        assert TrlConfig.model_fields[name].default == TrainingSettings.model_fields[name].default


def test_eval_dataset_is_a_share_or_a_file(tmp_path: Path) -> None:
    assert TrlConfig(eval_dataset=0.25).eval_dataset == 0.25
    given = TrlConfig.model_validate({"eval_dataset": str(tmp_path / "rows.jsonl")}).eval_dataset
    assert not isinstance(given, float) and given is not None
    assert given.path == str(tmp_path / "rows.jsonl")
