"""The torch engine on a tiny random model: batches, stops, limits, sampling, adapters."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from engines import PROMPTS, begin, open_engine, run
from serving import wait_for

from sftctl.core.errors import EngineError, ModelError, PromptTooLongError
from sftctl.core.machine.device import bf16_pays
from sftctl.core.types import Engine, Generation, LastCall, Sampling, Ticket


@pytest.fixture(scope="module")
def engine(tiny_model_dir: Path) -> Engine:
    return open_engine(tiny_model_dir)


def test_greedy_is_what_transformers_generates(engine: Engine, tiny_model_dir: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny_model_dir)
    model.generation_config.eos_token_id = None
    for prompt, answer in zip(PROMPTS, run(engine, PROMPTS, max_tokens=30), strict=True):
        expected = model.generate(torch.tensor([prompt]), max_new_tokens=30, do_sample=False)
        assert answer == expected[0, len(prompt) :].tolist()


@pytest.mark.parametrize(
    "sampling", [{}, {"temperature": 1.0, "seed": 3}, {"temperature": 0.7, "top_p": 0.8, "seed": 4}]
)
def test_a_batch_answers_as_its_rows_alone(engine: Engine, sampling: dict[str, Any]) -> None:
    alone = [run(engine, [prompt], max_tokens=150, **sampling)[0] for prompt in PROMPTS]  # past a cache block
    assert run(engine, PROMPTS, max_tokens=150, **sampling) == alone


def test_a_stop_token_ends_its_row_and_no_other(engine: Engine) -> None:
    free = run(engine, PROMPTS, max_tokens=40)
    stops = {free[0][3], free[2][10]}
    stopped = run(engine, PROMPTS, list(stops), max_tokens=40)
    for before, after in zip(free, stopped, strict=True):
        end = next((at + 1 for at, token in enumerate(before) if token in stops), 40)
        assert after == before[:end]
    assert len(stopped[0]) <= 4


def test_the_context_ends_a_row(engine: Engine) -> None:
    long = [5, 6] * 1000
    assert [len(row) for row in run(engine, [long, long[:1990]], max_tokens=500)] == [48, 58]
    with pytest.raises(PromptTooLongError, match="2048 tokens, and the model's context is 2048"):
        begin(engine, [[5] * 2048])


def test_a_seed_makes_sampling_reproducible(engine: Engine) -> None:
    first = run(engine, PROMPTS, max_tokens=30, temperature=1.0, seed=1)
    assert run(engine, PROMPTS, max_tokens=30, temperature=1.0, seed=1) == first
    assert run(engine, PROMPTS, max_tokens=30, temperature=1.0, seed=2) != first
    unseeded = run(engine, [[5, 6, 7]] * 8, max_tokens=30, temperature=1.5)
    assert len({tuple(row) for row in unseeded}) > 1


def test_a_nucleus_of_nothing_is_greedy(engine: Engine) -> None:
    assert run(engine, PROMPTS, max_tokens=20, temperature=1.0, top_p=0.0) == run(engine, PROMPTS, max_tokens=20)


def test_a_temperature_of_almost_nothing_is_greedy(engine: Engine) -> None:
    assert run(engine, PROMPTS, max_tokens=20, temperature=5e-324) == run(engine, PROMPTS, max_tokens=20)


def test_bf16_is_the_default_where_it_pays(tiny_model_dir: Path) -> None:
    import torch

    default: Any = open_engine(tiny_model_dir, name="torch")
    assert default._opened.base.weights.embedding.dtype == (torch.bfloat16 if bf16_pays() else torch.float32)
    assert [len(row) for row in run(default, PROMPTS, max_tokens=10)] == [10] * 4


def test_an_adapter_is_merged(engine: Engine, tiny_model_dir: Path, adapter: Path) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    tuned = open_engine(tiny_model_dir, adapter)
    assert run(tuned, PROMPTS, max_tokens=20) != run(engine, PROMPTS, max_tokens=20)
    unmerged = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tiny_model_dir), adapter)
    with torch.inference_mode():
        expected = [int(unmerged(input_ids=torch.tensor([p])).logits[0, -1].argmax()) for p in PROMPTS]
    assert [row[0] for row in run(tuned, PROMPTS, max_tokens=1)] == expected


def test_what_is_no_model_is_refused(tiny_model_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded"):
        open_engine(tmp_path)
    with pytest.raises(ModelError, match="holds no adapter"):
        open_engine(tiny_model_dir, tmp_path)


LAST = """
import sys, threading, time
from pathlib import Path
from engines import begin, open_engine

class Slow:
    def __del__(self):
        begun.set()
        time.sleep(1)
        print("cleared away by", threading.current_thread().name)

engine, gone, begun = open_engine(Path(sys.argv[1])), threading.Event(), threading.Event()
kind, engine.weights, compute = type(engine), Slow(), type(engine).run
def run(self):
    compute(self)
    gone.wait()
kind.run = run
begin(engine, [[5, 6]], max_tokens=2)
del engine
gone.set()
begun.wait()
"""


def test_what_an_engine_holds_is_cleared_away_before_python_ends(tiny_model_dir: Path) -> None:
    """Its own thread may have been the last to hold it; one that still frees tensors then takes the process with it."""
    command = [sys.executable, "-c", LAST, str(tiny_model_dir)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "cleared away by sftctl-engine\n"


def test_importing_the_plugin_is_light() -> None:
    heavy = "{'torch', 'transformers', 'fastapi'}"
    code = f"import sys, sftctl.serve, sftctl.plugins.models; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("name", ["torch", "torch-fp32"])
@pytest.mark.parametrize("kernels", ["torch", "best"])
def test_what_lies_in_unwritten_memory_changes_nothing(
    tiny_model_dir: Path, monkeypatch: pytest.MonkeyPatch, kernels: str, name: str
) -> None:
    import torch

    from sftctl.serve.engine import llama, loading
    from sftctl.serve.engine.kernels import TorchKernels

    if kernels == "torch":
        monkeypatch.setattr(loading, "best_kernels", lambda *args: TorchKernels())
    expected = run(open_engine(tiny_model_dir, name=name), PROMPTS, max_tokens=30)
    empty = torch.empty
    monkeypatch.setattr(llama.torch, "empty", lambda *size, **how: empty(*size, **how).fill_(float("nan")))
    assert run(open_engine(tiny_model_dir, name=name), PROMPTS, max_tokens=30) == expected


def test_a_grammar_with_logprobs(tiny_model_dir: Path, tokenizer: Any) -> None:
    """Each token of a constrained answer is scored, as the model alone would have scored it."""
    import json

    from sftctl.core.types import Generation, Sampling
    from sftctl.plugins.hermes import STOP, Hermes
    from sftctl.serve.grammar import Grammars, Shape

    stop = tokenizer.convert_tokens_to_ids(STOP)
    schema = {
        "type": "object",
        "properties": {"city": {"enum": ["Rome", "Paris"]}, "days": {"type": "integer", "minimum": 1, "maximum": 9}},
        "required": ["city", "days"],
    }
    grammar = Grammars(tokenizer, Hermes(), [stop]).of(Shape(output=schema))
    engine = open_engine(tiny_model_dir)
    prompt = tuple(tokenizer.encode("weather"))

    def ask(**more: Any) -> Ticket:
        return engine.submit(Generation(prompt, Sampling(max_tokens=100, **more), (stop,), grammar=grammar, logprobs=2))

    plain = engine.submit(Generation(prompt, Sampling(max_tokens=100), (stop,), grammar=grammar))  # forces tokens
    tickets = [ask(), ask(temperature=1.0, seed=1), ask(temperature=1.0, seed=2)]
    answers = [list(ticket) for ticket in tickets]
    for ticket, steps in zip(tickets, answers, strict=True):
        assert ticket.finish_reason == "stop"
        made = json.loads(tokenizer.decode([step.token for step in steps if step.token != stop]))
        assert made["city"] in ("Rome", "Paris") and 1 <= made["days"] <= 9
        echoed = engine.submit(
            Generation((*prompt, *(step.token for step in steps)), Sampling(max_tokens=0), (), logprobs=2, echo=True)
        )
        list(echoed)
        assert echoed.prompt_logprobs is not None
        for step, own in zip(steps, echoed.prompt_logprobs[len(prompt) :], strict=True):
            assert (step.token, step.logprob) == (own.token, pytest.approx(own.logprob, abs=1e-3))
            assert len(step.top) == 2
    forced = list(plain)
    assert [step.token for step in forced if step.token != stop] == [s.token for s in answers[0] if s.token != stop]
    assert engine.stats().generated_tokens == len(forced) + sum(map(len, answers))


class Thinking:
    """A grammar, and its own matcher, that allows any token, but thinks until it is woken up."""

    rules = ""
    stopped = False

    def __init__(self, thinks_at: int) -> None:
        self.thinks_at, self.written = thinks_at, 0
        self.thinking, self.awake = threading.Event(), threading.Event()

    def start(self) -> "Thinking":
        return self

    def mask(self) -> bytes:
        if self.written == self.thinks_at:
            self.thinking.set()
            assert self.awake.wait(60)
        return b"\xff" * 10_000

    def advance(self, token: int) -> None:
        self.written += 1

    def forced(self) -> tuple[int, ...]:
        return ()

    def last_call(self) -> Any:
        return None

    def rollback(self, count: int) -> None:
        raise AssertionError

    def preferred(self, mask: bytes) -> dict[int, float]:
        return {}


@pytest.mark.parametrize("thinks_at", [0, 3])
def test_a_grammar_that_thinks_keeps_nobody_else_waiting(tiny_model_dir: Path, thinks_at: int) -> None:
    engine, grammar = open_engine(tiny_model_dir), Thinking(thinks_at)
    expected = run(engine, PROMPTS, max_tokens=20)
    slow = engine.submit(Generation(tuple(PROMPTS[0]), Sampling(max_tokens=20), (), grammar=grammar))
    assert grammar.thinking.wait(60)
    assert run(engine, PROMPTS, max_tokens=20) == expected
    quick = Generation(tuple(PROMPTS[0]), Sampling(max_tokens=20), (), grammar=Thinking(-1))
    assert [step.token for step in engine.submit(quick)] == expected[0]
    assert slow.finish_reason is None and engine.stats().running == 1
    grammar.awake.set()
    assert [step.token for step in slow] == expected[0]


@pytest.mark.parametrize("breaks_at", [0, 3])
def test_a_grammar_that_breaks_ends_its_own_answer_alone(engine: Engine, breaks_at: int) -> None:
    class Broken(Thinking):
        def mask(self) -> bytes:
            if self.written == breaks_at:
                raise ValueError("no mask")
            return super().mask()

    broken = Generation(tuple(PROMPTS[0]), Sampling(max_tokens=20), (), grammar=Broken(-1))
    tickets = [engine.submit(broken), *begin(engine, PROMPTS, max_tokens=20)]
    with pytest.raises(EngineError, match="no mask"):
        list(tickets[0])
    assert [[step.token for step in ticket] for ticket in tickets[1:]] == run(engine, PROMPTS, max_tokens=20)


def test_a_grammar_that_cannot_go_back_ends_its_own_answer_alone(engine: Engine) -> None:
    class Lost(Thinking):
        def last_call(self) -> Any:
            return LastCall(repeated=self.written == 4, open=self.written)

        def rollback(self, count: int) -> None:
            raise ValueError("no way back")

    lost = Generation(tuple(PROMPTS[0]), Sampling(max_tokens=20), (), grammar=Lost(-1))
    tickets = [engine.submit(lost), *begin(engine, PROMPTS, max_tokens=20)]
    with pytest.raises(EngineError, match="no way back"):
        list(tickets[0])
    assert [[step.token for step in ticket] for ticket in tickets[1:]] == run(engine, PROMPTS, max_tokens=20)


def test_who_hangs_up_while_a_grammar_thinks_is_gone(tiny_model_dir: Path) -> None:
    engine, grammar = open_engine(tiny_model_dir), Thinking(2)
    slow = engine.submit(Generation(tuple(PROMPTS[0]), Sampling(max_tokens=20), (), grammar=grammar))
    assert grammar.thinking.wait(60)
    engine.abort(slow)
    wait_for(lambda: engine.stats().running == 0)
    grammar.awake.set()
    assert len(run(engine, PROMPTS, max_tokens=5)) == len(PROMPTS)


def test_clients_that_hang_up_leave_no_work_behind(tiny_model_dir: Path, tokenizer: Any) -> None:
    """200 streams over HTTP, each closed on the way; then the engine is idle, all its blocks free."""
    from concurrent.futures import ThreadPoolExecutor

    import httpx
    from serving import chat_body, wait_for

    from sftctl.core.manager import Plugins
    from sftctl.plugins.hermes import Hermes
    from sftctl.serve.app import create_app
    from sftctl.serve.chat import ChatModel
    from sftctl.serve.server import running
    from sftctl.serve.service import Service

    engine: Any = open_engine(tiny_model_dir)
    size = engine._blocks.available
    service = Service([ChatModel("base", engine, Hermes(), tokenizer)])

    def hang_up(number: int) -> int:
        body = chat_body(f"tell me {number} stories", max_tokens=1900, stream=True)
        lines = 0
        with httpx.stream("POST", f"{url}/chat/completions", json=body, timeout=60) as response:
            for _ in response.iter_lines():
                lines += 1
                if lines > number % 7:
                    break
        return lines

    with running(create_app(Plugins(), service)) as url, ThreadPoolExecutor(20) as asking:
        assert sum(asking.map(hang_up, range(200))) > 200
        wait_for(lambda: engine.stats().running == engine.stats().waiting == 0, 20)
        wait_for(lambda: engine._blocks.available == size)
        wait_for(lambda: service.metrics.value("disconnects") == 200)
    assert engine.stats().generated_tokens < 200 * 1900 / 4


def test_a_row_that_ends_while_rows_are_looked_at_gives_its_blocks_back(tiny_model_dir: Path) -> None:
    from sftctl.core.types import Generation, Sampling
    from sftctl.serve.engine.row import Row

    class Late(Row):
        """Its client hangs up right after it was first asked for."""

        @property
        def ended(self) -> bool:
            asked, self.ticket.asked = getattr(self.ticket, "asked", False), True  # type: ignore[attr-defined]
            return asked

    engine: Any = open_engine(tiny_model_dir)
    size = engine._blocks.available
    row = engine._row(Generation(tuple(range(5, 100)), Sampling(max_tokens=9), ()))
    row.__class__ = Late
    engine._inbox.waiting.append(row)
    assert engine._plan()
    assert engine._blocks.available < size
    for _ in range(2):
        engine._drop_ended()
    assert engine._running == []
    assert engine._blocks.available == size
