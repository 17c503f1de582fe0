"""What a training with Unsloth will take: batches as SFTTrainer makes them, computed in Unsloth's way."""

from sftctl.core.costs import Costs, Method
from sftctl.core.costs.shape import model_shape
from sftctl.core.types import CostJob
from sftctl.plugins.trl_costs import by_batches
from sftctl.plugins.unsloth_sft import UnslothConfig

PACE = 0.5
"""Its pace to that of trainer `loop` with compiled layers; measured on two cores with AVX-512, in batches of four."""
LOGITS = 16 * 2**20
"""Numbers in the logits that its loss on a CPU holds at once; on a GPU it goes by what memory is free."""


def costs(job: CostJob) -> Costs:
    """The costs of a training; where `job.train` is a sample, in proportion."""
    config = job.config
    assert isinstance(config, UnslothConfig)
    bf16 = job.machine.bf16 if config.bf16 == "auto" else config.bf16
    full = config.peft_config is None
    method = Method(
        bf16=bf16,
        adapters=None if full else "peft",
        logits=max(16, LOGITS // model_shape(job.model.path, None).vocabulary),
        states=2 if full and bf16 else 4,  # weights, gradients and moments are what the weights were loaded as
        checkpointing=bool(config.use_gradient_checkpointing or config.gradient_checkpointing),
        four_bit=config.load_in_4bit,
        chunked=True,
        pace=PACE,
    )
    return by_batches(job, method)
