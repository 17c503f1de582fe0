"""The built-in inference engine: continuous batching in torch, on a CPU or one GPU.

loading    a model's files → a decoder and weights
engine     the thread that runs: who is computed when (continuous batching, cancelling, closing)
row        one request on its way
blocks     who may share which part of the cache
lora       adapters computed beside the base's weights
llama      the forward pass, with kernels between its matmuls; `generic` for models of other kinds
openvino   the forward pass by OpenVINO, over the same cache (`openvino_graph`: a model's files → its graph)
sampling   logits → tokens
"""

from collections.abc import Sequence
from pathlib import Path

from sftctl.serve.engine.engine import TorchEngine

__all__ = ["TorchEngine", "open_fast", "open_fp32", "open_openvino"]


def open_fast(path: Path, adapter: Path | None, stop_token_ids: Sequence[int]) -> TorchEngine:
    """The model in `path`, with a LoRA `adapter` merged in, in bf16 where that is faster, else in fp32."""
    import torch

    from sftctl.core.machine.device import bf16_pays
    from sftctl.serve.engine.loading import open_model

    return TorchEngine(open_model(path, adapter, torch.bfloat16 if bf16_pays() else torch.float32))


def open_fp32(path: Path, adapter: Path | None, stop_token_ids: Sequence[int]) -> TorchEngine:
    """The same in fp32."""
    import torch

    from sftctl.serve.engine.loading import open_model

    return TorchEngine(open_model(path, adapter, torch.float32))


def open_openvino(path: Path, adapter: Path | None, bits: int = 16) -> TorchEngine:
    """The same with OpenVINO's forward pass. Raises EngineError where OpenVINO is missing."""
    from sftctl.serve.engine.openvino import open_model

    return TorchEngine(open_model(path, adapter, bits))
