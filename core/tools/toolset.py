"""The tools of a run: loaded by name or from where the user has them, and split into trained and held out."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

from sftctl.core.config import RunConfig
from sftctl.core.errors import PluginError, did_you_mean
from sftctl.core.manager import Plugins, plugin_manager
from sftctl.core.tools.sandbox import Worker, runner
from sftctl.core.types import OWN, Limits, Tool, Toolset


def load_toolset(plugins: Plugins, names: Sequence[str], limits: Limits | None = None) -> Toolset:
    """All tools of the named toolsets in one; tools from a source of the user's have their domain marked `own`.

    One of the user's takes the place of a built-in one of its name. `limits` are for the calls of those. Raises
    ToolsetError, or PluginError for a name that nothing knows.
    """
    known = plugins.toolsets()
    tools: list[Tool] = []
    own: list[Tool] = []
    for name in dict.fromkeys(names):
        if name == "all":
            tools += [tool for toolset in known.values() for tool in toolset.tools]
        elif name in known:
            tools += known[name].tools
        else:
            own += [replace(tool, domain=OWN) for tool in _from_source(plugins, name, limits or Limits()).tools]
    taken = {tool.name for tool in own}
    return Toolset(", ".join(names), "", (*(tool for tool in tools if tool.name not in taken), *own))


def guarded(toolset: Toolset, names: Sequence[str]) -> Toolset:
    """The toolset of these names, its built-in tools in a process of their own too: models call them with anything."""
    worker = Worker(f"{__name__}:_built_in", json.dumps(list(names)), Limits())
    runs = {tool.name: runner(tool.name, worker) for tool in toolset.tools if tool.run and tool.domain != OWN}
    return replace(toolset, tools=tuple(replace(tool, run=runs.get(tool.name, tool.run)) for tool in toolset.tools))


def _built_in(names: str) -> Toolset:
    """What the process of `guarded` loads: of the named toolsets those that come with plugins."""
    plugins = plugin_manager()
    known = {*plugins.toolsets(), "all"}
    return load_toolset(plugins, [name for name in json.loads(names) if name in known])


def _from_source(plugins: Plugins, text: str, limits: Limits) -> Toolset:
    sources = plugins.toolset_sources().values()
    for source in sources:
        if source.matches(text):
            return source.load(text, limits)
    hint = did_you_mean(text, [*plugins.toolsets(), "all"])
    forms = "; ".join(source.summary for source in sources)
    raise PluginError(f"There is no toolset named '{text}'.", f"{hint} Your own can be {forms}.")


def split_by_tool(toolset: Toolset, config: RunConfig) -> tuple[Toolset, Toolset]:
    """Tools to train on, and tools held out for evaluation.

    A tool's side depends on its name and the seed alone, so it stays there when others are added. The user's
    own tools are what the model is wanted for, so they are always trained on.
    """

    def is_held_out(tool: Tool) -> bool:
        digest = hashlib.sha256(f"{config.seed}/{tool.name}".encode()).digest()
        return tool.domain != OWN and int.from_bytes(digest[:8]) / 2**64 < config.held_out

    held_out = tuple(filter(is_held_out, toolset.tools))
    trained = tuple(tool for tool in toolset.tools if tool not in held_out)
    return Toolset("training", "", trained), Toolset("held-out", "", held_out)
