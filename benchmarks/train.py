"""Training speed: the trainer `loop` against TRL's SFTTrainer, and against Unsloth where its environment is made.

Same model, LoRA and rows (those of recipe `toolcall`), interleaved in one run, each training in a process of its own.

    python benchmarks/train.py [--rounds 3] [--steps 6]

Only the ratio means anything: absolute speeds depend on the machine and on what else it does. Tokens are those of the
rows, each counted whole, though the loop computes what rows share at their beginning once. TRL is measured in each of
the configurations below, of which the fastest counts; a trainer's first step (compilation) is left out.
"""

import argparse
import math
import multiprocessing
import resource
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

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

LENGTH = 2048
CONTENDERS: dict[str, dict[str, Any]] = {
    "loop": {"max_length": LENGTH, "torch_compile": True},
    "trl, packed": {"max_length": LENGTH, "packing": True, "per_device_train_batch_size": 1},
    "trl, batch 1": {"max_length": LENGTH, "per_device_train_batch_size": 1},
    "trl, batch 4": {"max_length": LENGTH, "per_device_train_batch_size": 4},
}
if UNSLOTH.python(cache_root()):
    CONTENDERS["unsloth, batch 4"] = {"max_length": LENGTH, "per_device_train_batch_size": 4}


class Measured(NamedTuple):
    """What one training did, from the end of its first step to the end of its last."""

    tokens: float
    """Of its rows, a second."""
    flops: float
    """Floating-point operations a second; NaN where the trainer does not tell them."""
    memory: float
    """Peak of the process, and of its children, in GiB."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=6)
    arguments = parser.parse_args()
    peak = matmul_peak((4096, 4096, 4096), torch.bfloat16)
    found: dict[str, list[Measured]] = {name: [] for name in CONTENDERS}
    for number in range(arguments.rounds):
        for name in CONTENDERS:
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
                found[name].append(process.submit(measure, name, arguments.steps).result())
            print(f"round {number + 1}: {name}: {found[name][-1].tokens:.0f} tokens/s", flush=True)
    medians = {name: Measured(*map(statistics.median, zip(*each, strict=True))) for name, each in found.items()}
    best_trl = max(each.tokens for name, each in medians.items() if name.startswith("trl"))
    print(f"\n{'trainer':<18} {'tokens/s':>9} {'to the best TRL':>16} {'GiB':>6} {f'of {peak / 1e9:.0f} GFLOP/s':>18}")
    for name, each in medians.items():
        ratio = f"{each.tokens / best_trl:.2f}×"
        print(f"{name:<18} {each.tokens:>9.0f} {ratio:>16} {each.memory:>6.1f} {each.flops / peak:>18.0%}")


def measure(name: str, steps: int) -> Measured:
    """Train for one step, and then for `steps` that count."""
    quiet_libraries()
    plugins = plugin_manager()
    model = fetch_model(plugins, "smollm2-135m-instruct")
    rows, tokenizer = make_rows(plugins, model)
    settings = CONTENDERS[name]
    trainer = plugins.trainers()[name.partition(",")[0]]
    config = trainer.config.model_validate(settings | {"max_steps": steps + 1, "save_steps": 10_000})
    costs = trainer.costs and trainer.costs(CostJob(model, rows, 1, config, 0, this_machine()))
    ends: list[float] = []

    def emit(event: Event) -> None:
        if event.kind == "progress":
            ends.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        chat_format = plugins.chat_formats()["outline"]
        trainer.train(TrainJob(model, chat_format, tokenizer, rows, config, 0, Path(folder), emit))
    seconds = ends[-1] - ends[0]
    flops = costs.flops / costs.steps * steps if costs else math.nan
    used = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return Measured(tokens_of(rows, name, steps) / seconds, flops / seconds, max(used) / 2**20)


def make_rows(plugins: Plugins, model: Model) -> tuple[list[Rendered], Any]:
    from sftctl.serve.chat import load_tokenizer

    tokenizer = load_tokenizer(model.path)
    chat_format = plugins.chat_formats()["outline"]
    make = plugins.synthesizers()["toolcall"]
    settings: Any = plugins.recipes()["toolcall"].settings["synthesis"]
    examples = make.synthesize(load_toolset(plugins, ["all"]), 400, 0, make.config.model_validate(settings))
    rendered = [chat_format.render(example, tokenizer) for example in examples]
    return [row for row in rendered if len(row.input_ids) <= LENGTH], tokenizer


def tokens_of(rows: list[Rendered], name: str, steps: int) -> float:
    """Tokens of the rows in `steps` steps: SFTTrainer's are estimated, its packs as if they were full."""
    if name == "trl, packed":
        return float(steps * LENGTH)
    if not name.startswith("loop"):
        mean = sum(len(row.input_ids) for row in rows) / len(rows)
        return steps * mean * CONTENDERS[name]["per_device_train_batch_size"]
    from sftctl.plugins.loop.packing import families, plan

    lengths = [len(row.input_ids) for row in rows]
    packs = plan(lengths, families(rows), LENGTH, packing=True, seed=0)[1 : steps + 1]
    return float(sum(lengths[index] for pack in packs for family in pack for index in family.rows))


if __name__ == "__main__":
    main()
