"""Machines: the table of GPUs, names as people write them, and this one."""

import os
from pathlib import Path

import pytest

from sftctl.core.costs import budget, machines
from sftctl.core.costs.machines import GPUS, cpu_memory, named_gpu, this_machine
from sftctl.core.errors import ConfigError
from sftctl.core.machine import speed


@pytest.mark.parametrize("name", GPUS)
def test_every_gpu_of_the_table_is_a_machine(name: str) -> None:
    machine = named_gpu(name)
    assert machine.gpu
    assert 10e9 < machine.memory < 200e9
    assert machine.rate is not None
    assert machine.rate_fp32 is not None
    assert machine.rate >= machine.rate_fp32


@pytest.mark.parametrize(("written", "name"), [("RTX 4090", "rtx4090"), ("H100-80GB", "h100-80gb"), ("T4", "t4")])
def test_names_as_people_write_them(written: str, name: str) -> None:
    assert named_gpu(written).name == name


def test_a_gpu_without_bfloat16() -> None:
    assert not named_gpu("t4").bf16
    assert named_gpu("l4").bf16


@pytest.mark.parametrize(("typed", "meant"), [("h100-80g", "h100-80gb"), ("a100", "a100-"), ("rtx409", "rtx4090")])
def test_an_unknown_gpu_is_refused_with_what_was_meant(typed: str, meant: str) -> None:
    with pytest.raises(ConfigError, match=f"GPU '{typed}' is not known.*{meant}"):
        named_gpu(typed)


def test_this_machine_computes_as_the_budget_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machines, "bf16_unit", lambda: "AMX")
    monkeypatch.setattr(speed, "block_speed", lambda bf16: (1_000 if bf16 else 250) * budget.BLOCKS[bf16])
    machine = this_machine()
    assert machine.rate == pytest.approx(1_000 * budget.FLOPS_A_TOKEN)
    assert machine.rate_fp32 == pytest.approx(250 * budget.FLOPS_A_TOKEN)


def test_every_gpu_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs/plan.md").read_text(encoding="utf-8")
    assert [name for name in GPUS if f"`{name}`" not in page] == []


def test_no_more_memory_than_the_machine_has() -> None:
    assert 0 < cpu_memory() <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
