"""The streaming parser of calls: however a text is cut, it says what the whole text says."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sftctl.core.types import Delta, fold
from sftctl.plugins.hermes import Hermes
from sftctl.plugins.json_calls import JsonEnd

FORMAT = Hermes()
OPEN, CLOSE = "<tool_call>", "</tool_call>"

ARGUMENTS = [
    "{}",
    '{"a": "</tool_call>"}',
    '{"a": {"b": [1, "}\\"{"]}}',
    '{"a": "日本 👍"}',
    '{"a": NaN}',
    "[1]",
    '{"a"',
]
CALLS = [f'{OPEN}\n{{"name": "f", "arguments": {arguments}}}\n{CLOSE}' for arguments in ARGUMENTS]
PIECES = [*CALLS, "text", "\n", " ", "a < b", OPEN, CLOSE, "<tool", '{"name": "f", "arguments": ', "}", '"']
texts = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)


def read(text: str, cuts: list[int], *, eager: bool) -> tuple[dict[str, Any], list[Delta]]:
    parser = FORMAT.parser(eager=eager)
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    deltas = [d for start, end in pairwise(edges) for d in parser.push(text[start:end])]
    deltas += parser.finish()
    return fold(deltas, parser.error), deltas


@settings(max_examples=1500, deadline=None)
@given(texts, st.lists(st.integers(0, 10_000), max_size=8), st.booleans())
def test_any_cutting_joins_to_the_whole(text: str, cuts: list[int], eager: bool) -> None:
    whole, _ = read(text, [], eager=eager)
    assert read(text, cuts, eager=eager)[0] == whole
    assert read(text, list(range(len(text))), eager=eager)[0] == whole  # one character at a time
    if not eager:
        assert FORMAT.parse(text) == whole


@settings(max_examples=500, deadline=None)
@given(texts)
def test_what_is_malformed_is_never_lost(text: str) -> None:
    message = FORMAT.parse(text)
    if "parse_error" in message and "tool_calls" not in message:
        assert message["content"] == text
    elif "parse_error" in message:
        assert any(text.endswith(message["content"][at:]) for at in range(len(message["content"])))
    for call in message.get("tool_calls", ()):
        assert isinstance(json.loads(call["function"]["arguments"]), dict)


def test_calls_before_a_malformed_one_stand() -> None:
    message = FORMAT.parse(f"Look.\n{CALLS[0]}\n{CALLS[4]}")
    assert [call["function"]["arguments"] for call in message["tool_calls"]] == ["{}"]
    assert message["content"] == f"Look.\n{CALLS[4]}"
    assert "JSON compliant" in message["parse_error"]


def test_text_after_a_call_is_content() -> None:
    message = FORMAT.parse(f"{CALLS[0]} and more")
    assert (len(message["tool_calls"]), message["content"]) == (1, " and more")
    assert "text after" in message["parse_error"]


def test_eager_gives_arguments_as_they_are_written() -> None:
    text = f"Look.\n{CALLS[2]}\n{CALLS[0]}"
    message, deltas = read(text, list(range(len(text))), eager=True)
    assert message == FORMAT.parse(text)
    begun = deltas.index(Delta(index=0, name="f"))
    assert "".join(delta.content for delta in deltas[:begun]) == "Look."
    fragments = [delta.arguments for delta in deltas if delta.index == 0 and delta.arguments]
    assert len(fragments) == len('{"a": {"b": [1, "}\\"{"]}}')
    assert [delta.index for delta in deltas if delta.name] == [0, 1]


@pytest.mark.parametrize(
    ("text", "arguments", "error"),
    [
        (f'{OPEN}\n{{"name": "f", "arguments": {{"a": [1, ', '{"a": [1, ', "is cut off"),
        (f'{OPEN}\n{{"name": "f", "arguments": {{}}}}\n</tool', "{}", "is not closed"),
    ],
)
def test_an_eager_call_that_is_cut_off_stays_as_far_as_it_came(text: str, arguments: str, error: str) -> None:
    message, _ = read(text, [5, 9], eager=True)
    assert message["tool_calls"][0]["function"]["arguments"] == arguments
    assert (message["content"], error in message["parse_error"]) == (None, True)
    careful = FORMAT.parse(text)
    assert (careful["content"], "tool_calls" in careful) == (text, False)


def test_many_calls_do_not_recurse() -> None:
    assert len(FORMAT.parse("\n".join(CALLS[:1] * 3000))["tool_calls"]) == 3000


def test_the_end_of_an_object() -> None:
    end = JsonEnd()
    assert [end.find(piece) for piece in ('{"a\\', '"}": [{', "}]", "}x")] == [4, 7, 2, 1]
    assert end.closed
