"""bfcl-eval's own `generate` and `evaluate`, against a model's endpoint: also for conversations of several turns."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from sftctl.core.errors import EvalError
from sftctl.core.scores.stats import spread, summarise
from sftctl.core.types import Json, Place, Scores, Verdict
from sftctl.plugins.bfcl.reasons import detail_of, kind_of

SCRIPT = Path(__file__).with_name("official_cli.py")
NAME = "sftctl"
FLAGS = ("-I", "-B", "-X", "utf8")


def ask_officially(
    folder: Path, python: Path, place: Place, categories: Sequence[str], limit: int | None, threads: int
) -> Scores:
    """Official scores of official answers; `limit` items of each category, spread evenly. Raises EvalError."""
    with tempfile.TemporaryDirectory(prefix="sftctl-bfcl-") as scratch:
        root = Path(scratch)
        ids = {category: spread(ids_of(folder, category), limit) for category in categories}
        (root / "test_case_ids_to_generate.json").write_text(json.dumps(ids), encoding="utf-8")
        key = place.key or "none"
        endpoint = {"OPENAI_BASE_URL": place.base_url, "OPENAI_API_KEY": key}
        asking = ("generate", "--model", NAME, "--run-ids", "--num-threads", str(threads))
        command_line(folder, python, root, place.model, asking, endpoint)
        evaluate_officially(folder, python, root, categories)
        verdicts = read_verdicts(root, ids)
    return Scores("bfcl", summarise(verdicts), tuple(verdicts))


def evaluate_officially(folder: Path, python: Path, root: Path, categories: Sequence[str]) -> None:
    """The official verdicts on the answers under `root/result`, into `root/score`."""
    words = ("evaluate", "--model", NAME, "--test-category", ",".join(categories), "--partial-eval")
    command_line(folder, python, root, NAME, words, {})


def command_line(
    folder: Path, python: Path, root: Path, model: str, words: Sequence[str], more: Mapping[str, str]
) -> None:
    """Run the official command line, with `root` as the folder that it writes to. Raises EvalError."""
    done = subprocess.run(
        [str(python), *FLAGS, str(SCRIPT), str(folder), model, *words],
        env={**os.environ, "BFCL_PROJECT_ROOT": str(root), **more},
        cwd=root,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode:
        last = ((done.stderr or done.stdout).strip().splitlines() or ["no message"])[-1]
        raise EvalError(f"The official command line of BFCL failed at `{words[0]}`: {last[:300]}.")


def ids_of(folder: Path, category: str) -> list[str]:
    """The ids of a category's items, in the order of the data."""
    path = folder / "bfcl_eval" / "data" / f"BFCL_v4_{category}.json"
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line)["id"] for line in lines if line.strip()]


def read_verdicts(root: Path, ids: Mapping[str, Sequence[str]]) -> list[Verdict]:
    """A verdict on every item that was asked: the official score files list those that failed."""
    failed: dict[str, Json] = {}
    for path in sorted((root / "score").rglob("BFCL_v4_*_score.json")):
        with path.open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines if line.strip()]
        failed |= {row["id"]: row for row in rows[1:]}
    return [_verdict(id, category, failed.get(id)) for category, own in ids.items() for id in own]


def _verdict(id: str, category: str, row: Json) -> Verdict:
    if row is None:
        return Verdict(id, category, True, "", None, None)
    error = row.get("error")
    official = str(row.get("error_type") or (error.get("error_type") if isinstance(error, dict) else "") or "")
    expected, answered = row.get("possible_answer"), row.get("model_result_raw", row.get("model_result"))
    asked = row.get("prompt")
    tools = (asked.get("function") or ()) if isinstance(asked, dict) else ()
    offered = [tool["name"].replace(".", "_") for tool in tools]  # as an endpoint has them
    kind = kind_of(official, expected, answered, error, offered)
    return Verdict(id, category, False, kind, expected, answered, detail=detail_of(official, error))
