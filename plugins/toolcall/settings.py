"""The settings of synthesis: what kinds of examples, in what proportions, in what words."""

import random
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sftctl.core.errors import did_you_mean

MIX = {
    "simple": 0.19,
    "multiple": 0.17,
    "parallel": 0.17,
    "parallel_multiple": 0.10,
    "irrelevance": 0.27,
    "missing": 0.02,
    "completed": 0.0,
    "result": 0.03,
    "correction": 0.01,
    "failure": 0.01,
    "supplied": 0.01,
    "dialogue": 0.02,
    "conversation": 0.0,
}
"""Share of each category in what is made."""


class SynthesisConfig(BaseModel):
    """Settings of synthesizer `toolcall`."""

    model_config = ConfigDict(extra="forbid")

    mix: dict[str, float] = Field(MIX, validate_default=True)
    """Category → its share; those that are not named keep theirs. Shares are taken in proportion to their sum."""
    scene: int = Field(1, ge=1, le=32)
    """Examples that are made over the same tools, shown in the same way. A trainer can compute those tools' tokens
    once for all of them; more in a scene means fewer scenes."""
    composed: float = Field(0.0, ge=0, le=1)
    """Share of scenes whose tools come from a registry of composed ones, other ones for every seed."""
    answered: float = Field(0.0, ge=0, le=1)
    """Share of composed tools that give a result, so that they can be in conversations that go on after a call."""
    own: float = Field(0.3, ge=0, le=1)
    """Share of scenes that are sure to show one of the user's own tools, where there are others beside them."""
    redraw: int = Field(0, ge=0)
    """After how many scenes the composed tools are drawn anew; 0: never."""
    registers: float = Field(0.15, ge=0, le=1)
    """Share of requests that are said in another way than the template: terse, chatty, with an aside, mistyped."""
    indirect: float = Field(0.0, ge=0, le=1)
    """Share of requests that state a need: `I was wondering if …`, `It would help me to know …`."""
    context: float = Field(0.0, ge=0, le=1)
    """Share of requests after a paragraph that has nothing to do with them."""
    implicit: float = Field(0.0, ge=0, le=1)
    """Share of requests whose numbers, spans of time and options are said in other words: `half a dozen`, `an hour`."""
    dated: float = Field(0.0, ge=0, le=1)
    """Share of scenes that tell today's date in a system message, so that requests can say `tomorrow`."""
    refused: float = Field(0.0, ge=0, le=1)
    """Share of the examples of `failure` in which a tool refuses a value, and the user then gives a better one."""
    small_talk: float = Field(0.0, ge=0, le=1)
    """Share of the requests that no tool fits which ask for no deed at all: what a word means, who somebody was."""
    long: float = Field(0.0, ge=0, le=1)
    """Share of the scenes with several tools that have many: 8 to 24, of one domain and of others."""
    long_tokens: int = Field(1700, ge=100)
    """Tokens that the tools of such a scene take at most, so that its rows keep below the trainer's `max_length`; fewer
    tools are shown where 8 take more. They are counted high: words and marks of the JSON schemas."""
    masked: float = Field(0.0, ge=0, le=1)
    """Share of tools whose name says nothing (`func_3`), so that only the description does."""
    reworded: float = Field(0.0, ge=0, le=1)
    """Share of tools whose descriptions, and those of their parameters, are in other words."""
    spellings: float = Field(0.0, ge=0, le=1)
    """Share of tools whose JSON schema is written in another notation that means the same."""
    undescribed: float = Field(0.0, ge=0, le=1)
    """Share of tools without descriptions, as hasty people write them; now and then without `required`, too."""
    dropped: float = Field(0.0, ge=0, le=1)
    """Share of the optional parameters that a scene leaves out of its tools; none of its requests speaks of them."""

    curriculum: list[str] = []
    """Categories in the order in which they come; the others follow, mixed. Empty: all are mixed."""

    @field_validator("mix", mode="before")
    @classmethod
    def _over_the_default(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        for name, share in given.items():
            if name not in MIX:
                raise ValueError(f"'{name}' is not a category. {did_you_mean(str(name), MIX)}")
            if not isinstance(share, int | float) or share < 0:
                raise ValueError(f"the share of '{name}' must be 0 or more")
        mix = MIX | given
        if not sum(mix.values()):
            raise ValueError("no category has a share above 0")
        return mix

    @field_validator("curriculum")
    @classmethod
    def _known(cls, given: list[str]) -> list[str]:
        for name in given:
            if name not in MIX:
                raise ValueError(f"'{name}' is not a category. {did_you_mean(name, MIX)}")
        return given


DEFAULTS = SynthesisConfig()


def hits(share: float, rng: random.Random) -> bool:
    """Whether what has this share is done now. A share of 0 draws nothing, so that all else stays as it was."""
    return share > 0 and rng.random() < share
