"""The report stage: before and after, with what is worth knowing of mistakes, training and data.

One JSON object has it all; the page, the Markdown and the model card are written out of it.
"""

from collections.abc import Mapping

from sftctl.core.config import RunConfig
from sftctl.core.report.comparison import compare
from sftctl.core.report.facts import card_scores, forgotten, full_name, main_score, report_of, run_results
from sftctl.core.report.markdown import loss_lines, markdown, score_table, talk
from sftctl.core.report.models import Models
from sftctl.core.report.numbers import is_headline, share
from sftctl.core.report.page import page
from sftctl.core.report.results import form_results
from sftctl.core.stages.card import model_card
from sftctl.core.store import RunFolder, write_json, write_text
from sftctl.core.types import Evaluator

__all__ = [
    "compare",
    "forgotten",
    "full_name",
    "is_headline",
    "loss_lines",
    "main_score",
    "run_results",
    "share",
    "talk",
    "write_report",
]


def write_report(folder: RunFolder, config: RunConfig, evaluators: Mapping[str, Evaluator]) -> None:
    """Write `report.json`, `report.md`, `report.html`, and the scores into the model's card."""
    before, after = run_results(folder.path)
    changes = compare(before, after)
    forms = form_results(folder.path)
    report = report_of(folder, config, evaluators, before, after, changes, forms)
    models = Models.of(before, after, forms, changes)
    write_json(folder.path / "report.json", report)
    write_text(folder.path / "report.md", markdown(report, changes, forgotten(changes, evaluators), models))
    write_text(folder.path / "report.html", page(report, evaluators, before, after, changes, models))
    if (folder.path / "model/manifest.json").exists():
        short = [change for change in changes if is_headline(change.score)]
        table = [*score_table(short), *(["", report["general"]] if report["general"] else ())] if short else ()
        card = model_card(folder.name, config, report["base"], card_scores(short), table)
        write_text(folder.path / "model/README.md", card)
