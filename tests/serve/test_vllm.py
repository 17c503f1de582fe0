"""The engine `vllm` over a scripted server (`vllm_fake`) in real processes: what is asked, what fails, what is left.

The real vLLM is in test_vllm_real.py.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engines import open_engine, run
from serving import WEATHER, wait_for

from sftctl.core.errors import (
    EngineError,
    InstallError,
    ModelError,
    PromptTooLongError,
    QueueFullError,
    UnknownAdapterError,
)
from sftctl.core.types import Engine, Generation, Sampling, Step
from sftctl.plugins.hermes import Hermes
from sftctl.serve.grammar import Grammars, Shape
from sftctl.serve.vllm import requests

FAKE = Path(__file__).parent / "vllm_fake"
CRASH, ENDLESS, REFUSED, FAILS, GARBAGE, ABORTED = range(301, 307)


class Notes:
    """What the fake has been asked."""

    def __init__(self, path: Path, passing: Path) -> None:
        self.path, self.passing = path, passing

    def of(self, kind: str) -> list[Any]:
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        return [body for each, body in map(json.loads, lines) if each == kind]

    def processes(self) -> int:
        """How many processes name the file of notes on their command line, or lead those that do."""
        done = subprocess.run(["pgrep", "-f", str(self.path)], capture_output=True, text=True)
        return len(done.stdout.split())


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notes]:
    """The fake instead of vLLM; a cache and a folder for what is passing, of this test alone.

    The folder is not pytest's: a socket's path may have some 100 characters.
    """
    found = Notes(tmp_path / "notes", Path(tempfile.mkdtemp(prefix="vllm-")))
    monkeypatch.setenv("VLLM_FAKE_NOTES", str(found.path))
    monkeypatch.setenv("SFTCTL_VLLM_PYTHON", sys.executable)
    monkeypatch.setenv("SFTCTL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(FAKE), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setattr("tempfile.tempdir", str(found.passing))
    yield found
    shutil.rmtree(found.passing)


@pytest.fixture
def engine(notes: Notes, tiny_model_dir: Path) -> Iterator[Engine]:
    opened = open_engine(tiny_model_dir, name="vllm")
    yield opened
    opened.drain(0)


def ask(engine: Engine, *prompt: int, stop: tuple[int, ...] = (), **more: Any) -> Any:
    options = {name: more.pop(name) for name in ("adapter", "grammar", "logprobs", "echo") if name in more}
    return engine.submit(Generation(prompt, Sampling(**more), stop, **options))


# ---------------------------------------------------------------- asking


def test_tokens_go_there_and_come_back(engine: Engine, notes: Notes) -> None:
    ticket = ask(engine, 5, 6, 7, 8, 9, stop=(7, 2), max_tokens=1000)
    assert [step.token for step in ticket] == [5, 6, 7]
    assert (ticket.finish_reason, ticket.cached_tokens) == ("stop", 2)
    body = notes.of("completions")[-1]
    assert (body["prompt"], body["stop_token_ids"], body["ignore_eos"]) == ([5, 6, 7, 8, 9], [7, 2], True)
    assert body["max_tokens"] == 45  # what the context has room for
    ticket = ask(engine, 5, 6, 7, max_tokens=2)
    assert ([step.token for step in ticket], ticket.finish_reason) == ([5, 6], "length")
    stats = engine.stats()
    assert (stats.running, stats.waiting, stats.prompt_tokens, stats.generated_tokens) == (0, 0, 9, 6)


def test_sampling_is_vllms_own(engine: Engine, notes: Notes) -> None:
    run(engine, [[5, 6]])
    chosen: Any = {"temperature": 0.7, "top_p": 0.9, "top_k": 40, "min_p": 0.1, "seed": 3}
    penalties: Any = {"presence_penalty": 0.5, "frequency_penalty": -0.5, "logit_bias": {5: -100.0}}
    run(engine, [[5, 6]], **chosen, **penalties)
    greedy, drawn = notes.of("completions")[-2:]
    assert (greedy["temperature"], greedy["seed"], greedy["logit_bias"]) == (0.0, None, None)
    expected = {**chosen, **penalties, "logit_bias": {"5": -100.0}}
    assert {name: drawn[name] for name in expected} == expected


def test_log_probabilities(engine: Engine) -> None:
    assert list(ask(engine, 5, logprobs=2)) == [Step(5, -1.5, ((8, -0.25), (5, -1.5)))]
    assert list(ask(engine, 5, logprobs=0)) == [Step(5, -1.5)]
    ticket = ask(engine, 5, 6, logprobs=1, echo=True, max_tokens=1)
    assert list(ticket) == [Step(5, -1.5, ((8, -0.25),))]
    assert ticket.prompt_logprobs == (Step(5), Step(6, -0.5, ((7, -0.25),)))
    ticket = ask(engine, 5, 6, logprobs=0, echo=True, max_tokens=0)
    assert (list(ticket), ticket.finish_reason, ticket.prompt_logprobs) == ([], "length", (Step(5), Step(6, -0.5)))


def test_grammars_are_sent_as_rules(engine: Engine, notes: Notes, tokenizer: Any) -> None:
    grammar = Grammars(tokenizer, Hermes(), [2]).of(Shape((WEATHER,), required=True))
    list(ask(engine, 5, stop=(2,), grammar=grammar))
    body = notes.of("completions")[-1]
    assert body["structured_outputs"] == {"grammar": grammar.rules} and "get_weather" in grammar.rules
    with pytest.raises(EngineError, match="ends with token 2, which the request does not stop on"):
        ask(engine, 5, stop=(1,), grammar=grammar)


def test_what_cannot_be_asked(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PromptTooLongError, match="50 tokens, and the model's context is 50"):
        ask(engine, *range(5, 55))
    with pytest.raises(EngineError, match="one token at least"):
        ask(engine)
    with pytest.raises(UnknownAdapterError, match="no adapter 'x'"):
        ask(engine, 5, adapter="x")
    monkeypatch.setattr(requests, "OPEN", 1)
    ticket = ask(engine, ENDLESS)
    with pytest.raises(QueueFullError, match="1 requests are under way"):
        ask(engine, 5)
    engine.abort(ticket)


# ---------------------------------------------------------------- failing


@pytest.mark.parametrize(
    ("first", "says"),
    [
        (REFUSED, "vLLM says: Token id 301 is out of vocabulary."),
        (FAILS, "vLLM says: EngineCore encountered an issue."),
        (GARBAGE, "vLLM's answer cannot be read: JSONDecodeError"),
        (ABORTED, "vLLM broke an answer off: abort."),
    ],
)
def test_a_request_that_fails_ends_with_the_reason(engine: Engine, first: int, says: str) -> None:
    ticket = ask(engine, first, 6)
    with pytest.raises(EngineError) as caught:
        list(ticket)
    assert says in str(caught.value) and ticket.finish_reason == "error"
    assert run(engine, [[5, 6]]) == [[5, 6]]


def test_a_vllm_that_dies_says_its_last_words(engine: Engine, notes: Notes, tmp_path: Path) -> None:
    assert engine.alive
    other, ticket = ask(engine, ENDLESS), ask(engine, CRASH)
    for each in (ticket, other):
        with pytest.raises(EngineError, match=r"vLLM has ended: RuntimeError: the engine broke \| ended by SIGKILL\."):
            list(each)
    with pytest.raises(EngineError, match="vLLM has ended") as caught:
        ask(engine, 5)
    assert not engine.alive
    (log,) = (tmp_path / "cache/logs").iterdir()
    assert str(log) in caught.value.hint and "the engine broke" in log.read_text()
    assert not notes.processes() and not list(notes.passing.iterdir())


def test_a_vllm_that_does_not_start(
    notes: Notes, tiny_model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SFTCTL_VLLM_ARGS", "--broken")
    with pytest.raises(
        EngineError, match=r"not start: ValueError: this model is broken \| exit code 1\. Its whole log"
    ):
        open_engine(tiny_model_dir, name="vllm")
    monkeypatch.setenv("SFTCTL_VLLM_ARGS", "--silent")
    with pytest.raises(EngineError, match=r"not start: a warning: nothing \| exit code 1\."):
        open_engine(tiny_model_dir, name="vllm")
    monkeypatch.setenv("SFTCTL_VLLM_ARGS", "--name 'a")
    with pytest.raises(EngineError, match=r"SFTCTL_VLLM_ARGS cannot be read: no closing quotation\."):
        open_engine(tiny_model_dir, name="vllm")
    monkeypatch.delenv("SFTCTL_VLLM_ARGS")
    monkeypatch.setenv("SFTCTL_VLLM_PYTHON", str(tmp_path / "none"))
    with pytest.raises(EngineError, match="none cannot be run: No such file"):
        open_engine(tiny_model_dir, name="vllm")
    assert not list(notes.passing.iterdir())
    monkeypatch.delenv("SFTCTL_VLLM_PYTHON")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(InstallError, match=r"vllm.* cannot be installed: .* set SFTCTL_VLLM_PYTHON"):
        open_engine(tiny_model_dir, name="vllm")


# ---------------------------------------------------------------- ending


def test_giving_up_is_noticed(engine: Engine, notes: Notes) -> None:
    ticket = ask(engine, ENDLESS)
    next(iter(ticket))
    assert (engine.stats().running, engine.stats().waiting) == (1, 0)
    engine.abort(ticket)
    assert ticket.finish_reason == "cancelled"
    wait_for(lambda: bool(notes.of("gone")))
    assert engine.stats().running == 0


def test_an_answer_that_comes_at_once_has_begun(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(*work: Any, send: Any = asyncio.run_coroutine_threadsafe) -> Any:
        sent = send(*work)
        time.sleep(0.5)
        return sent

    monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", slowly)
    ticket = ask(engine, ENDLESS)
    next(iter(ticket))
    assert engine.stats().running == 1
    engine.abort(ticket)


def test_draining_finishes_cancels_and_leaves_nothing(engine: Engine, notes: Notes, tmp_path: Path) -> None:
    short, endless = ask(engine, 5, 6), ask(engine, ENDLESS)
    next(iter(endless))
    assert notes.processes() > 0
    engine.drain(1)
    assert (short.finish_reason, endless.finish_reason) == ("length", "cancelled")
    with pytest.raises(EngineError, match="closed"):
        ask(engine, 5)
    assert not notes.processes()
    assert not list(notes.passing.iterdir()) and not list((tmp_path / "cache/logs").iterdir())


def test_an_engine_that_is_forgotten_ends_its_process(notes: Notes, tiny_model_dir: Path) -> None:
    opened = open_engine(tiny_model_dir, name="vllm")
    assert run(opened, [[5]]) == [[5]]
    del opened
    wait_for(lambda: not notes.processes())


PROGRAM = """
import sys, time
from pathlib import Path
from engines import open_engine
engine = open_engine(Path(sys.argv[1]), name="vllm")
print("open", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_us(how: int, notes: Notes, tiny_model_dir: Path, tmp_path: Path) -> None:
    here = Path(__file__).parent
    paths = [str(here), os.environ["PYTHONPATH"]]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "TMPDIR": str(notes.passing)}
    command = [sys.executable, "-c", PROGRAM, str(tiny_model_dir)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True
    ) as program:
        assert program.stdout is not None and program.stdout.readline() == "open\n"
        assert notes.processes() > 0
        program.send_signal(how)
        program.wait(30)
    wait_for(lambda: not notes.processes() and not list(notes.passing.iterdir()))


# ---------------------------------------------------------------- adapters


def test_adapters_have_names_that_never_come_again(
    engine: Engine, notes: Notes, adapter: Path, tmp_path: Path, tiny_model_dir: Path
) -> None:
    copy = shutil.copytree(adapter, tmp_path / "adapter")
    engine.load_adapter("a", copy, merged=True)
    old = ask(engine, ENDLESS, adapter="a")
    next(iter(old))
    engine.load_adapter("a", copy)
    shutil.rmtree(copy)
    list(ask(engine, 5, adapter="a"))
    assert [body["model"] for body in notes.of("completions")[-2:]] == ["adapter-1", "adapter-2"]
    first, second = notes.of("load")
    assert first["lora_path"] != second["lora_path"] and Path(second["lora_path"]).is_dir()
    assert not notes.of("unload")  # someone still uses it
    engine.abort(old)
    wait_for(lambda: notes.of("unload") == [{"lora_name": "adapter-1"}])
    engine.unload_adapter("a")
    wait_for(lambda: notes.of("unload")[1:] == [{"lora_name": "adapter-2"}])
    with pytest.raises(UnknownAdapterError, match="no adapter 'a'"):
        ask(engine, 5, adapter="a")


def test_adapters_that_do_not_fit(
    engine: Engine, adapter: Path, tmp_path: Path, tiny_model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match="holds no adapter"):
        engine.load_adapter("a", tmp_path)
    large = shutil.copytree(adapter, tmp_path / "large")
    (large / "adapter_config.json").write_text('{"r": 128}')
    with pytest.raises(ModelError, match=r"LoRA rank 128 is greater than max_lora_rank 64\. Serve its run alone"):
        engine.load_adapter("a", large)
    monkeypatch.setenv("SFTCTL_VLLM_ARGS", "--no-enable-lora")
    without = open_engine(tiny_model_dir, name="vllm")
    assert "adapters" not in without.capabilities
    with pytest.raises(EngineError, match="without room for adapters"):
        without.load_adapter("a", adapter)
    without.drain(0)


def test_an_adapter_opened_with_its_base_is_merged(
    notes: Notes, tiny_model_dir: Path, adapter: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    merged = open_engine(tiny_model_dir, adapter, name="vllm")
    ((options, offline),) = notes.of("start")
    folder = Path(options[options.index("--model") + 1])
    key = "model.layers.0.self_attn.q_proj.weight"
    weights = [load_file(each / "model.safetensors")[key].float() for each in (folder, tiny_model_dir)]
    assert weights[0].shape == weights[1].shape and not weights[0].allclose(weights[1], atol=1e-2)
    assert "--enable-lora" not in options and "adapters" not in merged.capabilities and offline == "1"
    merged.drain(0)
    assert not folder.exists()


def test_a_deep_temporary_folder_is_no_place_for_a_socket(
    notes: Notes, tiny_model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = notes.passing / "and-deeper" / ("x" * 80)
    deep.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    opened = open_engine(tiny_model_dir, name="vllm")
    assert run(opened, [[5, 6, 7]], max_tokens=2)
    opened.drain(0)
    assert not list(deep.iterdir())
