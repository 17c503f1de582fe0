"""The five promises of every trainer, each with what was compared and the figures."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sftctl.core.types import Json, Trainer
from sftctl.core.verify.bench import Bench, Curve, Finding
from sftctl.core.verify.options import TOLERANCE, accepts, keeps_of, options_of, spoken, values_of
from sftctl.core.verify.readback import Learned, load_weights

KILLED_AT, SAVED_EVERY, STEPS = 3, 2, 5
MODES: Mapping[str, Mapping[str, Json]] = {"LoRA": {}, "full": {"peft_config": None}}
"""What is trained, and the options that say so."""


@dataclass(frozen=True)
class Check:
    """One promise, kept or not; `ok` is None where it could not be looked at, and why is in `figures`."""

    promise: str
    trainer: str
    ok: bool | None
    figures: str


def verify(
    bench: Bench,
    trainers: Sequence[Trainer],
    named: bool = False,
    together: Mapping[str, Json] | None = None,
    quick: bool = False,
) -> Iterator[Check]:
    """Every promise of every trainer, as it is looked at.

    Trainers that are `named` must not refuse. `together` are options that are also looked at all at once; slow ones
    are left out where it must be `quick`.
    """
    seen: dict[str, dict[str, tuple[Finding, Curve]]] = {mode: {} for mode in MODES}
    for trainer in trainers:
        plain = bench.try_out(trainer, {}, tokens=True)
        if plain.result == "refused" and not named:
            yield Check("same tokens", trainer.name, None, f"not verified: {plain.reason}")
            continue
        yield from same_tokens(bench, trainer, plain)
        for mode, options in MODES.items():
            if all(accepts(trainer.config, path) for path in options):
                found = bench.try_out(trainer, options) if options else plain
                yield first_step(trainer, mode, found)
                if found.result == "ok" and found.weights:
                    followed = bench.follow(trainer, options, found.weights)
                    yield curve(trainer, mode, followed)
                    seen[mode][trainer.name] = found, followed
        for option in options_of(trainer.config):
            if option.path not in MODES["full"] and not (quick and option.slow):
                yield unchanged(bench, trainer, values_of([option]))
        if together and len(together) > 1:
            yield unchanged(bench, trainer, together)
        yield resume(bench, trainer)
    yield from agreement(seen)


# ---------------------------------------------------------------- one function for each promise


def same_tokens(bench: Bench, trainer: Trainer, found: Finding) -> Iterator[Check]:
    """(1) exactly the labelled tokens were learned, in their contexts, all alike; (4) the stop token among them."""
    if found.learned is None:
        yield Check("same tokens", trainer.name, False, found.reason)
        return
    stop = bench.plugins.chat_formats()[bench.chat_format].fitted(bench.tokenizer).stop
    stops = {bench.tokenizer.convert_tokens_to_ids(token) for token in stop}
    rows = bench.rows
    others = max(abs(token.learned) for token in found.learned.tokens if not token.expected)
    figures = (
        f"{bench.labels} labels among {sum(len(row.input_ids) for row in rows)} tokens of {len(rows)} rows: "
        f"each learned with weight {_range(found.learned)}, any other token with {others:.6f} at most; "
        f"gradient off by {found.gradient_error:.1e}"
    )
    broken = found.result != "ok"
    yield Check("same tokens", trainer.name, not broken, f"{found.reason}. {figures}" if broken else figures)
    ends = [
        token for token in found.learned.tokens if token.expected and rows[token.row].input_ids[token.position] in stops
    ]
    weights = [token.learned / token.expected for token in ends]
    trained = sum(abs(weight - 1) < 0.01 for weight in weights)
    figures = f"{trained} of {len(ends)} stop tokens learned, weight {min(weights):.6f} at least"
    yield Check("stop token", trainer.name, trained == len(ends) > 0, figures)


def first_step(trainer: Trainer, mode: str, found: Finding) -> Check:
    """(2) loss and gradient norm of the first step are those of the rows."""
    if found.result in ("refused", "unknown"):
        return Check(f"first step, {mode}", trainer.name, None, f"{found.result}: {found.reason}")
    if math.isnan(found.loss):
        return Check(f"first step, {mode}", trainer.name, False, found.reason)
    figures = (
        f"loss {found.loss:.6f} (by transformers alone {found.expected_loss:.6f}), "
        f"gradient norm {found.grad_norm:.6f} ({found.expected_norm:.6f})"
    )
    broken = found.result != "ok"
    return Check(f"first step, {mode}", trainer.name, not broken, f"{found.reason}. {figures}" if broken else figures)


def curve(trainer: Trainer, mode: str, found: Curve) -> Check:
    """(2) so are the losses of the steps after it."""
    promise = f"curve, {mode}"
    if found.reason:
        return Check(promise, trainer.name, False, found.reason)
    if len(found.losses) != len(found.expected):
        told = f"{len(found.losses)} losses in {len(found.expected)} steps"
        return Check(promise, trainer.name, False, f"it reports {told}")
    off = max(map(_apart, zip(found.losses, found.expected, strict=True)))
    figures = (
        f"losses of {len(found.losses)} steps, {found.losses[0]:.6f} to {found.losses[-1]:.6f} (by transformers alone "
        f"{found.expected[-1]:.6f}), off by {off:.1e} at most"
    )
    return Check(promise, trainer.name, off <= TOLERANCE, figures)


def agreement(seen: Mapping[str, Mapping[str, tuple[Finding, Curve]]]) -> Iterator[Check]:
    """(2) trainers agree with one another: from one seed they begin with the same adapter, and go the same way."""
    for mode, found in seen.items():
        if len(found) < 2:
            continue
        firsts, curves = zip(*found.values(), strict=True)
        apart = {
            "loss": _apart([first.loss for first in firsts]),
            "gradient norm": _apart([first.grad_norm for first in firsts]),
            "losses of all steps": max(
                map(_apart, zip(*(each.losses for each in curves), strict=False)), default=math.nan
            ),
        }
        figures = ", ".join(f"{name} within {share:.1e}" for name, share in apart.items())
        ok = all(share <= TOLERANCE for share in apart.values())
        yield Check(f"agreement, {mode}", ", ".join(found), ok, figures)


def unchanged(bench: Bench, trainer: Trainer, options: Mapping[str, Json]) -> Check:
    """(3) an option leaves labels and loss as they are."""
    found = bench.try_out(trainer, options)
    promise = f"option {spoken(options)}"
    if found.result in ("refused", "unknown"):
        return Check(promise, trainer.name, None, f"{found.result}: {found.reason}")
    if found.result != "ok":
        return Check(promise, trainer.name, False, f"{found.result}: {found.reason}")
    kept = keeps_of(options)[0]
    figures = f"loss {found.loss:.6f}"
    if kept != "nothing":
        figures += f" ({found.expected_loss:.6f})"
    figures += f", gradient off by {found.gradient_error:.1e}" if kept == "gradient" else ", gradient not compared"
    return Check(promise, trainer.name, True, figures)


def resume(bench: Bench, trainer: Trainer) -> Check:
    """(5) killed and begun again, it goes on after its last checkpoint and ends with the very bits."""
    promise = "kill and resume"
    settings = {
        "bf16": False,
        "max_steps": STEPS,
        "save_steps": SAVED_EVERY,
        "per_device_train_batch_size": 1,
        "warmup_steps": 0,
        "logging_steps": 1,
    }
    whole = bench.train(trainer, settings, {}, "whole")
    killed = bench.train(trainer, settings, {}, "cut", kill_after=KILLED_AT)
    resumed = bench.train(trainer, settings, {}, "cut")
    if killed.ending != "killed":
        return Check(promise, trainer.name, False, f"not killed at step {KILLED_AT}: {killed.ending} {killed.reason}")
    for outcome in (whole, resumed):
        if outcome.weights is None:
            return Check(promise, trainer.name, False, f"{outcome.ending}: {outcome.reason}")
    assert whole.weights and resumed.weights
    steps = [int(step["step"]) for step in resumed.steps]
    first = min(steps, default=0)
    same, of = _same_bits(whole.weights, resumed.weights)
    figures = (
        f"SIGKILL after step {KILLED_AT} of {STEPS}, a checkpoint every {SAVED_EVERY}: went on with step {first}; "
        f"{same} of {of} tensors are the same bits"
    )
    return Check(promise, trainer.name, first == SAVED_EVERY + 1 and same == of > 0, figures)


# ---------------------------------------------------------------- figures


def _range(learned: Learned) -> str:
    weights = [token.learned / token.expected for token in learned.tokens if token.expected]
    return f"{min(weights):.6f} to {max(weights):.6f}"


def _apart(values: Sequence[float]) -> float:
    """The greatest difference, relatively."""
    return (max(values) - min(values)) / abs(min(values))


def _same_bits(a: Path, b: Path) -> tuple[int, int]:
    """How many tensors of two folders are equal bit for bit, of how many there are in either."""
    import torch

    ones, others = load_weights(a), load_weights(b)
    same = sum(name in others and torch.equal(ones[name], others[name]) for name in ones)
    return same, len(ones.keys() | others.keys())
