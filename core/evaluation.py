"""The evaluation stages: one model, every evaluator of the run, the same items before and after."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sftctl.core.checkpoint import check_rendering, check_template
from sftctl.core.config import DatasetConfig, RunConfig
from sftctl.core.data import read_data
from sftctl.core.datasets import examples_of, files_behind
from sftctl.core.manager import Plugins
from sftctl.core.store import RunFolder, cache_root, file_hash, write_json, write_lines
from sftctl.core.types import (
    Answer,
    Checkpoint,
    Emit,
    EvalJob,
    Event,
    Example,
    Json,
    Model,
    Query,
    Sampling,
    Score,
    Scores,
)


def evaluation_inputs(config: RunConfig, plugins: Plugins) -> Json:
    """What decides the scores, besides model and data."""
    configs = config.evaluator_configs(plugins)
    options = {name: settings.model_dump() for name, settings in configs.items()}
    sets = [dataset for settings in configs.values() for dataset in (*_own_data(settings), *_tasks(settings))]
    hashes = [file_hash(file) for one in sets for file in files_behind(one.path, one.split, one.tools)]
    return [options, config.chat_format, config.engine, config.seed, *([hashes] if hashes else ())]


def _own_data(settings: BaseModel) -> Sequence[DatasetConfig]:
    """What an evaluator is to ask instead of the held-out examples: its option `data`, if it has one."""
    return getattr(settings, "data", ())


def _tasks(settings: BaseModel) -> Iterable[DatasetConfig]:
    """Data sets that an evaluator reads by itself: its option `tasks`, if it has one."""
    tasks: Mapping[str, DatasetConfig] = getattr(settings, "tasks", {})
    return tasks.values()


def _examples_for(settings: BaseModel, examples: Sequence[Example], plugins: Plugins) -> Sequence[Example]:
    """The examples of an evaluator's own data sets, else the held-out ones. Raises DataError with the place."""
    own = _own_data(settings)
    read = [examples_of(one.path, plugins, one.format, **one.model_dump(exclude={"path", "format"})) for one in own]
    return [example for _, example in chain.from_iterable(read)] if own else examples


def evaluate_model(
    folder: RunFolder,
    config: RunConfig,
    plugins: Plugins,
    stage: str,
    model: Model,
    checkpoint: Checkpoint | None,
) -> None:
    """Score the base model, or the checkpoint, and write `eval/<stage>.json` and every verdict."""
    examples = read_data(folder.path / "data/eval.jsonl")
    results: list[Scores] = []
    if options := config.evaluator_configs(plugins):
        chat = open_chat(plugins, config.engine, config.chat_format, model, checkpoint)
        results = score_model(chat, plugins, options, examples, config.seed, stage, folder.emit)
    write_results(folder.path / f"eval/{stage}.json", results)


def score_model(
    chat: Any,
    plugins: Plugins,
    options: Mapping[str, BaseModel],
    examples: Sequence[Example],
    seed: int,
    stage: str,
    emit: Emit,
) -> list[Scores]:
    """What each evaluator says of a model that is open."""
    results: list[Scores] = []
    for name, settings in options.items():

        def generate(queries: Sequence[Query], settings: BaseModel = settings, name: str = name) -> list[Answer]:
            def progress(done: int, total: int) -> None:
                emit(Event("progress", stage, {"done": done, "total": total, "what": name}))

            sampling = Sampling(max_tokens=getattr(settings, "max_tokens", 256), seed=seed)
            return list(chat.generate(queries, sampling, on_progress=progress))

        def logprobs(texts: Sequence[Sequence[int]], name: str = name) -> list[tuple[float, ...]]:
            def progress(done: int, total: int) -> None:
                emit(Event("progress", stage, {"done": done, "total": total, "what": name}))

            return list(chat.logprobs(texts, on_progress=progress))

        own = _examples_for(settings, examples, plugins)
        job = EvalJob(generate, own, settings, cache_root(), seed, logprobs, chat.tokenizer, chat.chat_format)
        results.append(plugins.evaluators()[name].evaluate(job))
    return results


def open_chat(plugins: Plugins, engine: str, chat_format: str, model: Model, checkpoint: Checkpoint | None) -> Any:
    """The base model, or the checkpoint, ready to answer (a `sftctl.serve.chat.ChatModel`)."""
    from sftctl.serve.chat import load_chat_model

    if checkpoint is None:
        return load_chat_model(plugins, model, None, chat_format, engine)
    check_template(checkpoint, plugins.chat_formats()[checkpoint.chat_format])
    weights = model if checkpoint.adapter else Model(checkpoint.name, checkpoint.path)
    adapter = checkpoint.path if checkpoint.adapter else None
    chat = load_chat_model(plugins, weights, adapter, checkpoint.chat_format, engine, name=checkpoint.name)
    check_rendering(checkpoint, chat.chat_format, chat.tokenizer)
    return chat


def open_adapter(plugins: Plugins, base: Any, checkpoint: Checkpoint, name: str, merged: bool) -> Any:
    """The checkpoint's adapter as a model `name` over the engine of its `base` (see `Engine.load_adapter`)."""
    from sftctl.serve.chat import with_adapter

    form = plugins.chat_formats()[checkpoint.chat_format]
    check_template(checkpoint, form)
    check_rendering(checkpoint, form, base.tokenizer)
    return with_adapter(base, checkpoint.path, name, form, merged=merged)


def write_results(path: Path, results: Sequence[Scores]) -> None:
    """The scores in `path`, and beside it, in `samples_path(path)`, every item with its verdict."""
    verdicts = ({"evaluator": r.evaluator, **asdict(v)} for r in results for v in r.verdicts)
    write_lines(samples_path(path), (json.dumps(v, ensure_ascii=False, default=str) for v in verdicts))
    write_json(path, {r.evaluator: {name: asdict(score) for name, score in r.scores.items()} for r in results})


def samples_path(scores: Path) -> Path:
    """Where the items of `after.json` are: `samples-after.jsonl` beside it."""
    return scores.with_name(f"samples-{scores.stem}.jsonl")


def read_scores(path: Path) -> dict[str, dict[str, Score]]:
    """Evaluator → score name → Score, as `evaluate_model` wrote them."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return {
        evaluator: {name: Score(**score) for name, score in scores.items()} for evaluator, scores in content.items()
    }
