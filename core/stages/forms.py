"""The forms in which a tuned model answers: the same training, held in other ways, each scored on the same items.

Merged weights are what a run's model is scored in. The adapter beside its base (as `sftctl serve a b` has it), exported
weights, and other engines, which may keep fewer bits, are further forms; quality that is lost on the way shows there.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sftctl.core.config import RunConfig
from sftctl.core.errors import EvalError, did_you_mean
from sftctl.core.manager import Plugins
from sftctl.core.stages.data import HELD_OUT
from sftctl.core.stages.evaluation import Asking, open_adapter, open_chat
from sftctl.core.stages.export import export, exported
from sftctl.core.store import RunFolder
from sftctl.core.types import Checkpoint, Model, Toolset, read_examples

ADAPTER, EXPORTED = "adapter", "exported"
BASE = "base"
"""What stands beside the forms of a run's model: the model that it was trained from."""
FOLDER = "eval/forms"
"""Where a run keeps what its forms scored; trained or asked anew, it keeps nothing."""


def known_forms(plugins: Plugins) -> list[str]:
    """Their names: two, and those of the engines."""
    return [ADAPTER, EXPORTED, *plugins.engines()]


def check_forms(forms: Sequence[str], plugins: Plugins) -> None:
    """Raises EvalError for a name that is none."""
    for form in forms:
        if form not in known_forms(plugins):
            raise EvalError(f"There is no form '{form}' of a model.", did_you_mean(form, known_forms(plugins)))


def open_form(form: str, run: Path, config: RunConfig, plugins: Plugins, model: Model, checkpoint: Checkpoint) -> Any:
    """The run's model in that form, ready to answer. Raises EvalError where it has no such form."""
    check_forms([form], plugins)
    if form == EXPORTED:
        made = exported(checkpoint, run / EXPORTED) or export_run(run, plugins, checkpoint)
        return open_chat(plugins, config.engine, config.chat_format, model, made)
    if form != ADAPTER:
        return open_chat(plugins, form, config.chat_format, model, checkpoint)
    base = open_chat(plugins, config.engine, config.chat_format, model, None)
    if not checkpoint.adapter or "adapters" not in base.engine.capabilities:
        reason = "no adapter was trained" if not checkpoint.adapter else f"engine '{config.engine}' holds none"
        raise EvalError(f"'{run.name}' has no form 'adapter': {reason}.")
    return open_adapter(plugins, base, checkpoint, checkpoint.name, merged=False)


def export_run(run: Path, plugins: Plugins, checkpoint: Checkpoint) -> Checkpoint:
    """The run's model, exported into the run's own folder."""
    return export(checkpoint, plugins, list(read_examples(run / HELD_OUT)), run / EXPORTED, "bfloat16")


def score_form(
    form: str,
    folder: RunFolder,
    config: RunConfig,
    plugins: Plugins,
    model: Model,
    checkpoint: Checkpoint,
    toolset: Toolset,
) -> None:
    """Score the tuned model in that form as it was scored itself, and write it down."""
    asking = Asking(plugins, config.evaluator_configs(plugins), config.seed, form, folder.emit, lambda: toolset)
    opening = partial(open_form, form, folder.path, config, plugins, model, checkpoint)
    asking.write(form_path(folder.path, form), opening, folder.path)


def form_path(run: Path, form: str) -> Path:
    """Where the scores of a run's model in that form are."""
    return run / FOLDER / f"{form}.json"


def forms_scored(run: Path) -> list[str]:
    """The forms that a run has scores of."""
    known = sorted((run / FOLDER).glob("*.json"))
    return [path.stem for path in known if not path.name.startswith("costs-")]
