"""A run that was evaluated, with everything that a report can show and hostile text wherever data comes from."""

import json
from dataclasses import replace
from pathlib import Path

from sftctl.core.config import resolve
from sftctl.core.manager import plugin_manager
from sftctl.core.report import write_report
from sftctl.core.scores.stats import exponential, per_token, summarise
from sftctl.core.stages.evaluation import write_results
from sftctl.core.stages.forms import form_path
from sftctl.core.store import RunFolder, write_json, write_lines
from sftctl.core.types import Score, Scores, Verdict

HOSTILE = "<script>alert('x')</script> & \"quoted\" <img src=http://127.0.0.1:9/x>"
KINDS = ("", "wrong_type", "wrong_value", "no_call", "called_when_none_fits")


def _scores(shift: int) -> list[Scores]:
    verdicts = []
    for at in range(40):
        kind = KINDS[(at * (3 + shift)) % 5]
        prompt = {"messages": [{"role": "user", "content": f"{at}: {HOSTILE}"}], "tools": [HOSTILE, "rain"]}
        calls = [[{"name": "rain", "arguments": {"city": HOSTILE, "days": days}}] for days in (3, "3")]
        category = ("simple", "parallel", "irrelevance")[at % 3]
        metrics = {"name": not kind, "arguments": at % 2 == 0} if category != "irrelevance" else {"no_call": not kind}
        verdicts.append(Verdict(f"{category}_{at}", category, not kind, kind, *calls, metrics, prompt))
    costs = {"answer tokens": Score(20.0 + shift, 18.0, 23.0, 40, loss=True), "cut off": Score(0.1, 0.02, 0.2, 40)}
    nats = [150.0 + 10 * (at % 7) + 2 * shift for at in range(12)]
    text = (
        Verdict(f"piece {at}", "perplexity", True, "", HOSTILE, {"nats": n, "tokens": 50}) for at, n in enumerate(nats)
    )
    perplexity = {"perplexity": exponential(per_token(nats, [50] * 12))}
    return [
        Scores("toolcall", summarise(verdicts), tuple(verdicts), costs),
        Scores("perplexity", perplexity, tuple(text)),
    ]


def report_on(run: Path) -> Path:
    """The run's folder, with its report."""
    write_results(run / "eval/before.json", _scores(0))
    seen = replace(_scores(0)[0], evaluator="toolcall (seen tools)")
    write_results(run / "eval/after.json", [*_scores(1), seen])
    write_results(form_path(run, "openvino-int8"), [*_scores(2), seen])
    part = {"examples": 1500, "sha256": "3f" * 32, "by_category": {"simple": 900, HOSTILE: 600}}
    overlap = {"reference": HOSTILE, "texts": 9, "requests": 1500, "n": 8, "overlapping": 1, "overlapping_share": 0.001}
    overlap |= {"shared_functions": ["rain"], "functions": 12, "unreadable_rows": 0, "worst": []}
    data = {"train": part, "eval": part, "split": {"tools_in_training": 331, "held_out_tools": ["rain"] * 69}}
    write_json(run / "data/report.json", data | {"rejected": {"rows": 0}, "overlap": [overlap]})
    histogram = {"70-99": 12, "100-149": 90, "150-199": 210, "200-299": 420, "300-499": 500, "1000-1499": 18}
    write_json(run / "data/lengths.json", {"shortest": 88, "median": 320, "longest": 1283, "histogram": histogram})
    rows = [{"step": at, "loss": 0.1 + 2 / at, "tokens_per_second": 900.0} for at in range(1, 400)]
    write_lines(run / "metrics.jsonl", map(json.dumps, [*rows, {"step": 399, "eval_loss": 0.2}]))
    write_json(run / "manifest.json", {"versions": {"python": "3.11"}, "platform": HOSTILE})
    write_json(
        run / "model/manifest.json", {"base": {"name": "tiny", "revision": "ab" * 32}, "config_sha256": "cd" * 32}
    )
    says = [{"role": "user", "content": HOSTILE}, {"role": "assistant", "content": "Rain."}]
    write_json(run / "eval/proof.json", [{"ok": True, "reason": "", "transcript": says}])
    plugins = plugin_manager()
    config = resolve(plugins, "toolcall", assignments=["forgetting_budget=0.05"])
    write_report(RunFolder(run, lambda event: None), config, plugins.evaluators())
    return run
