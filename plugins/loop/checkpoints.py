"""Checkpoints of the loop: weights, AdamW's state and their average in one safetensors file, published atomically."""

import json
import os
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

MOMENTS = ("exp_avg", "exp_avg_sq")


def save(
    output: Path, step: int, masters: dict[str, Tensor], optimizer: torch.optim.Optimizer, average: dict[str, Tensor]
) -> None:
    """Publish `checkpoints/checkpoint-STEP` and drop the one before it."""
    folder = output / "checkpoints"
    partial, final = folder / "partial", folder / f"checkpoint-{step}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    tensors = {f"weight/{name}": master.detach().contiguous() for name, master in masters.items()}
    for name, master in masters.items():
        tensors |= {f"{moment}/{name}": optimizer.state[master][moment] for moment in MOMENTS}
    tensors |= {f"average/{name}": tensor for name, tensor in average.items()}
    save_file(tensors, partial / "state.safetensors")
    (partial / "state.json").write_text(json.dumps({"step": step}))
    for path in partial.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    older = _published(output)
    partial.rename(final)
    for path in older:
        shutil.rmtree(path)


def restore(
    output: Path, masters: dict[str, Tensor], optimizer: torch.optim.Optimizer, average: dict[str, Tensor]
) -> int:
    """Load the newest checkpoint into weights, optimizer and average; its step, or 0 where there is none.

    `average` is empty where none is kept.
    """
    published = _published(output)
    if not published:
        return 0
    step = int(json.loads((published[-1] / "state.json").read_text())["step"])
    tensors = load_file(published[-1] / "state.safetensors")
    with torch.no_grad():
        for name, master in masters.items():
            master.copy_(tensors[f"weight/{name}"])
            optimizer.state[master] = {moment: tensors[f"{moment}/{name}"].to(master.device) for moment in MOMENTS}
            optimizer.state[master]["step"] = torch.tensor(float(step), device=master.device)
        for name, tensor in average.items():
            tensor.copy_(tensors[f"average/{name}"])
    return step


def _published(output: Path) -> list[Path]:
    folders = (output / "checkpoints").glob("checkpoint-*")
    return sorted(folders, key=lambda path: int(path.name.rpartition("-")[2]))
