"""Rows of each shape become what they say; plain text is learned whole."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import FORMATTERS, TURNS, gist, learned, spec

from sftctl.core.datasets import Row, detect
from sftctl.core.errors import DataError
from sftctl.core.manager import plugin_manager
from sftctl.core.stages.rendering import render_all
from sftctl.core.types import IGNORED, Example, call_of
from sftctl.plugins.hermes import Hermes

# ---------------------------------------------------------------- short shapes

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
