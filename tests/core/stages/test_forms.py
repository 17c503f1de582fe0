"""A tuned model in other forms: exported, beside its base, under another engine; and quality lost on the way."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner, Result

from sftctl.core.cli import app
from sftctl.core.cli.report import form_of
from sftctl.core.errors import EvalError, ModelError, StoreError
from sftctl.core.manager import plugin_manager
from sftctl.core.models import fetch_model
from sftctl.core.report.results import find_results
from sftctl.core.session import _runnable, config_of
from sftctl.core.stages.checkpoint import load_checkpoint
from sftctl.core.stages.data import HELD_OUT
from sftctl.core.stages.export import check_alike, export, exported
from sftctl.core.stages.forms import EXPORTED, form_path, open_form
from sftctl.core.types import NO_TOOLS, Checkpoint, Event, Query, Sampling, read_examples

SETTINGS = (
    "examples=40",
    "eval_examples=6",
    "seen_examples=5",
    "evaluators={toolcall: {max_tokens: 12}, bfcl: null, perplexity: {tokens: 200}, choices: null}",
    "train={bf16: false, torch_compile: false, num_train_epochs: 1, peft_config: {r: 4, lora_alpha: 64}}",
    "forms=[adapter, torch-fp32]",
)
QUERY = Query(({"role": "user", "content": "How far is it from Oslo to Rome?"},))


def command(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


@pytest.fixture(scope="module")
def run(tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was also scored beside its base and in fp32."""
    root = tmp_path_factory.mktemp("runs")
    settings = [word for text in SETTINGS for word in ("--set", text)]
    done = command("run", "--model", str(tiny_model_dir), "--name", "a", "--runs", str(root), "--no-prove", *settings)
    assert done.exit_code == 0, done.output
    return root / "a"


@pytest.fixture(scope="module")
def checkpoint(run: Path) -> Checkpoint:
    return load_checkpoint(run / "model", fetch_model(plugin_manager(), config_of(run).model))


def test_every_form_is_asked_what_the_model_was_asked(run: Path) -> None:
    ids = []
    for path in ("samples-after", "forms/samples-adapter", "forms/samples-torch-fp32"):
        ids.append(_asked(run / f"eval/{path}.jsonl"))
    assert ids[0] == ids[1] == ids[2]
    assert {evaluator for evaluator, *_ in ids[0]} == {"toolcall", "toolcall (seen tools)", "perplexity"}
    rows = [json.loads(line) for line in (run / "eval/samples-after.jsonl").read_text().splitlines()]
    assert any("result" in row["metrics"] for row in rows), "calls can be made for real"
    seen = {row["source"] for row in map(json.loads, (run / "data/seen.jsonl").read_text().splitlines())}
    assert seen
    report = json.loads((run / "report.json").read_text())
    assert set(report["forms"]) == {"adapter", "torch-fp32"}
    assert report["costs"]["adapter"]["toolcall"]["seconds"]["value"] > 0
    assert report["costs"]["tuned"]["toolcall"]["answer tokens"]["high"] <= 12
    assert "torch-fp32" in (run / "report.html").read_text()


def test_tools_of_the_training_are_asked_of_the_tuned_model_alone(run: Path) -> None:
    assert set(json.loads((run / "eval/before.json").read_text())) == {"toolcall", "perplexity"}
    report = json.loads((run / "data/report.json").read_text())
    held_out = set(report["split"]["held_out_tools"])
    names = {tool["function"]["name"] for example in read_examples(run / "data/seen.jsonl") for tool in example.tools}
    assert names and not names & held_out
    assert [overlap["reference"] for overlap in report["overlap"]] == ["eval.jsonl", "seen.jsonl"]


def test_the_base_is_scored_on_the_items_of_its_run(run: Path, tmp_path: Path) -> None:
    done = command("eval", "a@base", "-o", str(tmp_path / "base.json"), "--runs", str(run.parent))
    assert done.exit_code == 0, done.output
    assert (tmp_path / "base.json").read_bytes() == (run / "eval/before.json").read_bytes()
    # the answers themselves may differ: so narrow a model is computed with its neighbours, and its bits hang on them
    assert _asked(tmp_path / "samples-base.jsonl") == _asked(run / "eval/samples-before.jsonl")
    assert form_of(run.parent, "a@base") is None, "it is no form, and not kept as one"


def _asked(samples: Path) -> list[tuple[str, str, object]]:
    rows = map(json.loads, samples.read_text().splitlines())
    return [(row["evaluator"], row["id"], row["prompt"]) for row in rows]


def test_tools_that_are_gone_are_told_of(run: Path) -> None:
    told: list[Event] = []
    config = config_of(run).model_copy(update={"toolset": ["all", "gone.py"]})
    assert _runnable(config, plugin_manager(), "after", told.append) is NO_TOOLS
    assert "no results are compared: Toolset file gone.py does not exist" in told[0].data["text"]


def test_a_form_is_scored_compared_and_kept_by_one_command(run: Path) -> None:
    runs = ("--runs", str(run.parent))
    done = command("eval", f"a@{EXPORTED}", *runs)
    assert done.exit_code == 0, done.output
    assert "before: a, after: a@exported" in done.output and "overall" in done.output
    assert "exported" in json.loads((run / "report.json").read_text())["forms"]
    again = command("compare", "a@base", "a", "a@exported", "a@adapter", *runs)
    assert "Ranking by toolcall" in again.output and "a@exported" in again.output
    with pytest.raises(StoreError, match=r"scored as torch\. sftctl eval a@torch \(scored are base, adapter, exported"):
        find_results(run.parent, "a@torch")


def test_a_form_that_was_asked_something_else_is_not_kept(run: Path) -> None:
    """It would stand in the place of all its scores, or leave a report that cannot be written."""
    kept = form_path(run, EXPORTED).read_bytes()
    with pytest.raises(EvalError, match="no evaluator to compare by"):
        command("eval", f"a@{EXPORTED}", "--evaluator", "loss", "--runs", str(run.parent))
    assert form_path(run, EXPORTED).read_bytes() == kept
    assert command("report", "a", "--runs", str(run.parent)).exit_code == 0


def test_a_revision_is_no_form(run: Path) -> None:
    assert form_of(run.parent, "a@adapter") == form_of(run.parent, "@adapter") == (run, "adapter")
    assert form_of(run.parent, str(run) + "@adapter") == (run, "adapter")
    for target in (None, "a", "org/a@main", "http://a@host/v1"):
        assert form_of(run.parent, target) is None


def test_what_is_no_form(run: Path, checkpoint: Checkpoint) -> None:
    with pytest.raises(EvalError, match=r"no form 'exportd' of a model\. Did you mean 'exported'"):
        command("eval", "a@exportd", "--runs", str(run.parent))
    full = Checkpoint("a", checkpoint.path, checkpoint.base, checkpoint.chat_format, adapter=False)
    with pytest.raises(EvalError, match="no form 'adapter': no adapter was trained"):
        open_form("adapter", run, config_of(run), plugin_manager(), checkpoint.base, full)


def test_an_export_needs_no_base_and_answers_alike(run: Path, checkpoint: Checkpoint, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    place = tmp_path / "whole"
    done = command("export", "a", "-o", str(place), "--dtype", "float32", "--runs", str(run.parent))
    assert done.output.strip() == f"Model: {place}"
    model = AutoModelForCausalLM.from_pretrained(place)
    tokenizer = AutoTokenizer.from_pretrained(place)
    assert tokenizer.chat_template == (run / "model/chat_template.jinja").read_text()
    assert model.generation_config.eos_token_id == [tokenizer.convert_tokens_to_ids("<|im_end|>")]
    assert not list(place.glob("adapter*"))
    plugins, sampling = plugin_manager(), Sampling(max_tokens=20)
    made = exported(checkpoint, place)
    assert made is not None and not made.adapter
    config = config_of(run).model_copy(update={"engine": "torch-fp32"})
    whole = open_form("torch-fp32", run, config, plugins, checkpoint.base, made).generate([QUERY], sampling)
    parts = open_form("torch-fp32", run, config, plugins, checkpoint.base, checkpoint).generate([QUERY], sampling)
    assert whole[0].text == parts[0].text != ""


def test_an_export_removes_nothing_else(run: Path, checkpoint: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for place in (tmp_path, tmp_path / "mine.txt", checkpoint.path):
        with pytest.raises(StoreError, match="is there already, and is no export"):
            command("export", "a", "-o", str(place), "--runs", str(run.parent))
    assert (tmp_path / "mine.txt").read_text() == "mine" and (checkpoint.path / "manifest.json").exists()
    with pytest.raises(StoreError, match="cannot be written"):
        command("export", "a", "-o", str(tmp_path / "mine.txt/x"), "--runs", str(run.parent))


def scaled(path: Path) -> None:
    weights = load_file(path)
    save_file({name: weight * 1.5 for name, weight in weights.items()}, path, metadata={"format": "pt"})


def test_weights_that_were_written_wrong_are_refused(
    run: Path, checkpoint: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A merge that goes wrong in silence, here because a library scales what it writes."""
    from transformers import PreTrainedModel

    save: Callable[..., Any] = PreTrainedModel.save_pretrained

    def spoiling(self: Any, folder: Path, *words: Any, **more: Any) -> None:
        save(self, folder, *words, **more)
        scaled(Path(folder) / "model.safetensors")

    monkeypatch.setattr(PreTrainedModel, "save_pretrained", spoiling)
    with pytest.raises(ModelError, match="exported weights are not those of the run: the loss on held-out examples"):
        export(checkpoint, plugin_manager(), list(read_examples(run / HELD_OUT)), tmp_path / "x", "float32")
    assert list(tmp_path.iterdir()) == []


def test_a_little_rounding_is_no_mistake(tmp_path: Path) -> None:
    check_alike(1.0, 1.01, tmp_path)
    with pytest.raises(ModelError):
        check_alike(1.0, 1.03, tmp_path)


def test_an_export_of_other_weights_is_not_taken(checkpoint: Checkpoint, run: Path) -> None:
    assert exported(checkpoint, run / EXPORTED) is not None
    path = checkpoint.path / "adapter_model.safetensors"
    weights = path.read_bytes()
    try:
        save_file({name: torch.zeros_like(weight) for name, weight in load_file(path).items()}, path)
        assert exported(checkpoint, run / EXPORTED) is None
    finally:
        path.write_bytes(weights)


def test_an_export_that_was_changed_is_not_scored_as_the_runs(checkpoint: Checkpoint, run: Path) -> None:
    path = run / EXPORTED / "model.safetensors"
    weights = path.read_bytes()
    try:
        scaled(path)
        with pytest.raises(ModelError, match="no longer those that were exported from 'a'"):
            command("eval", f"a@{EXPORTED}", "--runs", str(run.parent))
    finally:
        path.write_bytes(weights)
    manifest = json.loads((run / EXPORTED / "manifest.json").read_text())
    assert manifest["run"] == "a" and manifest["dtype"] == "bfloat16"
