"""The server as a process of its own: under load, told to end."""

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from serving import chat_body, wait_for

PROGRAM = """
import sys
from conftest import make_tokenizer
from fakes import ScriptedEngine
from serving import script
from sftctl.core.manager import Plugins
from sftctl.plugins.hermes import Hermes
from sftctl.serve.app import create_app
from sftctl.serve.chat import ChatModel
from sftctl.serve.server import log_requests, serve
from sftctl.serve.service import Service

def load():
    tokenizer = make_tokenizer()
    return [ChatModel("base", ScriptedEngine(tokenizer, script, pause=0.01), Hermes(), tokenizer)]

log_requests()
serve(create_app(Plugins(), Service()), port=int(sys.argv[1]), load=load)
"""


def test_sigterm_under_load_finishes_what_was_begun(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    here = Path(__file__).parent
    paths = [str(here.parent), str(here), *filter(None, [os.environ.get("PYTHONPATH")])]
    log = (tmp_path / "log").open("w+", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-W", "error::ResourceWarning", "-c", PROGRAM, str(port)]
    with log, subprocess.Popen(command, stderr=log, env=environment) as server:
        try:
            end_under_load(server, f"http://127.0.0.1:{port}")
        finally:
            server.kill()
        log.seek(0)
        lines = log.read().splitlines()
    assert not [line for line in lines if not line.startswith("{")], lines
    assert sum('"/v1/chat/completions", "status": 200' in line for line in lines) == 8


def end_under_load(server: "subprocess.Popen[bytes]", url: str) -> None:
    wait_for(lambda: asked(f"{url}/ready").status_code == 200, 60)
    bodies = [chat_body("slow", max_tokens=300, stream=at % 2 == 0) for at in range(8)]
    with ThreadPoolExecutor(8) as asking:
        answers = [asking.submit(httpx.post, f"{url}/v1/chat/completions", json=body, timeout=60) for body in bodies]
        wait_for(lambda: "sftctl_requests_running 8" in asked(f"{url}/metrics").text, 10)
        server.send_signal(signal.SIGTERM)
        for answer in answers:
            assert answer.result().status_code == 200
            assert '"length"' in answer.result().text
    assert server.wait(20) in (0, -signal.SIGTERM)


def asked(url: str) -> httpx.Response:
    try:
        return httpx.get(url, timeout=20)
    except httpx.ConnectError:
        return httpx.Response(503)
