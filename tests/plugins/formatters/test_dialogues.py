"""Any conversation, written in any shape, comes back as itself and is trained on."""

import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import FORMATTERS, gist, spec

from sftctl.core.datasets import Row, detect
from sftctl.core.stages.rendering import render_all
from sftctl.plugins.hermes import Hermes

words = st.text("abcdefghij 'é{}[]()\"\\,=:", min_size=1, max_size=20).filter(lambda text: text == text.strip() != "")
names = st.from_regex(r"[a-z]{1,8}(_[a-z]{1,5})?", fullmatch=True)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e6, 1e6) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(names, inner, max_size=2),
    max_leaves=4,
)
tool_names = st.lists(names, min_size=1, max_size=3, unique=True)


@st.composite
def dialogues(draw: Any) -> dict[str, Any]:
    """What a row of any shape can say: a system text, tools, and turns of text or calls with results."""
    tools = draw(tool_names)
    turns: list[Any] = []
    for _ in range(draw(st.integers(1, 3))):
        turns.append(("user", draw(words)))
        if draw(st.booleans()):
            call = st.tuples(st.sampled_from(tools), st.dictionaries(names, values, max_size=3))
            turns.append(("calls", draw(st.lists(call, min_size=1, max_size=2))))
            turns += [("result", draw(words)) for _ in turns[-1][1]]
        turns.append(("assistant", draw(words)))
    return {"system": draw(words), "tools": tools, "turns": turns}


def expected(dialogue: dict[str, Any]) -> list[Any]:
    said: list[Any] = [("system", dialogue["system"], [])]
    for kind, what in dialogue["turns"]:
        if kind == "calls":
            said.append(("assistant", None, what))
        else:
            said.append(("tool" if kind == "result" else kind, what, []))
    return said


# ---------------------------------------------------------------- one writer for each shape


def openai(dialogue: dict[str, Any]) -> dict[str, Any]:
    messages = [{"role": "system", "content": dialogue["system"]}]
    for kind, what in dialogue["turns"]:
        if kind == "calls":
            calls = [{"function": {"name": name, "arguments": json.dumps(given)}} for name, given in what]
            messages.append({"role": "assistant", "content": None, "tool_calls": calls})
        else:
            messages.append({"role": "tool" if kind == "result" else kind, "content": what})
    return {"messages": messages, "tools": [{"type": "function", "function": spec(n)} for n in dialogue["tools"]]}


def anthropic(dialogue: dict[str, Any]) -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    ids: list[str] = []
    for kind, what in dialogue["turns"]:
        if kind == "calls":
            ids = [f"t{len(messages)}_{number}" for number in range(len(what))]
            given = [(name, json.dumps(arguments)) for name, arguments in what]  # nulls of a struct would be Arrow's
            blocks = [
                {"type": "tool_use", "id": i, "name": n, "input": a} for i, (n, a) in zip(ids, given, strict=True)
            ]
            messages.append({"role": "assistant", "content": blocks})
        elif kind == "result":
            block = {"type": "tool_result", "tool_use_id": ids.pop(0), "content": what}
            if messages[-1]["role"] == "assistant":
                messages.append({"role": "user", "content": []})
            messages[-1]["content"].append(block)
        else:
            messages.append({"role": kind, "content": what})
    tools = [{"name": n, "description": f"To {n}.", "input_schema": spec(n)["parameters"]} for n in dialogue["tools"]]
    return {"system": dialogue["system"], "messages": messages, "tools": tools}


def swift(dialogue: dict[str, Any]) -> dict[str, Any]:
    """ShareGPT's speakers as roles of `messages`, all results of a turn in one list."""
    messages: list[dict[str, Any]] = []
    speakers = {"calls": "tool_call", "result": "tool_response"}
    for kind, what in dialogue["turns"]:
        calls = [{"name": name, "arguments": given} for name, given in what] if kind == "calls" else []
        text = json.dumps(calls) if calls else what
        if kind == "result" and messages[-1]["role"] == "tool_response":
            before = messages.pop()["content"]
            text = json.dumps([before, what])
        messages.append({"role": speakers.get(kind, kind), "content": text})
    if not any(message["role"] in speakers.values() for message in messages):
        messages[0] = {"from": "human", "value": messages[0]["content"]}
    return {"messages": messages, "tools": [spec(name) for name in dialogue["tools"]], "system": dialogue["system"]}


def gemini(dialogue: dict[str, Any]) -> dict[str, Any]:
    """Results are told by id; the nulls are Arrow's."""
    contents: list[dict[str, Any]] = []
    names: list[tuple[str, str]] = []
    for kind, what in dialogue["turns"]:
        if kind == "calls":
            names = [(name, f"id-{len(contents)}-{number}") for number, (name, _) in enumerate(what)]
            arguments = [json.dumps(given) for _, given in what]  # nulls of a struct would be Arrow's
            calls = [{"id": id, "name": name, "args": a} for (name, id), a in zip(names, arguments, strict=True)]
            parts = [{"functionCall": call} for call in calls]
            contents.append({"role": "model", "parts": parts})
        elif kind == "result":
            name, id = names.pop(0)
            given = {"functionResponse": {"id": id, "name": name, "response": {"result": what}}}
            contents.append({"role": "user", "parts": [given, {"text": None}]})
        else:
            contents.append({"role": "model" if kind == "assistant" else "user", "parts": [{"text": what}]})
    declared = [spec(name) | {"parameters": {"type": "OBJECT", "properties": {}}} for name in dialogue["tools"]]
    system = {"parts": [{"text": dialogue["system"]}]}
    return {"systemInstruction": system, "contents": contents, "tools": [{"functionDeclarations": declared}]}


def gemini_in_snakes(dialogue: dict[str, Any]) -> dict[str, Any]:
    """As Google's Python library writes it, without ids."""
    text = json.dumps(gemini(dialogue))
    for camel in ("systemInstruction", "functionCall", "functionResponse", "functionDeclarations"):
        text = text.replace(f'"{camel}"', f'"{re.sub("(?=[A-Z])", "_", camel).lower()}"')
    return dict(json.loads(re.sub(r'"id": "id-\d+-\d+", ', "", text)))


def sharegpt(dialogue: dict[str, Any]) -> dict[str, Any]:
    speakers = {"user": "human", "assistant": "gpt", "calls": "function_call", "result": "observation"}
    turns = []
    for kind, what in dialogue["turns"]:
        calls = [{"name": name, "arguments": given} for name, given in what] if kind == "calls" else []
        text = json.dumps(calls if len(calls) > 1 else calls[0]) if calls else what
        turns.append({"from": speakers[kind], "value": text})
    tools = json.dumps([spec(name) for name in dialogue["tools"]])
    return {"conversations": turns, "tools": tools, "system": dialogue["system"]}


def hermes(dialogue: dict[str, Any]) -> dict[str, Any]:
    tools = "\n".join(json.dumps({"type": "function", "function": spec(name)}) for name in dialogue["tools"])
    system = f"{dialogue['system']}\n\n# Tools\nHere they are:\n<tools>\n{tools}\n</tools>\nCall <tool_call> so."
    turns = [{"from": "system", "value": system}]
    speakers = {"user": "human", "assistant": "gpt", "calls": "gpt", "result": "tool"}
    for kind, what in dialogue["turns"]:
        if kind == "calls":
            calls = [json.dumps({"name": name, "arguments": given}) for name, given in what]
            what = "\n".join(f"<tool_call>\n{call}\n</tool_call>" for call in calls)
        elif kind == "result":
            what = f"<tool_response>\n{what}\n</tool_response>"
        turns.append({"from": speakers[kind], "value": what})
    return {"conversations": turns}


def glaive(dialogue: dict[str, Any]) -> dict[str, Any]:
    tools = "\n\n".join(json.dumps(spec(name), indent=4) for name in dialogue["tools"])
    chat = []
    for kind, what in dialogue["turns"]:
        if kind == "calls":
            for name, given in what:
                arguments = json.dumps(given).replace("'", "\\'")
                chat.append(
                    f'ASSISTANT: <functioncall> {{"name": "{name}", "arguments": \'{arguments}\'}} <|endoftext|>'
                )
        else:
            speaker = {"user": "USER", "assistant": "ASSISTANT", "result": "FUNCTION RESPONSE"}[kind]
            chat.append(f"{speaker}: {what}" + " <|endoftext|>" * (kind == "assistant"))
    offer = "with access to the following functions. Use them if required -"
    return {"system": f"SYSTEM: {dialogue['system']} {offer}\n{tools}", "chat": "\n\n\n".join(chat)}


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("openai", openai),
        ("openai", anthropic),
        ("sharegpt", sharegpt),
        ("sharegpt", swift),
        ("sharegpt", hermes),
        ("gemini", gemini),
        ("gemini", gemini_in_snakes),
    ],
)
@settings(max_examples=40, deadline=None)
@given(dialogue=dialogues())
def test_a_dialogue_is_the_same_in_every_shape(
    tokenizer: Any, name: str, write: Callable[[Any], dict[str, Any]], dialogue: dict[str, Any]
) -> None:
    check(tokenizer, name, write(dialogue), dialogue)


@settings(max_examples=40, deadline=None)
@given(dialogue=dialogues())
def test_a_dialogue_is_the_same_in_glaives_strings(tokenizer: Any, dialogue: dict[str, Any]) -> None:
    dialogue["system"] = "You are a helpful assistant"
    turns = dialogue["turns"]  # it knows no two calls in a turn
    turns = [turn for before, turn in pairwise([("", ""), *turns]) if before[0] != "result" or turn[0] != "result"]
    dialogue["turns"] = [(kind, what[:1] if kind == "calls" else what) for kind, what in turns]
    check(tokenizer, "glaive", glaive(dialogue), dialogue)


def check(tokenizer: Any, name: str, row: dict[str, Any], dialogue: dict[str, Any]) -> None:
    """The row's shape is told, it says what the dialogue says, and every call is paired with its result."""
    assert detect([Row("a:1", row)], FORMATTERS.values())[0].formatter.name == name
    example = FORMATTERS[name].to_example(row)
    assert gist(example) == expected(dialogue)
    assert [tool["function"] for tool in example.tools] == [spec(tool) for tool in dialogue["tools"]]
    ids = [call["id"] for m in example.messages for call in m.get("tool_calls") or ()]
    assert ids == [m["tool_call_id"] for m in example.messages if m["role"] == "tool"]
    assert len(set(ids)) == len(ids)
    (rendered,) = render_all([example], Hermes(), tokenizer, None, lambda event: None)
    assert rendered.labels.count(tokenizer.eos_token_id) == sum(turn[0] == "assistant" for turn in gist(example))
