"""The memory of requests: an old one is always known, a new one nearly always new, and it does not grow."""

import os
import subprocess
import sys
import tracemalloc

import pytest

from sftctl.plugins.toolcall import seen
from sftctl.plugins.toolcall.seen import SeenRequests


def test_an_old_request_is_never_new() -> None:
    requests = SeenRequests(3000)
    assert all(requests.add(f"What is {number}?") for number in range(3000))
    assert not any(requests.add(f"What is {number}?") for number in range(3000))
    assert requests.add("\ud800") and not requests.add("\ud800")


def test_a_new_one_is_rarely_old_even_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "LEAST", 0)
    requests = SeenRequests(20_000)
    refused = [number for number in range(20_000) if not requests.add(str(number))]
    assert len(refused) < 10
    more = sum(not requests.add(str(number)) for number in range(20_000, 100_000))
    assert more > 1000, "it is full, so the bits that it was given are all used"


def test_it_takes_the_same_memory_for_few_and_many() -> None:
    tracemalloc.start()
    try:
        requests = SeenRequests(1_000_000)
        before, _ = tracemalloc.get_traced_memory()
        for number in range(20_000):
            requests.add(f"What is {number}?")
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seen.LEAST <= before < 1.1 * seen.LEAST
    assert after - before < 10_000


def test_it_takes_the_same_for_old_in_every_process() -> None:
    script = (
        "from sftctl.plugins.toolcall import seen\n"
        "seen.LEAST = 100\n"
        "requests = seen.SeenRequests(1)\n"
        "print([number for number in range(500) if not requests.add(str(number))])\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert len(outputs.pop()) > 100
