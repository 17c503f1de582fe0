"""Runs the harness's own command line against an endpoint, and reads its results."""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from sftctl.core.errors import EvalError
from sftctl.core.machine.environment import Environment, ensure, pip
from sftctl.core.store import clear_errors
from sftctl.core.types import EvalJob, Json, Place, Scores
from sftctl.plugins.harness import HarnessConfig
from sftctl.plugins.harness.results import read_samples, read_scores
from sftctl.plugins.models import only_one

HARNESS = Environment("lm-eval", ("lm_eval[api,ifeval]==0.4.13", "transformers>=5.17,<6"))
PUNKT = "llama-index-core==0.14.8"
"""A wheel that carries NLTK's sentence splitter, which IFEval needs and would fetch from elsewhere."""


def evaluate(job: EvalJob) -> Scores:
    """Have the harness ask the model's endpoint. Raises EvalError with the harness's last words where it fails."""
    config = job.config
    assert isinstance(config, HarnessConfig)
    python = ensure(HARNESS, job.cache, job.tell)
    with tempfile.TemporaryDirectory(prefix="sftctl-lm-eval-") as scratch, job.serve() as place:
        folder = Path(scratch)
        names = prepare(config, python, folder)
        command = [str(python), "-m", "lm_eval", *arguments(config, place, names, folder)]
        results = _carried_out(command, folder, _environment(config, job, place))
        found = json.loads(results.read_text(encoding="utf-8"))
        items, verdicts = read_samples(sorted(results.parent.glob("samples_*.jsonl")))
        return Scores("lm-eval", read_scores(found, items), tuple(verdicts))


def _carried_out(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Path:
    """The file of results that the harness leaves. Raises EvalError."""
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, errors="replace")
    results = next(iter(folder.glob("out/**/results_*.json")), None)
    if not done.returncode and results is not None:
        return results
    last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    hint = "Name one: evaluators.lm-eval.tokenizer." if "Tokenizer is required" in last else ""
    what = f"lm-evaluation-harness failed: {last[:400].rstrip('.')}."
    raise EvalError(what, hint or "Check `evaluators.lm-eval`.")


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
        described |= dict.fromkeys(_missing_splits(source, files))
    (tasks / f"{name}.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")
    return name


def _missing_splits(source: Path, files: Mapping[str, str]) -> list[str]:
    """The settings by which a description names splits that there are no files of."""
    named = re.findall(r"^(\w+_split): *[\"']?(\w+)", source.read_text(encoding="utf-8"), re.MULTILINE)
    return [setting for setting, split in named if split not in files]


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
    if not chat:
        model["max_length"] = min(config.max_length, context_of(place) or config.max_length)
        if tokenizer := _tokenizer(config, place, folder):
            model |= {"tokenizer_backend": "huggingface", "tokenizer": tokenizer}
    return [
        *("--model", "local-chat-completions" if chat else "local-completions"),
        *("--model_args", ",".join(f"{name}={value}" for name, value in model.items())),
        *("--tasks", ",".join(names), "--include_path", str(folder / "tasks")),
        *("--gen_kwargs", f"max_gen_toks={config.max_tokens}", "--output_path", str(folder / "out"), "--log_samples"),
        *(("--apply_chat_template",) if chat else ()),
        *(("--limit", str(config.limit)) if config.limit else ()),
        *(("--num_fewshot", str(config.num_fewshot)) if config.num_fewshot is not None else ()),
    ]


def context_of(place: Place) -> int | None:
    """How many tokens the model takes at once, if its endpoint tells."""
    import httpx

    try:
        answer = httpx.get(
            f"{place.base_url}/models", headers={"Authorization": f"Bearer {place.key or 'none'}"}, timeout=30
        )
        cards = {card["id"]: card for card in answer.json()["data"]}
        return int(cards[place.model]["max_model_len"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None


def _tokenizer(config: HarnessConfig, place: Place, folder: Path) -> str:
    """What the harness cuts texts into tokens with: the user's choice, else the model's own, if it is here."""
    if config.tokenizer:
        return str(Path(config.tokenizer).resolve()) if Path(config.tokenizer).is_dir() else config.tokenizer
    if place.tokenizer is None:
        return ""
    place.tokenizer.save_pretrained(folder / "tokenizer")
    return str(folder / "tokenizer")


def _environment(config: HarnessConfig, job: EvalJob, place: Place) -> dict[str, str]:
    settings = dict(os.environ) | {"OPENAI_API_KEY": place.key or "none", "TOKENIZERS_PARALLELISM": "false"}
    settings.pop("PYTHONPATH", None)
    if any("ifeval" in task for task in config.tasks):
        settings["NLTK_DATA"] = str(_punkt(job))
    return settings


def _punkt(job: EvalJob) -> Path:
    """The folder of NLTK's data, fetched once."""
    folder = job.cache / f"nltk-{PUNKT.rpartition('=')[2]}"
    data = folder / "llama_index" / "core" / "_static" / "nltk_cache"
    if not data.is_dir():
        python = ensure(HARNESS, job.cache, job.tell)
        with clear_errors(str(folder)), only_one(job.cache):
            if not data.is_dir():  # else another process was faster
                _fetch_punkt(python, folder)
    return data


def _fetch_punkt(python: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".nltk.", dir=folder.parent) as scratch:
        pip(python, "install", "--no-deps", "--no-compile", "--target", f"{scratch}/package", PUNKT)
        Path(scratch, "package").rename(folder)
