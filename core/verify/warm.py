"""What every probe needs, imported once: a probe is a fork of the process that imported this."""

import logging
from contextlib import suppress

import torch  # noqa: F401

logging.getLogger().addHandler(logging.NullHandler())  # else what is logged by an import is printed
with suppress(ImportError):
    import peft  # noqa: F401
    from transformers import LlamaForCausalLM  # noqa: F401
    from trl import SFTTrainer  # noqa: F401
