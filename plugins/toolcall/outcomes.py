"""What calls give when they are made for real, so that other arguments that come to the same are known as such.

Examples show tools under other names and spellings. A tool is known again by its description and its parameters, which
keep their order; what reaches outside (`Tool.live`) is not run.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sftctl.core.tools.calls import run_tool
from sftctl.core.types import Json, Tool, Toolset, function_of
from sftctl.plugins.toolcall.compare import normal
from sftctl.plugins.toolcall.mistakes import Call

Outcome = tuple[str, object]


@dataclass(frozen=True)
class Runnable:
    """A tool that runs, as an example shows it."""

    tool: Tool
    parameters: Mapping[str, str]
    """Shown name → the tool's own."""

    def outcome(self, arguments: Mapping[str, Json]) -> Outcome | None:
        """What a call gives, in its normal form; None where it fails. The arguments fit the shown schema."""
        result, failure = run_tool(self.tool, {self.parameters[name]: value for name, value in arguments.items()})
        return None if failure else (self.tool.name, normal(result, {}))


def runnable(specs: Sequence[Json], toolset: Toolset) -> dict[str, Runnable]:
    """Those of the tools that an example shows which can be run, by their shown name."""
    known = {tool.description: tool for tool in toolset.tools if tool.run and not tool.live and tool.description}
    found = {}
    for function in filter(None, map(function_of, specs)):
        shown: Mapping[str, Mapping[str, Json]] = (function.get("parameters") or {}).get("properties") or {}
        tool = known.get(function.get("description", ""))
        if tool and _is_shown_as(tool, list(shown.values())):
            found[function["name"]] = Runnable(tool, dict(zip(shown, tool.properties, strict=True)))
    return found


def _is_shown_as(tool: Tool, shown: Sequence[Mapping[str, Json]]) -> bool:
    """Whether these can be the tool's parameters: as many, of the same types, and said to be the same."""
    own = list(tool.properties.values())
    return len(own) == len(shown) and all(
        was.get("type") == now.get("type") and str(now.get("description", "")).startswith(_said(was, now))
        for was, now in zip(own, shown, strict=True)
    )


def _said(was: Mapping[str, Json], now: Mapping[str, Json]) -> str:
    return str(was.get("description", "")) if "description" in now else ""


def outcomes(calls: Iterable[Call], tools: Mapping[str, Runnable]) -> Counter[Outcome] | None:
    """What the calls give, in whatever order; None where one cannot be made, or fails."""
    given = [tools[name].outcome(arguments) if name in tools else None for name, arguments in calls]
    return None if None in given else Counter(each for each in given if each is not None)
