"""The overlap of training data with BFCL."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from sftctl.core.types import Example
from sftctl.plugins.bfcl.install import FOLDER, bfcl_folder
from sftctl.plugins.bfcl.overlap import grams, overlap

QUESTION = "Find the area of a triangle with a base of 10 units and height of 5 units."


def example(request: str, *names: str) -> Example:
    messages = ({"role": "user", "content": request}, {"role": "assistant", "content": "No."})
    return Example(messages, tuple({"type": "function", "function": {"name": name}} for name in names))


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache with a benchmark of three questions and four functions."""
    data = tmp_path / FOLDER / "bfcl_eval" / "data"
    (data / "multi_turn_func_doc").mkdir(parents=True)
    (data / "multi_turn_func_doc" / "files.json").write_text(json.dumps({"name": "touch"}))
    rows: list[dict[str, Any]] = [
        {
            "id": "a_0",
            "question": [[{"role": "user", "content": QUESTION}]],
            "function": [{"name": "math.area"}],
        },
        {
            "id": "a_1",
            "question": [[{"role": "user", "content": "Play some jazz."}]],
            "function": [{"name": "play"}],
        },
        {
            "id": "b_0",
            "question": [[{"role": "system", "content": "x"}], [{"role": "user", "content": "And then?"}]],
            "function": [{"name": "go"}],
        },
    ]
    (data / "BFCL_v4_a.json").write_text("\n".join(map(json.dumps, rows)))
    return tmp_path


def test_shared_n_grams_and_functions_are_found(cache: Path) -> None:
    examples = [
        example("Please find the AREA of a triangle, with a base of 12 feet", "math_area", "touch"),
        example("play some jazz", "sing"),
        example("play some jazz, and then?", "sing"),
        example("What is the area of a triangle with a base of 10 metres", "sing"),
        example("What is the area of a triangle with a base of 10 metres", "sing"),
    ]

    report = overlap(examples, cache)

    assert (report["requests"], report["bfcl_questions"]) == (4, 3)
    assert (report["overlapping"], report["overlapping_share"]) == (3, 0.75)
    assert [(row["bfcl_id"], row["grams"]) for row in report["worst"]] == [("a_0", 3), ("a_0", 3), ("a_1", 1)]
    assert (report["functions"], report["shared_functions"]) == (3, ["math_area", "touch"])


def test_no_overlap_and_no_data(cache: Path) -> None:
    clean = overlap([example("How tall is the Eiffel tower in inches, roughly speaking?", "height_of")], cache)
    assert (clean["overlapping"], clean["worst"], clean["shared_functions"]) == (0, [], [])
    assert overlap([], cache)["overlapping_share"] == 0.0


def test_grams() -> None:
    assert grams("One, two; THREE", 2) == {("one", "two"), ("two", "three")}
    assert grams("one two", 8) == {("one", "two")}
    assert grams(" - ", 8) == set()


@pytest.mark.real
def test_the_real_benchmark_overlaps_with_itself() -> None:
    cache = Path(os.environ.get("SFTCTL_CACHE") or Path.home() / ".cache" / "sftctl")
    bfcl_folder(cache)

    report = overlap([example(QUESTION, "math_factorial"), example("Read me a poem about autumn.")], cache)

    assert report["bfcl_questions"] > 4000
    assert (report["overlapping"], report["shared_functions"]) == (1, ["math_factorial"])
    assert report["worst"][0]["bfcl_id"].startswith("simple_python_0")
