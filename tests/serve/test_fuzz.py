"""Requests that were bent out of shape: each is answered or refused, none breaks the server or makes it grow.

A few hundred here; `SFTCTL_FUZZ=10000 pytest tests/serve/test_fuzz.py -s` sends more, and says what came back.
"""

import json
import math
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest
from engines import open_engine
from serving import TIME, WEATHER, wait_for

from sftctl.core.manager import Plugins
from sftctl.core.types import Engine
from sftctl.plugins.hermes import Hermes
from sftctl.serve.app import create_app
from sftctl.serve.chat import ChatModel
from sftctl.serve.server import running
from sftctl.serve.service import Service

COUNT = int(os.environ.get("SFTCTL_FUZZ", "300"))
GROWTH = 100_000
"""Bytes per request, at most, that memory may grow by once it is warm; and never more than 60 MB over a long run."""
CALL = {"id": "c1", "type": "function", "function": {"name": "now", "arguments": "{}"}}
FLAT_TOOLS = [{"type": "function", **tool["function"]} for tool in (WEATHER, TIME)]
SCHEMA = {"type": "object", "properties": {"a": {"enum": [1, "x", None]}, "b": {"type": "array", "maxItems": 2}}}
BODIES: list[tuple[str, dict[str, Any]]] = [
    ("chat/completions", {"messages": [{"role": "user", "content": "hello"}], "temperature": 0.7, "seed": 1, "n": 2}),
    (
        "chat/completions",
        {
            "messages": [
                {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
                {"role": "user", "content": "time?"},
                {"role": "assistant", "content": None, "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "c1", "content": "noon"},
            ],
            "tools": [WEATHER, TIME],
            "tool_choice": "auto",
            "parallel_tool_calls": False,
            "stream": True,
            "stream_options": {"include_usage": True},
        },
    ),
    (
        "chat/completions",
        {
            "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}],
            "continue_final_message": True,
            "echo": True,
            "structured_outputs": {"regex": "[a-c]{2,5}(d|e/)?"},
            "repetition_penalty": 1.2,
            "min_tokens": 2,
            "stop_token_ids": [3, 4],
        },
    ),
    ("completions", {"prompt": "x", "grammar": 'root ::= "a" | "b" [0-9]{1,3}', "ignore_eos": False, "max_tokens": 9}),
    ("completions", {"prompt": "x", "guided_choice": ["yes", "no"], "include_stop_str_in_output": True, "stop": "e"}),
    (
        "chat/completions",
        {
            "messages": [{"role": "user", "content": "weather"}],
            "tools": [WEATHER],
            "tool_choice": {"type": "function", "function": {"name": "get_weather"}},
            "logit_bias": {"5": -1.5},
            "stop": ["x", "\n"],
            "logprobs": True,
            "top_logprobs": 2,
            "presence_penalty": 0.5,
        },
    ),
    (
        "chat/completions",
        {
            "messages": [{"role": "user", "content": "json"}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA, "strict": True}},
        },
    ),
    ("completions", {"prompt": ["one", "two"], "echo": True, "logprobs": 1, "top_p": 0.9, "temperature": 1.0}),
    ("completions", {"prompt": [5, 6, 7], "stream": True, "frequency_penalty": 1, "stop": "a"}),
    ("responses", {"input": "hello", "instructions": "Be brief.", "tools": FLAT_TOOLS, "tool_choice": "required"}),
    (
        "responses",
        {
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "time?"}]},
                {"type": "function_call", "call_id": "c1", "name": "now", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c1", "output": "noon"},
            ],
            "text": {"format": {"type": "json_schema", "name": "x", "schema": SCHEMA}},
            "stream": True,
        },
    ),
]
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 2, 1.5, -0.0, 1e308, math.nan, math.inf, 2**31, 2**63, 10**400, -(2**70)),
    *(
        "",
        "x",
        "\x00",
        "\ud800",
        "ß",
        "👋" * 50,
        "a" * 3000,
        "null",
        "auto",
        "<|im_end|>",
        "<tool_call>\n{",
        "../../etc",
    ),
    *([], [[]], [None], {}, {"": ""}, {"type": "object"}, {"$ref": "#"}, {"type": "function"}, [{}] * 200),
    {"anyOf": [{"not": {}}, {"pattern": "(a+)+$"}]},
    {"type": "array", "minItems": 10**9},
]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a body with each key or index of it."""
    items = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    for key, inner in items:
        yield value, key
        yield from places(inner)


def bend(draw: random.Random, body: dict[str, Any]) -> None:
    """Change one thing somewhere."""
    container, key = draw.choice([*places(body)])
    kind = draw.randrange(6)
    if kind == 0:
        del container[key]
    elif kind == 1 and isinstance(container, dict):
        container[draw.choice([f"{key}s", "", "type", "name", "content", "model", "$ref", "x" * 200])] = container.pop(
            key
        )
    elif kind == 2 and isinstance(container, list):
        container.extend(deepcopy([container[key]] * draw.choice([1, 3, 200])))
    elif kind == 3:
        other, where = draw.choice([*places(body)])
        container[key] = deepcopy(other[where])
    elif kind == 4:
        for _ in range(draw.choice([1, 3, 120])):
            container[key] = [container[key]] if draw.random() < 0.5 else {"items": container[key]}
    else:
        container[key] = deepcopy(draw.choice(ODD))


def request(number: int) -> tuple[str, bytes]:
    draw = random.Random(number)
    path, body = deepcopy(draw.choice(BODIES))
    body["model"] = "base"
    body["max_output_tokens" if path == "responses" else "max_tokens"] = 12
    for _ in range(draw.choice([1, 1, 1, 2, 4])):
        if body:
            bend(draw, body)
    raw = json.dumps(body).encode()
    if draw.random() < 0.05:  # not even JSON
        at = draw.randrange(len(raw))
        raw = raw[:at] + draw.choice([b"", b"\xff", b"\x00", b'"', b"}"]) + raw[at + draw.randrange(3) :]
    return path, raw


def memory() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def engine(tiny_model_dir: Path) -> Engine:
    return open_engine(tiny_model_dir)


@pytest.mark.timeout(60 + COUNT)
def test_bent_requests_are_answered_or_refused(engine: Engine, tokenizer: Any) -> None:
    service = Service([ChatModel("base", engine, Hermes(), tokenizer)], max_tokens=12, longest=64, timeout=60)
    statuses: Counter[int] = Counter()
    sizes: list[int] = []
    local = threading.local()

    def send(number: int) -> None:
        if not hasattr(local, "client"):
            local.client = httpx.Client(timeout=120)
        path, raw = request(number)
        response = local.client.post(f"{url}/{path}", content=raw)
        statuses[response.status_code] += 1
        assert response.status_code < 500, (number, path, raw[:2000], response.text)
        if response.status_code != 200:
            assert {"message", "type", "param", "code"} == set(response.json()["error"]), (number, response.text)
        elif response.headers["content-type"].startswith("text/event-stream"):
            assert '"type": "server_error"' not in response.text, (number, path, raw[:2000], response.text)
        if number % 50 == 0:
            sizes.append(memory())

    with running(create_app(Plugins(), service)) as url, ThreadPoolExecutor(8) as asking:
        for _ in asking.map(send, range(COUNT)):
            pass
        wait_for(lambda: engine.stats().running == engine.stats().waiting == 0, 20)
    assert statuses[200] > COUNT / 20 and statuses[400] > COUNT / 20
    warm, end = sizes[len(sizes) // 3], sizes[-1]
    print(f"\n{COUNT} requests: {dict(statuses)}; memory {warm >> 20} MB after a third, {end >> 20} MB at the end")
    assert end - warm < min(COUNT * GROWTH, 60_000_000)
