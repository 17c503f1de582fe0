"""Training speed: the trainer `loop` against TRL's SFTTrainer, and against Unsloth where its environment is made.

Same model, rows and LoRA, interleaved in one run.

    python benchmarks/train.py [--rounds 3] [--steps 6]

Only the ratio means anything: absolute speeds depend on the machine and on what else it does. TRL is measured
with the batch size that suits it best of those tried here; a trainer's first step (compilation) is left out.
"""

import argparse
import math
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from peak import matmul_peak

from sftctl.core.cli import quiet_libraries
from sftctl.core.data import load_toolset
from sftctl.core.machines import this_machine
from sftctl.core.manager import Plugins, plugin_manager
from sftctl.core.run import fetch_model
from sftctl.core.store import cache_root
from sftctl.core.types import CostJob, Event, Model, Rendered, TrainJob
from sftctl.plugins.unsloth_sft import UNSLOTH

CONTENDERS: dict[str, dict[str, Any]] = {
    "loop": {"max_length": 2048, "torch_compile": True},
    "loop, not compiled": {"max_length": 2048, "torch_compile": False},
    "trl, batch 4": {"max_length": 2048, "per_device_train_batch_size": 4},
    "trl, batch 1": {"max_length": 2048, "per_device_train_batch_size": 1},
}
if UNSLOTH.python(cache_root()):
    CONTENDERS["unsloth, batch 4"] = {"max_length": 2048, "per_device_train_batch_size": 4}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=6)
    arguments = parser.parse_args()
    quiet_libraries()
    plugins = plugin_manager()
    model = fetch_model(plugins, "smollm2-135m-instruct")
    rows, tokenizer = make_rows(plugins, model)
    peak = matmul_peak((4096, 4096, 4096), torch.bfloat16)
    speeds: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    shares: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    for number in range(arguments.rounds):
        for name, settings in CONTENDERS.items():
            speed, flops = measure(plugins, model, tokenizer, rows, name, settings, arguments.steps)
            speeds[name].append(speed)
            shares[name].append(flops / peak)
            print(f"round {number + 1}: {name}: {speeds[name][-1]:.0f} tokens/s", flush=True)
    best_trl = max(statistics.median(found) for name, found in speeds.items() if name.startswith("trl"))
    print(f"\n{'trainer':<20} {'tokens/s':>9} {'to the best TRL':>16} {f'of {peak / 1e9:.0f} GFLOP/s':>18}")
    for name, found in speeds.items():
        median = statistics.median(found)
        share = statistics.median(shares[name])
        print(f"{name:<20} {median:>9.0f} {median / best_trl:>15.2f}× {share:>18.0%}")


def make_rows(plugins: Plugins, model: Model) -> tuple[list[Rendered], Any]:
    from sftctl.serve.chat import load_tokenizer

    tokenizer = load_tokenizer(model.path)
    chat_format = plugins.chat_formats()["hermes"]
    toolset = load_toolset(plugins, ["all"])
    make = plugins.synthesizers()["toolcall"]
    examples = make.synthesize(toolset, 200, 0, make.config())
    rendered = [chat_format.render(example, tokenizer) for example in examples]
    return [row for row in rendered if len(row.input_ids) <= 2048], tokenizer


def measure(
    plugins: Plugins,
    model: Model,
    tokenizer: Any,
    rows: list[Rendered],
    name: str,
    settings: dict[str, Any],
    steps: int,
) -> tuple[float, float]:
    """Real tokens, and floating-point operations, per second from the end of the first step to the end of the last."""
    trainer = plugins.trainers()[name.partition(",")[0]]
    config = trainer.config.model_validate(settings | {"max_steps": steps + 1, "save_steps": 10_000})
    costs = trainer.costs and trainer.costs(CostJob(model, rows, 1, config, 0, this_machine()))
    ends: list[float] = []

    def emit(event: Event) -> None:
        if event.kind == "progress":
            ends.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        chat_format = plugins.chat_formats()["hermes"]
        trainer.train(TrainJob(model, chat_format, tokenizer, rows, config, 0, Path(folder), emit))
    seconds = ends[-1] - ends[0]
    flops = costs.flops / costs.steps * steps if costs else math.nan  # Unsloth's are not estimated
    return tokens_of(rows, trainer.name, settings, steps) / seconds, flops / seconds


def tokens_of(rows: list[Rendered], trainer: str, settings: dict[str, Any], steps: int) -> float:
    """Tokens in `steps` steps on average: SFTTrainer draws rows at random, the loop fills its packs."""
    mean = sum(len(row.input_ids) for row in rows) / len(rows)
    if trainer != "loop":
        return steps * mean * settings["per_device_train_batch_size"]
    from sftctl.plugins.loop.packing import families, plan

    lengths = [len(row.input_ids) for row in rows]
    packs = plan(lengths, families(rows), settings["max_length"], packing=True, seed=0)[1 : steps + 1]
    return float(sum(lengths[index] for pack in packs for family in pack for index in family.rows))


if __name__ == "__main__":
    main()
