"""An MCP server that lists its tools one a page."""

from typing import Any

import anyio
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.types import CallToolResult, ImageContent, ListToolsResult, TextContent, Tool

NAMES = ("first", "second", "third")


async def list_tools(_: Any, params: Any) -> ListToolsResult:
    number = int(params.cursor) if params and params.cursor else 0
    following = str(number + 1) if number + 1 < len(NAMES) else None
    return ListToolsResult(tools=[Tool(name=NAMES[number], input_schema={"type": "object"})], next_cursor=following)


async def call_tool(_: Any, params: Any) -> CallToolResult:
    image = ImageContent(type="image", data="", mime_type="image/png")
    return CallToolResult(content=[TextContent(type="text", text=f"{params.name}!"), image])


async def main() -> None:
    server: Server[Any] = Server("pages", on_list_tools=list_tools, on_call_tool=call_tool)
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


if __name__ == "__main__":
    anyio.run(main)
