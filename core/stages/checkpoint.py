"""A run's model folder: weights or adapter, tokenizer, the chat template that was used, manifest and card."""

import json
from pathlib import Path
from typing import Any

from sftctl.core.config import RunConfig
from sftctl.core.errors import FormatError, ModelError
from sftctl.core.stages.card import model_card
from sftctl.core.stages.data import REPORT
from sftctl.core.store import RunFolder, fingerprint, publish, write_json, write_text
from sftctl.core.types import ChatFormat, Checkpoint, Example, Json, Model, Tool, tool_call


def publish_checkpoint(
    folder: RunFolder,
    config: RunConfig,
    model: Model,
    chat_format: ChatFormat,
    tokenizer: Any,
    weights: Path,
    place: Path,
) -> None:
    """Complete the trainer's folder and put it in its place, whole or not at all."""
    tokenizer.chat_template = chat_format.template
    tokenizer.save_pretrained(weights)
    write_text(weights / "chat_template.jinja", chat_format.template)
    write_json(
        weights / "manifest.json",
        {
            "run": folder.name,
            "base": {"source": config.model, "name": model.name, "revision": model.revision},
            "chat_format": chat_format.name,
            "chat_template_sha256": fingerprint(chat_format.template),
            "rendering_sha256": rendering_hash(chat_format, tokenizer),
            "adapter": (weights / "adapter_config.json").exists(),
            "config_sha256": fingerprint(config.model_dump()),
            "data_sha256": _data_hash(folder),
        },
    )
    write_text(weights / "README.md", model_card(folder.name, config, model.name))
    publish(weights, place)


def load_checkpoint(path: Path, base: Model) -> Checkpoint:
    """A published model folder. Raises ModelError when it was trained from another base."""
    manifest = read_model_manifest(path)
    if manifest["base"]["revision"] != base.revision:
        raise ModelError(
            f"{path} was trained from {manifest['base']['name']} at {manifest['base']['revision'][:20]}, but "
            f"the base model here is at {base.revision[:20]}.",
            "Use the same base model, or train again.",
        )
    return Checkpoint(manifest["run"], path, base, manifest["chat_format"], manifest["adapter"])


def read_model_manifest(path: Path) -> dict[str, Json]:
    """The manifest of a model folder that a run made."""
    try:
        manifest: dict[str, Json] = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ModelError(f"{path} is no model folder of a run: its manifest.json cannot be read.") from None
    return manifest


def check_template(checkpoint: Checkpoint, chat_format: ChatFormat) -> None:
    """Raises ModelError when the format is no longer what the checkpoint was trained with."""
    trained = read_model_manifest(checkpoint.path)["chat_template_sha256"]
    if trained != fingerprint(chat_format.template):
        raise ModelError(
            f"'{checkpoint.name}' was trained with another version of ChatFormat '{chat_format.name}' than the "
            "one installed here, so it would be served prompts that it never saw.",
            "Install the version of sftctl that trained it, or train again.",
        )


def check_rendering(checkpoint: Checkpoint, chat_format: ChatFormat, tokenizer: Any) -> None:
    """Raises ModelError when a conversation no longer becomes the tokens that it became in training."""
    trained = read_model_manifest(checkpoint.path).get("rendering_sha256")
    if trained not in (None, rendering_hash(chat_format, tokenizer)):  # runs of before it was written have none
        raise ModelError(
            f"'{checkpoint.name}' was trained on other tokens than ChatFormat '{chat_format.name}' and the "
            "tokenizer make of the same conversation here.",
            "Install the versions of sftctl and transformers that trained it, or train again.",
        )


def rendering_hash(chat_format: ChatFormat, tokenizer: Any) -> str:
    """Over ids and labels of a conversation that has everything in it: the template alone does not decide them."""
    probe = PROBE
    try:
        rendered = chat_format.render(probe, tokenizer)
    except FormatError:  # a model's own template may know no tools
        probe = Example((PROBE.messages[1], PROBE.messages[-1]))
        rendered = chat_format.render(probe, tokenizer)
    prompt = chat_format.prompt(probe.messages[:-1], probe.tools, tokenizer)
    return fingerprint([rendered.input_ids, rendered.labels, prompt])


PROBE = Example(
    (
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Köln & 東京?\n 👍"},
        {
            "role": "assistant",
            "content": "Let me look.",
            "tool_calls": [
                tool_call("get_weather", {"city": "Köln", "days": 3, "deep": {"x": [True, None, 1.5]}}),
                tool_call("get_weather", {"city": '東京 "23"'}),
            ],
        },
        {"role": "tool", "content": '{"degrees": 21}'},
        {"role": "tool", "content": "rain"},
        {"role": "assistant", "content": "21 degrees; rain."},
    ),
    (Tool("get_weather", "The weather.", {"type": "object", "properties": {"city": {"type": "string"}}}).spec,),
)


def _data_hash(folder: RunFolder) -> str:
    report = json.loads((folder.path / REPORT).read_text(encoding="utf-8"))
    return str(report["train"]["sha256"])
