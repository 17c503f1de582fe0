"""Training speed: the trainer `loop` against TRL's SFTTrainer, and against Unsloth where its environment is made.

Same model, LoRA and rows (those of recipe `toolcall`), interleaved in one run, each training in a process of its own.

    python benchmarks/train.py [--rounds 3] [--steps 6] [--curve 12] [--float32] [--only loop "trl, batch 1"]

Only the ratios mean anything: absolute speeds depend on the machine and on what else it does. Tokens are those of the
rows, each counted whole, though the loop computes what rows share at their beginning once. TRL and Unsloth are measured
in each of the configurations below, of which the fastest counts.

Speed leaves a trainer's first step out. "Run" is the default run's training as a whole: start, first step with all
compilation (into an empty cache), and its rows at that speed.

The curve is the loss of `loop`, as it trains by default, and of the others on the same rows in the same steps: each
pack is a family of rows, which they take one by one and sum up.
"""

import argparse
import math
import multiprocessing
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, count, islice
from pathlib import Path
from typing import Any, NamedTuple

import torch
from peak import matmul_peak

from sftctl.core.cli.quiet import quiet_libraries
from sftctl.core.costs.budget import examples_within
from sftctl.core.costs.machines import this_machine
from sftctl.core.manager import Plugins, plugin_manager
from sftctl.core.models import fetch_model
from sftctl.core.store import cache_root
from sftctl.core.tools.toolset import load_toolset
from sftctl.core.types import CostJob, Event, Model, Rendered, TrainJob
from sftctl.plugins.loop.packing import Family, families, plan, size
from sftctl.plugins.unsloth_sft import UNSLOTH

LENGTH = 2048
CONTENDERS: dict[str, dict[str, Any]] = {
    "loop": {"torch_compile": True},
    "trl, packed": {"packing": True, "per_device_train_batch_size": 1},
    "trl, batch 1": {"per_device_train_batch_size": 1},
    "trl, batch 4": {"per_device_train_batch_size": 4},
}
BATCHES: tuple[int, ...] = (1, 4)
if torch.cuda.is_available():  # 2,048 tokens are too little work for it
    CONTENDERS["loop, batch 8"] = {"torch_compile": True, "per_device_train_batch_size": 8}
    CONTENDERS["trl, batch 32"] = {"per_device_train_batch_size": 32}
    BATCHES = (4, 32)
if UNSLOTH.python(cache_root()):
    CONTENDERS |= {f"unsloth, batch {batch}": {"per_device_train_batch_size": batch} for batch in BATCHES}
EVEN = {"lr_scheduler_type": "constant", "warmup_steps": 0}
"""Both trainers' rate is the same in every step: transformers' warm-up begins with a step at 0, the loop's does not."""


class Measured(NamedTuple):
    """What one training did."""

    tokens: float
    """Of its rows, a second, from the end of its first step to the end of its last."""
    first: float
    """Seconds until its first step was done, beyond what another step takes."""
    flops: float
    """Floating-point operations a second."""
    memory: float
    """Peak of the process, and of its children, in GiB; of the GPU's where there is one, and NaN if a child has it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=6, help="that are timed, after the first; 0: none")
    parser.add_argument("--curve", type=int, default=12, help="steps whose losses are compared; 0: none")
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=list(CONTENDERS), help="these alone")
    parser.add_argument("--float32", action="store_true", help="compare the losses in float32, without rounding")
    arguments = parser.parse_args()
    if arguments.steps:
        compare_speed(arguments.only, arguments.rounds, arguments.steps)
    if arguments.curve:
        names = ["loop", "trl", *(["unsloth"] if UNSLOTH.python(cache_root()) else [])]
        compare_losses(names, arguments.curve, arguments.float32)


def apart(work: Any, *arguments: Any) -> Any:
    """What a function gives in a process of its own, with nothing compiled yet."""
    with tempfile.TemporaryDirectory() as compiled:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = compiled
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            return process.submit(work, *arguments).result()


# ---------------------------------------------------------------- speed


def compare_speed(names: Sequence[str], rounds: int, steps: int) -> None:
    peak = matmul_peak((4096, 4096, 4096), torch.bfloat16)
    found: dict[str, list[Measured]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names:
            found[name].append(apart(measure, name, steps))
            print(f"round {number + 1}: {name}: {found[name][-1].tokens:.0f} tokens/s", flush=True)
    medians = {name: Measured(*map(statistics.median, zip(*each, strict=True))) for name, each in found.items()}
    run = tokens_of_the_default_run()
    minutes = {name: (each.first + run / each.tokens) / 60 for name, each in medians.items()}
    trl = [name for name in names if name.startswith("trl")] or [names[0]]
    best, shortest = max(medians[name].tokens for name in trl), min(minutes[name] for name in trl)
    print(f"\nrun: {run:,} tokens; ratios to the best of TRL; share of the matmul peak, {peak / 1e9:.0f} GFLOP/s\n")
    heads = f"{'tokens/s':>9} {'ratio':>7} {'first, s':>9} {'run, min':>9} {'ratio':>7} {'GiB':>6} {'peak':>6}"
    print(f"{'trainer':<18} {heads}")
    for name, each in medians.items():
        print(
            f"{name:<18} {each.tokens:>9.0f} {each.tokens / best:>6.2f}× {each.first:>9.0f} {minutes[name]:>9.1f} "
            f"{shortest / minutes[name]:>6.2f}× {each.memory:>6.1f} {each.flops / peak:>6.0%}"
        )


def measure(name: str, steps: int) -> Measured:
    """Train for one step, and then for `steps` that count."""
    quiet_libraries()
    plugins = plugin_manager()
    model = fetch_model(plugins, "smollm2-135m-instruct")
    rows, tokenizer = make_rows(plugins, model)
    seen = rows
    if not name.startswith("loop"):
        seen = random.Random(0).sample(rows, len(rows))  # their kin lie side by side
        rows = to_be_drawn(seen)
    settings = CONTENDERS[name] | {"max_length": LENGTH, "max_steps": steps + 1, "save_steps": 10_000}
    trainer = plugins.trainers()[name.partition(",")[0]]
    job = CostJob(model, rows, 1, trainer.config.model_validate(settings), 0, this_machine())
    assert trainer.costs is not None
    costs = trainer.costs(job)
    start = time.perf_counter()
    ends = [when for when, event in train(name, model, tokenizer, rows, settings) if event.kind == "progress"]
    seconds = (ends[-1] - ends[0]) / steps
    speed = tokens_of(seen, name, steps) / steps / seconds
    return Measured(speed, ends[0] - start - seconds, costs.flops / costs.steps / seconds, peak_memory())


def peak_memory() -> float:
    """Of this process so far, and of its children, in GiB."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**30 or math.nan
    used = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(used) / 2**20


def tokens_of(rows: Sequence[Rendered], name: str, steps: int) -> float:
    """Tokens of the rows after the first step, out of those seen. TRL's packs count as if they were full."""
    lengths = [len(row.input_ids) for row in rows]
    if name == "trl, packed":
        return float(steps * LENGTH)
    batch = CONTENDERS[name].get("per_device_train_batch_size", 1)
    if name.startswith("loop"):
        kin = families(rows)
        packs = chain.from_iterable(plan(lengths, kin, LENGTH, packing=True, seed=epoch) for epoch in count())
        return float(sum(lengths[row] for row in rows_of(list(islice(packs, batch, batch * (steps + 1))))))
    return float(sum(lengths[batch : batch * (steps + 1)]))


def tokens_of_the_default_run() -> int:
    plugins = plugin_manager()
    rows, _ = make_rows(plugins, fetch_model(plugins, "smollm2-135m-instruct"))
    return round(examples_within("15m") * statistics.mean(len(row.input_ids) for row in rows))


# ---------------------------------------------------------------- the same losses


def compare_losses(names: Sequence[str], steps: int, float32: bool) -> None:
    """All curves, with the loop's distance from each of the others."""
    curves = {name: apart(losses, name, steps, float32) for name in names}
    loop, *others = names
    print(f"\n{'step':>6} {loop:>8}" + "".join(f" {name:>9} {'':>8}" for name in others))
    for number, of_step in enumerate(zip(*curves.values(), strict=True), 1):
        show_losses(str(number), of_step)
    last = max(1, steps // 4)
    show_losses(f"last {last}", [statistics.mean(curve[-last:]) for curve in curves.values()])


def show_losses(step: str, losses: Sequence[float]) -> None:
    ours, *others = losses
    print(f"{step:>6} {ours:>8.4f}" + "".join(f" {theirs:>9.4f} {ours / theirs - 1:>+8.2%}" for theirs in others))


def losses(trainer: str, steps: int, float32: bool) -> list[float]:
    """Of each step, over the same rows for every trainer."""
    quiet_libraries()
    plugins = plugin_manager()
    model = fetch_model(plugins, "smollm2-135m-instruct")
    rows, tokenizer = make_rows(plugins, model)
    rows, length, packs = packs_of_one_size(rows, steps)
    settings: dict[str, Any] = EVEN | {"max_steps": steps, "save_steps": 10_000, "max_length": length}
    if float32:
        settings["bf16"] = False
    if trainer != "loop":
        settings["per_device_train_batch_size"] = 1
        settings["gradient_accumulation_steps"] = len(rows_of(packs[:1]))
        rows = to_be_drawn([rows[index] for index in rows_of(packs)])
    told = train(trainer, model, tokenizer, rows, settings)
    return [event.data["loss"] for _, event in told if event.kind == "metrics"]


def to_be_drawn(rows: Sequence[Rendered]) -> list[Rendered]:
    """The rows, placed so that the random order of transformers' Trainer with seed 0 is the order given."""
    drawn = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))
    placed = dict(zip(drawn.tolist(), rows, strict=True))
    return [placed[place] for place in range(len(rows))]


def packs_of_one_size(rows: Sequence[Rendered], steps: int) -> tuple[list[Rendered], int, list[list[Family]]]:
    """Rows of which the loop lays one whole family of the same number into each pack; the pack's length; all packs."""
    lengths = [len(row.input_ids) for row in rows]
    kin = families(rows)
    usual = statistics.mode(len(family.rows) for family in kin if family.shared)
    sizes = {family: size(family, lengths) for family in kin if len(family.rows) == usual and family.shared}
    # a family is cut only where both parts are longer than twice what they share, so nothing fits into so little room
    room = 2 * min(family.shared for family in sizes)
    fitting = {
        length: [f for f, tokens in sizes.items() if length - room < tokens <= length] for length in sizes.values()
    }
    length, alone = max(fitting.items(), key=lambda item: len(item[1]))
    chosen = [rows[index] for family in alone for index in family.rows]
    lengths = [len(row.input_ids) for row in chosen]
    kin = families(chosen)
    packs = [pack for epoch in range(steps) for pack in plan(lengths, kin, length, packing=True, seed=epoch)][:steps]
    assert all(len(rows_of([pack])) == usual for pack in packs), "a pack holds more or less than one family"
    return chosen, length, packs


def rows_of(packs: Sequence[Sequence[Family]]) -> list[int]:
    return [index for pack in packs for family in pack for index in family.rows]


# ---------------------------------------------------------------- both


Told = list[tuple[float, Event]]


def train(name: str, model: Model, tokenizer: Any, rows: Sequence[Rendered], settings: Any) -> Told:
    """All events of a training, with the time of each."""
    plugins = plugin_manager()
    trainer = plugins.trainers()[name.partition(",")[0]]
    events: Told = []

    def emit(event: Event) -> None:
        events.append((time.perf_counter(), event))

    with tempfile.TemporaryDirectory() as folder:
        config = trainer.config.model_validate(settings)
        trainer.train(
            TrainJob(model, plugins.chat_formats()["outline"], tokenizer, rows, config, 0, Path(folder), emit)
        )
    return events


def make_rows(plugins: Plugins, model: Model) -> tuple[list[Rendered], Any]:
    from sftctl.serve.chat import load_tokenizer

    tokenizer = load_tokenizer(model.path)
    chat_format = plugins.chat_formats()["outline"]
    make = plugins.synthesizers()["toolcall"]
    settings: Any = plugins.recipes()["toolcall"].settings["synthesis"]
    examples = make.synthesize(load_toolset(plugins, ["all"]), 400, 0, make.config.model_validate(settings))
    rendered = [chat_format.render(example, tokenizer) for example in examples]
    return [row for row in rendered if len(row.input_ids) <= LENGTH], tokenizer


if __name__ == "__main__":
    main()
