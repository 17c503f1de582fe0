"""QLoRA (arXiv 2305.14314): the base's linear layers in 4 bits through bitsandbytes, adapters in float32 on top."""

from importlib.util import find_spec
from typing import Any

import torch
from torch import nn

from sftctl.core.errors import TrainError
from sftctl.plugins.loop import LoopConfig


def settings(config: LoopConfig, dtype: torch.dtype) -> Any:
    """transformers' `quantization_config` for a base that computes in `dtype`; None where none is asked for.

    Raises TrainError without bitsandbytes.
    """
    if not config.load_in_4bit:
        return None
    if find_spec("bitsandbytes") is None:
        raise TrainError("load_in_4bit needs the package 'bitsandbytes'.", "pip install 'sftctl[qlora]'")
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type=config.bnb_4bit_quant_type,
        bnb_4bit_use_double_quant=config.bnb_4bit_use_double_quant,
        bnb_4bit_compute_dtype=dtype,
    )


def keep_trainable(model: nn.Module) -> None:
    """Turn off the packing for inference that bitsandbytes does on CPUs with AVX-512 BF16.

    It happens in the first forward pass in evaluation mode, for good, and what is packed gives its input no
    gradient: the layers below would stop learning, without an error.
    """
    from bitsandbytes.nn import Linear4bit

    for module in model.modules():
        if isinstance(module, Linear4bit):
            module.support_avx512bf16_for_cpu = False
