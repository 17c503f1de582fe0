"""The kernels in C++ compute what those in torch do, for rows of every length, and models of every kind of Llama."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from engines import begin, open_engine

from sftctl.core.machine.native import native_library
from sftctl.core.types import Generation, Sampling
from sftctl.serve.engine import loading
from sftctl.serve.engine.blocks import BLOCK
from sftctl.serve.engine.kernels import SOURCE, NativeKernels, TorchKernels
from sftctl.serve.engine.llama import LlamaDecoder
from sftctl.serve.engine.recorded import Recordings
from sftctl.serve.engine.shape import Span

LENGTHS = [1, 2, 15, 16, 17, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 100]

pytestmark = pytest.mark.skipif(native_library(SOURCE) is None, reason="no C++ compiler")


@pytest.fixture(scope="module", params=["llama", "qwen2", "qwen3"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model of three heads to one key head: with heads of an odd size, with biases, or with norms of heads."""
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    config = AutoConfig.for_model(
        request.param,
        vocab_size=200,
        hidden_size=96,
        intermediate_size=160,
        num_hidden_layers=2,
        num_attention_heads=3 if request.param == "qwen2" else 6,
        num_key_value_heads=1 if request.param == "qwen2" else 2,
        head_dim=48 if request.param == "llama" else 32,
        max_position_embeddings=512,
        initializer_range=0.2,
        tie_word_embeddings=True,
    )
    model = AutoModelForCausalLM.from_config(config)
    for name, parameter in model.named_parameters():
        if name.endswith(("bias", "norm.weight")):
            torch.nn.init.normal_(parameter, 1.0, 0.3)
    path = tmp_path_factory.mktemp(request.param)
    model.save_pretrained(path)
    return path


class Replayed(Recordings):
    """Computes a recorded step anew out of its inputs, as a GPU does."""

    def _record(self, step: Callable[[], torch.Tensor]) -> tuple[Callable[[], object], torch.Tensor]:
        logits = step()
        return lambda: logits.copy_(step()), logits


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_logits_of_ragged_batches(folder: Path, dtype: torch.dtype) -> None:
    """In float32 they agree; in bfloat16 both are as far from that as rounding takes them."""
    opened = loading.open_model(folder, None, dtype)
    decoder: Any = opened.decoder
    assert isinstance(decoder, LlamaDecoder) and isinstance(decoder.kernels, NativeKernels)
    other, at_once, played = (
        LlamaDecoder(decoder.shape, len(decoder.cache.keys[0]), TorchKernels(), dtype, decoder.device) for _ in "abc"
    )
    at_once.together = played.together = True  # as on a GPU
    played.recordings = Replayed(played._forward, decoder.shape, decoder.device)
    draw = torch.Generator().manual_seed(1)
    rows = [torch.randint(200, (length + 6,), generator=draw).tolist() for length in LENGTHS]
    places = [list(range(1 + 5 * at, 6 + 5 * at)) for at in range(len(rows))]

    def steps() -> list[list[Span]]:
        """Prompts in two ragged parts, then a few tokens of some rows, then one of each, thrice; one row ends early."""
        cuts = [[length // 2, length, length + 1 + at % 2] for at, length in enumerate(LENGTHS)]
        for length, cut in zip(LENGTHS, cuts, strict=True):
            cut += [length + 3, length + 4, length + 5, length + 6]
        cuts[3][-1] = cuts[3][-2]
        return [
            [
                Span(tokens[begin:end], begin, place, at, all_logits=step < 2)
                for at, (tokens, place, cut) in enumerate(zip(rows, places, cuts, strict=True))
                if (begin := cut[step - 1] if step else 0) < (end := cut[step])
            ]
            for step in range(7)
        ]

    exact: Any = loading.open_model(folder, None, torch.float32)
    exact.decoder.kernels = TorchKernels()
    with torch.inference_mode():
        for spans in steps():
            expected = exact.decoder.forward(spans, exact.base.weights)
            tolerance = 1.5 * (other.forward(spans, opened.base.weights).float() - expected).norm()
            for each in (decoder, at_once, played):
                given = each.forward(spans, opened.base.weights).float()
                assert given.shape == expected.shape
                assert (given - expected).norm() < max(tolerance, 1e-5 * expected.norm())
                assert (given - expected).norm() < 0.1 * expected.norm()
    assert len(played.recordings._known[opened.base.weights]) == 1  # three steps of one size


def test_tokens_of_a_whole_engine(tiny_model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts = [[20 + at] * length for at, length in enumerate(LENGTHS)]

    def answers() -> list[list[tuple[int, float]]]:
        engine = open_engine(tiny_model_dir)
        requests = [Generation(tuple(prompt), Sampling(max_tokens=60), (), logprobs=0) for prompt in prompts]
        return [[(step.token, step.logprob or 0) for step in engine.submit(each)] for each in requests]

    native = answers()
    monkeypatch.setattr(loading, "best_kernels", lambda *args: TorchKernels())
    for first, second in zip(native, answers(), strict=True):
        assert [token for token, _ in first] == [token for token, _ in second]
        assert [score for _, score in first] == pytest.approx([score for _, score in second], abs=1e-3)


def test_rows_of_one_batch(tiny_model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts = [[20 + at] * length for at, length in enumerate(LENGTHS)]
    native = [list(ticket) for ticket in begin(open_engine(tiny_model_dir), prompts, max_tokens=40)]
    monkeypatch.setattr(loading, "best_kernels", lambda *args: TorchKernels())
    assert [list(ticket) for ticket in begin(open_engine(tiny_model_dir), prompts, max_tokens=40)] == native
