"""Runs the harness's own command line against an endpoint, and reads its results."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from sftctl.core.environment import Environment, ensure, pip
from sftctl.core.errors import EvalError
from sftctl.core.store import clear_errors
from sftctl.core.types import EvalJob, Json, Place, Score, Scores, Verdict
from sftctl.plugins.harness import HarnessConfig

HARNESS = Environment("lm-eval", ("lm_eval[api,ifeval]==0.4.13",))
PUNKT = "llama-index-core==0.14.8"
"""A wheel that carries NLTK's sentence splitter, which IFEval needs and would fetch from elsewhere."""
Z = 1.96
"""Standard errors on either side of a 95 % interval."""


def evaluate(job: EvalJob) -> Scores:
    """Have the harness ask the model's endpoint. Raises EvalError with the harness's last words where it fails."""
    config = job.config
    assert isinstance(config, HarnessConfig)
    python = ensure(HARNESS, job.cache, job.tell)
    with tempfile.TemporaryDirectory(prefix="sftctl-lm-eval-") as scratch, job.serve() as place:
        folder = Path(scratch)
        names = prepare(config, python, folder)
        command = [str(python), "-m", "lm_eval", *arguments(config, place, names, folder)]
        done = subprocess.run(
            command, cwd=folder, env=_environment(config, job, place), capture_output=True, text=True, errors="replace"
        )
        results = next(iter(folder.glob("out/**/results_*.json")), None)
        if done.returncode or results is None:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise EvalError(f"lm-evaluation-harness failed: {last[:400]}.", "Check `evaluators.lm-eval`.")
        found = json.loads(results.read_text(encoding="utf-8"))
        samples = sorted(results.parent.glob("samples_*.jsonl"))
        return Scores("lm-eval", read_scores(found), tuple(v for path in samples for v in read_verdicts(path)))


# ---------------------------------------------------------------- what is asked


def prepare(config: HarnessConfig, python: Path, folder: Path) -> list[str]:
    """The names of the tasks; `folder/tasks` then has a description of each that is not the harness's own."""
    tasks = folder / "tasks"
    tasks.mkdir()
    return [_prepared(task, config.local.get(task, {}), python, tasks) for task in config.tasks]


def _prepared(task: str, files: Mapping[str, str], python: Path, tasks: Path) -> str:
    given = Path(task) if task.endswith((".yaml", ".yml")) else None
    if given and not given.is_file():
        raise EvalError(f"There is no task file {given}.", "Check `evaluators.lm-eval.tasks`.")
    if not given and not files:
        return task
    source = given.resolve() if given else description_of(task, python)
    name = f"{given.stem if given else task}_local"
    described: dict[str, Json] = {"include": str(source), "task": name}
    if files:
        missing = [path for path in files.values() if not Path(path).is_file()]
        if missing:
            raise EvalError(f"There is no file {missing[0]}.", f"Check `evaluators.lm-eval.local.{task}`.")
        paths = {split: str(Path(path).resolve()) for split, path in files.items()}
        described |= {"dataset_path": "json", "dataset_name": None, "dataset_kwargs": {"data_files": paths}}
    (tasks / f"{name}.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")
    return name


def description_of(task: str, python: Path) -> Path:
    """The harness's own description of a task. Raises EvalError where it has none of that name."""
    for path in sorted(python.parent.parent.glob(f"lib/python*/site-packages/lm_eval/tasks/**/{task}*.yaml")):
        if f"\ntask: {task}\n" in "\n" + path.read_text(encoding="utf-8"):
            return path
    raise EvalError(f"lm-evaluation-harness has no task '{task}' of its own.", "Give the path of a YAML file.")


def arguments(config: HarnessConfig, place: Place, names: list[str], folder: Path) -> list[str]:
    """The harness's command line."""
    chat = config.endpoint == "chat"
    model = {
        "base_url": f"{place.base_url}/{'chat/completions' if chat else 'completions'}",
        "model": place.model,
        "num_concurrent": config.concurrency,
        "max_retries": 3,
        "tokenizer_backend": "None",
    }
    if place.tokenizer is not None and not chat:
        place.tokenizer.save_pretrained(folder / "tokenizer")
        model |= {"tokenizer_backend": "huggingface", "tokenizer": folder / "tokenizer"}
    return [
        *("--model", "local-chat-completions" if chat else "local-completions"),
        *("--model_args", ",".join(f"{name}={value}" for name, value in model.items())),
        *("--tasks", ",".join(names), "--include_path", str(folder / "tasks")),
        *("--gen_kwargs", f"max_gen_toks={config.max_tokens}", "--output_path", str(folder / "out"), "--log_samples"),
        *(("--apply_chat_template",) if chat else ()),
        *(("--limit", str(config.limit)) if config.limit else ()),
        *(("--num_fewshot", str(config.num_fewshot)) if config.num_fewshot is not None else ()),
    ]


def _environment(config: HarnessConfig, job: EvalJob, place: Place) -> dict[str, str]:
    settings = dict(os.environ) | {"OPENAI_API_KEY": place.key or "none", "TOKENIZERS_PARALLELISM": "false"}
    settings.pop("PYTHONPATH", None)
    if "ifeval" in config.tasks:
        settings["NLTK_DATA"] = str(_punkt(job))
    return settings


def _punkt(job: EvalJob) -> Path:
    """The folder of NLTK's data, fetched once."""
    folder = job.cache / f"nltk-{PUNKT.rpartition('=')[2]}"
    data = folder / "llama_index" / "core" / "_static" / "nltk_cache"
    if not data.is_dir():
        python = ensure(HARNESS, job.cache, job.tell)
        with clear_errors(str(folder)), tempfile.TemporaryDirectory(prefix=".nltk.", dir=job.cache) as scratch:
            pip(python, "install", "--no-deps", "--no-compile", "--target", f"{scratch}/package", PUNKT)
            Path(scratch, "package").rename(folder)
    return data


# ---------------------------------------------------------------- what came of it


def read_scores(found: Mapping[str, Json]) -> dict[str, Score]:
    """Every metric of every task that has a standard error, as `task metric`; its filter is named if it has one."""
    scores: dict[str, Score] = {}
    for task, metrics in found["results"].items():
        count = found.get("n-samples", {}).get(task, {}).get("effective", 0)
        for key, value in metrics.items():
            metric, _, chosen = key.partition(",")
            error = metrics.get(f"{metric}_stderr,{chosen}")
            if metric.endswith("_stderr") or not isinstance(value, float | int) or error is None:
                continue
            better = found.get("higher_is_better", {}).get(task, {}).get(metric, True)
            name = " ".join(filter(None, [task, metric, chosen if chosen != "none" else ""]))
            scores[name] = interval(float(value), error, count, loss=better is False)
    return scores


def interval(value: float, error: Json, n: int, *, loss: bool) -> Score:
    """A value with its 95 % interval out of the standard error; a share stays within [0, 1]."""
    half = Z * error if isinstance(error, float | int) else 0.0  # the harness says "N/A" where it has none
    low, high = value - half, value + half
    return Score(value, low, high, n, loss=True) if loss else Score(value, max(0.0, low), min(1.0, high), n)


def read_verdicts(path: Path) -> Iterator[Verdict]:
    """A task's items, each with the first of its metrics."""
    task = path.name.removeprefix("samples_").rpartition("_")[0]
    with path.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            marks = [row[metric] for metric in row.get("metrics") or () if isinstance(row.get(metric), float | int)]
            ok = bool(marks) and float(marks[0]) == 1.0
            chosen = row.get("filter", "none")
            id = f"{task}_{row['doc_id']}" + ("" if chosen == "none" else f"_{chosen}")
            yield Verdict(id, task, ok, "" if ok else "wrong", row.get("target"), row.get("filtered_resps"))
