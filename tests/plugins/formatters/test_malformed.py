"""For every shape, what can be wrong with a row of it: named by file and line, with what is wrong."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from sftctl.core.datasets import examples_of
from sftctl.core.errors import DataError
from sftctl.core.manager import Plugins, plugin_manager

USER, CALL = {"role": "user", "content": "a"}, {"function": {"name": "f", "arguments": "{}"}}
SPEC = {"name": "f", "parameters": {"type": "object", "properties": {}}}
GOOD: dict[str, dict[str, Any]] = {
    "openai": {"messages": [USER, {"role": "assistant", "content": None, "tool_calls": [CALL]}], "tools": [SPEC]},
    "example": {"messages": [{"role": "assistant", "content": "a"}], "source": "", "category": "", "seed": 0},
    "next-call": {"messages": [USER], "tools": [SPEC], "call": {"name": "f", "arguments": {}}},
    "sharegpt": {
        "conversations": [
            {"from": "human", "value": "a"},
            {"from": "function_call", "value": '{"name": "f", "arguments": {}}'},
            {"from": "gpt", "value": "b"},
        ],
        "tools": json.dumps([SPEC]),
    },
    "gemini": {
        "contents": [
            {"role": "user", "parts": [{"text": "a"}]},
            {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]},
        ],
        "tools": [{"functionDeclarations": [SPEC]}],
    },
    "pairs": {"conversation": [{"input": "a", "output": "b"}]},
    "alpaca": {"instruction": "a", "input": "b", "output": "c"},
    "prompt-completion": {"prompt": "a", "completion": "b"},
    "preference": {"prompt": "a", "chosen": "b", "rejected": "c"},
    "xlam": {"query": "a", "tools": json.dumps([SPEC]), "answers": '[{"name": "f", "arguments": {}}]'},
    "glaive": {
        "system": f"SYSTEM: {json.dumps(SPEC)}",
        "chat": 'USER: a\n\n\nASSISTANT: <functioncall> {"name": "f", "arguments": \'{}\'} <|endoftext|>',
    },
    "slots": {"intent": "Greet", "data": [{"text": "a"}, {"text": "b", "entity": "name"}]},
    "choice": {"question": "a", "choices": ["b", "c"], "label": 0},
    "chatml": {"text": "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>"},
    "text": {"text": "a"},
}


def gemini(role: str, part: Any) -> dict[str, Any]:
    return {"contents": [{"role": role, "parts": [part]}]}


def assistant(**more: Any) -> dict[str, Any]:
    return {"messages": [USER, {"role": "assistant", **more}], "tools": [SPEC]}


BROKEN: list[tuple[str, dict[str, Any], str]] = [
    ("openai", {"messages": None}, "it has no 'messages'"),
    ("openai", {"messages": "[{"}, "'messages' is no JSON"),
    ("openai", {"messages": ""}, "'messages' is no JSON: the text is empty"),
    ("openai", {"messages": "[1] 2"}, "'messages' is no JSON: there is more after its end, at character 5"),
    ("openai", {"messages": "[a]"}, "'messages' is no JSON: Expecting value at character 2, where 'a' stands"),
    ("openai", {"messages": '["a"'}, "'messages' is no JSON: it breaks off at character 5"),
    ("openai", {"tools": [7]}, "entry 1 of 'tools': a tool must be an object, not a number"),
    ("openai", {"messages": {}}, "'messages' must be a list, not an object"),
    ("openai", {"messages": []}, "no message is the assistant's"),
    ("openai", {"messages": [USER]}, "no message is the assistant's"),
    ("openai", {"messages": ["hi"]}, "message 1 has no role of system"),
    ("openai", {"messages": [{"role": "robot", "content": "a"}]}, "message 1 has no role of system"),
    ("openai", {"messages": [{"role": "user"}]}, "message 1: it has no content"),
    ("openai", {"messages": [{"role": "user", "content": 7}]}, "message 1: its content must be text, not a number"),
    (
        "openai",
        {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
        r"a part \(image_url\) that cannot",
    ),
    ("openai", assistant(content=[{"type": "tool_use", "input": {}}]), r"message 2: a call has no name"),
    ("openai", assistant(content=[{"type": "tool_use", "name": "f", "input": 3}]), "must be an object, not a number"),
    ("openai", assistant(content="b") | {"system": 3}, "'system' must be text, not a number"),
    ("openai", assistant(content=None), "message 2: it has neither content nor tool calls"),
    ("openai", assistant(content="b", weight=2), "message 2: its weight must be 0 or 1, not 2"),
    ("openai", assistant(content="b", weight=True), "message 2: its weight must be 0 or 1, not True"),
    ("openai", assistant(content="b", weight=0), "every message of the assistant has weight 0"),
    ("openai", {"messages": [USER | {"weight": 1}]}, "message 1: it has weight 1, but only"),
    ("openai", {"messages": [USER | {"train": True}]}, "message 1: it has train True, but only"),
    ("openai", assistant(content="b", loss=0.7), "message 2: its loss must be true or false, not 0.7"),
    ("openai", assistant(content="b") | {"label": False}, "its 'label' is false, so its answer is none to learn"),
    ("openai", assistant(tool_calls={}), "message 2: 'tool_calls' must be a list, not an object"),
    ("openai", assistant(tool_calls=["f"]), "message 2: a call must be an object, not text"),
    ("openai", assistant(tool_calls=[{"id": "c"}]), r"message 2: a call has no name \(it has id\)"),
    ("openai", assistant(tool_calls=[{"name": "f", "arguments": "{"}]), "arguments of the call to 'f' are no JSON"),
    (
        "openai",
        assistant(tool_calls=[{"name": "f", "arguments": '{"a": 1, "a": 2}'}]),
        "to 'f' are no JSON: 'a' is given tw",
    ),
    (
        "openai",
        assistant(tool_calls=[{"name": "f", "arguments": '{"a": NaN}'}]),
        "to 'f' are no JSON: it holds NaN, which",
    ),
    ("openai", assistant(tool_calls=[{"name": "f", "arguments": [1]}]), "must be an object, not a list"),
    ("openai", assistant(tool_calls=[{"name": "g"}]) | {"tools": None}, "'g' is called, and no tool of that name"),
    ("openai", assistant(content="<tool_call>{</tool_call>"), "message 2: a <tool_call> is no JSON"),
    ("openai", assistant(content='<tool_call>{"name": "f"}</tool_call> so'), "there is text after a <tool_call>: 'so'"),
    ("openai", assistant(content="<TOOLCALL>[{]</TOOLCALL>"), "message 2: what follows <TOOLCALL> is no JSON"),
    ("openai", {"tools": "no"}, "'tools' is no JSON"),
    ("openai", {"tools": [{"description": "x"}]}, r"entry 1 of 'tools': a tool has no name"),
    ("openai", {"tools": 7}, "'tools' must be a list, not a number"),
    ("openai", {"parallel_tool_calls": "yes"}, "'parallel_tool_calls' must be true or false, not text"),
    ("example", {"seed": "x"}, "'seed' must be a number, not text"),
    ("example", {"messages": None}, "it has no 'text'"),
    ("next-call", {"call": None}, "it has no 'call'"),
    ("next-call", {"call": {"arguments": {}}}, "a call has no name"),
    ("next-call", {"call": "f"}, "'call' is no JSON"),
    ("next-call", {"messages": None}, "it has no 'messages'"),
    ("next-call", {"reply": 3}, "'reply' must be text, not a number"),
    ("sharegpt", {"conversations": None}, "it has no 'conversations'"),
    ("sharegpt", {"conversations": 3}, "'conversations' must be a list, not a number"),
    ("sharegpt", {"conversations": [3]}, "turn 1: it must be an object, not a number"),
    ("sharegpt", {"conversations": [{"from": "bard", "value": "a"}]}, "turn 1: 'bard' is not a speaker"),
    ("sharegpt", {"conversations": [{"from": ["gpt"], "value": "a"}]}, "is not a speaker"),
    ("sharegpt", {"conversations": [{"value": "a"}]}, "turn 1: it has no 'from'"),
    ("sharegpt", {"conversations": [{"from": "gpt"}]}, "turn 1: it has no text in 'value'"),
    ("sharegpt", {"conversations": [{"from": "human", "value": "a"}]}, "no message is the assistant's"),
    ("sharegpt", {"conversations": [{"from": "function_call", "value": "f()"}]}, "turn 1: the call is no JSON"),
    ("sharegpt", {"conversations": [{"from": "gpt", "value": "[f(1)]"}]}, "turn 1: the call to 'f' in brackets"),
    ("sharegpt", {"conversations": [{"from": "gpt", "value": "a", "weight": 2}]}, "turn 1: its weight must be 0 or 1"),
    ("sharegpt", {"conversations": [{"role": "user", "content": [1]}]}, r"turn 1: its content has a part \(a number\)"),
    ("sharegpt", {"tools": "{"}, "'tools' is no JSON"),
    ("sharegpt", {"system": 3}, "'system' must be text, not a number"),
    ("pairs", {"conversation": None}, "it has no 'conversation'"),
    (
        "pairs",
        {"conversation": [{"input": "a", "output": "b"}, "a"]},
        "entry 2 of 'conversation': it must be an object with 'input' and 'output'",
    ),
    ("pairs", {"conversation": [{"input": "a"}]}, "entry 1 of 'conversation': it has no 'output'"),
    ("gemini", {"contents": None}, "it has no 'contents'"),
    ("gemini", {"contents": 3}, "'contents' must be a list, not a number"),
    ("gemini", {"contents": [3]}, "entry 1 of 'contents' has no role of user, model"),
    ("gemini", {"contents": [{"role": "assistant", "parts": []}]}, "entry 1 of 'contents' has no role of user"),
    ("gemini", {"contents": [{"role": "user", "parts": []}]}, "entry 1 of 'contents': it must have 'parts'"),
    ("gemini", gemini("user", 3), "entry 1 of 'contents': part 1 must be an object, not a number"),
    ("gemini", gemini("user", {"text": 3}), "entry 1 of 'contents': the text of part 1 must be text, not a number"),
    ("gemini", gemini("user", {"inlineData": {}}), r"part 1 \(inlineData\) cannot be shown to a text model"),
    ("gemini", gemini("user", {"functionCall": {"name": "f"}}), "which only the model makes"),
    ("gemini", gemini("user", {"functionResponse": 3}), "its functionResponse must be an object"),
    ("gemini", gemini("model", {"functionResponse": {"name": "f"}}), "holds a functionResponse, which comes from"),
    ("gemini", gemini("model", {"thought": True, "text": "a"}), "it has neither text nor a functionCall"),
    ("gemini", gemini("model", {"functionCall": {"args": {}}}), r"a call has no name \(it has args\)"),
    ("gemini", gemini("model", {"functionCall": {"name": "f", "args": [1]}}), "must be an object, not a list"),
    ("gemini", gemini("user", {"text": "a"}), "no message is the assistant's"),
    ("gemini", {"systemInstruction": {"parts": [{"functionCall": {}}]}}, "'systemInstruction' must hold text alone"),
    ("gemini", {"systemInstruction": 3}, "'systemInstruction' must have 'parts'"),
    (
        "gemini",
        {"tools": [{"googleSearch": {}}]},
        "entry 1 of 'tools': 'googleSearch' is a tool that its provider runs",
    ),
    ("alpaca", {"instruction": None}, "it has no 'instruction'"),
    ("alpaca", {"output": None}, "it has no 'output'"),
    ("alpaca", {"output": 3}, "'output' must be text, not a number"),
    ("alpaca", {"input": ["b"]}, "'input' must be text, not a list"),
    ("alpaca", {"history": [["a"]]}, r"entry 1 of 'history' must be a request and its answer"),
    ("prompt-completion", {"prompt": None}, "it has no 'prompt'"),
    ("prompt-completion", {"completion": None}, "it has no 'completion'"),
    ("prompt-completion", {"completion": {}}, "'completion' must be text or a list of messages, not an object"),
    ("prompt-completion", {"prompt": [{"role": "x"}]}, "message 1 of 'prompt' has no role"),
    ("prompt-completion", {"completion": [USER]}, "no message is the assistant's"),
    ("preference", {"prompt": None}, "it has no 'prompt', and 'chosen' is no list of messages"),
    ("preference", {"chosen": None}, "it has no 'chosen'"),
    ("preference", {"chosen": 3}, "'chosen' must be text or a list of messages, not a number"),
    ("preference", {"chosen": {"from": "bard", "value": "b"}}, "message 1 of 'chosen': 'bard' is not a speaker"),
    ("preference", {"history": ["a"]}, "entry 1 of 'history' must be a request and its answer"),
    ("xlam", {"query": None}, "it has no 'query'"),
    ("xlam", {"answers": None}, "it has no 'answers'"),
    ("xlam", {"answers": "[{"}, "'answers' is no JSON"),
    ("xlam", {"answers": []}, "'answers' holds no call"),
    ("xlam", {"answers": [{"arguments": {}}]}, "'answers': a call has no name"),
    ("xlam", {"tools": "[}"}, "'tools' is no JSON"),
    ("glaive", {"chat": None}, "it has no 'chat'"),
    ("glaive", {"chat": "Hello"}, "'chat' does not begin with 'USER:' or 'ASSISTANT:'"),
    ("glaive", {"chat": "USER: a"}, "no message is the assistant's"),
    ("glaive", {"chat": 'ASSISTANT: <functioncall> {"name": f}'}, "the function call in turn 1 is no JSON"),
    (
        "glaive",
        {"chat": 'ASSISTANT: <functioncall> {"name": "f", "arguments": \'{\'}'},
        "gives as arguments is no JSON",
    ),
    ("glaive", {"system": "SYSTEM: {broken"}, "what 'system' says of functions is no JSON"),
    ("slots", {"intent": None}, "it has no 'intent'"),
    ("slots", {"data": []}, "'data' is empty"),
    ("slots", {"data": "x"}, "'data' is no JSON"),
    ("slots", {"data": [{"entity": "name"}]}, r"entry 1 of 'data' must be an object with text in 'text'"),
    (
        "slots",
        {"data": [{"text": "a", "entity": 3}]},
        r"entry 1 of 'data': the name of its slot must be text, not a number",
    ),
    ("choice", {"choices": None, "sol2": "b"}, "it has no 'sol1'"),
    ("choice", {"label": None}, "it has no 'label' that says which of its 2 answers is right"),
    ("choice", {"label": 5}, r"its 'label' is 5, which is none of its answers \(0, 1\)"),
    ("choice", {"choices": ["1", "0"], "label": None, "answer": "1"}, "its 'answer' is 1, which is the text of one"),
    ("choice", {"choices": [1, 2]}, "'choices' must be a list of texts"),
    ("choice", {"choices": None}, "it has no 'choices'"),
    ("choice", {"question": None}, "it has no 'question'"),
    ("chatml", {"text": "<|im_start|>user\na"}, "'text' is no ChatML from"),
    ("text", {"text": None}, "it has no 'text'"),
    ("text", {"text": " \n"}, "'text' is empty"),
    ("text", {"text": 3}, "'text' must be text, not a number"),
]


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    return plugin_manager()


@pytest.mark.parametrize(("shape", "change", "problem"), BROKEN, ids=lambda value: str(value)[:40])
def test_what_is_wrong_with_a_row_is_named_by_file_and_line(
    plugins: Plugins, tmp_path: Path, shape: str, change: dict[str, Any], problem: str
) -> None:
    good, path = GOOD[shape], tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, [good, good, copy.deepcopy(good) | change])))
    with pytest.raises(DataError, match=rf"rows\.jsonl:3: .*{problem}"):
        list(examples_of(path, plugins))


def test_the_good_rows_are_good_and_every_shape_has_broken_ones(plugins: Plugins, tmp_path: Path) -> None:
    assert set(GOOD) == {shape for shape, _, _ in BROKEN} == set(plugins.formatters())
    for shape, row in GOOD.items():
        path = tmp_path / f"{shape}.jsonl"
        path.write_text(json.dumps(row))
        assert len(list(examples_of(path, plugins, shape))) == len(list(examples_of(path, plugins))) == 1
