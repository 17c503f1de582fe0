"""Tools on real MCP servers, over stdio and over HTTP."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sftctl.core.errors import ToolsetError
from sftctl.core.tools.calls import CallError, run_tool
from sftctl.core.types import Json, Limits, Tool
from sftctl.plugins.toolcall import checks
from sftctl.plugins.toolsources.mcp_server import Server, load, matches

HERE = Path(__file__).parent
SHELF = f"mcp:{shlex.quote(sys.executable)} {shlex.quote(str(HERE / 'shelf_server.py'))}"
PAGES = f"mcp:{shlex.quote(sys.executable)} {shlex.quote(str(HERE / 'pages_server.py'))}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, str(HERE / "shelf_server.py"), str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        for _ in range(1200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"mcp+http://127.0.0.1:{port}/mcp"
        server.kill()


@pytest.fixture(scope="module", params=["stdio", "http"])
def tools(request: pytest.FixtureRequest) -> dict[str, Tool]:
    text = SHELF if request.param == "stdio" else request.getfixturevalue("url")
    toolset = load(text, Limits(timeout=30, network=True))
    assert toolset.name == "shelf"
    return {tool.name: tool for tool in toolset.tools}


def test_tools_are_as_the_server_lists_them(tools: dict[str, Tool]) -> None:
    assert set(tools) == {"shelve", "count", "describe", "refuse", "wait", "collapse", "own_pid", "environment"}
    shelve = tools["shelve"]
    assert shelve.description == "Put a book on the shelf."
    book = shelve.properties["book"]  # the server says `$ref`
    assert book["properties"]["title"]["type"] == "string"
    assert book["required"] == ["title"]
    assert shelve.required == ("book", "row")
    assert all(tool.live for tool in tools.values())


@pytest.mark.parametrize(
    ("name", "arguments", "result", "failure"),
    [
        ("shelve", {"book": {"title": "T", "copies": 2}, "row": 3}, {"title": "T", "places": 6}, ""),
        ("count", {"start": 4}, 5, ""),
        ("describe", {}, "wooden", ""),
        ("refuse", {}, None, "ToolError: "),
        ("count", {"start": "x"}, None, "ToolError: "),
    ],
)
def test_calls(tools: dict[str, Tool], name: str, arguments: dict[str, Json], result: Json, failure: str) -> None:
    answered, said = run_tool(tools[name], arguments)
    assert answered == result
    assert said.startswith(failure)
    assert bool(said) == bool(failure)


@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_a_call_that_takes_too_long_is_given_up_and_the_next_one_works(
    request: pytest.FixtureRequest, transport: str
) -> None:
    text = SHELF if transport == "stdio" else request.getfixturevalue("url")
    server = Server(text, Limits(timeout=0.5, network=True))
    with pytest.raises(CallError, match=r"TimeoutError: it took longer than 0\.5 seconds"):
        server.call("wait", {})
    server.limits = Limits(timeout=30, network=True)
    assert server.call("count", {"start": 5}) == 6


def test_a_command_gets_the_variables_that_it_needs_and_those_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELF_KEY", "1")
    monkeypatch.setenv("OTHER_KEY", "2")
    for named in ((), ("SHELF_KEY",)):
        given = Server(SHELF, Limits(timeout=30, environment=named)).call("environment", {})
        assert isinstance(given, list)
        assert "PATH" in given
        assert {"SHELF_KEY", "OTHER_KEY"} & {*given} == {*named}


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHELF_KEY", raising=False)
    with pytest.raises(ToolsetError, match="is to be given SHELF_KEY, which is not set"):
        load(SHELF, Limits(environment=("SHELF_KEY",)))


def test_synthesis_never_calls_it(tools: dict[str, Tool]) -> None:
    assert checks.run(tools["collapse"], {}) == (None, "")


def test_all_pages_are_read() -> None:
    toolset = load(PAGES, Limits())
    assert [tool.name for tool in toolset.tools] == ["first", "second", "third"]
    assert run_tool(toolset.tools[1], {}) == ("second!\n[image]", "")


def test_a_server_that_ends_is_begun_again() -> None:
    tools = {tool.name: tool for tool in load(SHELF, Limits()).tools}
    first = run_tool(tools["own_pid"], {})[0]
    assert run_tool(tools["collapse"], {})[1]
    second, failure = run_tool(tools["own_pid"], {})
    assert failure == ""
    assert second != first


def test_without_network_a_server_by_url_is_not_called(url: str) -> None:
    tools = {tool.name: tool for tool in load(url, Limits()).tools}
    assert run_tool(tools["describe"], {})[1].startswith("NetworkOff")


SCRIPT = """
import sys
from sftctl.core.tools.calls import CallError, run_tool
from sftctl.core.types import Limits
from sftctl.plugins.toolsources.mcp_server import load
tools = {tool.name: tool for tool in load(sys.argv[1], Limits(timeout=30)).tools}
print(run_tool(tools["own_pid"], {})[0], flush=True)
if sys.argv[2] == "wait":
    sys.stdin.readline()
"""


@pytest.mark.parametrize("how", ["end", "SIGINT"])
def test_no_server_is_left_behind(how: str) -> None:
    what = "end" if how == "end" else "wait"
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, SHELF, what], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    ) as main:
        assert main.stdout is not None
        server = int(main.stdout.readline())
        if how != "end":
            main.send_signal(signal.Signals[how])
        main.wait(60)
    for _ in range(400):
        if not _is_alive(server):
            return
        time.sleep(0.05)
    os.kill(server, signal.SIGKILL)
    pytest.fail("the server is still there")


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mcp:", "names no command"),
        ("mcp:'unfinished", "cannot be read"),
        ("mcp:http://127.0.0.1:9/mcp", r"names an address and no command\. .* named by mcp\+http://127"),
        ("mcp:no-such-command", "cannot be reached: .*No such file"),
        ("mcp:sh -c 'echo no shelf here >&2; exit 1'", "cannot be reached: .* It said: no shelf here"),
        ("mcp+http://127.0.0.1:9/mcp", "cannot be reached"),
    ],
)
def test_a_server_that_cannot_be_reached_says_why(text: str, message: str) -> None:
    assert matches(text)
    with pytest.raises(ToolsetError, match=message):
        load(text, Limits())


def test_what_is_no_server_is_told_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sftctl.core.cli", "synth", "--toolset", "mcp:echo hi", "-o", str(tmp_path / "a")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stderr == "error: The MCP server 'mcp:echo hi' cannot be reached: Connection closed.\n"


def test_a_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(ToolsetError, match=r"needs the package 'mcp'\. pip install 'sftctl\[mcp\]'"):
        load(SHELF, Limits())
