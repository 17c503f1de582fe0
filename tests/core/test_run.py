"""The whole line on a tiny random model: every stage, done once, resumed after a kill, clear when it fails."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from commands import Command, sftctl
from safetensors.torch import load_file

TOOLS = '''
"""Lamps and kettles."""
from typing import Annotated
from sftctl.core.tools import Between, Pick, tool

Room = Annotated[str, Pick("kitchen", "hall", "attic", "cellar", "study")]

@tool(asks=("Light the {room}[ at {percent} percent].", "light[ {room}]"), answer="The {room} is lit.")
def light(room: Room, percent: Annotated[int, Between(1, 100)] = 100) -> bool:
    """Light a room."""
    return True

@tool(asks=("Boil {litres} litres[ to {degrees} degrees].",), answer="{result} boiled.")
def boil(litres: Annotated[int, Between(1, 500)], degrees: Annotated[int, Between(40, 100)] = 100) -> int:
    """Boil water."""
    return litres
'''
STAGES = ["data", "before", "train", "after", "proof", "report"]


class Line:
    """A run through the real command line, in a process of its own."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.folder = folder
        self.run_folder = folder / "runs" / "tiny"
        folder.mkdir(exist_ok=True)
        (folder / "lamps.py").write_text(TOOLS)
        config = {
            "model": str(model),
            "toolset": ["lamps.py"],
            "examples": 40,
            "eval_examples": 8,
            "evaluators": {
                "toolcall": {"max_tokens": 8},
                "bfcl": None,
                "perplexity": {"tokens": 200},
                "choices": {"limit": 3},
            },
            "train": {
                "bf16": False,
                "torch_compile": False,
                "save_steps": 2,
                "num_train_epochs": 2,
                "peft_config": {"r": 4, "lora_alpha": 8},
            },
        }
        self.config = folder / "run.yaml"
        self.config.write_text(json.dumps(config))  # JSON is YAML

    @property
    def arguments(self) -> list[str]:
        return ["run", "--config", str(self.config), "--name", "tiny", "--runs", str(self.folder / "runs")]

    @property
    def environment(self) -> dict[str, str]:
        return {"SFTCTL_CACHE": str(self.folder / "cache"), "SFTCTL_RUNS": str(self.folder / "runs")}

    def start(self, *more: str, file_size: int | None = None) -> Command:
        given: Any = {"folder": self.folder, "environment": self.environment, "file_size": file_size}
        return Command(*self.arguments, *more, **given)

    def __call__(self, *more: str) -> subprocess.CompletedProcess[str]:
        return self.start(*more).end()

    def events(self) -> list[tuple[str, str]]:
        lines = (self.run_folder / "events.jsonl").read_text().splitlines()
        return [(event["kind"], event["stage"]) for event in map(json.loads, lines)]

    def metrics(self) -> list[dict[str, float]]:
        return [json.loads(line) for line in (self.run_folder / "metrics.jsonl").read_text().splitlines()]

    def weights(self) -> dict[str, Any]:
        return dict(load_file(self.run_folder / "model" / "adapter_model.safetensors"))

    def wait_for_checkpoint(self, process: Command) -> None:
        deadline = time.monotonic() + 120
        while not list(self.run_folder.glob("checkpoints/checkpoint-*")):
            assert process.poll() is None, process.end()
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture(scope="module")
def finished(tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Line, str]:
    """A run that went through, begun as a user begins one, and what it printed. It stays as it is."""
    line = Line(tmp_path_factory.mktemp("line"), tiny_model_dir)
    command = [sys.executable, "-m", "sftctl.core.cli", *line.arguments]
    environment = os.environ | line.environment
    result = subprocess.run(command, cwd=line.folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return line, result.stdout


@pytest.fixture
def copied(finished: tuple[Line, str], tiny_model_dir: Path, tmp_path: Path) -> Line:
    """A copy of that run, to go on with."""
    line = Line(tmp_path, tiny_model_dir)
    shutil.copytree(finished[0].folder / "runs", tmp_path / "runs")
    return line


def test_every_stage_leaves_what_it_promises(finished: tuple[Line, str]) -> None:
    line, printed = finished
    for name in (
        "config.yaml",
        "manifest.json",
        "data/train.jsonl",
        "data/report.json",
        "data/report.md",
        "data/lengths.json",
        "run.log",
        "eval/before.json",
        "eval/samples-after.jsonl",
        "eval/proof.json",
        "model/adapter_model.safetensors",
        "model/tokenizer.json",
        "model/chat_template.jinja",
        "model/manifest.json",
        "model/README.md",
        "report.md",
        "report.html",
    ):
        assert (line.run_folder / name).is_file(), name
    assert [stage for kind, stage in line.events() if kind == "stage_finished"] == STAGES
    assert "before" in printed
    assert str(line.run_folder / "model") in printed
    assert str(line.run_folder / "report.html") in printed


def test_the_same_items_are_asked_before_and_after(finished: tuple[Line, str]) -> None:
    line, _ = finished
    ids = []
    for which in ("before", "after"):
        rows = (line.run_folder / f"eval/samples-{which}.jsonl").read_text().splitlines()
        ids.append([json.loads(row)["id"] for row in rows])
    assert ids[0] == ids[1]
    assert len(ids[0]) > 5


def test_no_weights_are_pickled(finished: tuple[Line, str]) -> None:
    line, _ = finished
    assert not [p for p in line.run_folder.rglob("*") if p.suffix in (".bin", ".pt", ".pkl", ".pth")]


def test_a_finished_run_is_not_done_again(copied: Line) -> None:
    before = len(copied.events())
    assert copied().returncode == 0
    assert copied.events()[before:] == [("stage_skipped", stage) for stage in STAGES]


def test_a_changed_setting_does_again_only_what_depends_on_it(copied: Line) -> None:
    before = len(copied.events())
    result = copied("--set", "train.learning_rate=0.0123")
    assert result.returncode == 0, result.stderr
    skipped = [stage for kind, stage in copied.events()[before:] if kind == "stage_skipped"]
    assert skipped == ["data", "before"]


def test_fewer_questions_do_not_train_again(copied: Line) -> None:
    before = len(copied.events())
    result = copied("--set", "eval_examples=4", "--set", "evaluators.toolcall.limit=5")
    assert result.returncode == 0, result.stderr
    skipped = [stage for kind, stage in copied.events()[before:] if kind == "stage_skipped"]
    assert "train" in skipped
    assert "after" not in skipped


def test_a_changed_toolset_makes_the_data_again(tiny_model_dir: Path, tmp_path: Path) -> None:
    """Where values come from is no part of a tool's schema, and neither is what it returns."""
    line = Line(tmp_path, tiny_model_dir)
    off = ("--no-prove", "--set", "evaluators.toolcall=null")
    assert line(*off).returncode == 0
    old, before = (line.run_folder / "data/train.jsonl").read_text(), len(line.events())
    (tmp_path / "lamps.py").write_text(TOOLS.replace("attic", "garage"))
    result = line(*off)
    assert result.returncode == 0, result.stderr
    assert ("stage_finished", "train") in line.events()[before:]
    assert "garage" not in old
    assert "garage" in (line.run_folder / "data/train.jsonl").read_text()


def test_a_killed_run_goes_on_to_the_same_weights(
    finished: tuple[Line, str], tiny_model_dir: Path, tmp_path: Path
) -> None:
    (whole, _), killed = finished, Line(tmp_path, tiny_model_dir)
    process = killed.start()
    killed.wait_for_checkpoint(process)
    process.kill()
    assert process.end().returncode == -signal.SIGKILL
    assert not (killed.run_folder / "model").exists(), "the kill came too late to test anything"
    begun = killed.metrics()[:2]  # with how fast they went, which never is the same again
    result = killed()
    assert result.returncode == 0, result.stderr
    assert killed.metrics()[:2] == begun, "training began again at the start"
    assert [(row["step"], row["loss"]) for row in killed.metrics()] == [
        (row["step"], row["loss"]) for row in whole.metrics()
    ]
    expected, given = whole.weights(), killed.weights()
    assert expected.keys() == given.keys()
    assert all((expected[name] == given[name]).all() for name in expected)


def test_data_sets_of_several_shapes_are_trained_on(tiny_model_dir: Path, tmp_path: Path) -> None:
    line = Line(tmp_path / "line", tiny_model_dir)
    (tmp_path / "asked.csv").write_text("ask,reply\n" + "How are you?,Well.\n" * 6)
    (tmp_path / "words.txt").write_text("The lamp burns.\n\nThe kettle boils.\n")
    renamed = {"path": str(tmp_path / "asked.csv"), "columns": {"ask": "prompt", "reply": "completion"}, "limit": 4}
    dataset = json.dumps([renamed, str(tmp_path / "words.txt")])
    done = line("--set", f"dataset={dataset}", "--examples", "0", "--no-prove")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(row) for row in (line.run_folder / "data/train.jsonl").read_text().splitlines()]
    assert [row["source"] for row in rows] == ["prompt-completion"] * 4 + ["text"] * 2
    assert line.weights()


def test_train_tells_only_of_what_it_does(tiny_model_dir: Path, tmp_path: Path) -> None:
    line = Line(tmp_path, tiny_model_dir)
    (tmp_path / "words.txt").write_text("The lamp burns.\n\nThe kettle boils.\n")
    arguments = ["train", "words.txt", "--config", str(line.config), "--name", "tiny"]
    for end in ("", " (unchanged, not done again)"):
        done = sftctl(*arguments, folder=tmp_path, environment=line.environment)
        assert done.returncode == 0, done.stderr
        told = [row[2:] for row in done.stderr.splitlines() if row.startswith("✓")]
        assert told == [f"{title}{end}" for title in ("Prepare and check data", "Train", "Report")]
        assert ("2 examples to train on\n" in done.stderr) == (not end)
        assert done.stdout == f"Model: {line.run_folder / 'model'}\n"
    page, text = ((line.run_folder / f"report.{kind}").read_text() for kind in ("html", "md"))
    assert "held out" not in page and "held out" not in text and "before" not in text and "seen.jsonl" not in text


def test_ctrl_c_is_one_sentence(tiny_model_dir: Path, tmp_path: Path) -> None:
    line = Line(tmp_path, tiny_model_dir)
    process = line.start()
    line.wait_for_checkpoint(process)
    process.send_signal(signal.SIGINT)
    done = process.end(60)
    assert done.returncode == 130
    assert "Interrupted. Run the same command again" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (line.run_folder / "model").exists()


@pytest.mark.parametrize(
    ("limit", "stage", "sentence"),
    [(20_000, "data", "cannot be written: file too large."), (60_000, "train", "cannot be written: the disk is full.")],
)
def test_a_full_disk_is_one_sentence(
    tiny_model_dir: Path, tmp_path: Path, limit: int, stage: str, sentence: str
) -> None:
    line = Line(tmp_path, tiny_model_dir)
    done = line.start(file_size=limit).end(120)
    assert done.returncode == 1, done.stderr
    assert f"{sentence} Free some space and run again." in done.stderr
    assert "Traceback" not in done.stderr
    assert [event for event in line.events() if event[0] == "stage_started"][-1] == ("stage_started", stage)
    assert not list(line.run_folder.rglob("*.partial"))
    assert not (line.run_folder / "model").exists()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--plugin", "toolcal"], "no recipe named 'toolcal'. Did you mean 'toolcall'"),
        (["--set", "train.learning_rat=1"], "Did you mean 'learning_rate'"),
        (["--model", "smollm"], "No model source knows 'smollm'"),
        (["--toolset", "nowhere.py"], "nowhere.py does not exist"),
        (["--toolset", "raises.py"], "raises.py:1 raised ValueError on import: no lamps here."),
        (["--config", "corrupt.yaml"], "corrupt.yaml:2 is not YAML"),
    ],
)
def test_a_users_mistake_is_one_sentence(tiny_model_dir: Path, tmp_path: Path, flags: list[str], message: str) -> None:
    line = Line(tmp_path, tiny_model_dir)
    (tmp_path / "raises.py").write_text("raise ValueError('no lamps here')")
    (tmp_path / "corrupt.yaml").write_text("model: [x\ntrain: {")
    result = line(*flags)
    assert result.returncode in (1, 2)
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.glob("runs/*/data/*"))


def test_eval_runs_and_chat_use_what_was_made(copied: Line) -> None:
    def carry_out(*arguments: str, input: str = "") -> str:
        done = sftctl(*arguments, folder=copied.folder, environment=copied.environment, input=input)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "toolcall" in carry_out("eval", "tiny", "-o", "scores.json")
    for again, made in (("scores.json", "after.json"), ("samples-scores.jsonl", "samples-after.jsonl")):
        assert (copied.folder / again).read_bytes() == (copied.run_folder / "eval" / made).read_bytes()
    table = carry_out("compare", "scores.json", "tiny", "--budget", "toolcall/*=0")
    assert "toolcall" in table and "overall" in table
    assert "overall/schema" in carry_out("compare", "tiny", "--all")  # the rest of the name is on the next line
    carry_out("eval", "tiny", "--against", "scores.json", "--budget", "toolcall/*=0")
    (copied.run_folder / "report.html").unlink()
    carry_out("report", "tiny")
    assert (copied.run_folder / "report.html").is_file()
    assert "tiny" in carry_out("runs")
    assert carry_out("chat", "tiny", input="Light the hall.\n")
    (copied.folder / "bells.py").write_text(
        'def ring(times: int) -> str:\n    """Ring the bell."""\n    return "ding"\n'
    )
    talk = ("chat", "tiny", "--toolset", "bells.py")
    offered = sftctl(*talk, folder=copied.folder, environment=copied.environment, input="")
    assert "tiny, with ring." in offered.stderr
    offered = sftctl(*talk, "--tool", "rang", folder=copied.folder, environment=copied.environment, input="")
    assert "Did you mean 'ring'" in offered.stderr
