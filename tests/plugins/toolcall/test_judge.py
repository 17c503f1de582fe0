"""Verdicts on answers to held-out examples."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import pytest

from sftctl.core.errors import EvalError
from sftctl.core.remote.asking import refused
from sftctl.core.tools import Between, tool_from_function
from sftctl.core.types import NO_TOOLS, Answer, EvalJob, Example, Message, Query, Toolset, tool_call
from sftctl.plugins.toolcall.disguise import disguise
from sftctl.plugins.toolcall.judge import ToolcallEvalConfig, chosen, evaluate, evaluator, judge

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer", "default": 1},
                "unit": {"type": "string", "enum": ["C", "F"]},
                "hourly": {"type": "boolean", "default": False},
                "wind": {
                    "type": "object",
                    "properties": {"unit": {"type": "string", "default": "kmh"}, "gusts": {"type": "number"}},
                    "required": ["gusts"],
                },
            },
            "required": ["city"],
        },
    },
}
CONVERT = {
    "type": "function",
    "function": {
        "name": "convert",
        "description": "Convert amounts.",
        "parameters": {
            "type": "object",
            "properties": {
                "amounts": {"type": "array", "items": {"type": "number"}},
                "to": {"type": "string"},
            },
            "required": ["amounts", "to"],
        },
    },
}
TOOLS = (WEATHER, CONVERT)
PARIS = ("get_weather", {"city": "Paris", "days": 3})
ROME = ("get_weather", {"city": "Rome"})
EUROS = ("convert", {"amounts": [5, 7.5], "to": "EUR"})

Call = tuple[str, dict[str, Any]]


def calling(*calls: Call) -> Message:
    return {"role": "assistant", "content": None, "tool_calls": [tool_call(*call) for call in calls]}


def saying(text: str) -> Message:
    return {"role": "assistant", "content": text}


def example(expected: Message, category: str = "simple", before: Sequence[Message] = ()) -> Example:
    asked: Message = {"role": "user", "content": "What is the weather in Paris?"}
    return Example((asked, *before, expected), TOOLS, category=category)


def answer(message: Message) -> Answer:
    return Answer(message, json.dumps(message), "stop", 10, 10)


def reason(expected: Message, given: Message, category: str = "simple") -> str:
    verdict = judge("id", example(expected, category), answer(given))
    assert verdict.ok is (verdict.reason == "")
    return verdict.reason


def metrics(expected: Message, given: Message, category: str = "simple") -> dict[str, bool]:
    return dict(judge("id", example(expected, category), answer(given)).metrics)


# ---------------------------------------------------------------- calls


def test_the_expected_call_is_right_in_every_respect() -> None:
    verdict = judge("simple_0", example(calling(PARIS)), answer(calling(PARIS)))

    assert verdict.ok
    assert all(verdict.metrics.values())
    assert list(verdict.metrics) == ["well_formed", "known_tool", "complete", "schema_valid", "name", "arguments"]
    assert verdict.answered == [{"name": "get_weather", "arguments": {"city": "Paris", "days": 3}}]


@pytest.mark.parametrize(
    "arguments",
    [
        {"city": "Paris", "days": 3.0},
        {"city": "  paris. ", "days": 3},
        {"city": "“Paris”", "days": 3},
        {"days": 3, "city": "PARIS"},
        {"city": "Paris", "days": 3, "hourly": False},
    ],
)
def test_equal_arguments(arguments: dict[str, Any]) -> None:
    assert reason(calling(PARIS), calling(("get_weather", arguments))) == ""


def test_a_default_in_the_example_may_be_left_out_too() -> None:
    spelled = calling(("get_weather", {"city": "Rome", "days": 1, "wind": {"gusts": 4, "unit": "kmh"}}))
    assert reason(spelled, calling(("get_weather", {"city": "Rome", "wind": {"gusts": 4.0}}))) == ""


def test_several_answers_may_be_accepted() -> None:
    asks_back = saying("Paris in France or in Texas?")
    expected = calling(ROME) | {"accepted": [calling(PARIS), calling(ROME, PARIS), asks_back]}
    for given in (calling(ROME), calling(PARIS), calling(PARIS, ROME), asks_back):
        assert reason(expected, given) == ""
    assert reason(expected, calling(EUROS)) == "wrong_tool", "told of the answer that is expected first"
    for accepted in ([{"tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}], ["Paris"], 5):
        with pytest.raises(EvalError, match="`accepted` is a list of assistant messages"):
            reason(calling(ROME) | {"accepted": accepted}, calling(ROME))


# ---------------------------------------------------------------- calls that are made for real


def ratio(part: Annotated[float, Between(0, 9)], whole: float, digits: int = 2) -> float:
    """What share of a whole a part is.

    Args:
        part: The part.
        whole: The whole.
        digits: Digits of the result.
    """
    return round(part / whole, digits)


RATIO = Toolset("mine", "", (tool_from_function(ratio),))


@pytest.mark.parametrize("seed", range(12))
def test_calls_are_made_for_real_however_the_tool_is_shown(seed: int) -> None:
    shown = disguise(RATIO.tools[0], random.Random(seed))
    asked = {"role": "user", "content": "1 of 4?"}

    def result(*calls: dict[str, Any], toolset: Toolset = RATIO) -> bool | None:
        due = calling(shown.call({"part": 1, "whole": 4}))
        given = calling(*map(shown.call, calls)) if calls else saying("A quarter.")
        verdict = judge("id", Example((asked, due), (shown.tool.spec,)), answer(given), toolset)
        assert verdict.ok is (calls == ({"part": 1, "whole": 4},))
        return verdict.metrics.get("result")

    assert result({"part": 1, "whole": 4})
    assert result({"part": 2, "whole": 8}), "another way to the same result"
    assert result({"part": 2, "whole": 7}) is False
    assert result({"part": 1, "whole": 0}) is False, "it fails"
    assert result({"part": 1}) is False, "it does not fit"
    assert result({"part": 1, "whole": 4}, {"part": 1, "whole": 4}) is False
    assert result() is False
    other = replace(RATIO.tools[0], description="What share a part is.")
    for toolset in (NO_TOOLS, *(Toolset("x", "", (tool,)) for tool in (other, replace(RATIO.tools[0], live=True)))):
        assert result({"part": 1, "whole": 4}, toolset=toolset) is None


@pytest.mark.parametrize(
    ("expected", "given", "mistake"),
    [
        ([PARIS], [], "no_call"),
        ([PARIS], [("convert", {"amounts": [1], "to": "EUR"})], "wrong_tool"),
        ([PARIS], [("get_climate", {"city": "Paris", "days": 3})], "unknown_tool"),
        ([PARIS], [("get_weather", {"city": "Paris", "days": 4})], "wrong_value"),
        ([PARIS], [("get_weather", {"city": "Paris", "days": "3"})], "wrong_type"),
        ([PARIS], [("get_weather", {"city": "Paris", "days": True})], "wrong_type"),
        ([PARIS], [("get_weather", {"city": "Paris"})], "missing_argument"),
        ([ROME], [("get_weather", {"city": "Rome", "days": 2})], "extra_argument"),
        ([ROME], [("get_weather", {"city": "Rome", "country": "Italy"})], "extra_argument"),
        ([PARIS, ROME], [PARIS], "missing_call"),
        ([PARIS], [PARIS, PARIS], "extra_call"),
        ([PARIS, ROME], [PARIS, PARIS], "missing_call"),
        ([PARIS], [("get_weather", {"town": "Paris", "days": 3})], "misnamed_argument"),
        ([PARIS], [("get_weather", {"town": "Rome", "days": 3})], "missing_argument"),
        ([PARIS, ROME], [PARIS, ("get_weather", {"city": "Oslo"})], "wrong_value"),
        ([PARIS, EUROS], [PARIS, ROME], "wrong_tool"),
        ([EUROS], [("convert", {"amounts": [7.5, 5], "to": "EUR"})], "wrong_value"),
        ([EUROS], [("convert", {"amounts": 5, "to": "EUR"})], "wrong_type"),
        ([EUROS], [("convert", {"amounts": ["5", 7.5], "to": "EUR"})], "wrong_type"),
        ([EUROS], [("convert", {"amounts": "EUR", "to": [5, 7.5]})], "swapped_values"),
        ([PARIS], [("Get_Weather", {"city": "Paris", "days": 3})], "wrong_case"),
        ([PARIS], [("get_weather", {"City": "Paris", "days": 3})], "wrong_case"),
        ([PARIS], [PARIS, ROME], "hallucinated_call"),
        ([PARIS], [PARIS, ("get_climate", {})], "hallucinated_call"),
        ([PARIS], [ROME, EUROS], "extra_call"),
        ([PARIS], [EUROS, EUROS], "wrong_tool"),
        ([PARIS, ROME], [EUROS], "wrong_tool"),
    ],
)
def test_kinds_of_mistakes(expected: list[Call], given: list[Call], mistake: str) -> None:
    assert reason(calling(*expected), calling(*given) if given else saying("Sunny.")) == mistake


def test_parallel_calls_have_no_order() -> None:
    assert reason(calling(PARIS, ROME, EUROS), calling(EUROS, ROME, PARIS)) == ""


def test_an_enum_is_exact() -> None:
    expected = calling(("get_weather", {"city": "Rome", "unit": "C"}))
    given = calling(("get_weather", {"city": "Rome", "unit": "c"}))

    assert reason(expected, given) == "wrong_case"
    assert metrics(expected, given)["schema_valid"] is False


def test_name_and_arguments_are_marked_apart() -> None:
    right_name = metrics(calling(PARIS, ROME), calling(PARIS, ("get_weather", {"city": "Oslo"})))
    one_of_two = metrics(calling(PARIS, EUROS), calling(EUROS))
    other_name = metrics(calling(PARIS), calling(EUROS))

    assert (right_name["name"], right_name["arguments"]) == (True, False)
    assert (one_of_two["name"], one_of_two["arguments"]) == (False, True)
    assert (other_name["name"], other_name["arguments"]) == (False, False)


@pytest.mark.parametrize(
    "call",
    [
        ("get_weather", {"city": 5}),
        ("get_weather", {}),
        ("get_weather", {"city": "Rome", "country": "Italy"}),
        ("get_climate", {"city": "Rome"}),
    ],
)
def test_calls_that_do_not_fit_a_schema(call: Call) -> None:
    assert metrics(calling(ROME), calling(ROME, call))["schema_valid"] is False
    assert metrics(calling(ROME), calling(ROME))["schema_valid"] is True


def test_text_instead_of_a_call_has_no_fault_and_no_call() -> None:
    assert metrics(calling(ROME), saying("Sunny.")) == {
        "well_formed": True,
        "known_tool": True,
        "complete": True,
        "schema_valid": False,
        "name": False,
        "arguments": False,
    }


def test_unknown_tools_and_missing_arguments_are_marked_apart() -> None:
    unknown = metrics(calling(ROME), calling(ROME, ("get_tides", {})))
    assert (unknown["known_tool"], unknown["complete"], unknown["schema_valid"]) == (False, True, False)
    missing = metrics(calling(ROME), calling(("get_weather", {"days": 3})))
    assert (missing["known_tool"], missing["complete"], missing["schema_valid"]) == (True, False, False)


def test_precision_and_recall_of_not_calling() -> None:
    due, none = example(calling(ROME)), example(saying("No."), "irrelevance")
    examples = [due, due, due, due, none, none, none]
    broken = saying("<tool_call>{") | {"parse_error": "no JSON"}
    given = [calling(ROME), saying("No."), saying("No."), broken, saying("No."), calling(ROME), broken]

    def generate(queries: Sequence[Query]) -> list[Answer]:
        return [answer(message) for message in given[: len(queries)]]

    job = EvalJob(generate, examples, ToolcallEvalConfig(), cache=None, seed=0)  # type: ignore[arg-type]
    scores = evaluate(job).scores
    assert (scores["overall/no_call"].value, scores["overall/no_call"].n) == (pytest.approx(1 / 3), 3)
    precision = scores["overall/no_call_precision"]
    assert (precision.value, precision.n) == (pytest.approx(1 / 3), 3), "what was begun as a call is not silence"


@pytest.mark.parametrize(
    "broken",
    [
        {"role": "assistant", "content": "<tool_call>{", "parse_error": "no JSON"},
        {
            "role": "assistant",
            "tool_calls": [{"type": "function", "function": {"name": "get_weather", "arguments": "{"}}],
        },
    ],
)
@pytest.mark.parametrize("expected", [calling(ROME), saying("I cannot do that.")])
def test_a_call_that_cannot_be_read(broken: Message, expected: Message) -> None:
    assert reason(expected, broken) == "malformed"
    assert metrics(expected, broken)["well_formed"] is False
    cut = replace(answer(broken), finish_reason="length")
    assert judge("id", example(expected), cut).reason == "cut_off"


@pytest.mark.parametrize("expected", [calling(ROME), saying("I cannot do that.")])
def test_a_question_that_was_refused(expected: Message) -> None:
    verdict = judge("id", example(expected), refused("context too long"))
    assert (verdict.ok, verdict.reason, verdict.answered) == (False, "failed", "context too long")


# ---------------------------------------------------------------- no call


@pytest.mark.parametrize("category", ["irrelevance", "missing"])
def test_abstaining_in_any_words_is_right(category: str) -> None:
    assert reason(saying("None of my tools can do that."), saying("Sorry, which city?"), category) == ""
    assert metrics(saying("No."), saying("Sorry."), category) == {"well_formed": True, "no_call": True}


def test_calling_where_none_is_asked() -> None:
    assert reason(saying("No tool fits."), calling(ROME), "irrelevance") == "called_when_none_fits"
    assert reason(saying("Which city?"), calling(ROME), "missing") == "called_with_argument_missing"
    assert metrics(saying("Which city?"), calling(ROME), "missing")["no_call"] is False
    assert reason(saying("No tool fits."), saying(" "), "irrelevance") == "no_answer"


# ---------------------------------------------------------------- answers out of results


def told(result: Any, expected: str, given: Message) -> str:
    content = result if isinstance(result, str) else json.dumps(result)
    before = [calling(PARIS), {"role": "tool", "tool_call_id": "", "content": content}]
    return judge("id", example(saying(expected), "result", before), answer(given)).reason


@pytest.mark.parametrize(
    ("given", "mistake"),
    [
        (saying("It will be 18."), ""),
        (saying("It will be 19."), "missing_facts"),
        (saying(" "), "no_answer"),
        (calling(PARIS), "called_again"),
    ],
)
def test_answers_out_of_a_result(given: Message, mistake: str) -> None:
    assert told(18, "It is 18.", given) == mistake


def test_later_turns_are_marked_apart() -> None:
    before = [calling(PARIS), {"role": "tool", "tool_call_id": "", "content": "18"}]
    for given, right in (("It is 18.", True), ("It is 19.", False)):
        verdict = judge("id", example(saying("It is 18."), "result", before), answer(saying(given)))
        assert verdict.metrics["multi_turn"] is right
    assert "multi_turn" not in metrics(calling(PARIS), calling(PARIS))


# ---------------------------------------------------------------- the evaluator


def test_evaluation_of_a_model_that_always_asks_for_paris() -> None:
    examples = [example(calling(PARIS)), example(calling(ROME)), example(saying("No."), "irrelevance")]
    asked: list[Query] = []

    def generate(queries: Sequence[Query]) -> list[Answer]:
        asked.extend(queries)
        return [answer(calling(PARIS)) for _ in queries]

    job = EvalJob(generate, examples, ToolcallEvalConfig(), cache=None, seed=0)  # type: ignore[arg-type]
    result = evaluator().evaluate(job)

    assert asked[0] == Query(examples[0].messages[:-1], TOOLS)
    assert result.scores["simple"].value == 0.5
    assert result.scores["simple/name"].value == 1.0
    assert result.scores["irrelevance/no_call"].value == 0.0
    assert result.scores["overall"].n == 3
    assert [verdict.id for verdict in result.verdicts] == ["simple_0", "simple_1", "irrelevance_0"]


def test_a_limit_holds_for_every_category() -> None:
    examples = [example(calling(PARIS), category) for _ in range(10) for category in ("simple", "multiple")]
    assert [id for id, _ in chosen(examples, 2)] == ["simple_0", "simple_5", "multiple_0", "multiple_5"]


def test_of_a_data_set_those_are_asked_that_can_be_judged() -> None:
    result = {"role": "tool", "tool_call_id": "c", "content": "18"}
    examples = [
        example(calling(PARIS), ""),
        example(calling(PARIS, EUROS), ""),
        example(saying("No."), ""),
        example(saying("It is 18."), "", [calling(PARIS), result]),
        example(calling(PARIS), "mine"),
        Example((saying("Hi."),), TOOLS),  # nothing is asked
        Example(({"role": "user", "content": "Hi"}, saying("Hi.")), ()),  # no tools to call
        Example((saying("Hi."), {"role": "user", "content": "Hi"}), TOOLS),  # no answer is known
        Example((), text="plain"),
    ]
    config = ToolcallEvalConfig.model_validate({"data": "rows.jsonl"})
    generate = lambda queries: [answer(calling(PARIS)) for _ in queries]  # noqa: E731
    judged = evaluate(EvalJob(generate, examples, config, cache=None, seed=0))  # type: ignore[arg-type]
    right = {verdict.category: verdict.ok for verdict in judged.verdicts}
    assert right == {"call": True, "parallel": False, "no_call": False, "result": False, "mine": True}
    with pytest.raises(EvalError, match=r"Not one of 4 examples of rows\.jsonl can be judged"):
        evaluate(EvalJob(generate, examples[5:], config, cache=None, seed=0))  # type: ignore[arg-type]


@pytest.mark.parametrize("data", ["a.jsonl", ["a.jsonl"], {"path": "a.jsonl"}, [{"path": "a.jsonl"}]])
def test_data_is_a_path_or_an_entry_or_a_list_of_them(data: Any) -> None:
    assert [one.path for one in ToolcallEvalConfig.model_validate({"data": data}).data] == ["a.jsonl"]


@pytest.mark.parametrize("type", [3, ["text"]])
def test_nothing_fits_a_schema_that_is_none(type: Any) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": {"type": type}}}}}
    asked = Example(({"role": "user", "content": "a"}, calling(("f", {"a": 1}))), (tool,))
    verdict = judge("id", asked, answer(calling(("f", {"a": 1}))))
    assert verdict.ok
    assert verdict.metrics["schema_valid"] is False


def test_nothing_held_out() -> None:
    with pytest.raises(EvalError, match="no held-out examples"):
        evaluate(EvalJob(lambda _: [], [], ToolcallEvalConfig(), cache=None, seed=0))  # type: ignore[arg-type]
