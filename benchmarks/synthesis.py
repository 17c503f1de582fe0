"""Synthesis: speed on one core, memory, calls that break the schema they are shown with, and equal bytes.

    python benchmarks/synthesis.py [--rounds 3] [--million]

Speed is in examples for each second of CPU time of this process, which holds on a shared machine too (a busy one
still slows it somewhat). Memory is the peak of a process of its own that makes ever more examples and asks
jsonschema itself about every call in them. A second process with the same seed makes the first of them again.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from sftctl.core.manager import plugin_manager
from sftctl.core.tools.toolset import load_toolset
from sftctl.core.types import Example, call_of

KINDS: dict[str, dict[str, Any]] = {
    "the defaults": {},
    "the recipe's": plugin_manager().recipes()["toolcall"].settings["synthesis"],
    "composed=0.5": {"composed": 0.5},
}
ALL = {"scene": 6, "composed": 0.5}
EXAMPLES = 3000
"""In each round."""
MILESTONES = (1_000, 10_000, 100_000, 1_000_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--million", action="store_true", help="make a million examples, not a hundred thousand")
    parser.add_argument("--make", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.make:
        make_and_tell(arguments.make)
        return
    first = told_by_a_process(MILESTONES[3 if arguments.million else 2])
    again = told_by_a_process(MILESTONES[1])
    print(f"\n{'examples':>10} {'peak memory':>12} {'break their schema':>19}")
    for found in first:
        print(f"{found['examples']:>10,} {found['megabytes']:>9.0f} MB {found['misfits']:>19,}")
    same = [found["sha256"] for found in first[: len(again)]] == [found["sha256"] for found in again]
    print(f"\nsame seed, another process: {'the same' if same else 'OTHER'} bytes (sha256 {again[-1]['sha256'][:16]}…)")
    print(f"\n{'synthesis':<14} {'examples per CPU second':>24}")
    for kind, settings in KINDS.items():
        print(f"{kind:<14} {statistics.median(speeds(settings, arguments.rounds)):>24,.0f}")
    if not same or first[-1]["misfits"]:
        sys.exit("Synthesis broke a promise.")


def synthesize(n: int, seed: int, settings: dict[str, Any]) -> Iterator[Example]:
    """Examples over every built-in tool, by way of the plugin."""
    plugins = plugin_manager()
    synthesizer = plugins.synthesizers()["toolcall"]
    return synthesizer.synthesize(load_toolset(plugins, ["all"]), n, seed, synthesizer.config(**settings))


def speeds(settings: dict[str, Any], rounds: int) -> list[float]:
    """Examples for each second of CPU time, in each round; each has another seed."""
    found = []
    for seed in range(rounds + 1):
        made = synthesize(EXAMPLES, seed, settings)
        start = time.process_time()
        for _ in made:
            pass
        found.append(EXAMPLES / (time.process_time() - start))
    return found[1:]  # the first one read the templates


# ---------------------------------------------------------------- a process of its own


def told_by_a_process(n: int) -> list[dict[str, Any]]:
    """What `make_and_tell` tells."""
    command = [sys.executable, __file__, "--make", str(n)]
    lines = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


def make_and_tell(n: int) -> None:
    """Make `n` examples, and print at each milestone what is known by then."""
    digest, misfits, judge = sha256(), 0, Judge()
    for number, example in enumerate(synthesize(MILESTONES[-1], 0, ALL), start=1):
        digest.update(example.to_json().encode())
        misfits += judge.is_misfit(example)
        if number in MILESTONES:
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            known = {"examples": number, "megabytes": memory, "misfits": misfits, "sha256": digest.hexdigest()}
            print(json.dumps(known), flush=True)
        if number == n:
            return


class Judge:
    """Asks jsonschema about every call; the validators of a scene's tools are made once."""

    def __init__(self) -> None:
        self._tools: tuple[dict[str, Any], ...] = ()
        self._validators: dict[str, Any] = {}

    def is_misfit(self, example: Example) -> bool:
        """Whether a call in it breaks the schema that is shown with it, or has an argument that it does not name."""
        from jsonschema import Draft202012Validator

        if example.tools is not self._tools:
            self._tools = example.tools
            self._validators = {
                tool["function"]["name"]: Draft202012Validator(
                    tool["function"]["parameters"] | {"additionalProperties": False}
                )
                for tool in example.tools
            }
        calls = [call_of(call) for message in example.messages for call in message.get("tool_calls") or ()]
        return not all(self._validators[name].is_valid(arguments) for name, arguments in calls)


if __name__ == "__main__":
    main()
