"""Weight averaging between base and tuned model, as in WiSE-FT: base + share · (tuned − base).

What was learned is mostly kept far beyond a share of 0.5, and what was forgotten comes back sooner; it costs no
training. A LoRA adapter is scaled, which is the same.
"""

import json
import shutil
from pathlib import Path

from sftctl.core.config import RunConfig
from sftctl.core.errors import ModelError
from sftctl.core.stages.card import model_card
from sftctl.core.store import RunFolder, publish, write_json, write_text
from sftctl.core.types import Model


def average(folder: RunFolder, config: RunConfig, base: Model) -> None:
    """Write `model/` out of `tuned/` and the base. Raises ModelError for weights that cannot be averaged."""
    share = config.average
    partial = folder.path / "averaged"
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(folder.path / "tuned", partial)
    if (partial / "adapter_config.json").exists():
        _scale_adapter(partial, share)
    else:
        _average_weights(base.path, partial, share)
    manifest = json.loads((partial / "manifest.json").read_text(encoding="utf-8"))
    write_json(partial / "manifest.json", manifest | {"run": folder.name, "average": share})
    write_text(partial / "README.md", model_card(folder.name, config, base.name))
    publish(partial, folder.path / "model")


def _scale_adapter(adapter: Path, share: float) -> None:
    """`lora_alpha` multiplies what an adapter adds, so it alone is changed."""
    path = adapter / "adapter_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    if config.get("peft_type") != "LORA" or config.get("use_dora") or config.get("modules_to_save"):
        raise ModelError(
            f"{adapter.parent.name}'s adapter is no plain LoRA, and cannot be averaged.", "Set average: 1."
        )
    patterns = {name: alpha * share for name, alpha in (config.get("alpha_pattern") or {}).items()}
    write_json(path, config | {"lora_alpha": config["lora_alpha"] * share, "alpha_pattern": patterns})


def _average_weights(base: Path, tuned: Path, share: float) -> None:
    """Rewrite the tuned weights in place, file by file, in their own dtype; the arithmetic is in float32."""
    from safetensors import safe_open
    from safetensors.torch import save_file

    origin = {name: file for file in sorted(base.glob("*.safetensors")) for name in _names(file)}
    for file in sorted(tuned.glob("*.safetensors")):
        averaged = {}
        with safe_open(file, framework="pt") as weights:
            for name in weights.keys():  # noqa: SIM118 - it is no mapping
                if name not in origin:
                    raise ModelError(f"The base model has no weight '{name}', so it cannot be averaged.")
                with safe_open(origin[name], framework="pt") as before:
                    old = before.get_tensor(name).float()
                new = weights.get_tensor(name)
                averaged[name] = (old + share * (new.float() - old)).to(new.dtype)
        save_file(averaged, file, metadata={"format": "pt"})


def _names(file: Path) -> list[str]:
    from safetensors import safe_open

    with safe_open(file, framework="pt") as weights:
        return list(weights.keys())
