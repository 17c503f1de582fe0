"""The server as a process of its own: under load, told to end."""

import os
import re
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from engines import make_run
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
        wait_for(lambda: "sftctl_requests_running 8" in asked(f"{url}/metrics").text)
        server.send_signal(signal.SIGTERM)
        for answer in answers:
            assert answer.result().status_code == 200
            assert '"length"' in answer.result().text
    assert server.wait(20) in (0, -signal.SIGTERM)


def test_sigterm_with_the_real_engine(tiny_model_dir: Path, tmp_path: Path) -> None:
    """`sftctl serve` of two runs: an adapter is loaded, limits hold, and what was begun is finished."""
    for seed, name in enumerate(("one", "two", "three")):
        make_run(tmp_path / "runs", name, tiny_model_dir, seed)
    (tmp_path / "keys").write_text("boss\n", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--port", str(port), "--runs", str(tmp_path / "runs"), "--admin-keys", str(tmp_path / "keys")]
    limits = ["--max-tokens", "1500", "--max-body", "20000", "--max-waiting", "40", "--timeout", "100"]
    limits += ["--alias", "gpt-4o-mini=two"]
    command = [sys.executable, "-c", "from sftctl.core.cli import main; main()", "serve", "one", "two"]
    with (
        (tmp_path / "log").open("w+", encoding="utf-8") as log,
        subprocess.Popen([*command, *options, *limits], stderr=log) as server,
    ):
        try:
            use_and_end(server, f"http://127.0.0.1:{port}")
        finally:
            server.kill()
        log.seek(0)
        lines = log.read()
    assert "Traceback" not in lines, lines
    assert "Serving" in lines and "one and two" in lines


def use_and_end(server: "subprocess.Popen[bytes]", url: str) -> None:
    wait_for(lambda: asked(f"{url}/ready").status_code == 200, 90)
    boss = {"Authorization": "Bearer boss"}
    assert httpx.post(f"{url}/v1/load_lora_adapter", json={"lora_name": "three"}, headers=boss).status_code == 200

    def post(model: str, tokens: int, **more: Any) -> httpx.Response:
        body = chat_body(more.pop("text", "tell me a story"), max_tokens=tokens, **more) | {"model": model}
        return httpx.post(f"{url}/v1/chat/completions", json=body, timeout=90)

    refused = post("one", 1501)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "max_tokens")
    assert post("one", 5, text="x" * 21_000).status_code == 413
    assert post("gpt-4o-mini", 5).json()["model"] == "two"
    names = ["one", "two", "three", tiny_name(url)]
    with ThreadPoolExecutor(8) as asking:
        answers = [asking.submit(post, names[at % 4], 1500, stream=at % 2 == 0) for at in range(8)]
        wait_for(lambda: "sftctl_requests_running 8" in asked(f"{url}/metrics").text, 30)
        server.send_signal(signal.SIGTERM)
        for answer in answers:
            assert answer.result().status_code == 200
            assert re.search(r'"finish_reason": ?"(length|stop)"', answer.result().text)
    assert server.wait(30) in (0, -signal.SIGTERM)


def tiny_name(url: str) -> str:
    """The base: the model that is no run's."""
    names = {str(model["id"]) for model in asked(f"{url}/v1/models").json()["data"]}
    (base,) = names - {"one", "two", "three"}
    return base


def asked(url: str) -> httpx.Response:
    try:
        return httpx.get(url, timeout=20)
    except httpx.ConnectError:
        return httpx.Response(503)
