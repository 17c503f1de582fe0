"""The data stage: toolset → checked examples, split by tool, and a report on them."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from sftctl.core.config import DatasetConfig, RunConfig
from sftctl.core.datasets import Unread, files_behind, reader
from sftctl.core.errors import DataError, SftctlError
from sftctl.core.examples.census import Census, SplitAudit
from sftctl.core.examples.data_page import data_page
from sftctl.core.examples.overlap import Overlap, items_of
from sftctl.core.examples.sieve import Rejected, good_rows, refusing
from sftctl.core.lint import Linter
from sftctl.core.manager import Plugins
from sftctl.core.stages.rehearsal import PATH as REHEARSAL
from sftctl.core.store import RunFolder, cache_root, file_hash, fingerprint, write_json, write_lines, write_text
from sftctl.core.text import counted, listed
from sftctl.core.tools.toolset import split_by_tool
from sftctl.core.types import (
    OWN,
    Emit,
    Event,
    Example,
    Json,
    Model,
    RewriteJob,
    Toolset,
    read_examples,
)

TRAIN, ANCHOR = "data/train.jsonl", "data/anchor.jsonl"
"""A run's rows to learn, and, if it has any, the general ones on which the model is to stay as it is."""
HELD_OUT, SEEN = "data/eval.jsonl", "data/seen.jsonl"
"""A run's questions about tools that it holds out, and, if it has any, about tools that it trains on."""
REJECTED = "data/rejected.jsonl"
"""Bad rows of the user's data sets, if there are any."""
REPORT = "data/report.json"
MOST_NAMED = 5
"""Tools of which a note says how their name was changed."""
OTHER_SEED = 1_000_003
"""Added to the seed for evaluation: other requests than in training, for tools that are in both."""


# ---------------------------------------------------------------- the stage


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
    files += files_behind((*config.dataset, *config.overlap, *config.anchor))
    hashes = [file_hash(path) for path in files]
    options = {name: options for name, options in config.evaluators.items() if options is not None}
    tokens = model.revision if config.dataset or config.anchor else ""
    return [config.model_dump(include=fields), fingerprint(tools), hashes, sorted(options), teacher, tokens]


def data_outputs(config: RunConfig) -> list[str]:
    """What the stage writes."""
    anchor = [ANCHOR] if config.anchor else []
    seen = [SEEN] if config.seen_examples else []
    return [TRAIN, HELD_OUT, REPORT, "data/report.md", *anchor, *seen]


def trained_on(config: RunConfig) -> list[str]:
    """Those of the outputs that decide the weights."""
    return [TRAIN, *([ANCHOR] if config.anchor else [])]


def make_data(folder: RunFolder, config: RunConfig, plugins: Plugins, toolset: Toolset, model: Model) -> None:
    """Write `data/train.jsonl`, `data/eval.jsonl`, the report on both and, if any, `data/rejected.jsonl`.

    Examples are counted as they are written; none is held, unless a teacher is to rewrite them.
    """
    training, held_out = split_by_tool(toolset, config)
    run = folder.path
    evaluation, train = (_census(config, plugins) for _ in range(2))
    asked = chain(_held_out_rows(config, plugins, model), _evaluation_examples(config, plugins, toolset, held_out))
    write_lines(run / HELD_OUT, evaluation.lines(asked))
    if config.seen_examples:
        write_lines(run / SEEN, (example.to_json() for example in _seen_examples(config, plugins, training)))
    made, taught = make_examples(config, plugins, training, config.examples, run / "data/teacher.jsonl", folder.emit)
    split = SplitAudit(training, held_out)
    questions = [run / HELD_OUT, *([run / SEEN] if config.seen_examples else [])]
    overlaps = list(_overlaps(config, plugins, questions))
    unread = Unread()
    with refusing(run / REJECTED) as rejected:
        given = _given_examples(config.dataset, config, plugins, model, rejected, unread)
        examples = chain((row for row in given if not is_held_out_row(row, config)), made)
        watchers = [split.add, *(overlap.add for overlap in overlaps)]
        write_lines(run / TRAIN, train.lines(examples, *watchers))
        if config.anchor:
            general = _given_examples(config.anchor, config, plugins, model, rejected, unread)
            write_lines(run / ANCHOR, (example.to_json() for example in general))
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
    write_json(run / REPORT, report)
    write_text(run / "data/report.md", data_page(report))
    asks = f", {evaluation.examples} to evaluate" if config.evaluator_configs(plugins) else ""
    text = f"{counted(train.examples, 'example')} to train on{asks}"
    if rejected.rows:
        text += f"; bad rows left out: {rejected.rows}, see {REJECTED}"
    for told in filter(None, (unread.told(), text)):
        folder.emit(Event("note", "data", {"text": told}))


def _census(config: RunConfig, plugins: Plugins) -> Census:
    return Census(plugins.lint_rules().values(), plugins.chat_formats()[config.chat_format])


# ---------------------------------------------------------------- rows of the user's data sets


def _given_examples(
    datasets: Sequence[DatasetConfig],
    config: RunConfig,
    plugins: Plugins,
    model: Model,
    rejected: Rejected | None,
    unread: Unread | None = None,
) -> Iterator[Example]:
    """The good rows of the user's data sets; the bad ones go to `rejected`, if given, or stop the run.

    `unread` is told of columns that are not read.
    """
    if not datasets:
        return
    linter = error_linter(config, plugins, model)
    refuse = rejected.add if rejected else lambda _: None
    for dataset in datasets:
        yield from good_rows(reader(dataset, plugins, unread), linter, refuse if config.on_bad_row == "skip" else None)


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


def error_linter(config: RunConfig, plugins: Plugins, model: Model) -> Linter:
    """What looks for errors alone, in the tokens that will be trained on; a long row is left out later."""
    from sftctl.serve.chat import load_tokenizer

    errors = [rule for rule in plugins.lint_rules().values() if rule.severity == "error"]
    return Linter(errors, plugins.chat_formats()[config.chat_format], load_tokenizer(model.path))


# ---------------------------------------------------------------- synthesized examples


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
    if renamed := [f"'{tool.spelled}' is now '{tool.name}'" for tool in tools.tools if tool.spelled]:
        text = f"names of tools that OpenAI's API would refuse are changed: {listed(renamed, MOST_NAMED)}"
        emit(Event("note", "data", {"text": text}))
    for name, reason in (synthesizer.untaught(tools) if synthesizer.untaught else {}).items():
        text = f"no example calls '{name}', since every call that was tried was refused: {reason}"
        emit(Event("note", "data", {"text": f"{text}. What helps: docs/toolsets.md, 'Where values come from'"}))
    examples = synthesizer.synthesize(tools, n, config.seed, config.synthesizer_config(plugins))
    if config.teacher is None or synthesizer.rewrite is None:
        return examples, None
    job = RewriteJob(tools, tuple(examples), config.teacher, answers, config.seed, emit)
    rewritten = synthesizer.rewrite(job)
    return rewritten.examples, rewritten.report


def other_requests(config: RunConfig, plugins: Plugins, tools: Toolset, n: int) -> Iterator[Example]:
    """`n` examples to evaluate on, by the synthesizer's default settings."""
    synthesizer = plugins.synthesizers()[config.synthesizer]
    return synthesizer.synthesize(tools, n, config.seed + OTHER_SEED, synthesizer.config())


def _evaluation_examples(config: RunConfig, plugins: Plugins, toolset: Toolset, held_out: Toolset) -> Iterator[Example]:
    own = Toolset(OWN, "", tuple(tool for tool in toolset.tools if tool.domain == OWN))
    if held_out.tools:
        yield from other_requests(config, plugins, held_out, config.eval_examples)
    if own.tools:
        for example in other_requests(config, plugins, own, max(10, config.eval_examples // 4)):
            yield replace(example, category=f"{OWN}/{example.category}")  # training has seen these tools


def _seen_examples(config: RunConfig, plugins: Plugins, training: Toolset) -> Iterator[Example]:
    """Other requests than in training, for the same tools; the user's own have theirs already."""
    tools = tuple(tool for tool in training.tools if tool.domain != OWN)
    if tools:
        yield from other_requests(config, plugins, Toolset("seen", "", tools), config.seen_examples)


def read_data(path: Path) -> list[Example]:
    return list(read_examples(path))


# ---------------------------------------------------------------- what training data is compared with


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
        given.know(items_of(reader(dataset, plugins)(rejects=given.refuse)))
        yield given
