"""What a run's training will take, before it begins: tokens and steps, memory and time; and whether it can fit."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sftctl.core.config import RunConfig
from sftctl.core.costs.formulas import Costs
from sftctl.core.costs.machines import Machine
from sftctl.core.datasets import reader
from sftctl.core.errors import DataError, PluginError, TrainError
from sftctl.core.manager import Plugins
from sftctl.core.stages.data import TRAIN, data_inputs, read_data
from sftctl.core.stages.rehearsal import without_rehearsal
from sftctl.core.store import is_done
from sftctl.core.tools.toolset import split_by_tool
from sftctl.core.types import IGNORED, CostJob, Example, Model, Rendered, Toolset

SAMPLE = 4000
"""Synthesized examples that stand for all where there are more."""
LOOK = 48
"""Rows that a run looks at before it begins."""
LONG = 100_000
"""Rows of a data set that has not been read yet."""


@dataclass(frozen=True)
class Plan:
    """What is known of a training before it begins."""

    trainer: str
    machine: Machine
    rows: int
    counted: int
    """Rows that were really tokenized; the rest is taken to be like them."""
    source: str
    """Where these come from."""
    left_out: int
    """Of these, rows that are longer than `max_length` or cannot be written in the ChatFormat."""
    tokens: int
    """Of all rows."""
    learned: int
    """Of these, tokens that carry loss."""
    costs: Costs

    @property
    def needed(self) -> int:
        """Bytes of memory at the peak, with what the process takes without a model."""
        return self.costs.peak + self.machine.reserved


def make_plan(
    config: RunConfig,
    plugins: Plugins,
    model: Model,
    toolset: Toolset,
    machine: Machine,
    run: Path | None = None,
    most: int = SAMPLE,
) -> Plan:
    """Plan the training of a run, whose folder, if given, is looked into for data that is made already.

    Rows of data sets are all counted, synthesized ones up to `most`. Nothing is written, no teacher asked. Raises
    PluginError for a trainer that does not tell its costs, and what a run would raise for the same settings.
    """
    counted, total, source = _examples(config, plugins, model, toolset, run, most)
    return _plan(config, plugins, model, machine, counted, total, source)


def check_fit(config: RunConfig, plugins: Plugins, model: Model, toolset: Toolset, machine: Machine) -> None:
    """Raise TrainError if a run's training cannot fit into memory, by a look at its first rows; cheap.

    A data set is taken to be long: how many rows it has would take reading it. Trainers that tell no costs pass, and
    so does data of which nothing can be used at first sight: what is wrong with it is for the data stage to say.
    """
    if plugins.trainers()[config.trainer].costs is None:
        return
    examples, _, source = _examples(config, plugins, model, toolset, None, LOOK)
    total = LONG if config.dataset else config.examples
    try:
        plan = _plan(config, plugins, model, machine, islice(examples, LOOK), total, source)
    except DataError:
        return
    refuse_what_cannot_fit(plan)


def _plan(
    config: RunConfig,
    plugins: Plugins,
    model: Model,
    machine: Machine,
    examples: Iterator[Example],
    total: int | None,
    source: str,
) -> Plan:
    """The plan by those examples, which stand for `total` ones, or for themselves."""
    from sftctl.serve.chat import load_tokenizer

    trainer = plugins.trainers()[config.trainer]
    if trainer.costs is None:
        raise PluginError(f"Trainer '{trainer.name}' does not say what a training takes.", "Choose another --trainer.")
    settings = config.trainer_config(plugins)
    rows, read = _render(examples, config, plugins, load_tokenizer(model.path))
    times = (total or read) / read
    job = CostJob(model, rows, times, settings, config.seed, machine)
    return Plan(
        trainer=trainer.name,
        machine=machine,
        rows=round(len(rows) * times),
        counted=len(rows),
        source=source,
        left_out=read - len(rows),
        tokens=round(sum(len(row.input_ids) for row in rows) * times),
        learned=round(sum(label != IGNORED for row in rows for label in row.labels) * times),
        costs=trainer.costs(job),
    )


def refuse_what_cannot_fit(plan: Plan) -> None:
    """Raises TrainError, with the reason and what would help, if the training needs more memory than there is."""
    machine, costs = plan.machine, plan.costs
    if plan.needed <= machine.memory:
        return
    parts = [
        (costs.weights, "weights", "a smaller --model"),
        (
            costs.optimizer + costs.gradients,
            "gradients and optimizer",
            "LoRA (train.peft_config) instead of all weights",
        ),
        (costs.activations + costs.logits, "activations", "a smaller train.max_length or batch, or checkpointing"),
    ]
    size, largest, remedy = max(parts)
    raise TrainError(
        f"This training needs about {gib(plan.needed)} of memory, and {machine.name} has {gib(machine.memory)}. "
        f"The largest part, {gib(size)}, is for {largest}.",
        f"What helps most is {remedy}; `sftctl plan` shows the rest, --no-plan tries all the same.",
    )


def gib(size: float) -> str:
    """Bytes as text: `1.25 GiB`."""
    return f"{size / 2**30:.{2 if size < 10 * 2**30 else 1}f} GiB"


# ---------------------------------------------------------------- rows to count


def _examples(
    config: RunConfig, plugins: Plugins, model: Model, toolset: Toolset, run: Path | None, most: int
) -> tuple[Iterator[Example], int | None, str]:
    """The rows to count, how many there will be (None: these are all), and where they come from.

    What the base model is yet to write is not counted.
    """
    config = without_rehearsal(config)
    if run is not None and is_done(run, "data", data_inputs(config, toolset, model)):
        return iter(read_data(run / TRAIN)), None, "the run's data"
    synthesizer = plugins.synthesizers()[config.synthesizer]
    training, _ = split_by_tool(toolset, config)
    sampled = config.examples > most and not config.dataset

    def examples() -> Iterator[Example]:
        for dataset in config.dataset:
            for _, example in reader(dataset, plugins)(rejects=lambda row: None):
                yield example
        if config.examples:
            settings = config.synthesizer_config(plugins)
            made = synthesizer.synthesize(training, config.examples, config.seed, settings)
            yield from islice(made, most if sampled else None)

    sources = [dataset.path for dataset in config.dataset]
    if config.examples:
        sources.append(f"the first {most} of {config.examples} synthesized" if sampled else "synthesized")
    return examples(), config.examples if sampled else None, ", ".join(sources)


def _render(
    examples: Iterator[Example], config: RunConfig, plugins: Plugins, tokenizer: Any
) -> tuple[list[Rendered], int]:
    """The rows that a training would get, and how many were read. Which rows are bad, and why, the run itself says."""
    chat_format = plugins.chat_formats()[config.chat_format].fitted(tokenizer)
    longest = config.trainer_config(plugins).model_dump().get("max_length")
    rows, read = list[Rendered](), 0
    for read, example in enumerate(examples, 1):  # noqa: B007
        try:
            row = chat_format.render(example, tokenizer)
        except DataError:
            continue
        if not longest or len(row.input_ids) <= longest:
            rows.append(row)
    if not rows:
        raise DataError("There is no row to train on.", f"{read} were read; none fits max_length={longest}.")
    return rows, read
