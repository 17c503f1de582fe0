"""What a training by SFTTrainer will take: steps as the Trainer counts them, batches padded to their longest row."""

import math
import random

from sftctl.core.costs import Costs, Method, Work, estimate
from sftctl.core.costs.shape import model_shape
from sftctl.core.types import IGNORED, CostJob
from sftctl.plugins.hyperparameters import TrainingSettings

PACE = 0.3
"""Its pace to that of trainer `loop` with compiled layers; measured once, on two cores with AMX."""
CHUNK = 256
"""Labels whose logits TRL's fused output head holds at once."""


def costs(job: CostJob) -> Costs:
    """The costs of a training by trainer `trl`; where `job.train` is a sample, in proportion."""
    config = job.config
    assert isinstance(config, TrainingSettings)
    options = config.model_dump()
    bf16 = job.machine.bf16 if config.bf16 == "auto" else config.bf16
    lora = options["peft_config"]
    coarse = options.get("model_init_kwargs", {}).get("dtype") in ("bfloat16", "float16")  # as in `trl_sft.train`
    method = Method(
        bf16=bf16,
        adapters="peft" if lora else None,
        logits=CHUNK,
        states=2 if coarse and not lora else 4,
        autocast=bf16 and not lora and not coarse,
        checkpointing=options.get("gradient_checkpointing", False),
        chunked=True,
        pace=PACE,
    )
    return by_batches(job, method)


def by_batches(job: CostJob, method: Method) -> Costs:
    """The costs of a training whose every batch is computed by that method."""
    config = job.config
    assert isinstance(config, TrainingSettings)
    options = config.model_dump()
    batch = options["per_device_train_batch_size"]
    work = (_packed if options.get("packing") else _padded)(job, config, batch)
    return estimate(model_shape(job.model.path, options["peft_config"]), work, method, job.machine)


def total_steps(config: TrainingSettings, batches: int) -> int:
    """Optimizer steps of a training whose epoch has so many batches."""
    if config.max_steps > 0:
        return config.max_steps
    return math.ceil(math.ceil(batches / config.gradient_accumulation_steps) * config.num_train_epochs)


def _padded(job: CostJob, config: TrainingSettings, batch: int) -> Work:
    """Rows in random order, in batches that are padded to their longest row."""
    lengths = [len(row.input_ids) for row in job.train]
    random.Random(job.seed).shuffle(lengths)
    batches = [lengths[start : start + batch] for start in range(0, len(lengths), batch)]
    steps = total_steps(config, math.ceil(len(lengths) * job.times / batch))
    passes = steps * config.gradient_accumulation_steps
    sizes = [(len(rows), max(rows)) for rows in batches]
    return _work(job, steps, passes, sizes, largest=batch * max(lengths))


def _packed(job: CostJob, config: TrainingSettings, batch: int) -> Work:
    """Rows end to end, in packs that are nearly full."""
    tokens = sum(len(row.input_ids) for row in job.train)
    packs = math.ceil(tokens / config.max_length)
    steps = total_steps(config, math.ceil(packs * job.times / batch))
    sizes = [(batch, config.max_length)] * math.ceil(packs / batch)
    return _work(job, steps, steps * config.gradient_accumulation_steps, sizes, largest=batch * config.max_length)


def _work(job: CostJob, steps: int, passes: int, sizes: list[tuple[int, int]], largest: int) -> Work:
    """The work of so many passes, whose sizes (rows, tokens in each) are on average those given."""
    epochs = passes / len(sizes)  # of `job.train`
    labels = sum(label != IGNORED for row in job.train for label in row.labels[1:])
    tokens = sum(rows * length for rows, length in sizes)
    pairs = sum(rows * length**2 for rows, length in sizes)  # a padded batch's scores are computed whole
    return Work(steps, passes, largest, tokens * epochs, pairs * epochs, labels * epochs)
