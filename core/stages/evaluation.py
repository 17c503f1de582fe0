"""The evaluation stages: one model, every evaluator of the run, the same items before and after.

A model answers as the endpoint would that serves it, held to the same grammars. What its weights alone know is a second
evaluation of the tuned model by the evaluators that ask for it (their option `free`), in rows named `bfcl (free)`.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sftctl.core.answers import AnswerFile
from sftctl.core.config import DatasetConfig, RunConfig
from sftctl.core.datasets import files_behind, reader
from sftctl.core.errors import ConfigError, EvalError
from sftctl.core.manager import Plugins
from sftctl.core.remote.asking import NOT_ASKED
from sftctl.core.scores.forgetting import general_among
from sftctl.core.scores.stats import OVERALL, mean, score
from sftctl.core.stages.checkpoint import check_rendering, check_template
from sftctl.core.stages.data import HELD_OUT, SEEN, read_data
from sftctl.core.store import RunFolder, cache_root, check_writable, file_hash, write_json, write_lines
from sftctl.core.text import counted
from sftctl.core.types import (
    NO_TOOLS,
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
    Toolset,
    record,
)


def evaluation_inputs(config: RunConfig, plugins: Plugins) -> Json:
    """What decides the scores, besides model and data."""
    configs = config.evaluator_configs(plugins)
    options = {name: settings.model_dump() for name, settings in configs.items()}
    sets = [dataset for settings in configs.values() for dataset in (*_own_data(settings), *_tasks(settings))]
    hashes = [file_hash(file) for file in files_behind(sets)]
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
    read = (reader(dataset, plugins)(rejects=None) for dataset in own)
    return [example for _, example in chain.from_iterable(read)] if own else examples


def evaluate_model(
    folder: RunFolder,
    config: RunConfig,
    plugins: Plugins,
    stage: str,
    model: Model,
    checkpoint: Checkpoint | None,
    toolset: Toolset,
) -> None:
    """Score the base model, or the checkpoint, and write `eval/<stage>.json` and every verdict."""

    def open_it() -> Any:
        return open_chat(plugins, config.engine, config.chat_format, model, checkpoint)

    options = config.evaluator_configs(plugins)
    needed = general_among(plugins.evaluators()) if config.forgetting_budget is not None else ()
    asking = Asking(plugins, options, config.seed, stage, folder.emit, lambda: toolset, needed)
    asking.write(folder.path / f"eval/{stage}.json", open_it, folder.path, base=checkpoint is None)


@dataclass(frozen=True)
class Asking:
    """The evaluators and their options, and where what happens meanwhile is told."""

    plugins: Plugins
    options: Mapping[str, BaseModel]
    seed: int
    stage: str
    emit: Emit
    toolset: Callable[[], Toolset] = lambda: NO_TOOLS
    """Loads what can be called for real."""
    needed: Collection[str] = ()
    """Evaluators that must not be left out."""

    def write(self, path: Path, open_it: Callable[[], Any], run: Path, base: bool = False) -> None:
        """The scores of a run's model, or of its base, in `path`; until they are whole, the answers are beside it."""
        if not self.options:
            write_results(path, [])
            return
        with self.keeping(open_it(), answers_path(path)) as chat:
            write_results(path, self.base(chat, run) if base else self.tuned(chat, run))

    @contextmanager
    def keeping(self, chat: Any, path: Path) -> Iterator[Any]:
        """The model, with a file of what it answers: where we are killed it is gone on from, and at the end removed."""
        kept = AnswerFile(path)
        if count := len(kept.answers) + len(kept.logprobs):
            text = (
                f"It goes on from {counted(count, 'answer')} of an earlier try, where model and question are the same."
            )
            self.emit(Event("note", self.stage, {"text": text}))
        yield replace(chat, kept=kept)
        kept.remove()

    def base(self, chat: Any, run: Path) -> list[Scores]:
        """Scores of a run's base model."""
        return self.score(served(chat), read_data(run / HELD_OUT))

    def tuned(self, chat: Any, run: Path) -> list[Scores]:
        """Scores of a run's tuned model, which may be asked freely too, and about tools that it was trained on."""
        seen = read_data(run / SEEN) if (run / SEEN).exists() else ()
        return self.score(served(chat), read_data(run / HELD_OUT), free=chat, seen=seen)

    def score(
        self, model: Any, examples: Sequence[Example], free: Any = None, seen: Sequence[Example] = ()
    ) -> list[Scores]:
        """What each evaluator says of a model that is open: of its endpoint's answers, and of those of `free`."""
        results: list[Scores] = []
        for name, settings in self._within_reach(model).items():
            own = _examples_for(settings, examples, self.plugins)
            results.append(self._ask(model, name, name, own))
            if free and getattr(settings, "free", False):
                results.append(self._ask(free, name, f"{name} (free)", own))
            if seen and getattr(settings, "seen", False) and not _own_data(settings):
                results.append(self._ask(model, name, f"{name} (seen tools)", seen))
        return results

    def _within_reach(self, model: Any) -> dict[str, BaseModel]:
        """The evaluators without those that need to know how likely texts are, where the model does not tell.

        What is left out is told, with the reason. Raises EvalError if it must not be.
        """
        why, remedy = getattr(model, "no_likelihoods", None) or ("", "")
        known = self.plugins.evaluators()
        out = [name for name in self.options if why and known[name].likelihoods]
        if wanted := [name for name in out if name in self.needed]:
            raise EvalError(f"There is no score of {' and '.join(wanted)} here. {why}", remedy)
        if out:
            text = f"Not asked: {', '.join(out)}. {why} {remedy}"
            self.emit(Event("note", self.stage, {"text": text}))
        return {name: settings for name, settings in self.options.items() if name not in out}

    def _ask(self, model: Any, name: str, row: str, examples: Sequence[Example]) -> Scores:
        if any(f"{example.category}/".startswith(f"{OVERALL}/") for example in examples):
            what = f"A category of the examples is called '{OVERALL}', as the score over all items is."
            raise EvalError(what, "Give it another name.")
        answers: list[Answer] = []
        told = Row(row, self.stage, self.emit)
        job = _job(model, self.plugins, examples, self.options[name], self.seed, told, answers)
        job = replace(job, toolset=self.toolset)
        found = self.plugins.evaluators()[name].evaluate(job)
        if answers and all(answer.refused and answer.text != NOT_ASKED for answer in answers):
            why = f"not one of {counted(len(answers), 'question')} got an answer, the first because"
            raise EvalError(f"There is no score of {row}: {why}: {answers[0].text}.")
        return replace(found, evaluator=row, costs=costs_of(answers))


def served(chat: Any) -> Any:
    """The model as its endpoint would answer."""
    from sftctl.serve.served import ServedModel

    return ServedModel(chat)


def costs_of(answers: Sequence[Answer]) -> dict[str, Score]:
    """What an answer took on average: tokens and seconds, and the share that was cut off at its longest.

    Seconds are the time of all answers over their number where a model writes them side by side, and else what each
    took from the request on.
    """
    given = [answer for answer in answers if not answer.refused]
    if not given:
        return {}
    timed = [answer.seconds for answer in given if answer.seconds]  # answers kept from earlier times may not be
    return {
        "prompt tokens": mean([answer.prompt_tokens for answer in given]),
        "answer tokens": mean([answer.completion_tokens for answer in given]),
        "cut off": score([answer.finish_reason == "length" for answer in given]),
        **({"seconds": mean(timed)} if timed else {}),
    }


@dataclass(frozen=True)
class Row:
    """The name under which scores are reported, and where what happens meanwhile is told."""

    name: str
    stage: str
    emit: Emit

    def tell(self, text: str) -> None:
        self.emit(Event("note", self.stage, {"text": f"{self.name}: {text}"}))

    def progress(self, done: int, total: int) -> None:
        self.emit(Event("progress", self.stage, {"done": done, "total": total, "what": self.name}))


def _job(
    model: Any,
    plugins: Plugins,
    examples: Sequence[Example],
    settings: BaseModel,
    seed: int,
    row: Row,
    kept: list[Answer],
) -> EvalJob:
    """What an evaluator is given to ask this model; its answers are added to `kept`."""

    def generate(queries: Sequence[Query]) -> list[Answer]:
        sampling = Sampling(max_tokens=getattr(settings, "max_tokens", 256), seed=seed)
        answers = list(model.generate(queries, sampling, on_progress=row.progress))
        reasons = [answer.text for answer in answers if answer.refused]
        if reasons and reasons[0] != NOT_ASKED:
            row.tell(f"{len(reasons)} of {len(answers)} questions got no answer, the first because: {reasons[0]}")
        kept.extend(answers)
        return answers

    def logprobs(texts: Sequence[Sequence[int]]) -> list[tuple[float, ...]]:
        return list(model.logprobs(texts, on_progress=row.progress))

    parts = (getattr(model, "tokenizer", None), getattr(model, "chat_format", None))
    job = EvalJob(generate, examples, settings, cache_root(), seed, logprobs, *parts, tell=row.tell)
    return replace(job, serve=lambda: model.serve(plugins)) if hasattr(model, "serve") else job


def open_chat(plugins: Plugins, engine: str, chat_format: str, model: Model, checkpoint: Checkpoint | None) -> Any:
    """The base model, or the checkpoint, ready to answer (a `sftctl.serve.chat.ChatModel`)."""
    from sftctl.serve.chat import load_chat_model

    if checkpoint is None:
        return load_chat_model(plugins, model, None, chat_format, engine)
    weights = model if checkpoint.adapter else Model(checkpoint.name, checkpoint.path)
    adapter = checkpoint.path if checkpoint.adapter else None
    chat = load_chat_model(plugins, weights, adapter, checkpoint.chat_format, engine, name=checkpoint.name)
    check_template(checkpoint, chat.chat_format)
    check_rendering(checkpoint, chat.chat_format, chat.tokenizer)
    return chat


def open_adapter(plugins: Plugins, base: Any, checkpoint: Checkpoint, name: str, merged: bool) -> Any:
    """The checkpoint's adapter as a model `name` over the engine of its `base` (see `Engine.load_adapter`)."""
    from sftctl.serve.chat import with_adapter

    form = plugins.chat_formats()[checkpoint.chat_format].fitted(base.tokenizer)
    check_template(checkpoint, form)
    check_rendering(checkpoint, form, base.tokenizer)
    return with_adapter(base, checkpoint.path, name, form, merged=merged)


def check_output(path: Path) -> None:
    """Raises ConfigError or StoreError where `write_results` could not write, or `sftctl compare` not read."""
    if path.suffix != ".json":
        raise ConfigError(f"The file of results cannot be called '{path.name}'.", "Write NAME.json.")
    for each in (path, samples_path(path), costs_path(path)):
        check_writable(each)


def write_results(path: Path, results: Sequence[Scores]) -> None:
    """The scores in `path`; beside it every item with its verdict (`samples_path`), and the costs (`costs_path`)."""
    verdicts = ({"evaluator": r.evaluator, **asdict(v)} for r in results for v in r.verdicts)
    write_lines(samples_path(path), (json.dumps(v, ensure_ascii=False, default=str) for v in verdicts))
    write_json(path, {r.evaluator: {name: asdict(each) for name, each in r.scores.items()} for r in results})
    write_json(costs_path(path), {r.evaluator: {name: asdict(each) for name, each in r.costs.items()} for r in results})


def costs_path(scores: Path) -> Path:
    """Where tokens and seconds are: apart from the scores, as the time that a model takes is never the same twice."""
    return scores.with_name(f"costs-{scores.name}")


def answers_path(scores: Path) -> Path:
    """Where the answers are until the scores are written: `after.answers.jsonl`."""
    return scores.with_suffix(".answers.jsonl")


def samples_path(scores: Path) -> Path:
    """Where the items of `after.json` are: `samples-after.jsonl` beside it."""
    return scores.with_name(f"samples-{scores.stem}.jsonl")


def read_scores(path: Path) -> dict[str, dict[str, Score]]:
    """Evaluator → score name → Score, as `evaluate_model` wrote them. Raises ValueError and the like where damaged."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return {
        evaluator: {name: record(Score, each) for name, each in scores.items()} for evaluator, scores in content.items()
    }
