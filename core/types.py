"""The named types that flow along the line: Toolset → Example → Rendered → Checkpoint → Report.

All are frozen. Nothing here imports torch, and nothing here knows of any plugin.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel

from sftctl.core.costs import Costs
from sftctl.core.errors import DataError, EvalError
from sftctl.core.machines import Machine

Json = Any
"""Whatever `json.loads` gives."""

Message = dict[str, Any]
"""One chat message in OpenAI's shape. A tool call's `arguments` are a JSON *string*, as on the wire."""


# ---------------------------------------------------------------- tools


@dataclass(frozen=True)
class Tool:
    """One function that a model may call.

    `parameters` is a JSON Schema of type object. `run`, where there is one, takes the arguments as
    keywords. `asks` are request templates and `answer` an answer template (see `core.tools.tool`);
    both may be empty, and are never shown to the model.
    """

    name: str
    description: str
    parameters: dict[str, Json]
    run: Callable[..., Json] | None = field(default=None, compare=False)
    asks: tuple[str, ...] = ()
    answer: str = ""
    values: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """Parameter path (`city`, `address.street`) → where its realistic values come from."""
    domain: str = ""
    """The toolset that it belongs to; tools of one domain are the hardest to tell apart."""
    live: bool = False
    """A call of it reaches a service outside and may change something there: only a conversation makes it."""

    @property
    def spec(self) -> dict[str, Json]:
        """The tool as an entry of the OpenAI `tools` list."""
        function = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": function}

    @property
    def properties(self) -> dict[str, Json]:
        properties: dict[str, Json] = self.parameters.get("properties", {})
        return properties

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(self.parameters.get("required", ()))


@dataclass(frozen=True)
class Toolset:
    """Named tools that belong together; tool names are unique within it."""

    name: str
    summary: str
    tools: tuple[Tool, ...]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for tool in self.tools:
            if tool.name in seen:
                raise DataError(f"Toolset '{self.name}' has two tools named '{tool.name}'.", "Rename one.")
            seen.add(tool.name)


@dataclass(frozen=True)
class Limits:
    """What a call of a tool that is not built in may take."""

    timeout: float = 5
    """Seconds."""
    memory_mb: int = 512
    """Beyond what loading the toolset took."""
    network: bool = False
    environment: tuple[str, ...] = ()
    """Names of environment variables that an MCP server is given besides PATH, HOME and the like."""


# ---------------------------------------------------------------- conversations


@dataclass(frozen=True)
class Example:
    """One conversation in OpenAI's chat fine-tuning shape, plus where it comes from.

    The one canonical record, in memory and on disk (a JSON line). The last message is the
    assistant's: what is to be learned, or, in evaluation, what is expected. An assistant message of
    `weight` 0 is context only: it carries no loss.
    """

    messages: tuple[Message, ...]
    tools: tuple[dict[str, Json], ...] = ()
    parallel_tool_calls: bool | None = None
    source: str = ""
    category: str = ""
    seed: int = 0
    text: str = ""
    """Plain text, no conversation: all of it is learned. Such an example has no messages and no tools."""

    @property
    def calls(self) -> list[tuple[str, dict[str, Json]]]:
        """Name and arguments of every call of the last message."""
        last = self.messages[-1] if self.messages else {}
        return [call_of(call) for call in last.get("tool_calls") or ()]

    def to_json(self) -> str:
        """One line of JSONL, keys in a fixed order, unset fields left out."""
        row: dict[str, Json] = {"text": self.text} if self.text else {"messages": list(self.messages)}
        if self.tools:
            row["tools"] = list(self.tools)
        if self.parallel_tool_calls is not None:
            row["parallel_tool_calls"] = self.parallel_tool_calls
        row |= {"source": self.source, "category": self.category, "seed": self.seed}
        return json.dumps(row, ensure_ascii=False)

    @classmethod
    def from_row(cls, row: Mapping[str, Json]) -> "Example":
        """The inverse of `to_json`, for a row that has been checked to be in this shape."""
        return cls(
            messages=() if row.get("text") else tuple(row["messages"]),
            tools=tuple(row.get("tools") or ()),
            parallel_tool_calls=row.get("parallel_tool_calls"),
            source=row.get("source", ""),
            category=row.get("category", ""),
            seed=row.get("seed", 0),
            text=row.get("text", ""),
        )


def is_learned(message: Mapping[str, Json]) -> bool:
    """Whether a message carries loss: the assistant's do, unless their `weight` is 0."""
    return message["role"] == "assistant" and message.get("weight") != 0


def function_of(tool: Json) -> dict[str, Json] | None:
    """The function of an entry of `tools`, or None if it has no name."""
    function = tool.get("function", tool) if isinstance(tool, dict) else None
    return function if isinstance(function, dict) and isinstance(function.get("name"), str) else None


def tool_call(name: str, arguments: Mapping[str, Json], id: str = "") -> Message:
    """A `tool_calls` entry in OpenAI's shape, its arguments in canonical JSON."""
    function = {"name": name, "arguments": canonical_json(arguments)}
    return {"id": id, "type": "function", "function": function}


def call_of(call: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
    """Name and parsed arguments of a `tool_calls` entry. Raises DataError if they are not an object."""
    function = call["function"]
    arguments = function["arguments"]
    if isinstance(arguments, str):
        try:
            arguments = strict_json(arguments)
        except ValueError as error:
            raise DataError(f"The arguments of the call to '{function['name']}' are no JSON: {error}.") from None
    if not isinstance(arguments, dict):
        raise DataError(f"The arguments of the call to '{function['name']}' are not a JSON object.")
    return function["name"], arguments


_CANONICAL = json.JSONEncoder(ensure_ascii=False, allow_nan=False)  # made once: json.dumps makes one for each call


def canonical_json(value: Json) -> str:
    """The one spelling of a JSON value used in data, prompts and answers: as Python's default, in UTF-8."""
    return _CANONICAL.encode(value)


MAX_DEPTH = 100
"""Levels of nesting that JSON from outside may have: more than anyone means, fewer than break any library."""


def strict_json(text: str | bytes) -> Json:
    """What a JSON text spells. Raises ValueError saying why it spells nothing that `canonical_json` can spell again.

    Python reads more than JSON has: NaN, infinity and halves of surrogate pairs. Integers of thousands of digits
    and nesting beyond MAX_DEPTH are refused too.
    """
    try:
        value = json.loads(text)
        canonical_json(value).encode()
    except RecursionError:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels") from None
    if _is_deeper(value, MAX_DEPTH):
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    return value


def _is_deeper(value: Json, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        parts = (each.values() if isinstance(each, dict) else each for each in level if isinstance(each, (dict, list)))
        level = [part for each in parts for part in each if isinstance(part, (dict, list))]
    return bool(level)


def to_json(value: Any) -> Json:
    """A value as JSON has it: dataclasses, pydantic models, dates, enums and sets become plain values.

    Raises ValueError for what has no JSON form, NaN and infinity among it.
    """
    if isinstance(value, Enum):
        value = value.value
    try:
        canonical_json(value)
    except TypeError:
        return _to_plain(value)
    return value


def _to_plain(value: Any) -> Json:
    from pydantic_core import PydanticSerializationError, to_jsonable_python

    try:
        plain = to_jsonable_python(value)
    except PydanticSerializationError as error:
        raise ValueError(f"a {type(value).__name__} has no JSON form ({error})") from None
    canonical_json(plain)
    return plain


@dataclass(frozen=True)
class Rendered:
    """What every trainer consumes: token ids and, position for position, labels (−100: no loss)."""

    input_ids: list[int]
    labels: list[int]


IGNORED = -100
"""The label of a token that carries no loss; torch's `ignore_index`."""


class Tokenizer(Protocol):
    """The little that a ChatFormat needs of a tokenizer; a transformers tokenizer is one."""

    def encode(self, text: str, *, add_special_tokens: bool = ..., split_special_tokens: bool = ...) -> list[int]: ...

    def decode(self, token_ids: Sequence[int], *, skip_special_tokens: bool = ...) -> str: ...

    def convert_tokens_to_ids(self, tokens: str) -> int: ...


@dataclass(frozen=True)
class Delta:
    """What a piece of an assistant's text adds to its message: content, or a part of the call at `index`."""

    content: str = ""
    index: int = -1
    name: str = ""
    """Where a call begins; a call's first Delta has nothing else."""
    arguments: str = ""
    """The next characters of the call's arguments."""


class MessageParser(Protocol):
    """Reads an assistant's text while it is being written. However it is cut, the Deltas join to the same message."""

    @property
    def error(self) -> str:
        """Why text that looked like a call was given as content; empty if none was."""
        ...

    def push(self, text: str) -> list[Delta]:
        """What is certain now that `text` has come."""
        ...

    def finish(self) -> list[Delta]:
        """What was held back, now that nothing follows."""
        ...


def fold(deltas: Iterable[Delta], error: str = "") -> Message:
    """The message that a parser's Deltas join to; `error` is the parser's."""
    content, calls = "", list[tuple[str, list[str]]]()
    for delta in deltas:
        content += delta.content
        if delta.name:
            calls.append((delta.name, []))
        if delta.arguments:
            calls[delta.index][1].append(delta.arguments)
    message: Message = {"role": "assistant", "content": content or (None if calls else "")}
    if calls:
        message["tool_calls"] = [
            {"id": "", "type": "function", "function": {"name": name, "arguments": "".join(parts)}}
            for name, parts in calls
        ]
    return message | ({"parse_error": error} if error else {})


class ChatFormat(Protocol):
    """Chat template and tool-call parser as ONE object, shared by training and serving."""

    @property
    def name(self) -> str: ...

    @property
    def summary(self) -> str: ...

    @property
    def template(self) -> str:
        """The same format as a Jinja chat template, with `{% generation %}`, for other people's tools."""
        ...

    @property
    def changes(self) -> str:
        """Where a template of the tokenizer's was replaced by one for training: the difference. Else nothing."""
        ...

    def fitted(self, tokenizer: Any) -> "ChatFormat":
        """The format for this tokenizer: itself, unless it depends on it. Before that it only looks at rows.

        Raises FormatError where the tokenizer does not fit.
        """
        ...

    @property
    def stop(self) -> tuple[str, ...]:
        """The special tokens that end an assistant turn."""
        ...

    @property
    def call_start(self) -> str:
        """What begins a tool call in the assistant's text."""
        ...

    @property
    def call_separator(self) -> str:
        """What is written between two calls of one message."""
        ...

    def render(self, example: Example, tokenizer: Tokenizer) -> Rendered:
        """Token ids with labels on exactly what the assistant writes, its stop token included.

        A message of `weight` 0 has no labels. An example of plain `text` is that text and the stop token, all
        labelled but its first token, which follows nothing.
        """
        ...

    def prompt(self, messages: Sequence[Message], tools: Sequence[Json], tokenizer: Tokenizer) -> list[int]:
        """Token ids that end where the assistant begins to write."""
        ...

    def parse(self, text: str) -> Message:
        """The assistant message that `text` (stop token removed) spells.

        From the first call that is not well formed on, all text stays in `content`, and the message gets a
        `parse_error`. The same as feeding a `parser` and folding what it gives.
        """
        ...

    def parser(self, *, eager: bool = False) -> "MessageParser":
        """A parser to be fed piece by piece.

        It gives a call once the call is whole and well formed. An `eager` one gives the arguments while they are
        being written: for text that a grammar of `call_frame`s keeps well formed.
        """
        ...

    def call_frame(self, name: str) -> tuple[str, str]:
        """What is written before and after the JSON arguments of a call to `name`."""
        ...


# ---------------------------------------------------------------- models and engines


@dataclass(frozen=True)
class Model:
    """A base model on local disk: a folder of safetensors with config and tokenizer."""

    name: str
    path: Path
    revision: str = ""
    """What pins the weights: a sha256 or a hub commit."""


@dataclass(frozen=True)
class Checkpoint:
    """A trained model: `path` holds adapter or weights, tokenizer, chat template and manifest."""

    name: str
    path: Path
    base: Model
    chat_format: str
    adapter: bool


@dataclass(frozen=True)
class Sampling:
    """How an answer is drawn. Temperature 0 is greedy. OpenAI's names and ranges."""

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    """Only the likeliest `top_k` tokens; 0: all."""
    min_p: float = 0.0
    """Only tokens at least `min_p` times as likely as the likeliest."""
    seed: int | None = None
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    """Token id → what is added to its logit."""
    stop: tuple[str, ...] = ()
    """Strings that end an answer: the text's business, engines know only `Generation.stop_token_ids`."""

    @property
    def greedy(self) -> bool:
        """Always the likeliest token: at a temperature near 0 nothing else is likely, and dividing by it overflows."""
        return self.temperature < 1e-5


@dataclass(frozen=True)
class Query:
    """One question to a model: a conversation that ends before the assistant's turn."""

    messages: tuple[Message, ...]
    tools: tuple[dict[str, Json], ...] = ()

    def outline(self) -> dict[str, Json]:
        """The messages, and of the tools only the names."""
        return {"messages": list(self.messages), "tools": [tool.get("function", tool)["name"] for tool in self.tools]}


@dataclass(frozen=True)
class Answer:
    """One answer: the parsed message, the raw text, and what it cost."""

    message: Message
    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float = field(default=0.0, compare=False)
    """What it took; of answers that were written side by side, the time of all over their number."""


Generate = Callable[[Sequence[Query]], list[Answer]]
"""Answers for a batch of queries, in order."""


Logprobs = Callable[[Sequence[Sequence[int]]], list[tuple[float, ...]]]
"""For a batch of texts as token ids: the natural log-probability of every token but the first of each, in order."""


# ---------------------------------------------------------------- inference


class Matcher(Protocol):
    """Where one answer stands in its grammar."""

    @property
    def stopped(self) -> bool:
        """Nothing but a stop token may follow."""
        ...

    def mask(self) -> bytes:
        """The tokens allowed next: token `t` is bit `t & 7` of byte `t >> 3`; tokens beyond it are forbidden."""
        ...

    def advance(self, token: int) -> None:
        """Go on from an allowed token. Raises EngineError if it is not allowed."""
        ...

    def forced(self) -> tuple[int, ...]:
        """Tokens that must follow, the next first: they may be appended without asking the model."""
        ...


class Grammar(Protocol):
    """A set of allowed answers, compiled once; one Matcher per answer."""

    @property
    def rules(self) -> str:
        """The same in llguidance's dialect of Lark, for engines that compile it themselves."""
        ...

    def start(self) -> Matcher: ...


@dataclass(frozen=True)
class Generation:
    """What an engine is asked for: to continue `prompt` until a stop token, which is yielded too."""

    prompt: tuple[int, ...]
    sampling: Sampling
    stop_token_ids: tuple[int, ...]
    adapter: str | None = None
    """The name of a loaded adapter; None: the base model."""
    grammar: Grammar | None = None
    logprobs: int | None = None
    """How many alternatives to give for each token, with log-probabilities; None: none, and no logprob either."""
    echo: bool = False
    """Score the tokens of the prompt too (`Ticket.prompt_logprobs`)."""


@dataclass(frozen=True)
class Step:
    """One token, its natural log-probability, and the likeliest tokens at its place, likeliest first.

    Log-probabilities are of the model's own distribution: before temperature, penalties and grammar.
    """

    token: int
    logprob: float | None = None
    top: tuple[tuple[int, float], ...] = ()


class Ticket(Protocol):
    """One request under way. Iterating blocks and gives each Step; it raises what went wrong in the engine."""

    @property
    def finish_reason(self) -> str | None:
        """`stop` (a stop token), `length`, `cancelled` or `error`; None while it is under way."""
        ...

    @property
    def error(self) -> Exception | None:
        """What went wrong, once `finish_reason` is `error`."""
        ...

    @property
    def prompt_logprobs(self) -> tuple[Step, ...] | None:
        """With `echo`, a Step per prompt token (the first without logprob); there from the first Step on."""
        ...

    @property
    def cached_tokens(self) -> int:
        """Tokens of the prompt that did not have to be computed again."""
        ...

    def __iter__(self) -> Iterator[Step]: ...

    def subscribe(self, callback: Callable[[Step | None], None]) -> None:
        """Instead of iterating: `callback` gets each Step, those already there first, and None at the end.

        It is called from the engine's thread and must return at once.
        """
        ...


@dataclass(frozen=True)
class EngineStats:
    """What an engine has to do now, and what it has done since it was opened."""

    running: int = 0
    waiting: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0


class Engine(Protocol):
    """Token ids in, token ids out. Knows nothing of messages, templates or HTTP. Thread-safe."""

    @property
    def capabilities(self) -> frozenset[str]:
        """Of `grammar`, `logprobs`, `adapters`, `logit_bias`, `penalties`: what it can do beyond sampling."""
        ...

    def submit(self, request: Generation) -> Ticket:
        """Begin; returns at once.

        Raises QueueFullError when too many wait already, PromptTooLongError, and EngineError when it is closed
        or lacks what is asked for.
        """
        ...

    def abort(self, ticket: Ticket) -> None:
        """Nobody waits for this one any more: it ends as `cancelled`."""
        ...

    def drain(self, timeout: float) -> None:
        """Take nothing new, finish what was begun within `timeout` seconds, cancel the rest, and close."""
        ...

    def stats(self) -> EngineStats: ...

    def load_adapter(self, name: str, path: Path, *, merged: bool = False) -> None:
        """Make the LoRA adapter in `path` available under `name`, replacing one of that name.

        `merged`: in weights of its own, if the engine can, which are exactly those that it was trained and
        evaluated with; else beside the base's.
        """
        ...

    def unload_adapter(self, name: str) -> None: ...


# ---------------------------------------------------------------- reports


@dataclass(frozen=True)
class Verdict:
    """How one answer to one item was judged."""

    id: str
    category: str
    ok: bool
    reason: str
    """Empty when ok; else the kind of mistake, e.g. `wrong_tool`."""
    expected: Json
    answered: Json
    metrics: Mapping[str, bool] = field(default_factory=dict)
    """Finer yes/no marks of the same item, e.g. `name`, `arguments`, `schema_valid`."""
    prompt: Json = None
    """What was asked (`Query.outline`)."""
    detail: str = ""
    """What the judge says of it in words of its own, where it does."""


@dataclass(frozen=True)
class Score:
    """A share of items with its 95 % bootstrap interval, all within [0, 1]; or a loss, with that of its own unit."""

    value: float
    low: float
    high: float
    n: int
    loss: bool = False
    """A loss or a perplexity, of which less is better; of a share more is."""


@dataclass(frozen=True)
class Scores:
    """One evaluator's result on one model: scores by `category` or `category/metric`, and every verdict."""

    evaluator: str
    scores: Mapping[str, Score]
    verdicts: tuple[Verdict, ...]
    costs: Mapping[str, Score] = field(default_factory=dict)
    """What an answer took on average (`core.evaluation.costs_of`): measured, so not the same twice."""


# ---------------------------------------------------------------- what plugins provide


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
    columns: tuple[str, ...] = ()
    """The columns that it reads; none: all. Of the formatters that match, the one that reads most is chosen."""
    tools_of: Callable[[Iterable[Mapping[str, Json]]], Sequence[dict[str, Json]]] | None = None
    """Where rows do not declare their tools but imply them: the tools of all rows of a data set together."""


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
    """Raises ToolsetError. Each tool's `run` keeps to the limits by itself (see `core.sandbox`)."""


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


def read_examples(path: Path) -> Iterable[Example]:
    """The examples of a JSONL file in the canonical shape. Raises DataError naming file and line."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield Example.from_row(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(f"{path}:{number} is not an example: {error!r}.") from None
