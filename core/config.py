"""The configuration of a run: recipe, then file, then flags, each overriding the one before; then checked."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from sftctl.core.costs.budget import examples_within, seconds_of, share_asked
from sftctl.core.errors import ConfigError, did_you_mean
from sftctl.core.manager import Plugins, choose
from sftctl.core.scores.forgetting import general_among
from sftctl.core.teacher import TeacherConfig
from sftctl.core.types import Json, Limits, Trainer

M = TypeVar("M", bound=BaseModel)


class DatasetConfig(BaseModel):
    """One entry of `dataset` or `overlap`; a path alone stands for one with nothing but its path."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(description="a file, a folder of files, a folder that `datasets` saved, or a hub id")
    format: str | None = Field(None, description="its shape, a formatter's name; else found by the first rows")
    columns: dict[str, str] = Field({}, description="columns to rename, e.g. {ask: prompt, reply: completion}")
    system: str = Field("", description="a system message for the rows that have none")
    split: str | None = Field(None, description="the split to read, where there are several")
    limit: int | None = Field(None, ge=1, description="read so many examples at most")
    tools: str | None = Field(None, description="a file that describes the tools which the rows only name")
    cast: bool = Field(False, description='write arguments in the types of their schemas: "5" as 5')

    @model_validator(mode="before")
    @classmethod
    def _from_path(cls, value: Any) -> Any:
        return {"path": str(value)} if isinstance(value, str | Path) else value


DataSets = Annotated[
    list[DatasetConfig], BeforeValidator(lambda given: [given] if isinstance(given, str | Mapping) else given)
]
"""Data sets; one alone is a list of one."""


class ToolConfig(BaseModel):
    """What a call of one of the user's own tools may take."""

    model_config = ConfigDict(extra="forbid")

    timeout: float = Field(Limits.timeout, gt=0, description="seconds")
    memory_mb: int = Field(Limits.memory_mb, ge=16, description="memory beyond what loading the module took")
    network: bool = Field(Limits.network, description="whether tools may use the network")
    environment: list[str] = Field([], description="environment variables that an MCP server is given, by name")

    def limits(self) -> Limits:
        return Limits(self.timeout, self.memory_mb, self.network, tuple(self.environment))


class RunConfig(BaseModel):
    """Everything that decides what a run does. Two runs with the same RunConfig give the same result."""

    model_config = ConfigDict(extra="forbid")

    recipe: str = Field("toolcall", description="the recipe that the defaults come from")
    model: str = Field(description="a model's name, a local folder or a hub id")
    chat_format: str = Field("hermes", description="chat template and tool-call parser")
    toolset: list[str] = Field(["all"], description="toolsets by name, 'all', or your own: a file, a URL, mcp:COMMAND")
    tools: ToolConfig = Field(
        ToolConfig(), description="what your own tools may: timeout, memory_mb, network, environment"
    )
    dataset: DataSets = Field([], description="data sets to train on besides what is synthesized")
    overlap: DataSets = Field([], description="data sets that training data is compared with, as BFCL is")
    anchor: DataSets = Field(
        [], description="general data on which the model is to stay as it is, by the trainer's `kl_coef`"
    )
    held_out_rows: float = Field(
        0.0, ge=0, lt=1, description="share of the rows of `dataset` kept out of training, for evaluation"
    )
    on_bad_row: Literal["stop", "skip"] = Field("stop", description="what a bad row of `dataset` does: stop, or skip")
    synthesizer: str = Field("toolcall", description="what makes examples out of the toolset")
    synthesis: dict[str, Json] = Field({}, description="the synthesizer's settings, for training data")
    budget: str = Field(
        "15m",
        description="how long a run may take here; without `examples` it decides their number, and how much is asked",
    )
    examples: int = Field(1000, ge=0, description="examples to synthesize for training")
    eval_examples: int = Field(100, ge=1, description="examples to synthesize for evaluation")
    seen_examples: int = Field(0, ge=0, description="and on tools that are trained on, to ask the tuned model")
    held_out: float = Field(0.2, gt=0, lt=1, description="share of tools kept out of training, for evaluation")
    teacher: TeacherConfig | None = Field(None, description="a larger model that helps to write the data; null: none")
    trainer: str = Field("loop", description="what trains")
    train: dict[str, Json] = Field({}, description="the trainer's hyper-parameters")
    average: float = Field(
        1.0, gt=0, le=1, description="how far the weights go from the base to the trained ones; 1: all the way"
    )
    engine: str = Field("torch", description="what runs the model for evaluation and serving")
    evaluators: dict[str, dict[str, Json] | None] = Field({}, description="evaluators and their options; null: none")
    forms: list[str] = Field(
        [], description="forms in which the tuned model is scored too: adapter, exported, or an engine's name"
    )
    check_options: bool = Field(
        True, description="try unusual options of the trainer on a tiny model first, and refuse those that fail"
    )
    forgetting_budget: float | None = Field(
        None, ge=0, description="how much of its general ability the model may lose, e.g. 0.05; null: any"
    )
    arms: dict[str, dict[str, Json] | None] = Field(
        {}, description="runs to compare: for each its name and the settings in which it differs; null: none"
    )
    prove: bool = Field(True, description="end with a live proof through the served endpoint")
    seed: int = Field(0, ge=0, description="decides every random choice")

    @field_validator("budget")
    @classmethod
    def _is_a_time(cls, given: str) -> str:
        seconds_of(given)
        return given

    def synthesizer_config(self, plugins: Plugins) -> BaseModel:
        """`synthesis`, checked by the synthesizer's own model."""
        synthesizer = choose("synthesizer", self.synthesizer, plugins.synthesizers())
        return checked(synthesizer.config, self.synthesis, f"synthesis (synthesizer '{synthesizer.name}')")

    def trainer_config(self, plugins: Plugins) -> BaseModel:
        """`train`, checked by the trainer's own model."""
        trainer = choose("trainer", self.trainer, plugins.trainers())
        return checked(trainer.config, self.train, f"train (trainer '{trainer.name}')")

    def evaluator_configs(self, plugins: Plugins) -> dict[str, BaseModel]:
        """`evaluators`, each checked by the evaluator's own model."""
        known = plugins.evaluators()
        return {
            name: checked(choose("evaluator", name, known).config, options, f"evaluators.{name}")
            for name, options in self.evaluators.items()
            if options is not None
        }


def resolve(
    plugins: Plugins,
    recipe: str,
    file: Path | None = None,
    flags: Mapping[str, Json] | None = None,
    assignments: Sequence[str] = (),
) -> RunConfig:
    """The checked configuration of a run.

    `flags` are fields by name; `assignments` are `path.to.field=value` with YAML values, as `--set` takes them.
    Raises ConfigError, or PluginError for an unknown plugin.
    """
    from_file = read_file(file) if file else {}
    name = from_file.get("recipe", recipe)
    settings = dict(choose("recipe", name, plugins.recipes()).settings)
    chosen = merge(from_file, {key: value for key, value in (flags or {}).items() if value is not None})
    for assignment in assignments:
        chosen = merge(chosen, _assignment(assignment))
    trainer = chosen.get("trainer", settings.get("trainer"))
    if trainer != settings.get("trainer") and isinstance(trainer, str):
        settings["train"] = _carried_over(settings.get("train", {}), choose("trainer", trainer, plugins.trainers()))
    where = str(file or "the configuration")
    config = checked(RunConfig, merge(settings, chosen) | {"recipe": name}, where)
    if "examples" not in config.model_fields_set:
        fitting = {"recipe": name, "examples": examples_within(config.budget)}
        settings = _asking_less(settings, share_asked(config.budget))
        config = checked(RunConfig, merge(settings, chosen) | fitting, where)
    _check_parts(config, plugins)
    arms_of(config, plugins)
    return config


def arms_of(config: RunConfig, plugins: Plugins) -> dict[str, RunConfig]:
    """The configuration of each of the runs that are compared. Raises ConfigError, naming the arm."""
    shared = config.model_dump(exclude={"arms"})
    arms = {
        name: checked(RunConfig, merge(shared, own), f"arms.{name}")
        for name, own in config.arms.items()
        if own is not None
    }
    for arm in arms.values():
        _check_parts(arm, plugins)
    return arms


def _check_parts(config: RunConfig, plugins: Plugins) -> None:
    """Raises ConfigError, or PluginError, for what does not exist or does not go together."""
    config.synthesizer_config(plugins)
    general = general_among(plugins.evaluators())
    if not config.evaluator_configs(plugins).keys() & set(general) and config.forgetting_budget is not None:
        hint = f"Give it a probe, e.g. evaluators.{next(iter(general), 'perplexity')}={{}}, or leave it out."
        raise ConfigError("forgetting_budget has nothing to measure by: no evaluator is of general ability.", hint)
    choose("chat format", config.chat_format, plugins.chat_formats())
    synthesizer = choose("synthesizer", config.synthesizer, plugins.synthesizers())
    if config.teacher and synthesizer.rewrite is None:
        raise ConfigError(f"Synthesizer '{synthesizer.name}' cannot use a teacher.", "Leave 'teacher' out.")
    choose("engine", config.engine, plugins.engines())
    for dataset in (*config.dataset, *config.overlap, *config.anchor):
        if dataset.format:
            choose("formatter", dataset.format, plugins.formatters())
    pulls = getattr(config.trainer_config(plugins), "kl_coef", None)
    if config.anchor and not pulls:
        how = "Set train.kl_coef, e.g. to 1." if pulls is not None else f"Trainer '{config.trainer}' has no kl_coef."
        raise ConfigError("Nothing holds the model to its `anchor`.", how)
    if pulls and not config.anchor:
        raise ConfigError("train.kl_coef has no data to act on.", "Name general data under `anchor`.")


def _asking_less(recipe: Mapping[str, Json], share: float) -> dict[str, Json]:
    """A recipe's settings with a share of the questions that its evaluations ask."""
    counts = {name: recipe[name] for name in ("eval_examples", "seen_examples") if name in recipe}
    evaluators: Any = recipe.get("evaluators", {})
    limits = {
        name: {"limit": math.ceil(share * options["limit"])}
        for name, options in evaluators.items()
        if options and "limit" in options
    }
    fewer: dict[str, Json] = {name: math.ceil(share * count) for name, count in counts.items()}
    return merge(recipe, {**fewer, "evaluators": merge(evaluators, limits)})


def read_file(path: Path) -> dict[str, Json]:
    """A YAML file that holds one mapping. Raises ConfigError naming file and line."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"The configuration {path} cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigError(f"{where} is not YAML: {problem}.") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"{path} must hold a mapping of settings, not a {type(content).__name__}.")
    return content


def merge(below: Mapping[str, Json], above: Mapping[str, Json]) -> dict[str, Json]:
    """`above` over `below`; mappings are merged key by key, everything else is replaced."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _assignment(text: str) -> dict[str, Json]:
    """`train.learning_rate=1e-4` as a nested mapping."""
    path, equals, value = text.partition("=")
    if not equals or not path:
        raise ConfigError(f"--set {text!r} is not of the form name=value.", "E.g. --set train.learning_rate=1e-4.")
    try:
        nested: Any = yaml.safe_load(value)
    except yaml.YAMLError:
        raise ConfigError(f"--set {text!r}: the value is not YAML.") from None
    for key in reversed(path.split(".")):
        nested = {key: nested}
    assert isinstance(nested, dict)
    return nested


def _carried_over(settings: Mapping[str, Json], trainer: Trainer) -> dict[str, Json]:
    """The recipe's hyper-parameters that another trainer knows too."""
    return {name: value for name, value in settings.items() if name in trainer.config.model_fields}


def checked(model: type[M], values: Mapping[str, Json], where: str) -> M:
    """`values` as an instance of `model`. Raises ConfigError with every problem in a sentence of its own."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems = [_problem(model, dict(problem)) for problem in error.errors()]
        raise ConfigError(f"In {where}: {' '.join(problems)}") from None


def _problem(model: type[BaseModel], error: Mapping[str, Any]) -> str:
    path = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return f"'{path}' is not a setting. {did_you_mean(str(error['loc'][-1]), fields_at(model, error['loc']))}"
    if error["type"] == "missing":
        return f"'{path}' is missing."
    return f"'{path}' {error['msg'][:1].lower()}{error['msg'][1:]} (it is {error['input']!r})."


def fields_at(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """The fields that exist where `path` ends."""
    for key in path[:-1]:
        if isinstance(key, int):  # an item of a list, whose model is the list's
            continue
        field = model.model_fields.get(str(key))
        options = getattr(field.annotation, "__args__", (field.annotation,)) if field else ()
        inner = next((o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), None)
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)
