"""A third party's engine that can do nothing but write: the default run goes through, without what needs scores."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeEngine

from sftctl.core import hookimpl
from sftctl.core.config import resolve
from sftctl.core.errors import EngineError, EvalError
from sftctl.core.manager import Plugins, Provider, plugin_manager
from sftctl.core.models import fetch_model
from sftctl.core.run import run
from sftctl.core.stages.evaluation import Asking, open_chat, served
from sftctl.core.types import EngineProvider, Event, Generation
from sftctl.serve.chat import load_tokenizer


@dataclass
class Reciter(FakeEngine):
    """Ends every answer with a stop token after it has said the first tokens of its prompt."""

    capabilities: frozenset[str] = frozenset()

    def submit(self, request: Generation) -> Any:
        if request.echo or request.logprobs is not None or request.grammar is not None:
            raise EngineError("The engine has no such thing.")
        return super().submit(request)

    def write(self, request: Generation) -> Iterator[int]:
        yield from (*request.prompt[:3], request.stop_token_ids[0])


class Package:
    """The plugin as a third party would register it."""

    @hookimpl
    def sftctl_engines(self) -> Iterable[EngineProvider]:
        def opened(path: Path, adapter: Path | None, stop_token_ids: Sequence[int]) -> Reciter:
            return Reciter(load_tokenizer(path), context=2048)

        return [EngineProvider("reciter", "says the prompt again", opened)]


@pytest.fixture
def plugins() -> Plugins:
    found = plugin_manager()
    found.register(Package(), Provider("reciter", "sftctl-reciter", "1.0"))
    return found


SETTINGS = (
    "engine=reciter",
    "examples=20",
    "eval_examples=4",
    "evaluators.bfcl=null",
    "train={bf16: false, torch_compile: false, max_steps: 1, peft_config: {r: 4, lora_alpha: 8}}",
)
NOTE = (
    "Not asked: perplexity, choices. This engine does not tell how likely a text is. Another one does: "
    "--set engine=torch."
)


def test_the_default_run_leaves_out_what_needs_scores(plugins: Plugins, tiny_model_dir: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    config = resolve(plugins, "toolcall", flags={"model": str(tiny_model_dir)}, assignments=SETTINGS)
    folder = run(config, plugins, tmp_path, "a", told.append)
    assert [(e.stage, e.data["text"]) for e in told if e.kind == "note" and "Not asked" in e.data["text"]] == [
        ("before", NOTE),
        ("after", NOTE),
    ]
    assert set(json.loads((folder / "eval/before.json").read_text())) == {"toolcall"}
    assert json.loads((folder / "report.json").read_text())["forgotten"] == []
    assert (folder / "eval/proof.json").exists()


def test_a_forgetting_budget_that_cannot_be_measured_ends_the_run_before_training(
    plugins: Plugins, tiny_model_dir: Path, tmp_path: Path
) -> None:
    settings = [*SETTINGS, "forgetting_budget=0.1"]
    config = resolve(plugins, "toolcall", flags={"model": str(tiny_model_dir)}, assignments=settings)
    with pytest.raises(EvalError, match=r"no score of perplexity and choices here\. This engine does not .*=torch"):
        run(config, plugins, tmp_path, "a", lambda event: None)
    assert not (tmp_path / "a/eval/before.json").exists() and not (tmp_path / "a/model").exists()


def test_an_evaluator_that_was_named_is_not_left_out(plugins: Plugins, tiny_model_dir: Path) -> None:
    config = resolve(plugins, "toolcall", flags={"model": str(tiny_model_dir)})
    options = {"perplexity": config.evaluator_configs(plugins)["perplexity"]}
    model = fetch_model(plugins, str(tiny_model_dir))
    asking = Asking(plugins, options, 0, "before", lambda event: None, needed=["perplexity"])
    with pytest.raises(EvalError, match=r"no score of perplexity here"):
        asking.score(served(open_chat(plugins, "reciter", "hermes", model, None)), [])
    assert asking.score(served(open_chat(plugins, "torch-fp32", "hermes", model, None)), [])[0].scores
