"""A model's shape out of its config alone: built on torch's meta device, where tensors have no data."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sftctl.core.costs.formulas import ModelShape
from sftctl.core.errors import ModelError, TrainError
from sftctl.core.types import Json


def model_shape(folder: Path, peft: Mapping[str, Json] | None) -> ModelShape:
    """The shape of the model in `folder`, with LoRA adapters by `peft` (peft's `LoraConfig` spellings) or all trained.

    Its parameters are counted where they are, in the modules that a training would have. Raises ModelError for a
    config that transformers does not know, TrainError for adapters that peft refuses.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{folder} holds no model that transformers can build: {error}.") from None
    parameters = sum(p.numel() for p in model.parameters())
    linear = sum(p.numel() for p in model.get_decoder().layers.parameters() if p.ndim > 1)
    adapted: tuple[tuple[int, int], ...] = ()
    if peft is not None:
        model, adapted = _with_adapters(model, peft)
    text = config.get_text_config()
    width = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    return ModelShape(
        parameters=parameters,
        trained=sum(p.numel() for p in model.parameters() if p.requires_grad),
        layers=text.num_hidden_layers,
        hidden=text.hidden_size,
        intermediate=getattr(text, "intermediate_size", None) or 4 * text.hidden_size,
        query=text.num_attention_heads * width,
        key=(getattr(text, "num_key_value_heads", None) or text.num_attention_heads) * width,
        vocabulary=text.vocab_size,
        linear=linear,
        adapted=adapted,
        rank=int(peft["r"]) if peft else 0,
        dora=bool(peft and peft.get("use_dora")),
    )


def _with_adapters(model: Any, settings: Mapping[str, Json]) -> tuple[Any, tuple[tuple[int, int], ...]]:
    """The model with adapters, and the widths of what they adapt."""
    import torch
    from peft import LoraConfig, get_peft_model
    from peft.tuners.lora import LoraLayer

    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what peft has to say it says when the training begins
        try:
            model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **settings))
        except ValueError as error:
            raise TrainError(
                f"peft refuses these adapters: {str(error).rstrip('.')}.", "See train.peft_config."
            ) from None
    layers = [layer for layer in model.modules() if isinstance(layer, LoraLayer)]
    return model, tuple((layer.in_features, layer.out_features) for layer in layers)
