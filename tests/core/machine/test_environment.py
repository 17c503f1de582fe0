"""Environments in the cache: made once, whole or not at all."""

import zipfile
from pathlib import Path

import pytest

from sftctl.core.doctor import findings
from sftctl.core.errors import InstallError
from sftctl.core.machine.environment import Environment, ensure


def wheel(folder: Path, name: str, code: str) -> None:
    """A package of one module."""
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", code)
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place that pip finds packages in."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_it_is_made_once_without_what_cannot_be_imported(index: Path, tmp_path: Path) -> None:
    wheel(index, "works", "")
    wheel(index, "breaks", "raise RuntimeError")
    environment = Environment("pair", ("works==1.0", "breaks==1.0"), removable=("works", "breaks"))
    cache, told = tmp_path / "cache", list[str]()
    assert environment.python(cache) is None
    python = ensure(environment, cache, told.append)
    assert python == environment.python(cache) and len(told) == 1
    assert ensure(environment, cache, told.append) == python and len(told) == 1
    (site,) = python.parent.parent.glob("lib/python*/site-packages")
    assert (site / "works.py").exists() and not (site / "breaks.py").exists()
    assert "pair-" in dict(findings(cache))["environments"]


def test_what_cannot_be_installed_is_one_clear_error_and_leaves_nothing(index: Path, tmp_path: Path) -> None:
    environment = Environment("lost", ("no-such-package==1.0",))
    with pytest.raises(InstallError, match="lost cannot be installed: pip reaches no index that has it") as caught:
        ensure(environment, tmp_path / "cache", print)
    assert "PIP_FIND_LINKS" in caught.value.hint
    assert not environment.folder(tmp_path / "cache").exists()
