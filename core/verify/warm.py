"""What every probe needs, imported once: a probe is a fork of the process that imported this."""

from contextlib import suppress

import torch  # noqa: F401

with suppress(ImportError):
    import peft  # noqa: F401
    from transformers import LlamaForCausalLM  # noqa: F401
    from trl import SFTTrainer  # noqa: F401
