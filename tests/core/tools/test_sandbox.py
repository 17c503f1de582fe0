"""Tools in a process of their own: whatever they do, it is a failed call and nothing else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sftctl.core.errors import ToolsetError
from sftctl.core.tools.calls import run_tool
from sftctl.core.tools.sandbox import PATIENCE, sandboxed
from sftctl.core.types import Json, Limits, Toolset

LOADER = "sftctl.plugins.toolsources.python:read_module"
MODULE = '''
"""Tools that misbehave."""
import ctypes, os, socket, subprocess, sys, time

calls = 0

def count() -> int:
    """Count the calls since the process began."""
    global calls
    calls += 1
    return calls

def loop() -> int:
    """Loop."""
    while True:
        pass

def leave(code: int) -> int:
    """Leave without a word."""
    os._exit(code)

def give_up() -> int:
    """Leave as Python does."""
    sys.exit(4)

def crash() -> bytes:
    """Read where nothing is."""
    return ctypes.string_at(0)

def eat(megabytes: int) -> int:
    """Eat memory."""
    return len(bytearray(megabytes * 2**20))

def connect(port: int) -> str:
    """Open a socket."""
    with socket.create_connection(("127.0.0.1", port), 1):
        return "connected"

def connect_elsewhere(port: int) -> int:
    """Have another program open a socket."""
    script = f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)"
    return subprocess.run([sys.executable, "-c", script], capture_output=True).returncode

def say() -> str:
    """Print, even around Python's own stdout."""
    print('{"result": "forged"}')
    os.write(1, b'{"result": "forged"}\\n')
    return "said"

def raise_it() -> str:
    """Raise."""
    raise KeyError("nothing here")

def fork() -> int:
    """Come back twice."""
    return min(os.fork(), 1)

def write_much() -> str:
    """Write a long answer."""
    return "x" * 2_000_000

def sleep_in_a_child() -> int:
    """Leave another program running."""
    return subprocess.Popen(["sleep", "600"]).pid

def own_pid() -> int:
    """Say which process this is."""
    return os.getpid()

def unordered() -> list[str]:
    """List a set."""
    return list({"a", "b", "c", "d", "e", "f"})
'''

Call = Callable[..., tuple[Json, str]]


def caller(toolset: Toolset) -> Call:
    tools = {tool.name: tool for tool in toolset.tools}
    return lambda name, **arguments: run_tool(tools[name], arguments)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tools") / "misbehaving.py"
    path.write_text(MODULE)
    return path


@pytest.fixture(scope="module")
def call(path: Path) -> Call:
    return caller(sandboxed(LOADER, str(path), Limits(timeout=30, memory_mb=200)))


@pytest.mark.parametrize(
    ("name", "arguments", "failure"),
    [
        ("leave", {"code": 3}, "ToolCrashed: its process exited with code 3."),
        ("leave", {"code": 0}, "ToolCrashed: its process exited with code 0."),
        ("give_up", {}, "SystemExit: 4"),
        ("crash", {}, "ToolCrashed: its process was ended by SIGSEGV."),
        ("eat", {"megabytes": 300}, "MemoryError: a call may take 200 MB (tools.memory_mb)"),
        ("connect", {"port": 9}, "PermissionError"),
        ("raise_it", {}, "KeyError: 'nothing here'"),
        ("write_much", {}, "ValueError: the result is longer than 1000000 characters"),
    ],
)
def test_a_tool_that_misbehaves_is_a_failed_call(
    call: Call, name: str, arguments: dict[str, Json], failure: str
) -> None:
    result, said = call(name, **arguments)
    assert result is None
    assert said.startswith(failure)
    assert call("say") == ("said", ""), "the next call is as if nothing had been"


def test_a_tool_that_takes_too_long_is_a_failed_call(path: Path) -> None:
    toolset = sandboxed(LOADER, str(path), Limits(timeout=0.5))
    assert caller(toolset)("loop") == (None, "TimeoutError: it took longer than 0.5 seconds.")


def test_what_is_within_the_limits_works(call: Call) -> None:
    assert call("eat", megabytes=100) == (100 * 2**20, "")
    assert call("fork") == (1, "")
    assert call("say") == ("said", "")


def test_the_process_is_kept_between_calls_and_begun_anew_after_a_loss(call: Call) -> None:
    call("leave", code=1)
    assert [call("count")[0] for _ in range(3)] == [1, 2, 3]
    call("crash")
    assert call("count") == (1, "")


def test_a_tool_that_keeps_costing_its_process_is_not_called_again(path: Path) -> None:
    call = caller(sandboxed(LOADER, str(path), Limits()))
    for _ in range(PATIENCE):
        assert "exited" in call("leave", code=5)[1]
    assert call("leave", code=5)[1].startswith("ToolGivenUp: 'leave' has cost its process")
    assert call("say") == ("said", "")


@pytest.fixture
def port() -> Iterator[int]:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_no_network_not_even_for_other_programs(call: Call, port: int) -> None:
    assert "tools have no network (tools.network)" in call("connect", port=port)[1]
    result, failure = call("connect_elsewhere", port=port)
    assert result == 1 or "tools have no network" in failure


def test_network_where_it_is_allowed(path: Path, port: int) -> None:
    call = caller(sandboxed(LOADER, str(path), Limits(network=True)))
    assert call("connect", port=port) == ("connected", "")
    assert call("connect_elsewhere", port=port) == (0, "")


def test_sets_come_out_in_the_same_order_in_every_process(path: Path) -> None:
    first, second = (caller(sandboxed(LOADER, str(path), Limits()))("unordered") for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import os\nos._exit(7)", r"could not be loaded: ToolCrashed: its process exited with code 7"),
        ("import socket\nsocket.create_connection(('127.0.0.1', 9))", r"t\.py:2 raised PermissionError on import"),
        ("x = bytearray(2**35)", r"t\.py:1 raised MemoryError on import"),
        ("def f(x):\n    '''Do.'''", r"parameter 'x' has no type hint\. Add one\.$"),
    ],
)
def test_a_module_that_cannot_be_loaded_says_why(tmp_path: Path, source: str, message: str) -> None:
    path = tmp_path / "t.py"
    path.write_text(source)
    with pytest.raises(ToolsetError, match=message):
        sandboxed(LOADER, str(path), Limits())


def test_an_unknown_loader_is_an_error_too() -> None:
    with pytest.raises(ToolsetError, match=r"could not be loaded: ModuleNotFoundError"):
        sandboxed("no.such:loader", "x", Limits())


# ---------------------------------------------------------------- nothing is left behind


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def has_ended(pid: int) -> bool:
    for _ in range(400):
        if not is_alive(pid):
            return True
        time.sleep(0.05)
    return False


def test_the_worker_ends_with_its_toolset_and_so_does_what_it_began(path: Path) -> None:
    toolset = sandboxed(LOADER, str(path), Limits())
    call = caller(toolset)
    worker, child = call("own_pid")[0], call("sleep_in_a_child")[0]
    assert is_alive(worker)
    assert is_alive(child)
    del toolset, call
    assert has_ended(worker)
    assert has_ended(child)


SCRIPT = f"""
import sys
from sftctl.core.tools.calls import run_tool
from sftctl.core.tools.sandbox import sandboxed
from sftctl.core.types import Limits
toolset = sandboxed({LOADER!r}, sys.argv[1], Limits(timeout=30))
tools = {{tool.name: tool for tool in toolset.tools}}
print(run_tool(tools["own_pid"], {{}})[0], run_tool(tools["sleep_in_a_child"], {{}})[0], flush=True)
run_tool(tools["loop"], {{}})
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_no_orphans_however_we_end(path: Path, how: signal.Signals) -> None:
    main = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert main.stdout is not None
    with main:
        worker, child = map(int, main.stdout.readline().split())
        time.sleep(0.2)  # it is in the loop by now
        main.send_signal(how)
    assert main.returncode != 0
    assert has_ended(worker)
    assert has_ended(child)


def test_a_forked_process_has_a_worker_of_its_own(call: Call) -> None:
    ours = call("own_pid")[0]
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writer, str(call("own_pid")[0]).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    theirs = int(os.read(reader, 20))
    os.close(reader)
    os.close(writer)
    assert theirs != ours
    assert call("own_pid") == (ours, "")


def test_where_the_kernel_keeps_us_in_its_network_no_program_is_started() -> None:
    script = (
        "import os, socket, subprocess\n"
        "from sftctl.core.tools import worker\n"
        "worker._leave_network = lambda: False\n"
        "worker._cut_network()\n"
        "socket.socketpair()\n"
        "for start in (lambda: subprocess.run(['true']), lambda: os.system('true'), socket.socket):\n"
        "    try:\n"
        "        start()\n"
        "    except PermissionError:\n"
        "        print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["refused"] * 3
