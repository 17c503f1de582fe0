"""Any conversation, written in any shape, comes back as itself and is trained on; plain text is learned whole."""

import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sftctl.core.datasets import Row, detect
from sftctl.core.errors import DataError
from sftctl.core.manager import plugin_manager
from sftctl.core.stages.rendering import render_all
from sftctl.core.types import IGNORED, Example, call_of
from sftctl.plugins.hermes import Hermes

FORMATTERS = plugin_manager().formatters()

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


def spec(name: str) -> dict[str, Any]:
    return {"name": name, "description": f"To {name}.", "parameters": {"type": "object", "properties": {}}}


def gist(example: Example) -> list[Any]:
    """Who says what and calls what; ids left out."""
    return [(m["role"], m["content"], [call_of(call) for call in m.get("tool_calls") or ()]) for m in example.messages]


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


# ---------------------------------------------------------------- short shapes

TURNS = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
SHORT = [
    ("alpaca", {"instruction": "Add.", "input": "1, 2", "output": "3", "system": "Be brief."}, "Add.\n\n1, 2", "3"),
    ("alpaca", {"instruction": "Add 1, 2.", "input": "", "response": "3"}, "Add 1, 2.", "3"),
    ("alpaca", {"instruction": "a", "input": "", "output": "b", "answer": "no"}, "a", "b"),
    ("alpaca", {"instruction": "a", "input": "", "output": "b", "prompt": "a b"}, "a", "b"),
    ("alpaca", {"instruction": "a", "input": "x", "output": "b", "tools": ""}, "a\n\nx", "b"),
    ("alpaca", {"system_prompt": "s", "instruction": "a", "input": "", "output": "b"}, "a", "b"),
    ("alpaca", {"instruction": "", "input": "a", "output": "b"}, "a", "b"),
    ("prompt-completion", {"prompt": "a", "completion": "b"}, "a", "b"),
    ("prompt-completion", {"prompt": "a", "completion": "b", "instruction": "", "messages": []}, "a", "b"),
    ("prompt-completion", {"system_prompt": "s", "question": "a", "response": "b"}, "a", "b"),
    ("prompt-completion", {"question": "a", "context": "x", "answer": "b"}, "x\n\na", "b"),
    ("preference", {"prompt": "a", "chosen": "b", "rejected": "c"}, "a", "b"),
    ("preference", {"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: a\n\nAssistant: c"}, "a", "b"),
    (
        "preference",
        {
            "input": {"messages": [{"role": "user", "content": "a"}], "tools": [], "parallel_tool_calls": False},
            "preferred_output": [{"role": "assistant", "content": "b"}],
            "non_preferred_output": [{"role": "assistant", "content": "c"}],
        },
        "a",
        "b",
    ),
    ("preference", {"system": "s", "input": "a", "chosen": "b", "rejected": "c"}, "a", "b"),
    ("preference", {"instruction": "a", "input": "x", "chosen": "b", "rejected": "c"}, "a\n\nx", "b"),
    ("preference", {"question": "a", "context": "x", "chosen": "b", "rejected": "c"}, "x\n\na", "b"),
    ("preference", {"conversations": TURNS[:1], "chosen": TURNS[1], "rejected": TURNS[1]}, "a", "b"),
    ("preference", {"messages": TURNS[:1], "chosen_response": TURNS[1], "rejected_response": {}}, "a", "b"),
    (
        "preference",
        {
            "conversations": [{"from": "human", "value": "a"}],
            "chosen": {"from": "gpt", "value": "b"},
            "rejected": {"from": "gpt", "value": "c"},
        },
        "a",
        "b",
    ),
    (
        "openai",
        {"system": "s", "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
        "a",
        "b",
    ),
    ("sharegpt", {"messages": [{"role": "user", "content": "a"}, {"role": "model", "content": "b"}]}, "a", "b"),
    ("openai", {"messages": TURNS, "problem": "a", "solution": "no", "answer": "no"}, "a", "b"),
    ("openai", {"messages": json.dumps(TURNS), "system_prompt": "s", "prompt": "a", "response": "no"}, "a", "b"),
    ("sharegpt", {"conversations": TURNS, "instruction": "a", "output": "no"}, "a", "b"),
    ("gemini", {"contents": [{"role": "user", "parts": "a"}, {"role": "model", "parts": [{"text": "b"}]}]}, "a", "b"),
    ("sharegpt", {"dialog": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}, "a", "b"),
    ("choice", {"goal": "a", "sol1": "no", "sol2": "b", "label": 1}, "a", "b"),
    ("choice", {"question": "a", "choices": ["no", "b"], "answer": "B"}, "a", "b"),
    ("choice", {"question": "a", "options": ["no", "b"], "answer": "b"}, "a", "b"),
    ("choice", {"question": "a", "choices": {"text": ["no", "b"], "label": ["x", "y"]}, "answerKey": "y"}, "a", "b"),
    ("choice", {"ctx": "a", "endings": ["no", "b", "no"], "label": "1"}, "a", "b"),
]


@pytest.mark.parametrize(("name", "row", "asked", "answered"), SHORT, ids=str)
def test_one_turn(name: str, row: dict[str, Any], asked: str, answered: str) -> None:
    assert detect([Row("a:1", row)], FORMATTERS.values())[0].formatter.name == name
    *before, user, assistant = FORMATTERS[name].to_example(row).messages
    assert user == {"role": "user", "content": asked}
    assert assistant == {"role": "assistant", "content": answered}
    system = row.get("system", row.get("system_prompt"))
    assert before == ([{"role": "system", "content": system}] if system else [])


def test_geminis_parts() -> None:
    call = {"functionCall": {"name": "f", "args": {"a": 1}}, "text": None, "thoughtSignature": "x"}
    properties: dict[str, Any] = {"a": {"type": "INTEGER", "nullable": True}}
    properties["b"] = {"type": "ARRAY", "items": {"type": "STRING"}, "minItems": "1"}
    row = {
        "system_instruction": "Be brief.",
        "contents": [
            {"parts": {"text": "Do both."}},
            {"role": "model", "parts": [{"text": "Well.", "thought": True}, {"text": "I "}, {"text": "will."}, call]},
            {"role": "model", "parts": [{"functionCall": {"name": "g"}}]},
            {"role": "function", "parts": [{"functionResponse": {"name": "g", "response": {"output": [2]}}}]},
            {
                "role": "user",
                "parts": [{"functionResponse": {"name": "f", "response": {"error": "no"}}}, {"text": "And?"}],
            },
            {"role": "model", "parts": ["Done."]},
        ],
        "tools": [
            {"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT", "properties": properties}}]}
        ],
    }
    example = FORMATTERS["gemini"].to_example(row)
    assert [(m["role"], m["content"], m.get("tool_call_id")) for m in example.messages] == [
        ("system", "Be brief.", None),
        ("user", "Do both.", None),
        ("assistant", "I will.", None),
        ("tool", "[2]", "call_2"),
        ("tool", '{"error": "no"}', "call_1"),
        ("user", "And?", None),
        ("assistant", "Done.", None),
    ]
    assert [call_of(call) for call in example.messages[2]["tool_calls"]] == [("f", {"a": 1}), ("g", {})]
    assert example.messages[2]["reasoning_content"] == "Well."
    properties = example.tools[0]["function"]["parameters"]["properties"]
    assert properties["a"] == {"type": ["integer", "null"]}
    assert properties["b"] == {"type": "array", "items": {"type": "string"}, "minItems": 1}


def test_what_a_model_thought_is_kept_apart_from_what_it_said() -> None:
    blocks = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "b"}]
    row = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": blocks}]}
    (_, answer) = FORMATTERS["openai"].to_example(row).messages
    assert answer == {"role": "assistant", "content": [{"type": "text", "text": "b"}], "reasoning_content": "hm"}


def test_a_system_message_among_the_others_stands() -> None:
    messages = [{"role": r, "content": r} for r in ("system", "user", "assistant")]
    assert len(FORMATTERS["openai"].to_example({"system": "beside", "messages": messages}).messages) == 3


@pytest.mark.parametrize(
    ("shape", "row"),
    [
        ("alpaca", {"instruction": "c", "output": "d"}),
        ("prompt-completion", {"query": "c", "response": "d"}),
        ("preference", {"prompt": "c", "chosen": "d", "rejected": "e"}),
    ],
)
def test_history_comes_first_and_carries_loss(tokenizer: Any, shape: str, row: dict[str, Any]) -> None:
    example = FORMATTERS[shape].to_example(row | {"history": [["a", "b"]]})
    assert [m["content"] for m in example.messages] == ["a", "b", "c", "d"]
    assert learned(tokenizer, example) == "b<|im_end|>d<|im_end|>"


def test_chatml_becomes_the_tokens_that_it_was_written_for(tokenizer: Any) -> None:
    turns = ("system\nBe brief.", "user\n a \n\nb", "assistant\nc", "user\nd", "assistant\ne")
    written = "".join(f"<|im_start|>{turn}<|im_end|>\n" for turn in turns)
    assert detect([Row("a:1", {"text": written})], FORMATTERS.values())[0].formatter.name == "chatml"
    example = FORMATTERS["chatml"].to_example({"text": written})
    rendered = Hermes().render(example, tokenizer)
    assert rendered.input_ids == tokenizer.encode(written)
    assert learned(tokenizer, example) == "c<|im_end|>e<|im_end|>"
    assert FORMATTERS["chatml"].to_example({"text": written + "<|endoftext|>"}) == example


@pytest.mark.parametrize("rest", ["<|im_start|>user\nand", "and", "<|im_start|><|im_end|>"])
def test_chatml_that_breaks_off_says_where(rest: str) -> None:
    with pytest.raises(DataError, match=re.escape(f"'text' is no ChatML from {rest!r} on")):
        FORMATTERS["chatml"].to_example({"text": f"<|im_start|>user\na<|im_end|>{rest}"})


def learned(tokenizer: Any, example: Example) -> str:
    rendered = Hermes().render(example, tokenizer)
    return str(tokenizer.decode([label for label in rendered.labels if label != IGNORED]))


def test_a_conversational_prompt_carries_no_loss(tokenizer: Any) -> None:
    prompt = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]
    row = {"prompt": prompt, "completion": [{"role": "assistant", "content": "d"}]}
    assert learned(tokenizer, FORMATTERS["prompt-completion"].to_example(row)) == "d<|im_end|>"


def test_of_a_preference_the_chosen_conversation_is_learned(tokenizer: Any) -> None:
    asked = {"role": "user", "content": "a"}
    answers = [[{"role": "assistant", "content": text}] for text in "bc"]
    whole = {"prompt": "a", "chosen": [asked, *answers[0]], "rejected": [asked, *answers[1]]}
    beside = {"prompt": [asked], "chosen": answers[0], "rejected": answers[1]}
    for row in (whole, beside, {key: whole[key] for key in ("chosen", "rejected")}):
        example = FORMATTERS["preference"].to_example(row)
        assert gist(example) == [("user", "a", []), ("assistant", "b", [])]
        assert learned(tokenizer, example) == "b<|im_end|>"


@given(text=st.text(st.characters(exclude_categories=("Cs",)), min_size=1).filter(str.strip))
@settings(max_examples=40, deadline=None)
def test_plain_text_is_learned_whole_and_nothing_is_added(tokenizer: Any, text: str) -> None:
    example = FORMATTERS["text"].to_example({"text": text})
    (rendered,) = render_all([example], Hermes(), tokenizer, None, lambda event: None)
    assert tokenizer.decode(rendered.input_ids, skip_special_tokens=False) == text + "<|im_end|>"
    assert rendered.labels == [IGNORED, *rendered.input_ids[1:]]
    assert Example.from_row(json.loads(example.to_json())) == example


# ---------------------------------------------------------------- single shapes


def test_openais_deprecated_functions() -> None:
    row = {
        "messages": [
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
            {"role": "function", "name": "f", "content": "1"},
            {"role": "assistant", "content": "b"},
        ],
        "functions": [spec("f")],
        "parallel_tool_calls": False,
    }
    example = FORMATTERS["openai"].to_example(row)
    assert gist(example)[1:3] == [("assistant", None, [("f", {})]), ("tool", "1", [])]
    assert example.messages[2]["tool_call_id"] == example.messages[1]["tool_calls"][0]["id"]
    assert [tool["function"] for tool in example.tools] == [spec("f")]
    assert example.parallel_tool_calls is False


def test_text_before_calls_stays_in_the_turn() -> None:
    turns = [("user", "a"), ("assistant", "I look."), ("function_call", '{"name": "f"}'), ("observation", "1")]
    row = {"conversations": [{"role": who, "content": what} for who, what in turns], "tools": [spec("f")]}
    assert gist(FORMATTERS["sharegpt"].to_example(row))[1] == ("assistant", "I look.", [("f", {})])
    tagged = {"role": "assistant", "content": 'I look.\n<tool_call>\n{"name": "f"}\n</tool_call>'}
    example = FORMATTERS["openai"].to_example({"messages": [tagged], "tools": [spec("f")]})
    assert gist(example) == [("assistant", "I look.", [("f", {})])]


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


def test_bracketed_calls() -> None:
    name = "Get it.now"
    text = f'[{name}(a=1.5, b="x) y\'s", c=[true, null]), f()]'
    system = "Use these:\n" + json.dumps([spec(name), spec("f")]) + "\nso: [func(a=1)]"
    turns = [{"from": "user", "value": "a"}, {"from": "assistant", "value": text}]
    turns += [{"from": "assistant", "value": "[not a call]"}]
    example = FORMATTERS["sharegpt"].to_example({"system": system, "conversations": turns})
    assert gist(example)[1] == ("assistant", None, [(name, {"a": 1.5, "b": "x) y's", "c": [True, None]}), ("f", {})])
    assert gist(example)[2] == ("assistant", "[not a call]", [])
    assert [message["role"] for message in example.messages] == ["user", "assistant", "assistant"]


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


def test_a_system_text_with_json_that_is_no_tools_stays() -> None:
    system = 'Known people: [{"name": "Bo", "age": 3}]'
    turns = [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]
    example = FORMATTERS["sharegpt"].to_example({"system": system, "conversations": turns})
    assert example.messages[0]["content"] == system
    assert example.tools == ()


def test_xlam_with_arguments_as_text() -> None:
    row = {"query": "a", "tools": [spec("f")], "answers": [{"name": "f", "arguments": '{"x": null}'}, {"name": "f"}]}
    example = FORMATTERS["xlam"].to_example(row)
    assert gist(example)[1] == ("assistant", None, [("f", {"x": None}), ("f", {})])


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


# ---------------------------------------------------------------- Arrow


def test_what_arrow_fills_with_null_is_gone_where_rows_only_name_their_tools(tmp_path: Any) -> None:
    import pyarrow.parquet

    from sftctl.core.datasets import examples_of

    calls = [{"api": "rain", "parameters": {"city": "Oslo"}}, {"api": "tide", "parameters": {"day": "today"}}]
    table = pyarrow.Table.from_pylist([{"query": "Well?", "calling": [call]} for call in calls])
    pyarrow.parquet.write_table(table, tmp_path / "dev.parquet")
    tools = [{"api_name": call["api"], "parameters": dict.fromkeys(call["parameters"], "str")} for call in calls]
    (tmp_path / "tool.jsonl").write_text("\n".join(map(json.dumps, tools)))
    made = [example for _, example in examples_of(tmp_path, plugin_manager())]
    assert [example.calls for example in made] == [[("rain", {"city": "Oslo"})], [("tide", {"day": "today"})]]
    assert [{tool["function"]["name"] for tool in example.tools} for example in made] == [{"rain", "tide"}] * 2


def test_what_arrow_fills_with_null_is_gone_and_a_deliberate_null_is_not(tmp_path: Any) -> None:
    import pyarrow.parquet

    from sftctl.core.datasets import examples_of

    def row(name: str, arguments: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
        calls = [{"type": "function", "function": {"name": name, "arguments": arguments}}]
        parameters = {"type": "object", "properties": properties, "required": sorted(properties)[:1]}
        tools = [{"type": "function", "function": {"name": name, "parameters": parameters}}]
        messages = [{"role": "user", "content": "a"}, {"role": "assistant", "content": None, "tool_calls": calls}]
        return {"messages": messages, "tools": tools}

    nullable = {"type": ["string", "null"]}
    rows = [
        row("book", {"city": "Rome", "stay": {"nights": 2}}, {"city": {"type": "string"}, "stay": {"type": "object"}}),
        row("ask", {"until": None}, {"until": nullable}),
        row("pay", {"amount": 3}, {"amount": {"type": "integer", "enum": [3]}}),
    ]
    # a type is a word in one schema and a list in the other, which no Arrow column can be
    for each in rows:
        for value in each["tools"][0]["function"]["parameters"]["properties"].values():
            value["type"] = value["type"] if isinstance(value["type"], list) else [value["type"]]
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    made = [example for _, example in examples_of(path, plugin_manager())]
    assert [example.calls for example in made] == [
        [("book", {"city": "Rome", "stay": {"nights": 2}})],
        [("ask", {"until": None})],
        [("pay", {"amount": 3})],
    ]
    assert [list(e.tools[0]["function"]["parameters"]["properties"]) for e in made] == [
        ["city", "stay"],
        ["until"],
        ["amount"],
    ]
    assert "enum" not in made[0].tools[0]["function"]["parameters"]["properties"]["city"]
    assert [set(message) for message in made[0].messages] == [{"role", "content"}, {"role", "content", "tool_calls"}]
