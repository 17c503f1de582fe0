"""From logits to tokens: greedy rows together, every other row by itself and from its own stream of chance."""

from collections.abc import Sequence

import torch
from torch import Tensor

from sftctl.core.errors import EngineError
from sftctl.core.types import Sampling, Step
from sftctl.serve.engine.row import Row

LIKELY = 512
"""Tokens that are sorted first for `top_p`: they are nearly always enough, and sorting all takes far longer."""


def choose(logits: Tensor, rows: Sequence[Row]) -> list[Step | Exception]:
    """The next token of each row for `logits` [rows, vocabulary], or why there is none."""
    plain = [at for at, row in enumerate(rows) if _is_plain(row)]
    chosen: dict[int, Step | Exception] = {}
    if plain:
        best, tokens = logits.max(-1) if len(plain) == len(rows) else logits[plain].max(-1)
        for at, token, finite in zip(plain, tokens.tolist(), best.isfinite().tolist(), strict=True):
            chosen[at] = Step(token) if finite else _not_finite()
    for at, row in enumerate(rows):
        if at not in chosen:
            try:
                chosen[at] = _choose_one(logits[at], row)
            except Exception as error:  # a grammar is anyone's code; the other rows go on
                chosen[at] = error
    return [chosen[at] for at in range(len(rows))]


def scores(logits: Tensor, tokens: Sequence[int], top: int) -> list[Step]:
    """Each of `tokens` with its log-probability and the `top` likeliest at its place; `logits` [tokens, vocabulary]."""
    if not tokens:
        return []
    shares = torch.log_softmax(logits.float(), -1)
    own = shares.gather(-1, torch.tensor(tokens, device=shares.device)[:, None])[:, 0].tolist()
    values, ids = shares.topk(min(top, shares.shape[-1]), -1)
    likeliest = [tuple(zip(*pair, strict=True)) for pair in zip(ids.tolist(), values.tolist(), strict=True)]
    return [Step(*each) for each in zip(tokens, own, likeliest, strict=True)]


def _is_plain(row: Row) -> bool:
    sampling = row.request.sampling
    adjusted = sampling.logit_bias or sampling.presence_penalty or sampling.frequency_penalty
    return sampling.greedy and not adjusted and row.matcher is None and row.request.logprobs is None


def _choose_one(logits: Tensor, row: Row) -> Step:
    sampling = row.request.sampling
    if not logits.max().isfinite():
        raise _not_finite()
    adjusted = _constrain(_adjust(logits.float(), row), row)
    token = int(adjusted.max(-1)[1]) if sampling.greedy else draw(adjusted, sampling, row.draws.random())
    if adjusted[token] == -torch.inf:
        raise EngineError("No token is allowed next.", "The grammar and the logit_bias of the request exclude all.")
    if row.request.logprobs is None:
        return Step(token)
    return scores(logits[None], [token], row.request.logprobs)[0]


def _adjust(logits: Tensor, row: Row) -> Tensor:
    """`logits` [vocabulary] with the request's bias and the penalties for what has been written."""
    sampling = row.request.sampling
    if not (sampling.logit_bias or sampling.presence_penalty or sampling.frequency_penalty):
        return logits
    change = dict(sampling.logit_bias)
    for token, count in row.counts.items():
        penalty = sampling.presence_penalty + sampling.frequency_penalty * count
        change[token] = change.get(token, 0.0) - penalty
    places = torch.tensor(list(change), dtype=torch.long, device=logits.device)
    return logits.index_add(0, places, torch.tensor(list(change.values()), device=logits.device))


def _constrain(logits: Tensor, row: Row) -> Tensor:
    """−∞ wherever the row's grammar allows no token."""
    if row.matcher is None:
        return logits
    bits = torch.frombuffer(bytearray(row.matcher.mask()), dtype=torch.uint8)
    allowed = (bits[:, None] >> torch.arange(8, dtype=torch.uint8)).bitwise_and_(1).bool().flatten()[: len(logits)]
    missing = len(logits) - len(allowed)
    forbidden = torch.nn.functional.pad(~allowed, (0, missing), value=True)
    return logits.masked_fill(forbidden.to(logits.device), -torch.inf)


def draw(logits: Tensor, sampling: Sampling, point: float) -> int:
    """The token at `point` in [0, 1) of the distribution that `sampling` makes of `logits` [vocabulary].

    The order is the vocabulary's: in the order of likelihood, rounding would swap near equals.
    """
    shares = torch.softmax(logits / sampling.temperature, -1)
    if sampling.min_p > 0:
        shares = shares.masked_fill(shares < sampling.min_p * shares.max(), 0)
    if 0 < sampling.top_k < len(shares):
        shares = _only(shares, shares.topk(sampling.top_k)[1])
    if sampling.top_p < 1:
        shares = _only(shares, nucleus(shares, sampling.top_p))
    total = shares.cumsum(-1, dtype=torch.float64)
    at = int(torch.searchsorted(total, total[-1:] * point, right=True))
    return min(at, int(shares.nonzero()[-1]))


def nucleus(shares: Tensor, top_p: float) -> Tensor:
    """The fewest likeliest tokens of `shares` [vocabulary] that reach `top_p` of their sum; at least one."""
    goal = top_p * shares.sum()
    ordered, order = shares.topk(min(LIKELY, len(shares)))
    if ordered.sum() < goal:
        ordered, order = shares.sort(descending=True, stable=True)
    inside = ordered.cumsum(-1) - ordered < goal
    inside[0] = True
    return order[inside]


def _only(shares: Tensor, kept: Tensor) -> Tensor:
    return torch.zeros_like(shares).index_copy_(0, kept, shares[kept])


def _not_finite() -> EngineError:
    return EngineError("The model's logits are not numbers.", "The weights, or the prompt, take it out of its range.")
