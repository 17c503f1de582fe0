"""Streaming text: what is given out piece by piece is exactly what the whole decodes to."""

from typing import Any

import pytest

from sftctl.core.text import longest_overlap
from sftctl.serve.text import TextStream


def pieces(tokenizer: Any, text: str, stop: tuple[str, ...] = ()) -> tuple[list[str], TextStream]:
    stream = TextStream(tokenizer, stop)
    given = [stream.push(token) for token in tokenizer.encode(text, add_special_tokens=False)]
    return [*given, stream.finish()], stream


@pytest.mark.parametrize(
    "text", ["", "plain", "Ärger 日本語 👩‍👩‍👧 café", "a\n\n  b", "\N{REPLACEMENT CHARACTER} real one"]
)
def test_pieces_join_to_the_whole(tokenizer: Any, text: str) -> None:
    given, stream = pieces(tokenizer, text)
    assert "".join(given) == stream.text == text


def test_half_a_character_is_held_back(tokenizer: Any) -> None:
    given, _ = pieces(tokenizer, "日本")
    assert len(given) > 3
    assert [piece for piece in given if piece] == ["日", "本"]


def test_an_answer_cut_inside_a_character_shows_that_it_was(tokenizer: Any) -> None:
    stream = TextStream(tokenizer)
    for token in tokenizer.encode("a日", add_special_tokens=False)[:-1]:
        stream.push(token)
    stream.finish()
    assert stream.text == "a\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("text", "stop", "left"),
    [
        ("one two three", ("two",), "one "),
        ("one two three", ("three", "two"), "one "),
        ("one two three", ("zwei",), "one two three"),
        ("one tw", ("two",), "one tw"),
        ("aab", ("ab",), "a"),
        ("日本", ("本",), "日"),
    ],
)
def test_stop_strings(tokenizer: Any, text: str, stop: tuple[str, ...], left: str) -> None:
    given, stream = pieces(tokenizer, text, stop)
    assert "".join(given) == stream.text == left
    assert stream.stopped == (left != text)


def test_overlap() -> None:
    assert longest_overlap("abc<too", ("<tool>",)) == 4
    assert longest_overlap("abc", ("<tool>",)) == 0
    assert longest_overlap("aa", ("aab", "ab")) == 2
    assert longest_overlap("", ("x",)) == 0
