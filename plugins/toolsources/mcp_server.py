"""Tools from an MCP server, through the official `mcp` package: `mcp:COMMAND …` (stdio) or `mcp+http://…`."""

import os
import shlex
import tempfile
import threading
import weakref
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import IO, Any

from sftctl.core.errors import ToolsetError
from sftctl.core.tools.calls import CallError
from sftctl.core.types import Json, Limits, Tool, Toolset
from sftctl.plugins.toolsources.specs import checked_parameters

CONNECT_TIMEOUT = 30.0
"""Seconds in which a server must be up and have listed its tools."""
MOST_PAGES = 1000


def matches(text: str) -> bool:
    return text.startswith(("mcp:", "mcp+http://", "mcp+https://"))


def load(text: str, limits: Limits) -> Toolset:
    """The tools that the server lists. They are called on the server, which stays up while they are in use."""
    try:
        import mcp  # noqa: F401
    except ImportError:
        raise ToolsetError(f"Toolset '{text}' needs the package 'mcp'.", "pip install 'sftctl[mcp]'") from None
    server = Server(text, limits)
    name, listed = server.listing()
    tools = tuple(_tool(entry, server, text, name) for entry in listed)
    if not tools:
        raise ToolsetError(f"The MCP server '{text}' lists no tools.")
    return Toolset(name, f"tools of {text}", tools)


def _tool(entry: Any, server: "Server", text: str, domain: str) -> Tool:
    parameters = checked_parameters(entry.input_schema, f"Toolset {text}: tool '{entry.name}'")
    run = _runner(entry.name, server)
    return Tool(entry.name, entry.description or entry.title or "", parameters, run=run, domain=domain, live=True)


def _runner(name: str, server: "Server") -> Callable[..., Json]:
    def run(**arguments: Json) -> Json:
        return server.call(name, arguments)

    return run


@dataclass
class Server:
    """A connection to a server, made when it is needed and made again after it broke."""

    text: str
    limits: Limits
    _connection: "_Connection | None" = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def listing(self) -> tuple[str, list[Any]]:
        """The server's name and its tools, all pages of them. Raises ToolsetError."""
        connection = self._connect()
        try:
            return connection.name, connection.do(_all_tools, connection.client, timeout=CONNECT_TIMEOUT)
        except Exception as error:
            self._drop()
            raise ToolsetError(f"The MCP server '{self.text}' does not list its tools: {reason(error)}.") from None

    def call(self, name: str, arguments: dict[str, Json]) -> Json:
        """What the tool answers. Raises CallError."""
        if self.text.startswith("mcp+") and not self.limits.network:
            raise CallError(f"NetworkOff: calling {self.text} needs the network (tools.network).")
        with self._lock:
            try:
                connection = self._connect()
                result = connection.do(connection.client.call_tool, name, arguments, timeout=self.limits.timeout)
            except TimeoutError:
                self._drop()
                raise CallError(f"TimeoutError: it took longer than {self.limits.timeout:g} seconds.") from None
            except Exception as error:
                if not _is_refusal(error):
                    self._drop()
                raise CallError(f"{type(error).__name__}: {reason(error)}") from None
            except BaseException:
                self._drop()
                raise
        return _result(result)

    def _connect(self) -> "_Connection":
        if self._connection is None:
            self._connection = _Connection(self.text, self.limits)
        return self._connection

    def _drop(self) -> None:
        broken, self._connection = self._connection, None
        if broken is not None:
            broken.close()


class _Connection:
    """An open client, on an event loop in a thread of its own. Closing it ends a server that was begun for it."""

    def __init__(self, text: str, limits: Limits) -> None:
        from anyio.from_thread import start_blocking_portal
        from mcp import Client

        stack = ExitStack()
        said = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        stack.enter_context(said)
        try:
            self._portal = stack.enter_context(start_blocking_portal())
            transport = _transport(text, limits.environment, said)
            client = Client(transport, read_timeout_seconds=CONNECT_TIMEOUT + limits.timeout)
            self.client = stack.enter_context(self._portal.wrap_async_context_manager(client))
        except BaseException as error:
            last = _last_line(said)
            stack.close()
            if isinstance(error, ToolsetError) or not isinstance(error, Exception):
                raise
            raise ToolsetError(
                f"The MCP server '{text}' cannot be reached: {reason(error)}.", f"It said: {last}" if last else ""
            ) from None
        info = self.client.server_info
        self.name = (info.name if info else "") or "mcp"
        self.close = weakref.finalize(self, _close, stack)

    def do(self, function: Callable[..., Any], *arguments: Any, timeout: float) -> Any:
        """The result of an async function. Raises TimeoutError."""

        async def within() -> Any:
            import anyio

            with anyio.fail_after(timeout):
                return await function(*arguments)

        return self._portal.call(within)


def _close(stack: ExitStack) -> None:
    with suppress(Exception):  # the other side may have ended already, in any way
        stack.close()


def _transport(text: str, environment: Sequence[str], said: Any) -> Any:
    """What the client connects to: a URL, or a command whose complaints go into `said`.

    The command gets the variables that `mcp` thinks safe (PATH, HOME and the like) and those in `environment`: keys
    of other services are none of its business.
    """
    if text.startswith("mcp+"):
        return text.removeprefix("mcp+")
    from mcp import StdioServerParameters, stdio_client

    try:
        words = shlex.split(text.removeprefix("mcp:"))
    except ValueError as error:
        raise ToolsetError(f"The command in '{text}' cannot be read: {error}.") from None
    if not words:
        raise ToolsetError(f"'{text}' names no command.", "E.g. 'mcp:python my_server.py'.")
    if words[0].startswith(("http://", "https://")):
        raise ToolsetError(f"'{text}' names an address and no command.", f"An address is named by mcp+{words[0]}.")
    if unset := [name for name in environment if name not in os.environ]:
        raise ToolsetError(f"'{text}' is to be given {', '.join(unset)}, which is not set.", "See tools.environment.")
    named = {name: os.environ[name] for name in environment}
    return stdio_client(StdioServerParameters(command=words[0], args=words[1:], env=named), errlog=said)


async def _all_tools(client: Any) -> list[Any]:
    page = await client.list_tools()
    tools = list(page.tools)
    for _ in range(MOST_PAGES):
        if not page.next_cursor:
            break
        page = await client.list_tools(cursor=page.next_cursor)
        tools += page.tools
    return tools


def _result(result: Any) -> Json:
    """The structured content where there is some, else the text. Raises CallError for a failed call."""
    texts = [getattr(part, "text", None) or f"[{part.type}]" for part in result.content]
    if result.is_error:
        raise CallError(f"ToolError: {' '.join(texts) or 'it failed without a word'}")
    if result.structured_content is not None:
        content: Json = result.structured_content
        return content["result"] if isinstance(content, dict) and set(content) == {"result"} else content
    return "\n".join(texts)


def _is_refusal(error: Exception) -> bool:
    """Whether the server answered, and the connection is as good as before."""
    from mcp import MCPError
    from mcp.types import CONNECTION_CLOSED

    return isinstance(error, MCPError) and error.error.code != CONNECTION_CLOSED


def reason(error: BaseException) -> str:
    """The message of an error, the first inner one where it is a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return (str(error) or type(error).__name__).rstrip(".")


def _last_line(said: IO[str]) -> str:
    said.seek(0)
    lines = [line.strip() for line in said.read()[-4000:].splitlines() if line.strip()]
    return lines[-1] if lines else ""
