"""The training loop, top to bottom: load, adapt, then for each step forward, backward, clip, update."""

import math
import shutil
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sftctl.core.device import best_device
from sftctl.core.errors import TrainError
from sftctl.core.types import IGNORED, Event, TrainJob
from sftctl.plugins.loop import LoopConfig, attention, checkpoints, lora, packing
from sftctl.plugins.loop.loss import linear_cross_entropy, loss_and_gradient

COMPILE_PAYS_AFTER = 40
"""Packs from which compiling the layers (10 to 40 s) is earned back."""


def train(job: TrainJob) -> Path:
    """Train on `job.train`; the folder with adapter or weights. Goes on from the last checkpoint, exactly."""
    config = job.config
    assert isinstance(config, LoopConfig)
    device = best_device()
    torch.manual_seed(job.seed)

    # -- the rows, in the order in which they will be seen
    if not any(label != IGNORED for row in job.train for label in row.labels[1:]):
        raise TrainError("There is nothing to learn: no token of the training data carries loss.")
    lengths = [len(row.input_ids) for row in job.train]
    per_step = config.per_device_train_batch_size * config.gradient_accumulation_steps
    kin = packing.families(job.train)
    epoch = packing.plan(lengths, kin, config.max_length, config.packing, job.seed)
    total = total_steps(config, len(epoch))
    packs = _epochs(lengths, kin, config, job.seed)

    # -- the model
    model, decoder, head = _load(job, device)
    compiled = _compile(decoder, config, total * per_step)
    kernel = torch.compile(loss_and_gradient, dynamic=False) if compiled and config.packing else loss_and_gradient
    fill_to = config.max_length if compiled and config.packing else 0
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    # Adapters are float32 already. A fully trained bf16 model gets float32 masters: a bf16 weight is too
    # coarse to add a small update to.
    masters = {name: p if p.dtype == torch.float32 else p.detach().float() for name, p in trained.items()}
    optimizer = torch.optim.AdamW(
        masters.values(),
        betas=(config.adam_beta1, config.adam_beta2),
        eps=config.adam_epsilon,
        weight_decay=config.weight_decay,
        fused=True,
    )

    # -- the steps
    done = checkpoints.restore(job.output, masters, optimizer)
    _write_back(trained, masters)
    for _ in islice(packs, done * per_step):
        pass  # seen before the interruption
    started, tokens = time.monotonic(), 0
    for step in range(done + 1, total + 1):
        torch.manual_seed(job.seed + step)  # dropout depends on the step alone, so a resumed run draws the same
        batch = [packing.lay(pack, job.train, device, model.dtype, fill_to) for pack in islice(packs, per_step)]
        labels = max(1, sum(pack.labels for pack in batch))
        loss = 0.0
        for pack in batch:
            states = decoder(
                input_ids=pack.input_ids,
                position_ids=pack.position_ids,
                pack_bounds=pack.bounds,
                pack_mask=pack.mask,
                pack_spans=pack.spans,
                use_cache=False,
            ).last_hidden_state
            predicting = states[0, pack.predicting]  # only where there is something to predict
            part = linear_cross_entropy(predicting, head.weight, pack.targets, kernel) / labels
            part.backward()
            loss += part.item()
            tokens += pack.tokens
            _take_gradients(trained, masters)
        norm = torch.nn.utils.clip_grad_norm_(masters.values(), config.max_grad_norm)
        if not math.isfinite(loss):
            raise TrainError(f"The loss became {loss} at step {step}.", "Lower learning_rate.")
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(config, step, total)
        optimizer.step()
        optimizer.zero_grad()
        _write_back(trained, masters)

        if step % config.logging_steps == 0 or step == total:
            metrics = {
                "step": step,
                "loss": round(loss, 6),
                "grad_norm": round(float(norm), 6),
                "learning_rate": learning_rate(config, step, total),
                "tokens_per_second": round(tokens / (time.monotonic() - started), 1),
            }
            job.emit(Event("metrics", "train", metrics))
        job.emit(Event("progress", "train", {"done": step, "total": total}))
        if step % config.save_steps == 0 and step < total:
            checkpoints.save(job.output, step, masters, optimizer)

    return _save(model, job.output / "trained")


def learning_rate(config: LoopConfig, step: int, total: int) -> float:
    """The rate of step 1 … `total`: a linear rise over the warm-up, then the schedule's fall to zero."""
    warmup = min(config.warmup_steps, total // 2)
    if step <= warmup:
        return config.learning_rate * step / warmup
    left = (total - step + 1) / (total - warmup)
    if config.lr_scheduler_type == "linear":
        return config.learning_rate * left
    if config.lr_scheduler_type == "cosine":
        return config.learning_rate * (1 - math.cos(math.pi * left)) / 2
    return config.learning_rate


def _epochs(
    lengths: list[int], kin: list[packing.Family], config: LoopConfig, seed: int
) -> Iterator[list[packing.Family]]:
    """Packs without end, shuffled anew in every epoch."""
    for epoch in count():
        yield from packing.plan(lengths, kin, config.max_length, config.packing, seed + epoch)


def _load(job: TrainJob, device: torch.device) -> tuple[Any, Any, Any]:
    """The model to train, and within it the decoder stack and the output head."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    config = job.config
    assert isinstance(config, LoopConfig)
    attention.register()
    dtype = torch.bfloat16 if config.computes_in_bf16() else torch.float32
    model = AutoModelForCausalLM.from_pretrained(
        job.model.path, dtype=dtype, attn_implementation=attention.NAME, trust_remote_code=False
    ).to(device)
    base = model
    if config.peft_config is not None:
        settings = LoraConfig(task_type="CAUSAL_LM", **config.peft_config.model_dump())
        model = get_peft_model(model, settings)
        lora.merge_in_forward(model)
    model.train()
    return model, base.get_decoder(), base.get_output_embeddings()


def _compile(decoder: Any, config: LoopConfig, packs: int) -> bool:
    """Compile the layers if it was asked for, or if it pays; whether it was done."""
    wanted = compiles(config, packs)
    if wanted:
        for layer in decoder.layers:  # all have the same code, so it is compiled once
            layer.compile(dynamic=False if config.packing else None)
    return wanted


def total_steps(config: LoopConfig, packs: float) -> int:
    """Optimizer steps of a training whose epoch has so many packs."""
    if config.max_steps > 0:
        return config.max_steps
    per_step = config.per_device_train_batch_size * config.gradient_accumulation_steps
    return math.ceil(packs * config.num_train_epochs / per_step)


def compiles(config: LoopConfig, packs: int) -> bool:
    """Whether the layers are compiled for a training of so many packs."""
    if config.torch_compile != "auto":
        return config.torch_compile
    compiler = shutil.which("g++") or shutil.which("clang++")
    return config.packing and bool(compiler) and packs >= COMPILE_PAYS_AFTER


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
