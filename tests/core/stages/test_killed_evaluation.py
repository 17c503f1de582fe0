"""An evaluation that is killed goes on where it was, to the same bytes: in a run's stages, and by `sftctl eval`."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Command

from sftctl.serve.engine import packed

pytestmark = pytest.mark.skipif(packed.unit() == 0, reason="bits depend on the company, without a unit for bfloat16")

RUN = (
    "examples=40",
    "eval_examples=40",
    "seen_examples=5",
    "evaluators={toolcall: {max_tokens: 48}, bfcl: null, perplexity: {tokens: 2000}, choices: {limit: 10}}",
    "train={bf16: false, torch_compile: false, num_train_epochs: 1, peft_config: {r: 4, lora_alpha: 64}}",
    "forms=[adapter]",
)
SCORES = [f"eval/{name}" for stage in ("before", "after") for name in (f"{stage}.json", f"samples-{stage}.jsonl")] + [
    "eval/forms/adapter.json",
    "eval/forms/samples-adapter.jsonl",
]


class Line:
    """Commands in processes of their own, over one folder of runs and one cache."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.folder, self.run, self.model = folder, folder / "runs/a", model
        folder.mkdir(exist_ok=True)

    def start(self, *words: str) -> Command:
        environment = {"SFTCTL_CACHE": str(self.folder / "cache"), "SFTCTL_RUNS": str(self.folder / "runs")}
        return Command(*words, folder=self.folder, environment=environment)

    def begin(self) -> Command:
        settings = [word for text in RUN for word in ("--set", text)]
        return self.start("run", "--model", str(self.model), "--name", "a", "--no-prove", *settings)

    def end(self, process: Command) -> str:
        done = process.end()
        assert done.returncode == 0, done.stderr
        return done.stderr

    def kill(self, process: Command, answers: Callable[[], list[Path]], count: int) -> int:
        """Kill it once so many answers are kept; how many there are then."""
        deadline = time.monotonic() + 120
        while sum(path.read_bytes().count(b"\n") for path in answers()) < count:
            assert process.poll() is None, process.end()
            assert time.monotonic() < deadline
            time.sleep(0.002)
        process.kill()
        assert process.end().returncode == -signal.SIGKILL
        (path,) = answers()
        path.write_bytes(path.read_bytes() + b'{"key": "torn')
        return path.read_bytes().count(b"\n")

    def notes(self) -> list[tuple[str, str]]:
        events = map(json.loads, (self.run / "events.jsonl").read_text().splitlines())
        return [(event["stage"], event["text"]) for event in events if event["kind"] == "note"]


@pytest.fixture(scope="module")
def whole(wide_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Line:
    """A run that nothing happened to."""
    line = Line(tmp_path_factory.mktemp("whole"), wide_model_dir)
    line.end(line.begin())
    return line


def test_a_killed_run_goes_on_with_its_answers(whole: Line, wide_model_dir: Path, tmp_path: Path) -> None:
    line = Line(tmp_path, wide_model_dir)
    kept = {}
    for stage, place in (("before", "eval/before"), ("after", "eval/after"), ("adapter", "eval/forms/adapter")):
        path = line.run / f"{place}.answers.jsonl"
        kept[stage] = line.kill(line.begin(), lambda path=path: [path] if path.exists() else [], 12)  # type: ignore[misc]
        assert not (line.run / f"{place}.json").exists(), "the kill came too late to test anything"
    line.end(line.begin())
    for name in SCORES:
        assert (line.run / name).read_bytes() == (whole.run / name).read_bytes(), name
    told = [
        (stage, f"It goes on from {count} answers of an earlier try, where model and question are the same.")
        for stage, count in kept.items()
    ]
    assert [note for note in line.notes() if note in told] == told
    assert not list(line.folder.rglob("*answers*"))
    for row in json.loads((line.run / "eval/costs-before.json").read_text()).values():
        assert not row or row["seconds"]["value"] > 0


@pytest.mark.parametrize("target", ["a", "a@base", "model"])
def test_a_killed_eval_goes_on_with_its_answers(whole: Line, wide_model_dir: Path, target: str) -> None:
    words = ["eval", str(wide_model_dir) if target == "model" else target, "--evaluator", "toolcall", "-o"]
    parts = f"{target}-parts.json"
    if target == "model":
        words[2:2] = ["--set", "eval_examples=40", "--set", "evaluators.toolcall.max_tokens=48"]
    whole.end(whole.start(*words, "whole.json"))
    kept = whole.kill(whole.start(*words, parts), lambda: list((whole.folder / "cache/answers").glob("*.jsonl")), 12)
    assert not (whole.folder / parts).exists(), "the kill came too late to test anything"
    told = whole.end(whole.start(*words, parts))
    assert f"It goes on from {kept} answers of an earlier try" in " ".join(told.split())
    for name in ("{}.json", "samples-{}.jsonl"):
        found = [(whole.folder / name.format(one)).read_bytes() for one in ("whole", f"{target}-parts")]
        assert found[0] == found[1]
    assert not list((whole.folder / "cache/answers").iterdir())
