"""The built-in inference engine: batched decoding in plain torch over any transformers causal model.

Prompts are padded on the left, so that every row's next token is at the same place. Keys and values lie in
buffers that grow in blocks (transformers' own cache copies itself for every token). Rows that have ended are
dropped from the batch once they are a quarter of it.
"""

import inspect
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM
from transformers.cache_utils import DynamicCache, DynamicLayer
from transformers.utils import logging

from sftctl.core.device import best_device, bf16_pays
from sftctl.core.errors import ModelError, PromptTooLongError
from sftctl.core.types import Sampling

BLOCK = 128
"""Positions by which a cache buffer grows."""
PREFILL = 4096
"""Prompt tokens that go through the model together; more would only fall out of a CPU's cache."""


class TorchEngine:
    """Token ids in, token ids out, on the GPU if there is one, else on the CPU."""

    def __init__(self, model: Any, stop_token_ids: Sequence[int]) -> None:
        self.model = model.eval().requires_grad_(False)
        self.stop_token_ids = frozenset(stop_token_ids)
        self.context = int(getattr(model.config, "max_position_embeddings", None) or 1_000_000)

    def stream(self, prompts: Sequence[Sequence[int]], sampling: Sampling) -> Iterator[Sequence[int | None]]:
        """Decode a batch together; each step yields one new token id per prompt (None once it has ended).

        A row ends with a stop token (which is yielded), after `max_tokens`, or where the context ends.
        Raises PromptTooLongError at once if a prompt leaves no room.
        """
        for prompt in prompts:
            if len(prompt) >= self.context:
                raise PromptTooLongError(
                    f"The prompt has {len(prompt)} tokens, and the model's context is {self.context}.",
                    "Shorten the messages or offer fewer tools.",
                )
        return self._decode(prompts, sampling)

    def _decode(self, prompts: Sequence[Sequence[int]], sampling: Sampling) -> Iterator[Sequence[int | None]]:
        if not prompts:
            return
        limits = [min(sampling.max_tokens, self.context - len(prompt)) for prompt in prompts]
        batch = Batch(self.model, prompts, max(limits))
        sampler = Sampler(sampling, len(prompts))
        rows = list(range(len(prompts)))  # which prompt each row of the batch belongs to
        live = set(rows)
        for step in range(1, max(limits) + 1):
            tokens = sampler.choose(batch.logits(), rows)
            found: list[int | None] = [None] * len(prompts)
            for row, token in zip(rows, tokens, strict=True):
                if row in live:
                    found[row] = token
            yield found
            live = {row for row in live if found[row] not in self.stop_token_ids and step < limits[row]}
            if not live:
                return
            batch.append(tokens)
            if len(live) <= 0.75 * len(rows):
                batch.keep([at for at, row in enumerate(rows) if row in live])
                rows = [row for row in rows if row in live]


class Batch:
    """Some prompts being continued together: their last tokens, positions, mask and cache."""

    def __init__(self, model: Any, prompts: Sequence[Sequence[int]], room: int) -> None:
        self.model = model
        # transformers renamed the argument in 5.2x; both are in the range that we support
        self.named = "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"
        self.cache: Any = None
        self._place(prompts, room)

    def _place(self, prompts: Sequence[Sequence[int]], room: int) -> None:
        with torch.inference_mode():
            device = self.model.device
            self.length = max(map(len, prompts))
            padding = [self.length - len(prompt) for prompt in prompts]
            self.input_ids = torch.tensor(
                [[0] * pad + list(prompt) for pad, prompt in zip(padding, prompts, strict=True)],
                device=device,
            )
            pads = torch.tensor(padding, device=device)[:, None]
            columns = torch.arange(self.length + room, device=device)[None]
            # One mask for the whole generation, sliced step by step; none where there is no padding to hide.
            self.mask = columns >= pads if any(padding) else None
            self.positions = (columns[:, : self.length] - pads).clamp(min=0)

    def logits(self) -> Tensor:
        """Logits of the next token, (rows, vocabulary), in the model's dtype."""
        with torch.inference_mode():
            return self._forward(slice(None), self.cache) if self.cache else self._prefill()

    def _prefill(self) -> Tensor:
        """The first logits. The prompts go through the model some rows at a time; their caches are then joined."""
        size = max(1, PREFILL // self.length)
        rows = len(self.input_ids)
        groups = [slice(start, min(start + size, rows)) for start in range(0, rows, size)]
        caches = [growing_cache(self.model) for _ in groups]
        if not all(type(layer) is GrowingLayer for layer in caches[0].layers):  # a kind that we cannot join
            groups, caches = [slice(None)], caches[:1]
        logits = [self._forward(group, cache) for group, cache in zip(groups, caches, strict=True)]
        self.cache = caches[0]
        if len(caches) > 1:
            for layer, *others in zip(*(cache.layers for cache in caches), strict=True):
                layer.join(others)
        return torch.cat(logits)

    def _forward(self, rows: slice, cache: Any) -> Tensor:
        output = self.model(
            input_ids=self.input_ids[rows],
            attention_mask=None if self.mask is None else self.mask[rows, : self.length],
            position_ids=self.positions[rows],
            use_cache=True,
            logits_to_keep=1,
            **{self.named: cache},
        )
        logits: Tensor = output.logits[:, -1]
        return logits

    def append(self, tokens: Sequence[int]) -> None:
        """Go on from one new token per row."""
        with torch.inference_mode():
            self.input_ids = torch.tensor(tokens, device=self.positions.device)[:, None]
            self.positions = self.positions[:, -1:] + 1
            self.length += 1

    def keep(self, rows: Sequence[int]) -> None:
        """Drop all rows but these."""
        with torch.inference_mode():
            index = torch.tensor(rows, device=self.positions.device)
            self.input_ids, self.positions = self.input_ids[index], self.positions[index]
            if self.mask is not None:
                self.mask = self.mask[index]
            self.cache.batch_select_indices(index)


class GrowingLayer(DynamicLayer):  # type: ignore[misc]
    """Keys and values of one layer, written in place into a buffer with room to spare."""

    is_initialized: bool
    keys: Tensor
    values: Tensor

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        start = self.keys.shape[-2] if self.is_initialized else 0
        end = start + key_states.shape[-2]
        if not self.is_initialized:
            self.dtype, self.device, self.is_initialized = key_states.dtype, key_states.device, True
            self.buffers = [_room(key_states, end), _room(value_states, end)]
        elif end > self.buffers[0].shape[-2]:
            grown = [_room(buffer, end) for buffer in self.buffers]
            for new, old in zip(grown, (self.keys, self.values), strict=True):
                new[..., :start, :] = old
            self.buffers = grown
        for buffer, states in zip(self.buffers, (key_states, value_states), strict=True):
            buffer[..., start:end, :] = states
        self.keys, self.values = (buffer[..., :end, :] for buffer in self.buffers)
        return self.keys, self.values

    def join(self, others: Sequence["GrowingLayer"]) -> None:
        """Take the rows of other layers of the same length behind its own."""
        layers, end = [self, *others], self.keys.shape[-2]
        self.buffers = [torch.cat([layer.buffers[at] for layer in layers]) for at in (0, 1)]
        self.keys, self.values = (buffer[..., :end, :] for buffer in self.buffers)

    def batch_select_indices(self, indices: Tensor) -> None:
        end = self.keys.shape[-2]
        self.buffers = [buffer[indices] for buffer in self.buffers]
        self.keys, self.values = (buffer[..., :end, :] for buffer in self.buffers)


def _room(like: Tensor, positions: int) -> Tensor:
    """An unfilled buffer as `like`, with at least a block to spare beyond `positions`."""
    capacity = (positions // BLOCK + 2) * BLOCK
    return like.new_empty(*like.shape[:-2], capacity, like.shape[-1])


def growing_cache(model: Any) -> Any:
    """An empty cache for `model`; layers of other kinds (sliding windows, …) stay transformers' own."""
    cache = DynamicCache(config=model.config)
    cache.layers = [GrowingLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


class Sampler:
    """Chooses tokens. Each row draws from its own stream, so its neighbours cannot change its answer."""

    def __init__(self, sampling: Sampling, rows: int) -> None:
        self.sampling = sampling
        self.draws = [random.Random(sampling.seed) for _ in range(rows)]

    def choose(self, logits: Tensor, rows: Sequence[int]) -> list[int]:
        """One token id per row of `logits` (rows, vocabulary); `rows` says whose they are."""
        with torch.inference_mode():
            if self.sampling.temperature == 0:
                return _ids(logits.argmax(-1))
            shares = torch.softmax(logits.float() / self.sampling.temperature, -1)
            if self.sampling.top_p < 1:
                shares = nucleus(shares, self.sampling.top_p)
            # Drawn in the vocabulary's order: in order of likelihood, rounding would swap near equals.
            total = shares.cumsum(-1, dtype=torch.float64)
            points = torch.tensor([[self.draws[row].random()] for row in rows], dtype=torch.float64)
            points = points.to(total.device) * total[:, -1:]
            choice = torch.searchsorted(total, points, right=True).squeeze(-1)
            return _ids(choice.clamp(max=logits.shape[-1] - 1))


def nucleus(shares: Tensor, top_p: float) -> Tensor:
    """`shares` (rows, vocabulary) with all but the fewest likeliest tokens that reach `top_p` set to 0."""
    ordered, order = shares.sort(dim=-1, descending=True, stable=True)
    outside = ordered.cumsum(-1) - ordered >= top_p
    outside[:, 0] = False  # one token at least
    kept: Tensor = shares.masked_fill(outside.scatter(-1, order, outside), 0)
    return kept


def _ids(tokens: Tensor) -> list[int]:
    ids: list[int] = tokens.tolist()
    return ids


# ---------------------------------------------------------------- opening


def open_fast(path: Path, adapter: Path | None, stop_token_ids: Sequence[int]) -> TorchEngine:
    """The model in `path`, with a LoRA `adapter` merged in, in bf16 where that is faster, else in fp32."""
    dtype = torch.bfloat16 if bf16_pays() else torch.float32
    return TorchEngine(load(path, adapter, dtype), stop_token_ids)


def open_fp32(path: Path, adapter: Path | None, stop_token_ids: Sequence[int]) -> TorchEngine:
    """The same in fp32."""
    return TorchEngine(load(path, adapter, torch.float32), stop_token_ids)


def load(path: Path, adapter: Path | None, dtype: torch.dtype) -> Any:
    """A transformers model on this machine's best device. Raises ModelError if the files do not make one."""
    logging.disable_progress_bar()  # ours would be torn by theirs
    try:
        model = AutoModelForCausalLM.from_pretrained(
            path, dtype=dtype, use_safetensors=True, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(f"The model in {path} cannot be loaded: {_first_line(error)}.") from error
    if adapter is not None:
        model = merge(model, adapter)
    return model.to(best_device())


def merge(model: Any, adapter: Path) -> Any:
    """`model` with the LoRA in `adapter` added to its weights."""
    from peft import PeftModel

    if not (adapter / "adapter_model.safetensors").is_file():
        raise ModelError(f"{adapter} holds no adapter.", "It needs adapter_model.safetensors (no pickle).")
    try:
        return PeftModel.from_pretrained(model, adapter).merge_and_unload(safe_merge=True)
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
        raise ModelError(f"The adapter in {adapter} does not fit the model: {_first_line(error)}.") from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [repr(error)])[0].rstrip(".:")
