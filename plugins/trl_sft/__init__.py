"""Trainer `trl`: TRL's SFTTrainer, fed the very token ids and labels that every trainer gets, and checked for it."""

from collections.abc import Iterable
from pathlib import Path

from sftctl.core import hookimpl
from sftctl.core.costs import Costs
from sftctl.core.types import CostJob, Trainer, TrainJob
from sftctl.plugins.trl_sft.settings import TrlConfig


def _train(job: TrainJob) -> Path:
    from sftctl.plugins.trl_sft.train import train

    return train(job)


def _costs(job: CostJob) -> Costs:
    from sftctl.plugins.trl_costs import costs

    return costs(job)


@hookimpl
def sftctl_trainers() -> Iterable[Trainer]:
    return [Trainer("trl", "TRL's SFTTrainer with everything that SFTConfig takes", TrlConfig, _train, _costs)]
