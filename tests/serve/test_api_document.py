"""The OpenAPI document says what the service takes and gives."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fakes import ScriptedEngine
from jsonschema import Draft202012Validator
from serving import WEATHER, script

from sftctl.core.manager import Plugins
from sftctl.plugins.hermes import Hermes
from sftctl.serve.adapters_api import Admin
from sftctl.serve.app import create_app
from sftctl.serve.chat import ChatModel
from sftctl.serve.middleware import ApiKeys
from sftctl.serve.server import running
from sftctl.serve.service import Service

KEY = {"Authorization": "Bearer boss"}


def no_run(run: str, name: str) -> ChatModel:
    raise AssertionError("nothing is loaded here")


@pytest.fixture(scope="module")
def root(tokenizer: Any) -> Iterator[str]:
    service = Service([ChatModel("base", ScriptedEngine(tokenizer, script), Hermes(), tokenizer)])
    with running(create_app(Plugins(), service, admin=Admin(ApiKeys(["boss"]), no_run))) as url:
        yield url.removesuffix("/v1")


@pytest.fixture(scope="module")
def document(root: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{root}/openapi.json").json()
    return found


def fits(document: dict[str, Any], schema: dict[str, Any], value: Any) -> bool:
    """Whether a value is what a schema of the document says."""
    validator = Draft202012Validator({**schema, "components": document["components"]})
    return bool(validator.is_valid(value))


def answers(document: dict[str, Any], path: str, response: httpx.Response, method: str = "get") -> bool:
    """Whether a response is what the document says of its status."""
    said = document["paths"][path][method]["responses"][str(response.status_code)]["content"]
    kind = response.headers["content-type"].partition(";")[0]
    return kind != "application/json" or fits(document, said[kind]["schema"], response.json())


@pytest.mark.parametrize(
    ("path", "right", "wrong"),
    [
        ("/v1/chat/completions", {"model": "base", "messages": [{"role": "user", "content": "x"}]}, {"model": "base"}),
        ("/v1/completions", {"model": "base", "prompt": [1, 2]}, {"model": "base", "prompt": {}}),
        ("/v1/responses", {"model": "base", "input": [{"role": "user", "content": "x"}]}, {"model": "base"}),
        ("/v1/responses/input_tokens", {"model": "base", "input": "x"}, {"model": "base", "input": 5}),
        ("/v1/load_lora_adapter", {"lora_name": "a", "load_inplace": True}, {"lora_name": 5}),
        ("/v1/unload_lora_adapter", {"lora_name": "a"}, {"lora_path": "a"}),
    ],
)
def test_bodies_are_described(
    root: str, document: dict[str, Any], path: str, right: dict[str, Any], wrong: dict[str, Any]
) -> None:
    schema = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert fits(document, schema, right)
    assert not fits(document, schema, wrong)
    assert not fits(document, schema, right | {"colour": "red"})
    refused = httpx.post(root + path, json=wrong, headers=KEY)
    assert refused.status_code == 400
    assert answers(document, path, refused, "post")


def test_answers_are_described(root: str, document: dict[str, Any]) -> None:
    made = httpx.post(f"{root}/v1/responses", json={"model": "base", "input": "hello"})
    assert answers(document, "/v1/responses", made, "post")
    stored = f"{root}/v1/responses/{made.json()['id']}"
    assert answers(document, "/v1/responses/{id}", httpx.get(stored))
    assert answers(document, "/v1/responses/{id}/cancel", httpx.post(f"{stored}/cancel"), "post")
    for path in ("/health", "/ready", "/metrics", "/v1/models"):
        assert answers(document, path, httpx.get(root + path))
    assert answers(document, "/v1/models/{name}", httpx.get(f"{root}/v1/models/nope"))


SAID = {"role": "user", "content": "x"}
CHAT, COMPLETIONS, RESPONSES = "/v1/chat/completions", "/v1/completions", "/v1/responses"
BASES: dict[str, dict[str, Any]] = {CHAT: {"messages": [SAID]}, COMPLETIONS: {"prompt": "x"}, RESPONSES: {"input": "x"}}
FLAT = {"type": "function", "name": "f"}
REGEX = {"regex": ".*"}
CONTINUED = {"messages": [SAID, {"role": "assistant", "content": "x"}], "continue_final_message": True, "echo": True}
ANY_OF = {"type": "allowed_tools", "mode": "auto", "tools": [FLAT]}


@pytest.mark.parametrize(
    ("path", "change", "right"),
    [
        *((path, {"stream_options": {}, "stream": stream}, stream) for path in BASES for stream in (True, False)),
        (CHAT, {"tool_choice": "auto"}, True),
        (CHAT, {"tool_choice": "required"}, False),
        (CHAT, {"parallel_tool_calls": False}, False),
        (CHAT, {"parallel_tool_calls": False, "tools": []}, True),
        (CHAT, {"top_logprobs": 0}, False),
        (CHAT, {"top_logprobs": 0, "logprobs": True}, True),
        (CHAT, {"max_tokens": 1, "max_completion_tokens": 1}, False),
        (CHAT, {"max_tokens": 1, "max_completion_tokens": None}, True),
        (CHAT, {"messages": [{"role": "user"}]}, False),
        (CHAT, {"messages": [{"role": "assistant"}]}, False),
        (CHAT, {"messages": [{"role": "assistant", "refusal": "no"}]}, True),
        (CHAT, {"messages": [{"role": "tool", "content": "x"}]}, False),
        (CHAT, {"messages": [SAID | {"tool_call_id": "c"}]}, False),
        (CHAT, {"messages": [SAID | {"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": ""}}]}]}, False),
        (CHAT, REGEX, True),
        (CHAT, REGEX | {"regex": None, "guided_regex": ".*", "response_format": {"type": "text"}}, True),
        (CHAT, REGEX | {"guided_regex": ".*"}, False),
        (CHAT, REGEX | {"response_format": {"type": "json_object"}}, False),
        (CHAT, REGEX | {"tools": [WEATHER]}, False),
        (CHAT, REGEX | {"tools": [WEATHER], "tool_choice": "none"}, True),
        (CHAT, {"structured_outputs": {"regex": ".*", "choice": ["x"]}}, False),
        (CHAT, {"echo": True}, False),
        (CHAT, {"use_beam_search": False, "n_predict": None, "typical_p": 1}, True),
        (CHAT, {"use_beam_search": True}, False),
        (CHAT, {"n_predict": 5}, False),
        (COMPLETIONS, {"min_keep": 0}, True),
        (RESPONSES, {"options": {}, "max_tool_calls": 1}, True),
        (RESPONSES, {"max_tokens": 5}, False),
        (CHAT, {"add_generation_prompt": False}, False),
        (CHAT, CONTINUED, True),
        (CHAT, CONTINUED | {"add_generation_prompt": True}, False),
        (COMPLETIONS, REGEX, True),
        (COMPLETIONS, REGEX | {"ebnf": 'root ::= "x"'}, False),
        (COMPLETIONS, {"max_tokens": 0}, False),
        (COMPLETIONS, {"max_tokens": 0, "echo": True}, True),
        (COMPLETIONS, {"best_of": 2}, False),
        (COMPLETIONS, {"best_of": 1}, True),
        (COMPLETIONS, {"best_of": 2, "n": 2}, True),
        (RESPONSES, {"tool_choice": ANY_OF, "tools": []}, False),
        (RESPONSES, {"tool_choice": ANY_OF, "tools": [FLAT]}, True),
        (RESPONSES, {"top_logprobs": 1}, False),
        (RESPONSES, {"top_logprobs": 1, "include": ["message.output_text.logprobs"]}, True),
    ],
)
def test_what_goes_together_is_described(
    root: str, document: dict[str, Any], path: str, change: dict[str, Any], right: bool
) -> None:
    schema = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    asked = {"model": "base", **BASES[path], **change}
    assert fits(document, schema, asked) == right
    assert (httpx.post(root + path, json=asked).status_code == 200) == right


def test_a_path_says_all_its_methods(root: str) -> None:
    for path, methods in (
        ("/v1/responses/x", "DELETE, GET"),
        ("/v1/responses/input_tokens", "POST"),
        ("/v1/models", "GET"),
        ("/v1/chat/completions", "POST"),
    ):
        refused = httpx.request("PUT", root + path)
        assert (refused.status_code, refused.headers["allow"]) == (405, methods)


@pytest.mark.parametrize("path", ["/v1/responses/{id}", "/v1/responses/{id}/input_items"])
def test_queries_are_described(root: str, document: dict[str, Any], path: str) -> None:
    """What the document allows is taken; its names are all that is taken."""
    made = httpx.post(f"{root}/v1/responses", json={"model": "base", "input": "hello"}).json()
    url = root + path.format(id=made["id"])
    values = {"limit": "5", "order": "asc", "include[]": "x"}
    for parameter in document["paths"][path]["get"]["parameters"]:
        name = parameter["name"]
        if parameter["in"] == "query" and name != "after":
            value = values.get(name, parameter["schema"].get("enum", [""])[0])
            assert httpx.get(url, params={name: value}).status_code == 200, name
    assert answers(document, path, httpx.get(url, params={"colour": "red"}))


def test_while_models_load_it_says_what_the_document_says(tokenizer: Any, document: dict[str, Any]) -> None:
    with running(create_app(Plugins(), Service())) as url:
        ready = httpx.get(f"{url.removesuffix('/v1')}/ready")
        assert ready.status_code == 503
        assert answers(document, "/ready", ready)
        assert answers(document, "/v1/models", httpx.get(f"{url}/models"))
