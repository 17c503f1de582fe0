"""The documentation is held to the code."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from fakes import ScriptedEngine

from sftctl import core
from sftctl.core import hookspecs
from sftctl.core.cli import app
from sftctl.core.cli.data import outline
from sftctl.core.config import DatasetConfig, RunConfig, ToolConfig
from sftctl.core.datasets import examples_of, shape_of
from sftctl.core.lint import UNREADABLE, UNREADABLE_SUMMARY
from sftctl.core.manager import plugin_manager
from sftctl.core.stages.rendering import render_all
from sftctl.core.teacher import TeacherConfig
from sftctl.core.tools.calls import run_tool
from sftctl.core.tools.toolset import load_toolset
from sftctl.plugins.toolcall.settings import MIX, SynthesisConfig
from sftctl.plugins.trl_sft.passed_on import REFUSED
from sftctl.plugins.trl_sft.settings import TrlConfig
from sftctl.serve.app import create_app
from sftctl.serve.chat import ChatModel
from sftctl.serve.openapi import REQUESTS
from sftctl.serve.server import running
from sftctl.serve.service import Service

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def rows(path: Path) -> dict[str, str]:
    """First and second column of the tables of a page, code marks removed."""
    found = re.findall(r"^\| `([^`]+)` \| (.*) \|$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(found)


def test_every_hook_is_documented() -> None:
    hooks = {name for name in vars(hookspecs) if name.startswith("sftctl_")}
    assert hooks == set(rows(ROOT / "docs/plugins.md"))


def test_every_module_of_the_core_is_on_its_map() -> None:
    lines = [line[24:] for line in (core.__doc__ or "").splitlines() if line.startswith("    ")]
    modules = {path.stem for path in (ROOT / "core").glob("[a-z]*") if path.suffix == ".py" or path.is_dir()}
    assert modules - {"__pycache__"} <= set(re.findall(r"\w+", " ".join(lines)))


def test_every_setting_is_documented_with_its_own_words() -> None:
    documented = rows(ROOT / "docs/configuration.md")
    for name, field in RunConfig.model_fields.items():
        assert documented[name] == field.description
    documented = rows(ROOT / "docs/teacher.md")
    assert documented == {name: field.description for name, field in TeacherConfig.model_fields.items()}


def test_every_lint_rule_is_documented_with_its_own_words() -> None:
    documented = {name: cells.split(" | ") for name, cells in rows(ROOT / "docs/lint.md").items()}
    rules = plugin_manager().lint_rules()
    expected = {
        name: [rule.summary, rule.severity + (", with a model" if rule.needs_model else "")]
        for name, rule in rules.items()
    }
    assert documented == {UNREADABLE: [UNREADABLE_SUMMARY, "error"]} | expected


def test_every_kind_of_mistake_is_documented_with_its_own_words() -> None:
    assert rows(ROOT / "docs/report.md") == plugin_manager().evaluators()["toolcall"].mistakes


def commands() -> list[str]:
    """Every `sftctl …` line of every code block."""
    found: list[str] = []
    for page in PAGES:
        for block in re.findall(r"```(?:sh|bash)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            found += [line.split("  #")[0].strip() for line in block.splitlines() if line.startswith("sftctl ")]
    return found


@pytest.mark.parametrize("command", commands())
def test_every_command_that_is_shown_exists_with_its_options(command: str) -> None:
    found = typer.main.get_command(app)
    _, *arguments = shlex.split(command)
    while hasattr(found, "get_command"):  # of a group
        found = found.get_command(None, arguments.pop(0))
        assert found is not None, command
    known = {option for parameter in found.params for option in parameter.opts}
    assert {word.split("=")[0] for word in arguments if word.startswith("-")} <= known


SHAPES = re.findall(
    r"^### `([\w-]+)`\n.*?^```jsonl\n(.*?)^```\n\n((?:- [^\n]*\n)+)",
    (ROOT / "docs/data.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)


@pytest.mark.parametrize(("shape", "shown", "becomes"), SHAPES, ids=[shape for shape, _, _ in SHAPES])
def test_every_row_that_is_shown_becomes_what_is_said(
    shape: str, shown: str, becomes: str, tmp_path: Path, tokenizer: Any
) -> None:
    plugins = plugin_manager()
    for number, row in enumerate(shown.splitlines()):
        path = tmp_path / f"{number}.jsonl"
        path.write_text(row, encoding="utf-8")
        assert shape_of(path, plugins)[0].formatter.name == shape
    examples = [example for _, example in examples_of(tmp_path, plugins)]
    assert [f"- {outline(example)}" for example in examples] == becomes.splitlines()
    assert len(render_all(examples, plugins.chat_formats()["hermes"], tokenizer, None, lambda event: None)) == len(
        examples
    )


def test_every_shape_is_shown() -> None:
    assert {shape for shape, _, _ in SHAPES} | {"example"} == set(plugin_manager().formatters())


def test_every_setting_of_a_data_set_is_shown() -> None:
    (shown,) = re.findall(r"```yaml\n(dataset:.*?)```", (ROOT / "docs/data.md").read_text(encoding="utf-8"), re.DOTALL)
    entries = yaml.safe_load(shown)["dataset"]
    assert set(entries[1]) == set(DatasetConfig.model_fields)
    assert DatasetConfig.model_validate(entries[1]).path == entries[1]["path"]


def test_the_sets_that_are_shown_to_compare_with_are_such() -> None:
    (shown,) = re.findall(r"```yaml\n(overlap:.*?)```", (ROOT / "docs/data.md").read_text(encoding="utf-8"), re.DOTALL)
    entries = [DatasetConfig.model_validate(entry) for entry in yaml.safe_load(shown)["overlap"]]
    assert [entry.path for entry in entries] == ["benchmark.jsonl", "others"]


def blocks(language: str) -> str:
    """The code block of that language in the page on toolsets."""
    page = (ROOT / "docs/toolsets.md").read_text(encoding="utf-8")
    (block,) = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    return str(block)


@pytest.mark.parametrize(
    ("language", "suffix", "tools"),
    [
        ("python", ".py", {"order_mugs": ("count", "size", "to"), "count_stock": ("size",)}),
        ("json", ".json", {"lock_door": ("door",), "open_window": ("room",)}),
        ("yaml", ".yaml", {"book_visit": ("pet_id", "day")}),
    ],
)
def test_the_toolsets_that_are_shown_work(
    tmp_path: Path, language: str, suffix: str, tools: dict[str, tuple[str, ...]]
) -> None:
    path = tmp_path / f"mine{suffix}"
    path.write_text(blocks(language), encoding="utf-8")
    plugins = plugin_manager()
    toolset = load_toolset(plugins, [str(path)])
    assert {tool.name: tool.required for tool in toolset.tools} == tools
    make = plugins.synthesizers()["toolcall"]
    examples = make.synthesize(toolset, 20, 0, make.config())
    assert {name for example in examples for name, _ in example.calls}
    if language == "python":
        order = {"count": 2, "size": "large", "to": {"city": "Rome", "street": "1"}, "deliver_on": "2026-03-14"}
        answer = {"price": 14, "city": "Rome", "deliver_on": "2026-03-14"}
        assert run_tool(toolset.tools[0], order) == (answer, "")


def test_the_limits_of_tools_are_documented_with_their_defaults() -> None:
    page = (ROOT / "docs/toolsets.md").read_text(encoding="utf-8")
    for name, field in ToolConfig.model_fields.items():
        default = str(field.default).lower()
        assert f"| {name} | {default} | {field.description} |" in page


def test_every_variable_of_the_environment_is_documented() -> None:
    code = [path for folder in ("core", "plugins", "serve") for path in ROOT.glob(f"{folder}/**/*.py")]
    read = {name for path in code for name in re.findall(r"SFTCTL_[A-Z_]+", path.read_text(encoding="utf-8"))}
    assert read - {"SFTCTL_LIFELINE"} <= set(rows(ROOT / "docs/configuration.md"))  # that is between us and a worker


def test_the_settings_of_trainer_trl_are_documented_with_their_defaults() -> None:
    page = (ROOT / "docs/training.md").read_text(encoding="utf-8")
    for name, field in TrlConfig.model_fields.items():
        if name in TrlConfig.__annotations__:
            default = "null" if field.default is None else str(field.default).lower()
            assert f"| `{name}` | {default} | {field.description} |" in page
    (shown,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    settings = yaml.safe_load(shown)["train"] | {"report_to": []}  # tensorboard need not be there
    assert TrlConfig.model_validate(settings).packing
    for name in re.findall(r"`(\w+)`", page.partition("Refused are")[2].partition("each with its reason")[0]):
        assert name in REFUSED


@pytest.mark.parametrize("name", ["perplexity", "choices", "loss"])
def test_the_options_of_the_probes_are_documented_with_their_defaults(name: str) -> None:
    page = (ROOT / "docs/forgetting.md").read_text(encoding="utf-8")
    for option, field in plugin_manager().evaluators()[name].config.model_fields.items():
        default = "ours" if field.default_factory else "null" if field.default is None else str(field.default).lower()
        assert f"| {name} | {option} | {default} | {field.description} |" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_the_tests_that_pages_name_are_there() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"tests/(?:core|plugins|serve|test_)[\w/.]*\w", text))
    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_setting_and_category_of_synthesis_is_documented() -> None:
    page = (ROOT / "docs/synthesis.md").read_text(encoding="utf-8")
    for name, field in SynthesisConfig.model_fields.items():
        assert f"| `{name}` | {'below' if name == 'mix' else field.default}" in page
    for category, share in MIX.items():
        assert f"| `{category}` | {share:.2f} |" in page


SERVING = (ROOT / "docs/serving.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", REQUESTS)
def test_every_parameter_of_a_request_is_documented(path: str) -> None:
    _, _, section = SERVING.partition(f"### `POST {path}`")
    lines = re.findall(r"^- ([\w ]+): (.*?)\.$", section.split("\n##")[0], re.MULTILINE | re.DOTALL)
    request = REQUESTS[path]
    assert {head: set(re.findall(r"`(\w+)`", names)) for head, names in lines} == {
        "Honoured": set(request.model_fields),
        "Without effect": set(request.labels),
        "Only values that ask for nothing": set(request.off),
    }


def test_the_clients_that_are_shown_work(tokenizer: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def script(prompt: str) -> str:
        if "<tool_response>" in prompt:
            return "It is 21 degrees."
        called = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Rome"}}\n</tool_call>'
        return called if "<tools>" in prompt else "Hello!"

    plugins = plugin_manager()
    engine = ScriptedEngine(tokenizer, script, capabilities=frozenset())
    service = Service([ChatModel("base", engine, plugins.chat_formats()["hermes"], tokenizer)])
    with running(create_app(plugins, service)) as url:
        for example in re.findall(r"```python\n(.*?)```", SERVING, re.DOTALL):
            exec(example.replace("http://127.0.0.1:8000/v1", url), {})
    assert capsys.readouterr().out == 'get_weather {"city": "Rome"}\nIt is 21 degrees.\nHello!'
