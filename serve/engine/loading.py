"""Opening a model: its files, the decoder that fits it, and adapters on top of it."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM
from transformers.utils import logging

from sftctl.core.errors import ModelError
from sftctl.core.machine.device import best_device
from sftctl.serve.engine.blocks import BLOCK
from sftctl.serve.engine.engine import Decoder, Opened
from sftctl.serve.engine.generic import GenericDecoder
from sftctl.serve.engine.kernels import best_kernels
from sftctl.serve.engine.llama import LlamaDecoder, Weights, module_shapes, shape_of, weights_of
from sftctl.serve.engine.lora import read_lora
from sftctl.serve.engine.row import Loaded
from sftctl.serve.engine.shape import Span

CACHE_TOKENS = 49_152
"""Tokens whose keys and values the cache has room for, where memory allows: 1.1 GB for a model of 135M in bf16."""
CACHE_BYTES = 4 * 2**30
"""What the cache may take, unless the model's context alone needs more."""
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")
PROBE = 24
"""Tokens of the comparison with transformers."""


def open_model(path: Path, adapter: Path | None, dtype: torch.dtype) -> Opened:
    """The model in `path`, with a LoRA `adapter` merged in. Raises ModelError if the files do not make one."""
    model = load(path, dtype)
    if adapter is not None:
        model, _ = merge(model, adapter)
    model = model.eval().requires_grad_(False)
    context = int(getattr(model.config, "max_position_embeddings", None) or 1_000_000)
    vocabulary = int(model.get_input_embeddings().weight.shape[0])
    with torch.inference_mode():
        decoder, weights = _llama(model, context) or (None, None)
    if decoder is None or weights is None:
        return _generic(model, path, context, vocabulary)

    shapes = module_shapes(model)

    def load_adapter(folder: Path, merged: bool) -> Loaded:
        with _fitting(folder):
            lora = None if merged else read_lora(folder, shapes, weights.embedding)
        if lora is not None:
            return Loaded(content_of(folder), weights, lora)
        made, changed = merge(load(path, dtype), folder)
        with torch.inference_mode():
            return Loaded(f"merged {content_of(folder)}", weights_of(made, weights, changed))

    if adapter is not None:  # it is part of the base now, and nothing can be added to it
        load_adapter = refuse_adapter
    blocks = decoder.cache.keys[0].shape[0]
    return Opened(decoder, Loaded("base", weights), context, vocabulary, blocks, load_adapter)


def _llama(model: Any, context: int) -> tuple[LlamaDecoder, Weights] | None:
    """The hand-written decoder, if it can read the model and computes what transformers does."""
    try:
        shape, weights = shape_of(model), weights_of(model)
        per_block = 2 * BLOCK * shape.layers * shape.kv_heads * shape.head_size * model.dtype.itemsize
        blocks = max(-(-context // BLOCK), min(CACHE_TOKENS // BLOCK, CACHE_BYTES // per_block)) + 1
        kernels = best_kernels(model.device, model.dtype, shape)
        decoder = LlamaDecoder(shape, blocks, kernels, model.dtype, model.device)
        tolerance = 0.1 if model.dtype == torch.float32 else 3.0
        return (decoder, weights) if agrees(decoder, weights, model, tolerance) else None
    except (AttributeError, TypeError, RuntimeError, ValueError):
        return None


def agrees(decoder: Decoder, weights: Any, model: Any, tolerance: float) -> bool:
    """Whether the decoder's logits are those of transformers within `tolerance` per cent, for some tokens."""
    if any(kind != "full_attention" for kind in getattr(model.config, "layer_types", None) or ()):
        return False
    vocabulary = model.get_input_embeddings().weight.shape[0]
    tokens = torch.randint(vocabulary, (PROBE,), generator=torch.Generator().manual_seed(0)).tolist()
    expected = model(input_ids=torch.tensor([tokens], device=model.device)).logits[0].float()
    first = decoder.forward([Span(tokens[:-1], 0, [1], 0, all_logits=True)], weights)
    last = decoder.forward([Span(tokens[-1:], PROBE - 1, [1], 0)], weights)
    difference = torch.cat([first, last]).float() - expected
    return bool(difference.norm() < tolerance / 100 * expected.norm())


def _generic(model: Any, path: Path, context: int, vocabulary: int) -> Opened:
    blocks = max(-(-context // BLOCK), CACHE_TOKENS // BLOCK) + 1

    def load_adapter(folder: Path, merged: bool) -> Loaded:
        made, _ = merge(load(path, model.dtype), folder)
        return Loaded(f"merged {content_of(folder)}", made.eval().requires_grad_(False))

    return Opened(GenericDecoder(model), Loaded("base", model), context, vocabulary, blocks, load_adapter)


def refuse_adapter(folder: Path, merged: bool) -> Loaded:
    raise ModelError("This model was opened with an adapter merged into it.", "Open its base, and load both.")


# ---------------------------------------------------------------- files


def load(path: Path, dtype: torch.dtype) -> Any:
    """A transformers model on this machine's best device. Raises ModelError if the files do not make one."""
    logging.disable_progress_bar()  # ours would be torn by theirs
    try:
        model = AutoModelForCausalLM.from_pretrained(
            path, dtype=dtype, use_safetensors=True, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(f"The model in {path} cannot be loaded: {_first_line(error)}.") from error
    return model.to(best_device())


def merge(model: Any, adapter: Path) -> tuple[Any, frozenset[str]]:
    """`model` with the LoRA in `adapter` added to its weights, and which of its decoder's modules that changed."""
    from peft import PeftModel
    from peft.tuners.tuners_utils import BaseTunerLayer
    from peft.utils.other import AuxiliaryTrainingWrapper

    with _fitting(adapter):
        wrapped = PeftModel.from_pretrained(model, adapter)
        kinds = (BaseTunerLayer, AuxiliaryTrainingWrapper)
        names = [name for name, module in wrapped.base_model.model.named_modules() if isinstance(module, kinds)]
        changed = frozenset(name.removeprefix("model.") for name in names)
        return wrapped.merge_and_unload(safe_merge=True), changed


@contextmanager
def _fitting(adapter: Path) -> Iterator[None]:
    """Raises ModelError where the adapter in this folder cannot be read or does not fit the model."""
    if not all((adapter / name).is_file() for name in ADAPTER_FILES):
        raise ModelError(f"{adapter} holds no adapter.", f"It needs {' and '.join(ADAPTER_FILES)} (no pickle).")
    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, SafetensorError) as error:
        raise ModelError(f"The adapter in {adapter} does not fit the model: {_first_line(error)}.") from error


def content_of(adapter: Path) -> str:
    """A hash of an adapter's weights and settings."""
    digest = hashlib.sha256()
    for name in ADAPTER_FILES:
        digest.update((adapter / name).read_bytes())
    return digest.hexdigest()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [repr(error)])[0].rstrip(".:")
