"""The language of request templates."""

import random

import pytest

from sftctl.core.errors import ToolsetError
from sftctl.plugins.toolcall.phrasing import parse, tidy


def say(source: str, **said: str | bool) -> set[str]:
    """Everything that the template can say with these values."""
    return {parse(source).say(said, random.Random(seed)) for seed in range(40)}


def test_a_slot_says_its_value() -> None:
    assert say("Fly to {city}.", city="Oslo") == {"Fly to Oslo."}


def test_a_choice_says_one_of_its_options() -> None:
    assert say("(Fly|Go|) to (the (far|deep) |)north") == {
        f"{verb}to {the}north" for verb in ("Fly ", "Go ", "") for the in ("the far ", "the deep ", "")
    }


def test_a_group_is_silent_unless_everything_in_it_is_given() -> None:
    source = "Fly[ from {a} to {b}][ on {day}]."
    assert say(source, a="Oslo", b="Rome") == {"Fly from Oslo to Rome."}
    assert say(source, a="Oslo", day="Monday") == {"Fly on Monday."}


def test_a_truth_value_has_words() -> None:
    assert say("Fly{direct: nonstop|}", direct=True) == {"Fly nonstop"}
    assert say("Fly{direct: nonstop|}", direct=False) == {"Fly"}


def test_what_is_said_and_what_can_be_left_out() -> None:
    template = parse("Fly {who}[ from {a} to {b.city}][ on {day}].")
    assert template.parameters() == {"who", "a", "b", "day"}
    assert template.droppable() == {"a", "b", "day"}
    assert template.spoken({"who", "a", "day"}) == {"who", "day"}


@pytest.mark.parametrize("source", ["Fly {to", "Fly {}", "Fly (a|b", "Fly [to {x}", "Fly to]", "a) b", "{x:yes}"])
def test_a_broken_template_is_refused_by_name(source: str) -> None:
    with pytest.raises(ToolsetError, match="Request template"):
        parse(source)


@pytest.mark.parametrize(
    ("said", "tidied"),
    [
        ("$300 dollars", "$300"),
        ("$5 dollars", "$5"),
        ("$60k dollars", "$60k"),
        ("$2.5 million dollars.", "$2.5 million."),
        ("300 dollars", "300 dollars"),
        ("$40 euros", "40 euros"),
        ("eight%", "eight percent"),
        ("so , then .", "so, then."),
        ("the file ./a.csv , then .env .", "the file ./a.csv, then .env."),
    ],
)
def test_every_unit_is_said_once(said: str, tidied: str) -> None:
    assert tidy(said) == tidied
