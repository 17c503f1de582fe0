"""How fast the machine computes: measured once, remembered for this very machine."""

import json
from pathlib import Path

import pytest

from sftctl.core.machine import speed


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the next measurements give, in order."""
    coming: list[float] = []
    monkeypatch.setenv("SFTCTL_CACHE", str(tmp_path))
    monkeypatch.setattr(speed, "_measure", lambda bf16: coming.pop(0))
    return coming


def test_a_block_is_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFTCTL_CACHE", str(tmp_path))
    monkeypatch.setattr(speed, "SECONDS", 0.01)
    found = speed.block_speed(bf16=False)
    assert found > 10
    assert list(json.loads((tmp_path / "speed.json").read_text()).values()) == [{"fp32": found}]


def test_it_is_measured_once_and_in_each_type_by_itself(measured: list[float]) -> None:
    measured += [12_345, 999]
    assert [speed.block_speed(True), speed.block_speed(False), speed.block_speed(True)] == [12_000, 1_000, 12_000]


def test_measured_anew_the_faster_counts_as_others_only_take_away(measured: list[float]) -> None:
    measured += [100, 200, 50]
    assert [speed.block_speed(True)] + [speed.block_speed(True, anew=True) for _ in "ab"] == [100, 200, 200]
    assert speed.block_speed(True) == 200


def test_what_another_machine_does_is_left_as_it_is(measured: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """As one is where a process has other threads, or torch is another."""
    measured += [100, 300]
    assert speed.block_speed(True) == 100
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(speed, "_machine", lambda: "another")
        assert speed.block_speed(True) == 300
    assert speed.block_speed(True) == 100


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', '{"a": {"bf16": [7]}}', "\xff"])
def test_what_is_damaged_is_measured_again(measured: list[float], tmp_path: Path, text: str) -> None:
    (tmp_path / "speed.json").write_text(text, encoding="latin-1")
    measured.append(300)
    assert speed.block_speed(True) == 300
    assert speed.block_speed(True) == 300


@pytest.mark.parametrize("number", ["0", "-1", '"fast"', "null"])
def test_a_number_that_is_none_is_measured_again(measured: list[float], tmp_path: Path, number: str) -> None:
    measured += [100, 300]
    speed.block_speed(True)
    path = tmp_path / "speed.json"
    path.write_text(path.read_text().replace("100.0", number))
    assert speed.block_speed(True) == 300


def test_a_cache_that_cannot_be_written_is_no_mistake(
    measured: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SFTCTL_CACHE", str(tmp_path / "file"))
    measured += [100, 100]
    assert speed.block_speed(True) == speed.block_speed(True) == 100
