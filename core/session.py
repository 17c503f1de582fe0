"""Using what a run made: its models side by side, a fresh score, a conversation."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sftctl.core.config import RunConfig, checked, read_file, resolve
from sftctl.core.errors import EvalError, ModelError, SftctlError, StoreError, did_you_mean
from sftctl.core.manager import Plugins, choose, plugin_manager
from sftctl.core.models import fetch_model
from sftctl.core.remote.endpoint import Endpoint, RemoteModel
from sftctl.core.stages.checkpoint import load_checkpoint
from sftctl.core.stages.data import other_requests
from sftctl.core.stages.evaluation import Asking, open_adapter, open_chat, served
from sftctl.core.stages.forms import BASE, open_form
from sftctl.core.store import cache_root, find_run, fingerprint, list_runs
from sftctl.core.tools.toolset import guarded, load_toolset, split_by_tool
from sftctl.core.types import (
    NO_TOOLS,
    Checkpoint,
    Emit,
    Event,
    Example,
    Message,
    Model,
    Query,
    Scores,
    Tool,
    Toolset,
    canonical_json,
)

OFFERED = 4
"""Tools that a conversation offers where the user names none."""


def config_of(run: Path) -> RunConfig:
    """The configuration that a run was made with."""
    return RunConfig.model_validate(read_file(run / "config.yaml"))


@dataclass
class Shelf:
    """The models of runs, ready to answer (`sftctl.serve.chat.ChatModel`s): the adapters of one base share it."""

    plugins: Plugins
    root: Path
    """The folder of runs."""
    engine: str
    merged: bool
    """Whether each adapter gets weights of its own: exact, and faster for one adapter, for more memory."""
    _bases: dict[Path, Any] = field(default_factory=dict)

    def open(self, runs: Sequence[Path]) -> list[Any]:
        """The models of these runs, and after them their bases: clients that choose none take the first."""
        opened: list[Any] = []
        for run in runs:
            model, checkpoint = self._read(run)
            if model.path not in self._bases:
                base = open_chat(self.plugins, self.engine, checkpoint.chat_format, model, None)
                self._bases[model.path] = base
            base = self._bases[model.path]
            if checkpoint.adapter and "adapters" in base.engine.capabilities:
                opened.append(open_adapter(self.plugins, base, checkpoint, checkpoint.name, self.merged))
            else:
                opened.append(open_chat(self.plugins, self.engine, checkpoint.chat_format, model, checkpoint))
        return [*opened, *self._bases.values()]

    def load(self, run: str, name: str) -> Any:
        """The adapter that the run of this very name made, over a base that is open, as the model `name`.

        Raises StoreError where there is no such run, ModelError where it made no adapter or one of another base.
        """
        found = {path.name: path for path in list_runs(self.root)}
        if run not in found:
            raise StoreError(f"There is no run '{run}'.", did_you_mean(run, found))
        model, checkpoint = self._read(found[run])
        base = self._bases.get(model.path)
        if base is None or not checkpoint.adapter or "adapters" not in base.engine.capabilities:
            raise ModelError(f"'{run}' is no adapter of a model that is served here.")
        return open_adapter(self.plugins, base, checkpoint, name, self.merged)

    def _read(self, run: Path) -> tuple[Model, Checkpoint]:
        model = fetch_model(self.plugins, config_of(run).model)
        return model, load_checkpoint(run / "model", model)


def score_target(
    root: Path, target: str | None, evaluators: Sequence[str] | None, assignments: Sequence[str], emit: Emit
) -> list[Scores]:
    """Score a run's model, or the base model of that name, on the run's (or the recipe's) held-out examples.

    `RUN@FORM` is the run's model in another form (see `core.stages.forms`), `RUN@base` the one that it was trained
    from; `org/name@revision` is a model of the hub.
    """
    plugins = plugin_manager()
    name, _, form = (target or "").partition("@")
    try:
        run = find_run(root, name or None)
    except StoreError:
        if not target or not any(s.matches(target) for s in plugins.model_sources().values()):
            raise
        return _score_base(target, plugins, evaluators, assignments, emit)
    config = resolve(plugins, config_of(run).recipe, run / "config.yaml", assignments=assignments)
    options = chosen_evaluators(config, plugins, evaluators)
    stage = "before" if form == BASE else form or "after"
    with _told(stage, emit):
        model = fetch_model(plugins, config.model)
        toolset = cache(partial(_runnable, config, plugins, stage, emit))
        asking = Asking(plugins, options, config.seed, stage, emit, toolset, evaluators or ())
        checkpoint = None if form == BASE else load_checkpoint(run / "model", model)
        if form and checkpoint:
            chat = open_form(form, run, config, plugins, model, checkpoint)
        else:
            chat = open_chat(plugins, config.engine, config.chat_format, model, checkpoint)
        with asking.keeping(chat, _answers_of(str(run.resolve()), stage)) as chat:
            return asking.tuned(chat, run) if checkpoint else asking.base(chat, run)


def _score_base(
    name: str, plugins: Plugins, evaluators: Sequence[str] | None, assignments: Sequence[str], emit: Emit
) -> list[Scores]:
    config = _asking_all(plugins, assignments, model=name)
    toolset = guarded(load_toolset(plugins, config.toolset, config.tools.limits()), config.toolset)
    examples = held_out_examples(config, plugins, toolset)
    options = chosen_evaluators(config, plugins, evaluators)
    with _told("before", emit):
        model = fetch_model(plugins, config.model)
        chat = open_chat(plugins, config.engine, config.chat_format, model, None)
        asking = Asking(plugins, options, config.seed, "before", emit, lambda: toolset, evaluators or ())
        with asking.keeping(chat, _answers_of(name)) as chat:
            return asking.score(served(chat), examples)


def _answers_of(*target: str) -> Path:
    """Where the answers to an evaluation of its own are until it is whole."""
    return cache_root() / f"answers/{fingerprint(target)[:16]}.jsonl"


@contextmanager
def _told(stage: str, emit: Emit) -> Iterator[None]:
    emit(Event("stage_started", stage))
    yield
    emit(Event("stage_finished", stage))


def score_endpoint(
    endpoint: Endpoint, evaluators: Sequence[str] | None, assignments: Sequence[str], emit: Emit, estimate: bool = False
) -> list[Scores]:
    """Score the model behind an endpoint on the recipe's held-out examples; with `estimate` only tell what it takes."""
    plugins, stage = plugin_manager(), "endpoint"
    config = _asking_all(plugins, assignments)
    toolset = guarded(load_toolset(plugins, config.toolset, config.tools.limits()), config.toolset)
    examples = held_out_examples(config, plugins, toolset)
    options = chosen_evaluators(config, plugins, evaluators)
    with _told(stage, emit):
        model = RemoteModel(endpoint, lambda text: emit(Event("note", stage, {"text": text})), estimate=estimate)
        asking = Asking(plugins, options, config.seed, stage, emit, lambda: toolset, evaluators or ())
        results = asking.score(model, examples)
    return [] if estimate else results


def _asking_all(plugins: Plugins, assignments: Sequence[str], **flags: str) -> RunConfig:
    """The recipe's configuration with all its questions: where nothing is trained, no time is divided by a budget."""
    return resolve(plugins, "toolcall", flags={"examples": 0, **flags}, assignments=assignments)


def _runnable(config: RunConfig, plugins: Plugins, stage: str, emit: Emit) -> Toolset:
    """The run's tools; none where those that are not built in are no longer to be had."""
    try:
        return guarded(load_toolset(plugins, config.toolset, config.tools.limits()), config.toolset)
    except SftctlError as error:
        emit(Event("note", stage, {"text": f"The tools cannot be run, so no results are compared: {error}"}))
        return NO_TOOLS


def held_out_examples(config: RunConfig, plugins: Plugins, toolset: Toolset) -> list[Example]:
    """The examples that a run of this configuration would be evaluated on."""
    _, held_out = split_by_tool(toolset, config)
    return list(other_requests(config, plugins, held_out, config.eval_examples))


def chosen_evaluators(config: RunConfig, plugins: Plugins, names: Sequence[str] | None) -> dict[str, BaseModel]:
    """The configuration's evaluators, or those of these names, whether it has them or not. Raises EvalError."""
    options = config.evaluator_configs(plugins)
    for name in names or ():
        evaluator = choose("evaluator", name, plugins.evaluators())
        if name not in options:
            options[name] = checked(evaluator.config, {}, f"evaluators.{name}")
    options = {name: option for name, option in options.items() if not names or name in names}
    if not options:
        raise EvalError("There is no evaluator to run.", "Name one in the configuration under 'evaluators'.")
    return options


@dataclass
class Conversation:
    """A dialogue with a model, in which the tools that it calls are run."""

    chat: Any
    tools: Mapping[str, Tool]
    messages: list[Message] = field(default_factory=list)

    ROUNDS = 4
    """Calls in a row before the model must speak."""

    @classmethod
    def open(
        cls,
        run: Path,
        tools: Sequence[str] | None,
        base: bool,
        network: bool = False,
        toolset: Sequence[str] | None = None,
    ) -> "Conversation":
        """With the run's model (or its base) and the named tools, else all of `toolset`, else a few held-out ones.

        `network`: tools may use it, whatever the run's configuration says.
        `toolset`: further tools, as `--toolset` names them; the run need not know them.
        """
        plugins, config = plugin_manager(), config_of(run)
        model = fetch_model(plugins, config.model)
        checkpoint = None if base else load_checkpoint(run / "model", model)
        chat = open_chat(plugins, config.engine, config.chat_format, model, checkpoint)
        limits = config.tools.limits()
        limits = replace(limits, network=network or limits.network)
        if toolset and not tools:
            offered: Sequence[Tool] = load_toolset(plugins, toolset, limits).tools
        else:
            offered = _offered(load_toolset(plugins, [*config.toolset, *(toolset or ())], limits), config, tools)
        return cls(chat, {tool.name: tool for tool in offered})

    @property
    def name(self) -> str:
        return str(self.chat.name)

    def say(self, text: str) -> Iterator[str]:
        """What the model answers: a line for each call, each result, and its text."""
        from sftctl.serve.proof import run_call

        self.messages.append({"role": "user", "content": text})
        for _ in range(self.ROUNDS):
            specs = tuple(tool.spec for tool in self.tools.values())
            (answer,) = self.chat.generate([Query(tuple(self.messages), specs)])
            self.messages.append(answer.message)
            if answer.message.get("content"):
                yield str(answer.message["content"])
            calls = answer.message.get("tool_calls") or ()
            if not calls:
                return
            for call in calls:
                result, failure = run_call(call, dict(self.tools))
                yield f"  {call['function']['name']}({call['function']['arguments']}) → {failure or result}"
                content = failure or (result if isinstance(result, str) else canonical_json(result))
                self.messages.append({"role": "tool", "tool_call_id": call["id"], "content": content})


def _offered(toolset: Toolset, config: RunConfig, names: Sequence[str] | None) -> list[Tool]:
    if names:
        known = {tool.name: tool for tool in toolset.tools}
        return [choose("tool", name, known) for name in names]
    _, held_out = split_by_tool(toolset, config)
    return list((held_out.tools or toolset.tools)[:OFFERED])
