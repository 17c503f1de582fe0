"""BFCL's items, answered wrongly in one way at a time: the reasons say which."""

import json
from collections import Counter
from pathlib import Path

import pytest
from broken import BROKEN, Spoil, calling, each_value, perfect, prose_around, saying

from sftctl.core.types import Answer, Example, Json, Message
from sftctl.plugins.bfcl.calls import calls_in
from sftctl.plugins.bfcl.checker import check
from sftctl.plugins.bfcl.data import Item, load_items
from sftctl.plugins.bfcl.install import bfcl_folder
from sftctl.plugins.bfcl.reasons import MISTAKES

pytestmark = pytest.mark.real
CATEGORIES = ["simple_python", "multiple", "parallel", "parallel_multiple", "irrelevance"]


def right(item: Item) -> Message:
    """An answer that the official checker accepts: of each argument the first value that is none left out."""
    if not item.truth:
        return saying("No function fits.")
    return calling(
        [(name, {key: _first(v) for key, v in due.items() if _first(v) != ""}) for name, due in calls_in(item.truth)]
    )


def _first(accepted: Json) -> Json:
    if isinstance(accepted, dict):
        return {key: _first(value) for key, value in accepted.items()}
    if not isinstance(accepted, list):
        return accepted
    value = next((each for each in accepted if each != ""), "")
    if isinstance(value, list):
        return [_first([each]) if isinstance(each, dict) else each for each in value]
    return _first(value) if isinstance(value, dict) else value


@pytest.fixture(scope="module")
def folder(real_cache: Path) -> Path:
    return bfcl_folder(real_cache)


@pytest.fixture(scope="module")
def questions(folder: Path) -> list[tuple[Item, Example]]:
    items = load_items(folder, CATEGORIES, limit=12)
    return [(item, Example((*item.query.messages, right(item)), item.query.tools)) for item in items]


def reasons(folder: Path, questions: list[tuple[Item, Example]], spoil: Spoil) -> Counter[str]:
    """How often each reason is given where the answer is not left as it was; "" where it is right all the same."""
    changed = [(item, spoil(example)) for item, example in questions if spoil(example) != perfect(example)]
    answers = [Answer(message, json.dumps(message), "stop", 1, 1) for _, message in changed]
    return Counter(verdict.reason for verdict in check(folder, [item for item, _ in changed], answers))


@pytest.mark.parametrize("name", BROKEN)
def test_the_reason_names_the_mistake(folder: Path, questions: list[tuple[Item, Example]], name: str) -> None:
    spoil, mistake = BROKEN[name]
    found = reasons(folder, questions, spoil)
    assert mistake in MISTAKES
    wrong = found.total() - found[""]
    assert wrong >= 12 and found[mistake] > 0.9 * wrong, found


def test_what_breaks_nothing_is_no_mistake(folder: Path, questions: list[tuple[Item, Example]]) -> None:
    assert set(reasons(folder, questions, prose_around)) == {""}
    loud = each_value(lambda value: value.upper() if isinstance(value, str) else value)
    assert set(reasons(folder, questions, loud)) == {""}, "BFCL takes texts in any case"
    assert set(check_all(folder, questions)) == {""}


def check_all(folder: Path, questions: list[tuple[Item, Example]]) -> Counter[str]:
    answers = [Answer(perfect(example), "", "stop", 1, 1) for _, example in questions]
    return Counter(verdict.reason for verdict in check(folder, [item for item, _ in questions], answers))
