"""The run store: whole files or none, stages done once, one process at a time."""

import errno
import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sftctl.core import store
from sftctl.core.errors import StoreError, UnforeseenError
from sftctl.core.store import RunFolder, find_run, list_runs, open_run, publish, write_json, write_lines, write_text
from sftctl.core.types import Event


def ignore(event: Event) -> None:
    pass


# ---------------------------------------------------------------- writing


def test_a_full_disk_is_one_sentence_and_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.json"
    write_json(path, {"old": True})

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store.os, "fsync", full)
    with pytest.raises(StoreError, match=r"no space left on device.* Free some space"):
        write_json(path, {"new": True})
    assert json.loads(path.read_text()) == {"old": True}
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]


def test_a_failure_half_way_leaves_nothing(tmp_path: Path) -> None:
    def lines() -> object:
        yield "one"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_lines(tmp_path / "data" / "train.jsonl", lines())  # type: ignore[arg-type]
    assert list((tmp_path / "data").iterdir()) == []


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    """As root, a rename would put a file in the place of /dev/stdout."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    write_text(pipe, "here")
    reader.join(timeout=10)
    assert read == ["here"]
    assert pipe.is_fifo()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs Linux's /proc")
def test_a_link_to_an_open_pipe_is_written_through(tmp_path: Path) -> None:
    """What /dev/stdout is in a pipeline; a link of our own, so that a failure here harms nothing else."""
    reading, writing = os.pipe()
    link = tmp_path / "stdout"
    link.symlink_to(f"/proc/self/fd/{writing}")
    write_text(link, "here")
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert pipe.read() == "here"
    assert link.is_symlink()


def test_a_link_keeps_pointing_to_what_it_did(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_published_folder_replaces_the_old_one(tmp_path: Path) -> None:
    for number in ("1", "2"):
        write_text(tmp_path / "partial" / "weights", number)
        publish(tmp_path / "partial", tmp_path / "model")
    assert (tmp_path / "model" / "weights").read_text() == "2"
    assert not (tmp_path / "partial").exists()


def test_logs_lose_only_the_line_that_a_crash_cut_short(tmp_path: Path) -> None:
    with open_run(tmp_path, "r", ignore) as folder:
        folder.emit(Event("metrics", "train", {"step": 1}))
    log = tmp_path / "r" / "metrics.jsonl"
    log.write_text(log.read_text() + '{"step": 2, "lo')
    with open_run(tmp_path, "r", ignore) as folder:
        folder.emit(Event("metrics", "train", {"step": 2}))
    assert [json.loads(line)["step"] for line in log.read_text().splitlines()] == [1, 2]


@pytest.mark.parametrize(
    ("again", "kept"),
    [
        ([{"step": 3, "loss": 3.5}, {"step": 4, "loss": 4.5}], [1.0, 2.0, 0.2, 3.5, 4.5]),
        ([{"step": 2, "eval_loss": 0.3}], [1.0, 2.0, 0.3]),  # it ended with step 2, and only evaluates once more
        ([{"step": 1, "loss": 1.5}], [1.5]),
        ([], [1.0, 2.0, 0.2, 3.0]),
    ],
)
def test_steps_that_are_done_again_are_in_the_metrics_once(
    tmp_path: Path, again: list[dict[str, float]], kept: list[float]
) -> None:
    first = [{"step": step, "loss": float(step)} for step in (1, 2, 3)]
    first.insert(2, {"step": 2, "eval_loss": 0.2})
    for rows in (first, again):
        with open_run(tmp_path, "r", ignore) as folder:
            for row in rows:
                folder.emit(Event("metrics", "train", row))
    told = map(json.loads, (tmp_path / "r" / "metrics.jsonl").read_text().splitlines())
    assert [row.get("loss", row.get("eval_loss")) for row in told] == kept


# ---------------------------------------------------------------- stages


def make(folder: RunFolder, inputs: object, done: list[str], outputs: tuple[str, ...] = ("out",)) -> str:
    def work() -> None:
        done.append("worked")
        write_text(folder.path / "out", str(inputs))

    return folder.stage("make", inputs, outputs, work, partial=["partial"])


def test_a_stage_is_done_once_for_the_same_inputs(tmp_path: Path) -> None:
    done: list[str] = []
    marks = []
    for inputs in ("a", "a", "b"):
        with open_run(tmp_path, "r", ignore) as folder:
            marks.append(make(folder, inputs, done))
    assert len(done) == 2
    assert marks[0] == marks[1] != marks[2]
    assert (tmp_path / "r" / "out").read_text() == "b"


def test_a_stage_whose_output_was_deleted_is_done_again(tmp_path: Path) -> None:
    done: list[str] = []
    for _ in range(2):
        with open_run(tmp_path, "r", ignore) as folder:
            make(folder, "a", done)
        (tmp_path / "r" / "out").unlink()
    assert len(done) == 2


@pytest.mark.parametrize(("again", "kept"), [("a", True), ("b", False)])
def test_what_an_interrupted_stage_left_is_kept_only_for_the_same_inputs(
    tmp_path: Path, again: str, kept: bool
) -> None:
    def interrupted() -> None:
        write_text(tmp_path / "r" / "partial" / "checkpoint", "half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), open_run(tmp_path, "r", ignore) as folder:
        folder.stage("make", "a", ["out"], interrupted, partial=["partial"])
    seen: list[bool] = []
    with open_run(tmp_path, "r", ignore) as folder:
        folder.stage(
            "make",
            again,
            ["out"],
            lambda: seen.append((tmp_path / "r" / "partial" / "checkpoint").exists()),
            partial=["partial"],
        )
    assert seen == [kept]


# ---------------------------------------------------------------- runs


def test_a_second_process_is_told_who_works_there(tmp_path: Path) -> None:
    with open_run(tmp_path, "r", ignore):
        script = (
            "from pathlib import Path\nfrom sftctl.core.store import open_run\n"
            f"with open_run(Path({str(tmp_path)!r}), 'r', print): pass"
        )
        other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert f"is being worked on by process {os.getpid()}" in other.stderr


@pytest.mark.parametrize("name", ["../out", "a/b", ".hidden", "", ".."])
def test_a_name_that_is_no_folder_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="cannot be the name of a run"), open_run(tmp_path / "runs", name, ignore):
        pass
    assert not list(tmp_path.iterdir())


def test_an_unforeseen_error_leaves_its_traceback_in_the_log(tmp_path: Path) -> None:
    where = r"should not have happened: ZeroDivisionError.*run\.log"

    def work() -> None:
        logging.getLogger("somebody.else").warning("a word of warning")
        raise ZeroDivisionError("division by zero")

    with pytest.raises(UnforeseenError, match=where) as caught, open_run(tmp_path, "r", ignore):
        work()
    log = (tmp_path / "r" / "run.log").read_text()
    assert "a word of warning" in log
    assert "Traceback" in log
    assert caught.value.exit_code == 70


def test_a_full_disk_is_known_by_its_words_too(tmp_path: Path) -> None:
    """safetensors raises an error of its own, with the system's words in it."""
    with pytest.raises(StoreError, match="the disk is full"), open_run(tmp_path, "r", ignore):
        raise RuntimeError(f"Error while serializing: I/O error: {os.strerror(errno.ENOSPC)} (os error 28)")


def test_a_damaged_manifest_is_named(tmp_path: Path) -> None:
    write_text(tmp_path / "r" / "manifest.json", "{")
    with pytest.raises(StoreError, match=r"manifest\.json is damaged"), open_run(tmp_path, "r", ignore):
        pass


def test_finding_a_run(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no trained run"):
        find_run(tmp_path, None)
    for name in ("one", "two"):
        write_text(tmp_path / name / "manifest.json", "{}")
    write_text(tmp_path / "one" / "model" / "manifest.json", "{}")
    assert len(list_runs(tmp_path)) == 2
    assert find_run(tmp_path, None).name == "one"
    assert find_run(tmp_path, "two").name == "two"
    elsewhere = tmp_path / "elsewhere" / "three"
    write_text(elsewhere / "manifest.json", '{"stages": {}}')
    assert find_run(tmp_path, str(elsewhere)) == elsewhere, "its folder names it too"
    with pytest.raises(StoreError, match=r"no run 'tow'.* Did you mean 'two'"):
        find_run(tmp_path, "tow")


# ---------------------------------------------------------------- lenders


def test_a_stage_of_another_run_is_borrowed_where_it_is_the_same(tmp_path: Path) -> None:
    done: list[str] = []

    def stage(run: RunFolder, inputs: str, output: str, borrow: bool = True) -> None:
        def work() -> None:
            done.append(run.name)
            (run.path / output).mkdir(parents=True)
            (run.path / output / "weights").write_text(inputs)

        run.stage("train", inputs=[inputs], outputs=[output], work=work, borrow=borrow)

    with open_run(tmp_path, "a", ignore) as first:
        stage(first, "same", "model")
    with open_run(tmp_path, "b", ignore, lenders=[first.path]) as second:
        stage(second, "same", "tuned")
        assert (second.path / "tuned/weights").read_text() == "same"
        stage(second, "same", "tuned")  # now its own
        stage(second, "other", "tuned")
        assert (second.path / "tuned/weights").read_text() == "other"
    with open_run(tmp_path, "c", ignore, lenders=[first.path]) as third:
        stage(third, "same", "model", borrow=False)
    (first.path / "model/weights").unlink()
    (first.path / "model").rmdir()
    with open_run(tmp_path, "d", ignore, lenders=[first.path]) as fourth:
        stage(fourth, "same", "model")  # what it should lend is gone
    assert done == ["a", "b", "c", "d"]
