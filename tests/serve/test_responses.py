"""The Responses API: items, events, what is stored, and the official client's helpers."""

from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel
from serving import SCRIPT, TIME, WEATHER, events, post

TOOLS: list[dict[str, Any]] = [{"type": "function", **tool["function"]} for tool in (WEATHER, TIME)]


def body(text: Any, **more: Any) -> dict[str, Any]:
    return {"model": "exact", "input": text, **more}


def test_text_and_calls(url: str) -> None:
    answer = post(url, "responses", body("both", tools=TOOLS))
    message, weather, now = answer["output"]
    assert message["content"][0]["text"] == "Let me look."
    assert [(each["name"], each["arguments"]) for each in (weather, now)] == [
        ("get_weather", '{"city": "Rome"}'),
        ("now", "{}"),
    ]
    assert len({weather["call_id"], now["call_id"], weather["id"], now["id"]}) == 4
    assert (answer["status"], answer["error"], answer["incomplete_details"]) == ("completed", None, None)
    assert {item["status"] for item in answer["output"]} == {"completed"}
    assert answer["usage"]["total_tokens"] == answer["usage"]["input_tokens"] + answer["usage"]["output_tokens"]


@pytest.mark.parametrize("text", ["hello", "weather", "both", "long"])
def test_the_events_of_a_stream(url: str, text: str) -> None:
    asked = body(text, tools=TOOLS, max_output_tokens=200)
    found = events(url, "responses", asked)
    whole = post(url, "responses", asked)
    assert [event["sequence_number"] for event in found] == list(range(len(found)))
    assert [event["type"] for event in found[:2]] == ["response.created", "response.in_progress"]
    assert found[-1]["type"] == ("response.incomplete" if text == "long" else "response.completed")
    assert simple(found[-1]["response"]) == simple(whole)
    for at, item in enumerate(found[-1]["response"]["output"]):
        about = [event for event in found if event.get("output_index") == at]
        assert about[0]["type"] == "response.output_item.added"
        assert about[-1] == about[-1] | {"type": "response.output_item.done", "item": item}
        deltas = "".join(event["delta"] for event in about if event["type"].endswith(".delta"))
        assert deltas == (item["arguments"] if item["type"] == "function_call" else item["content"][0]["text"])


def simple(response: dict[str, Any]) -> dict[str, Any]:
    """Without what differs from one response to the next."""
    output = [{k: v for k, v in item.items() if k not in ("id", "call_id")} for item in response["output"]]
    left_out = ("id", "created_at", "completed_at")
    return {k: v for k, v in response.items() if k not in left_out} | {"output": output}


def test_results_are_given_back(url: str) -> None:
    first = post(url, "responses", body("weather", tools=TOOLS, store=False))
    made = first["output"][0]
    result = {"type": "function_call_output", "call_id": made["call_id"], "output": "21 degrees"}
    items = [{"role": "user", "content": "weather"}, *first["output"], result]
    answer = post(url, "responses", body(items, tools=TOOLS, instructions="Be brief."))
    assert answer["output"][0]["content"][0]["text"] == "The result is 21 degrees."


def test_going_on_from_what_is_stored(url: str, client: OpenAI) -> None:
    first: Any = client.responses.create(model="exact", input="weather", tools=TOOLS)  # type: ignore[call-overload]
    result: Any = [{"type": "function_call_output", "call_id": first.output[0].call_id, "output": "mild"}]
    second = client.responses.create(model="exact", input=result, previous_response_id=first.id)
    assert second.output_text == "The result is mild."
    assert client.responses.retrieve(first.id).output[0].type == "function_call"
    client.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError, match=r"with id .* not found"):
        client.responses.retrieve(first.id)
    with pytest.raises(openai.BadRequestError, match=r"with id .* not found") as caught:
        client.responses.create(model="exact", input="x", previous_response_id=first.id)
    assert (caught.value.param, caught.value.code) == ("previous_response_id", "previous_response_not_found")
    unkept = client.responses.create(model="exact", input="hello", store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(unkept.id)


def test_what_was_written_can_be_referred_to(client: OpenAI, url: str) -> None:
    """As some clients do instead of sending it again."""
    first: Any = client.responses.create(model="exact", input="both", tools=TOOLS)  # type: ignore[call-overload]
    written: Any = [{"type": "item_reference", "id": item.id} for item in first.output]
    results: Any = [
        {"type": "function_call_output", "call_id": item.call_id, "output": "mild"} for item in first.output[1:]
    ]
    said: Any = [{"role": "user", "content": "both"}, *written, *results]
    second = client.responses.create(model="exact", input=said)
    assert second.output_text == "The result is mild."
    listed = client.responses.input_items.list(second.id, order="asc")
    assert [item.type for item in listed.data] == [
        "message",
        *[item.type for item in first.output],
        *["function_call_output"] * 2,
    ]
    client.responses.delete(first.id)
    gone = httpx.post(f"{url}/responses", json=body(said))
    assert (gone.status_code, gone.json()["error"]["param"]) == (404, "input")


def test_a_streamed_response_is_stored_too(client: OpenAI) -> None:
    with client.responses.stream(model="exact", input="hello") as stream:
        final = stream.get_final_response()
    assert final.output_text == SCRIPT["hello"] == client.responses.retrieve(final.id).output_text


def test_structured_output(client: OpenAI) -> None:
    class Report(BaseModel):
        city: str
        degrees: int

    parsed = client.responses.parse(model="exact", input="json", text_format=Report)
    assert parsed.output_parsed == Report(city="Köln", degrees=21)


def test_what_is_cut_off_is_incomplete(url: str) -> None:
    answer = post(url, "responses", body("long", max_output_tokens=5))
    assert (answer["status"], answer["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert answer["output"][0]["status"] == "incomplete"


def test_logprobs(url: str) -> None:
    answer = post(url, "responses", body("hello", include=["message.output_text.logprobs"], top_logprobs=1))
    assert len(answer["output"][0]["content"][0]["logprobs"]) > 5
    assert len(answer["output"][0]["content"][0]["logprobs"][0]["top_logprobs"]) == 1


@pytest.mark.parametrize("text", ["hello", "less", "both", "half"])
def test_every_token_of_the_text_is_scored_and_no_other(url: str, text: str) -> None:
    """Also those that only show with the next one: half a character, or what might have become a call."""
    asked = body(text, model="base", tools=TOOLS, include=["message.output_text.logprobs"], top_logprobs=1)
    answer = post(url, "responses", asked)
    for item in answer["output"]:
        if item["type"] == "message":
            part = item["content"][0]
            spelled = b"".join(bytes(each["bytes"]) for each in part["logprobs"]).decode()
            assert spelled.strip() == part["text"].strip()
    found = events(url, "responses", asked)
    deltas = [score for event in found if event["type"] == "response.output_text.delta" for score in event["logprobs"]]
    messages = [item for item in answer["output"] if item["type"] == "message"]
    assert deltas == [score for item in messages for score in item["content"][0]["logprobs"]]


def test_reasoning_of_others_is_passed_over_and_said_so(url: str) -> None:
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "abc"}
    items = [{"role": "user", "content": "a"}, thought, {"role": "assistant", "content": "b"}]
    response = httpx.post(f"{url}/responses", json=body([*items, {"role": "user", "content": "hello"}]))
    assert response.json()["output"][0]["content"][0]["text"] == SCRIPT["hello"]
    assert response.headers["x-sftctl-ignored"] == "input[1]"


def test_what_is_stored_is_neither_streamed_nor_cancelled(url: str) -> None:
    stored = f"{url}/responses/{post(url, 'responses', body('hello'))['id']}"
    assert httpx.get(stored, params={"stream": "false"}).status_code == 200
    refused = httpx.get(stored, params={"stream": "true"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "stream")
    assert httpx.post(f"{stored}/cancel").status_code == 400
    assert httpx.post(f"{url}/responses/resp_none/cancel").status_code == 404


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"input": []}, "input"),
        ({"input": [{"type": "computer_call", "id": "x"}]}, "input[0].type"),
        ({"input": [{"type": "item_reference"}]}, "input[0].id"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0].type"),
        ({"input": [{"type": "function_call_output", "call_id": "x", "output": ""}]}, "input"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tools": TOOLS, "tool_choice": {"type": "function", "name": "nope"}}, "tool_choice"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"background": True}, "background"),
        ({"conversation": "x"}, "conversation"),
        ({"reasoning": {"effort": "high"}}, "reasoning.effort"),
        ({"truncation": "auto"}, "truncation"),
        ({"text": {"format": {"type": "json_schema", "name": "x", "schema": {"not": {}}}}}, "text.format.schema"),
        ({"text": {"format": {"type": "yaml"}}}, "text.format.type"),
        ({"model": "base", "text": {"format": {"type": "json_object"}}}, "text.format"),
        ({"model": "base", "tools": [TOOLS[0] | {"strict": True}]}, "tools[0].strict"),
        ({"tools": [TOOLS[0] | {"parameters": {"type": "string"}}]}, "tools[0].parameters"),
        ({"model": "small", "input": "word " * 200}, "input"),
        ({"input": [{"type": "function_call", "call_id": "x", "name": "now", "arguments": ""}]}, "input"),
        ({"top_logprobs": 3}, "top_logprobs"),
        ({"inputs": 1}, "inputs"),
    ],
)
def test_refusals(url: str, change: dict[str, Any], param: str) -> None:
    response = httpx.post(f"{url}/responses", json=body("hello") | change)
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["type"]) == (400, param, "invalid_request_error")


def test_what_was_asked_can_be_listed(url: str, client: OpenAI) -> None:
    said: Any = [
        {"role": "user", "content": "weather"},
        {"type": "function_call", "call_id": "c1", "name": "now", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "noon"},
        {"role": "assistant", "content": "It is noon."},
        {"role": "user", "content": [{"type": "input_text", "text": "hello"}]},
    ]
    made = client.responses.create(model="exact", input=said)
    listed = list(client.responses.input_items.list(made.id, order="asc", limit=2))  # over all pages
    assert [item.type for item in listed] == ["message", "function_call", "function_call_output", "message", "message"]
    assert [item.content[0].text for item in listed if item.type == "message"] == ["weather", "It is noon.", "hello"]  # type: ignore[union-attr]
    newest = [item.id for item in client.responses.input_items.list(made.id)]
    assert newest == [item.id for item in listed][::-1]
    more = client.responses.create(model="exact", input="hello", previous_response_id=made.id)
    (own,) = client.responses.input_items.list(more.id)
    assert (own.type, own.content[0].text) == ("message", "hello")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("query", "status", "param"),
    [
        ("limit=0", 400, "limit"),
        ("limit=x", 400, "limit"),
        ("limit=101", 400, "limit"),
        ("order=up", 400, "order"),
        ("after=msg_x", 400, "after"),
        ("page=2", 400, "page"),
    ],
)
def test_pages_that_cannot_be_listed(url: str, query: str, status: int, param: str) -> None:
    made = post(url, "responses", body("hello"))
    refused = httpx.get(f"{url}/responses/{made['id']}/input_items?{query}")
    assert (refused.status_code, refused.json()["error"]["param"]) == (status, param)


def test_what_was_not_stored_has_no_items(url: str) -> None:
    made = post(url, "responses", body("hello", store=False))
    refused = httpx.get(f"{url}/responses/{made['id']}/input_items")
    assert refused.status_code == 404
    assert "not found" in refused.json()["error"]["message"]


def test_tokens_are_counted_before_they_are_asked(client: OpenAI) -> None:
    first = client.responses.create(model="exact", input="hello", instructions="Be brief.")
    counted = client.responses.input_tokens.count(model="exact", input="hello", instructions="Be brief.")
    assert first.usage and counted.input_tokens == first.usage.input_tokens
    more: Any = {"input": "weather", "tools": TOOLS, "previous_response_id": first.id}
    second: Any = client.responses.create(model="exact", **more)
    assert client.responses.input_tokens.count(model="exact", **more).input_tokens == second.usage.input_tokens
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.input_tokens.count(model="exact", input="hello", personality="friendly")
    assert caught.value.param == "personality"
