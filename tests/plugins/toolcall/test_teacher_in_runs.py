"""A teacher in runs and commands: what it may touch, what a kill costs, where its key is, and its settings."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from teachers import OPENING, Response, Teacher, completion, good_answer, says, well

from sftctl.core.config import resolve
from sftctl.core.errors import ConfigError
from sftctl.core.hookspecs import hookimpl
from sftctl.core.manager import Plugins, Provider, plugin_manager
from sftctl.core.stages.data import make_data
from sftctl.core.store import open_run
from sftctl.core.tools.toolset import load_toolset
from sftctl.core.types import Model, Rewritten, Synthesizer


def test_a_run_has_the_texts_in_training_alone_and_tells_what_became_of_them(
    server: tuple[Teacher, str], tmp_path: Path
) -> None:
    plugins = plugin_manager()
    flags: dict[str, Any] = {"toolset": ["weather", "travel"], "examples": 30, "eval_examples": 20}
    flags["evaluators"] = {"bfcl": None}
    teacher = {"teacher": {"base_url": server[1], "model": "fake", "share": 1}}
    reports = []
    for name, more in (("alone", {}), ("taught", teacher)):
        config = resolve(plugins, "toolcall", flags=flags | more)
        with open_run(tmp_path, name, lambda event: None) as folder:
            make_data(folder, config, plugins, load_toolset(plugins, config.toolset), Model("none", tmp_path))
        reports.append(json.loads((tmp_path / name / "data/report.json").read_text()))
    assert reports[0]["eval"] == reports[1]["eval"]
    assert "teacher" not in reports[0]
    assert reports[1]["teacher"]["paraphrases"]["kept"] > 15
    assert (tmp_path / "taught/data/train.jsonl").read_text().count(OPENING) >= 15


TICKETS = [
    {
        "name": "open_ticket",
        "description": "Opens a ticket.",
        "parameters": {
            "type": "object",
            "properties": {"summary": {"type": "string"}, "hours": {"type": "integer"}},
            "required": ["summary", "hours"],
        },
    }
]
KEY = "sk-very-secret-4711"


class Synth:
    """`sftctl synth` with a teacher, in a process of its own."""

    def __init__(self, url: str, folder: Path) -> None:
        (folder / "tickets.json").write_text(json.dumps(TICKETS))
        self.folder, self.output = folder, folder / "out.jsonl"
        line = ["synth", "-o", str(self.output), "-n", "60", "--toolset", "weather", "--toolset", "tickets.json"]
        line += ["--teacher", url, "--teacher-model", "fake", "--set", "teacher.share=1"]
        line += ["--set", "teacher.concurrency=3", "--set", "teacher.retries=0"]
        self.command = [sys.executable, "-m", "sftctl.core.cli", *line]

    def start(self) -> subprocess.Popen[str]:
        environment = os.environ | {"SFTCTL_TEACHER_API_KEY": KEY, "SFTCTL_CACHE": str(self.folder / "cache")}
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(self.command, env=environment, cwd=self.folder, **pipes)

    def __call__(self) -> tuple[int, str]:
        process = self.start()
        out, err = process.communicate(timeout=120)
        return process.returncode, out + err


def test_after_a_kill_nothing_is_paid_for_twice(server: tuple[Teacher, str], tmp_path: Path) -> None:
    teacher, url = server
    (tmp_path / "whole").mkdir()
    whole = Synth(url, tmp_path / "whole")
    assert whole()[0] == 0
    needed = len(teacher.asked)
    teacher.asked.clear()
    teacher.script = lambda prompt, number: Response(completion(good_answer(prompt)), delay=0.05)
    killed = Synth(url, tmp_path)
    process = killed.start()
    while len(teacher.asked) < 15:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert not killed.output.exists(), "the kill came too late to test anything"
    paid = (tmp_path / "out.jsonl.teacher.jsonl").read_text().count('"key"')
    assert paid > 8
    teacher.script = well
    assert killed()[0] == 0
    assert len(set(teacher.prompts)) == needed
    assert needed <= len(teacher.asked) <= needed + 3, "only what was under way when it was killed"
    assert killed.output.read_bytes() == whole.output.read_bytes()


def test_the_key_is_in_no_file_and_no_message(server: tuple[Teacher, str], tmp_path: Path) -> None:
    teacher, url = server

    def script(prompt: str, number: int) -> Response:
        if number % 5 == 4:
            return Response(json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}"}}), status=401)
        return says(json.dumps(json.loads(good_answer(prompt)) | {"key": KEY}) if "Say the same" in prompt else KEY)

    teacher.script = script
    synth = Synth(url, tmp_path)
    code, printed = synth()
    assert code == 0, printed
    assert teacher.asked[0].headers["authorization"] == f"Bearer {KEY}"
    synth.command += ["--set", "teacher.required=true", "--set", "teacher.seed=1"]
    code, more = synth()
    assert code == 1
    assert "Incorrect API key provided: ***" in more
    written = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert not [text for text in (*written, printed, more) if KEY in text]


def test_a_dead_endpoint_is_one_sentence(tmp_path: Path) -> None:
    code, printed = Synth("http://127.0.0.1:9/v1", tmp_path)()
    assert code == 1
    assert "error: The teacher 'fake' at http://127.0.0.1:9/v1 cannot be used: Connection error" in printed
    assert "Traceback" not in printed
    assert not (tmp_path / "out.jsonl").exists()


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"base_url": "http://x/v1"}, r"'teacher\.model' is missing"),
        ({"model": "x"}, r"'teacher\.base_url' is missing"),
        ({"base_url": "x/v1", "model": "x"}, "must begin with http"),
        ({"base_url": "http://me:pw@x/v1", "model": "x"}, "must hold no password"),
        ({"base_url": "http://x/v1", "model": "x", "vots": 3}, "Did you mean 'votes'"),
        ({"base_url": "http://x/v1", "model": "x", "share": 2}, r"'teacher\.share'"),
    ],
)
def test_a_mistake_in_the_settings_is_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        resolve(plugin_manager(), "toolcall", flags={"teacher": settings})


class NoSettings(BaseModel):
    """A synthesizer without settings."""


class Plain:
    """A plugin whose synthesizer cannot use a teacher."""

    @hookimpl
    def sftctl_synthesizers(self) -> list[Synthesizer]:
        return [Synthesizer("plain", "", NoSettings, lambda tools, n, seed, config: iter(()))]


class Shouting:
    """A plugin whose synthesizer makes its own use of a teacher."""

    @hookimpl
    def sftctl_synthesizers(self) -> list[Synthesizer]:
        rewrite = lambda job: Rewritten((), {})  # noqa: E731
        return [Synthesizer("shouting", "", NoSettings, lambda tools, n, seed, config: iter(()), rewrite)]


def test_a_synthesizer_says_whether_it_can_use_a_teacher() -> None:
    plugins: Plugins = plugin_manager()
    plugins.register(Plain(), Provider("plain"))
    plugins.register(Shouting(), Provider("shouting"))
    flags = {"teacher": {"base_url": "http://x/v1", "model": "x"}}
    with pytest.raises(ConfigError, match="'plain' cannot use a teacher"):
        resolve(plugins, "toolcall", flags=flags | {"synthesizer": "plain"})
    assert resolve(plugins, "toolcall", flags=flags | {"synthesizer": "shouting"}).teacher
