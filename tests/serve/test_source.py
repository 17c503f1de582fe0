"""Copying: where a call's string may be anything, what goes on with the words of the conversation is preferred."""

from typing import Any

import pytest

from sftctl.core.types import tool_call
from sftctl.serve.arguments import open_value
from sftctl.serve.hearing import heard_in
from sftctl.serve.source import MOST, Pieces, Source

VOCABULARY = (
    b",",
    b"O",
    b"Os",
    b"os",
    b"lo",
    b"sl",
    b'"',
    b'"}',
    b" Rome",
    b" ",
    b"R",
    b"ome",
    b"\xc3",
    b"n",
    b"Lima",
    b"OS",
    b"SLO",
)
PIECES = Pieces(VOCABULARY)


def said(*texts: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text} for text in texts]


def following(text: str, written: str, *given: str) -> set[bytes]:
    return after(said(text), written, *given)


def after(messages: list[dict[str, Any]], written: str, *given: str) -> set[bytes]:
    source = Source(PIECES, heard_in(messages))
    return {VOCABULARY[token] for token in source.following(written.encode(), given)}


@pytest.mark.parametrize(
    ("written", "tokens"),
    [
        ("", {b"O", b"Os", b"os", b"R"}),  # where a word begins, in any case; not "lo" or "n" inside of one
        ("O", {b"sl"}),
        ("Os", {b"lo"}),
        ("Oslo", {b'"', b'"}', b" Rome", b" "}),  # the end of a word may be that of the string
        ("oslo Ro", set()),
        ("Rome", {b",", b'"', b'"}'}),
        ("Olsen", set()),
        ('Os\\"', set()),
    ],
)
def test_what_goes_on_with_the_words_of_a_request(written: str, tokens: set[bytes]) -> None:
    assert following("to Oslo Rome, it", written) == tokens


@pytest.mark.parametrize(
    ("text", "written", "tokens"),
    [("Oslo", "", {b"O", b"Os", b"os"}), ("OSLO", "", {b"O", b"Os", b"os", b"OS"}), ("OSLO", "O", {b"sl", b"SLO"})],
)
def test_capitals_alone_only_where_the_request_has_them(text: str, written: str, tokens: set[bytes]) -> None:
    assert following(text, written) == tokens


@pytest.mark.parametrize(
    ("text", "written", "ends"),
    [
        ("Oslo", "Os", False),
        ("Oslo, now", "Oslo", True),
        ("Oslo", "Oslo", True),
        ("/tmp/a.txt!", "/tmp/a.", True),  # after a mark
        ("$5 off", "$5", True),
        ("", "", False),
    ],
)
def test_a_string_may_end_where_a_word_does(text: str, written: str, ends: bool) -> None:
    assert (b'"' in following(text, written)) is ends


@pytest.mark.parametrize(
    ("text", "begins"), [("at /tmp", b"O"), ("(Oslo)", b"O"), ('"Oslo"', b"O"), ("'Oslo'", b"O"), ("x-Oslo", b"O")]
)
def test_words_begin_after_marks_too(text: str, begins: bytes) -> None:
    assert (begins in following(text, "")) == ("Oslo" in text)


def test_only_the_end_of_a_long_conversation_is_copied_from() -> None:
    assert after(said("Oslo", " " * MOST, "Rome"), "") == {b"R"}


def test_calls_of_the_conversation_have_no_text() -> None:
    messages = [*said("Rome"), {"role": "assistant", "content": None, "tool_calls": [tool_call("f", {"city": "Oslo"})]}]
    assert after(messages, "") == {b"R"}


def test_what_is_given_already_is_not_preferred_again() -> None:
    assert following("Oslo & Rome", "", "Oslo") == {b"R"}
    assert following("Oslo & Rome, Oslo & Lima", "", "oslo") >= {b"Os", b"R", b"Lima"}  # it is said twice
    assert following("Oslo & Rome", "", "Lima", "") >= {b"Os", b"R"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"name": "f", "arguments": {"city": "', b""),
        ('{"name": "f", "arguments": {"city": "Os', b"Os"),
        ('{"city": "Oslo"', None),
        ('{"city": "Oslo", "da', None),  # a key
        ('{"cities": ["Oslo", "R', b"R"),
        ('{"cities": ["Oslo"], "R', None),
        ('{"a": [{"b": ["x"], "c', None),
        ('{"a": [{"b": ["x"]}, "c', b"c"),
        ('{"a": "say \\"hi', b'say \\"hi'),
        ('{"a": 5', None),
        ("", None),
    ],
)
def test_the_value_that_is_open_at_the_end(text: str, value: bytes | None) -> None:
    assert open_value(text.encode()) == value
