"""Examples → Rendered: token ids and labels, each row checked before anything is trained on it."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from sftctl.core.config import DatasetConfig, RunConfig
from sftctl.core.datasets import reader
from sftctl.core.errors import DataError
from sftctl.core.examples.labels import LossOn, relabelled
from sftctl.core.examples.lengths import Lengths
from sftctl.core.examples.promises import Written, broken_promises
from sftctl.core.examples.sieve import good_rows
from sftctl.core.manager import Plugins
from sftctl.core.stages.data import TRAIN, error_linter, read_data
from sftctl.core.store import RunFolder, fingerprint, write_json
from sftctl.core.text import counted
from sftctl.core.types import IGNORED, ChatFormat, Emit, Event, Example, Json, Model, Rendered


def render_all(
    examples: Iterable[Example],
    chat_format: ChatFormat,
    tokenizer: Any,
    max_length: int | None,
    emit: Emit,
    loss_on: LossOn = LossOn(),  # noqa: B008  (frozen)
    what: str = "training",
) -> list[Rendered]:
    """Every example as token ids and labels, each checked. Rows longer than `max_length` are left out, not cut.

    Raises DataError naming the row when a format breaks a promise (a tool that is not in the prompt, nothing to
    learn, an unlearned stop token, an answer that does not read back as itself), or when it cannot have its loss
    where `loss_on` says.
    """
    rows: list[Rendered] = []
    too_long: list[int] = []
    for number, example in enumerate(examples, 1):
        written = Written(example, chat_format.render(example, tokenizer), chat_format, tokenizer)
        if problem := next(broken_promises(written), ""):
            raise DataError(f"{what.capitalize()} row {number} cannot be used with '{chat_format.name}': {problem}.")
        try:
            rendered = relabelled(written, loss_on)
        except DataError as error:
            raise DataError(f"{what.capitalize()} row {number}: {error}.") from None
        if max_length and len(rendered.input_ids) > max_length:
            too_long.append(number)
        else:
            rows.append(rendered)
    if not rows:
        raise DataError(f"No {what} row is left.", f"All are longer than max_length={max_length}.")
    counts = lengths_of(rows)
    tokens, learned = counts["tokens"], counts["learned_tokens"]
    text = f"{counted(len(rows), f'{what} row')}, {counted(tokens, 'token')}, loss on {learned}"
    if too_long:
        text += f"; {len(too_long)} left out, longer than {max_length} tokens (row {too_long[0]} first)"
    emit(Event("note", "train", {"text": text, "left_out": too_long}))
    return rows


def rows_to_learn(
    folder: RunFolder, config: RunConfig, plugins: Plugins, model: Model, tokenizer: Any
) -> tuple[list[Rendered], list[Rendered]]:
    """The rows to train on, and those of the trainer's `eval_dataset`, if it has one; writes `data/lengths.json`.

    Raises DataError.
    """
    settings = config.trainer_config(plugins)
    render = partial(
        render_all,
        chat_format=plugins.chat_formats()[config.chat_format].fitted(tokenizer),
        tokenizer=tokenizer,
        max_length=getattr(settings, "max_length", None),
        emit=folder.emit,
        loss_on=LossOn.of(settings),
    )
    examples = read_data(folder.path / TRAIN)
    rows, evaluation, note = render(examples), list[Rendered](), ""
    left_out = len(examples) - len(rows)
    kept = getattr(settings, "eval_dataset", None)
    if isinstance(kept, DatasetConfig):
        others = good_rows(reader(kept, plugins), error_linter(config, plugins, model), None)
        evaluation = render(others, what="evaluation")
        known = {tuple(row.input_ids) for row in rows}
        if both := sum(tuple(row.input_ids) in known for row in evaluation):
            note = f"{both} of the rows of eval_dataset are trained on, too"
    elif kept:
        rows, evaluation = hold_out(rows, kept, config.seed)
        note = f"{len(evaluation)} of these rows are held out, to measure the loss on"
    if note:
        folder.emit(Event("note", "train", {"text": note}))
    write_json(folder.path / "data/lengths.json", lengths_of(rows) | {"left_out": left_out})
    return rows, evaluation


def hold_out(rows: Sequence[Rendered], share: float, seed: int) -> tuple[list[Rendered], list[Rendered]]:
    """The rows to train on, and a share of them that is kept for evaluation; equal rows stay together.

    Raises DataError when too few rows are left to train on.
    """
    draws = [fingerprint([seed, row.input_ids]) for row in rows]
    last = sorted(draws)[max(1, round(share * len(rows))) - 1]
    train = [row for row, draw in zip(rows, draws, strict=True) if draw > last]
    if not train:
        raise DataError(
            f"eval_dataset: {share} leaves none of {counted(len(rows), 'row')} to learn.", "Give it a file."
        )
    return train, [row for row, draw in zip(rows, draws, strict=True) if draw <= last]


def lengths_of(rows: Sequence[Rendered]) -> dict[str, Json]:
    """How long the rows are in tokens, and how many of these carry loss."""
    lengths = Lengths()
    for row in rows:
        lengths.add(len(row.input_ids))
    return {
        "rows": len(rows),
        "tokens": sum(len(row.input_ids) for row in rows),
        "learned_tokens": sum(label != IGNORED for row in rows for label in row.labels),
        **lengths.summary(),
    }
