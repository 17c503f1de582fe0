"""Every way to extend sftctl, on one page.

A plugin is a module (or object) with functions named as below and marked `@hookimpl`, announced under the
entry-point group `sftctl`. A hook yields small frozen records, never half-configured objects: importing a
plugin must be light, so import torch, transformers or fastapi inside the function that needs them.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pluggy

from sftctl.core.lint import LintRule
from sftctl.core.types import (
    ChatFormat,
    EngineProvider,
    Evaluator,
    Event,
    Formatter,
    ModelSource,
    Recipe,
    Synthesizer,
    Toolset,
    ToolsetSource,
    Trainer,
)

if TYPE_CHECKING:
    from fastapi import FastAPI

PROJECT = "sftctl"
ENTRY_POINT_GROUP = "sftctl"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def sftctl_recipes() -> Iterable[Recipe]:  # type: ignore[empty-body]
    """Recipes: pure data naming one of each below. `sftctl run --plugin NAME` selects one."""


@hookspec
def sftctl_toolsets() -> Iterable[Toolset]:  # type: ignore[empty-body]
    """Toolsets: named tools, with Python implementations where they run."""


@hookspec
def sftctl_toolset_sources() -> Iterable[ToolsetSource]:  # type: ignore[empty-body]
    """Toolset sources: a user's own tools, from where they live (a module, a document, a server)."""


@hookspec
def sftctl_synthesizers() -> Iterable[Synthesizer]:  # type: ignore[empty-body]
    """Synthesizers: `synthesize(toolset, n, seed, config)` makes Examples; `rewrite(job)`, if given, uses a teacher."""


@hookspec
def sftctl_formatters() -> Iterable[Formatter]:  # type: ignore[empty-body]
    """Dataset formatters: a raw row of one shape → Example; `matches(row)` detects the shape."""


@hookspec
def sftctl_lint_rules() -> Iterable[LintRule]:  # type: ignore[empty-body]
    """Lint rules: what can be wrong with a row of training data. Errors are looked for in every run's `dataset`."""


@hookspec
def sftctl_chat_formats() -> Iterable[ChatFormat]:  # type: ignore[empty-body]
    """ChatFormats: chat template and tool-call parser as one object."""


@hookspec
def sftctl_model_sources() -> Iterable[ModelSource]:  # type: ignore[empty-body]
    """Model sources: where weights come from (a wheel, a folder, a hub)."""


@hookspec
def sftctl_trainers() -> Iterable[Trainer]:  # type: ignore[empty-body]
    """Trainers: `train(job)` turns Rendered rows into a checkpoint."""


@hookspec
def sftctl_evaluators() -> Iterable[Evaluator]:  # type: ignore[empty-body]
    """Evaluators: ask a model and judge its answers."""


@hookspec
def sftctl_engines() -> Iterable[EngineProvider]:  # type: ignore[empty-body]
    """Inference engines: token ids in, token ids out; behind the server and the evaluators."""


@hookspec
def sftctl_on_event(event: Event) -> None:
    """Notified of everything that happens in a run: stages, progress, metrics."""


@hookspec
def sftctl_routes(app: "FastAPI", state: Any) -> None:
    """Add routes to the service. `state` is the service's `sftctl.serve.service.Service`."""
