"""How torch's threads share the cores with other processes."""

import os
import subprocess
import sys

import pytest

LOADED = """
import os, sys
import sftctl.core.cli
assert "torch" not in sys.modules, "it reads the variable when it is loaded"
from typer.testing import CliRunner
CliRunner().invoke(sftctl.core.cli.app, ["plugins"])
import torch
"""


@pytest.mark.skipif(sys.platform != "linux", reason="torch has another OpenMP there")
@pytest.mark.parametrize(("asked", "waits"), [({}, "5000"), ({"GOMP_SPINCOUNT": "7"}, "7")])
def test_threads_that_wait_soon_sleep_unless_told_otherwise(asked: dict[str, str], waits: str) -> None:
    shown = _openmp_of_a_command(asked)
    assert f"GOMP_SPINCOUNT = '{waits}'" in shown


@pytest.mark.skipif(sys.platform != "linux", reason="torch has another OpenMP there")
def test_a_policy_of_the_users_is_left_alone() -> None:
    assert "GOMP_SPINCOUNT = '5000'" not in _openmp_of_a_command({"OMP_WAIT_POLICY": "ACTIVE"})


def _openmp_of_a_command(environment: dict[str, str]) -> str:
    """What OpenMP says of its settings when a command has been given and torch is loaded."""
    kept = {name: value for name, value in os.environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        env=kept | {"OMP_DISPLAY_ENV": "VERBOSE"} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr
