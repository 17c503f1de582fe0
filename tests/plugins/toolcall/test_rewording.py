"""What other words may not add, lose or mix up."""

from datetime import date
from typing import Any

import pytest

from sftctl.plugins.toolcall.rewording import added, misshapen, reworded, translated, unheard_truth

OLD = "Book a table for 4 at Chez Anna on March 14, 2026 at 7:30 pm."
CALL = ("book_table", {"guests": 4, "place": "Chez Anna", "at": "2026-03-14T19:30"})
RIGHT = [
    "chez anna, 4 people, March 14, 2026 at 7:30 pm",
    "Hi there! I'd love to eat at Chez Anna on 2026-03-14 at 19:30, we'll be 4.",
    "We're celebrating. Could you see to a table for 4 at Chez Anna, the 14th of March 2026, 7:30 PM?",
    "I am hungry: 4 seats at Chez Anna on 14 March 2026 at 7:30pm",
]


@pytest.mark.parametrize("new", RIGHT)
def test_other_words_for_the_same(new: str) -> None:
    assert reworded(OLD, new, [CALL], strict=False) == ""


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("Book a table at Chez Anna on March 14, 2026 at 7:30 pm.", "unsupported_value"),
        ("Book a table for 4 at Chez Nina on March 14, 2026 at 7:30 pm.", "unsupported_value"),
        ("Book a table for 4 at Chez Anna on March 15, 2026 at 7:30 pm.", "unsupported_value"),
        (OLD + " We have 2 dogs.", "adds_a_number"),
        (OLD + " We have two dogs.", "adds_a_number"),
        (OLD + " It must cost less than $.", "adds_a_unit"),
        (OLD + " Remind me tomorrow.", "adds_a_date"),
        (OLD + " Or on a Friday.", "adds_a_date"),
        (OLD + " And call me next week!", "adds_a_date"),
        (OLD + " It is for my friend Robert.", "adds_a_name"),
        (OLD + " Write to me@example.org.", "adds_a_name"),
        (OLD + ' Under the name "wolf pack".', "adds_a_name"),
        (OLD.upper().lower(), "unchanged"),
        (OLD + " Use book_table.", "names_the_function"),
        (f"Here is the rewritten request: {OLD}", "speaks_of_the_task"),
        (f'{{"request": "{OLD}"}}', "markup"),
        (f"{OLD}<|im_end|>", "markup"),
        (OLD * 40, "too_long"),
        ("", "empty"),
        ("...", "empty"),
    ],
)
def test_other_words_for_something_else(new: str, reason: str) -> None:
    assert reworded(OLD, new, [CALL], strict=False) == reason


MANY = "Set the lamp in the hall to 20 percent and the one in the attic to 70 percent."
CALLS = [("set_lamp", {"room": "hall", "level": 20}), ("set_lamp", {"room": "attic", "level": 70})]


def test_values_of_several_calls_keep_their_order() -> None:
    same = "Hall lamp to 20 percent please, attic lamp to 70 percent"
    swapped = "Hall lamp to 70 percent please, attic lamp to 20 percent"
    assert reworded(MANY, same, CALLS, strict=False) == ""
    assert reworded(MANY, swapped, CALLS, strict=False) == "reorders_values"


@pytest.mark.parametrize(("new", "reason"), [("Chill it, to -5", ""), ("Chill it to 5", "unsupported_value")])
def test_a_sign_is_part_of_a_value(new: str, reason: str) -> None:
    assert reworded("Cool it to -5 degrees", new, [("cool", {"to": -5})], strict=True) == reason


def test_only_a_judge_may_let_the_values_of_one_call_change_places() -> None:
    old, new = "Fly from Oslo to Rome.", "I need to be in Rome, and I start in Oslo."
    call = ("fly", {"start": "Oslo", "end": "Rome"})
    assert reworded(old, new, [call], strict=True) == "reorders_values"
    assert reworded(old, new, [call], strict=False) == ""


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("Hey, how tall is Mount Elbrus, in 2 words?", ""),
        ("Hey, how tall is Mount Elbrus?", "loses_a_value"),
        ("Hey, how tall is that mountain, in 2 words?", "loses_a_value"),
        ("Hey, how tall is Mount Elbrus in Russia, in 2 words?", "adds_a_name"),
    ],
)
def test_a_request_that_no_tool_fits_keeps_its_values_too(new: str, reason: str) -> None:
    assert reworded("In 2 words: the height of Mount Elbrus.", new, [], strict=True) == reason


@pytest.mark.parametrize(
    ("text", "reference", "reason"),
    [
        ("we want 5", "we want five", ""),
        ("we want five", "we want 5", ""),
        ("1,500 of them", "1500 of them", ""),
        ("a dozen eggs", "eggs", "adds_a_number"),
        ("I'd say I may march there. You can't? OK", "go there", ""),
        ("It is Paris's best", "the best of Paris", ""),
        ("see https://a.example/x", "see https://a.example/x, please", ""),
        ("see https://b.example/x", "see https://a.example/x", "adds_a_name"),
    ],
)
def test_what_is_added(text: str, reference: str, reason: str) -> None:
    assert added(text, reference) == reason


@pytest.mark.parametrize(
    ("arguments", "text", "name"),
    [
        ({"express": True}, "send it express", ""),
        ({"express": False}, "send it", "express"),
        ({"includeTaxes": True}, "with taxes included", ""),
        ({"limit": None}, "without a limit", "limit"),
        ({"n": 3}, "3", ""),
    ],
)
def test_a_truth_value_is_spoken_of(arguments: dict[str, Any], text: str, name: str) -> None:
    assert unheard_truth(arguments, text) == name


def test_days_are_told_apart_as_seen_from_today() -> None:
    today = date(2026, 1, 14)
    old = "Book a table for tomorrow and one for next Monday."
    calls = [("book", {"day": "2026-01-15"}), ("book", {"day": "2026-01-19"})]
    assert reworded(old, "I need tables tomorrow and next Monday.", calls, True, today) == ""
    assert reworded(old, "I need tables on January 15, 2026 and next Monday.", calls, True, today) == ""
    assert reworded(old, "I need tables next Monday and tomorrow.", calls, True, today) == "reorders_values"
    assert reworded(old, "I need tables tomorrow and next Tuesday.", calls, True, today) == "unsupported_value"
    assert reworded(old, "I need tables tomorrow and next Monday.", calls, True) == "unsupported_value"


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("Bitte reserviere einen Tisch für 4 Personen auf den Namen Anna Bell am 2026-03-14.", ""),
        ("Réserve une table pour 4 au nom d'Anna Bell, le 14 March 2026.", ""),
        ("请为 Anna Bell 预订 4 人的桌子，2026-03-14。", ""),
        ("Bitte reserviere einen Tisch für vier Personen, Anna Bell, 2026-03-14.", "unsupported_value"),
        ("Bitte reserviere einen Tisch für 4 Personen am 2026-03-14.", "unsupported_value"),
        ("Bitte reserviere 2 Tische für 4 Personen, Anna Bell, 2026-03-14.", "adds_a_number"),
        ("Please book a table for 4 people under Anna Bell on 2026-03-14.", "not_translated"),
    ],
)
def test_a_translation_keeps_the_values_as_they_are(new: str, reason: str) -> None:
    old = "Book a table for 4 people under the name Anna Bell on 2026-03-14."
    call = ("book", {"people": 4, "name": "Anna Bell", "date": "2026-03-14"})
    assert translated(old, new, [call], strict=False) == reason


def test_a_translated_request_that_no_tool_fits_keeps_its_numbers() -> None:
    assert translated("How far is 12 km in miles?", "Wie viele Meilen sind 12 km?", [], True) == ""
    assert translated("How far is 12 km in miles?", "Wie viele Meilen sind das?", [], True) == "loses_a_value"


def test_a_functions_name_may_be_said_where_it_is_a_word() -> None:
    assert misshapen("please ping the server", ["ping"]) == ""
    assert misshapen("please getWeather", ["getWeather"]) == "names_the_function"
