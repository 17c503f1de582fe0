"""A scripted teacher: a real HTTP server that answers well, or as badly as real endpoints do."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

OPENING = "Right then, here is what I want: "
"""What a well-meaning teacher puts before a request."""


@dataclass(frozen=True)
class Response:
    """What is sent back, and how."""

    body: str
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before anything is sent."""
    dribble: float = 0.0
    """Seconds between single bytes."""
    hang_up: bool = False
    """Close the connection without a word."""


def completion(text: str | None, tokens: int | None = 100) -> str:
    message = {"role": "assistant", "content": text}
    body: dict[str, Any] = {"id": "x", "object": "chat.completion", "created": 0, "model": "fake"}
    body["choices"] = [{"index": 0, "finish_reason": "stop", "message": message}]
    if tokens is not None:
        body["usage"] = {"prompt_tokens": 0, "completion_tokens": tokens, "total_tokens": tokens}
    return json.dumps(body)


def says(text: str) -> Response:
    return Response(completion(text))


Script = Callable[[str, int], Response]
"""The user's prompt and the number of the request, from 0 on → the response. The probe is not scripted."""


def well(prompt: str, number: int = 0) -> Response:
    """What a capable teacher would answer."""
    return Response(completion(good_answer(prompt)))


def good_answer(prompt: str) -> str:
    if "A user's request:" in prompt:
        request = prompt.partition("A user's request:\n")[2].partition("\n\n")[0].partition("\nSay the same")[0]
        return json.dumps({"request": OPENING + request})
    if "Invent a request" in prompt:
        tool = json.loads(prompt.partition("this function:\n")[2].partition("\n\n")[0])
        seed = int(re.search(r"request number (\d+)", prompt)[1])  # type: ignore[index]
        arguments = {
            name: schema["enum"][0] if "enum" in schema else seed + 3 if schema["type"] == "integer" else "green tea"
            for name, schema in tool["parameters"]["properties"].items()
            if name in tool["parameters"]["required"]
        }
        request = "I would like " + " and ".join(f"{name} {value}" for name, value in arguments.items())
        return f"Sure!\n```json\n{json.dumps({'request': request, 'arguments': arguments})}\n```"
    return "Yes."


@dataclass
class Asked:
    prompt: str
    body: dict[str, Any]
    headers: dict[str, str]
    at: float


class Teacher:
    """What was asked, in order of arrival, and the script that says what comes back."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.probes: list[Asked] = []
        self.under_way = self.most_under_way = 0
        self.lock = threading.Lock()

    @property
    def prompts(self) -> list[str]:
        return [asked.prompt for asked in self.asked]

    def respond(self, asked: Asked) -> Response:
        with self.lock:
            if asked.prompt == "Say yes.":
                self.probes.append(asked)
                number = -1
            else:
                self.asked.append(asked)
                number = len(self.asked) - 1
        return self.script(asked.prompt, number) if number >= 0 else Response(completion("Yes.", 10))

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count a request as under way."""
        with self.lock:
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            yield
        finally:
            with self.lock:
                self.under_way -= 1


@contextmanager
def teaching(script: Script = well) -> Iterator[tuple[Teacher, str]]:
    """A teacher on a free port of this machine, and its base URL."""
    teacher = Teacher(script)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer takes 40 ms more

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(body["messages"][-1]["content"], body, headers, time.monotonic())
            with teacher.counted():
                self.send(teacher.respond(asked))

        def send(self, response: Response) -> None:
            time.sleep(response.delay)
            if response.hang_up:
                self.close_connection = True
                return
            content = response.body.encode()
            self.send_response(response.status)
            for name, value in {"Content-Type": response.kind, **response.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if response.dribble:
                for index in range(len(content)):
                    self.wfile.write(content[index : index + 1])
                    time.sleep(response.dribble)
            else:
                self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 64

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that went away is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield teacher, f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
