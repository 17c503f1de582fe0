"""Rehearsal: general text that the base model writes itself, to be replayed or held to while it learns something new.

It needs no data set and fits any model: what a model writes freely is what it can do, and what it is to keep.
`{path: rehearsal}` under `dataset` or `anchor` stands for it.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from sftctl.core.config import DatasetConfig, RunConfig
from sftctl.core.store import RunFolder, write_lines
from sftctl.core.types import Emit, Event, Example, Generation, Sampling

PATH = "rehearsal"
FILE = "data/rehearsal.jsonl"
TEXTS = 200
"""Texts that are written where no `limit` says how many."""
TOKENS = 128
"""Tokens of a text, at most."""
BEGINNINGS = ("The", "In", "A", "When", "It was", "There is", "How to", "One day,", "Many people", "For the first time")
TOPICS = (
    " history of",
    " city",
    " science of",
    " children",
    " body",
    " sea",
    " music",
    " law",
    " food",
    " war",
    " animals",
    " school",
    " computer",
    " family",
    " language",
    " film",
    " weather",
    " money",
    " health",
    " 19th century",
)


def texts_wanted(config: RunConfig) -> int:
    """How many texts the data sets of a run ask the base model for."""
    return max((one.limit or TEXTS for one in (*config.dataset, *config.anchor) if one.path == PATH), default=0)


def with_rehearsal(config: RunConfig, folder: RunFolder) -> RunConfig:
    """The configuration with the file of texts in the place of their name."""

    def named(datasets: Sequence[DatasetConfig]) -> list[DatasetConfig]:
        file = str(folder.path / FILE)
        return [one.model_copy(update={"path": file}) if one.path == PATH else one for one in datasets]

    return config.model_copy(update={"dataset": named(config.dataset), "anchor": named(config.anchor)})


def without_rehearsal(config: RunConfig) -> RunConfig:
    """The configuration without data sets that are yet to be written."""
    kept = {name: [one for one in getattr(config, name) if one.path != PATH] for name in ("dataset", "anchor")}
    return config.model_copy(update=kept)


def rehearse(folder: RunFolder, config: RunConfig, chat: Any) -> None:
    """Let the base model (a `sftctl.serve.chat.ChatModel`) write the run's texts into `data/rehearsal.jsonl`."""
    texts = written(chat, texts_wanted(config), config.seed, folder.emit)
    examples = (Example((), source=PATH, category=PATH, text=text) for text in texts if text.strip())
    write_lines(folder.path / FILE, (example.to_json() for example in examples))


def written(chat: Any, count: int, seed: int, emit: Emit) -> Iterator[str]:
    """Texts sampled at temperature 1, each begun with other words or drawn anew."""
    begun = [f"{beginning}{topic}" for topic, beginning in product(TOPICS, BEGINNINGS)]
    prompts = [chat.tokenizer.encode(begun[at % len(begun)], add_special_tokens=False) for at in range(count)]
    stop = (chat.tokenizer.eos_token_id,)
    tickets = [
        chat.engine.submit(
            Generation(tuple(prompt), Sampling(max_tokens=TOKENS, temperature=1.0, seed=seed * 1_000_003 + at), stop)
        )
        for at, prompt in enumerate(prompts)
    ]
    for at, (prompt, ticket) in enumerate(zip(prompts, tickets, strict=True), 1):
        tokens = [step.token for step in ticket if step.token not in stop]
        emit(Event("progress", PATH, {"done": at, "total": count, "what": "texts"}))
        yield chat.tokenizer.decode([*prompt, *tokens], skip_special_tokens=True)
