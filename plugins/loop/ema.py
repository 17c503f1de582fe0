"""The exponential moving average of the trained weights: smoother than the weights of any one step."""

import torch
from torch import Tensor


def start(masters: dict[str, Tensor]) -> dict[str, Tensor]:
    """An average of nothing yet, in float32."""
    return {name: torch.zeros_like(master) for name, master in masters.items()}


def update(average: dict[str, Tensor], masters: dict[str, Tensor], decay: float, step: int) -> None:
    """Take in the weights after `step` (from 1): w_i counts decay^(step − i), over the sum of these.

    So the weights before training have no part in it, however few the steps.
    """
    share = (1 - decay) / (1 - decay**step)
    with torch.no_grad():
        for name, master in masters.items():
            average[name].lerp_(master, share)


def publish(average: dict[str, Tensor], masters: dict[str, Tensor]) -> None:
    """Put the average in the place of the weights."""
    with torch.no_grad():
        for name, master in masters.items():
            master.copy_(average[name])
