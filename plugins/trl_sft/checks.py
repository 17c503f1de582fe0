"""What SFTTrainer will train on, compared with what it was given: an option that changes it stops the run.

Before training, one epoch of its own data loader is read: every row must be in it once, with its labels. In the
first step, the loss is compared with that of the same rows one by one, without padding, packing or kernels. What
lets rows see one another, drops a label or counts it wrongly shows in one of the two.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from sftctl.core.errors import TrainError
from sftctl.core.types import IGNORED, Event, TrainJob
from sftctl.plugins.trl_sft.settings import TrlConfig

Build = Callable[[TrlConfig], Any]
PLAIN = {
    "packing": False,
    "padding_free": False,
    "gradient_checkpointing": False,
    "use_liger_kernel": False,
    "use_kernels": False,
}
"""Options that must not change what is learned, switched off."""
TOLERANCE = {torch.float32: 1e-3, torch.float64: 1e-3, torch.bfloat16: 3e-2, torch.float16: 1e-2}
"""How far the first loss may be off, relatively, for rounding alone."""


# ---------------------------------------------------------------- labels


def check_labels(trainer: Any, job: TrainJob, config: TrlConfig, build: Build) -> None:
    """Raises TrainError, naming the option to blame, unless an epoch holds exactly the rows and labels of the job."""
    if config.packing and config.packing_strategy == "wrapped":
        _check_wrapped(trainer, job)
        return
    if not (difference := _difference(trainer, job)):
        return
    blamed = _active(config)
    guilty = [name for name in blamed if not _difference(build(_without(config, name)), job)]
    raise TrainError(
        f"SFTTrainer would not train on the labels that it was given: {difference}. "
        f"{_named(config, guilty or blamed) or 'No option of ours'} is to blame.",
        "Leave it out.",
    )


def _difference(trainer: Any, job: TrainJob) -> str:
    """How the rows of an epoch differ from the job's; empty if they do not."""
    given = Counter(_mark(row.input_ids, row.labels) for row in job.train)
    seen = Counter(_mark(ids, labels) for batch in _epoch(trainer) for ids, labels in documents(batch))
    if given == seen:
        return ""
    missing, strange = (given - seen).total(), (seen - given).total()
    return f"of {len(job.train)} rows {missing} are missing or changed, and {strange} are none of them"


def _mark(ids: list[int], labels: list[int]) -> int:
    """A hash of a row as it is learned: nothing comes before the first token, so its label counts for nothing."""
    return hash((tuple(ids), tuple(labels[1:])))


def _check_wrapped(trainer: Any, job: TrainJob) -> None:
    """Rows are cut and joined on purpose, so only the learned tokens as a whole are compared. Says what that costs."""
    given = Counter(label for row in job.train for label in row.labels if label != IGNORED)
    seen, lost = Counter[int](), 0
    for batch in _epoch(trainer):
        seen.update(batch["labels"][batch["labels"] != IGNORED].tolist())
        lost += int((batch["labels"][:, 0] != IGNORED).sum())
    if seen != given:
        raise TrainError(
            f"Packing (wrapped) gives {seen.total()} learned tokens where the rows have {given.total()}.",
            "Use packing_strategy: bfd.",
        )
    text = f"packing_strategy wrapped: rows see those before them, and are cut; {lost} learned tokens begin a pack, "
    job.emit(Event("note", "train", {"text": text + "so they carry no loss. bfd does neither"}))


def _epoch(trainer: Any) -> Iterator[dict[str, Tensor]]:
    """The batches of one epoch, as the trainer itself will get them; random numbers are drawn as if they were not."""
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices):
        yield from trainer.get_train_dataloader()


def documents(batch: dict[str, Tensor]) -> Iterator[tuple[list[int], list[int]]]:
    """The rows of a batch, ids and labels, out of their padding or packs."""
    for at in range(len(batch["input_ids"])):
        ids, labels = batch["input_ids"][at], batch["labels"][at]
        if "attention_mask" in batch:
            kept = batch["attention_mask"][at].bool()
            yield ids[kept].tolist(), labels[kept].tolist()
            continue
        begins = [*(batch["position_ids"][at] == 0).nonzero().flatten().tolist(), len(ids)]
        for begin, end in pairwise(begins):
            yield ids[begin:end].tolist(), labels[begin:end].tolist()


# ---------------------------------------------------------------- the first loss


def check_first_loss(trainer: Any, job: TrainJob, config: TrlConfig) -> None:
    """Have the first loss of the training compared with that of its rows one by one; TrainError where they differ."""
    if reason := _incomparable(trainer, config):
        text = f"the first loss is not compared with that of the rows one by one: {reason}"
        job.emit(Event("note", "train", {"text": text}))
        return
    compute = trainer.compute_loss

    def checked(model: Any, inputs: dict[str, Any], *rest: Any, **named: Any) -> Any:
        trainer.compute_loss = compute
        count = named.get("num_items_in_batch")
        expected = _loss_one_by_one(trainer.model, inputs, count)
        found = compute(model, inputs, *rest, **named)
        if abs(float(found.detach()) - expected) > _tolerance(trainer) * max(1.0, abs(expected)):
            names = _named(config, _active(config)) or "SFTTrainer"
            raise TrainError(
                f"The first loss is {float(found):.4f}, but the same rows one by one have {expected:.4f}: "
                f"{names} changes what is learned.",
                "Leave it out.",
            )
        return found

    trainer.compute_loss = checked


def _loss_one_by_one(model: Any, inputs: dict[str, Any], count: Any) -> float:
    """The summed loss of the rows of a batch by `count`, or by how many labels they have."""
    training = model.training
    model.eval()
    total, labelled = 0.0, 0
    with torch.no_grad():
        for ids, labels in documents(inputs):
            logits = model(input_ids=torch.tensor([ids], device=model.device), use_cache=False).logits[0, :-1].float()
            wanted = torch.tensor(labels[1:], device=logits.device)
            total += float(torch.nn.functional.cross_entropy(logits, wanted, ignore_index=IGNORED, reduction="sum"))
            labelled += int((wanted != IGNORED).sum())
    model.train(training)
    return total / max(1, labelled if count is None else int(count))


def _incomparable(trainer: Any, config: TrlConfig) -> str:
    """Why the first loss is another one by intent."""
    if config.packing and config.packing_strategy == "wrapped":
        return "packing_strategy wrapped lets rows see one another"
    if config.neftune_noise_alpha:
        return "neftune_noise_alpha adds noise"
    if trainer.args.loss_type != "nll" or trainer.args.label_smoothing_factor or trainer.aux_loss_enabled:
        return "it has another definition"
    modules = trainer.model.modules()
    if any(isinstance(module, torch.nn.Dropout) and module.p > 0 for module in modules):
        return "dropout is random"
    return "dropout is random" if getattr(trainer.model.config, "attention_dropout", 0) else ""


def _tolerance(trainer: Any) -> float:
    computed = torch.bfloat16 if trainer.args.bf16 else torch.float16 if trainer.args.fp16 else trainer.model.dtype
    return max(TOLERANCE.get(computed, 3e-2), TOLERANCE.get(trainer.model.dtype, 3e-2))


# ---------------------------------------------------------------- whom to blame


def _active(config: TrlConfig) -> list[str]:
    """The options in use that must not change what is learned, and those that were passed on."""
    return [name for name in PLAIN if getattr(config, name)] + list(config.model_extra or ())


def _without(config: TrlConfig, name: str) -> TrlConfig:
    values = config.model_dump()
    plain = {name: PLAIN[name]} if name in PLAIN else {}
    return TrlConfig.model_validate({key: value for key, value in values.items() if key != name} | plain)


def _named(config: TrlConfig, names: Iterable[str]) -> str:
    return " or ".join(f"{name}={getattr(config, name)!r}" for name in names)
