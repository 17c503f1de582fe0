"""A run's model as a folder that needs no base: merged weights in safetensors, for other people's tools.

The weights are rounded to the type that they are kept in, and merging can go wrong in silence. So what was written is
read again, and the loss on held-out examples must be that of the adapter beside its base.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from sftctl.core.errors import FormatError, ModelError, StoreError
from sftctl.core.manager import Plugins
from sftctl.core.stages.checkpoint import PROBE, read_model_manifest
from sftctl.core.store import clear_errors, file_hash, fingerprint, publish, write_json
from sftctl.core.types import IGNORED, Checkpoint, Example, Rendered

DType = Literal["bfloat16", "float16", "float32"]
KEPT = ("adapter_model.safetensors", "adapter_config.json", "manifest.json")
"""Files of an adapter's folder that are none of the merged model's."""
TRIED = 16
"""Held-out examples that the loss is taken on."""
LONGEST = 1024
ALLOWED = 0.02
"""By what share of itself the loss may differ; rounding to bfloat16 moves it by a tenth of that."""


def export(
    checkpoint: Checkpoint, plugins: Plugins, examples: Sequence[Example], place: Path, dtype: DType
) -> Checkpoint:
    """Write the checkpoint's merged weights, tokenizer and template to `place`, whole or not at all.

    Raises ModelError where the model that was written does not find the examples as likely as the one it comes from,
    and StoreError where `place` cannot be written, or holds anything but an earlier export.
    """
    import torch

    from sftctl.serve.engine.loading import load

    with clear_errors(str(place)):
        _check_place(place)
    partial = place.with_name(f".{place.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    rows = _rows(checkpoint, plugins, examples)
    model = _opened(checkpoint)
    expected = _loss(model, rows)
    merged = model.merge_and_unload(safe_merge=True) if checkpoint.adapter else model
    merged.generation_config.eos_token_id = _stops(checkpoint, plugins)
    with clear_errors(str(place)):
        shutil.copytree(checkpoint.path, partial, ignore=shutil.ignore_patterns(*KEPT, "*.safetensors*"))
        merged.to(getattr(torch, dtype)).save_pretrained(partial)
    check_alike(expected, _loss(load(partial, torch.float32), rows), partial)
    manifest = read_model_manifest(checkpoint.path) | {"adapter": False, "dtype": dtype}
    write_json(
        partial / "manifest.json",
        manifest | {"exported_from": content(checkpoint), "weights_sha256": weights_hash(partial)},
    )
    publish(partial, place)
    return Checkpoint(checkpoint.name, place, checkpoint.base, checkpoint.chat_format, adapter=False)


def exported(checkpoint: Checkpoint, place: Path) -> Checkpoint | None:
    """What was exported to `place`, if it was made of these weights. Raises ModelError where it was changed since."""
    manifest = read_model_manifest(place) if (place / "manifest.json").exists() else {}
    written = manifest.get("weights_sha256")
    if written is None or manifest.get("exported_from") != content(checkpoint):
        return None
    if written != weights_hash(place):
        what = f"The weights in {place} are no longer those that were exported from '{checkpoint.name}'."
        raise ModelError(what, "Move that folder away, and it is exported anew.")
    return Checkpoint(checkpoint.name, place, checkpoint.base, checkpoint.chat_format, adapter=False)


def check_alike(expected: float, found: float, folder: Path) -> None:
    """Raises ModelError, and removes the folder, where two losses differ by more than rounding."""
    if abs(found - expected) <= ALLOWED * expected:
        return
    shutil.rmtree(folder, ignore_errors=True)
    raise ModelError(
        f"The exported weights are not those of the run: the loss on held-out examples is {found:.3f} in the place of "
        f"{expected:.3f}.",
        "Export in float32 (--dtype), or serve the adapter as it is.",
    )


def _check_place(place: Path) -> None:
    """Raises StoreError for a place that is taken: what is published there takes the place of all that it holds."""
    manifest = place / "manifest.json"
    if manifest.is_file() and "exported_from" in read_model_manifest(place):
        return
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise StoreError(f"{place} is there already, and is no export.", "Name a new folder, or an empty one.")


def content(checkpoint: Checkpoint) -> str:
    """What tells the checkpoint's weights from any others."""
    return fingerprint([checkpoint.base.revision, _hashes(checkpoint.path)])


def weights_hash(folder: Path) -> str:
    """What tells the weights of a folder from any others."""
    return fingerprint(_hashes(folder))


def _hashes(folder: Path) -> list[list[str]]:
    return [[file.name, file_hash(file)] for file in sorted(folder.glob("*.safetensors"))]


def _opened(checkpoint: Checkpoint) -> Any:
    """A transformers model in float32, with the adapter beside the base's weights."""
    import torch
    from peft import PeftModel

    from sftctl.serve.engine.loading import load

    if not checkpoint.adapter:
        return load(checkpoint.path, torch.float32)
    return PeftModel.from_pretrained(load(checkpoint.base.path, torch.float32), checkpoint.path)


def _rows(checkpoint: Checkpoint, plugins: Plugins, examples: Sequence[Example]) -> list[Rendered]:
    """Examples as tokens; one that the format cannot write, or that is long, is left out."""
    from sftctl.serve.chat import load_tokenizer

    tokenizer = load_tokenizer(checkpoint.path)
    form = plugins.chat_formats()[checkpoint.chat_format].fitted(tokenizer)
    rows: list[Rendered] = []
    for example in (PROBE, Example((PROBE.messages[1], PROBE.messages[-1])), *examples):
        try:
            rows.append(form.render(example, tokenizer))
        except FormatError:
            continue
    return [row for row in rows if len(row.input_ids) <= LONGEST][:TRIED]


def _loss(model: Any, rows: Sequence[Rendered]) -> float:
    """The mean loss in nats of the tokens that are labelled."""
    import torch

    nats, tokens = 0.0, 0
    for row in rows:
        ids, labels = (torch.tensor([part], device=model.device) for part in (row.input_ids, row.labels))
        with torch.inference_mode():
            logits = model(input_ids=ids).logits[0, :-1].float()
        losses = torch.nn.functional.cross_entropy(logits, labels[0, 1:], ignore_index=IGNORED, reduction="sum")
        nats, tokens = nats + float(losses), tokens + int((labels[0, 1:] != IGNORED).sum())
    return nats / tokens


def _stops(checkpoint: Checkpoint, plugins: Plugins) -> list[int]:
    """The tokens that end an answer, for whoever generates by the folder's own settings."""
    from sftctl.serve.chat import load_tokenizer, stop_ids

    tokenizer = load_tokenizer(checkpoint.path)
    return sorted(stop_ids(plugins.chat_formats()[checkpoint.chat_format].fitted(tokenizer), tokenizer))
