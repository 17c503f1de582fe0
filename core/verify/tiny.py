"""A real tokenizer and a real, tiny, random model, made without a network: to try a trainer on in a second."""

from pathlib import Path
from typing import Any

from sftctl.core.types import Model

START, STOP = "<|im_start|>", "<|im_end|>"
CORPUS = (
    "You can call these functions:",
    '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>',
    "<tools>\n</tools>\n<tool_response>\n</tool_response>\nsystem\nuser\nassistant\ntool\n",
    "What is the weather in Paris today? The weather in Paris is sunny and warm. Hello! How can I help you?",
    '{"type": "object", "properties": {"city": {"type": "string", "description": "The name of a city."}}}',
)


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


def make_model(folder: Path, tokenizer: Any, **sizes: int) -> Model:
    """Fill `folder` with a random two-layer Llama (fp32 safetensors), its config and the tokenizer.

    `sizes` are settings of transformers' `LlamaConfig` that are to be others.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    small = {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
    }
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        **small | sizes,
        max_position_embeddings=2048,
        initializer_range=0.2,  # wide enough that greedy choices are clear-cut
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return Model("tiny", folder)
