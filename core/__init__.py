"""The core: hooks, types, config, plugin manager, run, store, errors, command line. It imports no plugin."""

from sftctl.core.hookspecs import hookimpl

__all__ = ["hookimpl"]
