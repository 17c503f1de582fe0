"""The package as it is shipped: the wheel is whole, and a third party's plugin works beside it."""

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PLUGIN = ROOT / "tests" / "packages" / "sftctl-brevity"


def shell(*command: object, **settings: Any) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(source: Path, output: Path) -> Path:
    """The wheel of a project, built from a copy so that nothing is left in it."""
    copy = output / "source"
    copy.mkdir(parents=True)
    files = shell("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=source).split("\0")
    with tarfile.open(output / "source.tar", "w") as tar:
        for name in filter(None, files):
            if (source / name).exists():
                tar.add(source / name, name)
    with tarfile.open(output / "source.tar") as tar:
        tar.extractall(copy, filter="tar")
    shell(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", output, copy)
    (wheel,) = output.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new virtual environment with our wheel and the plugin's; libraries are borrowed from this one."""
    folder = tmp_path_factory.mktemp("environment")
    shell(sys.executable, "-m", "venv", folder)
    python = folder / "bin" / "python"
    site = shell(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    Path(site, "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    plugin = build(PLUGIN, tmp_path_factory.mktemp("plugin"))
    shell(python, "-m", "pip", "install", "--no-deps", "--no-index", "--ignore-installed", wheel, plugin)
    return folder


def sftctl(environment: Path, *arguments: object, **settings: Any) -> str:
    return shell(environment / "bin" / "sftctl", *arguments, cwd=environment, **settings)


def test_every_source_file_is_in_the_wheel(wheel: Path) -> None:
    shipped = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("core", "plugins", "toolsets", "serve"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".jinja") or path.name == "py.typed":
                assert f"sftctl/{path.relative_to(ROOT)}" in shipped


def test_the_installed_wheel_is_what_runs(environment: Path) -> None:
    script = "import sftctl.core.cli as m; print(m.__file__)"
    where = shell(environment / "bin" / "python", "-c", script, cwd=environment)
    assert str(environment) in where


def test_a_third_party_plugin_is_listed(environment: Path) -> None:
    listed = sftctl(environment, "plugins", env=os.environ | {"COLUMNS": "200"})
    assert "plugin brevity (sftctl-brevity 1.2.0): ok" in listed
    assert "question-answer" in listed
    assert "share of answers that are short" in listed


def test_a_third_party_plugin_is_used_in_a_run(environment: Path, tiny_model_dir: Path, tmp_path: Path) -> None:
    rows = [{"question": f"What is {n} and {n}?", "answer": f"It is {2 * n}."} for n in range(20)]
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    config = tmp_path / "run.yaml"
    config.write_text(
        json.dumps(
            {
                "model": str(tiny_model_dir),
                "toolset": ["weather"],
                "dataset": [str(data)],
                "examples": 0,
                "eval_examples": 2,
                "held_out": 0.5,
                "prove": False,
                "evaluators": {
                    "brevity": {"max_words": 5, "max_tokens": 4},
                    "toolcall": None,
                    "bfcl": None,
                    "perplexity": None,
                    "choices": None,
                },
                "train": {"max_steps": 2, "bf16": False, "torch_compile": False},
            }
        )
    )
    printed = sftctl(environment, "run", "-c", config, "--runs", tmp_path / "runs", "--name", "r")
    assert "brevity" in printed
    trained = (tmp_path / "runs/r/data/train.jsonl").read_text().splitlines()
    assert len(trained) == 20
    assert {json.loads(line)["source"] for line in trained} == {"question-answer"}
    scores = json.loads((tmp_path / "runs/r/eval/after.json").read_text())
    assert scores["brevity"]["brevity"]["n"] == 2
