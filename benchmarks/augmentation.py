"""What each augmentation of the training data is worth: one short training for each, all else equal.

    python benchmarks/augmentation.py [--examples 800] [--steps 60] [--data FILE …] [--arms reworded masked …]

Every arm is a run of recipe `toolcall` of as many examples, with one share of `synthesis` raised from 0, or taken away.
With `--steps` it is trained so many steps: examples of large scenes, whose tools are computed once, take fewer.
They are compared on the same items: our held-out tools, and any data sets given (`FILE` or `FILE:TOOLS`, of any shape
that is known), of which the last turn counts. A share of right answers swings by many points after so short a
training, so the measure is the loss on the expected calls, in nats per token, against the plain arm's on the same
items: below 0 is better, with the 95 % interval of a paired bootstrap over the items.
"""

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from sftctl.core.report.results import read_results
from sftctl.core.scores.stats import DRAWS, TAIL

PLAIN = "plain"
ARMS: dict[str, dict[str, Any]] = {
    PLAIN: {},
    "registers off": {"registers": 0.0},
    "undescribed off": {"undescribed": 0.0},
    "completed off": {"mix": {"completed": 0.0}},
    "reworded": {"reworded": 0.5},
    "spellings": {"spellings": 0.3},
    "masked": {"masked": 0.1},
    "dropped": {"dropped": 0.3},
    "implicit": {"implicit": 0.2},
    "indirect": {"indirect": 0.2},
    "context": {"context": 0.15},
    "composed": {"composed": 0.5},
    "scenes of 1": {"scene": 1},
    "scenes of 3": {"scene": 3},
}
Losses = dict[str, tuple[float, int]]
"""By item: its summed loss in nats, and its tokens."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=800)
    parser.add_argument("--steps", type=int, help="optimizer steps of each arm, whatever its examples take")
    parser.add_argument("--data", nargs="*", default=[], help="sets to take the loss on as well: FILE or FILE:TOOLS")
    parser.add_argument("--limit", type=int, default=200, help="items of our held-out tools, and of each data set")
    parser.add_argument("--arms", nargs="*", default=list(ARMS), choices=ARMS)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--model", default="smollm2-135m-instruct")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    arms = list(dict.fromkeys([PLAIN, *asked.arms]))
    train(arms, asked)
    found = {arm: losses(run_of(arm, asked) / "eval/after.json") for arm in arms}
    if asked.data:
        found = {arm: by_set | losses(elsewhere(run_of(arm, asked), asked)) for arm, by_set in found.items()}
    report(found)


def train(arms: Sequence[str], asked: argparse.Namespace) -> None:
    """All arms, one after the other; those that are done already are left as they are."""
    config = {
        "model": asked.model,
        "examples": asked.examples,
        "eval_examples": asked.limit,
        "seed": asked.seed,
        "evaluators": {"toolcall": None, "bfcl": None, "loss": {}},
        "prove": False,
        "train": {"max_steps": asked.steps} if asked.steps else {},
        "arms": {slug(arm): {"synthesis": ARMS[arm]} for arm in arms},
    }
    asked.runs.mkdir(parents=True, exist_ok=True)
    path = asked.runs / "augmentation.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    sftctl("run", "--plugin", "toolcall", "-c", str(path), "--name", "augmentation", "--runs", str(asked.runs))


def elsewhere(run: Path, asked: argparse.Namespace) -> Path:
    """The run's loss on the data sets given, in a file beside its own scores."""
    paths = [data.partition(":") for data in asked.data]
    sets = [{"path": path, "tools": tools or None} for path, _, tools in paths]
    options = json.dumps({"data": sets, "limit": asked.limit, "last_turn": True})
    found = run / "eval/elsewhere.json"
    sftctl("eval", str(run), "--evaluator", "loss", "--set", f"evaluators.loss={options}", "-o", str(found))
    return found


def sftctl(*arguments: str) -> None:
    subprocess.run([str(Path(sys.executable).with_name("sftctl")), *arguments], check=True)


def run_of(arm: str, asked: argparse.Namespace) -> Path:
    path: Path = asked.runs / f"augmentation-{slug(arm)}"
    return path


def slug(arm: str) -> str:
    return arm.replace(" ", "-")


# ---------------------------------------------------------------- the table


def losses(scores: Path) -> dict[str, Losses]:
    """Source of the items → their losses; `loss` where they name none."""
    by_source: dict[str, Losses] = {}
    for one in read_results(scores).verdicts["loss"]:
        assert isinstance(one.answered, dict)
        by_source.setdefault(one.category, {})[one.id] = (one.answered["nats"], one.answered["tokens"])
    return by_source


def report(found: dict[str, dict[str, Losses]]) -> None:
    sets = list(found[PLAIN])
    print(f"\n| arm | {' | '.join(f'{name} (n {len(found[PLAIN][name])})' for name in sets)} |")
    print(f"|---|{'--:|' * len(sets)}")
    for arm, by_set in found.items():
        cells = [mean(by_set[name]) if arm == PLAIN else gap(found[PLAIN][name], by_set[name]) for name in sets]
        print(f"| {arm} | {' | '.join(cells)} |")


def mean(losses: Losses) -> str:
    return f"{per_token(list(losses.values())):.3f}"


def gap(plain: Losses, other: Losses) -> str:
    """How much higher the second loss per token is, with the interval of a paired bootstrap over the items."""
    items, draw = list(plain), random.Random(0)
    gaps = []
    for drawn in [items, *(draw.choices(items, k=len(items)) for _ in range(DRAWS))]:
        gaps.append(per_token([other[id] for id in drawn]) - per_token([plain[id] for id in drawn]))
    value, cut, spread = gaps[0], round(TAIL * DRAWS), sorted(gaps[1:])
    return f"{value:+.3f} ({spread[cut]:+.3f} to {spread[-cut - 1]:+.3f})"


def per_token(losses: Sequence[tuple[float, int]]) -> float:
    return sum(nats for nats, _ in losses) / sum(tokens for _, tokens in losses)


if __name__ == "__main__":
    main()
