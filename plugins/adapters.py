"""What `peft_config` becomes for a given model."""

from typing import Any

from sftctl.core.errors import TrainError, did_you_mean
from sftctl.plugins.hyperparameters import LoraSettings


def lora_config(settings: LoraSettings, model: Any) -> Any:
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
