"""What a conversation holds beside plain turns: calls as text, personas around tools, masks, and columns beside it."""

import json
from typing import Any

import pytest
from shapes import FORMATTERS, TURNS, gist, learned, spec

from sftctl.core.datasets import Row, detect
from sftctl.core.errors import DataError

CALLED = '{"name": "f", "arguments": {"a": 1}}'
WRITTEN = [
    f"<tool_call>{CALLED}</tool_call>",
    f"<TOOLCALL>[{CALLED}]</TOOLCALL>",
    f"[TOOL_CALLS] [{CALLED}]</s>",
    '<|python_tag|>{"name": "f", "parameters": {"a": 1}}<|eom_id|>',
    f"\n{CALLED}\n",
    f"[{CALLED}]",
    "[f(a=1)]",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_a_call_to_a_declared_tool_that_is_written_as_text_is_a_call(text: str) -> None:
    tools, user = [spec("f")], {"role": "user", "content": "a"}
    rows = {
        "openai": {"messages": [user, {"role": "assistant", "content": text}]},
        "sharegpt": {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": text}]},
        "alpaca": {"instruction": "a", "output": text},
        "prompt-completion": {"prompt": "a", "completion": text},
        "preference": {"prompt": "a", "chosen": text, "rejected": "b"},
    }
    for shape, row in rows.items():
        called = FORMATTERS[shape].to_example(row | {"tools": tools})
        assert gist(called) == [("user", "a", []), ("assistant", None, [("f", {"a": 1})])]
    other = FORMATTERS["prompt-completion"].to_example(rows["prompt-completion"])
    assert other.messages[-1] == {"role": "assistant", "content": text}


@pytest.mark.parametrize(
    "text", ['{"name": "g", "arguments": {}}', '{"name": "f"}', "[f]", "f(a=1)", "[]", "[TOOL_CALLS]"]
)
def test_what_is_no_call_to_a_declared_tool_stays_text(text: str) -> None:
    row = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": text}], "tools": [spec("f")]}
    assert gist(FORMATTERS["openai"].to_example(row))[1] == ("assistant", text, [])


def test_a_user_who_says_a_result_between_tags_is_the_tool() -> None:
    said = [
        ("user", "a"),
        ("assistant", WRITTEN[0]),
        ("user", "<tool_response>\nwet\n</tool_response>"),
        ("assistant", "b"),
    ]
    row = {"messages": [{"role": who, "content": what} for who, what in said], "tools": [spec("f")]}
    message = FORMATTERS["openai"].to_example(row).messages[2]
    assert message == {"role": "tool", "tool_call_id": "call_1", "content": "wet"}


SHOWN = json.dumps([spec("f")])
PERSONAS = [
    (
        "You are Bob, a pirate. It is 9 May 2024.Here is a list of functions in JSON format that you can invoke:\n"
        f"{SHOWN}. \nShould you decide to return the function call(s), put it in the format of [func1(a=1)]\n"
        "NO other text MUST be included.\n\nAlways answer in Norwegian.",
        "You are Bob, a pirate. It is 9 May 2024.\n\nAlways answer in Norwegian.",
    ),
    (
        f"You are Bob, a helpful function calling AI model for Acme. Today is Monday. <tools>{SHOWN}</tools>",
        "You are Bob, a helpful function calling AI model for Acme. Today is Monday.",
    ),
    (
        f"You use tools well.\nYou are a function calling AI model. Here are the tools: <tools>{SHOWN}</tools> "
        "For each call return its function so:\n<tool_call>\n{'name': <name>}\n</tool_call>\n\nThe user lives in Oslo.",
        "You use tools well.\nThe user lives in Oslo.",
    ),
]


@pytest.mark.parametrize(("system", "persona"), PERSONAS)
def test_what_a_system_text_says_beside_its_tools_stays(system: str, persona: str) -> None:
    turns = [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]
    example = FORMATTERS["sharegpt"].to_example({"system": system, "conversations": turns})
    assert example.messages[0] == {"role": "system", "content": persona}
    assert [tool["function"] for tool in example.tools] == [spec("f")]


CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    "said",
    [
        {"content": "I look.", "tool_calls": [CALL]},
        {"content": "", "tool_calls": [CALL]},
        {"content": None, "tool_calls": [CALL], "reasoning_content": "hm"},
        {"content": [{"type": "text", "text": "b"}]},
    ],
)
def test_openais_messages_are_themselves_in_sharegpts_column(said: dict[str, Any]) -> None:
    messages = [{"role": "developer", "content": "s"}, {"role": "user", "content": "a"}, {"role": "assistant", **said}]
    messages += [{"role": "tool", "tool_call_id": "c", "content": "1"}] if "tool_calls" in said else []
    row = {"conversations": messages, "tools": [spec("f")]}
    assert detect([Row("a:1", row)], FORMATTERS.values())[0].formatter.name == "sharegpt"
    assert FORMATTERS["sharegpt"].to_example(row) == FORMATTERS["openai"].to_example({**row, "messages": messages})


@pytest.mark.parametrize("mask", [{"weight": 0}, {"loss": False}, {"train": 0}, {"training": False}], ids=str)
@pytest.mark.parametrize(
    ("shape", "turns", "who", "what"),
    [
        ("openai", "messages", ("role", "user", "assistant"), "content"),
        ("sharegpt", "conversations", ("from", "human", "gpt"), "value"),
        ("sharegpt", "conversations", ("role", "user", "assistant"), "content"),
    ],
)
def test_what_is_masked_is_not_learned(
    tokenizer: Any, shape: str, turns: str, who: tuple[str, str, str], what: str, mask: dict[str, Any]
) -> None:
    key, user, assistant = who
    said = [(user, "a", mask), (assistant, "bad", mask), (user, "b", {}), (assistant, "good", {})]
    row = {turns: [{key: speaker, what: text, **more} for speaker, text, more in said]}
    assert learned(tokenizer, FORMATTERS[shape].to_example(row)) == "good<|im_end|>"


BESIDE = [
    ("openai", {"messages": TURNS}),
    ("sharegpt", {"conversations": TURNS}),
    ("alpaca", {"instruction": "a", "output": "b"}),
    ("prompt-completion", {"prompt": TURNS[:1], "completion": TURNS[1:]}),
    ("preference", {"prompt": "a", "chosen": "b", "rejected": "c"}),
    ("xlam", {"query": "a", "answers": [{"name": "f", "arguments": {}}]}),
    ("next-call", {"messages": TURNS[:1], "call": {"name": "f", "arguments": {}}}),
]


@pytest.mark.parametrize(("shape", "row"), BESIDE, ids=[shape for shape, _ in BESIDE])
def test_what_stands_beside_a_conversation_is_read_in_every_shape(shape: str, row: dict[str, Any]) -> None:
    row = row | {"tools": [spec("f")], "parallel_tool_calls": False, "label": True}
    best = detect([Row("a:1", row)], FORMATTERS.values())[0]
    assert (best.formatter.name, best.ignores) == (shape, ())
    assert best.formatter.to_example(row).parallel_tool_calls is False
    openais = {"input": row, "preferred_output": TURNS[1:], "non_preferred_output": []}
    if shape == "openai":
        assert FORMATTERS["preference"].to_example(openais).parallel_tool_calls is False
    with pytest.raises(DataError, match="its 'label' is false, so its answer is none to learn"):
        best.formatter.to_example(row | {"label": False})
