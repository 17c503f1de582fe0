"""The harness's command line and results; and the harness itself, where its environment is there."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from fakes import ScriptedEngine

from sftctl.core.errors import EvalError
from sftctl.core.evaluation import Asking
from sftctl.core.manager import plugin_manager
from sftctl.core.types import Place
from sftctl.plugins.harness import HarnessConfig
from sftctl.plugins.harness.running import HARNESS, arguments, prepare, read_scores, read_verdicts
from sftctl.plugins.hermes import Hermes
from sftctl.serve.chat import ChatModel
from sftctl.serve.served import ServedModel

RESULTS = {
    "results": {
        "sums": {"alias": "sums", "exact_match,strict": 0.5, "exact_match_stderr,strict": 0.1, "sample_len": 4},
        "text": {"word_perplexity,none": 30.0, "word_perplexity_stderr,none": "N/A", "acc,none": 0.02},
    },
    "n-samples": {"sums": {"effective": 4}, "text": {"effective": 7}},
    "higher_is_better": {"sums": {"exact_match": True}, "text": {"word_perplexity": False}},
}


def test_results_become_scores_with_intervals() -> None:
    scores = read_scores(RESULTS)
    assert list(scores) == ["sums exact_match strict", "text word_perplexity"]
    sums, text = scores.values()
    assert (sums.n, sums.loss, sums.value) == (4, False, 0.5)
    assert math.isclose(sums.low, 0.304) and math.isclose(sums.high, 0.696)
    assert (text.value, text.low, text.loss) == (30.0, 30.0, True)


def test_samples_become_verdicts(tmp_path: Path) -> None:
    path = tmp_path / "samples_my_task_2026-01-01T00-00-00.000000.jsonl"
    row = {"doc_id": 3, "target": "4", "filtered_resps": ["5"], "filter": "strict", "metrics": ["em"], "em": 0.0}
    path.write_text(json.dumps(row) + "\n" + json.dumps(row | {"em": 1.0, "filter": "none"}) + "\n")
    wrong, right = read_verdicts(path)
    assert (wrong.id, wrong.category, wrong.ok, wrong.reason) == ("my_task_3_strict", "my_task", False, "wrong")
    assert (right.id, right.ok, right.answered) == ("my_task_3", True, ["5"])


def test_the_command_line(tmp_path: Path) -> None:
    config = HarnessConfig(tasks=["a", "b"], limit=3, num_fewshot=0)
    words = arguments(config, Place("http://127.0.0.1:1/v1", "m"), ["a", "b"], tmp_path)
    text = " ".join(words)
    assert "--model local-chat-completions --model_args base_url=http://127.0.0.1:1/v1/chat/completions,model=m" in text
    assert "--tasks a,b" in text and "--limit 3 --num_fewshot 0" in text and "--apply_chat_template" in text


def test_files_in_place_of_a_data_set_must_be_there(tmp_path: Path) -> None:
    task = tmp_path / "mine.yaml"
    task.write_text("task: mine\n")
    with pytest.raises(EvalError, match=r"There is no file none\.jsonl"):
        prepare(HarnessConfig(tasks=[str(task)], local={str(task): {"test": "none.jsonl"}}), Path(), tmp_path)
    (tmp_path / "other").mkdir()
    assert prepare(HarnessConfig(tasks=[str(task)]), Path(), tmp_path / "other") == ["mine_local"]
    described = yaml.safe_load((tmp_path / "other/tasks/mine_local.yaml").read_text())
    assert described == {"include": str(task), "task": "mine_local"}


SUMS = {
    "task": "sums",
    "dataset_path": "json",
    "dataset_kwargs": {"data_files": {"test": "?"}},
    "test_split": "test",
    "output_type": "generate_until",
    "doc_to_text": "{{question}}",
    "doc_to_target": "{{answer}}",
    "generation_kwargs": {"until": ["\n"], "do_sample": False},
    "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
}


@pytest.mark.real
def test_the_harness_asks_the_model(tokenizer: Any, tmp_path: Path, real_cache: Path) -> None:
    if HARNESS.python(real_cache) is None:
        pytest.skip("the environment of lm-evaluation-harness is not there: `sftctl eval --evaluator lm-eval` makes it")
    rows = [{"question": f"{n} + 1?", "answer": str(n + 1)} for n in range(6)]
    data = tmp_path / "sums.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    task = tmp_path / "sums.yaml"
    task.write_text(yaml.safe_dump(SUMS | {"dataset_kwargs": {"data_files": {"test": str(data)}}}))

    def script(prompt: str) -> str:
        number = int(prompt.rpartition("<|im_start|>user\n")[2].partition(" + 1?")[0])
        return str(number + 1 if number < 4 else 0)

    chat = ChatModel("adder", ScriptedEngine(tokenizer, script), Hermes(), tokenizer)
    options = {"lm-eval": HarnessConfig(tasks=[str(task)])}
    (scores,) = Asking(plugin_manager(), options, 0, "after", lambda event: None).score(ServedModel(chat), [])
    score = scores.scores["sums_local exact_match"]
    assert (round(score.value, 3), score.n) == (0.667, 6)
    assert score.low < 0.667 < score.high
    assert [verdict.ok for verdict in scores.verdicts] == [True] * 4 + [False] * 2
