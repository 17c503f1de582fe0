"""A row's tokens as text, in colour and without."""

from typing import Any

from sftctl.core.examples.inspection import LEARNED, STOP_STYLE, coloured, marked, tokens_of
from sftctl.core.examples.promises import Written
from sftctl.core.lint import Linter
from sftctl.core.types import Example
from sftctl.plugins.hermes import Hermes

ROW = Example(({"role": "user", "content": "Grüß dich, 🐢!"}, {"role": "assistant", "content": "Ærlig talt 🐇"}))


def written(tokenizer: Any) -> Written:
    made = Linter([], Hermes(), tokenizer).row("f:1", ROW).written
    assert isinstance(made, Written)
    return made


def test_a_character_of_several_tokens_stays_whole(tokenizer: Any) -> None:
    tokens = list(tokens_of(written(tokenizer)))
    text = "".join(token.text for token in tokens)
    assert text == tokenizer.decode([token.id for token in tokens])
    assert "🐢" in text and "�" not in text
    assert any(token.text == "" for token in tokens)


def test_marks_and_colours_say_the_same(tokenizer: Any) -> None:
    tokens = list(tokens_of(written(tokenizer)))
    assert marked(tokens).endswith("<|im_start|>assistant\n⟦Ærlig talt 🐇<|im_end|>■⟧\n")
    text = coloured(tokens)
    learned = "".join(text.plain[s.start : s.end] for s in text.spans if s.style in (*LEARNED, STOP_STYLE))
    assert learned == "Ærlig talt 🐇<|im_end|>"
    assert [text.plain[s.start : s.end] for s in text.spans if s.style == STOP_STYLE] == ["<|im_end|>"]
