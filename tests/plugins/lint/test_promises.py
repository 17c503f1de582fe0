"""Rules about what training gets of a row, with a tokenizer and without."""

from typing import Any

import pytest
from broken_formats import Deaf, NoStop, NoTools
from rows import RULES, calls, example, found, lint, says, tool, user

from sftctl.core.lint import Linter
from sftctl.core.types import IGNORED, ChatFormat, Example
from sftctl.plugins.hermes import Hermes

CALLS = example(user(), calls(("wait", {})))
UNLEARNED = example(user(), says(weight=0))
MARKED = example(user(), says("I write <tool_call> like this."))


@pytest.mark.parametrize("with_model", [False, True])
@pytest.mark.parametrize(
    ("bad", "chat_format", "rule"),
    [
        (MARKED, Hermes(), "unrenderable"),
        (UNLEARNED, Hermes(), "nothing-to-learn"),
        (CALLS, NoTools(), "tool-not-shown"),
        (CALLS, NoStop(), "unlearned-stop"),
        (CALLS, Deaf(), "misread-answer"),
    ],
)
def test_a_broken_promise_is_found(
    tokenizer: Any, with_model: bool, bad: Example, chat_format: ChatFormat, rule: str
) -> None:
    expected = [] if RULES[rule].needs_model and not with_model else [f"f:1 {rule}"]
    assert found(bad, chat_format=chat_format, tokenizer=tokenizer if with_model else None) == expected


@pytest.mark.parametrize("with_model", [False, True])
@pytest.mark.parametrize("good", [CALLS, example(), Example((), text="Rain is water. It falls.")])
def test_a_kept_promise_is_not(tokenizer: Any, with_model: bool, good: Example) -> None:
    assert found(good, tokenizer=tokenizer if with_model else None) == []


def test_what_is_left_out_without_a_model_is_told(tokenizer: Any) -> None:
    without, with_one = Linter(RULES.values(), Hermes()), Linter(RULES.values(), Hermes(), tokenizer)
    assert without.left_out == ["unlearned-stop", "misread-answer", "too-long"]
    assert with_one.left_out == []


# ---------------------------------------------------------------- length


def test_too_long_says_what_a_cut_would_lose(tokenizer: Any) -> None:
    for answer, what in ((calls(("wait", {"for": "a " * 40})), "a call"), (says("a b c " * 20), "an answer")):
        row = example(user(), answer, tools=(tool("wait", {}),))
        rendered = Hermes().render(row, tokenizer)
        length = len(rendered.labels)
        learned = sum(label != IGNORED for label in rendered.labels)
        (finding,) = lint(row, tokenizer=tokenizer, max_length=length - 9)
        assert finding.rule == "too-long"
        assert f"{length} tokens, 9 over max_length={length - 9}; training leaves it out" in finding.message
        # the newline after the stop token is not learned
        assert f"lose 8 of {learned} learned tokens, and end inside {what}" in finding.message
        assert lint(row, tokenizer=tokenizer, max_length=length) == []


def test_a_cut_before_the_answer_is_inside_nothing(tokenizer: Any) -> None:
    (finding,) = lint(CALLS, tokenizer=tokenizer, max_length=20)
    assert "inside" not in finding.message
