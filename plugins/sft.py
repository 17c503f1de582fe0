"""Recipe `sft`: fine-tuning on any data set, with nothing else: no tools, no synthesis, no live proof."""

from collections.abc import Iterable

from sftctl.core import hookimpl
from sftctl.core.types import Recipe


@hookimpl
def sftctl_recipes() -> Iterable[Recipe]:
    settings = {
        "model": "smollm2-135m-instruct",
        "chat_format": "hermes",
        "toolset": [],
        "examples": 0,
        "held_out_rows": 0.1,
        "trainer": "loop",
        "train": {"learning_rate": 1e-3, "max_length": 2048, "peft_config": {"r": 32, "lora_alpha": 64}},
        "evaluators": {"loss": {}, "perplexity": {}, "choices": {}},
        "prove": False,
    }
    return [Recipe("sft", "fine-tune on any data set (--set dataset=FILE)", settings)]
