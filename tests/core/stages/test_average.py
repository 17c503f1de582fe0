"""Weight averaging between base and tuned model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from sftctl.core.config import RunConfig
from sftctl.core.errors import ModelError
from sftctl.core.stages.average import average
from sftctl.core.store import RunFolder
from sftctl.core.types import Model

Tune = Callable[[Any], Any]


def folder(path: Path, base: Path, tune: Tune) -> RunFolder:
    """A run whose tuned model is what `tune` makes of the base."""
    from transformers import AutoModelForCausalLM

    tuned = tune(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32))
    tuned.save_pretrained(path / "tuned")
    (path / "tuned/manifest.json").write_text('{"run": "another"}')
    return RunFolder(path, lambda event: None)


def config(share: float) -> RunConfig:
    return RunConfig(model="tiny", average=share)


def nudged(model: Any) -> Any:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.5
    return model


def with_lora(model: Any) -> Any:
    from peft import LoraConfig, get_peft_model

    return get_peft_model(model, LoraConfig(r=2, lora_alpha=4, target_modules="all-linear", init_lora_weights=False))


def test_full_weights_go_a_part_of_the_way(tiny_model_dir: Path, tmp_path: Path) -> None:
    run = folder(tmp_path / "run", tiny_model_dir, nudged)
    average(run, config(0.25), Model("tiny", tiny_model_dir))
    base = load_file(tiny_model_dir / "model.safetensors")
    averaged = load_file(run.path / "model/model.safetensors")
    assert averaged.keys() == base.keys()
    for name, weight in averaged.items():
        assert torch.allclose(weight, base[name] + 0.125, atol=1e-6)
    manifest = json.loads((run.path / "model/manifest.json").read_text())
    assert manifest == {"run": "run", "average": 0.25}
    assert "# run\n" in (run.path / "model/README.md").read_text(), "its own name, not that of the run that trained it"
    assert not (run.path / "averaged").exists()


def test_a_scaled_adapter_is_the_same_as_averaged_weights(tiny_model_dir: Path, tmp_path: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    run = folder(tmp_path / "run", tiny_model_dir, with_lora)
    average(run, config(0.3), Model("tiny", tiny_model_dir))

    def merged(adapter: str) -> dict[str, Any]:
        base = AutoModelForCausalLM.from_pretrained(tiny_model_dir, dtype=torch.float32)
        weights: dict[str, Any] = PeftModel.from_pretrained(base, run.path / adapter).merge_and_unload().state_dict()
        return weights

    base = AutoModelForCausalLM.from_pretrained(tiny_model_dir, dtype=torch.float32).state_dict()
    tuned, averaged = merged("tuned"), merged("model")
    assert not torch.allclose(tuned["model.layers.0.mlp.up_proj.weight"], base["model.layers.0.mlp.up_proj.weight"])
    for name, weight in averaged.items():
        assert torch.allclose(weight, base[name] + 0.3 * (tuned[name] - base[name]), atol=1e-5)


def test_an_adapter_that_is_not_linear_is_refused(tiny_model_dir: Path, tmp_path: Path) -> None:
    run = folder(tmp_path / "run", tiny_model_dir, with_lora)
    path = run.path / "tuned/adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"use_dora": True}))
    with pytest.raises(ModelError, match="no plain LoRA"):
        average(run, config(0.3), Model("tiny", tiny_model_dir))
    assert not (run.path / "model").exists()
