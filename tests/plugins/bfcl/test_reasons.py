"""Official types of errors in our words."""

import json
import re
from pathlib import Path

import pytest

from sftctl.core.types import Answer, Query
from sftctl.plugins.bfcl.checker import _verdict
from sftctl.plugins.bfcl.data import Item
from sftctl.plugins.bfcl.install import bfcl_folder
from sftctl.plugins.bfcl.reasons import FINEST_FIRST, MISTAKES, detail_of, kind_of


@pytest.mark.parametrize(
    ("official", "answered", "kind"),
    [
        ("ast_decoder:decoder_failed", "I cannot do that.", "no_call"),
        ("ast_decoder:decoder_failed", [{"f": "{"}], "malformed"),
        ("multi_turn:irrelevance_error:decoder_success", [], "called_when_none_fits"),
        ("parallel_function_checker_no_order:wrong_count", [{"f": "{}"}], "missing_call"),
        ("parallel_function_checker_no_order:wrong_count", [{"f": "{}"}] * 3, "extra_call"),
        ("parallel_function_checker_no_order:wrong_count", None, "no_call"),
        ("simple_function_checker:wrong_count", [], "no_call"),
        ("type_error:nested", [], "wrong_type"),
        ("value_error:list/tuple", [], "wrong_value"),
        ("checker_crashed:KeyError", [], "unreadable_value"),
        ("", [], "wrong"),
    ],
)
def test_what_officials_call_alike_is_told_apart_by_the_answer(official: str, answered: object, kind: str) -> None:
    assert kind_of(official, [{"f": {}}, {"f": {}}], answered) == kind
    assert kind in MISTAKES


DUE = [{"shop.find": {"item": ["red lamp"], "most": [20], "near": ["", "Oslo"]}}]


@pytest.mark.parametrize(
    ("official", "name", "arguments", "kind"),
    [
        ("simple_function_checker:wrong_func_name", "Shop_Find", {}, "wrong_case"),
        ("simple_function_checker:wrong_func_name", "shop_sell", {}, "wrong_tool"),
        ("simple_function_checker:wrong_func_name", "look_up", {}, "unknown_tool"),
        ("type_error:simple", "shop_find", {"item": 20, "most": "Red Lamp"}, "swapped_values"),
        ("type_error:simple", "shop_find", {"item": 20, "most": "blue"}, "wrong_type"),
        ("value_error:string", "shop_find", {"item": "Oslo", "most": 20, "near": "red lamp"}, "swapped_values"),
        ("simple_function_checker:missing_required", "shop_find", {"Item": "red lamp", "most": 20}, "wrong_case"),
        (
            "simple_function_checker:missing_required",
            "shop_find",
            {"thing": "red lamp", "most": 20},
            "misnamed_argument",
        ),
        ("simple_function_checker:missing_required", "shop_find", {"thing": "blue", "most": 20}, "missing_argument"),
        (
            "simple_function_checker:missing_required",
            "shop_find",
            {"a": 20, "b": "red lamp", "c": "Oslo"},
            "misnamed_argument",
        ),
        (
            "simple_function_checker:unexpected_param",
            "shop_find",
            {"item": "red lamp", "most": 20, "x": 1},
            "extra_argument",
        ),
    ],
)
def test_what_officials_have_no_word_for(official: str, name: str, arguments: dict[str, object], kind: str) -> None:
    for made in ([{"name": name, "arguments": json.dumps(arguments)}], [{name: json.dumps(arguments)}]):
        assert kind_of(official, DUE, made, None, ["shop_find", "shop_sell"]) == kind


def test_a_call_that_nobody_asked_for_is_told_from_one_made_twice() -> None:
    right, other = {"shop_find": "{}"}, {"search_web": "{}"}
    count = "simple_function_checker:wrong_count"
    assert kind_of(count, DUE, [right, other]) == "hallucinated_call"
    assert kind_of(count, DUE, [right, right]) == kind_of(count, DUE, [other, other]) == "extra_call"


def test_of_several_calls_the_nearest_is_told_of() -> None:
    tried = {
        "simple_function_checker:wrong_func_name": "Function name 'f' not found.",
        "type_error:simple": "Incorrect type for 'a'.",
        "simple_function_checker:missing_required": "Missing 'b'.",
    }
    official = "parallel_function_checker_no_order:cannot_find_match"
    error = [
        "Could not find a matching function.",
        *({f"Index {at}": {"sub_error": [tried[kind]], "sub_error_type": kind}} for at, kind in enumerate(tried)),
    ]
    assert kind_of(official, [{}, {}], [{}, {}], error) == "wrong_type"
    assert detail_of(official, error) == f"{official}: Incorrect type for 'a'."
    assert kind_of(official, [{}, {}], [{}, {}], error[:2]) == "wrong_tool"


@pytest.mark.parametrize(("finish", "kind"), [("stop", "malformed"), ("length", "cut_off")])
def test_a_call_that_ends_too_soon_is_told_from_a_broken_one(finish: str, kind: str) -> None:
    reply = {"ok": False, "reason": "ast_decoder:decoder_failed", "error": ["Invalid syntax."]}
    said = {"role": "assistant", "content": "<tool_call>", "parse_error": "it does not end"}
    item = Item("simple_python_0", "simple_python", Query(()), [{"f": {}}])
    verdict = _verdict(item, Answer(said, "<tool_call>", finish, 1, 1), reply, False)
    assert (verdict.ok, verdict.reason) == (False, kind)
    text = Answer({"role": "assistant", "content": "No."}, "No.", finish, 1, 1)
    assert _verdict(item, text, reply, False).reason == "no_call"


def test_the_official_words_come_on_one_line() -> None:
    turns = {"error": {"error_message": ["Model was\n force-terminated."], "error_type": "multi_turn:force_terminated"}}
    assert detail_of("multi_turn:force_terminated", turns) == "multi_turn:force_terminated: Model was force-terminated."
    assert detail_of("a:b", ["first", "second"]) == "a:b: first"
    assert detail_of("a:b", None) == "a:b"


@pytest.mark.real
def test_every_official_type_of_error_has_a_kind_of_its_own(real_cache: Path) -> None:
    sources = (bfcl_folder(real_cache) / "bfcl_eval" / "eval_checker").rglob("*.py")
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    types = set(re.findall(r"error_type\"(?:\]|:)? *(?:=|:)? *\"([a-z_/:]+)\"", text)) - {"error_type"}
    ours = {official: kind_of(official, [{}], []) for official in types if not official.startswith("agentic")}
    assert len(ours) > 25
    assert set(ours.values()) <= set(MISTAKES)
    assert [official for official, kind in ours.items() if kind == "wrong"] == [
        "parallel_function_checker_no_order:cannot_find_match"  # has a kind by what it wraps
    ]
    single = [kind for official, kind in ours.items() if official.startswith(("simple_", "type_", "value_", "dict_"))]
    assert set(single) - {"no_call"} == set(FINEST_FIRST)
