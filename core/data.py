"""The data stage: toolset → checked examples, split by tool; and examples → Rendered, checked again."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sftctl.core.config import DatasetConfig, RunConfig
from sftctl.core.datasets import companions, examples_of
from sftctl.core.errors import DataError, PluginError, SftctlError, did_you_mean
from sftctl.core.manager import Plugins
from sftctl.core.reading import files_of, is_hub_id
from sftctl.core.store import RunFolder, cache_root, file_hash, fingerprint, write_json, write_lines
from sftctl.core.types import (
    IGNORED,
    ChatFormat,
    Emit,
    Event,
    Example,
    Json,
    Limits,
    Rendered,
    RewriteJob,
    Tokenizer,
    Tool,
    Toolset,
    is_learned,
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


def data_inputs(config: RunConfig, toolset: Toolset) -> Json:
    """What decides the data."""
    teacher = config.teacher and config.teacher.decisive()
    fields = {"synthesizer", "synthesis", "tools", "examples", "eval_examples", "held_out", "seed", "dataset"}
    tools = [[tool.spec, tool.asks, tool.answer, sorted(tool.values.items())] for tool in toolset.tools]
    # a file of the user's own counts as a whole: what its functions return is in the examples too
    files = [Path(name) for name in config.toolset if Path(name).is_file()]
    files += [file for dataset in config.dataset for file in _files_of_dataset(dataset)]
    hashes = [file_hash(path) for path in files]
    options = {name: options for name, options in config.evaluators.items() if options is not None}
    return [config.model_dump(include=fields), fingerprint(tools), hashes, sorted(options), teacher]


def _files_of_dataset(dataset: DatasetConfig) -> Iterator[Path]:
    """The files whose content decides what a data set gives; none for one of the hub."""
    found = [*files_of(dataset.path, dataset.split), *([Path(dataset.tools)] if dataset.tools else ())]
    for path in found:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.is_file())
        elif not is_hub_id(path):
            yield path
            yield from companions(path)


def make_data(folder: RunFolder, config: RunConfig, plugins: Plugins, toolset: Toolset) -> None:
    """Write `data/train.jsonl`, `data/eval.jsonl` and the report on both."""
    training, held_out = split_by_tool(toolset, config)
    made, taught = make_examples(
        config, plugins, training, config.examples, folder.path / "data/teacher.jsonl", folder.emit
    )
    train = [*_given_examples(config, plugins), *made]
    evaluation = list(_evaluation_examples(config, plugins, toolset, held_out))
    data = folder.path / "data"
    write_lines(data / "train.jsonl", (example.to_json() for example in train))
    write_lines(data / "eval.jsonl", (example.to_json() for example in evaluation))
    report = {
        "train": _summary(train),
        "eval": _summary(evaluation),
        "held_out_tools": [tool.name for tool in held_out.tools],
        "tools_in_training": len(training.tools),
        "overlap": dict(_overlaps(config, plugins, train)),
        **({"teacher": taught} if taught else {}),
    }
    write_json(data / "report.json", report)
    folder.emit(Event("note", "data", {"text": f"{len(train)} examples to train on, {len(evaluation)} to evaluate"}))


def _given_examples(config: RunConfig, plugins: Plugins) -> Iterator[Example]:
    for dataset in config.dataset:
        options = dataset.model_dump(exclude={"path", "format"})
        for _, example in examples_of(dataset.path, plugins, dataset.format, **options):
            yield example


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
    stops = {tokenizer.convert_tokens_to_ids(token) for token in chat_format.stop}
    for index, example in enumerate(examples):
        rendered = chat_format.render(example, tokenizer)
        if problem := _broken_promise(example, rendered, chat_format, tokenizer, stops):
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


def _broken_promise(
    example: Example, rendered: Rendered, chat_format: ChatFormat, tokenizer: Tokenizer, stops: set[int]
) -> str:
    spans = _spans(rendered)
    if not spans:
        return "it has nothing to learn"
    if not all(span[-1] in stops for span in spans):
        return f"it does not learn to stop ({', '.join(chat_format.stop)})"
    # without what the assistant says: a call names its tool, shown or not
    given = [token for token, label in zip(rendered.input_ids, rendered.labels, strict=True) if label == IGNORED]
    prompt = tokenizer.decode(given, skip_special_tokens=False)
    for tool in example.tools:
        if tool["function"]["name"] not in prompt:
            return f"tool '{tool['function']['name']}' is not shown to the model"
    if example.text:
        return ""
    said = chat_format.parse(tokenizer.decode(spans[-1][:-1], skip_special_tokens=False))
    expected = next(message for message in reversed(example.messages) if is_learned(message))
    if "parse_error" in said or _gist(said) != _gist(expected):
        return "its answer does not read back as itself"
    return ""


def _spans(rendered: Rendered) -> list[list[int]]:
    """The runs of tokens that carry loss: one for each assistant turn."""
    spans: list[list[int]] = [[]]
    for label in rendered.labels:
        if label != IGNORED:
            spans[-1].append(label)
        elif spans[-1]:
            spans.append([])
    return [span for span in spans if span]


def _gist(message: dict[str, Json]) -> Json:
    """A message without what a format need not carry: ids, and the spelling of arguments."""
    calls = [
        (call["function"]["name"], json.loads(call["function"]["arguments"]))
        for call in message.get("tool_calls") or ()
    ]
    content = message.get("content") or ""
    if isinstance(content, list):
        content = "".join(part.get("text") or part.get("refusal") or "" for part in content)
    return [content, calls]
