"""Built-in toolsets: one module per domain, each of typed Python functions that run."""

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules

from sftctl.core import hookimpl
from sftctl.core.tools import toolset_from_module
from sftctl.core.types import Toolset


@hookimpl
def sftctl_toolsets() -> Iterable[Toolset]:
    for module in iter_modules(__path__, f"{__name__}."):
        yield toolset_from_module(import_module(module.name))
