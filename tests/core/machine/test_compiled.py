"""The cache of torch.compile: kept when it was built to the end, and thrown away when it was not."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sftctl.core.machine.compiled import FOLDER, building

REAL = """
import torch
import torch._inductor.codecache
from sftctl.core.machine.compiled import building
with building():
    print(torch.compile(lambda x: (x.sin() + 1).sum(), dynamic=False)(torch.ones(64)).item())
"""
HANGING = """
import os, time
from pathlib import Path
from sftctl.core.machine.compiled import building
with building():
    Path(os.environ["TORCHINDUCTOR_CACHE_DIR"], "half.so").touch()
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SFTCTL_CACHE", str(tmp_path))
    monkeypatch.delenv(FOLDER, raising=False)
    return tmp_path / "compiled"


@contextmanager
def running(program: str, begun: Path, pattern: str) -> Iterator[None]:
    """A program that has made such a file, until it is killed, with all that it started."""
    process = subprocess.Popen([sys.executable, "-c", program], start_new_session=True)
    try:
        while not list(begun.glob(pattern)):
            assert process.poll() is None, "it ended first"
            time.sleep(0.01)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def built() -> set[str]:
    with building():
        return {path.name for path in Path(os.environ[FOLDER]).iterdir()}


def build(name: str) -> None:
    with building():
        Path(os.environ[FOLDER], name).touch()


def test_what_was_built_to_the_end_is_there_the_next_time(cache: Path) -> None:
    build("one.so")
    build("two.so")
    assert built() == {"one.so", "two.so"}
    assert FOLDER not in os.environ


def test_what_a_killed_process_left_is_thrown_away(cache: Path) -> None:
    build("whole.so")
    with running(HANGING, cache, "half.so"):
        pass
    assert built() == set()
    build("whole.so")
    assert built() == {"whole.so"}


def test_and_so_is_what_an_error_left(cache: Path) -> None:
    def fail() -> None:
        with building():
            Path(os.environ[FOLDER], "half.so").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert built() == set()


def test_while_another_process_builds_one_builds_elsewhere(cache: Path) -> None:
    build("one.so")
    with running(HANGING, cache, "half.so"):
        assert built() == set()
        build("elsewhere.so")
        assert {path.name for path in cache.iterdir()} == {"one.so", "half.so"}


def test_a_folder_that_the_environment_names_is_used_as_it_is(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "mine"))
    with building():
        assert os.environ[FOLDER] == str(tmp_path / "mine")
    assert os.environ[FOLDER] == str(tmp_path / "mine") and not cache.exists()


@pytest.mark.skipif(not shutil.which("g++"), reason="nothing can be compiled")
def test_torch_compiles_again_after_a_kill(cache: Path) -> None:
    with running(REAL, cache, "*/*.main.cpp"):
        pass
    for source in cache.glob("*/*.main.cpp"):
        source.with_suffix(".so").write_bytes(b"")  # what a linker leaves that is killed as it begins
    done = subprocess.run([sys.executable, "-c", REAL], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(64 * 1.8414709)
