"""Where trainers are tried: a model, rows that have everything in them, and a folder to work in."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sftctl.core.config import RunConfig, merge
from sftctl.core.errors import TrainError
from sftctl.core.manager import Plugins
from sftctl.core.stages.checkpoint import PROBE
from sftctl.core.types import IGNORED, Example, Json, Model, Rendered, Trainer
from sftctl.core.verify.options import BY_PATH, PLAIN, accepts, keeps_of
from sftctl.core.verify.probe import Outcome, Probe, run_probe
from sftctl.core.verify.readback import (
    FOLLOWED,
    OBSERVED,
    Learned,
    Token,
    difference,
    gradient_of,
    start_of,
    take_apart,
)

CHAT_FORMAT: str = RunConfig.model_fields["chat_format"].default
EXAMPLES = (
    PROBE,
    Example(({"role": "user", "content": "What is 2 + 2?"}, {"role": "assistant", "content": "4."})),
    Example(
        (
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello!", "weight": 0},
            {"role": "user", "content": "And now?"},
            {"role": "assistant", "content": "Goodbye."},
        )
    ),
    Example((), text="The weather in Paris is warm."),
)
"""Tools, calls and results; a short turn; a turn that carries no loss; plain text."""

PATIENCE = 4
"""So many times as long may a slow option take."""

Result = Literal["ok", "refused", "lied", "crashed", "unknown"]


@dataclass(frozen=True)
class Finding:
    """What a trainer did with one combination of options."""

    result: Result
    reason: str = ""
    """Why it is not ok, in the trainer's own words where it refused."""
    loss: float = math.nan
    """Of the first step, as reported."""
    expected_loss: float = math.nan
    grad_norm: float = math.nan
    """Of the first step, as reported."""
    expected_norm: float = math.nan
    gradient_error: float = math.nan
    """|given − expected| / |expected| of the gradient read back from the weights."""
    learned: Learned | None = field(default=None, repr=False)
    """Token by token, where it was asked for or needed."""
    weights: Path | None = None
    """What the first step left."""


@dataclass(frozen=True)
class Curve:
    """The losses of a short training, as reported, and those of the rows from the same beginning."""

    losses: tuple[float, ...] = ()
    expected: tuple[float, ...] = ()
    reason: str = ""
    """Why it did not train."""


@dataclass(frozen=True)
class Bench:
    """A model and rows on which trainers are tried; `folder` is scratch."""

    plugins: Plugins
    model: Model
    chat_format: str
    tokenizer: Any
    rows: tuple[Rendered, ...]
    folder: Path
    seconds: float
    """What one training may take."""
    threads: int | None = None

    @classmethod
    def make(
        cls, plugins: Plugins, model: Model, folder: Path, seconds: float, chat_format: str = CHAT_FORMAT, **more: Any
    ) -> "Bench":
        """The bench for a model: EXAMPLES, rendered for it."""
        from sftctl.serve.chat import load_tokenizer

        tokenizer = load_tokenizer(model.path)
        format = plugins.chat_formats()[chat_format].fitted(tokenizer)
        rows = tuple(format.render(example, tokenizer) for example in EXAMPLES)
        return cls(plugins, model, chat_format, tokenizer, rows, folder, seconds, **more)

    @property
    def labels(self) -> int:
        """The number of tokens that carry loss."""
        return sum(label != IGNORED for row in self.rows for label in row.labels[1:])

    # ---- trying

    def train(
        self,
        trainer: Trainer,
        settings: Mapping[str, Json],
        options: Mapping[str, Json],
        name: str,
        kill_after: int = 0,
    ) -> Outcome:
        """One training; settings that the trainer does not have are left out, options are not."""
        config = {**PLAIN, "max_length": sum(len(row.input_ids) for row in self.rows), **settings}
        config = {key: value for key, value in config.items() if accepts(trainer.config, key)}
        for path, value in options.items():
            for key in reversed(path.split(".")):
                value = {key: value}
            config = merge(config, value)
        probe = Probe(
            trainer.name,
            config,
            self.model,
            self.chat_format,
            self.rows,
            self.folder / trainer.name / name,
            self.seconds * (PATIENCE if any(BY_PATH[path].slow for path in options) else 1),
            self.threads,
            kill_after,
        )
        return run_probe(probe)

    def try_out(self, trainer: Trainer, options: Mapping[str, Json], tokens: bool = False) -> Finding:
        """One step on all rows, judged by the weights that it leaves; with `tokens`, token by token."""
        at_once = 1 if options.get("packing") else len(self.rows)
        settings = {**OBSERVED, "per_device_train_batch_size": at_once}
        outcome = self.train(trainer, settings, options, name="+".join(options) or "plain")
        if outcome.ending == "ok":
            return self._judge(outcome, options, tokens)
        known: Mapping[str, Result] = {"refused": "refused", "unfinished": "unknown"}
        return Finding(known.get(outcome.ending, "crashed"), outcome.reason)

    def follow(self, trainer: Trainer, options: Mapping[str, Json], first: Path) -> Curve:
        """A few steps on all rows in each; `first` are the weights after one, with the adapter as it began."""
        settings = {**FOLLOWED, "per_device_train_batch_size": len(self.rows)}
        outcome = self.train(trainer, settings, options, name="+".join((*options, "curve")))
        if outcome.ending != "ok":
            return Curve(reason=f"{outcome.ending}: {outcome.reason}")
        expected = start_of(self.model, first).follow(self.rows)
        return Curve(tuple(step.get("loss", math.nan) for step in outcome.steps), tuple(expected))

    # ---- judging

    def _judge(self, outcome: Outcome, options: Mapping[str, Json], tokens: bool) -> Finding:
        assert outcome.weights is not None
        keeps, tolerance = keeps_of(options)
        first = next((step for step in outcome.steps if step.get("step") == 1), {})
        loss, norm = first.get("loss", math.nan), first.get("grad_norm", math.nan)
        if not math.isfinite(loss):
            return Finding("lied", f"it reports {first.get('loss', 'nothing')} as the loss of its first step")
        if keeps == "nothing":
            return Finding("ok", loss=loss, grad_norm=norm)
        start = start_of(self.model, outcome.weights)
        expected = start.expect(self.rows)
        figures: dict[str, Any] = {"loss": loss, "expected_loss": expected.loss, "grad_norm": norm}
        figures["weights"] = outcome.weights
        if keeps == "gradient":
            figures["expected_norm"] = expected.norm
            try:
                gradient = gradient_of(outcome.weights, start)
            except TrainError as error:
                return Finding("lied", str(error), **figures)
            figures["gradient_error"] = off = difference(gradient, expected.gradient)
            if tokens or not off <= tolerance:
                figures["learned"] = take_apart(gradient, start, self.rows)
            if not off <= tolerance:
                return Finding("lied", self._explain(figures["learned"], off), **figures)
            if math.isfinite(norm) and abs(norm - expected.norm) > tolerance * expected.norm:
                reason = f"it reports a gradient norm of {norm:.6g}; what it did has {expected.norm:.6g}"
                return Finding("lied", reason, **figures)
        if abs(loss - expected.loss) > tolerance * abs(expected.loss):
            reason = f"it reports a loss of {loss:.6g}; that of the rows is {expected.loss:.6g}"
            return Finding("lied", reason, **figures)
        return Finding("ok", **figures)

    def _explain(self, learned: Learned, off: float) -> str:
        """What is wrong with a gradient, out of the tokens that it was made of."""
        if learned.unexplained > 0.05:
            share = f"{learned.unexplained:.0%} of its gradient"
            return f"it learned what is not in its rows: other tokens, labels or contexts ({share} comes from no token)"
        unit = max(token.learned / token.rows for token in learned.tokens)
        extra = [token for token in learned.tokens if token.learned > (token.expected + 0.5) * unit]
        missing = [token for token in learned.tokens if token.learned < (token.expected - 0.5) * unit]
        said = []
        if extra:
            said.append(f"it learned {len(extra)} tokens that carry no label, e.g. {self._show(extra[0])}")
        if missing:
            said.append(f"it did not learn {len(missing)} that do, e.g. {self._show(missing[0])}")
        return " and ".join(said) or f"its gradient is {off:.2g} off: the weights of tokens are not equal"

    def _show(self, token: Token) -> str:
        text = self.tokenizer.decode([self.rows[token.row].input_ids[token.position]], skip_special_tokens=False)
        return f"{text!r} (row {token.row + 1}, token {token.position + 1})"
