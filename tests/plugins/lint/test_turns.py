"""Rules about the order of messages."""

import pytest
from rows import CALL, calls, example, found, lint, result, says, user

from sftctl.core.types import Example

TWO = calls(("wait", {}), ("wait", {}))
SYSTEM = {"role": "system", "content": "Be brief."}


@pytest.mark.parametrize(
    ("bad", "rule", "message"),
    [
        (example(user(), result(), says()), "orphan-result", "a tool's result that no call has asked for"),
        (example(user(), CALL, result(), result(), says()), "orphan-result", "message 4 is a tool's result"),
        (example(user(), calls(("wait", {}), ("wait", {}), ids="aa")), "repeated-id", "message 2 makes 2 calls of the"),
        (example(user(), says(), result(), says()), "orphan-result", "message 3 is a tool's result that no call has"),
        (example(user(), CALL, says(), user(), says()), "missing-result", "message 2 has 1 call without a result"),
        (example(user(), TWO, result(), says()), "missing-result", "message 2 has 1 call without a res"),
        (example(user(" \n"), says()), "empty-message", "message 1 (user) is empty"),
        (example(user(), says(), user(), says("")), "empty-message", "message 4 (assistant) is empty"),
        (example(user(), user("Please."), says()), "role-order", "messages 1 and 2 are both the user's"),
        (example(user(), says(), says("Really.")), "role-order", "messages 2 and 3 are both the assistant's"),
        (example(says()), "role-order", "message 1 is the assistant's, before any user has spoken"),
        (example(SYSTEM, says()), "role-order", "message 2 is the assistant's, before any user"),
        (example(user(), SYSTEM, says()), "role-order", "message 2 is the system's, after the conversation has begun"),
    ],
)  # fmt: skip
def test_a_bad_row_is_found(bad: Example, rule: str, message: str) -> None:
    (finding,) = [finding for finding in lint(bad) if finding.rule == rule]
    assert message in finding.message


@pytest.mark.parametrize("id", ["", "z"])
def test_a_result_names_the_call_that_it_answers(id: str) -> None:
    assert "f:1 orphan-result" in found(example(user(), CALL, result(id), says()))


def test_where_nothing_has_ids_results_are_counted() -> None:
    two = calls(("wait", {}), ("wait", {}))
    for call in two["tool_calls"]:
        call["id"] = ""
    assert found(example(user(), two, result(""), result(""), says())) == []
    assert found(example(user(), two, result(""), says())) == ["f:1 missing-result"]
    assert found(example(user(), two, *[result("")] * 3, says())) == ["f:1 orphan-result"]


@pytest.mark.parametrize(
    "good",
    [
        example(SYSTEM, user(), says()),
        example(user(), says(), user("Thanks.")),
        example(user(), CALL, result(), CALL, result(), says()),
        example(user(), CALL | {"content": "I shall."}, result()),
        example(user(), {"role": "assistant", "content": [{"type": "text", "text": "Yes."}]}),
    ],
    ids=["system", "the user last", "call after call", "text and call", "parts"],
)
def test_a_less_common_row_is_good(good: Example) -> None:
    assert lint(good) == []
