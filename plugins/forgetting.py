"""Recipe `forgetting`: what fine-tuning costs in general ability, and what that can be cured with."""

from collections.abc import Iterable

from sftctl.core import hookimpl
from sftctl.core.types import Recipe

GENERAL = {"path": "rehearsal", "limit": 200}
"""Text that the base model writes itself: no data set is needed, and none is favoured by the probes."""
NAIVE = {"peft_config": None, "learning_rate": 1e-3}
ARMS = {
    "naive": {"train": NAIVE},
    "lora": {},
    "kl": {"train": NAIVE | {"kl_coef": 1.0}, "anchor": [GENERAL]},
    "average": {"train": NAIVE, "average": 0.5},
    "replay": {"train": NAIVE, "dataset": [GENERAL]},
    "low-rate": {"train": NAIVE | {"learning_rate": 1e-4}},
}


@hookimpl
def sftctl_recipes() -> Iterable[Recipe]:
    settings = {
        "model": "smollm2-135m-instruct",
        "chat_format": "outline",
        "toolset": ["all"],
        "synthesizer": "toolcall",
        "synthesis": {"scene": 10},
        "examples": 600,
        "eval_examples": 100,
        "trainer": "loop",
        "train": {
            "learning_rate": 1e-3,
            "max_length": 1024,
            "first_token_weight": 8,
            "refusal_cost": 1,
            "peft_config": {"r": 32, "lora_alpha": 64},
        },
        "evaluators": {"toolcall": {"max_tokens": 160}, "loss": {}, "perplexity": {}, "choices": {}},
        "arms": ARMS,
        "prove": False,
    }
    return [Recipe("forgetting", "naive fine-tuning against its cures: skill gained, ability lost", settings)]
