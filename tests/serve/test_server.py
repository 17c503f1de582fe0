"""The server around the models: keys, limits, clients that go away, loading and ending."""

import hashlib
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from fakes import ScriptedEngine
from openai import OpenAI
from serving import SCRIPT, WEATHER, ask, chat_body, script, wait_for

from sftctl.core.errors import ConfigError, ModelError, SftctlError
from sftctl.core.manager import Plugins
from sftctl.plugins.hermes import Hermes
from sftctl.serve.app import create_app
from sftctl.serve.chat import ChatModel
from sftctl.serve.grammar import Grammars
from sftctl.serve.metrics import Metrics
from sftctl.serve.middleware import ApiKeys
from sftctl.serve.server import listen, running, serve
from sftctl.serve.service import Service


def serving(engine: ScriptedEngine, **options: Any) -> Service:
    return Service([ChatModel("base", engine, Hermes(), engine.tokenizer)], **options)


@pytest.fixture
def slow(tokenizer: Any) -> ScriptedEngine:
    return ScriptedEngine(tokenizer, script, pause=0.005)


# ---------------------------------------------------------------- keys and limits


def test_a_key_is_asked_for(tokenizer: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    keys = ApiKeys(["sesame", f"sha256:{hashlib.sha256(b'open').hexdigest()}"])
    with running(create_app(Plugins(), serving(ScriptedEngine(tokenizer, script)), keys)) as url:
        for key in ("sesame", "open"):
            assert ask(OpenAI(base_url=url, api_key=key), "hello").choices[0].finish_reason == "stop"
        with pytest.raises(openai.AuthenticationError, match="missing or wrong") as caught:
            ask(OpenAI(base_url=url, api_key="guess"), "hello")
        assert caught.value.code == "invalid_api_key"
        root = url.removesuffix("/v1")
        for path in ("v1/models", "v1/chat/completions", "v1/nowhere", "metrics", "openapi.json"):
            assert httpx.get(f"{root}/{path}").status_code == 401
        for header in (b"Bearer s\xe9same", b"sesame", b"Basic sesame", b"Bearer", b""):
            assert httpx.get(f"{url}/models", headers={"Authorization": header}).status_code == 401
        assert httpx.get(f"{root}/health").status_code == httpx.get(f"{root}/ready").status_code == 200
    ours = [record for record in caplog.records if record.name.startswith(("sftctl", "uvicorn"))]
    assert not any("sesame" in record.getMessage() for record in ours)
    assert "sesame" not in repr(vars(keys))


def test_keys_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("# ours\nsesame\n\n  open  \n", encoding="utf-8")
    keys = ApiKeys.read(path)
    assert [keys.allow(f"Bearer {key}") for key in ("sesame", "open", "# ours", "")] == [True, True, False, False]
    path.write_text("# none\n", encoding="utf-8")
    for bad in (path, tmp_path / "nothing"):
        with pytest.raises(ConfigError, match=r"keys? "):
            ApiKeys.read(bad)
    with pytest.raises(ConfigError, match="no SHA-256"):
        ApiKeys(["sha256:short"])


def chunks(size: int) -> Iterator[bytes]:
    yield b'{"model": "'
    for _ in range(size // 1000):
        yield b"x" * 1000


def test_bodies_have_a_limit(tokenizer: Any) -> None:
    with running(create_app(Plugins(), serving(ScriptedEngine(tokenizer, script)), max_body=5000)) as url:
        for content in (b"x" * 6000, chunks(20_000)):  # with a length that is told, and without one
            response = httpx.post(f"{url}/chat/completions", content=content)
            assert (response.status_code, response.json()["error"]["code"]) == (413, "request_too_large")
        assert httpx.post(f"{url}/chat/completions", json=chat_body("x" * 4000)).status_code == 200


def test_a_full_queue_is_429(slow: ScriptedEngine) -> None:
    slow.max_open = 2
    with running(create_app(Plugins(), serving(slow)), grace=0.1) as url, ThreadPoolExecutor() as asking:
        body = chat_body("slow", max_tokens=100)
        begun = [asking.submit(httpx.post, f"{url}/chat/completions", json=body) for _ in range(2)]
        wait_for(lambda: len(slow.open) == 2)
        for stream in (False, True):
            refused = httpx.post(f"{url}/chat/completions", json=body | {"stream": stream})
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "3")
            assert refused.json()["error"]["code"] == "rate_limit_exceeded"
        assert [answer.result().status_code for answer in begun] == [200, 200]
        # of several choices, those that found room are given up too
        slow.max_open = 3
        assert httpx.post(f"{url}/chat/completions", json=body | {"n": 4}).status_code == 429
        wait_for(lambda: not slow.open)


def test_answers_have_a_time_limit(slow: ScriptedEngine) -> None:
    with running(create_app(Plugins(), serving(slow, timeout=0.2))) as url:
        whole = httpx.post(f"{url}/chat/completions", json=chat_body("slow"))
        assert (whole.status_code, whole.json()["error"]["code"]) == (408, "timeout")
        streamed = httpx.post(f"{url}/chat/completions", json=chat_body("slow", stream=True)).text
        assert '"code": "timeout"' in streamed.split("\n\n")[-2]
        wait_for(lambda: not slow.open)


def test_the_time_limit_begins_with_the_body(tokenizer: Any) -> None:
    def trickle() -> Iterator[bytes]:
        for byte in json.dumps(chat_body("hello")).encode():
            yield bytes([byte])
            time.sleep(0.05)

    with running(create_app(Plugins(), serving(ScriptedEngine(tokenizer, script), timeout=0.3))) as url:
        for path in ("chat/completions", "completions", "responses"):
            late = httpx.post(f"{url}/{path}", content=trickle())
            assert (late.status_code, late.json()["error"]["code"]) == (408, "timeout")


def test_the_time_limit_covers_grammars(tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    service = serving(ScriptedEngine(tokenizer, script), timeout=0.2)
    service.warm()
    monkeypatch.setattr(Grammars, "of", lambda self, shape: time.sleep(1))
    with running(create_app(Plugins(), service)) as url:
        late = httpx.post(f"{url}/chat/completions", json=chat_body("weather", tools=[WEATHER]))
        assert (late.status_code, late.json()["error"]["code"]) == (408, "timeout")


def test_headers_and_cors(tokenizer: Any) -> None:
    service = serving(ScriptedEngine(tokenizer, script))
    origin = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}
    with running(create_app(Plugins(), service)) as url:
        response = httpx.get(f"{url}/models", headers=origin)
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["x-request-id"].startswith("req_")
        assert "access-control-allow-origin" not in response.headers
        assert httpx.options(f"{url}/models", headers=origin).status_code == 405
    allowed = create_app(Plugins(), serving(ScriptedEngine(tokenizer, script)), cors=["https://page.example"])
    with running(allowed) as url:
        assert httpx.options(f"{url}/models", headers=origin).headers["access-control-allow-origin"] == origin["Origin"]


# ---------------------------------------------------------------- what is counted and logged


def test_metrics_and_logs(tokenizer: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="sftctl.serve.access")
    service = serving(ScriptedEngine(tokenizer, script))
    with running(create_app(Plugins(), service)) as url:
        httpx.post(f"{url}/chat/completions", json=chat_body("weather", tools=[WEATHER]))
        httpx.post(f"{url}/chat/completions", json=chat_body("weather", tools=[WEATHER], stream=True))
        httpx.get(f"{url}/secret-path")
        text = httpx.get(url.removesuffix("v1") + "metrics").text
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    route = 'method="POST",route="/v1/chat/completions",status="200"'
    assert lines[f"sftctl_requests_total{{{route}}}"] == "2"
    assert lines['sftctl_requests_total{method="GET",route="unknown",status="404"}'] == "1"
    assert lines["sftctl_tool_calls_total"] == "2"
    assert int(lines["sftctl_completion_tokens_total"]) > 20
    assert lines["sftctl_first_token_seconds_count"] == "2"
    assert lines["sftctl_ready"] == "1"
    entries = [json.loads(record.getMessage()) for record in caplog.records if record.name == "sftctl.serve.access"]
    assert [entry["status"] for entry in entries] == [200, 200, 404, 200]
    assert not any(word in record.getMessage() for record in caplog.records for word in ("Köln", "secret-path"))


def test_prometheus_format() -> None:
    metrics = Metrics()
    metrics.count("requests", route='a"\\\n', status="200")
    metrics.observe("first_token", 0.3)
    lines = metrics.text({"models": 2}).splitlines()
    assert r'sftctl_requests_total{route="a\"\\\n",status="200"} 1' in lines
    assert 'sftctl_first_token_seconds_bucket{le="0.25"} 0' in lines
    assert 'sftctl_first_token_seconds_bucket{le="+Inf"} 1' in lines
    assert "sftctl_models 2" in lines


# ---------------------------------------------------------------- clients that go away


def hang_up(url: str, body: dict[str, Any], after: int) -> None:
    """Ask, read as many lines, and close the connection."""
    try:
        with httpx.stream("POST", f"{url}/chat/completions", json=body, timeout=0.2 if not body["stream"] else 5) as r:
            for number, _ in enumerate(r.iter_lines()):
                if number == after:
                    return
    except httpx.ReadTimeout:
        return


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_hangs_up_stops_its_generation(slow: ScriptedEngine, stream: bool) -> None:
    service = serving(slow)
    with running(create_app(Plugins(), service)) as url:
        hang_up(url, chat_body("slow", max_tokens=4000, stream=stream, n=2), after=10)
        wait_for(lambda: not slow.open)
        assert 0 < slow.steps < 800
        wait_for(lambda: service.metrics.value("disconnects") == 1)
    route = {"method": "POST", "route": "/v1/chat/completions", "status": "499"}
    assert service.metrics.value("requests", **route) == 1


def test_a_whole_stream_is_no_disconnect(tokenizer: Any) -> None:
    service = serving(ScriptedEngine(tokenizer, script))
    with running(create_app(Plugins(), service)) as url:
        for stream in (False, True):
            httpx.post(f"{url}/chat/completions", json=chat_body("hello", stream=stream))
        httpx.get(f"{url}/nowhere")
    assert service.metrics.value("disconnects") == 0


def test_many_clients_that_hang_up_leave_nothing_behind(slow: ScriptedEngine) -> None:
    with running(create_app(Plugins(), serving(slow))) as url:
        with ThreadPoolExecutor(20) as asking:
            for number in range(200):
                body = chat_body("slow", max_tokens=4000, stream=number % 4 != 0)
                asking.submit(hang_up, url, body, number % 3)
        wait_for(lambda: not slow.open)
        assert len(slow.requests) == 200
        assert ask(OpenAI(base_url=url, api_key="none"), "hello").choices[0].message.content == SCRIPT["hello"]


# ---------------------------------------------------------------- the beginning and the end


def test_requests_are_refused_while_models_load(tokenizer: Any) -> None:
    service, loaded = Service(), threading.Event()
    model = ChatModel("base", ScriptedEngine(tokenizer, script), Hermes(), tokenizer)
    with running(create_app(Plugins(), service)) as url:
        root = url.removesuffix("/v1")
        assert (httpx.get(f"{root}/health").status_code, httpx.get(f"{root}/ready").status_code) == (200, 503)
        refused = httpx.post(f"{url}/chat/completions", json=chat_body("hello"))
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "service_unavailable")
        assert int(refused.headers["retry-after"]) > 0
        service.add([model])
        loaded.set()
        assert httpx.get(f"{root}/ready").status_code == 200
        assert httpx.post(f"{url}/chat/completions", json=chat_body("hello")).status_code == 200


def test_a_server_whose_engine_has_failed_is_not_ready(tokenizer: Any) -> None:
    engines = [ScriptedEngine(tokenizer, script) for _ in range(2)]
    models = [ChatModel(str(at), engine, Hermes(), tokenizer) for at, engine in enumerate(engines)]
    with running(create_app(Plugins(), Service(models))) as url:
        root = url.removesuffix("/v1")
        assert httpx.get(f"{root}/ready").status_code == 200
        engines[1].alive = False
        ready = httpx.get(f"{root}/ready")
        assert (ready.status_code, ready.json()) == (503, {"status": "failed"})
        assert "sftctl_ready 0" in httpx.get(f"{root}/metrics").text
        assert httpx.get(f"{root}/health").status_code == 200


def test_a_model_that_cannot_be_loaded_ends_the_server() -> None:
    def load() -> list[ChatModel]:
        raise ModelError("There is no such model.")

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ModelError, match="no such model"):
        serve(create_app(Plugins(), Service()), port=port, load=load)


@pytest.mark.parametrize("stream", [False, True])
def test_a_server_that_stops_finishes_what_it_began(slow: ScriptedEngine, stream: bool) -> None:
    body = chat_body("slow", stream=stream, max_tokens=100)
    with ThreadPoolExecutor() as asking:
        with running(create_app(Plugins(), serving(slow))) as url:
            answers = [asking.submit(httpx.post, f"{url}/chat/completions", json=body) for _ in range(3)]
            wait_for(lambda: len(slow.open) == 3 and slow.steps > 10)
        for answer in answers:
            response = answer.result()
            assert response.status_code == 200
            assert '"finish_reason": "length"' in response.text or '"finish_reason":"length"' in response.text
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


@pytest.mark.parametrize("stream", [False, True])
def test_what_takes_too_long_to_finish_is_told_so(
    slow: ScriptedEngine, caplog: pytest.LogCaptureFixture, stream: bool
) -> None:
    body = chat_body("slow", stream=stream, max_tokens=4000)
    with ThreadPoolExecutor() as asking:
        with running(create_app(Plugins(), serving(slow)), grace=0.2) as url:
            answers = [asking.submit(httpx.post, f"{url}/chat/completions", json=body) for _ in range(2)]
            wait_for(lambda: slow.steps > 10)
            stopped = time.monotonic()
        assert time.monotonic() - stopped < 3
        for answer in answers:
            response = answer.result()
            assert "shutting down" in response.text
            assert stream or response.status_code == 503
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_nothing_new_is_taken_at_the_end(tokenizer: Any) -> None:
    service = serving(ScriptedEngine(tokenizer, script))
    with running(create_app(Plugins(), service)) as url:
        service.stop()
        refused = httpx.post(f"{url}/chat/completions", json=chat_body("hello"))
        assert (refused.status_code, httpx.get(url.removesuffix("v1") + "ready").status_code) == (503, 503)
        assert "shutting down" in refused.json()["error"]["message"]


def test_a_taken_port_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SftctlError, match=f"Cannot listen on 127.0.0.1 port {port}: .* --port"):
            listen("127.0.0.1", port)


def test_names_must_differ(tokenizer: Any) -> None:
    model = ChatModel("base", ScriptedEngine(tokenizer, script), Hermes(), tokenizer)
    with pytest.raises(ModelError, match="same name"):
        Service([model, model])
