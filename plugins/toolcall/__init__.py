"""Plugin `toolcall`: teach a model to call tools. A synthesizer, an evaluator and the recipe that joins them."""

from collections.abc import Iterable, Iterator, Mapping

from sftctl.core import hookimpl
from sftctl.core.types import Evaluator, Example, Recipe, RewriteJob, Rewritten, Synthesizer, Toolset
from sftctl.plugins.toolcall.settings import SynthesisConfig


def _synthesize(toolset: Toolset, n: int, seed: int, config: SynthesisConfig) -> Iterator[Example]:
    from sftctl.plugins.toolcall.synthesis import synthesize

    return synthesize(toolset, n, seed, config)


def _untaught(toolset: Toolset) -> Mapping[str, str]:
    from sftctl.plugins.toolcall.requests import untaught

    return untaught(toolset.tools)


def _rewrite(job: RewriteJob) -> Rewritten:
    from sftctl.plugins.toolcall.teacher import rewrite

    return rewrite(job)


@hookimpl
def sftctl_synthesizers() -> Iterable[Synthesizer]:
    return [
        Synthesizer(
            "toolcall",
            "requests and checked calls, from any toolset",
            SynthesisConfig,
            _synthesize,
            _rewrite,
            _untaught,
        )
    ]


@hookimpl
def sftctl_evaluators() -> Iterable[Evaluator]:
    from sftctl.plugins.toolcall.judge import evaluator

    return [evaluator()]


_MIX = {
    "simple": 0.2,
    "multiple": 0.18,
    "parallel": 0.15,
    "parallel_multiple": 0.09,
    "irrelevance": 0.3,
    "missing": 0.04,
    "completed": 0.06,
    "result": 0.02,
    "correction": 0.005,
    "failure": 0.005,
    "supplied": 0.005,
    "dialogue": 0.01,
    "conversation": 0.03,
}
"""Whether to call at all is learned last, and refusals are the shortest answers: more of them for the same tokens."""


@hookimpl
def sftctl_recipes() -> Iterable[Recipe]:
    settings = {
        "model": "smollm2-135m-instruct",
        "chat_format": "outline",
        "toolset": ["all"],
        "synthesizer": "toolcall",
        "synthesis": {"scene": 10, "small_talk": 0.15, "undescribed": 0.15, "mix": _MIX},
        "eval_examples": 56,
        "seen_examples": 28,
        "held_out": 0.2,
        "trainer": "loop",
        "train": {
            "learning_rate": 1e-3,
            "max_length": 2048,
            "first_token_weight": 8,
            "refusal_cost": 1,
            "peft_config": {"r": 32, "lora_alpha": 64},
        },
        "engine": "torch",
        "evaluators": {
            "toolcall": {"max_tokens": 256},
            "bfcl": {"limit": 25, "max_tokens": 256},
            "perplexity": {},
            "choices": {"limit": 75},
        },
        "prove": True,
    }
    return [Recipe("toolcall", "teach a small model to call tools that it has never seen", settings)]
