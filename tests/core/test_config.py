"""Configuration: layers, flags, and errors that say what to write instead."""

import json
from pathlib import Path

import pytest

from sftctl.core.config import RunConfig, merge, resolve
from sftctl.core.errors import ConfigError, PluginError
from sftctl.core.manager import Plugins, plugin_manager


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    return plugin_manager()


def write(folder: Path, text: str) -> Path:
    path = folder / "run.yaml"
    path.write_text(text)
    return path


def test_flags_override_the_file_which_overrides_the_recipe(plugins: Plugins, tmp_path: Path) -> None:
    recipe = plugins.recipes()["toolcall"].settings
    file = write(tmp_path, "examples: 7\nseed: 3\ntrain: {learning_rate: 0.5}\n")
    config = resolve(plugins, "toolcall", file, {"seed": 4, "model": None}, ["train.save_steps=9"])
    assert (config.examples, config.seed, config.model) == (7, 4, recipe["model"])
    assert config.train["learning_rate"] == 0.5
    assert config.train["save_steps"] == 9
    assert config.train["max_length"] == recipe["train"]["max_length"]


def test_an_empty_file_is_the_recipe(plugins: Plugins, tmp_path: Path) -> None:
    assert resolve(plugins, "toolcall", write(tmp_path, "")) == resolve(plugins, "toolcall")


def test_what_is_written_down_is_read_again_as_the_same_bytes(plugins: Plugins) -> None:
    config = resolve(plugins, "toolcall", assignments=["teacher={base_url: http://127.0.0.1:9/v1, model: big}"])
    written = json.dumps(config.model_dump())
    assert json.dumps(RunConfig.model_validate(json.loads(written)).model_dump()) == written


def test_another_trainer_keeps_only_what_it_knows_of_the_recipe(plugins: Plugins) -> None:
    config = resolve(plugins, "toolcall", flags={"trainer": "trl"})
    assert config.trainer_config(plugins).model_dump()["learning_rate"] == config.train["learning_rate"]


def test_an_evaluator_is_switched_off_by_null(plugins: Plugins) -> None:
    config = resolve(plugins, "toolcall", assignments=["evaluators.bfcl=null"])
    assert list(config.evaluator_configs(plugins)) == ["toolcall", "perplexity", "choices"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1, 2\nb: 3", r"run\.yaml:2 is not YAML"),
        ("- a\n- b", "must hold a mapping"),
        ("exampels: 5", r"'exampels' is not a setting\. Did you mean 'examples'"),
        ("train: {learning_rat: 1}", r"'learning_rat' is not a setting\. Did you mean 'learning_rate'"),
        ("train: {peft_config: {rr: 1}}", r"'peft_config\.rr' is not a setting\."),
        ("evaluators: {toolcall: {limt: 1}}", r"'limt' is not a setting\. Did you mean 'limit'"),
        ("examples: many", "'examples' input should be a valid integer"),
        ("held_out: 2", "'held_out' input should be less than 1"),
    ],
)
def test_a_mistake_is_named_where_it_is(plugins: Plugins, tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        resolve(plugins, "toolcall", write(tmp_path, text))


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"trainer": "lop"}, "no trainer named 'lop'. Did you mean 'loop'"),
        ({"chat_format": "hermess"}, "Did you mean 'hermes'"),
        ({"engine": "warp"}, "no engine named 'warp'"),
        ({"evaluators": {"bfc": {}}}, "Did you mean 'bfcl'"),
    ],
)
def test_an_unknown_plugin_is_named_with_the_closest(plugins: Plugins, flags: dict[str, object], message: str) -> None:
    with pytest.raises(PluginError, match=message):
        resolve(plugins, "toolcall", flags=flags)


def test_an_unknown_recipe(plugins: Plugins) -> None:
    with pytest.raises(PluginError, match=r"no recipe named 'toolcal'. Did you mean 'toolcall'"):
        resolve(plugins, "toolcal")


@pytest.mark.parametrize("assignment", ["seed", "=3", "seed=[1"])
def test_a_malformed_assignment(plugins: Plugins, assignment: str) -> None:
    with pytest.raises(ConfigError, match="--set"):
        resolve(plugins, "toolcall", assignments=[assignment])


def test_merging_replaces_everything_but_mappings() -> None:
    below = {"a": {"x": 1, "y": [1, 2]}, "b": 1}
    assert merge(below, {"a": {"y": [3]}, "c": 2}) == {"a": {"x": 1, "y": [3]}, "b": 1, "c": 2}
    assert below == {"a": {"x": 1, "y": [1, 2]}, "b": 1}
