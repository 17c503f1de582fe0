"""A small MCP server: over stdio, or over HTTP on the port that is given."""

import os
import sys
import time

from mcp.server import MCPServer
from pydantic import BaseModel

server = MCPServer("shelf")


class Book(BaseModel):
    title: str
    copies: int = 1


@server.tool()
def shelve(book: Book, row: int) -> dict[str, str | int]:
    """Put a book on the shelf."""
    return {"title": book.title, "places": book.copies * row}


@server.tool()
def count(start: int) -> int:
    """Count one on."""
    return start + 1


@server.tool()
def describe() -> str:
    """Describe the shelf."""
    print("a print on a server's stdout is its own affair", file=sys.stderr)
    return "wooden"


@server.tool()
def refuse() -> str:
    """Refuse."""
    raise ValueError("the shelf is full")


@server.tool()
def wait() -> str:
    """Wait long."""
    time.sleep(60)
    return "done"


@server.tool()
def collapse() -> str:
    """End the server."""
    os._exit(3)


@server.tool()
def own_pid() -> int:
    """Say which process this is."""
    return os.getpid()


@server.tool()
def environment() -> list[str]:
    """Name the variables of this process."""
    return sorted(os.environ)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", port=int(sys.argv[1]))
    else:
        server.run()
