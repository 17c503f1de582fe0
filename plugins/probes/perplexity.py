"""How well a model predicts text that it has not seen: in nats per token, and as a perplexity, their exponential.

A text longer than a window is read in windows that overlap: each begins `stride` tokens after the one before and
predicts only the tokens that the earlier ones have not, so that every token but the very first is predicted once,
after `window - stride` tokens at least (but near the text's beginning).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, groupby
from operator import attrgetter
from typing import Any, NamedTuple

from sftctl.core.errors import EvalError
from sftctl.core.scores.stats import exponential, per_token, spread
from sftctl.core.types import IGNORED, EvalJob, Example, Score, Scores, Verdict
from sftctl.plugins.probes import LossConfig, PerplexityConfig

PIECE = 64
"""Tokens over which a text's loss is summed up, to be drawn as one: neighbours are likely or unlikely together."""


class Piece(NamedTuple):
    """Some text, its summed loss in nats, and its tokens."""

    text: str
    nats: float
    tokens: int


class Window(NamedTuple):
    """Tokens that the model sees, and how many of them, at the end, it is asked to predict."""

    ids: list[int]
    predicted: int


def evaluate(job: EvalJob) -> Scores:
    """Perplexity of the texts of `data`, joined by blank lines."""
    assert isinstance(job.config, PerplexityConfig)
    texts = [example.text for example in job.examples if example.text]
    if len(texts) < len(job.examples) or not texts:
        raise EvalError("`perplexity` reads plain text, and its `data` holds conversations.", "Name a text file.")
    ids = job.tokenizer.encode("\n\n".join(texts), add_special_tokens=False)[: job.config.tokens]
    windows = list(windows_of(ids, job.config.window, job.config.stride))
    if not windows:
        raise EvalError("The text of `perplexity` is too short: it has less than two tokens.")
    logprobs = job.logprobs([window.ids for window in windows])
    found = (found[-window.predicted :] for window, found in zip(windows, logprobs, strict=True))
    pieces = list(_pieces(ids[1:], list(chain.from_iterable(found)), job.tokenizer))
    loss = _mean(pieces)
    scores = {"perplexity": exponential(loss), "perplexity/nats_per_token": loss}
    return Scores("perplexity", scores, tuple(_record(f"piece {at}", "perplexity", p) for at, p in enumerate(pieces)))


def _pieces(ids: Sequence[int], logprobs: Sequence[float], tokenizer: Any) -> Iterator[Piece]:
    """The text in pieces of PIECE tokens."""
    for at in range(0, len(ids), PIECE):
        part = list(ids[at : at + PIECE])
        yield Piece(tokenizer.decode(part), -sum(logprobs[at : at + PIECE]), len(part))


def windows_of(ids: Sequence[int], window: int, stride: int) -> Iterator[Window]:
    """The windows of a text, in order; together they predict every token but the first, once."""
    done = 1
    for start in range(0, len(ids), min(window, stride)):
        end = min(start + window, len(ids))
        if end > done:
            yield Window(list(ids[start:end]), end - done)
            done = end
        if end == len(ids):
            return


def held_out_loss(job: EvalJob) -> Scores:
    """Nats per token of what is learned in the examples: the assistant's words and its stop token.

    Where they come from several sources (an example's `source`), there is a score `loss/SOURCE` for each as well.
    """
    assert isinstance(job.config, LossConfig)
    examples = map(_last_turn, job.examples) if job.config.last_turn else job.examples
    by_source = groupby(sorted(examples, key=attrgetter("source")), key=attrgetter("source"))
    chosen = {source: spread(list(examples), job.config.limit) for source, examples in by_source}
    if not chosen:
        raise EvalError("There is no example to take a loss on.", "Set held_out_rows, e.g. to 0.1, or the option data.")
    found = {source: _losses(examples, job) for source, examples in chosen.items()}
    loss = _mean(chain.from_iterable(found.values()))
    scores: dict[str, Score] = {"loss": loss, "loss/perplexity": exponential(loss)}
    if len(found) > 1:
        scores |= {f"loss/{source}": _mean(losses) for source, losses in found.items()}
    rows = [(source, piece) for source, losses in found.items() for piece in losses]
    return Scores("loss", scores, tuple(_record(str(at), *row) for at, row in enumerate(rows)))


def _last_turn(example: Example) -> Example:
    """The example with a loss on its last message alone; plain text as it is."""
    before = [{**message, "weight": 0} for message in example.messages[:-1]]
    return replace(example, messages=(*before, *example.messages[-1:]))


def _losses(examples: Sequence[Example], job: EvalJob) -> list[Piece]:
    """Of each example what is learned."""
    assert job.chat_format is not None
    rows = [job.chat_format.render(example, job.tokenizer) for example in examples]
    losses = []
    for row, logprobs in zip(rows, job.logprobs([row.input_ids for row in rows]), strict=True):
        learned = [(label, value) for label, value in zip(row.labels[1:], logprobs, strict=True) if label != IGNORED]
        text = job.tokenizer.decode([label for label, _ in learned])
        losses.append(Piece(text, -sum(value for _, value in learned), len(learned)))
    return losses


def _mean(pieces: Iterable[Piece]) -> Score:
    _, nats, tokens = zip(*pieces, strict=True)
    return per_token(nats, tokens)


def _record(id: str, category: str, piece: Piece) -> Verdict:
    return Verdict(id, category, True, "", piece.text, {"nats": piece.nats, "tokens": piece.tokens})
