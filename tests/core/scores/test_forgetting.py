"""Recipes `sft` and `forgetting`, and the budget, on a tiny model."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer.testing

from sftctl.core.cli import app
from sftctl.core.cli.exits import clear_exits
from sftctl.core.cli.run import OVER_BUDGET
from sftctl.core.config import RunConfig, arms_of, resolve
from sftctl.core.errors import ConfigError
from sftctl.core.manager import plugin_manager
from sftctl.core.report import loss_lines
from sftctl.core.scores.change import Change
from sftctl.core.scores.forgetting import exceeded, judged, losses, lost, probe
from sftctl.core.scores.picture import Panel, Point, picture, ticks
from sftctl.core.scores.stats import Difference
from sftctl.core.types import Score

PERSONA = "现在你要扮演皇帝身边的女人-甄嬛"
QUICK = ["--set", "train={torch_compile: false, bf16: false, peft_config: {r: 4}}", "--set", "evaluators.choices=null"]


def share(value: float) -> Score:
    return Score(value, value - 0.1, value + 0.1, 100)


def perplexity(value: float) -> Score:
    return Score(value, value - 1, value + 1, 30, loss=True)


ROWS = [
    Change("toolcall", "overall", share(0.2), share(0.5), None),
    Change("perplexity", "perplexity", perplexity(20), perplexity(30), Difference(0.5, 0.4, 0.6, 0.001, 1, 29, 30)),
    Change("perplexity", "perplexity/nats_per_token", perplexity(3), perplexity(3.4), None),
    Change("choices", "sense", share(0.8), share(0.77), Difference(-0.03, -0.1, 0.04, 0.6, 2, 5, 100)),
]


def test_what_is_lost_is_told_of_general_probes_alone() -> None:
    found = losses(ROWS, {"perplexity", "choices"})
    assert [(probe(loss), round(loss.fall, 3), lost(loss)) for loss in found] == [
        ("perplexity", 0.5, "+50.0 %"),
        ("choices sense", 0.03, "+3.0 points"),
    ]
    assert exceeded(found, 0.05) == ["perplexity"]
    assert exceeded(found, 0.6) == exceeded(found, None) == []
    assert [loss.beyond for loss in found] == [True, False]
    sentence = judged(found)
    assert sentence.endswith("before? These did: perplexity. By the paired test perplexity lost something.")
    kept = judged(losses(ROWS, {"choices"}))
    assert kept.endswith("before? None did. By the paired test no loss is significant.") and judged([]) == ""
    better = [replace(loss, before=loss.after, after=loss.before) for loss in found]
    assert judged(better).endswith("None did. By the paired test no loss is significant.")
    page = loss_lines(found, None)
    assert "| perplexity | 30 | 20 (19–21) | 30 (29–31) | +50.0 % (+40.0 to +60.0) | 0.001 |" in page
    assert page[3].endswith("| +3.0 points (−4.0 to +10.0) | 0.6 |") and sentence in page[-1]
    assert "**exceeded** by perplexity" in loss_lines(found, 0.05)[-1]
    assert loss_lines(found, 0.5)[-1].endswith("is kept.")


# ---------------------------------------------------------------- configuration


def config(recipe: str = "toolcall", *assignments: str) -> RunConfig:
    return resolve(plugin_manager(), recipe, assignments=assignments)


def test_a_budget_needs_a_probe() -> None:
    assert config("toolcall", "evaluators.choices=null", "forgetting_budget=0.05").forgetting_budget == 0.05
    off = ("evaluators.choices=null", "evaluators.perplexity=null")
    assert config("toolcall", *off).forgetting_budget is None
    with pytest.raises(ConfigError, match=r"nothing to measure by.*evaluators\.perplexity=\{\}"):
        config("toolcall", *off, "forgetting_budget=0.05")


def test_the_default_run_measures_general_ability_within_its_time() -> None:
    everything = config("toolcall", "examples=1000")  # where time is short less is asked
    probes = everything.evaluator_configs(plugin_manager())
    assert "perplexity" in probes and 50 <= getattr(probes["choices"], "limit", 0) <= 100


@pytest.mark.parametrize(
    ("assignments", "message"),
    [
        (["anchor=[a.txt]"], "Set train.kl_coef"),
        (["anchor=[a.txt]", "trainer=trl"], "Trainer 'trl' has no kl_coef"),
        (["train.kl_coef=1"], "Name general data under `anchor`"),
        (["arms.x={train: {learning_rat: 1}}"], "Did you mean 'learning_rate'"),
        (["arms.x={trainr: loop}"], r"arms\.x: 'trainr' is not a setting"),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_is_done(assignments: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config("toolcall", *assignments)


def test_arms_differ_in_what_they_say() -> None:
    arms = arms_of(config("forgetting", "arms.kl=null", "arms.naive.seed=3"), plugin_manager())
    assert list(arms) == ["naive", "lora", "average", "replay", "low-rate"]
    assert arms["naive"].seed == 3 and arms["naive"].train["peft_config"] is None
    assert arms["lora"].train["peft_config"] == {"r": 32, "lora_alpha": 64}
    assert arms["replay"].dataset[0].path == "rehearsal" and not arms["lora"].dataset


# ---------------------------------------------------------------- recipe sft


def carry_out(*arguments: str) -> typer.testing.Result:
    def call() -> None:
        with clear_exits():
            app(list(arguments), standalone_mode=False)

    return typer.testing.CliRunner().invoke(typer_of(call), [])


def typer_of(call: Any) -> typer.Typer:
    one = typer.Typer()
    one.command()(call)
    return one


@pytest.fixture(scope="module")
def persona(tiny_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, typer.testing.Result]:
    """The course's example: instruction, input and output, and a system prompt; with a budget that cannot be kept."""
    folder = tmp_path_factory.mktemp("persona")
    rows = [
        {"instruction": f"第{n}天,你是谁?", "input": "", "output": f"家父是大理寺少卿甄远道,第{n}天。"}
        for n in range(60)
    ]
    data = folder / "huanhuan.json"
    data.write_text(json.dumps(rows, ensure_ascii=False))
    entry = json.dumps([{"path": str(data), "system": PERSONA}], ensure_ascii=False)
    done = carry_out(
        *("run", "--plugin", "sft", "--name", "p", "--runs", str(folder), "--model", str(tiny_model_dir)),
        *("--set", f"dataset={entry}", "--set", "forgetting_budget=0", "--set", "evaluators.perplexity.tokens=400"),
        *("--set", "train.learning_rate=0.05", *QUICK),
    )
    return folder / "p", done


def test_the_course_example_is_the_tokens_of_the_course(
    persona: tuple[Path, typer.testing.Result], tokenizer: Any
) -> None:
    run, _ = persona
    row = json.loads((run / "data/train.jsonl").read_text().splitlines()[0])
    _, user, assistant = (message["content"] for message in row["messages"])
    plugins = plugin_manager()
    from sftctl.core.types import Example

    rendered = plugins.chat_formats()["hermes"].render(Example.from_row(row), tokenizer)
    before = f"<|im_start|>system\n{PERSONA}<|im_end|>\n<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n"
    prompt, answer = (tokenizer.encode(text, add_special_tokens=False) for text in (before, assistant))
    end = tokenizer.eos_token_id
    learned = [label for label in rendered.labels if label != -100]
    assert rendered.input_ids[: len(prompt) + len(answer) + 1] == [*prompt, *answer, end]
    assert learned == [*answer, end]


def test_a_share_of_the_rows_is_held_out_and_scored(persona: tuple[Path, typer.testing.Result]) -> None:
    run, _ = persona
    train, held_out = ((run / f"data/{name}.jsonl").read_text().splitlines() for name in ("train", "eval"))
    assert len(train) + len(held_out) == 60 and 1 <= len(held_out) <= 15
    assert not set(train) & set(held_out)
    scores = {which: json.loads((run / f"eval/{which}.json").read_text()) for which in ("before", "after")}
    assert scores["after"]["loss"]["loss"]["value"] < scores["before"]["loss"]["loss"]["value"]
    assert scores["after"]["loss"]["loss"]["n"] == len(held_out)
    assert not (run / "eval/proof.json").exists()


def test_a_budget_that_is_exceeded_is_told_and_the_run_is_whole(persona: tuple[Path, typer.testing.Result]) -> None:
    run, done = persona
    assert done.exit_code == OVER_BUDGET
    assert "forgot more than forgetting_budget allows: perplexity" in done.output
    assert json.loads((run / "report.json").read_text())["over_budget"] == ["perplexity"]
    assert "**exceeded** by perplexity" in (run / "report.md").read_text()
    assert (run / "model/adapter_model.safetensors").exists()


def test_nothing_to_train_on_is_one_sentence(tiny_model_dir: Path, tmp_path: Path) -> None:
    done = carry_out("run", "--plugin", "sft", "--runs", str(tmp_path), "--model", str(tiny_model_dir))
    assert done.exit_code == 1 and "There is nothing to train on. Name a data set" in done.output


# ---------------------------------------------------------------- recipe forgetting


def test_arms_share_what_they_have_in_common_and_are_compared(tiny_model_dir: Path, tmp_path: Path) -> None:
    done = carry_out(
        *("run", "--plugin", "forgetting", "--name", "f", "--runs", str(tmp_path), "--model", str(tiny_model_dir)),
        *("--examples", "6", "--set", "eval_examples=2", "--set", "evaluators.toolcall.max_tokens=2"),
        *("--set", "train.max_length=2048", "--set", "evaluators.perplexity.tokens=300", *QUICK),
        *("--set", "arms={low-rate: null, lora: null, replay: null, kl: {anchor: [{path: rehearsal, limit: 6}]}}"),
    )
    assert done.exit_code == 0, done.output
    page = (tmp_path / "f/report.md").read_text()
    assert [line.split(" | ")[0] for line in page.splitlines() if line.startswith(("| naive", "| kl", "| average"))]
    points = {element.text for element in ET.parse(tmp_path / "f/picture.svg").iter("{http://www.w3.org/2000/svg}text")}
    assert {"naive", "kl", "average", "perplexity"} <= points
    started = {
        arm: [
            event["stage"]
            for event in map(json.loads, (tmp_path / f"f-{arm}/events.jsonl").read_text().splitlines())
            if event["kind"] == "stage_started"
        ]
        for arm in ("naive", "kl", "average")
    }
    assert started == {
        "naive": ["data", "before", "train", "after", "report"],
        "kl": ["rehearsal", "data", "train", "after", "report"],
        "average": ["average", "after", "report"],
    }
    costs = [json.loads((tmp_path / f"f-{arm}/report.json").read_text())["costs"] for arm in started]
    assert all(cost["base"]["toolcall"]["answer tokens"]["value"] > 0 for cost in costs), "lent with the scores"
    texts = (tmp_path / "f-kl/data/anchor.jsonl").read_text().splitlines()
    assert all(json.loads(text)["source"] == "rehearsal" for text in texts)
    assert len(texts) == 6 and (tmp_path / "f-kl/data/train.jsonl").read_text() not in texts


# ---------------------------------------------------------------- the picture


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3, 120), (0, 0), (17, 29), (-0.4, 3), (0, 99), (0, 950)])
def test_ticks_enclose_what_is_shown_and_are_few(low: float, high: float) -> None:
    found = ticks(low, high)
    assert found[0] <= low and found[-1] >= high
    assert 2 <= len(found) <= 8


def test_the_picture_is_xml_with_every_name() -> None:
    panel = Panel("A <probe>", "skill, %", "fall", [Point("a & b", 10, 3, 5, 15), Point("c", 50, -1, 40, 60)])
    names = [element.text for element in ET.fromstring(picture([panel, panel])).iter()]
    assert names.count("a & b") == names.count("c") == 2 and "A <probe>" in names


def test_losses_of_a_probe_that_was_not_scored_before_are_none() -> None:
    assert losses([Change("perplexity", "perplexity", None, perplexity(3), None)], {"perplexity"}) == []
    assert lost(Change("p", "p", share(0.5), share(0.6), None)) == "−10.0 points"
