"""BFCL as a set that training data is compared with."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from sftctl.core.examples.overlap import Overlap
from sftctl.core.types import Example
from sftctl.plugins.bfcl import reference
from sftctl.plugins.bfcl.install import FOLDER

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


def compared(cache: Path, *examples: Example) -> Any:
    overlap = Overlap("bfcl")
    overlap.know(reference(cache))
    for one in examples:
        overlap.add(one)
    return overlap.report()


def test_every_question_and_function_is_known(cache: Path) -> None:
    items = {item.place: (item.texts, item.functions) for item in reference(cache)}
    assert items == {
        "a_0": ((QUESTION,), ("math.area",)),
        "a_1": (("Play some jazz.",), ("play",)),
        "b_0": (("And then?",), ("go",)),
        "files": ((), ("touch",)),
    }
    report = compared(cache, example("play some jazz", "math_area", "touch", "sing"))
    assert (report["texts"], report["overlapping"]) == (3, 1)
    assert report["shared_functions"] == ["math_area", "touch"]


@pytest.mark.real
def test_the_real_benchmark_overlaps_with_itself() -> None:
    cache = Path(os.environ.get("SFTCTL_CACHE") or Path.home() / ".cache" / "sftctl")

    report = compared(cache, example(QUESTION, "math_factorial"), example("Read me a poem about autumn."))

    assert report["texts"] > 4000
    assert (report["overlapping"], report["shared_functions"]) == (1, ["math_factorial"])
    assert report["worst"][0]["place"].startswith("simple_python_0")
