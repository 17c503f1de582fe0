"""Base models: fetched from the first source that knows a name."""

from sftctl.core.errors import ModelError, did_you_mean
from sftctl.core.manager import Plugins
from sftctl.core.store import cache_root
from sftctl.core.types import Model, ModelSource


def fetch_model(plugins: Plugins, name: str) -> Model:
    """The base model on local disk, from the first source that knows its name."""
    return source_of(plugins, name).fetch(name, cache_root())


def outline_model(plugins: Plugins, name: str) -> Model:
    """The base model, or of one that is far only config and tokenizer."""
    source = source_of(plugins, name)
    return (source.outline or source.fetch)(name, cache_root())


def source_of(plugins: Plugins, name: str) -> ModelSource:
    """The first source that knows a model's name. Raises ModelError."""
    sources = plugins.model_sources().values()
    for source in sources:
        if source.matches(name):
            return source
    known = [model for source in sources for model in source.models]
    raise ModelError(
        f"No model source knows '{name}'.",
        f"{did_you_mean(name, known)} A local folder or a hub id (org/name) will do too.",
    )
