"""The training loop, top to bottom: load, adapt, then for each step forward, backward, clip, update."""

import ctypes
import gc
import math
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sftctl.core.errors import TrainError
from sftctl.core.machine.compiled import building
from sftctl.core.machine.device import best_device
from sftctl.core.types import IGNORED, Event, TrainJob
from sftctl.plugins.adapters import with_adapters
from sftctl.plugins.loop import LoopConfig, attention, checkpoints, ema, lora, neftune, packing, quantized, threshold
from sftctl.plugins.loop.anchor import open_anchor
from sftctl.plugins.loop.loss import linear_cross_entropy, loss_and_gradient

COMPILE_PAYS_AFTER = 40
"""Packs from which compiling the layers (10 to 40 s) is earned back."""


def train(job: TrainJob) -> Path:
    """Train on `job.train`; the folder with adapter or weights. Goes on from the last checkpoint, exactly."""
    with ExitStack() as compiling:
        return _train(job, compiling)


def _train(job: TrainJob, compiling: ExitStack) -> Path:
    """The same; what is open while layers may be compiled is in `compiling`."""
    config = job.config
    assert isinstance(config, LoopConfig)
    device = best_device()
    torch.manual_seed(job.seed)

    # -- the rows, in the order in which they will be seen
    if not any(label != IGNORED for row in job.train for label in row.labels[1:]):
        raise TrainError("There is nothing to learn: no token of the training data carries loss.")
    lengths = [len(row.input_ids) for row in job.train]
    kin = packing.families(job.train)
    epoch = packing.plan(lengths, kin, config.max_length, config.packing, job.seed)
    total = total_steps(config, len(epoch))
    drawn = _steps(lengths, kin, config, job.seed)
    at_once = together(config, device)
    learning_rate = schedule(config, total)

    # -- the model, and what of it is trained
    model, embed, decoder, head = load(job, device)
    anchor = open_anchor(job, model, decoder, head)
    compiled = _compile(decoder, config, total * packs_per_step(config))
    if compiled:
        compiling.enter_context(_compiling())
    kernel = torch.compile(loss_and_gradient, dynamic=False) if compiled and config.packing else loss_and_gradient
    fill_to = config.max_length if compiled and config.packing else 0
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    # Adapters are float32 already. A fully trained bf16 model gets float32 masters: a bf16 weight is too
    # coarse to add a small update to.
    masters = {name: p if p.dtype == torch.float32 else p.detach().float() for name, p in trained.items()}
    optimizer = _adamw(masters, config)
    average = ema.start(masters) if config.ema_decay else {}

    # -- where an earlier try has left it
    done = checkpoints.restore(job.output, masters, optimizer, average)
    _write_back(trained, masters)
    for _ in islice(drawn, done):
        pass  # seen before the interruption

    # -- the steps
    started, tokens = time.monotonic(), 0
    for step in range(done + 1, total + 1):
        torch.manual_seed(job.seed + step)  # dropout and noise depend on the step alone: a resumed run draws the same
        parts = _parts(next(drawn), at_once)
        batch = [packing.lay(part, job.train, device, model.dtype, fill_to) for part in parts]
        counted = max(1.0, sum(pack.counted(config.first_token_weight) for pack in batch))
        loss = 0.0
        for pack in batch:
            embeddings = embed(pack.input_ids)
            if config.neftune_noise_alpha is not None:
                embeddings = neftune.add_noise(embeddings, pack.position_ids, config.neftune_noise_alpha)
            states = pack.states(decoder, inputs_embeds=embeddings)
            weights = pack.weights(config.first_token_weight)
            part_loss = linear_cross_entropy(states, head.weight, pack.targets, weights, kernel) / counted
            part_loss.backward()
            loss += part_loss.item()
            tokens += pack.tokens
            _take_gradients(trained, masters)
        if anchor:
            kl = anchor.backward(decoder, head.weight, step)
            _take_gradients(trained, masters)
        if not math.isfinite(loss):
            raise TrainError(f"The loss became {loss} at step {step}.", "Lower learning_rate.")
        norm = torch.nn.utils.clip_grad_norm_(masters.values(), config.max_grad_norm)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step)
        optimizer.step()
        optimizer.zero_grad()
        _write_back(trained, masters)
        if config.ema_decay:
            ema.update(average, masters, config.ema_decay, step)

        if config.packing:
            compiling.close()  # all packs have one shape, so nothing is compiled after the first step
        if step == done + 1:
            _give_memory_back()
        if step % config.logging_steps == 0 or step == total:
            metrics = {"step": step, "loss": round(loss, 6), "grad_norm": round(float(norm), 6)}
            metrics["learning_rate"] = learning_rate(step)
            metrics["tokens_per_second"] = round(tokens / (time.monotonic() - started), 1)
            if anchor:
                metrics["kl"] = round(kl, 6)
            job.emit(Event("metrics", "train", metrics))
        job.emit(Event("progress", "train", {"done": step, "total": total}))
        if step % config.save_steps == 0 and step < total:
            checkpoints.save(job.output, step, masters, optimizer, average)

    if config.ema_decay:
        ema.publish(average, masters)
        _write_back(trained, masters)
    model.eval()
    if config.refusal_cost is not None:
        some = [packing.lay([pack], job.train, device, model.dtype, fill_to) for pack in epoch[: threshold.PACKS]]
        threshold.settle(job, some, embed, decoder, head, config.refusal_cost)
    return _save(model, job.output / "trained")


def schedule(config: LoopConfig, total: int) -> Callable[[int], float]:
    """The learning rate of each step, 1 … `total`: transformers' schedule of that name.

    But the warm-up takes at most half of the steps, and begins above zero: a step at zero would teach nothing.
    """
    from transformers import get_scheduler

    optimizer = torch.optim.SGD([torch.zeros(1)], config.learning_rate)
    warmup = min(config.warmup_steps, total // 2)
    try:
        found = get_scheduler(config.lr_scheduler_type, optimizer, warmup, total, config.lr_scheduler_kwargs)
        factor = found.lr_lambdas[0]
        factor(total)
    except (TypeError, ValueError) as error:
        raise TrainError(
            f"lr_scheduler_kwargs do not fit lr_scheduler_type={config.lr_scheduler_type}: {error}."
        ) from None
    return lambda step: config.learning_rate * float(factor(step if step <= warmup else step - 1))


def _steps(
    lengths: list[int], kin: list[packing.Family], config: LoopConfig, seed: int
) -> Iterator[list[list[packing.Family]]]:
    """The packs of each step, without end: shuffled anew in every epoch, and a step may reach into the next."""
    epochs = (packing.plan(lengths, kin, config.max_length, config.packing, seed + epoch) for epoch in count())
    packs = chain.from_iterable(epochs)
    while True:
        yield list(islice(packs, packs_per_step(config)))


def _parts(packs: list[list[packing.Family]], at_once: int) -> list[list[list[packing.Family]]]:
    """The packs of a step in parts, each of which is computed at once."""
    return [packs[start : start + at_once] for start in range(0, len(packs), at_once)]


def load(job: TrainJob, device: torch.device) -> tuple[Any, Any, Any, Any]:
    """The model to train, and within it the embedding, the decoder stack and the output head."""
    from transformers import AutoModelForCausalLM

    config = job.config
    assert isinstance(config, LoopConfig)
    attention.register()
    dtype = torch.bfloat16 if config.computes_in_bf16() else torch.float32
    model = AutoModelForCausalLM.from_pretrained(
        job.model.path,
        dtype=dtype,
        attn_implementation=attention.NAME,
        trust_remote_code=False,
        quantization_config=quantized.settings(config, dtype),
    ).to(device)
    base = model
    if config.load_in_4bit:
        quantized.keep_trainable(model)
    if config.peft_config is not None:
        model = with_adapters(model, config.peft_config, job.seed)
        lora.compute_beside(model)
        if config.load_in_4bit:
            quantized.compute_beside(model)
    if config.gradient_checkpointing:
        _checkpoint_layers(base)
    model.train()
    return model, base.get_input_embeddings(), base.get_decoder(), base.get_output_embeddings()


def _checkpoint_layers(model: Any) -> None:
    """Keep only what goes into each layer for the backward pass."""
    newer = getattr(model, "activation_checkpointing_enable", None)  # transformers from 5.24 on
    (newer or model.gradient_checkpointing_enable)({"use_reentrant": False})


def _compile(decoder: Any, config: LoopConfig, packs: int) -> bool:
    """Compile the layers if it was asked for, or if it pays; whether it was done."""
    wanted = compiles(config, packs)
    if wanted:
        for layer in decoder.layers:  # all have the same code, so it is compiled once
            layer.compile(dynamic=False if config.packing else None)
    return wanted


@contextmanager
def _compiling() -> Iterator[None]:
    """While it lasts, layers may be compiled: into the cache, and so that what is cheap is computed again, not kept."""
    from torch._functorch.config import patch

    with building(), patch(ban_recompute_materialized_backward=False):
        yield


def total_steps(config: LoopConfig, packs: float) -> int:
    """Optimizer steps of a training whose epoch has so many packs."""
    if config.max_steps > 0:
        return config.max_steps
    return math.ceil(packs * config.num_train_epochs / packs_per_step(config))


def packs_per_step(config: LoopConfig) -> int:
    """Packs whose gradients an optimizer step sums up."""
    return config.per_device_train_batch_size * config.gradient_accumulation_steps


def together(config: LoopConfig, device: torch.device) -> int:
    """Packs whose layers are computed at once: a GPU would be idle with one, a CPU's caches hold no more."""
    return config.per_device_train_batch_size if attention.in_one_launch(device) else 1


def compiles(config: LoopConfig, packs: int) -> bool:
    """Whether the layers are compiled for a training of so many packs."""
    if config.torch_compile != "auto":
        return config.torch_compile
    compiler = shutil.which("g++") or shutil.which("clang++")
    return config.packing and bool(compiler) and packs >= COMPILE_PAYS_AFTER and not _in_pieces(config)


def _in_pieces(config: LoopConfig) -> bool:
    """Whether peft's or bitsandbytes' own forward pass is used, which compiles slowly, piece by piece."""
    adapters = config.peft_config
    return adapters is not None and bool(adapters.use_dora or (config.load_in_4bit and adapters.lora_dropout))


def _adamw(masters: dict[str, Tensor], config: LoopConfig) -> torch.optim.AdamW:
    """What moves the weights. Norms and biases do not decay, as in transformers' Trainer."""
    decays: dict[bool, list[Tensor]] = {}
    for name, master in masters.items():
        decays.setdefault("norm" not in name and "bias" not in name, []).append(master)
    groups = [{"params": group, "weight_decay": config.weight_decay * decay} for decay, group in decays.items()]
    betas = (config.adam_beta1, config.adam_beta2)
    return torch.optim.AdamW(groups, betas=betas, eps=config.adam_epsilon, fused=True)


def _give_memory_back() -> None:
    """Return to the system what loading, compiling and a first step have left: garbage, and what malloc keeps free.

    Later steps would not all fit into the gaps.
    """
    gc.collect()
    with suppress(OSError, AttributeError):  # it is glibc's
        ctypes.CDLL(None).malloc_trim(0)


def _take_gradients(trained: dict[str, Any], masters: dict[str, Tensor]) -> None:
    """Add the gradients of bf16 weights to those of their float32 masters."""
    for name, parameter in trained.items():
        master = masters[name]
        if master is not parameter and parameter.grad is not None:
            grad = parameter.grad.float()
            master.grad = grad if master.grad is None else master.grad.add_(grad)
            parameter.grad = None


def _write_back(trained: dict[str, Any], masters: dict[str, Tensor]) -> None:
    """Round the float32 masters into the bf16 weights that compute."""
    with torch.no_grad():
        for name, parameter in trained.items():
            if masters[name] is not parameter:
                parameter.copy_(masters[name])


def _save(model: Any, folder: Path) -> Path:
    """Adapter or weights as safetensors in `folder`, replacing what an interrupted try left there."""
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder, safe_serialization=True)
    return folder
