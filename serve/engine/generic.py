"""Any other causal model, through transformers: right for whatever its layers are, and a row at a time."""

import inspect
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import DynamicCache

from sftctl.serve.engine.shape import Span


class GenericDecoder:
    """Each row has a cache of transformers' own, so rows share nothing and are computed one after the other."""

    shares = False

    def __init__(self, model: Any) -> None:
        self.device = model.device
        self._config = model.config
        # transformers renamed the argument in 5.2x; both are in the range that we support
        self._named = "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"
        self._caches: dict[int, Any] = {}

    def forward(self, spans: list[Span], weights: Any) -> Tensor:
        """Logits [wanted tokens, vocabulary]; `weights` is the transformers model."""
        return torch.cat([self._forward(span, weights) for span in spans])

    def forget(self, row: int) -> None:
        self._caches.pop(row, None)

    def _forward(self, span: Span, model: Any) -> Tensor:
        if not span.start:
            self._caches[span.row] = DynamicCache(config=self._config)
        ids = torch.tensor([list(span.tokens)], device=self.device)
        positions = torch.arange(span.start, span.start + ids.shape[1], device=self.device)[None]
        keep = 0 if span.all_logits else 1
        output = model(
            input_ids=ids,
            position_ids=positions,
            use_cache=True,
            logits_to_keep=keep,
            **{self._named: self._caches[span.row]},
        )
        logits: Tensor = output.logits[0]
        return logits if span.wanted else logits[:0]
