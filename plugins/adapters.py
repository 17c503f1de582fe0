"""The adapters that training begins with: what `peft_config` becomes for a given model."""

from typing import Any

import torch

from sftctl.core.errors import TrainError, did_you_mean
from sftctl.plugins.hyperparameters import LoraSettings


def with_adapters(model: Any, settings: LoraSettings, seed: int) -> Any:
    """The model as a `PeftModel`, with new adapters that are drawn from `seed` alone.

    peft draws them on the CPU and in float32, whatever the model's device and dtype, so every trainer begins with the
    same numbers. Raises TrainError where peft cannot put adapters there.
    """
    from peft import get_peft_model

    torch.manual_seed(seed)
    try:
        return get_peft_model(model, _lora_config(settings, model))
    except (ValueError, TypeError, NotImplementedError) as error:
        raise TrainError(f"In peft_config: {error}") from error


def _lora_config(settings: LoraSettings, model: Any) -> Any:
    """peft's `LoraConfig`. Raises TrainError where a module is named that the model does not have.

    peft itself says nothing about an unknown name in `modules_to_save`.
    """
    from peft import LoraConfig

    names = {part for name, _ in model.named_modules() for part in name.split(".") if part and not part.isdigit()}
    named = settings.target_modules if isinstance(settings.target_modules, list) else []
    for module in (*named, *(settings.modules_to_save or ())):
        if module.rpartition(".")[2] not in names:
            raise TrainError(f"In peft_config: the model has no module '{module}'.", did_you_mean(module, names))
    return LoraConfig(task_type="CAUSAL_LM", **settings.model_dump())
