"""What a training frees is given back to the system."""

import platform
import subprocess
import sys

import pytest

SCRIPT = """
from pathlib import Path
import torch
from sftctl.plugins.loop.memory import large_blocks_given_back

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def given_back():
    pairs = [(torch.ones(2**19), torch.ones(2**12)) for _ in range(100)]  # 2 MiB, and a little that stays
    kept, full = [small for _, small in pairs], resident()
    del pairs
    return (full - resident()) / 2**20

torch.ones(2**22)  # freed at once: malloc keeps blocks of that size from now on
with large_blocks_given_back():
    meanwhile = given_back()
print(meanwhile, given_back())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="malloc is not glibc's")
def test_large_blocks_are_given_back_while_it_lasts() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    meanwhile, afterwards = map(float, done.stdout.split())
    assert meanwhile > 150 and afterwards < 50
