"""The formulas of costs, against what PyTorch really keeps and what files really hold."""

import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch.utils._python_dispatch import TorchDispatchMode

from sftctl.core.costs.formulas import Method, activation_bytes, logit_bytes, training_flops, weight_bytes
from sftctl.core.costs.shape import model_shape
from sftctl.core.errors import ModelError, TrainError
from sftctl.plugins.loop import attention, lora
from sftctl.plugins.loop.loss import loss_and_gradient

TOKENS = 256
LORA: dict[str, Any] = {"r": 4, "lora_alpha": 8, "target_modules": "all-linear"}


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Writes a random Llama of that config."""

    def make(**settings: Any) -> Path:
        from transformers import LlamaConfig, LlamaForCausalLM

        sizes = {"hidden_size": 64, "intermediate_size": 160, "num_hidden_layers": 2, "vocab_size": 300}
        heads = {"num_attention_heads": 4, "num_key_value_heads": 2}
        path = tmp_path / "-".join(f"{name}{value}" for name, value in settings.items())
        LlamaForCausalLM(LlamaConfig(**sizes | heads | settings)).save_pretrained(path)
        return path

    return make


# ---------------------------------------------------------------- parameters


@pytest.mark.parametrize(
    "settings",
    [
        {"tie_word_embeddings": True},
        {"tie_word_embeddings": False},
        {"num_key_value_heads": 1},
        {"num_key_value_heads": 4, "head_dim": 32},
        {"attention_bias": True, "mlp_bias": True},
    ],
)
def test_parameters_are_those_in_the_file(folder: Callable[..., Path], settings: dict[str, Any]) -> None:
    path = folder(**settings)
    shape = model_shape(path, None)
    assert shape.parameters == sum(tensor.numel() for tensor in load_file(path / "model.safetensors").values())
    assert shape.trained == shape.parameters


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"target_modules": ["q_proj", "down_proj"]},
        {"target_modules": ["q_proj", "v_proj"], "layers_to_transform": [1], "r": 8},
        {"use_dora": True},
    ],
)
def test_what_lora_trains_is_what_it_saves(tiny_model_dir: Path, tmp_path: Path, more: dict[str, Any]) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    settings = LORA | more
    model = get_peft_model(
        AutoModelForCausalLM.from_pretrained(tiny_model_dir), LoraConfig(task_type="CAUSAL_LM", **settings)
    )
    model.save_pretrained(tmp_path)
    saved = load_file(tmp_path / "adapter_model.safetensors").values()
    shape = model_shape(tiny_model_dir, settings)
    assert shape.trained == sum(tensor.numel() for tensor in saved)
    assert shape.parameters == model_shape(tiny_model_dir, None).parameters


def test_adapters_that_fit_nothing_are_refused_in_one_sentence(tiny_model_dir: Path) -> None:
    with pytest.raises(TrainError, match=r"peft refuses these adapters: .*q_pro"):
        model_shape(tiny_model_dir, LORA | {"target_modules": ["q_pro"]})


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "unheard_of"}')
    with pytest.raises(ModelError, match="holds no model that transformers can build"):
        model_shape(tmp_path, None)


# ---------------------------------------------------------------- memory


def kept(
    path: Path,
    dtype: torch.dtype,
    settings: dict[str, Any] | None = None,
    plain: bool = False,
    checkpointing: bool = False,
    autocast: bool = False,
) -> int:
    """Bytes that a forward pass of the decoder keeps for the backward pass, parameters left out."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    attention.register()
    how = "sdpa" if autocast else attention.NAME
    base = model = AutoModelForCausalLM.from_pretrained(path, dtype=dtype, attn_implementation=how)
    if settings is not None:
        model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **settings))
    if plain:
        lora.compute_beside(model)
    if checkpointing:
        base.gradient_checkpointing_enable({"use_reentrant": False})
    own = {parameter.untyped_storage()._cdata for parameter in model.parameters()}
    storages: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in own:
            storages[storage._cdata] = storage  # held, or another might get its address
        return tensor

    bounds, mask, spans = attention.visibility([TOKENS // 2] * 2, [0, 1], dtype, torch.device("cpu"))
    inputs = base.get_input_embeddings()(torch.zeros(1, TOKENS, dtype=torch.long)).detach().requires_grad_()
    model.train()
    casting = torch.autocast("cpu", torch.bfloat16, enabled=autocast)
    with casting, torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        base.get_decoder()(
            inputs_embeds=inputs,
            position_ids=torch.arange(TOKENS)[None],
            pack_bounds=bounds,
            pack_mask=mask,
            pack_spans=spans,
            use_cache=False,
        )
    return sum(storage.nbytes() for storage in storages.values())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@pytest.mark.parametrize("adapters", [None, "plain", "peft", "dora"])
def test_activations_are_those_that_pytorch_keeps(folder: Callable[..., Path], dtype: Any, adapters: Any) -> None:
    settings = None if adapters is None else LORA | {"use_dora": adapters == "dora"}
    method = Method(dtype == torch.bfloat16, "peft" if adapters == "dora" else adapters, logits=0)
    three, two = (folder(num_hidden_layers=layers) for layers in (3, 2))
    planned = [activation_bytes(model_shape(path, settings), TOKENS, method) for path in (three, two)]
    found = [kept(path, dtype, settings, adapters == "plain") for path in (three, two)]
    assert planned[0] - planned[1] == pytest.approx(found[0] - found[1], rel=0.02)


def test_with_float32_weights_and_bfloat16_matmuls_copies_are_kept(folder: Callable[..., Path]) -> None:
    method = Method(True, None, logits=0, autocast=True)
    three, two = (folder(num_hidden_layers=layers) for layers in (3, 2))
    shapes = [model_shape(path, None) for path in (three, two)]
    copies = [2 * shape.linear for shape in shapes]  # planned among the weights
    planned = [activation_bytes(shape, TOKENS, method) + more for shape, more in zip(shapes, copies, strict=True)]
    found = [kept(path, torch.float32, autocast=True) for path in (three, two)]
    assert planned[0] - planned[1] == pytest.approx(found[0] - found[1], rel=0.02)


def test_with_checkpointing_a_layer_keeps_its_input(folder: Callable[..., Path]) -> None:
    method = Method(True, None, logits=0, checkpointing=True)
    three, two = (folder(num_hidden_layers=layers) for layers in (3, 2))
    planned = [activation_bytes(model_shape(path, None), TOKENS, method) for path in (three, two)]
    found = [kept(path, torch.bfloat16, checkpointing=True) for path in (three, two)]
    assert planned[0] - planned[1] == pytest.approx(found[0] - found[1], rel=0.02)


def test_four_bits_save_most_of_the_layers(tiny_model_dir: Path) -> None:
    shape = model_shape(tiny_model_dir, LORA)
    saved = weight_bytes(shape, 2) - weight_bytes(shape, 2, four_bit=True)
    assert saved == pytest.approx(shape.linear * (2 - 0.5625))


class Live(TorchDispatchMode):
    """Bytes of the tensors that are made and not gone yet, at most."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        if isinstance(made, torch.Tensor) and made._base is None:
            self.now += made.nbytes
            self.peak = max(self.peak, self.now)
            weakref.finalize(made, self._gone, made.nbytes)
        return made

    def _gone(self, size: int) -> None:
        self.now -= size


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_logits_take_what_their_loss_makes_of_them(dtype: torch.dtype) -> None:
    logits = torch.randn(64, 5000).to(dtype)
    with Live() as live:
        loss_and_gradient(logits, torch.zeros(64, dtype=torch.long), torch.ones(64))
    planned = logit_bytes(5000, 64, dtype.itemsize)
    assert live.peak + logits.nbytes == pytest.approx(planned, rel=0.02)


# ---------------------------------------------------------------- arithmetic


@pytest.mark.parametrize("settings", [None, LORA])
def test_flops_are_those_that_pytorch_counts(folder: Callable[..., Path], settings: Any) -> None:
    """But for attention: torch counts all pairs of tokens, and the kernel that skips those that are not seen, none."""
    from peft import LoraConfig, get_peft_model
    from torch.utils.flop_counter import FlopCounterMode
    from transformers import AutoModelForCausalLM

    path = folder()
    model: Any = AutoModelForCausalLM.from_pretrained(path, attn_implementation="eager")
    if settings:
        model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **settings))
    ids = torch.zeros(1, TOKENS, dtype=torch.long)
    with FlopCounterMode(display=False) as counter:
        model(input_ids=ids, labels=ids).loss.backward()
    planned = training_flops(model_shape(path, settings), TOKENS, TOKENS**2, TOKENS, adapters=settings is not None)
    assert planned == pytest.approx(counter.get_total_flops(), rel=0.06)
