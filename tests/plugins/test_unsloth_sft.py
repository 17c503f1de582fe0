"""Real trainings by Unsloth in its own environment, which is made in the user's cache if it is not there yet."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from counting import counting_rows
from safetensors.torch import load_file

from sftctl.core.costs import Costs
from sftctl.core.costs.machines import named_gpu
from sftctl.core.errors import InstallError, TrainError
from sftctl.core.machine.environment import ensure
from sftctl.core.manager import plugin_manager
from sftctl.core.types import CostJob, Event, Model, TrainJob
from sftctl.plugins.hermes import Hermes
from sftctl.plugins.unsloth_sft import UNSLOTH, worker
from sftctl.plugins.unsloth_sft.train import train

pytestmark = pytest.mark.timeout(3600)  # making the environment takes minutes


@pytest.fixture(scope="session")
def python(real_cache: Path) -> str:
    """The interpreter of Unsloth's environment."""
    try:
        return str(ensure(UNSLOTH, real_cache, print))
    except InstallError as error:
        pytest.skip(str(error))


def job_of(
    trainer: str, model: Path, tokenizer: Any, out: Path, emit: Callable[[Event], None], **settings: Any
) -> TrainJob:
    """All rows in one batch, so that their order does not matter."""
    common = {"bf16": False, "max_length": 256, "warmup_steps": 0, "per_device_train_batch_size": 8}
    config = plugin_manager().trainers()[trainer].config.model_validate(common | settings)
    return TrainJob(Model("m", model), Hermes(), tokenizer, counting_rows(tokenizer, 8), config, 0, out, emit)


def losses(trainer: str, *arguments: Any, **settings: Any) -> list[float]:
    """The loss of each step of a training."""
    seen: list[float] = []

    def emit(event: Event) -> None:
        if event.kind == "metrics":
            seen.append(event.data["loss"])

    job = job_of(trainer, *arguments, emit, **settings)
    folder = plugin_manager().trainers()[trainer].train(job)
    assert load_file(folder / "adapter_model.safetensors")
    return seen


@pytest.mark.real
def test_the_real_model_begins_at_the_loss_of_the_loop_and_learns(real_model: Any, python: str, tmp_path: Path) -> None:
    from sftctl.serve.chat import load_tokenizer

    tokenizer = load_tokenizer(real_model.path)
    given = losses("unsloth", real_model.path, tokenizer, tmp_path / "u", max_steps=3, python=python)
    (expected,) = losses("loop", real_model.path, tokenizer, tmp_path / "l", max_steps=1, packing=False)
    assert given[0] == pytest.approx(expected, rel=1e-3)
    assert given[2] < given[0]


@pytest.mark.real
def test_killed_and_gone_on_is_the_same_as_not_killed(
    tiny_model_dir: Path, tokenizer: Any, python: str, tmp_path: Path
) -> None:
    settings = {"max_steps": 12, "save_steps": 2, "peft_config": {"r": 4, "lora_dropout": 0.1}, "python": python}

    def adapter(out: Path, stop_at: int = 0) -> tuple[list[int], Any]:
        steps: list[int] = []

        def emit(event: Event) -> None:
            if event.kind == "metrics":
                steps.append(event.data["step"])
                if event.data["step"] == stop_at:
                    raise KeyboardInterrupt

        job = job_of("unsloth", tiny_model_dir, tokenizer, out, emit, **settings)
        try:
            return steps, load_file(train(job) / "adapter_model.safetensors")
        except KeyboardInterrupt:
            return steps, None

    _, expected = adapter(tmp_path / "whole")
    adapter(tmp_path / "cut", stop_at=3)
    steps, resumed = adapter(tmp_path / "cut")
    assert steps[0] > 1 and steps == list(range(steps[0], 13))
    assert all((expected[name] == resumed[name]).all() for name in expected)


@pytest.mark.real
@pytest.mark.parametrize("peft_config", [{"r": 4}, None], ids=["lora", "full"])
def test_steps_and_parameters_are_those_that_were_planned(
    tiny_model_dir: Path, tokenizer: Any, python: str, tmp_path: Path, peft_config: Any
) -> None:
    told: list[Event] = []
    settings = {"num_train_epochs": 1.5, "per_device_train_batch_size": 3, "peft_config": peft_config}
    job = job_of("unsloth", tiny_model_dir, tokenizer, tmp_path, told.append, python=python, **settings)
    saved = load_file(next(train(job).glob("*.safetensors"))).values()
    costs = planned(job)
    assert [event.kind for event in told] == ["metrics", "progress"] * costs.steps
    assert told[-1].data == {"done": costs.steps, "total": costs.steps}
    assert costs.trained == sum(tensor.numel() for tensor in saved)


# ---------------------------------------------------------------- what it costs


def planned(job: TrainJob) -> Costs:
    costs = plugin_manager().trainers()["unsloth"].costs
    assert costs is not None
    return costs(CostJob(job.model, job.train, 1, job.config, job.seed, named_gpu("h100-80gb")))


def test_costs_are_those_of_the_method(tiny_model_dir: Path, tokenizer: Any, tmp_path: Path) -> None:
    def costs(**settings: Any) -> Costs:
        small = {"peft_config": {"r": 4}, "bf16": True} | settings
        return planned(job_of("unsloth", tiny_model_dir, tokenizer, tmp_path, lambda event: None, **small))

    plain, full = costs(), costs(peft_config=None)
    assert costs(load_in_4bit=True).weights < plain.weights
    again = [costs(**{name: True}).activations for name in ("gradient_checkpointing", "use_gradient_checkpointing")]
    assert again[0] == again[1] < plain.activations
    assert full.weights == full.gradients == full.optimizer / 2 == 2 * full.parameters
    assert costs(peft_config=None, bf16=False).weights == 2 * full.weights
    assert costs(per_device_train_batch_size=2).activations < plain.activations
    assert plain.seconds and full.seconds


# ---------------------------------------------------------------- without Unsloth: what goes wrong is said


def stand_in(folder: Path, body: str) -> str:
    """A program in the place of Unsloth's Python: it reports what `body` prints."""
    path = folder / "python"
    path.write_text(f"#!{sys.executable}\nimport json, sys\n{body}\n")
    path.chmod(0o755)
    return str(path)


def failure(body: str, model: Path, tokenizer: Any, folder: Path) -> str:
    job = job_of("unsloth", model, tokenizer, folder, lambda event: None, python=stand_in(folder, body))
    with pytest.raises(TrainError) as caught:
        train(job)
    return str(caught.value)


def test_other_labels_than_ours_stop_it(tiny_model_dir: Path, tokenizer: Any, tmp_path: Path) -> None:
    ours = worker.digest((row.input_ids, row.labels) for row in counting_rows(tokenizer, 8))
    for change, cause in (
        ({"labels": ours["tokens"]}, f"it has {ours['tokens']} tokens that carry loss where it was given"),
        ({"rows": 7}, "it has 7 rows where it was given 8"),
        ({"sha256": ""}, "as many tokens and labels, but other ones"),
    ):
        message = json.dumps({"data": ours | change})
        body = f"print({message!r}, flush=True); sys.stdin.read()"  # goes on until it is ended
        assert cause in failure(body, tiny_model_dir, tokenizer, tmp_path)


def test_a_digest_sees_a_label_and_not_the_order() -> None:
    rows = [([1, 2, 3], [-100, 2, 3]), ([4, 5], [-100, 5])]
    assert worker.digest(rows) == worker.digest(reversed(rows))
    assert worker.digest(rows) != worker.digest([([1, 2, 3], [-100, -100, 3]), rows[1]])
    assert worker.digest(rows)["labels"] == 3


def test_a_failing_worker_is_one_clear_error(tiny_model_dir: Path, tokenizer: Any, tmp_path: Path) -> None:
    text = failure("sys.exit('no memory left')", tiny_model_dir, tokenizer, tmp_path)
    assert "exit code 1; its last lines: no memory left" in text and "worker.log" in text
    text = failure("import os; os.kill(os.getpid(), 9)", tiny_model_dir, tokenizer, tmp_path)
    assert "ended by SIGKILL" in text


def test_a_python_without_unsloth_says_so(tiny_model_dir: Path, tokenizer: Any, tmp_path: Path) -> None:
    for python, said in ((sys.executable, "No module named 'unsloth'"), ("/nowhere/python", "cannot be run")):
        job = job_of("unsloth", tiny_model_dir, tokenizer, tmp_path, lambda event: None, python=python)
        with pytest.raises(TrainError, match=said):
            train(job)


def test_what_the_worker_tells_reaches_trackers(tiny_model_dir: Path, tokenizer: Any, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    body = "".join(f"print({json.dumps({'metrics': {'step': n, 'loss': 3.0 - n}})!r}, flush=True)\n" for n in (1, 2))
    settings = {"python": stand_in(tmp_path, body), "report_to": "tensorboard"}
    job = job_of("unsloth", tiny_model_dir, tokenizer, tmp_path, lambda event: None, **settings)
    plugin_manager().trainers()["unsloth"].train(job)
    (file,) = tmp_path.glob("tensorboard/events.*")
    assert [event.value for event in EventAccumulator(str(file)).Reload().Scalars("train/loss")] == [2.0, 1.0]


def test_the_worker_ends_when_nobody_listens(tmp_path: Path) -> None:
    script = f"import runpy, time; runpy.run_path({worker.__file__!r})['_watch']()"
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE)
    assert process.poll() is None and process.stdin
    process.stdin.close()
    assert process.wait(20) == 1


@pytest.mark.gpu
def test_the_same_on_a_gpu(real_model: Any, python: str, tmp_path: Path) -> None:
    import torch

    from sftctl.serve.chat import load_tokenizer

    if not torch.cuda.is_available():
        pytest.skip("no GPU")
    tokenizer = load_tokenizer(real_model.path)
    settings = {"bf16": True, "max_steps": 1}
    (given,) = losses("unsloth", real_model.path, tokenizer, tmp_path / "u", python=python, **settings)
    (expected,) = losses("loop", real_model.path, tokenizer, tmp_path / "l", packing=False, **settings)
    assert given == pytest.approx(expected, rel=2e-2)
