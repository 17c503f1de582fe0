"""The records that plugins yield, and the jobs that they are given."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from sftctl.core.costs import Costs
from sftctl.core.costs.machines import Machine
from sftctl.core.errors import EvalError
from sftctl.core.types.conversations import Example
from sftctl.core.types.engines import Engine
from sftctl.core.types.formats import ChatFormat, Rendered
from sftctl.core.types.models import Generate, Logprobs, Model
from sftctl.core.types.scores import Scores
from sftctl.core.types.tools import NO_TOOLS, Limits, Toolset
from sftctl.core.types.values import Json


@dataclass(frozen=True)
class Event:
    """Something that happened in a run; written to `events.jsonl` and given to every observer.

    Kinds: `stage_started`, `stage_finished`, `stage_skipped`, `progress` (`done`, `total`), `metrics`
    (`step`, `loss`, …), `note` (`text`).
    """

    kind: str
    stage: str
    data: Mapping[str, Json] = field(default_factory=dict)


Emit = Callable[[Event], None]


@dataclass(frozen=True)
class TrainJob:
    """All that a trainer is given. Every trainer sees the same `train` rows in the same order."""

    model: Model
    chat_format: ChatFormat
    tokenizer: Any
    train: Sequence[Rendered]
    config: BaseModel
    """An instance of the trainer's own config model."""
    seed: int
    output: Path
    """An empty or resumable work folder of this stage: checkpoints go here, published atomically."""
    emit: Emit
    evaluation: Sequence[Rendered] = ()
    """Rows kept out of training, to measure the loss on; there are some if `config` has an `eval_dataset`."""
    anchor: Sequence[Rendered] = ()
    """Rows of general data on which the model is to stay as it is; a trainer that can has an option `kl_coef`."""


@dataclass(frozen=True)
class CostJob:
    """What a trainer is given to tell what a training will take, before it begins."""

    model: Model
    train: Sequence[Rendered]
    """All rows, or a sample of them."""
    times: float
    """How many times as many rows as `train` there will be; 1: those are all."""
    config: BaseModel
    seed: int
    machine: Machine


@dataclass(frozen=True)
class Synthesizer:
    """Makes examples out of a toolset: `synthesize(toolset, n, seed, config)`, the same bytes for the same seed.

    For evaluation it is given its default `config`, so that other settings for training are measured alike.
    """

    name: str
    summary: str
    config: type[BaseModel]
    synthesize: Callable[[Toolset, int, int, Any], Iterator[Example]]
    rewrite: "Callable[[RewriteJob], Rewritten] | None" = None
    """What makes of its examples with a teacher's help, if it can."""
    untaught: Callable[[Toolset], Mapping[str, str]] | None = None
    """The tools of which it can make no example that calls them, each with the reason."""


@dataclass(frozen=True)
class RewriteJob:
    """What a synthesizer's `rewrite` is given: the examples that it made of `toolset`, and a teacher to ask."""

    toolset: Toolset
    examples: Sequence[Example]
    teacher: BaseModel
    """A `core.teacher.TeacherConfig`."""
    answers: Path
    """A JSONL file of what the teacher answered so far; what is in it is not asked, and not paid for, again."""
    seed: int
    emit: Emit


@dataclass(frozen=True)
class Rewritten:
    """The examples, some of them in the teacher's words, some new; and how many of its texts were kept, and why not."""

    examples: tuple[Example, ...]
    report: Json


@dataclass(frozen=True)
class Formatter:
    """Turns raw rows of one shape into Examples."""

    name: str
    summary: str
    matches: Callable[[Mapping[str, Json]], bool]
    """Whether a row looks like this shape. It may be generous: `to_example` is strict."""
    to_example: Callable[[Mapping[str, Json]], Example]
    """Raises DataError saying what is wrong with the row; the caller adds where it stands."""
    columns: tuple[str | tuple[str, ...], ...] = ()
    """The columns that it reads; none: all. Of several together, the first with a value is read, and counts as one.

    Of the formatters that match, the one that reads most is chosen.
    """
    tools_of: Callable[[Iterable[Mapping[str, Json]]], Sequence[dict[str, Json]]] | None = None
    """Where rows do not declare their tools but imply them: the tools of all rows of a data set together."""

    def names(self) -> tuple[str, ...]:
        """The columns that it knows, alternatives among them."""
        return tuple(name for entry in self.columns for name in ((entry,) if isinstance(entry, str) else entry))

    def read_of(self, row: Mapping[str, Json]) -> tuple[str, ...]:
        """The columns of a row that it reads: of alternatives the first that has a value, or is there at all."""
        read: list[str | None] = [*row] if not self.columns else []
        for entry in self.columns:
            there = [name for name in ((entry,) if isinstance(entry, str) else entry) if name in row]
            read.append(next((name for name in there if row[name] is not None), next(iter(there), None)))
        return tuple(name for name in read if name is not None)


@dataclass(frozen=True)
class Trainer:
    """`train(job)` leaves adapter or weights (safetensors) in the folder that it returns.

    Some settings of its `config`, if it has them, are carried out before it is called, alike for every trainer:
    `max_length`, `assistant_only_loss`, `completion_only_loss` and `eval_dataset`. If it has `files()`, what is in
    those files decides the result too.
    """

    name: str
    summary: str
    config: type[BaseModel]
    train: Callable[[TrainJob], Path]
    costs: Callable[[CostJob], Costs] | None = None
    """What a training will take, if the trainer can tell; `sftctl plan` shows it, and `run` refuses what cannot fit."""
    ready: Callable[[], bool] = lambda: True
    """Whether it can begin without fetching anything first; one that cannot is verified only when it is named."""


def _no_logprobs(texts: Sequence[Sequence[int]]) -> list[tuple[float, ...]]:
    raise EvalError("This model gives no log-probabilities.")


@dataclass(frozen=True)
class Place:
    """Where a model answers over HTTP."""

    base_url: str
    """Ends in /v1, as an OpenAI client takes it."""
    model: str
    key: str = ""
    tokenizer: Any = None


def _no_place() -> AbstractContextManager[Place]:
    raise EvalError("This model cannot be asked over HTTP.")


@dataclass(frozen=True)
class EvalJob:
    """What an evaluator is given: the held-out examples, its own options, and a scratch/cache folder."""

    generate: Generate
    examples: Sequence[Example]
    """Or those of the data sets that its option `data` names, if it has one (a list of `core.config.DatasetConfig`)."""
    config: BaseModel
    cache: Path
    seed: int
    logprobs: Logprobs = _no_logprobs
    """How likely the model finds texts, where it is not to write but to judge."""
    tokenizer: Any = None
    """The model's, a transformers tokenizer."""
    chat_format: ChatFormat | None = None
    tell: Callable[[str], None] = lambda text: None
    """Says something to the user, such as what will take minutes or cost money."""
    serve: Callable[[], AbstractContextManager[Place]] = _no_place
    """The model's endpoint, for evaluators that ask over HTTP; of a local model it is there as long as it is needed."""
    toolset: Callable[[], Toolset] = lambda: NO_TOOLS
    """Loads tools that can be run, so that a call can be judged by what it gives; examples may show them otherwise."""


class ReferenceItem(NamedTuple):
    """One item of a set that training data is compared with."""

    place: str
    """Its id, or file and line."""
    texts: tuple[str, ...]
    """What users ask in it."""
    functions: tuple[str, ...]
    """The names of the functions that it shows or calls."""


@dataclass(frozen=True)
class Evaluator:
    """Asks a model and judges its answers."""

    name: str
    summary: str
    config: type[BaseModel]
    evaluate: Callable[[EvalJob], Scores]
    reference: Callable[[Path], Iterable[ReferenceItem]] | None = None
    """`reference(cache)`: its own items, with all of which the data stage compares what is trained on."""
    general: bool = False
    """It measures what a model could do before it was trained: a `forgetting_budget` is held against its scores."""
    likelihoods: bool = False
    """It asks how likely texts are (`EvalJob.logprobs`). It is left out where a model does not tell that: behind
    a chat endpoint, and by some engines."""
    mistakes: Mapping[str, str] = field(default_factory=dict)
    """What each `reason` of its verdicts means, in a few words; the report shows it."""


@dataclass(frozen=True)
class ModelSource:
    """Where weights come from. `matches(name)` says whether this source knows the name."""

    name: str
    summary: str
    matches: Callable[[str], bool]
    fetch: Callable[[str, Path], Model]
    """`fetch(name, cache)`: the model on local disk, fetched once and verified."""
    models: tuple[str, ...] = ()
    """Names to show to the user, where the source has a fixed list."""
    outline: Callable[[str, Path], Model] | None = None
    """As `fetch`, but without the weights where these would first have to come a long way: enough to plan with."""


@dataclass(frozen=True)
class ToolsetSource:
    """Where a user's own tools come from. `matches(text)` says whether `--toolset TEXT` is for this source."""

    name: str
    summary: str
    """With the forms of TEXT that it takes."""
    matches: Callable[[str], bool]
    load: Callable[[str, Limits], Toolset]
    """Raises ToolsetError. Each tool's `run` keeps to the limits by itself (see `core.tools.sandbox`)."""


@dataclass(frozen=True)
class EngineProvider:
    """Opens a model for inference: `open(path, adapter, stop_token_ids)`."""

    name: str
    summary: str
    open: Callable[[Path, Path | None, Sequence[int]], Engine]


@dataclass(frozen=True)
class Recipe:
    """Pure data: the config fields that `--plugin NAME` sets; a file or a flag overrides them."""

    name: str
    summary: str
    settings: Mapping[str, Json]


Named = Synthesizer | Formatter | Trainer | Evaluator | ModelSource | ToolsetSource | EngineProvider | Recipe | Toolset
"""Every record that a hook may yield has a `name` and a `summary`."""
