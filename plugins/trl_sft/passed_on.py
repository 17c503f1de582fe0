"""Settings without a meaning of their own here: SFTConfig's, checked by its own fields and types."""

from collections.abc import Collection, Mapping
from typing import Any

from sftctl.core.errors import ConfigError, did_you_mean

_ROWS = "every trainer gets the same token ids and labels, so rows are rendered before TRL sees them"
_RESUMED = "a run that is cut short could not go on exactly"
_ALONE = "training runs in one process"
_HUB = "nothing is sent to a hub"
REFUSED = {
    "output_dir": "checkpoints lie in the run's folder (--runs, --name)",
    "seed": "it is the run's own setting 'seed'",
    "data_seed": "it is the run's own setting 'seed'",
    "disable_tqdm": "progress is shown by sftctl",
    "trust_remote_code": "only code of installed packages runs",
    "do_train": "a run trains",
    "do_eval": "set eval_dataset",
    "do_predict": "set evaluators",
    "include_for_metrics": "evaluators measure more than the loss",
    "batch_eval_metrics": "evaluators measure more than the loss",
    "dataloader_drop_last": "every epoch has every row",
    "save_only_model": _RESUMED,
    "ignore_data_skip": _RESUMED,
    **dict.fromkeys(("dataset_kwargs", "dataset_num_proc", "truncation_mode", "label_names"), _ROWS),
    "remove_unused_columns": _ROWS,
    "dataset_text_field": f"{_ROWS}; a column is renamed by `columns` in its entry of `dataset`",
    "chat_template_path": f"{_ROWS}; chat_format native takes the template that lies in the model's folder",
    "eos_token": "what ends an answer is the chat format's to say",
    "pad_token": "padding carries no loss, whichever token it is",
    **dict.fromkeys(("fsdp", "fsdp_config", "deepspeed", "parallelism_config", "local_rank"), _ALONE),
    **dict.fromkeys(("ddp_backend", "ddp_timeout", "ddp_find_unused_parameters", "ddp_bucket_cap_mb"), _ALONE),
    **dict.fromkeys(("ddp_broadcast_buffers", "ddp_static_graph", "accelerator_config"), _ALONE),
    **dict.fromkeys(("push_to_hub", "hub_token", "hub_private_repo", "hub_model_id", "hub_strategy"), _HUB),
    **dict.fromkeys(("hub_always_push", "hub_revision"), _HUB),
    **dict.fromkeys(("trackio_space_id", "trackio_bucket_id", "trackio_static_space_id"), _HUB),
}
"""SFTConfig's names that cannot be set here, and why."""


def check_passed_on(extra: Mapping[str, Any], arguments: Mapping[str, Any], own: Collection[str]) -> None:
    """Whether SFTConfig takes `extra`, alone and together with all `arguments`. Raises ConfigError."""
    import dataclasses
    from typing import get_type_hints

    from pydantic import TypeAdapter, ValidationError

    for name in extra:
        if name in REFUSED:
            raise ConfigError(f"In train: '{name}' cannot be set: {REFUSED[name]}.")
    from trl import SFTConfig

    known = {field.name for field in dataclasses.fields(SFTConfig) if field.init}
    types = get_type_hints(SFTConfig)
    for name, value in extra.items():
        if name not in known:
            hint = did_you_mean(name, (known - REFUSED.keys()) | set(own))
            raise ConfigError(f"In train: '{name}' is no setting of trainer 'trl' or of SFTConfig. {hint}")
        try:
            TypeAdapter(types[name]).validate_python(value)
        except ValidationError as error:
            raise ConfigError(f"In train: '{name}': {error.errors()[0]['msg']} (it is {value!r}).") from None
    try:
        SFTConfig(output_dir="unused", **arguments)
    except (ValueError, TypeError, ImportError) as error:
        raise ConfigError(f"In train: SFTConfig refuses these settings: {error}") from None
