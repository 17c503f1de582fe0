"""The data stage: toolset → checked examples, split by tool; and examples → Rendered, checked again."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from sftctl.core.config import DatasetConfig, RunConfig
from sftctl.core.datasets import companions, examples_of
from sftctl.core.errors import DataError, PluginError, SftctlError, did_you_mean
from sftctl.core.lint import Linter
from sftctl.core.manager import Plugins
from sftctl.core.promises import Written, broken_promises
from sftctl.core.reading import files_of, is_hub_id
from sftctl.core.sieve import Judged, good_rows
from sftctl.core.store import RunFolder, cache_root, file_hash, fingerprint, write_json, write_lines
from sftctl.core.types import (
    IGNORED,
    ChatFormat,
    Emit,
    Event,
    Example,
    Json,
    Limits,
    Model,
    Rendered,
    RewriteJob,
    Tool,
    Toolset,
    read_examples,
)

OWN = "own"
"""Prefix of the category of evaluation examples for the user's own tools, which training has seen."""

# ---------------------------------------------------------------- toolsets


def load_toolset(plugins: Plugins, names: Sequence[str], limits: Limits | None = None) -> Toolset:
    """All tools of the named toolsets in one; tools from a source of the user's have their domain marked `own`.

    `limits` are for the calls of those. Raises ToolsetError, or PluginError for a name that nothing knows.
    """
    known = plugins.toolsets()
    tools: list[Tool] = []
    for name in dict.fromkeys(names):
        if name == "all":
            tools += [tool for toolset in known.values() for tool in toolset.tools]
        elif name in known:
            tools += known[name].tools
        else:
            tools += [replace(tool, domain=OWN) for tool in _from_source(plugins, name, limits or Limits()).tools]
    return Toolset(", ".join(names), "", tuple(tools))


def _from_source(plugins: Plugins, text: str, limits: Limits) -> Toolset:
    sources = plugins.toolset_sources().values()
    for source in sources:
        if source.matches(text):
            return source.load(text, limits)
    hint = did_you_mean(text, [*plugins.toolsets(), "all"])
    forms = "; ".join(source.summary for source in sources)
    raise PluginError(f"There is no toolset named '{text}'.", f"{hint} Your own can be {forms}.")


def split_by_tool(toolset: Toolset, config: RunConfig) -> tuple[Toolset, Toolset]:
    """Tools to train on, and tools held out for evaluation.

    A tool's side depends on its name and the seed alone, so it stays there when others are added. The user's
    own tools are what the model is wanted for, so they are always trained on.
    """

    def is_held_out(tool: Tool) -> bool:
        digest = hashlib.sha256(f"{config.seed}/{tool.name}".encode()).digest()
        return tool.domain != OWN and int.from_bytes(digest[:8]) / 2**64 < config.held_out

    held_out = tuple(filter(is_held_out, toolset.tools))
    trained = tuple(tool for tool in toolset.tools if tool not in held_out)
    return Toolset("training", "", trained), Toolset("held-out", "", held_out)


# ---------------------------------------------------------------- making examples


def data_inputs(config: RunConfig, toolset: Toolset, model: Model) -> Json:
    """What decides the data."""
    teacher = config.teacher and config.teacher.decisive()
    fields = {"synthesizer", "synthesis", "tools", "examples", "eval_examples", "held_out", "seed", "dataset"}
    if config.dataset:  # which rows of it are good
        fields |= {"on_bad_row", "chat_format"}
    tools = [[tool.spec, tool.asks, tool.answer, sorted(tool.values.items())] for tool in toolset.tools]
    # a file of the user's own counts as a whole: what its functions return is in the examples too
    files = [Path(name) for name in config.toolset if Path(name).is_file()]
    files += [file for dataset in config.dataset for file in _files_of_dataset(dataset)]
    hashes = [file_hash(path) for path in files]
    options = {name: options for name, options in config.evaluators.items() if options is not None}
    tokens = model.revision if config.dataset else ""
    return [config.model_dump(include=fields), fingerprint(tools), hashes, sorted(options), teacher, tokens]


def _files_of_dataset(dataset: DatasetConfig) -> Iterator[Path]:
    """The files whose content decides what a data set gives; none for one of the hub."""
    found = [*files_of(dataset.path, dataset.split), *([Path(dataset.tools)] if dataset.tools else ())]
    for path in found:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.is_file())
        elif not is_hub_id(path):
            yield path
            yield from companions(path)


def make_data(folder: RunFolder, config: RunConfig, plugins: Plugins, toolset: Toolset, model: Model) -> None:
    """Write `data/train.jsonl`, `data/eval.jsonl`, the report on both and, if any, `data/rejected.jsonl`."""
    training, held_out = split_by_tool(toolset, config)
    made, taught = make_examples(
        config, plugins, training, config.examples, folder.path / "data/teacher.jsonl", folder.emit
    )
    rejected: list[Judged] = []
    train = [*_given_examples(config, plugins, model, rejected), *made]
    evaluation = list(_evaluation_examples(config, plugins, toolset, held_out))
    data = folder.path / "data"
    write_lines(data / "train.jsonl", (example.to_json() for example in train))
    write_lines(data / "eval.jsonl", (example.to_json() for example in evaluation))
    report = {
        "train": _summary(train),
        "eval": _summary(evaluation),
        "held_out_tools": [tool.name for tool in held_out.tools],
        "tools_in_training": len(training.tools),
        "rejected": _rejections(rejected),
        "overlap": dict(_overlaps(config, plugins, train)),
        **({"teacher": taught} if taught else {}),
    }
    write_json(data / "report.json", report)
    text = f"{len(train)} examples to train on, {len(evaluation)} to evaluate"
    if rejected:
        write_lines(data / "rejected.jsonl", (judged.rejected(judged.errors) for judged in rejected))
        text += f"; bad rows left out: {len(rejected)}, see data/rejected.jsonl"
    folder.emit(Event("note", "data", {"text": text}))


def _given_examples(config: RunConfig, plugins: Plugins, model: Model, rejected: list[Judged]) -> Iterator[Example]:
    """The good rows of the user's data sets; the bad ones are put into `rejected`, or stop the run."""
    if not config.dataset:
        return
    linter = _error_linter(config, plugins, model)
    for dataset in config.dataset:
        options = dataset.model_dump(exclude={"path", "format"})
        read = partial(examples_of, dataset.path, plugins, dataset.format, **options)
        yield from good_rows(read, linter, rejected.append if config.on_bad_row == "skip" else None)


def _error_linter(config: RunConfig, plugins: Plugins, model: Model) -> Linter:
    """What looks for errors alone, in the tokens that will be trained on; a long row is left out later."""
    from sftctl.serve.chat import load_tokenizer

    errors = [rule for rule in plugins.lint_rules().values() if rule.severity == "error"]
    return Linter(errors, plugins.chat_formats()[config.chat_format], load_tokenizer(model.path))


def make_examples(
    config: RunConfig, plugins: Plugins, tools: Toolset, n: int, answers: Path, emit: Emit
) -> tuple[Iterable[Example], Json]:
    """`n` synthesized examples, and, where a teacher helps, what became of its texts (else None).

    What the teacher answers is kept in `answers`. Only training data is rewritten: what is evaluated is the
    same with and without a teacher. Raises TeacherError.
    """
    if not n:
        return (), None
    synthesizer = plugins.synthesizers()[config.synthesizer]
    examples = synthesizer.synthesize(tools, n, config.seed, config.synthesizer_config(plugins))
    if config.teacher is None or synthesizer.rewrite is None:
        return examples, None
    job = RewriteJob(tools, tuple(examples), config.teacher, answers, config.seed, emit)
    rewritten = synthesizer.rewrite(job)
    return rewritten.examples, rewritten.report


def _evaluation_examples(config: RunConfig, plugins: Plugins, toolset: Toolset, held_out: Toolset) -> Iterator[Example]:
    synthesizer = plugins.synthesizers()[config.synthesizer]
    settings = synthesizer.config()
    seed = config.seed + 1_000_003  # other requests than in training, for tools that are in both
    own = Toolset(OWN, "", tuple(tool for tool in toolset.tools if tool.domain == OWN))
    if held_out.tools:
        yield from synthesizer.synthesize(held_out, config.eval_examples, seed, settings)
    if own.tools:
        for example in synthesizer.synthesize(own, max(10, config.eval_examples // 4), seed, settings):
            yield replace(example, category=f"{OWN}/{example.category}")


def read_data(path: Path) -> list[Example]:
    return list(read_examples(path))


def _summary(examples: Sequence[Example]) -> dict[str, Json]:
    categories = Counter(example.category or example.source for example in examples)
    called = Counter(name for example in examples for name, _ in example.calls)
    return {
        "examples": len(examples),
        "by_category": dict(sorted(categories.items())),
        "distinct_called_names": len(called),
        "sha256": hashlib.sha256("\n".join(e.to_json() for e in examples).encode()).hexdigest(),
    }


def _rejections(rejected: Sequence[Judged]) -> dict[str, Json]:
    broken = Counter(rule for judged in rejected for rule in {finding.rule for finding in judged.errors})
    return {"rows": len(rejected), "by_rule": dict(sorted(broken.items()))}


def _overlaps(config: RunConfig, plugins: Plugins, examples: Sequence[Example]) -> Iterator[tuple[str, Json]]:
    """What the training data shares with each benchmark that can say so."""
    for name in config.evaluator_configs(plugins):
        overlap = plugins.evaluators()[name].overlap
        if overlap is not None:
            try:
                yield name, overlap(examples, cache_root())
            except SftctlError as error:
                yield name, {"unknown": str(error)}


# ---------------------------------------------------------------- rendering


def render_all(
    examples: Iterable[Example], chat_format: ChatFormat, tokenizer: Any, max_length: int | None, emit: Emit
) -> list[Rendered]:
    """Every example as token ids and labels, each checked. Rows longer than `max_length` are left out, not cut.

    Raises DataError naming the row when a format breaks a promise: a tool that is not in the prompt, nothing to
    learn, an unlearned stop token, or an answer that does not read back as itself.
    """
    rows: list[Rendered] = []
    too_long: list[int] = []
    for index, example in enumerate(examples):
        rendered = chat_format.render(example, tokenizer)
        if problem := next(broken_promises(Written(example, rendered, chat_format, tokenizer)), ""):
            raise DataError(f"Training row {index} cannot be used with '{chat_format.name}': {problem}.")
        if max_length and len(rendered.input_ids) > max_length:
            too_long.append(index)
        else:
            rows.append(rendered)
    if not rows:
        raise DataError("No training row is left.", f"All are longer than max_length={max_length}.")
    tokens = sum(len(row.input_ids) for row in rows)
    text = f"{len(rows)} rows, {tokens} tokens"
    if too_long:
        text += f"; {len(too_long)} left out, longer than {max_length} tokens (row {too_long[0]} first)"
    emit(Event("note", "train", {"text": text, "left_out": too_long}))
    return rows


def lengths_of(rows: Sequence[Rendered]) -> dict[str, Json]:
    """How long the rows are in tokens, and how many of these carry loss."""
    lengths = sorted(len(row.input_ids) for row in rows)
    return {
        "rows": len(rows),
        "tokens": sum(lengths),
        "learned_tokens": sum(label != IGNORED for row in rows for label in row.labels),
        "shortest": lengths[0],
        "median": lengths[len(lengths) // 2],
        "longest": lengths[-1],
    }
