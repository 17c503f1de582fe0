"""Each method and option of the loop does what its name says: each test fails where the option is ignored."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from trainings import LORA, losses, metrics
from transformers import AutoModelForCausalLM, get_scheduler

from sftctl.core.errors import ConfigError, TrainError
from sftctl.core.types import Event, TrainJob
from sftctl.plugins import loop
from sftctl.plugins.hyperparameters import LoraSettings, SchedulerType
from sftctl.plugins.loop import LoopConfig, ema, neftune, quantized
from sftctl.plugins.loop.train import load, schedule, train
from sftctl.serve.engine.loading import open_model
from sftctl.serve.engine.shape import Span

Job = Callable[..., TrainJob]
CPU = torch.device("cpu")
TOKENS = [1, 5, 9, 200, 30, 31, 32, 2, 7, 8]


# ---------------------------------------------------------------- QLoRA


def base_layers(job: TrainJob) -> list[Any]:
    """The linear layers under the adapters."""
    model = load(job, CPU)[0]
    return [module.base_layer for module in model.modules() if hasattr(module, "base_layer")]


def test_qlora_keeps_the_base_in_4_bits(job: Job) -> None:
    full = base_layers(job())
    packed = base_layers(job(load_in_4bit=True))
    assert len(packed) == len(full) == 14
    for layer, exact in zip(packed, full, strict=True):
        assert layer.weight.dtype == torch.uint8
        assert layer.weight.nbytes == exact.weight.numel() / 2
    assert bytes_of(packed) < 0.15 * bytes_of(full)  # of float32: 4 / 32, and a scale for every 64 weights


def bytes_of(layers: list[Any]) -> int:
    return sum(quantized.weight_bytes(layer.weight) for layer in layers)


def test_the_settings_of_the_4_bits_are_honoured(job: Job) -> None:
    (nf4, *_), (fp4, *_), (double, *_) = (
        base_layers(job(load_in_4bit=True, **settings))
        for settings in ({}, {"bnb_4bit_quant_type": "fp4"}, {"bnb_4bit_use_double_quant": True})
    )
    assert (nf4.weight.quant_state.quant_type, fp4.weight.quant_state.quant_type) == ("nf4", "fp4")
    assert not nf4.weight.quant_state.nested
    assert double.weight.quant_state.absmax.dtype == torch.uint8


@pytest.mark.parametrize("bf16", [False, True])
def test_qlora_learns_as_lora_does(job: Job, bf16: bool) -> None:
    lora = losses(job, num_train_epochs=8, bf16=bf16, out="lora")
    qlora = losses(job, num_train_epochs=8, bf16=bf16, load_in_4bit=True, out="qlora")
    assert qlora[0] != lora[0]
    assert qlora[0] == pytest.approx(lora[0], rel=0.1)
    assert qlora[-1] < qlora[0] / 3
    assert qlora[-1] == pytest.approx(lora[-1], abs=0.1 * lora[0])


def test_4_bits_hand_on_gradients_after_an_evaluation_too(job: Job) -> None:
    """On CPUs with AVX-512 BF16 they would not, see `keep_trainable`."""
    layer = base_layers(job(load_in_4bit=True, bf16=True))[0]
    x = torch.randn(3, layer.in_features, dtype=torch.bfloat16)
    with torch.no_grad():
        expected = layer.eval()(x)
    given = layer.train()(x.requires_grad_())
    torch.testing.assert_close(given, expected)
    given.sum().backward()
    assert x.grad is not None and x.grad.any()


def test_qlora_without_its_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"needs the package 'bitsandbytes'.*sftctl\[qlora\]"):
        LoopConfig(load_in_4bit=True)


def test_4_bits_are_not_trained_themselves() -> None:
    with pytest.raises(ConfigError, match="load_in_4bit needs peft_config"):
        LoopConfig(load_in_4bit=True, peft_config=None)


@pytest.mark.parametrize("settings", [{}, {"bnb_4bit_use_double_quant": True}, {"bnb_4bit_quant_type": "fp4"}])
def test_the_forward_pass_on_4_bits_is_pefts(
    job: Job, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    ours = metrics(job, load_in_4bit=True, max_steps=4, out="ours", **settings)
    with monkeypatch.context() as patch:
        patch.setattr(quantized, "compute_beside", lambda model: None)
        pefts = metrics(job, load_in_4bit=True, max_steps=4, out="pefts", **settings)
    for name in ("loss", "grad_norm"):
        assert [step[name] for step in ours] == pytest.approx([step[name] for step in pefts], rel=1e-4)


# ---------------------------------------------------------------- DoRA, rsLoRA, whole modules


def test_dora_trains_magnitudes(job: Job, tiny_model_dir: Path) -> None:
    adapter = load_file(train(job(max_steps=3, peft_config=LORA | {"use_dora": True})) / "adapter_model.safetensors")
    base = load_file(tiny_model_dir / "model.safetensors")
    magnitudes = {name: tensor for name, tensor in adapter.items() if name.endswith("lora_magnitude_vector")}
    assert len(magnitudes) == 14
    for name, magnitude in magnitudes.items():
        weight = base[name.removeprefix("base_model.model.").replace("lora_magnitude_vector", "weight")]
        assert not torch.equal(magnitude, weight.norm(dim=1))
        torch.testing.assert_close(magnitude, weight.norm(dim=1), rtol=0.1, atol=0.05)


def test_rslora_scales_by_the_root_of_the_rank(job: Job) -> None:
    """B begins at zero, so the first gradient is B's alone, and that is proportional to the scale."""
    plain, scaled = (
        metrics(job, max_steps=1, peft_config=LORA | {"use_rslora": use}, out=str(use))[0] for use in (False, True)
    )
    assert scaled["loss"] == plain["loss"]
    assert scaled["grad_norm"] == pytest.approx(plain["grad_norm"] * 4**0.5, rel=1e-4)


def test_modules_to_save_are_trained_and_saved(job: Job, tiny_model_dir: Path) -> None:
    folder = train(job(max_steps=3, peft_config=LORA | {"modules_to_save": ["norm"]}))
    saved = load_file(folder / "adapter_model.safetensors")["base_model.model.model.norm.weight"]
    assert not torch.equal(saved, load_file(tiny_model_dir / "model.safetensors")["model.norm.weight"])


@pytest.mark.parametrize("setting", ["target_modules", "modules_to_save"])
def test_modules_that_the_model_has_not_are_refused(job: Job, setting: str) -> None:
    with pytest.raises(TrainError, match=r"no module 'q_prj'\. Did you mean 'q_proj'"):
        train(job(peft_config=LORA | {setting: ["q_prj"]}))


@pytest.mark.parametrize(
    "method",
    [
        {},
        {"load_in_4bit": True},
        {"peft_config": LORA | {"use_dora": True}},
        {"peft_config": LORA | {"use_dora": True, "use_rslora": True}, "load_in_4bit": True},
        {"peft_config": LORA | {"use_rslora": True}},
        {"peft_config": LORA | {"modules_to_save": ["norm", "input_layernorm"]}},
        {"peft_config": LORA | {"modules_to_save": ["lm_head"]}},
        {"peft_config": LORA | {"modules_to_save": ["embed_tokens"]}},
    ],
    ids=["lora", "qlora", "dora", "qdora-rslora", "rslora", "norms", "lm_head", "embed_tokens"],
)
@pytest.mark.parametrize("merged_at", ["opening", "loading"])
def test_the_engine_computes_what_peft_does(
    job: Job, tiny_model_dir: Path, method: dict[str, Any], merged_at: str
) -> None:
    from peft import PeftModel

    folder = train(job(max_steps=4, warmup_steps=0, learning_rate=3e-2, **method))
    base = AutoModelForCausalLM.from_pretrained(tiny_model_dir)
    with torch.inference_mode():
        before = base(torch.tensor([TOKENS])).logits[0]
        expected = PeftModel.from_pretrained(base, folder)(torch.tensor([TOKENS])).logits[0]
    opened = open_model(tiny_model_dir, folder if merged_at == "opening" else None, torch.float32)
    weights = opened.base.weights if merged_at == "opening" else opened.load_adapter(folder, True).weights
    with torch.inference_mode():
        given = opened.decoder.forward([Span(TOKENS, 0, [1], 0, all_logits=True)], weights)
    assert (expected - before).norm() > 0.1 * before.norm(), "too little was learned to tell anything"
    torch.testing.assert_close(given.cpu(), expected, rtol=1e-3, atol=1e-3)


# ---------------------------------------------------------------- checkpointing, noise, average


@pytest.mark.parametrize("peft_config", [LORA, None, LORA | {"use_dora": True}])
def test_checkpointing_changes_nothing_but_memory(job: Job, peft_config: Any) -> None:
    def run(checkpointing: bool) -> tuple[list[dict[str, float]], int]:
        kept = 0

        def keep(tensor: Tensor) -> Tensor:
            nonlocal kept
            kept += 0 if isinstance(tensor, nn.Parameter) else tensor.nbytes
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            settings = {"gradient_checkpointing": checkpointing, "peft_config": peft_config, "max_steps": 4}
            return metrics(job, out=str(checkpointing), **settings), kept

    plain, plain_bytes = run(False)
    checkpointed, checkpointed_bytes = run(True)
    for name in ("loss", "grad_norm"):
        assert [step[name] for step in checkpointed] == pytest.approx([step[name] for step in plain], rel=1e-4)
    assert checkpointed_bytes < plain_bytes / 2


def test_neftune_changes_the_loss_and_leaves_nothing_behind(job: Job) -> None:
    plain = losses(job, max_steps=3, peft_config=None, out="plain")
    noisy = losses(job, max_steps=3, peft_config=None, neftune_noise_alpha=5.0, out="noisy")
    again = losses(job, max_steps=3, peft_config=None, neftune_noise_alpha=5.0, out="again")
    assert noisy == again
    assert all(a != b for a, b in zip(plain, noisy, strict=True))
    assert noisy[0] == pytest.approx(plain[0], rel=0.2)
    folders = [job(out=out).output / "trained" for out in ("plain", "noisy")]
    expected, given = (load_file(folder / "model.safetensors") for folder in folders)
    assert expected.keys() == given.keys()
    model = AutoModelForCausalLM.from_pretrained(folders[1])
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert torch.equal(model.get_input_embeddings().weight, given["model.embed_tokens.weight"])


def test_the_noise_is_as_loud_as_the_length_of_each_row_says() -> None:
    """Two rows of 4 and 9 tokens, then two of 10 and 12 that share 8."""
    positions = torch.tensor([[*range(4), *range(9), *range(10), *range(8, 12)]])
    torch.manual_seed(0)
    clean = torch.ones(1, 27, 4096)
    loudest = (neftune.add_noise(clean, positions, 5.0) - clean).abs().amax(-1)[0]
    expected = torch.tensor([4.0] * 4 + [9.0] * 9 + [10.0] * 10 + [12.0] * 4).mul(4096).rsqrt() * 5.0
    torch.testing.assert_close(loudest, expected, rtol=0.01, atol=0)


@pytest.mark.parametrize("peft_config", [LORA, None])
def test_what_is_published_is_the_average(job: Job, peft_config: Any) -> None:
    """The weights after each step come out of the checkpoints, those after the last out of a run without average."""
    settings = {"max_steps": 5, "save_steps": 1, "peft_config": peft_config}
    after: list[dict[str, Tensor]] = []

    def collect(event: Event) -> None:
        if event.kind == "progress" and event.data["done"] > 1:
            (state,) = (job(out="ema").output / "checkpoints").glob("*/state.safetensors")
            after.append({name: tensor for name, tensor in load_file(state).items() if name.startswith("weight/")})

    folder = train(job(collect, out="ema", ema_decay=0.8, **settings))
    last = train(job(out="plain", **settings))
    (name,) = [path.name for path in folder.glob("*.safetensors")]
    published, final = load_file(folder / name), load_file(last / name)
    assert len(after) == 4
    for key, given in published.items():
        inside = f"weight/{key}".replace("lora_A.", "lora_A.default.").replace("lora_B.", "lora_B.default.")
        weights = [*(state[inside] for state in after), final[key]]
        shares = [0.8 ** (4 - step) for step in range(5)]
        average = sum(share * weight for share, weight in zip(shares, weights, strict=True)) / sum(shares)
        torch.testing.assert_close(given, average, rtol=1e-4, atol=1e-6)
        assert not torch.equal(given, final[key])


def test_an_average_of_one_step_is_that_step() -> None:
    weights = {"w": torch.tensor([1.0, 2.0])}
    average = ema.start(weights)
    ema.update(average, weights, 0.99, 1)
    assert torch.equal(average["w"], weights["w"])


# ---------------------------------------------------------------- schedules

NEEDED: dict[str, dict[str, Any]] = {
    "cosine_with_min_lr": {"min_lr": 0.1},
    "cosine_with_restarts": {"num_cycles": 2},
    "warmup_stable_decay": {"num_decay_steps": 5},
}


@pytest.mark.parametrize("name", get_args(SchedulerType))
def test_each_schedule_is_that_of_transformers_without_a_step_at_zero(name: str) -> None:
    for warmup in (0, 4):
        kwargs = NEEDED.get(name, {})
        settings = {"lr_scheduler_type": name, "lr_scheduler_kwargs": kwargs, "warmup_steps": warmup}
        rate = schedule(LoopConfig(learning_rate=1.0, **settings), 20)
        optimizer = torch.optim.SGD([torch.zeros(1)], 1.0)
        theirs = get_scheduler(name, optimizer, warmup, 20, kwargs).lr_lambdas[0]
        rates = [rate(step) for step in range(1, 21)]
        assert rates[warmup:] == [theirs(step) for step in range(warmup, 20)]
        assert rates[:warmup] == ([1.0] * warmup if name == "constant" else [0.25, 0.5, 0.75, 1.0][:warmup])
        assert all(rates)


def test_the_schedules_differ() -> None:
    curves = {
        name: [
            schedule(LoopConfig(lr_scheduler_type=name, lr_scheduler_kwargs=NEEDED.get(name, {})), 40)(step)
            for step in range(1, 41)
        ]
        for name in get_args(SchedulerType)
    }
    assert all(a != b for a, b in pairwise(sorted(curves.values())))


def test_settings_that_do_not_fit_the_schedule_are_refused(job: Job) -> None:
    with pytest.raises(TrainError, match="do not fit lr_scheduler_type=cosine_with_min_lr"):
        train(job(lr_scheduler_type="cosine_with_min_lr"))
    with pytest.raises(TrainError, match="'min_rl'"):
        train(job(lr_scheduler_type="cosine", lr_scheduler_kwargs={"min_rl": 1}))


# ---------------------------------------------------------------- documentation


def test_every_setting_is_documented_with_its_default_and_its_own_words() -> None:
    page = (Path(__file__).parents[3] / "docs/loop.md").read_text(encoding="utf-8")
    for name, field in (LoraSettings.model_fields | LoopConfig.model_fields).items():
        default = field.get_default(call_default_factory=True)
        shown = "see below" if isinstance(default, LoraSettings) else json.dumps(default)
        assert f"\n| `{name}` | {shown} | {field.description} |\n" in page
