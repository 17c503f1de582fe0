"""A model that one can talk to: engine, ChatFormat and tokenizer joined.

The server goes through `serve.answering`; `serve.served` plans as the server does and calls `ChatModel.carry_out`,
which sees the same prompts, grammars and parsing. `ChatModel.generate` lets the model write freely.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from sftctl.core.answers import AnswerFile, Logprobs
from sftctl.core.errors import EngineError, ModelError, PromptTooLongError, QueueFullError
from sftctl.core.manager import Plugins, choose
from sftctl.core.remote.asking import refused
from sftctl.core.store import fingerprint
from sftctl.core.types import (
    Answer,
    ChatFormat,
    Engine,
    Generation,
    Json,
    Model,
    Query,
    Sampling,
    Step,
    Ticket,
)
from sftctl.serve.planning import Plan
from sftctl.serve.reply import Reply

T = TypeVar("T", Answer, Logprobs)
Progress = Callable[[int, int], None]
"""`on_progress(done, total)`."""
FILES = ("*.safetensors", "*.json")


@dataclass(frozen=True)
class ChatModel:
    """Answers queries with one model."""

    name: str
    engine: Engine
    chat_format: ChatFormat
    tokenizer: Any
    adapter: str | None = None
    """The adapter, among those that the engine has loaded, that makes this model out of the base."""
    created: int = field(default_factory=lambda: int(time.time()))
    weights: str = ""
    """What tells its weights, as its engine holds them, from any others."""
    kept: AnswerFile | None = None
    """What it has answered before, which is not asked again; what it answers is added."""

    def __post_init__(self) -> None:
        encode_one_at_a_time(self.tokenizer)

    @cached_property
    def fingerprint(self) -> str:
        """What decides its answers, beside the request: OpenAI's `system_fingerprint`."""
        parts = [self.weights, self.chat_format.name, self.chat_format.template, version("sftctl")]
        return f"fp_{fingerprint(parts)[:12]}"

    def stops(self, sampling: Sampling) -> frozenset[int]:
        """The tokens that end an answer that is drawn like this."""
        return stop_ids(self.chat_format, self.tokenizer) | {*sampling.stop_ids}

    def prompt(self, query: Query) -> list[int]:
        """The token ids that the engine is given."""
        return self.chat_format.prompt(query.messages, query.tools, self.tokenizer)

    def generate(
        self,
        queries: Sequence[Query],
        sampling: Sampling = Sampling(),  # noqa: B008 - frozen
        on_progress: Progress | None = None,
    ) -> list[Answer]:
        """What the model writes where nothing holds it to a grammar, in the order of `queries`."""
        return self.carry_out([self._free(query, sampling) for query in queries], on_progress)

    def carry_out(
        self, plans: Sequence[Plan], on_progress: Progress | None = None, refusing: bool = False
    ) -> list[Answer]:
        """An answer to each plan, in order, as many at once as the engine takes.

        Raises PromptTooLongError; with `refusing` that is the answer, as an endpoint would give it.
        """
        keys = [self._key(_generation(plan), plan.calls) for plan in plans]

        def ask(places: Sequence[int]) -> Generator[tuple[int, Answer], None, None]:
            return self._write({at: plans[at] for at in places}, refusing)

        answers = self._once(keys, self.kept.answers if self.kept else {}, ask, on_progress)
        each = sum(answer.seconds for answer in answers) / max(1, len(plans))
        return [answer if answer.refused else replace(answer, seconds=each) for answer in answers]

    def stream(self, query: Query, sampling: Sampling) -> Iterator[str | Answer]:
        """One increment of text for each token, perhaps empty, and at last the whole Answer."""
        plan = self._free(query, sampling)
        reply = Reply(plan)
        ticket = self.engine.submit(_generation(plan))
        try:
            for step in ticket:
                yield reply.push(step.token)
                if reply.ended:
                    break
        finally:
            self.engine.abort(ticket)
        yield reply.finish()
        yield reply.answer()

    def logprobs(self, texts: Sequence[Sequence[int]], on_progress: Progress | None = None) -> list[Logprobs]:
        """The natural log-probability of every token but the first of each text, given as token ids."""
        sampling = Sampling(max_tokens=0)
        asked = [Generation(tuple(ids), sampling, (), self.adapter, logprobs=0, echo=True) for ids in texts]

        def ask(places: Sequence[int]) -> Generator[tuple[int, Logprobs], None, None]:
            return self._judge({at: asked[at] for at in places})

        keys = [self._key(request) for request in asked]
        return self._once(keys, self.kept.logprobs if self.kept else {}, ask, on_progress)

    def _key(self, request: Generation, *more: Json) -> str:
        """All that decides what comes of a request; nothing where nothing is kept."""
        if self.kept is None:
            return ""
        rules = request.grammar and request.grammar.rules
        asked = [request.prompt, asdict(request.sampling), request.stop_token_ids, rules, request.echo]
        return fingerprint([self.fingerprint, *asked, *more])

    def _once(
        self,
        keys: Sequence[str],
        known: Mapping[str, T],
        ask: Callable[[Sequence[int]], Generator[tuple[int, T], None, None]],
        on_progress: Progress | None,
    ) -> list[T]:
        """What is `known` by each key, and else what `ask` gives, with its place, which is kept as it comes."""
        found = {at: known[key] for at, key in enumerate(keys) if key in known}
        with closing(ask([at for at in range(len(keys)) if at not in found])) as coming:
            for at, value in coming:
                found[at] = value
                if self.kept:
                    self.kept.keep(keys[at], value)
                if on_progress:
                    on_progress(len(found), len(keys))
        return [found[at] for at in range(len(keys))]

    def _write(self, plans: Mapping[int, Plan], refusing: bool) -> Generator[tuple[int, Answer], None, None]:
        """Each answer with its place, as soon as it is whole, and the seconds since the one before."""
        replies, last = {at: Reply(plan) for at, plan in plans.items()}, time.perf_counter()
        arrivals: Arrivals = SimpleQueue()
        tickets: dict[int, Ticket] = {}
        waiting = deque(plans)
        try:
            while waiting or tickets:
                try:
                    if waiting and self._begin(waiting[0], plans[waiting[0]], tickets, arrivals):
                        waiting.popleft()
                        continue
                except PromptTooLongError as error:
                    if not refusing:
                        raise
                    yield waiting.popleft(), refused(str(error))
                    continue
                ended = self._read(arrivals, replies, tickets)
                if ended is not None:
                    before, last = last, time.perf_counter()
                    yield ended, replies[ended].answer(last - before)
        finally:
            for ticket in tickets.values():
                self.engine.abort(ticket)

    def _judge(self, asked: Mapping[int, Generation]) -> Generator[tuple[int, Logprobs], None, None]:
        """The log-probabilities of each text with its place, in order."""
        waiting: deque[tuple[int, Ticket]] = deque()
        left = deque(asked.items())
        try:
            while left or waiting:
                try:
                    if left:
                        waiting.append((left[0][0], self.engine.submit(left[0][1])))
                        left.popleft()
                        continue
                except QueueFullError:
                    if not waiting:
                        raise
                at, ticket = waiting.popleft()
                yield at, _prompt_logprobs(ticket)
        finally:
            for _, ticket in waiting:
                self.engine.abort(ticket)

    def _free(self, query: Query, sampling: Sampling) -> Plan:
        return Plan(self, tuple(self.prompt(query)), sampling, calls=bool(query.tools))

    def _begin(self, at: int, plan: Plan, tickets: dict[int, Ticket], arrivals: "Arrivals") -> bool:
        """Submit a plan; False if something must end first."""
        try:
            tickets[at] = self.engine.submit(_generation(plan))
        except QueueFullError:
            if tickets:
                return False
            raise
        tickets[at].subscribe(lambda step: arrivals.put((at, step)))
        return True

    def _read(self, arrivals: "Arrivals", replies: Mapping[int, Reply], tickets: dict[int, Ticket]) -> int | None:
        """Take the next token of any answer; an answer that it ends leaves `tickets`, and its place is given."""
        at, step = arrivals.get()
        if at not in tickets:
            return None
        if step is not None:
            replies[at].push(step.token)
        elif (error := tickets[at].error) is not None:
            raise error
        if step is not None and not replies[at].ended:
            return None
        self.engine.abort(tickets.pop(at))
        replies[at].finish()
        return at


def _prompt_logprobs(ticket: Ticket) -> Logprobs:
    """Wait for a prompt to be scored. Raises what went wrong in the engine."""
    for _ in ticket:
        pass
    if ticket.prompt_logprobs is None:
        raise EngineError("The engine has scored nothing of a prompt.")
    return tuple(step.logprob for step in ticket.prompt_logprobs if step.logprob is not None)


def _generation(plan: Plan) -> Generation:
    stops = tuple(sorted(plan.model.stops(plan.sampling)))
    return Generation(plan.prompt, plan.sampling, stops, adapter=plan.model.adapter, grammar=plan.grammar)


Arrivals = SimpleQueue[tuple[int, Step | None]]
"""Which answer, and its next token, or None at its end."""


# ---------------------------------------------------------------- loading


def load_chat_model(
    plugins: Plugins,
    model: Model,
    adapter: Path | None,
    chat_format: str,
    engine_name: str = "torch",
    *,
    name: str = "",
) -> ChatModel:
    """Open `model`, with a LoRA `adapter` if given, for the ChatFormat and engine of these names."""
    provider = choose("engine", engine_name, plugins.engines())
    tokenizer = load_tokenizer(model.path)
    form = choose("chat format", chat_format, plugins.chat_formats()).fitted(tokenizer)
    engine = provider.open(model.path, adapter, sorted(stop_ids(form, tokenizer)))
    return ChatModel(name or model.name, engine, form, tokenizer, weights=_weights(model, adapter, engine_name))


def with_adapter(base: ChatModel, adapter: Path, name: str, chat_format: ChatFormat, *, merged: bool) -> ChatModel:
    """The model `name`: an adapter over the engine of `base`, which shares it with those who are there already."""
    base.engine.load_adapter(name, adapter, merged=merged)
    weights = fingerprint([base.weights, _files([adapter]), merged])
    return ChatModel(name, base.engine, chat_format, base.tokenizer, adapter=name, weights=weights)


def _weights(model: Model, adapter: Path | None, engine: str) -> str:
    """What pins the weights: their revision, else names, sizes and times of their files; and who computes with them."""
    unpinned = [path for path in (adapter, None if model.revision else model.path) if path is not None]
    return fingerprint([model.revision, _files(unpinned), engine])


def _files(folders: Sequence[Path]) -> list[tuple[str, int, int]]:
    """Weights, and what says how they are meant: an adapter's scale, a model's rotary positions, a tokenizer."""
    files = [file for folder in folders for kind in FILES for file in sorted(folder.glob(kind))]
    return [(file.name, (stat := file.stat()).st_size, stat.st_mtime_ns) for file in files]


def load_tokenizer(path: Path) -> Any:
    """The tokenizer in a model's folder, set to decode exactly. Raises ModelError if there is none."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = str(error).splitlines()[0].rstrip(".:")
        raise ModelError(f"The tokenizer in {path} cannot be loaded: {reason}.") from error
    tokenizer.clean_up_tokenization_spaces = False  # it would change the text ("a ." to "a.")
    return tokenizer


def encode_one_at_a_time(tokenizer: Any) -> None:
    """Make a tokenizer encode one text at a time, so that several threads may share it; twice is as good as once.

    A fast tokenizer keeps whether it reads control tokens (`split_special_tokens`) as a state that each call sets: two
    threads at once would cut each other's texts wrongly, and a control token that a user typed could become one.
    """
    if not isinstance(tokenizer.encode, _OneAtATime):
        tokenizer.encode = _OneAtATime(tokenizer.encode)


class _OneAtATime:
    def __init__(self, encode: Callable[..., list[int]]) -> None:
        self._encode, self._lock = encode, threading.Lock()

    def __call__(self, *args: Any, **kwargs: Any) -> list[int]:
        with self._lock:
            return self._encode(*args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        return _OneAtATime, (self._encode,)  # a copy of the tokenizer has a lock of its own


def stop_ids(chat_format: ChatFormat, tokenizer: Any) -> frozenset[int]:
    """The ids of a ChatFormat's stop tokens. Raises ModelError if the tokenizer lacks one."""
    vocabulary = tokenizer.convert_tokens_to_ids(list(chat_format.stop))
    for token, id in zip(chat_format.stop, vocabulary, strict=True):
        if id is None or id == getattr(tokenizer, "unk_token_id", None):
            raise ModelError(
                f"ChatFormat '{chat_format.name}' ends turns with {token}, which the tokenizer lacks.",
                "Choose a ChatFormat that fits the model.",
            )
    return frozenset(vocabulary)
