"""`sftctl plan`: steps as the trainers take them, tokens as they are counted, and refusal of what cannot fit."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from typer.testing import CliRunner

from sftctl.core.cli import app
from sftctl.core.config import RunConfig, resolve
from sftctl.core.costs import Costs, budget, machines
from sftctl.core.costs.machines import LAUNCHING, named_gpu, this_machine
from sftctl.core.costs.plan import Plan, make_plan, refuse_what_cannot_fit
from sftctl.core.errors import ConfigError, PluginError, TrainError
from sftctl.core.machine import speed
from sftctl.core.manager import Plugins, plugin_manager
from sftctl.core.run import run
from sftctl.core.tools.toolset import load_toolset
from sftctl.core.types import CostJob, Event, Example, Model, Rendered, TrainJob
from sftctl.plugins.hermes import Hermes

LORA = {"r": 4, "lora_alpha": 8}


@pytest.fixture
def plugins() -> Plugins:
    return plugin_manager()


@pytest.fixture
def config(plugins: Plugins, tiny_model_dir: Path) -> Callable[..., RunConfig]:
    def make(*assignments: str, **flags: Any) -> RunConfig:
        return resolve(plugins, "toolcall", flags={"model": str(tiny_model_dir), **flags}, assignments=assignments)

    return make


def planned(config: RunConfig, plugins: Plugins, model: Model | None = None, machine: Any = None, **more: Any) -> Plan:
    tools = load_toolset(plugins, config.toolset)
    found = model or Model("tiny", Path(config.model))
    return make_plan(config, plugins, found, tools, machine or this_machine(), **more)


@pytest.fixture
def rows(tokenizer: Any) -> list[Rendered]:
    words = ("Count", "Please count", "Would you count")
    return [
        Hermes().render(
            Example(
                (
                    {"role": "user", "content": f"{words[number % 3]} to {number}."},
                    {"role": "assistant", "content": " ".join(map(str, range(number)))},
                )
            ),
            tokenizer,
        )
        for number in range(1, 24)
    ]


# ---------------------------------------------------------------- steps, tokens


@pytest.mark.parametrize(
    ("trainer", "settings"),
    [
        ("loop", {"num_train_epochs": 1.5, "per_device_train_batch_size": 2}),
        ("loop", {"packing": False, "per_device_train_batch_size": 3, "gradient_accumulation_steps": 2}),
        ("loop", {"max_steps": 3, "peft_config": None}),
        ("trl", {"num_train_epochs": 1.5}),
        ("trl", {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 5}),
    ],
)
def test_steps_and_parameters_are_those_of_the_training(
    plugins: Plugins,
    tiny_model_dir: Path,
    tokenizer: Any,
    rows: list[Rendered],
    tmp_path: Path,
    trainer: str,
    settings: Any,
) -> None:
    chosen = plugins.trainers()[trainer]
    config = chosen.config.model_validate({"peft_config": LORA, "max_length": 192, "bf16": False} | settings)
    model = Model("tiny", tiny_model_dir)
    assert chosen.costs is not None
    costs = chosen.costs(CostJob(model, rows, 1, config, 0, this_machine()))
    steps: list[Any] = []

    def emit(event: Event) -> None:
        if event.kind == "progress":
            steps.append((event.data["done"], event.data["total"]))

    chosen.train(TrainJob(model, Hermes(), tokenizer, rows, config, 0, tmp_path, emit))
    assert steps[-1] == (costs.steps, costs.steps)


def test_tokens_of_a_file_are_counted(config: Callable[..., RunConfig], plugins: Plugins, tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    pairs = [{"prompt": f"What is {n}?", "completion": f"It is {n}."} for n in range(20)]
    long = {"prompt": "Count.", "completion": "one " * 400}
    path.write_text("\n".join(json.dumps(row) for row in [*pairs, long]))
    settings = config("train.max_length=128", dataset=[str(path)], examples=0)
    model = Model("tiny", Path(settings.model))
    found = planned(settings, plugins)
    assert (found.rows, found.counted, found.left_out) == (20, 20, 1)
    from sftctl.serve.chat import load_tokenizer

    tokenizer = load_tokenizer(model.path)
    first = plugins.chat_formats()["outline"].render(
        Example(
            tuple({"role": role, "content": text} for role, text in (("user", "What is 0?"), ("assistant", "It is 0.")))
        ),
        tokenizer,
    )
    assert found.tokens == pytest.approx(20 * len(first.input_ids), rel=0.1)


def test_a_sample_stands_for_all(config: Callable[..., RunConfig], plugins: Plugins) -> None:
    settings = config(examples=240)
    whole = planned(settings, plugins)
    part = planned(settings, plugins, most=120)
    assert (whole.counted, part.counted) == (whole.rows, part.rows / 2)
    assert part.tokens == pytest.approx(whole.tokens, rel=0.15)
    assert part.costs.steps == pytest.approx(whole.costs.steps, rel=0.3)
    assert part.source == "the first 120 of 240 synthesized"


def test_a_run_that_has_its_data_is_counted_on_it(
    config: Callable[..., RunConfig], plugins: Plugins, tmp_path: Path
) -> None:
    settings = config(
        "train.max_steps=1",
        "prove=false",
        "evaluators={bfcl: null, toolcall: {max_tokens: 4}}",
        examples=12,
    )
    settings = settings.model_copy(update={"eval_examples": 2})
    path = run(settings, plugins, tmp_path, "done", lambda event: None)
    model = Model("tiny", Path(settings.model), "")

    found = planned(settings, plugins, model, run=path)
    assert found.source == "the run's data"
    lengths = json.loads((path / "data/lengths.json").read_text())
    assert (found.rows, found.tokens, found.learned) == (lengths["rows"], lengths["tokens"], lengths["learned_tokens"])
    other = settings.model_copy(update={"seed": 1})
    assert planned(other, plugins, model, run=path).source == "synthesized"


# ---------------------------------------------------------------- time


@pytest.mark.real
def test_the_plan_of_a_budget_takes_that_time(
    real_model: Model, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machines, "bf16_unit", lambda: "AMX")
    monkeypatch.setattr(budget, "bf16_pays", lambda: True)
    monkeypatch.setattr(speed, "block_speed", lambda bf16: 1_000 * budget.BLOCKS[bf16])
    settings = resolve(plugins, "toolcall", flags={"budget": "15m"})
    found = planned(settings, plugins, real_model)
    assert found.costs.seconds == pytest.approx(15 * 60 - budget.FIXED - budget.ASKING / 1_000, rel=0.1)
    assert found.costs.parameters == 134_515_008


def test_a_faster_gpu_takes_less_time(config: Callable[..., RunConfig], plugins: Plugins) -> None:
    settings = config(examples=20)
    bare = {name: replace(named_gpu(name), launching=0.0) for name in ("h100-80gb", "t4")}
    fast, slow = (planned(settings, plugins, machine=machine) for machine in bare.values())
    assert fast.costs.seconds is not None
    assert slow.costs.seconds is not None
    assert fast.costs.seconds < slow.costs.seconds
    launched = planned(settings, plugins, machine=named_gpu("h100-80gb"))
    assert launched.costs.seconds == pytest.approx(launched.costs.steps * 2 * LAUNCHING), (
        "the tiny model has two layers"
    )
    assert slow.costs.weights == 2 * fast.costs.weights - slow.costs.trained * 4, "float32 where there is no bfloat16"


def test_a_gpu_computes_the_packs_of_a_batch_at_once(
    plugins: Plugins, tiny_model_dir: Path, rows: list[Rendered]
) -> None:
    def costs(machine: Any, **settings: int) -> Costs:
        chosen = plugins.trainers()["loop"]
        config = chosen.config.model_validate({"peft_config": LORA, "max_length": 192, "max_steps": 3} | settings)
        assert chosen.costs is not None
        return chosen.costs(CostJob(Model("tiny", tiny_model_dir), rows, 1, config, 0, machine))

    gpu = named_gpu("h100-80gb")
    at_once, in_turn = (
        costs(gpu, **{name: 4}) for name in ("per_device_train_batch_size", "gradient_accumulation_steps")
    )
    assert in_turn.seconds == pytest.approx(3 * 4 * 2 * LAUNCHING), "the tiny model has two layers"
    assert at_once.seconds == pytest.approx(3 * 2 * LAUNCHING)
    assert (at_once.tokens, at_once.flops) == (in_turn.tokens, in_turn.flops)
    assert at_once.activations == pytest.approx(4 * in_turn.activations, rel=0.02)
    here = replace(this_machine(), gpu=False)
    assert costs(here, per_device_train_batch_size=4).activations == costs(here).activations


# ---------------------------------------------------------------- refusal


@pytest.fixture
def huge(tiny_model_dir: Path, tmp_path: Path) -> Path:
    """A folder whose config is that of a model of 70 billion parameters."""
    path = Path(shutil.copytree(tiny_model_dir, tmp_path / "huge"))
    settings = json.loads((path / "config.json").read_text())
    sizes = {"hidden_size": 8192, "intermediate_size": 28672, "num_hidden_layers": 80, "num_attention_heads": 64}
    (path / "config.json").write_text(json.dumps(settings | sizes | {"num_key_value_heads": 8, "head_dim": 128}))
    return path


def test_a_run_that_cannot_fit_is_refused_before_anything_is_made(
    config: Callable[..., RunConfig], plugins: Plugins, huge: Path, tmp_path: Path
) -> None:
    settings = config("train.peft_config=null", examples=20).model_copy(update={"model": str(huge)})
    words = r"needs about .* GiB of memory, and this machine .* has .* GiB\. The largest part, .*, is for gradients and"
    with pytest.raises(TrainError, match=words + r" optimizer\. What helps most is LoRA"):
        run(settings, plugins, tmp_path / "runs", "huge", lambda event: None)
    assert not (tmp_path / "runs/huge/data").exists()


def test_a_run_that_is_told_to_does_not_ask(
    config: Callable[..., RunConfig], plugins: Plugins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config("evaluators={bfcl: null, toolcall: null}", examples=20)
    monkeypatch.setattr("sftctl.core.run.this_machine", lambda: replace(this_machine(), memory=2**20))
    with pytest.raises(TrainError, match=r"has 0\.00 GiB"):
        run(settings, plugins, tmp_path, "small", lambda event: None)
    monkeypatch.setattr("sftctl.core.run.make_data", stop := Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run(settings, plugins, tmp_path, "small", lambda event: None, check=False)
    stop.assert_called_once()


def test_what_cannot_fit_elsewhere_may_fit_here(config: Callable[..., RunConfig], plugins: Plugins, huge: Path) -> None:
    settings = config(examples=20).model_copy(update={"model": str(huge)})
    machine = named_gpu("a100-80gb")
    found = planned(settings, plugins, Model("huge", huge), machine)
    with pytest.raises(TrainError, match=r"a100-80gb has 79\.0 GiB\. The largest part, 1.*, is for weights"):
        refuse_what_cannot_fit(found)
    refuse_what_cannot_fit(replace(found, machine=replace(machine, memory=2**40)))


def test_a_trainer_that_does_not_tell_is_said_to(
    config: Callable[..., RunConfig], plugins: Plugins, monkeypatch: Any
) -> None:
    trainers = {"loop": replace(plugins.trainers()["loop"], costs=None)}
    settings = config(examples=20)
    monkeypatch.setattr(Plugins, "trainers", lambda self: trainers)
    with pytest.raises(PluginError, match="Trainer 'loop' does not say what a training takes"):
        planned(settings, plugins)


# ---------------------------------------------------------------- command line


def test_the_command_prints_it_all(tiny_model_dir: Path, tmp_path: Path) -> None:
    line = ["plan", "--model", str(tiny_model_dir), "--examples", "20", "--gpu", "t4", "--runs", str(tmp_path)]
    done = CliRunner().invoke(app, line, catch_exceptions=False, env={"COLUMNS": "120"})
    assert done.exit_code == 0
    for text in ("parameters", "trained", "optimizer", "about", "of 14.6 GiB", "time to train", "synthesized"):
        assert text in done.stdout
    assert not list(tmp_path.iterdir())
    with pytest.raises(ConfigError, match="Did you mean 'rtx4090'"):
        CliRunner().invoke(app, [*line, "--gpu", "rtx4091"], catch_exceptions=False)
