"""Tools, and calls of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sftctl.core.errors import DataError
from sftctl.core.types.values import Json, Message, canonical_json, strict_json

OWN = "own"
"""The domain of the tools that come from a source of the user's."""


@dataclass(frozen=True)
class Tool:
    """One function that a model may call.

    `parameters` is a JSON Schema of type object. `run`, where there is one, takes the arguments as
    keywords. `asks` are request templates and `answer` an answer template (see `core.tools.functions`);
    both may be empty, and are never shown to the model.
    """

    name: str
    description: str
    parameters: dict[str, Json]
    run: Callable[..., Json] | None = field(default=None, compare=False)
    asks: tuple[str, ...] = ()
    answer: str = ""
    values: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """Parameter path (`city`, `address.street`) → where its realistic values come from."""
    domain: str = ""
    """The toolset that it belongs to; tools of one domain are the hardest to tell apart."""
    spelled: str = field(default="", compare=False)
    """Its name where it comes from, if OpenAI's API would refuse that."""
    live: bool = False
    """A call of it reaches a service outside and may change something there: only a conversation makes it."""

    @property
    def spec(self) -> dict[str, Json]:
        """The tool as an entry of the OpenAI `tools` list."""
        function = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": function}

    @cached_property
    def properties(self) -> dict[str, Json]:
        properties: dict[str, Json] = self.parameters.get("properties", {})
        return properties

    @cached_property
    def required(self) -> tuple[str, ...]:
        return tuple(self.parameters.get("required", ()))


@dataclass(frozen=True)
class Toolset:
    """Named tools that belong together; tool names are unique within it."""

    name: str
    summary: str
    tools: tuple[Tool, ...]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for tool in self.tools:
            if tool.name in seen:
                raise DataError(f"Toolset '{self.name}' has two tools named '{tool.name}'.", "Rename one.")
            seen.add(tool.name)


NO_TOOLS = Toolset("none", "", ())


@dataclass(frozen=True)
class Limits:
    """What a call of a tool that is not built in may take."""

    timeout: float = 5.0
    """Seconds."""
    memory_mb: int = 512
    """Beyond what loading the toolset took."""
    network: bool = False
    environment: tuple[str, ...] = ()
    """Names of environment variables that an MCP server is given besides PATH, HOME and the like."""


def function_of(tool: Json) -> dict[str, Json] | None:
    """The function of an entry of `tools`, or None if it has no name."""
    function = tool.get("function", tool) if isinstance(tool, dict) else None
    return function if isinstance(function, dict) and isinstance(function.get("name"), str) else None


def tool_call(name: str, arguments: Mapping[str, Json], id: str = "") -> Message:
    """A `tool_calls` entry in OpenAI's shape, its arguments in canonical JSON."""
    function = {"name": name, "arguments": canonical_json(arguments)}
    return {"id": id, "type": "function", "function": function}


def call_of(call: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
    """Name and parsed arguments of a `tool_calls` entry. Raises DataError if they are not an object."""
    function = call["function"]
    arguments = function["arguments"]
    if isinstance(arguments, str):
        try:
            arguments = strict_json(arguments)
        except ValueError as error:
            raise DataError(f"The arguments of the call to '{function['name']}' are no JSON: {error}.") from None
    if not isinstance(arguments, dict):
        raise DataError(f"The arguments of the call to '{function['name']}' are not a JSON object.")
    return function["name"], arguments
