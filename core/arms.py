"""Runs side by side: the arms of an experiment, and one page that compares skill gained with ability lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sftctl.core.config import RunConfig, arms_of
from sftctl.core.manager import Plugins
from sftctl.core.report import compare, forgotten, full_name, is_headline, main_score, run_results, share
from sftctl.core.run import begin, default_name, run
from sftctl.core.scores.change import Change
from sftctl.core.scores.forgetting import general_among, loss_rows, lost, probe
from sftctl.core.scores.picture import Panel, Point, picture
from sftctl.core.store import RunFolder, open_run, write_json, write_text
from sftctl.core.types import Emit, Event, Score


@dataclass(frozen=True)
class Arm:
    """What one run gained and lost."""

    name: str
    run: str
    skill: str
    before: Score
    after: Score
    losses: Sequence[Change]


def run_arms(
    config: RunConfig, plugins: Plugins, root: Path, name: str | None, watch: Emit, check: bool = True
) -> Path:
    """Carry out each of the config's arms as a run of its own beside a folder that compares them; that folder.

    What two arms have in common (data, the scores of the base model, weights that are then averaged) is made once.
    """
    with open_run(root, name or default_name(config), watch) as folder:
        begin(folder, config)
        runs: dict[str, Path] = {}
        arms = arms_of(config, plugins)
        for arm, settings in arms.items():
            folder.emit(Event("note", "arms", {"text": f"Arm {len(runs) + 1} of {len(arms)}: {arm}"}))
            runs[arm] = run(settings, plugins, root, f"{folder.name}-{arm}", watch, check, tuple(runs.values()))
        write_comparison(folder, [_arm(arm, path, plugins) for arm, path in runs.items()])
        return folder.path


def _arm(name: str, path: Path, plugins: Plugins) -> Arm:
    changes, evaluators = compare(*run_results(path)), plugins.evaluators()
    general = general_among(evaluators)
    skills = [c for c in changes if c.evaluator not in general and is_headline(c.score) and c.before and c.after]
    main = main_score(skills)
    assert main.before and main.after
    skill = full_name(main.evaluator, main.score)
    return Arm(name, path.name, skill, main.before, main.after, forgotten(changes, evaluators))


# ---------------------------------------------------------------- the page


def write_comparison(folder: RunFolder, arms: Sequence[Arm]) -> None:
    """Write `report.json`, `report.md` and `picture.svg`."""
    rows = [
        {
            "arm": arm.name,
            "run": arm.run,
            "skill": arm.skill,
            "before": vars(arm.before),
            "after": vars(arm.after),
            "lost": loss_rows(arm.losses),
        }
        for arm in arms
    ]
    table = [_cells(arm) for arm in arms]
    write_json(folder.path / "report.json", {"run": folder.name, "arms": rows, "table": table})
    write_text(folder.path / "picture.svg", picture(panels(arms)))
    probes = [probe(loss) for loss in arms[0].losses]
    lines = [
        f"# {folder.name}",
        "",
        "What each way of training gained in skill, and what it cost in general ability: how many points a share fell, "
        "or by how much of itself a perplexity rose. Intervals are 95 % bootstrap intervals.",
        "",
        "![skill gained against ability lost](picture.svg)",
        "",
        *_table(table),
        "",
        "The probes themselves:",
        "",
        f"| arm | {' | '.join(probes)} |",
        f"|---|{'--:|' * len(probes)}",
        f"| base | {' | '.join(share(loss.before) for loss in arms[0].losses)} |",
        *(f"| {arm.name} | {' | '.join(share(loss.after) for loss in arm.losses)} |" for arm in arms),
    ]
    write_text(folder.path / "report.md", "\n".join(lines) + "\n")


def _table(cells: Sequence[Mapping[str, str]]) -> list[str]:
    head = list(cells[0])
    rows = (f"| {' | '.join(row.values())} |" for row in cells)
    return [f"| {' | '.join(head)} |", f"|---|{'--:|' * (len(head) - 1)}", *rows]


def _cells(arm: Arm) -> Mapping[str, str]:
    cells = {f"{probe(loss)}, lost": lost(loss) for loss in arm.losses}
    return {"arm": arm.name, f"{arm.skill} before": share(arm.before), "after": share(arm.after)} | cells


def panels(arms: Sequence[Arm]) -> list[Panel]:
    """A panel for each probe: the skill after training to the right, what was lost upwards."""
    made = []
    for at, first in enumerate(arms[0].losses):
        points = [_point(arm, arm.losses[at]) for arm in arms]
        unit = "rise, %" if first.of_loss else "fall, points"
        skill = f"{arms[0].skill}, {'loss' if arms[0].after.loss else '%'}"
        made.append(Panel(probe(first), skill, unit, points))
    return made


def _point(arm: Arm, loss: Change) -> Point:
    scale = 1 if arm.after.loss else 100
    x, low, high = (scale * value for value in (arm.after.value, arm.after.low, arm.after.high))
    return Point(arm.name, x, 100 * loss.fall, low, high)
