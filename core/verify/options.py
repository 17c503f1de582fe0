"""The options of trainers that are known to break things quietly, and what each must leave as it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from pydantic import BaseModel

from sftctl.core.config import fields_at
from sftctl.core.types import Json

Keeps = Literal["gradient", "loss", "nothing"]
TOLERANCE = 1e-3
LORA = {"r": 4, "lora_alpha": 8}


@dataclass(frozen=True)
class Option:
    """A setting of trainers, and a value that switches it on."""

    path: str
    """Dots lead into a setting's own settings."""
    value: Json
    keeps: Keeps = "gradient"
    """What the first step must have in common with one without it; with `nothing`, it need only train."""
    tolerance: float = TOLERANCE
    """Relative, of loss and gradient."""
    slow: bool = False
    """It takes minutes: given longer, and not tried together with others."""

    def is_on(self, value: Json) -> bool:
        """Whether a run's value switches it on; `auto` is the trainer's own choice."""
        return value is None if self.value is None else value not in (None, False, 0, "", "auto")


OPTIONS = (
    Option("packing", True),
    Option("padding_free", True),
    Option("use_liger_kernel", True),
    Option("use_kernels", True),
    Option("gradient_checkpointing", True),
    Option("use_gradient_checkpointing", True),
    Option("peft_config", None),
    Option("peft_config.use_rslora", True),
    Option("peft_config.use_dora", True),
    Option("load_in_4bit", True, keeps="nothing"),  # rounds the weights
    Option("neftune_noise_alpha", 5.0, keeps="nothing"),  # adds noise
    Option("ema_decay", 0.9, keeps="loss"),  # saves an average of weights
    Option("bf16", True, keeps="loss", tolerance=2e-2),
    Option("torch_compile", True, slow=True),
)
PLAIN: Mapping[str, Json] = {"packing": False, "torch_compile": False, "bf16": False, "peft_config": LORA}
"""What they are when they are off, where that need not be the trainer's default."""

BY_PATH = {option.path: option for option in OPTIONS}


def accepts(config: type[BaseModel], path: str) -> bool:
    """Whether a trainer has that option."""
    keys = tuple(path.split("."))
    return keys[-1] in fields_at(config, keys)


def options_of(config: type[BaseModel]) -> list[Option]:
    return [option for option in OPTIONS if accepts(config, option.path)]


def combinations_of(config: type[BaseModel]) -> list[tuple[Option, ...]]:
    """No option, each alone, and every pair that can be meant."""
    found = options_of(config)
    pairs = (
        (a, b)
        for a, b in combinations(found, 2)
        if not (a.slow or b.slow or b.path.startswith(f"{a.path}."))  # full training has no LoRA to vary
    )
    return [(), *((option,) for option in found), *pairs]


def values_of(options: Iterable[Option]) -> dict[str, Json]:
    return {option.path: option.value for option in options}


def keeps_of(paths: Iterable[str]) -> tuple[Keeps, float]:
    """What a combination must keep, and how exactly: what the boldest of its options does."""
    options = [BY_PATH[path] for path in paths]
    kept = {option.keeps for option in options}
    keeps: Keeps = "nothing" if "nothing" in kept else "loss" if "loss" in kept else "gradient"
    return keeps, max((option.tolerance for option in options), default=TOLERANCE)


def options_on(settings: BaseModel) -> dict[str, Json]:
    """The options that a trainer's settings have on, by path."""
    given = settings.model_dump()
    found = ((option, _at(given, option.path)) for option in options_of(type(settings)))
    return {option.path: value for option, value in found if option.is_on(value)}


def _at(settings: Json, path: str) -> Json:
    """The value at the path; False where one on the way is missing."""
    for key in path.split("."):
        if not isinstance(settings, Mapping):
            return False
        settings = settings.get(key, False)
    return settings


def spoken(options: Mapping[str, Json]) -> str:
    """`packing + neftune_noise_alpha=5.0`."""
    return " + ".join(path if value is True else f"{path}={value}" for path, value in options.items()) or "plain"
