"""The whole line on the real 135M model, as short as it can be and still learn something."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.real
@pytest.mark.timeout(1800)  # 12 minutes on one thread with AVX2 alone
def test_the_real_model_learns_the_form_of_a_call(real_model: Any, tmp_path: Path) -> None:
    config = {
        "examples": 40,
        "eval_examples": 6,
        "synthesis": {"scene": 4, "mix": {"irrelevance": 0, "missing": 0}},  # when not to call takes far longer
        "train": {"max_length": 1024, "learning_rate": 2e-3, "warmup_steps": 2, "num_train_epochs": 2},
        "evaluators": {"toolcall": {"max_tokens": 160}, "bfcl": None, "choices": {"limit": 10}},
    }
    (tmp_path / "run.yaml").write_text(json.dumps(config))
    command = [sys.executable, "-m", "sftctl.core.cli", "run", "-c", "run.yaml", "--name", "real"]
    cores = (os.cpu_count() or 1) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    threads = {"OMP_NUM_THREADS": str(max(cores, 1))}
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | threads, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    run = tmp_path / "runs" / "real"
    losses = [json.loads(line)["loss"] for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert sum(losses[-5:]) / 5 < 0.7 * losses[0]
    assert (run / "model" / "adapter_model.safetensors").stat().st_size > 1_000_000

    lost = {loss["probe"]: loss for loss in json.loads((run / "report.json").read_text())["forgotten"]}
    assert set(lost) == {"perplexity", "choices knowledge", "choices sense"}
    assert 15 < lost["perplexity"]["before"]["value"] < 25 and lost["perplexity"]["difference"]["n"] == 29

    def calls(which: str) -> int:
        verdicts = map(json.loads, (run / f"eval/samples-{which}.jsonl").read_text().splitlines())
        return sum(isinstance(verdict["answered"], list) for verdict in verdicts)  # calls, not a text

    assert calls("before") < calls("after")
