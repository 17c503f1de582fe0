"""Rules that compare rows: exactly, nearly, and by what is asked."""

import random
import subprocess
import sys
import tracemalloc

import pytest
from rows import calls, example, found, lint, says, user

from sftctl.core.types import Example
from sftctl.plugins.lint import minhash, places
from sftctl.plugins.lint.minhash import LEAST, NearRows
from sftctl.plugins.lint.places import FirstPlaces, PlaceNumbers

WORDS = [f"word{n}" for n in range(500)]


def text(seed: int, length: int = 80) -> list[str]:
    return random.Random(seed).choices(WORDS, k=length)


def long(words: list[str], answer: str = "Yes.") -> Example:
    return example(user(" ".join(words)), says(answer))


def test_the_same_row_again() -> None:
    ids = [example(user(), calls(("wait", {}), ids=id)) for id in "ab"]
    assert found(ids[0], example(), ids[1]) == ["f:3 duplicate-row"]
    assert lint(ids[0], ids[1])[0].message == "the same as f:1"


@pytest.mark.parametrize(
    "other",
    [
        example(user(), calls(("wait", {}), ("wait", {}))),
        example(user("Wait."), calls(("wait", {}))),
        example(user(), calls(("wait", {})), tools=example().tools[1:]),
    ],
    ids=["answer", "question", "tools"],
)
def test_another_row_is_no_duplicate(other: Example) -> None:
    assert found(example(user(), calls(("wait", {}))), other, only="duplicate-row") == []


def test_the_same_question_with_another_answer() -> None:
    one, two = long(text(1), "Yes."), long(text(1), "No.")
    (finding,) = lint(one, one, two, two, only="contradiction")
    assert (finding.place, finding.message) == ("f:3", "the same question as f:1, with another answer")
    assert found(one, long(text(2), "No."), only="contradiction") == []
    assert found(Example((), text="a"), Example((), text="b"), only="contradiction") == []


def test_a_nearly_equal_row() -> None:
    words = text(3)
    changed = [*words[:40], "something", *words[41:]]
    (finding,) = lint(long(words), long(text(4)), long(changed))
    assert (finding.place, finding.rule) == ("f:3", "near-duplicate")
    assert finding.message.endswith("of its word triples are those of f:1")
    spelled = long([word.upper() + "!" for word in words])
    assert found(long(words), spelled, only="near-duplicate") == ["f:2 near-duplicate"]


@pytest.mark.parametrize("other", [text(5), text(3)[::-1], [*text(3)[:20], *text(6)[20:]]])
def test_a_row_of_other_or_reordered_words_is_not_near(other: list[str]) -> None:
    assert found(long(text(3)), long(other), only="near-duplicate") == []


def test_an_equal_row_is_told_once() -> None:
    assert found(long(text(3)), long(text(3))) == ["f:2 duplicate-row"]


def test_the_system_message_makes_no_rows_alike() -> None:
    system = {"role": "system", "content": " ".join(text(7, 400))}
    rows = [example(system, user(" ".join(text(n, 12))), says()) for n in (8, 9)]
    assert found(*rows, only="near-duplicate") == []


def test_similarity_is_estimated_without_bias() -> None:
    near, differences = NearRows(), []
    for seed in range(100):
        one, two = text(seed), text(seed)
        two[seed % 80] = "another"
        sets = [set(zip(words, words[1:], words[2:], strict=False)) for words in (one, two)]
        exact = len(sets[0] & sets[1]) / len(sets[0] | sets[1])
        near.nearest(" ".join(one), 2 * seed, f"{seed}")
        found = near.nearest(" ".join(two), 2 * seed + 1, "")
        assert found is not None and found[0] == str(seed)
        differences.append(found[1] - exact)
    assert abs(sum(differences) / 100) < 0.02
    assert max(map(abs, differences)) < 0.15


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "KEEP", 10)
    rows = FirstPlaces()
    assert [rows.first(n, str(n)) for n in range(25)] == [""] * 25
    assert rows.first(24, "") == "24" and rows.first(10, "") == "10"
    assert rows.first(9, "again") == ""
    monkeypatch.setattr(minhash, "ROWS", 8)
    near = NearRows()
    for n in range(9):
        assert near.nearest(" ".join(text(n)), n, str(n)) is None
    assert near.nearest(" ".join([*text(8), "more"]), 90, "") == ("8", pytest.approx(1, abs=1 - LEAST))
    assert near.nearest(" ".join([*text(0), "more"]), 91, "") is None


def test_rows_of_one_slot_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "KEEP", 10)
    rows, alike = FirstPlaces(), [20 + 21 * n for n in range(10)]
    assert [rows.first(fingerprint, f"f:{fingerprint}") for fingerprint in alike] == [""] * 10
    assert [rows.first(fingerprint, "again") for fingerprint in alike] == [f"f:{n}" for n in alike]
    assert rows.first((1 << 64) - 1, "f:1") == ""


PLACES = ["rows.jsonl:1", "rows.jsonl:2", "C:/a:b.csv:40000000000", "rows.jsonl", "f:0", "f:07", "f:", "f:²", "", "7"]


def test_a_place_is_given_back_as_it_was() -> None:
    known = PlaceNumbers()
    numbers = [known.number(place) for place in PLACES]
    assert [known.place(number) for number in numbers] == PLACES
    assert len({0, *numbers}) == 1 + len(PLACES)
    assert [known.number(place) for place in PLACES] == numbers


def test_a_place_costs_no_text_of_its_own() -> None:
    near, first = NearRows(), FirstPlaces()
    tracemalloc.start()
    for n in range(3000):
        first.first(n, f"rows.jsonl:{n}")
        near.nearest(f"just {n} and {n + 7}", n, f"rows.jsonl:{n}")
        if n == 1000:
            before, _ = tracemalloc.get_traced_memory()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown / 2000 < 150  # what is left are the hashes of words


def test_every_process_finds_the_same() -> None:
    script = "from sftctl.plugins.lint.minhash import WordHashes; print(WordHashes()['rain'])"
    runs = {
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout for _ in "ab"
    }
    assert len(runs) == 1


def test_rows_without_an_answer_contradict_nothing() -> None:
    unlearned = [example(user(word), says(word, weight=0)) for word in ("Yes.", "No.")]
    unrenderable = [example(user(word), says(f"{word} <tool_call>")) for word in ("Yes.", "No.")]
    assert found(*unlearned, *unrenderable, only="contradiction") == []
    assert found(*unrenderable, unrenderable[0], only="duplicate-row") == ["f:3 duplicate-row"]
