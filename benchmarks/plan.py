"""What `sftctl plan` predicts against what happens, for a few short trainings of the default model.

    python benchmarks/plan.py [--steps 4] [--only TEXT]

Each training runs in a process of its own (Unsloth's is a child of that), whose greatest resident memory is taken; on
Linux. Parameters and steps must be exact. Time is that of a step after the first, so that compilation is left out; it
and only it depends on what else the machine does.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sftctl.core.cli.quiet import quiet_libraries
from sftctl.core.costs.machines import this_machine
from sftctl.core.manager import Plugins, plugin_manager
from sftctl.core.models import fetch_model
from sftctl.core.tools.toolset import load_toolset
from sftctl.core.types import CostJob, Event, Model, Rendered, TrainJob

ROWS = 200
LORA = {"r": 32, "lora_alpha": 64}
CASES: dict[str, dict[str, Any]] = {
    "loop, LoRA, 2048": {"max_length": 2048, "torch_compile": False},
    "loop, LoRA, 1024": {"max_length": 1024, "torch_compile": False},
    "loop, LoRA, 2048, compiled": {"max_length": 2048, "torch_compile": True},
    "loop, LoRA, 2048, checkpointing": {"max_length": 2048, "torch_compile": False, "gradient_checkpointing": True},
    "loop, DoRA, 1024": {"max_length": 1024, "torch_compile": False, "peft_config": LORA | {"use_dora": True}},
    "loop, LoRA, 2048, fp32": {"max_length": 2048, "torch_compile": False, "bf16": False},
    "loop, full, 2048": {"max_length": 2048, "torch_compile": False, "peft_config": None},
    "loop, full, 1024": {"max_length": 1024, "torch_compile": False, "peft_config": None},
    "trl, LoRA, 4 rows": {"max_length": 1024, "per_device_train_batch_size": 4},
    "trl, full, 2 rows": {"max_length": 1024, "per_device_train_batch_size": 2, "peft_config": None},
    "unsloth, LoRA, 4 rows": {"max_length": 1024, "per_device_train_batch_size": 4},
    "unsloth, full, 2 rows": {"max_length": 1024, "per_device_train_batch_size": 2, "peft_config": None},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=4, help="at least 2: the first one's time does not count")
    parser.add_argument("--only", default="", help="the cases whose names have this in them")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    quiet_libraries()
    if arguments.case:
        print(json.dumps(measure(arguments.case, arguments.steps)))
        return
    print(
        f"{'training':<33} {'peak GiB':>9} {'planned':>8} {'ratio':>6} {'s/step':>7} {'planned':>8} {'ratio':>6}  exact"
    )
    for name in CASES:
        if arguments.only not in name:
            continue
        command = [sys.executable, __file__, "--case", name, "--steps", str(arguments.steps)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            print(f"{name:<33} {done.stderr.strip().splitlines()[-1]}", flush=True)
            continue
        found = json.loads(done.stdout.splitlines()[-1])
        exact = "parameters, trained, steps" if found["exact"] else f"NOT: {found['counted']}"
        print(
            f"{name:<33} {found['peak']:>9.2f} {found['planned_peak']:>8.2f} "
            f"{found['planned_peak'] / found['peak']:>6.2f} {found['second']:>7.1f} {found['planned_second']:>8.1f} "
            f"{found['planned_second'] / found['second']:>6.2f}  {exact}",
            flush=True,
        )


def measure(name: str, steps: int) -> dict[str, Any]:
    """Plan a training, carry it out here, and set one beside the other."""
    plugins = plugin_manager()
    model = fetch_model(plugins, "smollm2-135m-instruct")
    trainer = plugins.trainers()[name.partition(",")[0]]
    assert trainer.costs is not None
    settings = CASES[name] | {"max_steps": steps, "save_steps": 10_000}
    config = trainer.config.model_validate(settings)
    rows, tokenizer = make_rows(plugins, model, settings["max_length"])
    machine = this_machine()
    costs = trainer.costs(CostJob(model, rows, 1, config, 0, machine))
    ends: list[float] = []

    def emit(event: Event) -> None:
        if event.kind == "progress":
            ends.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        chat_format = plugins.chat_formats()["outline"]
        trained = trainer.train(TrainJob(model, chat_format, tokenizer, rows, config, 0, Path(folder), emit))
        counted = [*count(model.path, trained, config.model_dump()["peft_config"] is not None), len(ends)]
    return {
        "peak": max(map(resident, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))),
        "planned_peak": (costs.peak + machine.reserved) / 2**30,
        "second": (ends[-1] - ends[0]) / (len(ends) - 1),
        "planned_second": (costs.seconds or 0) / costs.steps,
        "counted": counted,
        "exact": counted == [costs.parameters, costs.trained, costs.steps],
    }


def resident(whose: int) -> float:
    """The greatest resident memory so far of this process, or of one that it has ended, in GiB."""
    return resource.getrusage(whose).ru_maxrss / 2**20


def make_rows(plugins: Plugins, model: Model, longest: int) -> tuple[list[Rendered], Any]:
    from sftctl.serve.chat import load_tokenizer

    tokenizer = load_tokenizer(model.path)
    make = plugins.synthesizers()["toolcall"]
    examples = make.synthesize(load_toolset(plugins, ["all"]), ROWS, 0, make.config())
    rendered = [plugins.chat_formats()["outline"].render(example, tokenizer) for example in examples]
    return [row for row in rendered if len(row.input_ids) <= longest], tokenizer


def count(model: Path, trained: Path, adapter: bool) -> tuple[int, int]:
    """Parameters in the files: of the base model, and of what was trained."""
    numbers = [sum(tensor_sizes(file)) for folder in (model, trained) for file in [next(folder.glob("*.safetensors"))]]
    return numbers[0], numbers[1] if adapter else numbers[0]


def tensor_sizes(file: Path) -> list[int]:
    from math import prod

    from safetensors import safe_open

    with safe_open(file, "pt") as tensors:
        return [prod(tensors.get_slice(name).get_shape()) for name in tensors.keys()]  # noqa: SIM118


if __name__ == "__main__":
    main()
