"""What the tests of the torch engine share: opening one on a tiny model, asking it, adapters."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sftctl.core.types import Engine, Generation, Sampling, Ticket
from sftctl.serve import sftctl_engines

PROMPTS = [[5, 6, 7], [9] * 40, [10, 11, 12, 13, 14, 15, 16], [20, 21] * 70]


def open_engine(path: Path, adapter: Path | None = None, name: str = "torch-fp32") -> Engine:
    return {provider.name: provider for provider in sftctl_engines()}[name].open(path, adapter, ())


def begin(engine: Engine, prompts: Sequence[Sequence[int]], stop: Sequence[int] = (), **sampling: Any) -> list[Ticket]:
    return [engine.submit(Generation(tuple(prompt), Sampling(**sampling), tuple(stop))) for prompt in prompts]


def run(engine: Engine, prompts: Sequence[Sequence[int]], stop: Sequence[int] = (), **sampling: Any) -> list[list[int]]:
    return [[step.token for step in ticket] for ticket in begin(engine, prompts, stop, **sampling)]


def make_adapter(model: Path, folder: Path, seed: int, **settings: Any) -> Path:
    """A random LoRA of `model`, with weights large enough to change what it says."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    base = AutoModelForCausalLM.from_pretrained(model)
    defaults = {"r": 4, "target_modules": ["q_proj", "down_proj"], "task_type": "CAUSAL_LM"}
    config = LoraConfig(**{**defaults, "init_lora_weights": False, **settings})
    get_peft_model(base, config).save_pretrained(folder)
    return folder


def make_run(root: Path, name: str, model: Path, seed: int, **settings: Any) -> Path:
    """The folder of a run that made such an adapter."""
    from transformers import AutoTokenizer

    from sftctl.core.manager import plugin_manager
    from sftctl.core.models import fetch_model
    from sftctl.core.stages.checkpoint import rendering_hash
    from sftctl.core.store import fingerprint, write_json, write_text

    plugins = plugin_manager()
    base, form = fetch_model(plugins, str(model)), plugins.chat_formats()["hermes"]
    folder = make_adapter(model, root / name / "model", seed, **settings)
    write_text(root / name / "config.yaml", f"model: {model}\n")
    write_json(root / name / "manifest.json", {})
    manifest = {
        "run": name,
        "base": {"source": str(model), "name": base.name, "revision": base.revision},
        "chat_format": form.name,
        "chat_template_sha256": fingerprint(form.template),
        "rendering_sha256": rendering_hash(form, AutoTokenizer.from_pretrained(model)),
        "adapter": True,
    }
    write_json(folder / "manifest.json", manifest)
    return root / name
