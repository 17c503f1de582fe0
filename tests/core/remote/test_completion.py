"""Chat completions as endpoints write them, and as they should not."""

import json
import re
from typing import Any

import pytest

from sftctl.core.remote.completion import read_answer
from sftctl.core.remote.retries import Garbled
from sftctl.core.types import Answer, tool_call

KEY = "sk-secret-123"
CALLED = tool_call("fan", {"speed": 2})
FUNCTION = CALLED["function"]


def read(message: dict[str, Any], key: str = KEY, **more: Any) -> Answer:
    return read_answer(json.dumps({"choices": [{"message": message}], **more}), key)


@pytest.mark.parametrize(
    ("said", "more"),
    [
        ({"content": None, "tool_calls": [CALLED]}, {}),
        ({"tool_calls": [{"function": FUNCTION | {"arguments": {"speed": 2}}}]}, {}),
        ({"content": None, "function_call": FUNCTION}, {}),
        ({"content": None, "function_call": FUNCTION, "tool_calls": []}, {}),
        ({"content": None, "tool_calls": [CALLED]}, {"usage": [1]}),
        ({"content": None, "tool_calls": [CALLED]}, {"usage": {"prompt_tokens": "many", "completion_tokens": -3}}),
    ],
)
def test_a_call_is_read_however_it_is_written(said: dict[str, Any], more: dict[str, Any]) -> None:
    message = {"role": "assistant", "content": None, "tool_calls": [CALLED]}
    assert read(said, **more) == Answer(message, "", "stop", 0, 0)


def test_content_may_be_a_list_of_texts() -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "21 or 22?"}]}
    parts = [thought, {"type": "text", "text": "It is "}, {"type": "text", "text": "21."}]
    assert read({"content": parts}).text == "It is 21."


@pytest.mark.parametrize("key", ["", "a", "none", "EMPTY", "not-needed"])
def test_a_word_in_place_of_a_key_may_be_said_too(key: str) -> None:
    said = {"role": "assistant", "content": f"{key} at all", "tool_calls": [tool_call("fan", {"speed": key})]}
    assert read(said, key).message == said


def test_a_key_that_is_repeated_is_cut_out() -> None:
    said = {"content": f"You are {KEY}.", "tool_calls": [tool_call("login", {"key": KEY})]}
    message = read(said).message
    assert message["content"] == "You are ***."
    assert message["tool_calls"][0]["function"]["arguments"] == '{"key": "***"}'


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("<html>", "Expecting value: line 1"),
        ("[]", "`it` is []"),
        ('{"error": "overloaded"}', "`choices` is null"),
        ('{"choices": []}', "`choices[0]` is null"),
        ('{"choices": [{}]}', "`message` is null"),
        ('{"choices": [{"message": {"content": 5}}]}', "`content` is 5"),
        ('{"choices": [{"message": {"content": [{"type": "image"}]}}]}', "`content.text` is null"),
        ('{"choices": [{"message": {"tool_calls": [5]}}]}', "`tool_calls` is 5"),
        ('{"choices": [{"message": {"tool_calls": [{"function": {"arguments": ""}}]}}]}', "`name` is null"),
        ('{"choices": [{"message": {"tool_calls": [{"function": {"name": "f"}}]}}]}', "`arguments` is null"),
    ],
)
def test_what_is_no_part_of_a_completion_is_named(body: str, named: str) -> None:
    with pytest.raises(Garbled, match=rf"no chat completion \({re.escape(named)}.*\): '{re.escape(body[:80])}'"):
        read_answer(body, KEY)
