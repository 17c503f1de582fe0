"""One request on its way through the engine."""

import math
import random
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sftctl.core.errors import EngineError
from sftctl.core.types import Generation, Grammar, LastCall, Matcher, Step
from sftctl.serve.engine.blocks import BLOCK, Chain
from sftctl.serve.engine.lora import Lora
from sftctl.serve.engine.shape import Span
from sftctl.serve.ticket import StepQueue

REWINDS = 32
"""How often an answer is taken back to where something else could have been written."""
UNSAID = 3.0
"""Nats by which an argument counts less that need not be given, where nobody has spoken of its value."""
LOOKING = ThreadPoolExecutor(8, "sftctl-grammar")
"""Grammars are asked here: most know the next tokens at once, but one that forces a long text takes its time."""


@dataclass(frozen=True)
class Ahead:
    """What a grammar says of what may follow."""

    forced: tuple[int, ...] = ()
    """Tokens that must follow, the next first."""
    mask: bytes | None = None
    """The tokens that may follow these; None: nothing but a stop token."""
    call: LastCall | None = None
    """What its grammar says of the calls in the answer."""
    preferred: Mapping[int, float] = field(default_factory=dict)
    """The tokens that it would rather have than others, and by how many nats."""


@dataclass(frozen=True)
class PassedBy:
    """A token that was chosen, and the likeliest other one: natural log-probabilities of what the grammar leaves."""

    chosen: float
    other: float


@dataclass(frozen=True)
class Loaded:
    """A set of weights that rows are computed with; `content` tells it from any other, whatever its name."""

    content: str
    weights: Any
    lora: Lora | None = None
    """What is added to the weights, where they are the base's own."""


@dataclass(eq=False)
class Row:
    """Its tokens so far, how many of them have their keys and values in the cache, and what is still to come."""

    serial: int
    request: Generation
    loaded: Loaded
    limit: int
    """Tokens, the prompt's included, at which it ends."""
    ticket: StepQueue = field(default_factory=StepQueue)
    chain: Chain = field(default_factory=lambda: Chain(None))
    computed: int = 0
    given: int = 0
    """How many tokens it had when it last joined the running rows: they go through the model in parts."""
    begun: float = 0.0
    """When its turn first came, on the monotonic clock."""

    def __post_init__(self) -> None:
        self.tokens = list(self.request.prompt)
        self.draws = random.Random(self.request.sampling.seed)
        self.counts: Counter[int] = Counter()
        self.mask: bytes | None = None
        """The tokens that its grammar allows next, if it has one."""
        self.look: Future[Ahead] | None = None
        """What its grammar is asked, until the answer is taken: up to then, nothing of this row is computed."""
        self.late = False
        """Whether the grammar takes so long that others no longer wait for it."""
        self._matcher: Matcher | None = None
        self.call: LastCall | None = None
        """What its grammar says of the calls in the answer."""
        self.preferred: Mapping[int, float] = {}
        """The tokens that its grammar would rather have next than others, and by how many nats."""
        self.passed_by: dict[int, PassedBy] = {}
        """Of the steps that are held: place in `tokens` → the likeliest other token there."""
        self.spent: dict[tuple[int, ...], dict[int, float]] = {}
        """Tokens of the answer → a next one that has led to a repeated call → how likely it and the likeliest other end
        beyond it are, as a natural log-probability; minus infinity where all beyond it is spent."""
        self.rewound = False
        """Whether tokens were taken back, so that what is computed of them is void."""
        self.told = 0
        """How many tokens of the answer have been given to the ticket, and are never taken back."""
        self._rewinds = 0
        self._held: list[Step] = []
        """Steps that may still be taken back."""
        if self.request.grammar:
            self.look = LOOKING.submit(self._begin, self.request.grammar)
        self._scored: list[Step] = [Step(self.tokens[0])]

    @property
    def ended(self) -> bool:
        return self.ticket.finish_reason is not None

    @property
    def ready(self) -> bool:
        """Whether its next tokens can be computed: its grammar is not still thinking."""
        return self.look is None and not self.ended

    @property
    def written(self) -> int:
        """Tokens of the answer so far."""
        return len(self.tokens) - len(self.request.prompt)

    @property
    def full(self) -> bool:
        """Whether there is room for no other token."""
        return len(self.tokens) >= self.limit

    @property
    def spent_here(self) -> dict[int, float]:
        """What is spent of the tokens that may come next."""
        return self.spent.get(self._answer(len(self.tokens)), {}) if self.spent else {}

    @property
    def prefilling(self) -> bool:
        return self.computed < self.given

    @property
    def scoring(self) -> bool:
        """Whether the prompt's own tokens are to be scored."""
        return self.request.echo and self.computed < len(self.request.prompt) and self.ticket.prompt_logprobs is None

    @property
    def blocks(self) -> int:
        """Blocks that it takes to compute all tokens there are."""
        return -(-len(self.tokens) // BLOCK)

    def restart(self) -> None:
        """Its blocks are gone: all tokens are to be computed again."""
        self.chain, self.computed = Chain(None), 0
        if self.ticket.prompt_logprobs is None:
            self._scored = [Step(self.tokens[0])]

    def go_back_to(self, place: int) -> None:
        """What is computed of its tokens from there on is void, and to be computed again."""
        self.computed = min(self.computed, place)
        self.given, self.rewound = min(self.given, self.computed), False

    def span(self, budget: int) -> Span:
        """The next tokens to be computed, at most `budget`."""
        new = self.tokens[self.computed : self.computed + budget]
        wanted = self.computed + len(new) == len(self.tokens)
        return Span(
            new,
            self.computed,
            self.chain.places,
            self.serial,
            all_logits=self.scoring,
            wanted=wanted or self.scoring,
            lora=self.loaded.lora,
            reading=self.computed < len(self.request.prompt),
        )

    # ---------------------------------------------------------------- what comes back

    def score(self, steps: list[Step]) -> None:
        """The prompt's next tokens with their log-probabilities."""
        self._scored += steps
        if len(self._scored) == len(self.request.prompt):
            self.ticket.prompt_logprobs = tuple(self._scored)

    def take(self, step: Step) -> None:
        """A chosen token; ends the ticket where the answer ends, and else asks the grammar what may follow."""
        self._give(step)
        if self._matcher is not None and not self.ended:
            self.look = LOOKING.submit(self._advance, self._matcher, step.token, self.full)

    def settle(self) -> None:
        """Take what the grammar has answered, if it has: the tokens that it forces, and which may come then."""
        if self.look is None or not self.look.done():
            return
        look, self.look, self.late = self.look, None, False
        try:
            ahead = look.result()
        except Exception as error:  # a grammar is anyone's code; the other rows go on
            self.fail(error)
            return
        given = 0
        for token in ahead.forced:
            if not self.ended and not self.full:
                self._give(Step(token))
                given += 1
        self.mask, self.call, self.preferred = ahead.mask, ahead.call, ahead.preferred
        doubtful = _is_doubtful(self.call) and given == len(ahead.forced)
        if self.ended or (doubtful and self._rewind()):
            return
        self._tell(0 if self.mask is None or self.call is None or self.full else self._held_back(self.call))
        if self.full:
            self.ticket.end("length")
        elif self.mask is None:
            self.ticket.end("stop")

    def _held_back(self, call: LastCall) -> int:
        """How many of the last tokens may still be taken back."""
        begin = self.passed_by.get(len(self.tokens) - call.begun) if call.begun else None
        return max(call.open, call.begun) if begin and begin.chosen - UNSAID <= begin.other else call.open

    def _begin(self, grammar: Grammar) -> Ahead:
        matcher = self._matcher = grammar.start()
        mask = matcher.mask()
        return Ahead((), mask, matcher.last_call(), matcher.preferred(mask))

    def _advance(self, matcher: Matcher, token: int, last: bool) -> Ahead:
        """With `last`, there is room for no other token."""
        matcher.advance(token)
        if matcher.stopped:
            return Ahead()
        mask = matcher.mask()  # first, as it lets other threads go on while it finds what is forced
        call = matcher.last_call()
        # a forced token is never computed by itself, so it has no log-probability: if those are asked for, choose all
        if last or self.request.logprobs is not None or _is_doubtful(call):
            return Ahead((), mask, call, matcher.preferred(mask))
        forced = matcher.forced()
        for each in forced:
            matcher.advance(each)
        if forced:
            mask, call = None if matcher.stopped else matcher.mask(), matcher.last_call()
        return Ahead(forced, mask, call, {} if mask is None else matcher.preferred(mask))

    def _rewind(self) -> bool:
        """Go back, among the steps that are held, to where another way is likeliest.

        What is likeliest: the product of the probabilities up to there, times that of the other token. The token that
        was taken there is worth, from then on, what the likeliest other end beyond it is. An argument that nobody has
        spoken of stays where it is likelier, all the same, than any other way.
        """
        if self._rewinds == REWINDS or self._matcher is None:
            return False
        doubted, beyond = self._doubted()
        place = None
        for at, way in sorted(self.passed_by.items(), reverse=True):
            if at not in doubted:
                continue
            through = way.chosen + beyond
            self.spent.setdefault(self._answer(at), {})[self.tokens[at]] = through
            if way.other > -math.inf and way.other >= through:
                place = at
            beyond = max(way.other, through)
        call = self._call_to_leave(beyond)
        place = place if call is None else call
        if place is None:
            return False
        self._rewinds += 1
        back = len(self.tokens) - place
        self.counts -= Counter(self.tokens[place:])  # leaves no zeros, unlike `subtract`: they would be penalized
        del self.tokens[place:]
        del self._held[len(self._held) - back :]
        self.passed_by = {at: way for at, way in self.passed_by.items() if at < place}
        self.rewound = True
        self.look = LOOKING.submit(self._go_back, self._matcher, back)
        return True

    def _doubted(self) -> tuple[range, float]:
        """The places where another way may be taken, and how likely that is which lies beyond them."""
        end = len(self.tokens)
        if self.call is None or self.call.repeated or self.call.unsaid is None:
            return range(end), -math.inf
        value = end - self.call.unsaid.value
        likely = sum(way.chosen for at, way in self.passed_by.items() if at >= value)
        return range(end - self.call.unsaid.tokens, value), likely - UNSAID

    def _call_to_leave(self, beyond: float) -> int | None:
        """Where the last call begins, if it lacks a value that was said, and no call is likelier than the best of it.

        `beyond`: how likely that is, once the call has come as far as to the value. A value that is unlikely in itself
        is no reason, as there may be many.
        """
        call = self.call.unsaid.call if self.call and self.call.unsaid else 0
        place = len(self.tokens) - call
        begin = self.passed_by.get(place) if call else None
        if begin is None or begin.other < (through := begin.chosen + max(beyond, -UNSAID)):
            return None
        self.spent.setdefault(self._answer(place), {})[self.tokens[place]] = through
        return place

    def _answer(self, end: int) -> tuple[int, ...]:
        """The tokens of the answer before a place in `tokens`."""
        return tuple(self.tokens[len(self.request.prompt) : end])

    def _go_back(self, matcher: Matcher, count: int) -> Ahead:
        matcher.rollback(count)
        mask = matcher.mask()
        return Ahead((), mask, matcher.last_call(), matcher.preferred(mask))

    def fail(self, error: Exception) -> None:
        """End with an error; one that is not ours is named as the engine's."""
        mine = isinstance(error, EngineError)
        self.ticket.end("error", error if mine else EngineError(f"The engine failed: {type(error).__name__}: {error}."))

    def _give(self, step: Step) -> None:
        self.tokens.append(step.token)
        self.counts[step.token] += 1
        self._held.append(step)
        stops = step.token in self.request.stop_token_ids
        if stops or self.call is None:
            self._tell()
        if stops:
            self.ticket.end("stop")
        elif self.full and self.call is None:  # else its grammar first says whether it repeats a call
            self.ticket.end("length")

    def _tell(self, held: int = 0) -> None:
        """Let go of the steps that are held, but for the last `held`: they stand."""
        count = max(0, len(self._held) - held)
        for step in self._held[:count]:
            self.ticket.put(step)
        del self._held[:count]
        self.told += count
        first = len(self.tokens) - len(self._held)
        self.passed_by = {at: way for at, way in self.passed_by.items() if at >= first}


def _is_doubtful(call: LastCall | None) -> bool:
    """Whether another way may be better than what was just made whole."""
    return call is not None and (call.repeated or call.unsaid is not None)
