"""Models, and what they are asked and answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sftctl.core.types.values import Json, Message


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
    keep_stop: bool = False
    """Whether the string that ended it is part of the answer."""
    stop_ids: tuple[int, ...] = ()
    """Tokens that end an answer, beside the ChatFormat's."""
    min_tokens: int = 0
    """No stop token before there are so many."""
    repetition_penalty: float = 1.0
    """What stands in the prompt or the answer already is so many times less likely, as transformers counts it."""

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


REFUSED = "refused"
"""The `finish_reason` of an answer that was never given."""


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

    @property
    def refused(self) -> bool:
        """Whether it was never given, since an endpoint refused the question for good; the text says why."""
        return self.finish_reason == REFUSED


Generate = Callable[[Sequence[Query]], list[Answer]]
"""Answers for a batch of queries, in order."""


Logprobs = Callable[[Sequence[Sequence[int]]], list[tuple[float, ...]]]
"""For a batch of texts as token ids: the natural log-probability of every token but the first of each, in order."""
