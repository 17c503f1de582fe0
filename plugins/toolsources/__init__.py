"""Where a user's own tools come from: a Python module, a list of specs, an OpenAPI document, an MCP server."""

from collections.abc import Iterable

from sftctl.core import hookimpl
from sftctl.core.types import ToolsetSource
from sftctl.plugins.toolsources import mcp_server, openapi, python, specs


@hookimpl
def sftctl_toolset_sources() -> Iterable[ToolsetSource]:
    """In this order: a command may end in `.py`, and an OpenAPI document is a JSON or YAML file too."""
    return [
        ToolsetSource(
            "mcp", "an MCP server: 'mcp:COMMAND …', mcp+http://host/mcp", mcp_server.matches, mcp_server.load
        ),
        ToolsetSource(
            "openapi", "an OpenAPI document: api.yaml, https://host/openapi.json", openapi.matches, openapi.load
        ),
        ToolsetSource("python", "a Python module: my_tools.py", python.matches, python.load),
        ToolsetSource("specs", "a list of tools in JSON, JSONL or YAML: my_tools.json", specs.matches, specs.load),
    ]
