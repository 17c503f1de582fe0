"""The other side of the sandbox: a process that loads one toolset and carries out calls, a line of JSON each."""

import errno
import importlib
import json
import os
import resource
import signal
import sys
import threading
from collections.abc import Mapping
from typing import IO, Any

IMPORT_MB = 16_384
"""What loading may take, in address space: large libraries map much more than they use."""

_NETWORK = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
            "socket.gethostbyname", "socket.gethostbyaddr")  # fmt: skip
_PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn")


def main() -> None:
    """Read the order (the first line), load, answer; then answer call after call until the pipe ends."""
    questions, answers = _take_pipes()
    order = json.loads(questions.readline())
    if not order["network"]:
        _cut_network()
    threading.Thread(target=_watch, args=(int(os.environ.pop("SFTCTL_LIFELINE")),), daemon=True).start()
    _limit_memory(IMPORT_MB)
    tools = _load(order, answers)
    _limit_memory(order["memory_mb"], for_good=True)
    for line in questions:
        answers.write(_carry_out(tools, json.loads(line), order) + "\n")
        answers.flush()


def _take_pipes() -> tuple[IO[str], IO[str]]:
    """The pipes to the parent; what tools read or print goes nowhere."""
    questions, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    return os.fdopen(questions, encoding="utf-8"), os.fdopen(answers, "w", encoding="utf-8")


def _watch(lifeline: int) -> None:
    """End this process and all that it began when the parent is gone."""
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


# ---------------------------------------------------------------- loading and calling


def _load(order: Mapping[str, Any], answers: IO[str]) -> dict[str, Any]:
    """The tools by name; the parent is told what they are, or why there are none."""
    from sftctl.core.errors import SftctlError
    from sftctl.core.tools.functions import values_to_json

    module, _, function = order["loader"].partition(":")
    try:
        toolset = getattr(importlib.import_module(module), function)(order["text"])
        rows = [
            {
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
                "runs": tool.run is not None,
                "asks": tool.asks,
                "answer": tool.answer,
                "values": values_to_json(tool.values),
                "domain": tool.domain,
            }
            for tool in toolset.tools
        ]
        answer = _line({"result": {"name": toolset.name, "summary": toolset.summary, "tools": rows}})
    except BaseException as error:
        message = f"Toolset {order['text']} could not be loaded: {type(error).__name__}: {error}."
        hint = getattr(error, "hint", "")
        if isinstance(error, SftctlError):
            message = str(error).removesuffix(hint).rstrip()
        answers.write(_line({"error": {"message": message, "hint": hint}}) + "\n")
        answers.flush()
        os._exit(0)
    answers.write(answer + "\n")
    answers.flush()
    return {tool.name: tool.run for tool in toolset.tools}


def _carry_out(tools: Mapping[str, Any], question: Mapping[str, Any], order: Mapping[str, Any]) -> str:
    """The answer to one call, as a line."""
    from sftctl.core.types import to_json

    own = os.getpid()
    # Should the parent be gone while a tool holds on to the interpreter, the kernel ends this process.
    signal.setitimer(signal.ITIMER_REAL, order["timeout"] + order["grace"])
    try:
        answer = _line({"result": to_json(tools[question["tool"]](**question["arguments"]))})
        if len(answer) > order["longest"]:
            raise ValueError(f"the result is longer than {order['longest']} characters")
    except BaseException as error:
        answer = _line({"error": {"type": type(error).__name__, "message": _message(error, order)}})
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if os.getpid() != own:  # a tool that forks has two of us return
        os._exit(0)
    return answer


def _message(error: BaseException, order: Mapping[str, Any]) -> str:
    if isinstance(error, MemoryError):
        return f"a call may take {order['memory_mb']} MB (tools.memory_mb)"
    try:
        return str(error)[:2000]
    except Exception:
        return "it has no message"


def _line(value: Any) -> str:
    return json.dumps(value, allow_nan=False)


# ---------------------------------------------------------------- limits


def _limit_memory(megabytes: int, for_good: bool = False) -> None:
    """Let this process take so much more address space than it has now, where the system can tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        limit = now + megabytes * 2**20
        if most != resource.RLIM_INFINITY:
            limit = min(limit, most)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit if for_good else most))
    except (OSError, ValueError):
        return


def _cut_network() -> None:
    """No sockets but local pairs, for good; where the kernel grants it, no network for child processes either.

    Where it does not, no other program may be started: it could reach out.
    """
    import socket

    forbidden = {*_NETWORK} if _leave_network() else {*_NETWORK, *_PROGRAMS}

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in forbidden or (event == "socket.__new__" and arguments[1] != socket.AF_UNIX):
            raise PermissionError(errno.EACCES, f"{event}: tools have no network (tools.network)")

    sys.addaudithook(refuse)


def _leave_network() -> bool:
    """Move this process into an empty network of its own; whether the kernel allowed it."""
    import ctypes

    new_user, new_network = 0x10000000, 0x40000000
    unshare = getattr(ctypes.CDLL(None, use_errno=True), "unshare", None)
    if unshare is None:
        return False
    if unshare(new_network) == 0:
        return True
    user, group = os.getuid(), os.getgid()
    if unshare(new_user | new_network) != 0:
        return False
    try:
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    except OSError:
        pass  # we are nobody then, which only takes rights away
    return True
