"""What training data shares with another set."""

from typing import Any

import pytest

from sftctl.core.datasets import BadRow
from sftctl.core.examples.overlap import Overlap, grams, items_of
from sftctl.core.types import Example, ReferenceItem, tool_call

QUESTION = "Find the area of a triangle with a base of 10 units and height of 5 units."
KNOWN = (
    ReferenceItem("a", (QUESTION,), ("math.area",)),
    ReferenceItem("b", ("Play some jazz.", "And then?"), ("playSong", "go")),
    ReferenceItem("c", ("Find the area of a triangle with a base of 3 feet",), ()),
)


def asks(request: Any, *names: str) -> Example:
    messages = ({"role": "user", "content": request}, {"role": "assistant", "content": "No."})
    return Example(messages, tuple({"type": "function", "function": {"name": name}} for name in names))


def compared(*examples: Example) -> dict[str, Any]:
    overlap = Overlap("known")
    overlap.know(KNOWN)
    for example in examples:
        overlap.add(example)
    return overlap.report()


def test_runs_of_words_are_found_where_most_of_them_are() -> None:
    report = compared(
        asks("Please find the AREA of a triangle, with a base of 12 feet", "sing"),
        asks("play some jazz", "sing"),
        asks("play some jazz, and then?", "sing"),
        asks("the height: a triangle with a base of 10 units and height of 5 units", "sing"),
    )
    assert (report["texts"], report["requests"]) == (4, 4)
    assert (report["overlapping"], report["overlapping_share"]) == (3, 0.75)
    assert [(shared["place"], shared["grams"]) for shared in report["worst"]] == [("a", 6), ("a", 3), ("b", 1)]
    assert (report["functions"], report["shared_functions"]) == (1, [])


def test_the_place_told_is_that_of_most_runs() -> None:
    (shared,) = compared(asks(f"Play some jazz. {QUESTION}"))["worst"]
    assert (shared["place"], shared["request"]) == ("a", f"Play some jazz. {QUESTION}")


@pytest.mark.parametrize("name", ["math.area", "math_area", "mathArea", "MATH-AREA"])
def test_a_name_is_known_however_it_is_spelled(name: str) -> None:
    assert compared(asks("x", name, "maths_area"))["shared_functions"] == [name]


def test_texts_in_parts_and_plain_text_are_compared() -> None:
    parts = [{"type": "text", "text": "Play some"}, {"type": "text", "text": " jazz."}]
    assert compared(asks(parts), Example((), text=QUESTION))["overlapping"] == 2


def test_the_same_request_is_counted_each_time_and_quoted_once() -> None:
    report = compared(*[asks("Play some jazz!")] * 3)
    assert (report["requests"], report["overlapping"], len(report["worst"])) == (3, 3, 1)


def test_no_overlap_and_no_data() -> None:
    clean = compared(asks("How tall is the Eiffel tower in inches, roughly speaking?", "height_of"))
    assert (clean["overlapping"], clean["worst"], clean["shared_functions"]) == (0, [], [])
    assert compared()["overlapping_share"] == 0.0


def test_what_could_not_be_compared_is_told() -> None:
    overlap = Overlap("rows.jsonl")
    overlap.refuse(BadRow("rows.jsonl:3", "no JSON", {}))
    assert overlap.report()["unreadable_rows"] == 1
    overlap.unknown = "There is no network."
    assert overlap.report() == {"reference": "rows.jsonl", "unknown": "There is no network."}


def test_examples_are_a_set_to_compare_with() -> None:
    called = {"role": "assistant", "content": None, "tool_calls": [tool_call("sing", {}), tool_call("hum", {})]}
    example = Example(({"role": "user", "content": "Sing!"}, called), asks("", "sing", "sleep").tools)
    (item,) = items_of([("f:1", example)])
    assert item == ReferenceItem("f:1", ("Sing!",), ("sing", "hum", "sleep"))


def test_grams() -> None:
    assert grams("One, two; THREE", 2) == {"one two", "two three"}
    assert grams("one two", 8) == {"one two"}
    assert grams(" - ", 8) == set()
