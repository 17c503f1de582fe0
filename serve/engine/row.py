"""One request on its way through the engine."""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sftctl.core.errors import EngineError
from sftctl.core.types import Generation, Matcher, Step
from sftctl.serve.engine.blocks import BLOCK, Chain
from sftctl.serve.engine.lora import Lora
from sftctl.serve.engine.shape import Span
from sftctl.serve.ticket import StepQueue


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
        self.matcher: Matcher | None = self.request.grammar.start() if self.request.grammar else None
        self._scored: list[Step] = [Step(self.tokens[0])]

    @property
    def ended(self) -> bool:
        return self.ticket.finish_reason is not None

    @property
    def written(self) -> int:
        """Tokens of the answer so far."""
        return len(self.tokens) - len(self.request.prompt)

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
        """A chosen token, and all that its grammar forces after it; ends the ticket where the answer ends."""
        self._give(step)
        if self.matcher is None or self.ended:
            return
        # a forced token is never computed by itself, so it has no log-probability: if those are asked for, choose all
        forced = () if self.request.logprobs is not None else self.matcher.forced()
        for token in forced:
            if not self.ended:
                self._give(Step(token))
        if self.matcher.stopped and not self.ended:
            self.ticket.end("stop")

    def fail(self, error: Exception) -> None:
        """End with an error; one that is not ours is named as the engine's."""
        mine = isinstance(error, EngineError)
        self.ticket.end("error", error if mine else EngineError(f"The engine failed: {type(error).__name__}: {error}."))

    def _give(self, step: Step) -> None:
        self.tokens.append(step.token)
        self.counts[step.token] += 1
        stops = step.token in self.request.stop_token_ids
        if self.matcher is not None and not stops:
            self.matcher.advance(step.token)
        self.ticket.put(step)
        if stops:
            self.ticket.end("stop")
        elif len(self.tokens) >= self.limit:
            self.ticket.end("length")
