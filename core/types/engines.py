"""What computes: token ids in, token ids out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sftctl.core.types.models import Sampling


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

    def last_call(self) -> "LastCall | None":
        """How the end of the answer relates to the calls in it; None as long as nothing can become a repetition."""
        ...

    def rollback(self, count: int) -> None:
        """Take the last `count` tokens back."""
        ...

    def preferred(self, mask: bytes) -> Mapping[int, float]:
        """The tokens, of those allowed next, that an engine makes likelier before it chooses: by how many nats."""
        ...


@dataclass(frozen=True)
class Unsaid:
    """An argument that was just made whole, with a value that nobody has spoken of."""

    tokens: int
    """How many of the last tokens it takes: its value alone, where it must be given, else the mark before it too."""
    value: int = 0
    """How many of these are a value that stands or falls as a whole: it may be better to leave it out, but not to give
    another. 0: another may be better."""
    call: int = 0
    """How many its call takes, if it must be given: without it, there is no call."""


@dataclass(frozen=True)
class LastCall:
    """How an answer's end relates to the calls in it."""

    repeated: bool
    """Whether the last token has made a call whole that spells an earlier one once more."""
    open: int
    """How many of the last tokens may have to be taken back: they spell an earlier call once more so far, or an
    argument that may turn out to be unsaid; with what stands before them."""
    unsaid: Unsaid | None = None
    begun: int = 0
    """How many of the last tokens are of a call that still lacks what must be given: it may turn out that nobody has
    spoken of that."""


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

    @property
    def context(self) -> int:
        """The most tokens of a prompt and its answer together."""
        ...

    @property
    def alive(self) -> bool:
        """Whether it can be asked: once it is closed, or what computes for it has ended, it never can again."""
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

        `merged`: in weights of its own, if the engine can, which are exactly those that it was evaluated with;
        else beside the base's.
        """
        ...

    def unload_adapter(self, name: str) -> None: ...
