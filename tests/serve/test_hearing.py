"""What a conversation says, in whatever words."""

from typing import Any

import pytest

from sftctl.core.types import tool_call
from sftctl.serve.hearing import Hearing, heard_in, stems


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("to New  York", "new york", True),
        ("to New York", "York", True),
        ("to San Francisco", "San Fran", False),  # half a word
        ("two tigers", "tiger", True),
        ("5cm wide", "cm", True),
        ("to Rome", "Oslo", False),
        ("in snake_case", "snake case", True),
        ("for 3 days", 3, True),
        ("for three days", 3, True),
        ("for 4 days", 3, False),
        ("for 1,500 euros", 1500, True),
        ("2.5 million", 2_500_000, True),
        ("15%", 0.15, True),
        ("-5 degrees", 5, True),
        ("on May 7th", "2024-05-07", True),
        ("on the 7th of May", "2024-05-07", True),
        ("7 may", "2024-05-07", True),
        ("on June 7th", "2024-05-07", False),
        ("on sept 7", "2024-09-07", True),
        ("on the 7th", "2024-13-07", False),
        ("this may be the 7th", "2024-06-07", True),  # no month
        ("tomorrow", "2024-05-07", True),
        ("on Friday", "2024-05-07", True),
        ("in Rome", "2024-05-07", False),
        ("at 3 pm", "15:00", True),
        ("at noon", "12:00", True),
        ("in Rome", "12:00", False),
        ("on the 7th at 3 pm", "2024-05-07T15:00", True),
        ("at 3 pm", "2024-05-07T15:00", False),
        ("", True, True),
        ("", None, True),
        ("", {"a": "b"}, True),
        ("Rome", ["Rome", "Oslo"], True),
        ("Lima", ["Rome", "Oslo"], False),
        ("", [], True),
        ("上海天气如何", "Shanghai", True),  # we cannot tell
    ],
)
def test_whether_a_value_is_said(text: str, value: Any, said: bool) -> None:
    assert heard_in([{"role": "user", "content": text}]).says(value) is said


def test_what_is_given_twice_has_to_be_said_twice() -> None:
    heard = heard_in([{"role": "user", "content": "Oslo, 3 and 3"}])
    assert [heard.says(value, 2) for value in ("Oslo", 3)] == [False, True]


@pytest.mark.parametrize(
    ("text", "name", "value", "meant"),
    [
        ("an economic flight", "class", "economy", True),  # the same beginning
        ("a flight", "class", "economy", False),
        ("a one way flight", "trip", "ONE_WAY", True),
        ("it is warm", "unit", "C", True),  # no word
        ("in detail, please", "detailed", True, True),
        ("in brief", "detailed", True, False),
        ("in brief", "include_all", True, True),  # words that say nothing
        ("in detail", "detailed", False, False),
        ("in no detail", "detailed", False, True),
        ("don't open it", "openNow", "False", True),
        ("with a laundry", "has_laundry_service", "True", True),
        ("three rooms", "rooms", "3", False),
        ("3 rooms", "rooms", "3", True),
        ("北京的天气", "unit", "celsius", True),  # we cannot tell
    ],
)
def test_whether_one_of_a_few_values_is_meant(text: str, name: str, value: Any, meant: bool) -> None:
    assert Hearing(text).means(name, value) is meant


@pytest.mark.parametrize(
    ("request_", "answer", "left"),
    [
        ("Weather in Oslo and Rome?", "Oslo", [(20, "rome")]),
        ("Weather in Oslo and Rome?", "Oslo, Rome", []),
        ("Weather in Oslo on Monday", "Oslo, 2024-05-06", []),  # days are written otherwise
        ("Weather in Oslo on May 6", "Oslo, 2024-05-06", []),
        ("3 at 5% until 6 pm", "3, 0.05, 18:00", []),
        ("3 at 5% and 7 at 1,000", "3, 5", [(12, 7), (17, 1000)]),
        ("Play 'so what' and \"blue\"", "so what", [(19, "blue")]),
        ("Call Mary on Monday in May", "", [(5, "mary")]),
        ("To Oslo, and 7 to Oslo by 7", "", [(3, "oslo"), (13, 7)]),  # each at its first place
        ("Is it Anna's, or 'of New York'?", "Anna", [(17, "of new york"), (21, "new"), (25, "york")]),
        ("Please wake me", "", []),
    ],
)
def test_what_the_calls_leave_of_a_request(request_: str, answer: str, left: list[tuple[int, Any]]) -> None:
    assert Hearing("", request_).left(answer) == left


def test_what_is_left_stands_where_the_wish_has_it() -> None:
    heard = heard_in([{"role": "user", "content": "A trip"}, {"role": "user", "content": "to Oslo, by train"}])
    ((at, _),) = heard.left("")
    assert heard.wish[at:].startswith("Oslo")
    assert (heard.asked_at(stems("trip")) or 0) < at < (heard.asked_at(stems("train")) or 0)


@pytest.mark.parametrize(
    ("written", "breaks_off"),
    [
        ('"Os', True), ('"Oslo', False), ('"in os', True), ('"', False), ('"Rome', False),
        ("2", True), ("2.", True), ("2.5", False), ("1,0", True), ("50", False), ("3", False),
    ],
)  # fmt: skip
def test_whether_a_text_breaks_off(written: str, breaks_off: bool) -> None:
    assert Hearing("In Oslo for 2.5 days, 1,000 or 50 or 500").breaks_off(written) is breaks_off


@pytest.mark.parametrize(
    ("request_", "affirms"), [("With details", True), ("Without details", False), ("Is it wet?", False)]
)
def test_what_is_affirmed(request_: str, affirms: bool) -> None:
    assert heard_in([{"role": "user", "content": request_}]).affirms(stems("detailed")) is affirms


@pytest.mark.parametrize(
    ("request_", "name", "asked_for"),
    [
        ("The weather in Rome?", "weather", True),
        ("Will it be stormy?", "storm_warnings", True),  # one of two
        ("Buy two tickets", "trainTicketSale", False),  # one of three
        ("Buy two tickets", "buy_train_ticket", True),
        ("Two tickets", "", False),
        ("今日は weather です、東京の天気を教えて", "weather", False),
    ],
)
def test_whether_the_request_speaks_of_a_tool(request_: str, name: str, asked_for: bool) -> None:
    assert heard_in([{"role": "user", "content": request_}]).asks_for(stems(name)) is asked_for


def test_a_wish_is_all_that_the_user_has_said_since_the_last_call() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "Rain?"},
        {"role": "assistant", "content": "Where?"},
        {"role": "user", "content": "In Oslo"},
    ]
    assert heard_in(messages).wish == "Rain?\nIn Oslo"
    messages += [{"role": "assistant", "content": None, "tool_calls": [tool_call("rain", {"city": "Oslo"})]}]
    messages += [{"role": "tool", "content": "No."}, {"role": "user", "content": "And snow?"}]
    assert heard_in(messages).wish == "And snow?"


def test_the_request_is_what_the_user_said_last() -> None:
    messages = [{"role": "user", "content": "Is it 5?"}, {"role": "assistant", "content": "No, 6."}]
    assert heard_in(messages) == Hearing("Is it 5?\nNo, 6.", "Is it 5?", wish="Is it 5?")
    assert heard_in([*messages, {"role": "user", "content": "7"}]).request == "7"


def test_what_earlier_calls_were_given_is_known() -> None:
    messages = [{"role": "assistant", "content": None, "tool_calls": [tool_call("f", {"city": "Oslo", "days": 3})]}]
    heard = heard_in([*messages, {"role": "user", "content": "And tomorrow?"}])
    assert heard.says("Oslo") and heard.says(3) and not heard.says("Rome")
    assert heard.text == heard.request == "And tomorrow?"


def test_what_was_said_long_ago_is_still_known() -> None:
    heard = heard_in([{"role": "system", "content": "Oslo"}, {"role": "user", "content": " " * 10_000}])
    assert heard.says("Oslo")


def test_where_a_tool_is_spoken_of() -> None:
    heard = heard_in([{"role": "user", "content": "Is there time for a train, or for the night bus?"}])
    assert heard.asked_at(stems("train")) < heard.asked_at(stems("nightBus")) == heard.asked_at(stems("night"))
    assert heard.asked_at(stems("plane")) is None


def test_the_lists_of_a_request() -> None:
    heard = heard_in([{"role": "user", "content": "Sort [3,-1.5, 2], ['a', 'b c'] and [x]; not [1] [[2]]."}])
    assert heard.lists("") == ["[3, -1.5, 2]", '["a", "b c"]', "[1]", "[2]"]
    assert heard.lists('{"values": [3, -1.5, 2]}') == ['["a", "b c"]', "[1]", "[2]"]


def test_the_options_of_which_the_user_speaks() -> None:
    heard = heard_in([{"role": "user", "content": "Quick trips, and gluten-free; no fees. What can cm be?"}])
    options = ["quick", "trip", "Gluten Free", "gluten_free", "slow", "fee", "an", "cm", 3, None]
    assert heard.options(options) == ["quick", "trip", "Gluten Free", "gluten_free", "fee"]
