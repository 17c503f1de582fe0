"""QLoRA beside LoRA: the loss of the same steps on the same data, and what the weights of the base take.

    python benchmarks/qlora.py [--steps 15]

Speeds are of one run each and depend on what else the machine does; losses and bytes do not.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import torch

from sftctl.core.cli.quiet import quiet_libraries
from sftctl.core.machine.device import best_device
from sftctl.core.manager import Plugins, plugin_manager
from sftctl.core.models import fetch_model
from sftctl.core.tools.toolset import load_toolset
from sftctl.core.types import Event, Rendered, TrainJob
from sftctl.plugins.loop.quantized import weight_bytes
from sftctl.plugins.loop.train import load

METHODS: dict[str, dict[str, Any]] = {
    "LoRA": {},
    "QLoRA": {"load_in_4bit": True},
    "QLoRA, double quant": {"load_in_4bit": True, "bnb_4bit_use_double_quant": True},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=15)
    steps = parser.parse_args().steps
    quiet_libraries()
    plugins = plugin_manager()
    from sftctl.serve.chat import load_tokenizer

    model = fetch_model(plugins, "smollm2-135m-instruct")
    tokenizer = load_tokenizer(model.path)
    rows = make_rows(plugins, tokenizer)
    trainer = plugins.trainers()["loop"]
    shown = sorted({1, steps // 3, 2 * steps // 3, steps} - {0})
    print(f"{'method':<20} {'base, MB':>9}" + "".join(f"{f'loss {step}':>9}" for step in shown) + f"{'tokens/s':>10}")
    for name, settings in METHODS.items():
        metrics: list[dict[str, float]] = []

        def emit(event: Event, metrics: list[dict[str, float]] = metrics) -> None:
            if event.kind == "metrics":
                metrics.append(dict(event.data))

        with tempfile.TemporaryDirectory() as folder:
            config = trainer.config.model_validate(
                {"max_steps": steps, "max_length": 512, "warmup_steps": 3, "torch_compile": False} | settings
            )
            chat_format = plugins.chat_formats()["hermes"]
            job = TrainJob(model, chat_format, tokenizer, rows, config, 0, Path(folder), emit)
            megabytes = base_bytes(load(job, best_device())[0]) / 1e6
            trainer.train(job)
        losses = "".join(f"{metrics[step - 1]['loss']:>9.3f}" for step in shown)
        print(f"{name:<20} {megabytes:>9.0f}{losses}{metrics[-1]['tokens_per_second']:>10.0f}", flush=True)


def make_rows(plugins: Plugins, tokenizer: Any) -> list[Rendered]:
    """Synthesized tool calls, as a run has them."""
    make = plugins.synthesizers()["toolcall"]
    examples = make.synthesize(load_toolset(plugins, ["all"]), 200, 0, make.config())
    rendered = [plugins.chat_formats()["hermes"].render(example, tokenizer) for example in examples]
    return [row for row in rendered if len(row.input_ids) <= 512]


def base_bytes(model: torch.nn.Module) -> int:
    """Of all weights but the adapters'."""
    base = (parameter for name, parameter in model.named_parameters() if "lora_" not in name)
    return sum(weight_bytes(parameter) for parameter in base)


if __name__ == "__main__":
    main()
