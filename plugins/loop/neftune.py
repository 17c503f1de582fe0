"""NEFTune (arXiv 2310.05914): noise on the embeddings, so that a model learns less by heart."""

import torch
from torch import Tensor


def add_noise(embeddings: Tensor, position_ids: Tensor, alpha: float) -> Tensor:
    """Embeddings [1, N, width] of packed rows, each number moved by up to ± alpha / √(row's tokens · width).

    Rows that share a beginning hear the same noise there, as loud as the first of them has it.
    """
    positions = position_ids[0]
    ends = torch.cat((positions[1:] <= positions[:-1], positions.new_ones(1, dtype=torch.bool)))
    row = torch.cat((ends.new_zeros(1), ends[:-1])).cumsum(0)
    tokens = (positions[ends] + 1)[row]
    loudest = alpha / (tokens * embeddings.shape[-1]).sqrt()
    noise = torch.empty_like(embeddings, dtype=torch.float32).uniform_(-1, 1)
    return embeddings + (noise * loudest[None, :, None]).to(embeddings.dtype)
