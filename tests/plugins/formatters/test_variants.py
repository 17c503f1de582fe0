"""Rows of a known shape as some people write them: the numbers of choices, results, texts of lists, tools, calls."""

import json
from typing import Any

import pytest

from sftctl.core.datasets import Row, detect
from sftctl.core.errors import DataError
from sftctl.core.manager import plugin_manager
from sftctl.core.types import Example
from sftctl.plugins.formatters import brackets

FORMATTERS = plugin_manager().formatters()
USER, DONE = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}
SPEC = {"name": "f", "parameters": {"type": "object", "properties": {}}}
TOOL = {"type": "function", "function": SPEC}


def read(row: dict[str, Any]) -> Example:
    """What the formatter that is chosen for a row makes of it."""
    return detect([Row("a:1", row)], FORMATTERS.values())[0].formatter.to_example(row)


def said(example: Example) -> list[tuple[str, Any]]:
    return [(message["role"], message["content"]) for message in example.messages]


# ---------------------------------------------------------------- choices


@pytest.mark.parametrize(
    "row",
    [
        {"choices": ["8", "2", "right", "120"], "answer": 2},
        {"choices": ["1", "right", "3", "4"], "answer": 1},
        {"choices": ["right", "0"], "label": "0"},
        {"choices": {"text": ["3", "right", "2", "4"], "label": ["1", "2", "3", "4"]}, "answerKey": "2"},
        {"choices": {"text": ["2", "right"], "label": ["A", "B"]}, "answer": "B"},
        {"choices": ["2", "4", "right"], "answer": "right"},
        {"sol1": "1", "sol2": "right", "label": 1},
        {"options": {"A": "x", "B": "right", "C": None}, "answer": "right", "answer_idx": "B"},
        {"options": {"A": "right", "B": "y"}, "answer": "A"},
    ],
)
def test_the_right_choice_is_that_of_the_number_or_label(row: dict[str, Any]) -> None:
    assert said(read({"question": "a", **row})) == [("user", "a"), ("assistant", "right")]


# ---------------------------------------------------------------- results


def results(*given: dict[str, Any], ids: tuple[str | None, ...] = (None, None)) -> list[tuple[str, str]]:
    """Name of the call that each result belongs to, and the result."""
    calls = [{"id": id, "function": {"name": name, "arguments": {}}} for id, name in zip(ids, "fg", strict=True)]
    told = [{"role": "tool", **result} for result in given]
    example = read({"messages": [USER, {"role": "assistant", "tool_calls": calls}, *told, DONE], "tools": [TOOL]})
    names = {call["id"]: call["function"]["name"] for call in example.messages[1]["tool_calls"]}
    return [(names[m["tool_call_id"]], m["content"]) for m in example.messages if m["role"] == "tool"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([{"name": "g", "content": "1"}, {"name": "f", "content": "2"}], [("g", "1"), ("f", "2")]),
        ([{"name": "g", "content": "1"}, {"content": "2"}], [("g", "1"), ("f", "2")]),
        ([{"content": "1"}, {"content": "2"}], [("f", "1"), ("g", "2")]),
        ([{"name": "x", "content": "1"}, {"name": "g", "content": "2"}], [("f", "1"), ("g", "2")]),
    ],
)
def test_a_result_without_an_id_is_of_the_call_by_its_name(given: Any, expected: Any) -> None:
    assert results(*given) == expected


def test_an_id_that_is_made_is_none_that_was_given() -> None:
    given = {"tool_call_id": "call_2", "content": "1"}, {"content": "2"}
    assert results(*given, ids=("call_2", None)) == [("f", "1"), ("g", "2")]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"sky": "wet"}, '{"sky": "wet"}'),
        ([{"type": "hotel", "name": "é"}], '[{"type": "hotel", "name": "é"}]'),
        ([{"type": ["hotel"]}], '[{"type": ["hotel"]}]'),
        ([1], "[1]"),
        (True, "true"),
        ([{"type": "text", "text": "wet"}], "wet"),
        ([], ""),
    ],
)
def test_a_result_may_be_any_value(content: Any, text: str) -> None:
    assert results({"content": content}) == [("f", text)]


def test_a_result_that_is_a_picture_is_refused() -> None:
    with pytest.raises(DataError, match=r"a part \(image_url\) that cannot be shown"):
        results({"content": [{"type": "image_url"}]})


# ---------------------------------------------------------------- lists as texts


@pytest.mark.parametrize("write", [json.dumps, repr, lambda value: json.dumps(value, indent=1), lambda v: f" {v}"])
def test_a_list_of_messages_may_be_text_in_json_or_pythons_spelling(write: Any) -> None:
    row = {"prompt": write([{"content": "it's", "role": "user"}]), "completion": write([DONE])}
    assert said(read(row)) == [("user", "it's"), ("assistant", "b")]
    assert said(read({"messages": write([USER, DONE])})) == [("user", "a"), ("assistant", "b")]


@pytest.mark.parametrize("prompt", ['[{"id": 1, "role": "admin"}] Who is it?', "[{'a': 1}]", "[1]", '["role"]'])
def test_other_json_in_a_prompt_is_what_the_user_says(prompt: str) -> None:
    assert said(read({"prompt": prompt, "completion": "b"})) == [("user", prompt), ("assistant", "b")]


def test_a_list_of_messages_that_breaks_off_is_refused() -> None:
    with pytest.raises(DataError, match="'prompt' is no JSON: it breaks off"):
        read({"prompt": '[{"role": "user", "content": "a"}', "completion": "b"})


def test_a_key_that_is_given_twice_is_no_matter_of_spelling() -> None:
    with pytest.raises(DataError, match="'messages' is no JSON: 'role' is given twice"):
        read({"messages": '[{"role": "user", "role": "user"}]'})


# ---------------------------------------------------------------- tools


@pytest.mark.parametrize("tools", ["null", repr([TOOL]), {"f": SPEC}, {"tools": [TOOL]}, json.dumps({"f": SPEC}), TOOL])
def test_tools_of_a_row_in_other_spellings(tools: Any) -> None:
    example = read({"messages": [USER, DONE], "tools": tools})
    assert example.tools == (() if tools == "null" else (TOOL,))


# ---------------------------------------------------------------- calls and turns in texts


@pytest.mark.parametrize(
    ("written", "arguments"),
    [
        ('[f(from="Oslo", class = \'x\', to="a, in=b")]', {"from": "Oslo", "class": "x", "to": "a, in=b"}),
        ('[f(a="says \\"from=x\\"")]', {"a": 'says "from=x"'}),
    ],
)
def test_an_argument_in_brackets_may_have_a_name_that_python_reserves(written: str, arguments: Any) -> None:
    assert brackets.take_calls(written, [TOOL]) == [{"name": "f", "arguments": arguments}]


@pytest.mark.parametrize(
    ("chat", "expected"),
    [
        ("USER: a\n\n\nASSISTANT: Set\nUSER: admin <|endoftext|>", [("user", "a"), ("assistant", "Set\nUSER: admin")]),
        ("USER: a\nASSISTANT: b", [("user", "a"), ("assistant", "b")]),
    ],
)
def test_blank_lines_part_the_turns_of_a_chat(chat: str, expected: Any) -> None:
    persona = "You are {name}."
    assert said(read({"system": f"SYSTEM: {persona}", "chat": chat})) == [("system", persona), *expected]


def test_a_chat_may_call_twice_in_a_turn() -> None:
    call = '<functioncall> {"name": "f", "arguments": \'{"a": %d}\'} '
    example = read({"system": f"SYSTEM: {json.dumps(SPEC)}", "chat": f"USER: a\n\n\nASSISTANT: b {call % 1}{call % 2}"})
    assert said(example)[1:] == [("assistant", "b")] and example.calls == [("f", {"a": 1}), ("f", {"a": 2})]


@pytest.mark.parametrize(("human", "model"), [("Human", "GPT"), ("User", "Assistant")])
def test_speakers_by_other_names(human: str, model: str) -> None:
    call = {"from": "function-call", "value": json.dumps({"name": "f", "arguments": {}})}
    turns = [{"from": human, "value": "a"}, call, {"from": "ipython", "value": "wet"}, {"from": model, "value": "b"}]
    example = read({"conversations": turns, "tools": [TOOL]})
    assert [message["role"] for message in example.messages] == ["user", "assistant", "tool", "assistant"]


def test_pairs() -> None:
    row = {"source": "x", "conversation": [{"system": "s", "input": "a", "output": "b"}, {"input": "c", "output": "d"}]}
    turns = [("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")]
    assert said(read(row)) == [("system", "s"), *turns]


# ---------------------------------------------------------------- calls and speakers

CALLS = [{"name": "f", "arguments": {"a": 1}}, {"name": "f", "arguments": {"a": 2}}]


@pytest.mark.parametrize(
    "turn",
    [
        {"from": "gpt", "value": f"<tool_call>{json.dumps(CALLS)}</tool_call>"},
        {"from": "function_call", "value": json.dumps(CALLS)},
        {"from": "function_call", "value": f"<tool_call>{json.dumps(CALLS)}</tool_call>"},
    ],
)
def test_several_calls_may_stand_in_a_list(turn: dict[str, str]) -> None:
    _, answer = read({"conversations": [{"from": "human", "value": "a"}, turn], "tools": [TOOL]}).messages
    assert [json.loads(call["function"]["arguments"]) for call in answer["tool_calls"]] == [{"a": 1}, {"a": 2}]


def test_what_is_thought_before_a_call_is_kept() -> None:
    thought = "<think>\nf, {first}\n</think>"
    call = {"from": "function_call", "value": f"{thought}\n\n{json.dumps(CALLS[0])}"}
    turns = [{"from": "human", "value": "a"}, call]
    _, answer = read({"conversations": turns, "tools": [TOOL]}).messages
    assert answer["content"] == thought
    assert len(answer["tool_calls"]) == 1


def test_a_system_prompt_stands_beside_turns() -> None:
    turns = [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]
    example = read({"system_prompt": "s", "conversations": turns})
    assert said(example) == [("system", "s"), ("user", "a"), ("assistant", "b")]


def test_roles_may_be_capitalised_and_llamas() -> None:
    call = {"role": "Assistant", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}
    messages = [{"role": "User", "content": "a"}, call, {"role": "ipython", "content": "1"}, DONE]
    assert [role for role, _ in said(read({"messages": messages}))] == ["user", "assistant", "tool", "assistant"]
