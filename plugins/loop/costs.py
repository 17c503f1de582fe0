"""What a training with the loop will take: its packs are laid out as for the training itself, then counted."""

from collections.abc import Iterable, Sequence

from sftctl.core.costs import Costs, Method, Work, estimate
from sftctl.core.costs.shape import model_shape
from sftctl.core.types import IGNORED, CostJob
from sftctl.plugins.loop import LoopConfig, packing
from sftctl.plugins.loop.loss import CHUNK
from sftctl.plugins.loop.train import compiles, packs_per_step, total_steps

NOT_COMPILED = 0.65
"""The pace of layers that are not compiled, to that of compiled ones; measured once, on two cores with AMX."""


def costs(job: CostJob) -> Costs:
    """The costs of a training; where `job.train` is a sample, in proportion."""
    config = job.config
    assert isinstance(config, LoopConfig)
    options = config.model_dump()
    at_once = config.per_device_train_batch_size if job.machine.gpu else 1  # as `train.together` has it
    work, compiled = _work(job, config, at_once)
    lora, four_bit = options["peft_config"], options.get("load_in_4bit", False)
    shape = model_shape(job.model.path, lora)
    plain = lora and not (four_bit or shape.dora or lora["lora_dropout"])  # as `lora.compute_beside` sees it
    bf16 = job.machine.bf16 if config.bf16 == "auto" else config.bf16
    method = Method(
        bf16=bf16,
        adapters="plain" if plain else "peft" if lora else None,
        logits=CHUNK,
        compiled=compiled,
        checkpointing=options.get("gradient_checkpointing", False),
        four_bit=four_bit,
        mask=work.largest**2 // at_once * (3 + (2 if bf16 else 4)),  # and three booleans each to make it of
        chunked=True,
        fused=compiled and config.packing,  # as `train` compiles it
        pace=1.0 if compiled else NOT_COMPILED,
    )
    return estimate(shape, work, method, job.machine)


def _work(job: CostJob, config: LoopConfig, at_once: int) -> tuple[Work, bool]:
    """What is computed, so many packs at once, and whether by compiled layers."""
    lengths = [len(row.input_ids) for row in job.train]
    epoch = packing.plan(lengths, packing.families(job.train), config.max_length, config.packing, job.seed)
    steps = total_steps(config, len(epoch) * job.times)
    packs = steps * packs_per_step(config)
    compiled = compiles(config, packs)
    sizes = [sum(packing.size(family, lengths) for family in pack) for pack in epoch]
    if compiled and config.packing:  # filled up: another size would be compiled anew
        sizes = [config.max_length] * len(sizes)
    labels = sum(label != IGNORED for row in job.train for label in row.labels[1:])
    pairs = _pairs((family for pack in epoch for family in pack), lengths)
    epochs = packs / len(epoch)  # of `job.train`
    passes = packs / at_once
    return Work(steps, passes, at_once * max(sizes), sum(sizes) * epochs, pairs * epochs, labels * epochs), compiled


def _pairs(families: Iterable[packing.Family], lengths: Sequence[int]) -> float:
    """Pairs of a token and one that it sees: those of a row's own tokens before it, and of what its family shares."""
    pairs = 0.0
    for family in families:
        own = [lengths[row] - family.shared for row in family.rows]
        pairs += family.shared**2 / 2 + sum(tokens * (family.shared + tokens / 2) for tokens in own)
    return pairs
