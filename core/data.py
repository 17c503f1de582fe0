"""The data stage: toolset → checked examples, split by tool; and examples → Rendered, checked again."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from sftctl.core.census import Census, SplitAudit
from sftctl.core.config import DatasetConfig, RunConfig
from sftctl.core.data_page import data_page
from sftctl.core.datasets import examples_of, files_behind
from sftctl.core.errors import DataError, PluginError, SftctlError, did_you_mean
from sftctl.core.labels import LossOn, relabelled
from sftctl.core.lengths import Lengths
from sftctl.core.lint import Linter
from sftctl.core.manager import Plugins
from sftctl.core.overlap import Overlap, items_of
from sftctl.core.promises import Written, broken_promises
from sftctl.core.rehearsal import PATH as REHEARSAL
from sftctl.core.sieve import Read, Rejected, good_rows, refusing
from sftctl.core.store import RunFolder, cache_root, file_hash, fingerprint, write_json, write_lines, write_text
from sftctl.core.types import (
    IGNORED,
    OWN,
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

# ---------------------------------------------------------------- toolsets


def load_toolset(plugins: Plugins, names: Sequence[str], limits: Limits | None = None) -> Toolset:
    """All tools of the named toolsets in one; tools from a source of the user's have their domain marked `own`.

    One of the user's takes the place of a built-in one of its name. `limits` are for the calls of those. Raises
    ToolsetError, or PluginError for a name that nothing knows.
    """
    known = plugins.toolsets()
    tools: list[Tool] = []
    own: list[Tool] = []
    for name in dict.fromkeys(names):
        if name == "all":
            tools += [tool for toolset in known.values() for tool in toolset.tools]
        elif name in known:
            tools += known[name].tools
        else:
            own += [replace(tool, domain=OWN) for tool in _from_source(plugins, name, limits or Limits()).tools]
    taken = {tool.name for tool in own}
    return Toolset(", ".join(names), "", (*(tool for tool in tools if tool.name not in taken), *own))


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
    fields |= {"overlap", "chat_format"}  # the report's: rows are the same if they are written alike
    if config.seen_examples:
        fields |= {"seen_examples"}
    if config.dataset:  # which rows of it are good, and which are held out
        fields |= {"on_bad_row", "held_out_rows"}
    if config.anchor:
        fields |= {"on_bad_row", "anchor"}
    tools = [[tool.spec, tool.asks, tool.answer, sorted(tool.values.items())] for tool in toolset.tools]
    # a file of the user's own counts as a whole: what its functions return is in the examples too
    files = [Path(name) for name in config.toolset if Path(name).is_file()]
    sets = (*config.dataset, *config.overlap, *config.anchor)
    files += [file for one in sets for file in files_behind(one.path, one.split, one.tools)]
    hashes = [file_hash(path) for path in files]
    options = {name: options for name, options in config.evaluators.items() if options is not None}
    tokens = model.revision if config.dataset or config.anchor else ""
    return [config.model_dump(include=fields), fingerprint(tools), hashes, sorted(options), teacher, tokens]


def make_data(folder: RunFolder, config: RunConfig, plugins: Plugins, toolset: Toolset, model: Model) -> None:
    """Write `data/train.jsonl`, `data/eval.jsonl`, the report on both and, if any, `data/rejected.jsonl`.

    Examples are counted as they are written; none is held, unless a teacher is to rewrite them.
    """
    training, held_out = split_by_tool(toolset, config)
    data = folder.path / "data"
    evaluation, train = (_census(config, plugins) for _ in range(2))
    asked = chain(_held_out_rows(config, plugins, model), _evaluation_examples(config, plugins, toolset, held_out))
    write_lines(data / "eval.jsonl", evaluation.lines(asked))
    if config.seen_examples:
        write_lines(data / "seen.jsonl", (example.to_json() for example in _seen_examples(config, plugins, training)))
    made, taught = make_examples(config, plugins, training, config.examples, data / "teacher.jsonl", folder.emit)
    split = SplitAudit(training, held_out)
    questions = [data / "eval.jsonl", *([data / "seen.jsonl"] if config.seen_examples else [])]
    overlaps = list(_overlaps(config, plugins, questions))
    with refusing(data / "rejected.jsonl") as rejected:
        given = _given_examples(config.dataset, config, plugins, model, rejected)
        examples = chain((row for row in given if not is_held_out_row(row, config)), made)
        watchers = [split.add, *(overlap.add for overlap in overlaps)]
        write_lines(data / "train.jsonl", train.lines(examples, *watchers))
        if config.anchor:
            general = _given_examples(config.anchor, config, plugins, model, rejected)
            write_lines(data / "anchor.jsonl", (example.to_json() for example in general))
    if not train.examples:
        raise DataError("There is nothing to train on.", "Name a data set (--set dataset=FILE), or a toolset.")
    report = {
        "train": train.report(),
        "eval": evaluation.report(),
        "split": split.report(),
        "rejected": rejected.report(),
        "overlap": [overlap.report() for overlap in overlaps],
        **({"teacher": taught} if taught else {}),
    }
    write_json(data / "report.json", report)
    write_text(data / "report.md", data_page(report))
    text = f"{train.examples} examples to train on, {evaluation.examples} to evaluate"
    if rejected.rows:
        text += f"; bad rows left out: {rejected.rows}, see data/rejected.jsonl"
    folder.emit(Event("note", "data", {"text": text}))


def _census(config: RunConfig, plugins: Plugins) -> Census:
    return Census(plugins.lint_rules().values(), plugins.chat_formats()[config.chat_format])


def _given_examples(
    datasets: Sequence[DatasetConfig], config: RunConfig, plugins: Plugins, model: Model, rejected: Rejected | None
) -> Iterator[Example]:
    """The good rows of the user's data sets; the bad ones go to `rejected`, if given, or stop the run."""
    if not datasets:
        return
    linter = _error_linter(config, plugins, model)
    refuse = rejected.add if rejected else lambda _: None
    for dataset in datasets:
        read = _reader(dataset, plugins)
        yield from good_rows(read, linter, refuse if config.on_bad_row == "skip" else None)


def _held_out_rows(config: RunConfig, plugins: Plugins, model: Model) -> Iterator[Example]:
    """The rows of the user's data sets that are not trained on."""
    if config.held_out_rows:
        for row in _given_examples(config.dataset, config, plugins, model, None):
            if is_held_out_row(row, config):
                yield row


def is_held_out_row(row: Example, config: RunConfig) -> bool:
    """Whether a row is kept for evaluation: its content and the seed decide, so that equal rows go together.

    What the base model wrote for rehearsal is no part of the task, and never is.
    """
    if row.source == REHEARSAL:
        return False
    digest = hashlib.sha256(f"{config.seed}/{row.to_json()}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64 < config.held_out_rows


def _reader(dataset: DatasetConfig, plugins: Plugins) -> Read:
    options = dataset.model_dump(exclude={"path", "format"})
    return partial(examples_of, dataset.path, plugins, dataset.format, **options)


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
    for name, reason in (synthesizer.untaught(tools) if synthesizer.untaught else {}).items():
        text = f"no example calls '{name}', since every call that was tried was refused: {reason}"
        emit(Event("note", "data", {"text": f"{text}. What helps: docs/toolsets.md, 'Where values come from'"}))
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
            yield replace(example, category=f"{OWN}/{example.category}")  # training has seen these tools


def _seen_examples(config: RunConfig, plugins: Plugins, training: Toolset) -> Iterator[Example]:
    """Other requests than in training, for the same tools; the user's own have theirs already."""
    synthesizer = plugins.synthesizers()[config.synthesizer]
    tools = tuple(tool for tool in training.tools if tool.domain != OWN)
    if tools:
        seed = config.seed + 1_000_003
        yield from synthesizer.synthesize(Toolset("seen", "", tools), config.seen_examples, seed, synthesizer.config())


def read_data(path: Path) -> list[Example]:
    return list(read_examples(path))


def _overlaps(config: RunConfig, plugins: Plugins, questions: Sequence[Path]) -> Iterator[Overlap]:
    """What training data is compared with: our own evaluation, benchmarks that say what they ask, the user's sets."""
    for path in questions:
        ours = Overlap(path.name)
        ours.know(items_of((f"{path.name}:{line}", e) for line, e in enumerate(read_examples(path), 1)))
        yield ours
    for name in config.evaluator_configs(plugins):
        if reference := plugins.evaluators()[name].reference:
            benchmark = Overlap(name)
            try:
                benchmark.know(reference(cache_root()))
            except SftctlError as error:
                benchmark.unknown = str(error)
            yield benchmark
    for dataset in config.overlap:
        given = Overlap(dataset.path)
        given.know(items_of(_reader(dataset, plugins)(rejects=given.refuse)))
        yield given


# ---------------------------------------------------------------- rendering


def render_all(
    examples: Iterable[Example],
    chat_format: ChatFormat,
    tokenizer: Any,
    max_length: int | None,
    emit: Emit,
    loss_on: LossOn = LossOn(),  # noqa: B008  (frozen)
    what: str = "training",
) -> list[Rendered]:
    """Every example as token ids and labels, each checked. Rows longer than `max_length` are left out, not cut.

    Raises DataError naming the row when a format breaks a promise (a tool that is not in the prompt, nothing to
    learn, an unlearned stop token, an answer that does not read back as itself), or when it cannot have its loss
    where `loss_on` says.
    """
    rows: list[Rendered] = []
    too_long: list[int] = []
    for index, example in enumerate(examples):
        written = Written(example, chat_format.render(example, tokenizer), chat_format, tokenizer)
        if problem := next(broken_promises(written), ""):
            raise DataError(f"{what.capitalize()} row {index} cannot be used with '{chat_format.name}': {problem}.")
        try:
            rendered = relabelled(written, loss_on)
        except DataError as error:
            raise DataError(f"{what.capitalize()} row {index}: {error}.") from None
        if max_length and len(rendered.input_ids) > max_length:
            too_long.append(index)
        else:
            rows.append(rendered)
    if not rows:
        raise DataError(f"No {what} row is left.", f"All are longer than max_length={max_length}.")
    counts = lengths_of(rows)
    text = f"{len(rows)} {what} rows, {counts['tokens']} tokens, loss on {counts['learned_tokens']}"
    if too_long:
        text += f"; {len(too_long)} left out, longer than {max_length} tokens (row {too_long[0]} first)"
    emit(Event("note", "train", {"text": text, "left_out": too_long}))
    return rows


def rows_to_learn(
    folder: RunFolder, config: RunConfig, plugins: Plugins, model: Model, tokenizer: Any
) -> tuple[list[Rendered], list[Rendered]]:
    """The rows to train on, and those of the trainer's `eval_dataset`, if it has one; writes `data/lengths.json`.

    Raises DataError.
    """
    settings = config.trainer_config(plugins)
    render = partial(
        render_all,
        chat_format=plugins.chat_formats()[config.chat_format].fitted(tokenizer),
        tokenizer=tokenizer,
        max_length=getattr(settings, "max_length", None),
        emit=folder.emit,
        loss_on=LossOn.of(settings),
    )
    examples = read_data(folder.path / "data/train.jsonl")
    rows, evaluation, note = render(examples), list[Rendered](), ""
    left_out = len(examples) - len(rows)
    kept = getattr(settings, "eval_dataset", None)
    if isinstance(kept, DatasetConfig):
        others = good_rows(_reader(kept, plugins), _error_linter(config, plugins, model), None)
        evaluation = render(others, what="evaluation")
        known = {tuple(row.input_ids) for row in rows}
        if both := sum(tuple(row.input_ids) in known for row in evaluation):
            note = f"{both} of the rows of eval_dataset are trained on, too"
    elif kept:
        rows, evaluation = hold_out(rows, kept, config.seed)
        note = f"{len(evaluation)} of these rows are held out, to measure the loss on"
    if note:
        folder.emit(Event("note", "train", {"text": note}))
    write_json(folder.path / "data/lengths.json", lengths_of(rows) | {"left_out": left_out})
    return rows, evaluation


def hold_out(rows: Sequence[Rendered], share: float, seed: int) -> tuple[list[Rendered], list[Rendered]]:
    """The rows to train on, and a share of them that is kept for evaluation; equal rows stay together.

    Raises DataError when too few rows are left to train on.
    """
    draws = [fingerprint([seed, row.input_ids]) for row in rows]
    last = sorted(draws)[max(1, round(share * len(rows))) - 1]
    train = [row for row, draw in zip(rows, draws, strict=True) if draw > last]
    if not train:
        raise DataError(f"eval_dataset: {share} leaves none of {len(rows)} rows to train on.", "Give it a file.")
    return train, [row for row, draw in zip(rows, draws, strict=True) if draw <= last]


def lengths_of(rows: Sequence[Rendered]) -> dict[str, Json]:
    """How long the rows are in tokens, and how many of these carry loss."""
    lengths = Lengths()
    for row in rows:
        lengths.add(len(row.input_ids))
    return {
        "rows": len(rows),
        "tokens": sum(len(row.input_ids) for row in rows),
        "learned_tokens": sum(label != IGNORED for row in rows for label in row.labels),
        **lengths.summary(),
    }
