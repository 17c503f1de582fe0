"""The harness's command line and results; and the harness itself, where its environment is there."""

import json
import math
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from fakes import ScriptedEngine

from sftctl.core.errors import EvalError
from sftctl.core.manager import plugin_manager
from sftctl.core.remote.endpoint import Endpoint, RemoteModel
from sftctl.core.scores.stats import score
from sftctl.core.stages.evaluation import Asking
from sftctl.core.types import EvalJob, Model, Place, Scores
from sftctl.plugins.harness import HarnessConfig, running
from sftctl.plugins.harness.results import of_items, read_samples, read_scores
from sftctl.plugins.harness.running import HARNESS, arguments, context_of, prepare
from sftctl.plugins.hermes import Hermes
from sftctl.serve.chat import ChatModel, load_chat_model
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
    scores = read_scores(RESULTS, {})
    assert list(scores) == ["sums exact_match strict", "text word_perplexity"]
    sums, text = scores.values()
    assert (sums.n, sums.loss, sums.value) == (4, False, 0.5)
    assert math.isclose(sums.low, 0.304) and math.isclose(sums.high, 0.696)
    assert (text.value, text.low, text.loss) == (30.0, 30.0, True)


def test_intervals_are_those_of_the_items_where_they_give_the_value() -> None:
    right = {("sums", "exact_match", "strict"): [1.0, 0.0, 1.0, 0.0]}
    assert read_scores(RESULTS, right)["sums exact_match strict"] == score([True, False, True, False])
    other = {("sums", "exact_match", "strict"): [1.0, 1.0, 1.0, 0.0]}
    assert math.isclose(read_scores(RESULTS, other)["sums exact_match strict"].low, 0.304), "the harness knows better"


@pytest.mark.parametrize(
    ("items", "value", "n"),
    [
        ([0.0] * 20, 0.0, 20),
        ([[True, False], [True], [False, False, False]], 2 / 6, 6),
        ([[False], [False, False]], 0.0, 3),
        ([[-6.0, 3], [-10.0, 5]], math.exp(2.0), 2),
        ([-1.0, -3.0], math.exp(2.0), 2),
    ],
)
def test_items_become_the_score_that_the_harness_has(items: list[Any], value: float, n: int) -> None:
    found = of_items(items)[0]
    assert (found.value, found.n) == (pytest.approx(value), n)
    assert found.low <= value + 1e-9 and value <= found.high
    if value == 0:
        assert found.high == pytest.approx(1 - 0.025 ** (1 / n)), "none right is no certainty"


def test_what_follows_from_no_items() -> None:
    assert of_items([]) == of_items(["a"]) == of_items([0.5, 2.0]) == []
    assert of_items([["a text", "another"]]) == of_items([[2, 0], [1, 1]]) == [], "bleu's pairs, and those of f1"
    assert of_items([[-6.0, 3], [-10.0, 5]])[1].value == pytest.approx(2 / math.log(2)), "bits"


def test_samples_become_verdicts(tmp_path: Path) -> None:
    path = tmp_path / "samples_my_task_2026-01-01T00-00-00.000000.jsonl"
    asked = {"gen_args_0": {"arg_0": [json.dumps([{"role": "user", "content": "2 + 2?"}])], "arg_1": {}}}
    row = {"doc_id": 3, "target": "4", "filtered_resps": ["5"], "filter": "strict", "metrics": ["em"], "em": 0.0}
    plain = row | {"em": 1.0, "filter": "none", "arguments": {"gen_args_0": {"arg_0": "2 + 2 =", "arg_1": " 4"}}}
    text = {"doc_id": 1, "target": "", "metrics": ["ppl"], "ppl": [-6.0, 3], "filter": "none"}
    path.write_text("".join(json.dumps(each) + "\n" for each in (row | {"arguments": asked}, plain, text)))
    items, (wrong, right) = read_samples([path])
    assert (wrong.id, wrong.category, wrong.ok, wrong.reason) == ("my_task_3_strict", "my_task", False, "wrong")
    assert (right.id, right.ok, right.answered) == ("my_task_3", True, ["5"])
    assert wrong.prompt == {"messages": [{"role": "user", "content": "2 + 2?"}]}
    assert right.prompt == {"messages": [{"role": "user", "content": "2 + 2 ="}]}
    assert items == {
        ("my_task", "em", "strict"): [0.0],
        ("my_task", "em", "none"): [1.0],
        ("my_task", "ppl", "none"): [[-6.0, 3]],
    }


def test_the_command_line(tmp_path: Path) -> None:
    config = HarnessConfig(tasks=["a", "b"], limit=3, num_fewshot=0)
    words = arguments(config, Place("http://127.0.0.1:1/v1", "m"), ["a", "b"], tmp_path)
    text = " ".join(words)
    assert "--model local-chat-completions --model_args base_url=http://127.0.0.1:1/v1/chat/completions,model=m" in text
    assert "--tasks a,b" in text and "--limit 3 --num_fewshot 0" in text and "--apply_chat_template" in text


def test_texts_are_cut_to_the_models_context(tokenizer: Any, tmp_path: Path) -> None:
    chat = ChatModel("echo", ScriptedEngine(tokenizer, lambda prompt: ""), Hermes(), tokenizer)

    def longest(place: Place, most: int) -> str:
        words = arguments(HarnessConfig(endpoint="completions", max_length=most), place, ["a"], tmp_path)
        return words[words.index("--model_args") + 1].partition("max_length=")[2].partition(",")[0]

    with ServedModel(chat).serve(plugin_manager()) as place:
        context = context_of(place)
        assert context == chat.engine.context
        assert longest(place, 2 * context) == str(context)
        assert longest(place, context // 2) == str(context // 2)
        assert context_of(Place(place.base_url, "another")) is None
    assert longest(place, 4096) == "4096", "nobody tells"


def test_the_sentence_splitter_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = []

    def pip(*words: str) -> None:
        fetched.append(words)
        time.sleep(0.2)
        Path(words[words.index("--target") + 1], "llama_index/core/_static/nltk_cache").mkdir(parents=True)

    monkeypatch.setattr(running, "pip", pip)
    monkeypatch.setattr(running, "ensure", lambda *_: Path("python"))
    job = EvalJob(lambda _: [], [], HarnessConfig(tasks=["ifeval"]), tmp_path, seed=0)
    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(running._punkt, [job] * 4))
    assert len(fetched) == 1 and len(set(folders)) == 1 and folders[0].is_dir()


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


@pytest.fixture
def harness(real_cache: Path) -> None:
    if HARNESS.python(real_cache) is None:
        pytest.skip("the environment of lm-evaluation-harness is not there: `sftctl eval --evaluator lm-eval` makes it")


def written(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def scored(model: Any, config: HarnessConfig) -> Scores:
    asking = Asking(plugin_manager(), {"lm-eval": config}, 0, "after", lambda event: None)
    (scores,) = asking.score(model, [])
    return scores


@pytest.mark.real
@pytest.mark.usefixtures("harness")
def test_the_harness_asks_the_model(tokenizer: Any, tmp_path: Path) -> None:
    """A task of one's own, and two of the harness's on local files: by code, by numbers, by instructions."""
    sums = written(tmp_path / "sums.jsonl", [{"question": f"{n} + 1?", "answer": str(n + 1)} for n in range(6)])
    task = tmp_path / "sums.yaml"
    task.write_text(yaml.safe_dump(SUMS | {"dataset_kwargs": {"data_files": {"test": sums}}}))
    told = [
        {"key": n, "prompt": f"Say something {n}.", "instruction_id_list": [kind], "kwargs": [{}]}
        for n, kind in enumerate(["punctuation:no_comma", "change_case:english_capital"])
    ]
    words = [{"question": "How many?", "answer": "#### 7"}, {"question": "And now?", "answer": "#### 8"}]

    def script(prompt: str) -> str:
        question = prompt.rpartition("<|im_start|>user\n")[2]
        if " + 1?" in question:
            number = int(question.partition(" + 1?")[0])
            return str(number + 1 if number < 4 else 0)
        return "#### 7"

    chat = ChatModel("adder", ScriptedEngine(tokenizer, script), Hermes(), tokenizer)
    files = {"ifeval": {"train": written(tmp_path / "told.jsonl", told)}}
    files["gsm8k"] = {split: written(tmp_path / "words.jsonl", words) for split in ("train", "test")}
    found = scored(ServedModel(chat), HarnessConfig(tasks=[str(task), "ifeval", "gsm8k"], local=files, num_fewshot=0))
    assert found.scores["sums_local exact_match"] == score([True] * 4 + [False] * 2)
    assert found.scores["ifeval_local inst_level_strict_acc"] == score([True, False])
    assert found.scores["gsm8k_local exact_match strict-match"] == score([True, False])
    assert [v.ok for v in found.verdicts if v.category == "sums_local"] == [True] * 4 + [False] * 2
    assert all(verdict.prompt for verdict in found.verdicts)


@pytest.mark.real
@pytest.mark.usefixtures("harness")
def test_the_harness_asks_how_likely_texts_are(tokenizer: Any, tiny_model_dir: Path, tmp_path: Path) -> None:
    """Choices, a last word and plain text, each on local files: the harness's figures are those of our own engine."""
    plugins = plugin_manager()
    chat = load_chat_model(plugins, Model("tiny", tiny_model_dir), None, "hermes", "torch-fp32")
    choices = [{"goal": f"Boil {n} eggs.", "sol1": "Use water.", "sol2": "Use a lamp.", "label": 0} for n in range(3)]
    endings = ["lights a lamp.", "sings.", "runs home.", "sleeps."]
    scenes = [{"activity_label": "Home", "ctx_a": "A man", "ctx_b": "he", "endings": endings, "label": "2"}]
    pages = ["The lamp burns in the hall.", "Water boils at a hundred degrees."]
    files = {
        "piqa": {"validation": written(tmp_path / "choices.jsonl", choices)},
        "hellaswag": {"validation": written(tmp_path / "scenes.jsonl", scenes)},
        "lambada_openai": {"test": written(tmp_path / "words.jsonl", [{"text": "he lit the lamp"}])},
        "wikitext": {"test": written(tmp_path / "pages.jsonl", [{"page": page} for page in pages])},
    }
    config = HarnessConfig(endpoint="completions", tasks=list(files), local=files)
    found = scored(ServedModel(chat), config)
    names = {"piqa_local acc", "hellaswag_local acc_norm", "lambada_openai_local perplexity"}
    assert names < set(found.scores)
    assert found.scores["piqa_local acc"].n == 3
    text = found.scores["wikitext_local word_perplexity"]
    nats = [-sum(chat.logprobs([[tokenizer.bos_token_id, *tokenizer.encode(page)]])[0]) for page in pages]
    assert text.value == pytest.approx(math.exp(sum(nats) / sum(len(page.split()) for page in pages)), rel=1e-3)
    assert text.loss and text.low < text.high

    with ServedModel(chat).serve(plugins) as place:  # and of a model that is only a URL
        endpoint = Endpoint(place.base_url, place.model, tmp_path / "answers.jsonl")
        named = config.model_copy(update={"tokenizer": str(tiny_model_dir)})
        assert scored(RemoteModel(endpoint, print), named).scores == found.scores
        with pytest.raises(EvalError, match=r"Tokenizer is required.* Name one: evaluators\.lm-eval\.tokenizer"):
            scored(RemoteModel(endpoint, print), config)
