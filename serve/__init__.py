"""The OpenAI-compatible service and the engine behind it. Importing this is light: torch comes later."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from sftctl.core import hookimpl
from sftctl.core.types import Engine, EngineProvider


def _open_fast(path: Path, adapter: Path | None, stop_token_ids: Sequence[int]) -> Engine:
    from sftctl.serve.engine import open_fast

    return open_fast(path, adapter, stop_token_ids)


def _open_fp32(path: Path, adapter: Path | None, stop_token_ids: Sequence[int]) -> Engine:
    from sftctl.serve.engine import open_fp32

    return open_fp32(path, adapter, stop_token_ids)


def _open_openvino(path: Path, adapter: Path | None, stop_token_ids: Sequence[int]) -> Engine:
    from sftctl.serve.engine import open_openvino

    return open_openvino(path, adapter)


def _open_openvino_int8(path: Path, adapter: Path | None, stop_token_ids: Sequence[int]) -> Engine:
    from sftctl.serve.engine import open_openvino

    return open_openvino(path, adapter, bits=8)


def _open_vllm(path: Path, adapter: Path | None, stop_token_ids: Sequence[int]) -> Engine:
    from sftctl.serve.vllm.opening import open_model

    return open_model(path, adapter, stop_token_ids)


@hookimpl
def sftctl_engines() -> Iterable[EngineProvider]:
    return [
        EngineProvider("torch", "batched decoding in plain torch, CPU or CUDA, bf16 where it is faster", _open_fast),
        EngineProvider("torch-fp32", "the same in fp32: slower, its answers free of rounding", _open_fp32),
        EngineProvider("openvino", "the forward pass by OpenVINO (pip install 'sftctl[openvino]')", _open_openvino),
        EngineProvider("openvino-int8", "the same with weights of 8 bits", _open_openvino_int8),
        EngineProvider("vllm", "a `vllm serve` of its own, CPU or CUDA, in an environment of its own", _open_vllm),
    ]
