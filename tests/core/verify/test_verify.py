"""Every promise of a trainer can be seen to be broken, and both built-in trainers keep them."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sftctl.core.cli import main
from sftctl.core.config import RunConfig, resolve
from sftctl.core.errors import ConfigError
from sftctl.core.manager import Plugins, plugin_manager
from sftctl.core.types import Event, Model
from sftctl.core.verify.bench import Bench, Curve, Finding
from sftctl.core.verify.checks import Check, agreement, curve, resume, same_tokens, verify
from sftctl.core.verify.matrix import Cell, check_options, known_cells, probe_matrix

TESTS = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which tests/liars.py is an installed plugin, for this process and those that it starts."""
    site = tmp_path_factory.mktemp("site")
    info = site / "liars-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: liars\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[sftctl]\nliars = liars\n")
    (site / "liars.py").write_text((TESTS / "liars.py").read_text())
    return site


@pytest.fixture(scope="module")
def plugins(installed: Path) -> Iterator[Plugins]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(installed)
        yield plugin_manager()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SFTCTL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def bench(plugins: Plugins, tiny_model_dir: Path, tmp_path: Path) -> Bench:
    return Bench.make(plugins, Model("tiny", tiny_model_dir), tmp_path, seconds=240, threads=1)


def checked(bench: Bench, name: str) -> dict[str, Any]:
    """What is found of a trainer's tokens, by promise."""
    trainer = bench.plugins.trainers()[name]
    return {check.promise: check for check in same_tokens(bench, trainer, bench.try_out(trainer, {}, tokens=True))}


# ---------------------------------------------------------------- those that lie


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no-mask", r"learned 2\d\d tokens that carry no label, e.g. 'system' \(row 1, token 2\)"),
        ("shifted", "learned what is not in its rows: other tokens, labels or contexts"),
        ("other-context", "learned what is not in its rows: other tokens, labels or contexts"),
        ("embellisher", "reports a loss of 6.4.*; that of the rows is 7.1"),
    ],
)
def test_one_that_learns_something_else_is_found_out(bench: Bench, name: str, reason: str) -> None:
    check = checked(bench, name)["same tokens"]
    assert check.ok is False
    assert re.search(reason, check.figures), check.figures


def test_one_that_does_not_learn_to_stop_is_found_out(bench: Bench) -> None:
    found = checked(bench, "no-stop")
    assert found["same tokens"].ok is False
    assert "did not learn 5 that do, e.g. '<|im_end|>'" in found["same tokens"].figures
    assert found["stop token"].ok is False
    assert found["stop token"].figures.startswith("0 of 5 stop tokens learned")
    assert checked(bench, "embellisher")["stop token"].ok


def followed(bench: Bench, name: str) -> tuple[Finding, Curve, Check]:
    """The first step of LoRA, and the steps after it."""
    trainer = bench.plugins.trainers()[name]
    found = bench.try_out(trainer, {})
    assert found.result == "ok" and found.weights
    steps = bench.follow(trainer, {}, found.weights)
    return found, steps, curve(trainer, "LoRA", steps)


def test_one_that_goes_astray_after_its_first_step_is_found_out(bench: Bench) -> None:
    *_, check = followed(bench, "hurried")
    assert check.ok is False
    assert re.search(r"losses of 8 steps, 7\.149\d+ to 6\.\d+ \(.*\), off by 1\.0e-02 at most", check.figures)


def test_one_that_begins_with_another_adapter_is_found_out(bench: Bench) -> None:
    """Beside another trainer: alone it does nothing wrong."""
    found = {name: followed(bench, name) for name in ("loop", "elsewhere")}
    assert all(check.ok for *_, check in found.values())
    (check,) = agreement({"LoRA": {name: (first, steps) for name, (first, steps, _) in found.items()}})
    assert check.ok is False
    apart = re.findall(r"within (\S+?)(?:,|$)", check.figures)
    loss, norm, _ = map(float, apart)
    assert loss < 1e-6 < 1e-3 < norm


@pytest.mark.parametrize(
    ("name", "figures"), [("forgetful", "went on with step 1"), ("rough", "; 0 of 28 tensors are the same bits")]
)
def test_one_that_does_not_resume_is_found_out(bench: Bench, name: str, figures: str) -> None:
    check = resume(bench, bench.plugins.trainers()[name])
    assert check.ok is False
    assert figures in check.figures


# ---------------------------------------------------------------- those that do not


def test_the_built_in_trainers_keep_every_promise(bench: Bench) -> None:
    trainers = [bench.plugins.trainers()[name] for name in ("loop", "trl")]
    checks = list(verify(bench, trainers, named=True, quick=True))
    assert {check.promise for check in checks} >= {
        "same tokens", "stop token", "first step, LoRA", "first step, full", "curve, LoRA", "curve, full",
        "option packing", "kill and resume", "agreement, LoRA", "agreement, full",
    }  # fmt: skip
    assert [check for check in checks if check.ok is False] == []


@pytest.mark.real
def test_on_the_real_model_both_take_the_step_that_the_labels_ask_for(
    plugins: Plugins, real_model: Model, tmp_path: Path
) -> None:
    """Its tokens cannot all be told apart, as some have next to no gradient; the step as a whole can be compared."""
    bench = Bench.make(plugins, real_model, tmp_path, seconds=300)
    losses = []
    for name in ("loop", "trl"):
        found = bench.try_out(plugins.trainers()[name], {})
        assert found.result == "ok", found
        assert found.gradient_error < 1e-3
        losses.append(found.loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


# ---------------------------------------------------------------- the matrix


@pytest.fixture(scope="module")
def tried(plugins: Plugins, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Cell]]:
    """A cache in which the whole matrix of a trainer is known, and the matrix."""
    cache = tmp_path_factory.mktemp("tried")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SFTCTL_CACHE", str(cache))
        return cache, probe_matrix(plugins, [plugins.trainers()["options"]])


def test_each_way_of_an_option_is_told_apart(
    plugins: Plugins, tried: tuple[Path, list[Cell]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SFTCTL_CACHE", str(tried[0]))
    trainer, cells = plugins.trainers()["options"], {tuple(cell.options): cell for cell in tried[1]}
    assert cells[()].result == cells[("packing",)].result == cells[("padding_free",)].result == "ok"
    assert cells[("use_liger_kernel",)].result == "refused"
    assert cells[("use_liger_kernel",)].reason == "There is no GPU here. Leave use_liger_kernel out."
    assert cells[("gradient_checkpointing",)].result == "lied"
    assert "tokens that carry no label" in cells[("gradient_checkpointing",)].reason
    assert cells[("packing", "padding_free")].result == "crashed"
    assert cells[("packing", "padding_free")].reason == "RuntimeError: shapes do not fit"
    assert cells[("packing", "use_liger_kernel")].reason == "as use_liger_kernel alone"

    probe_matrix(plugins, [trainer], watch=lambda cell: pytest.fail(f"tried again: {cell}"))
    assert len(known_cells(plugins, trainer)) == len(cells)


def run_config(plugins: Plugins, **train: Any) -> RunConfig:
    return resolve(plugins, "toolcall", flags={"trainer": "options", "train": train})


def test_a_run_asks_only_about_options_that_are_not_the_trainers_own(plugins: Plugins, cache: Path) -> None:
    for train in ({}, {"learning_rate": 1e-3}, {"packing": False}):
        check_options(run_config(plugins, **train), plugins, lambda event: pytest.fail(f"tried: {event}"))
    assert not (cache / "matrix").exists()


def test_what_does_not_work_is_refused_and_known_from_then_on(plugins: Plugins, cache: Path) -> None:
    seen: list[Event] = []
    config = run_config(plugins, gradient_checkpointing=True)
    for _ in range(2):
        with pytest.raises(ConfigError, match=r"does not work with trainer 'options': it learned .*\(lied, with torch"):
            check_options(config, plugins, seen.append)
    assert len(seen) == 1, "it was tried twice"


def test_a_part_that_is_known_to_fail_is_enough(plugins: Plugins, cache: Path) -> None:
    with pytest.raises(ConfigError, match=r"^packing \+ padding_free does not work"):
        check_options(run_config(plugins, padding_free=True), plugins, lambda event: None)
    more = run_config(plugins, padding_free=True, peft_config={"use_rslora": True})
    with pytest.raises(ConfigError, match=r"^packing \+ padding_free does not work.*Switch one of them off"):
        check_options(more, plugins, lambda event: pytest.fail("tried"))


# ---------------------------------------------------------------- the command line


Sftctl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def sftctl(
    plugins: Plugins, cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Sftctl:
    """The command line in this process, whose probes need not import everything again."""

    def carry_out(*arguments: str) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["sftctl", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        assert isinstance(left.value.code, int)
        return subprocess.CompletedProcess(arguments, left.value.code, *capsys.readouterr())

    return carry_out


def test_verify_says_what_is_wrong_and_fails(sftctl: Sftctl, tmp_path: Path) -> None:
    done = sftctl("verify", "--trainer", "options", "-o", str(tmp_path / "checks.json"))
    assert done.returncode == 1, done.stderr
    assert "FAIL option gradient_checkpointing [options]: lied: it learned" in done.stdout
    assert "ok   same tokens [options]: 157 labels among 445 tokens of 4 rows" in done.stdout
    assert "-    option use_liger_kernel [options]: refused: There is no GPU here." in done.stdout
    assert "1 broken" in done.stdout
    checks = json.loads((tmp_path / "checks.json").read_text())
    assert [check["promise"] for check in checks if check["ok"] is False] == ["option gradient_checkpointing"]


def test_a_run_is_refused_before_its_data_is_made(sftctl: Sftctl, tmp_path: Path) -> None:
    settings = ("--trainer", "options", "--set", "train.gradient_checkpointing=true", "--runs", str(tmp_path / "runs"))
    done = sftctl("run", "--name", "r", *settings)
    assert done.returncode == 2, done.stderr
    assert "error: packing + gradient_checkpointing does not work with trainer 'options'" in done.stderr
    assert not (tmp_path / "runs/r/data").exists()


def test_the_matrix_as_a_table_and_as_json(tried: tuple[Path, list[Cell]], sftctl: Sftctl, cache: Path) -> None:
    """What is not known yet is tried, and nothing else."""
    shutil.copytree(tried[0], cache)
    (file,) = cache.glob("matrix/options-*.json")
    known = json.loads(file.read_text())
    cells = [cell for cell in known["cells"] if cell["result"] != "lied" and cell["options"]]
    file.write_text(json.dumps(known | {"cells": cells}))
    command = ("doctor", "--matrix", "--trainer", "options")
    table = sftctl(*command)
    assert table.returncode == 0, table.stderr
    assert "gradient_checkpointing: lied: it learned" in table.stdout
    assert re.findall(r"^options: (.*): \w+ \(", table.stderr, re.M) == ["plain", "gradient_checkpointing"]
    printed = json.loads(sftctl(*command, "--json").stdout)
    assert {"torch", "trl", "transformers", "peft"} <= set(printed["versions"])
    assert {cell["result"] for cell in printed["cells"]} == {"ok", "lied", "refused", "crashed"}
