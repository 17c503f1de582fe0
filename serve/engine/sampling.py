"""From logits to tokens, for all rows at once. What a row gets does not depend on the others in the batch."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from sftctl.core.errors import EngineError
from sftctl.core.types import Sampling, Step
from sftctl.serve.engine.row import PassedBy, Row

LIKELY = 512
"""Tokens that are sorted first: they are nearly always enough, and sorting all takes far longer."""
TOGETHER = 8
"""Rows that are drawn at once: of more, a CPU's cache no longer holds what one step hands to the next."""
UNLIKELY = 10_000.0
"""What is taken off a stop token that comes too early: where a grammar allows nothing else, it is chosen still."""


def choose(logits: Tensor, rows: Sequence[Row]) -> list[Step | Exception]:
    """The next token of each row for `logits` [rows, vocabulary], or why there is none."""
    if not rows:
        return []
    best, likeliest = logits.max(-1)
    failed: dict[int, Exception] = {
        at: EngineError("The model's logits are not numbers.", "The weights, or the prompt, take it out of its range.")
        for at, finite in enumerate(best.isfinite().tolist())
        if not finite
    }
    tokens = likeliest.tolist()
    others = [at for at, row in enumerate(rows) if at not in failed and not _is_plain(row)]
    if others:
        drawn = _choose([rows[at] for at in others], logits[others].float())
        for at, each in zip(others, drawn, strict=True):
            if isinstance(each, Exception):
                failed[at] = each
            else:
                tokens[at] = each
    steps = _steps(logits, rows, tokens)
    return [failed.get(at) or step for at, step in enumerate(steps)]


def scores(logits: Tensor, tokens: Sequence[int], top: int) -> list[Step]:
    """Each of `tokens` with its log-probability and the `top` likeliest at its place; `logits` [tokens, vocabulary]."""
    if not tokens:
        return []
    shares = torch.log_softmax(logits.float(), -1)
    own = shares.gather(-1, torch.tensor(tokens, device=shares.device)[:, None])[:, 0].tolist()
    values, ids = shares.topk(min(top, shares.shape[-1]), -1)
    likeliest = [tuple(zip(*pair, strict=True)) for pair in zip(ids.tolist(), values.tolist(), strict=True)]
    return [Step(*each) for each in zip(tokens, own, likeliest, strict=True)]


def _steps(logits: Tensor, rows: Sequence[Row], tokens: Sequence[int]) -> list[Step]:
    """The chosen tokens, scored for the rows that asked for it."""
    steps = [Step(token) for token in tokens]
    scored = [at for at, row in enumerate(rows) if row.request.logprobs is not None]
    if scored:
        asked = [rows[at].request.logprobs or 0 for at in scored]
        found = scores(logits[scored], [tokens[at] for at in scored], max(asked))
        for at, step, top in zip(scored, found, asked, strict=True):
            steps[at] = Step(step.token, step.logprob, step.top[:top])
    return steps


def _is_plain(row: Row) -> bool:
    sampling = row.request.sampling
    penalized = sampling.presence_penalty or sampling.frequency_penalty or sampling.repetition_penalty != 1
    return sampling.greedy and not (penalized or sampling.logit_bias or sampling.min_tokens) and row.mask is None


def _choose(rows: Sequence[Row], logits: Tensor) -> list[int | Exception]:
    """A token for each of `rows`, whose `logits` [rows, vocabulary] are changed in place."""
    _adjust(logits, rows)
    _constrain(logits, rows)
    calling = [at for at, row in enumerate(rows) if row.call is not None]
    total = _of(logits, calling).logsumexp(-1).tolist() if calling else []
    spent: dict[tuple[int, int], float] = {}
    for place, at in enumerate(calling):
        for token, left in rows[at].spent_here.items():
            spent[place, token] = float(logits[at, token])
            logits[at, token] = left + total[place]
    failed: dict[int, Exception] = {}
    best, tokens = logits.max(-1)
    for at, top in enumerate(best.tolist()):
        if top == -torch.inf:
            failed[at] = EngineError(
                "No token is allowed next.", "The grammar and the logit_bias of the request exclude all."
            )
    drawn = [at for at, row in enumerate(rows) if at not in failed and not row.request.sampling.greedy]
    for begin in range(0, len(drawn), TOGETHER):
        some = drawn[begin : begin + TOGETHER]
        samplings = [rows[at].request.sampling for at in some]
        tokens[some] = draw(logits[some], samplings, [rows[at].draws.random() for at in some])
    _remember_other_ways([rows[at] for at in calling], _of(logits, calling), tokens[calling], total, spent)
    return [failed.get(at, token) for at, token in enumerate(tokens.tolist())]


def _remember_other_ways(
    rows: Sequence[Row],
    logits: Tensor,
    tokens: Tensor,
    total: Sequence[float],
    spent: Mapping[tuple[int, int], float],
) -> None:
    """Notes how likely each row's token is, and the likeliest other one by what is left.

    `logits` [rows, vocabulary], which are changed, are of what is left; `total` is the log of the sum over all before;
    by row and token, `spent` has what a logit was.
    """
    if not rows:
        return
    chosen = logits.gather(-1, tokens[:, None])[:, 0].tolist()
    others = logits.scatter_(-1, tokens[:, None], -torch.inf).max(-1).values.tolist()
    for at, (row, token) in enumerate(zip(rows, tokens.tolist(), strict=True)):
        own = spent.get((at, token), chosen[at])
        row.passed_by[len(row.tokens)] = PassedBy(own - total[at], others[at] - total[at])


def _of(logits: Tensor, some: Sequence[int]) -> Tensor:
    """Some rows of `logits`: copied, unless they are all."""
    return logits if len(some) == len(logits) else logits[some]


def _adjust(logits: Tensor, rows: Sequence[Row]) -> None:
    """Adds to each row of `logits` its request's bias, the penalties for what it has been answered, and what is
    preferred."""
    for index, row in enumerate(rows):
        if (penalty := row.request.sampling.repetition_penalty) != 1:
            known = torch.tensor(sorted(set(row.tokens)), device=logits.device)
            values = logits[index, known]
            logits[index, known] = torch.where(values > 0, values / penalty, values * penalty)
    at, tokens, changes = list[int](), list[int](), list[float]()
    for index, row in enumerate(rows):
        sampling = row.request.sampling
        change = dict(sampling.logit_bias)
        if sampling.presence_penalty or sampling.frequency_penalty:
            for token, count in row.counts.items():
                penalty = sampling.presence_penalty + sampling.frequency_penalty * count
                change[token] = change.get(token, 0.0) - penalty
        for token, nats in row.preferred.items():
            change[token] = change.get(token, 0.0) + nats
        if row.written < sampling.min_tokens:
            change |= {token: change.get(token, 0.0) - UNLIKELY for token in row.request.stop_token_ids}
        at += [index] * len(change)
        tokens += change
        changes += change.values()
    if changes:
        device = logits.device
        places = (torch.tensor(at, device=device), torch.tensor(tokens, device=device))
        logits.index_put_(places, torch.tensor(changes, device=device), accumulate=True)


def _constrain(logits: Tensor, rows: Sequence[Row]) -> None:
    """−∞ wherever a row's grammar allows no token."""
    where = [at for at, row in enumerate(rows) if row.mask is not None]
    if where:
        vocabulary = logits.shape[-1]
        bits = np.zeros((len(where), -(-vocabulary // 8)), np.uint8)
        for row_bits, at in zip(bits, where, strict=True):
            mask = np.frombuffer(rows[at].mask or b"", np.uint8)[: len(row_bits)]
            row_bits[: len(mask)] = mask
        forbidden = np.unpackbits(~bits, axis=1, count=vocabulary, bitorder="little").view(np.bool_)
        # a mask for all rows: picking some of them out would copy their logits twice
        whole = torch.zeros(logits.shape, dtype=torch.bool)
        whole[where] = torch.from_numpy(forbidden)
        logits.masked_fill_(whole.to(logits.device), -torch.inf)


# ---------------------------------------------------------------- chance


def draw(logits: Tensor, samplings: Sequence[Sampling], points: Sequence[float]) -> Tensor:
    """For each row of `logits` [rows, vocabulary] the token at its point in [0, 1) of the distribution that its
    sampling makes of it.

    The order is the vocabulary's: in the order of likelihood, rounding would swap near equals.
    """
    shares = torch.softmax(logits / _column([each.temperature for each in samplings], logits), -1)
    tokens = torch.empty(len(shares), dtype=torch.long, device=shares.device)
    whole = shares.shape[-1]
    left = [at for at, each in enumerate(samplings) if each.min_p > 0 or 0 < each.top_k < whole or each.top_p < 1]
    uncut = sorted({*range(len(samplings))} - {*left})
    if uncut:
        tokens[uncut] = _pick(shares[uncut], [points[at] for at in uncut])
    for most in (min(LIKELY, whole), whole):
        if left:
            part = shares[left]
            values, ids = part.topk(most) if most < whole else part.sort(descending=True, stable=True)
            counts, enough = _cut(values, whole, [samplings[at] for at in left])
            values = values.masked_fill(torch.arange(most, device=values.device) >= counts[:, None], 0)
            ids, order = ids.sort(-1)
            at = _pick(values.gather(-1, order), [points[at] for at in left])
            tokens[left] = ids.gather(-1, at[:, None])[:, 0]
            left = [at for at, whether in zip(left, enough.tolist(), strict=True) if not whether]
    return tokens


def _cut(values: Tensor, whole: int, samplings: Sequence[Sampling]) -> tuple[Tensor, Tensor]:
    """How many of each row's `values` [rows, likeliest first] its sampling keeps; and whether it may keep no more.

    `whole` is how many there are in all: each row sums up to 1.
    """
    known = values.shape[-1]
    bound = (values >= _column([each.min_p for each in samplings], values) * values[:, :1]).sum(-1)
    bound = torch.where(bound == known, whole, bound)  # perhaps more than are seen here
    top_k = torch.tensor([each.top_k or whole for each in samplings], device=values.device)
    bound = torch.minimum(bound, top_k)
    top_p = _column([each.top_p for each in samplings], values, torch.float64)
    sums = values.cumsum(-1, dtype=torch.float64)
    total = sums.gather(-1, bound.clamp(max=known)[:, None] - 1)
    nucleus = 1 + torch.searchsorted(sums, total * top_p)[:, 0]
    counts = torch.where(top_p[:, 0] < 1, torch.minimum(nucleus, bound), bound)
    if known == whole:
        return counts, torch.ones_like(counts, dtype=torch.bool)
    free = torch.tensor([not each.min_p and not each.top_k for each in samplings], device=values.device)
    nucleus = 1 + torch.searchsorted(sums, top_p)[:, 0]
    counts = torch.where(free, nucleus, counts)
    return counts.clamp(max=known), torch.where(free, nucleus <= known, bound <= known)


SOME = 256
"""Tokens whose probability is summed up first."""


def _pick(shares: Tensor, points: Sequence[float]) -> Tensor:
    """The index at each row's point of its `shares` [rows, tokens], in their order, whatever their sum."""
    rows, size = shares.shape
    parts = torch.nn.functional.pad(shares, (0, -size % SOME)).view(rows, -1, SOME)
    sums = parts.sum(-1).cumsum(-1, dtype=torch.float64)
    goal = _column(points, shares, torch.float64) * sums[:, -1:]
    part = torch.minimum(
        torch.searchsorted(sums, goal, right=True), torch.searchsorted(sums, sums[:, -1:].contiguous())
    )
    inside = parts[torch.arange(rows, device=shares.device), part[:, 0]].cumsum(-1, dtype=torch.float64)
    rest = goal - torch.where(part > 0, sums.gather(-1, (part - 1).clamp(min=0)), 0)
    last = torch.searchsorted(inside, inside[:, -1:].contiguous())
    return (part * SOME + torch.minimum(torch.searchsorted(inside, rest, right=True), last))[:, 0]


def _column(values: Sequence[float], like: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.tensor(values, dtype=dtype, device=like.device)[:, None]
