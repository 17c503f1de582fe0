"""The built-in plugins: each uses only public hooks, as a third party's would."""

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

_MODULES = (
    "sftctl.toolsets",
    "sftctl.plugins.toolsources",
    "sftctl.plugins.models",
    "sftctl.plugins.hermes",
    "sftctl.plugins.native",
    "sftctl.plugins.outline",
    "sftctl.plugins.formatters",
    "sftctl.plugins.lint",
    "sftctl.plugins.loop",
    "sftctl.plugins.trl_sft",
    "sftctl.plugins.unsloth_sft",
    "sftctl.plugins.toolcall",
    "sftctl.plugins.bfcl",
    "sftctl.plugins.probes",
    "sftctl.plugins.sft",
    "sftctl.plugins.forgetting",
    "sftctl.plugins.judge",
    "sftctl.plugins.harness",
    "sftctl.serve",
)


def BUILT_IN() -> Iterator[tuple[str, ModuleType]]:
    """Name and module of every built-in plugin."""
    for path in _MODULES:
        yield path.rpartition(".")[2], import_module(path)
