"""The engine `vllm` with vLLM itself, on the CPU, against the torch engine: same tokens, scores, adapters and calls.

Its environment is made in the user's cache if it is not there yet.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engines import PROMPTS, make_adapter, open_engine, run
from openai import OpenAI

from sftctl.core.errors import InstallError, ModelError
from sftctl.core.manager import Plugins
from sftctl.core.types import Engine, Generation, Sampling
from sftctl.core.verify.tiny import make_model
from sftctl.plugins.hermes import Hermes
from sftctl.serve.app import create_app
from sftctl.serve.chat import ChatModel
from sftctl.serve.served import KeptOpen
from sftctl.serve.server import running
from sftctl.serve.service import Service
from sftctl.serve.vllm.opening import interpreter

pytestmark = [pytest.mark.real, pytest.mark.timeout(3600)]  # making the environment takes minutes

TOOL: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"enum": ["Köln", "Rome"]}, "days": {"type": "integer", "minimum": 1, "maximum": 9}},
            "required": ["city", "days"],
        },
    },
}


@pytest.fixture(scope="module")
def model(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with heads of the smallest size that vLLM computes on a CPU."""
    folder = tmp_path_factory.mktemp("model")
    make_model(folder, tokenizer, num_attention_heads=2, num_key_value_heads=1, head_dim=32)
    return folder


@pytest.fixture(scope="module")
def engine(model: Path) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SFTCTL_VLLM_ARGS", "--dtype float32 --kv-cache-memory-bytes 268435456")
        try:
            interpreter()
        except InstallError as error:
            pytest.skip(str(error))
        opened = open_engine(model, name="vllm")
    yield opened
    opened.drain(0)


@pytest.fixture(scope="module")
def reference(model: Path) -> Any:
    return open_engine(model)


def test_the_same_tokens_alone_and_together(engine: Engine, reference: Engine) -> None:
    expected = run(reference, PROMPTS, max_tokens=40)
    assert run(engine, PROMPTS, max_tokens=40) == expected
    assert [run(engine, [prompt], max_tokens=40)[0] for prompt in PROMPTS] == expected
    stop = [expected[0][5]]
    assert run(engine, PROMPTS, stop, max_tokens=40) == run(reference, PROMPTS, stop, max_tokens=40)


def test_the_same_scores(engine: Engine, reference: Engine) -> None:
    def score(which: Engine) -> tuple[list[float], list[float], list[list[int]]]:
        sampling = Sampling(max_tokens=4)
        ticket = which.submit(Generation((7, 8, 9, *range(3, 200)), sampling, (), logprobs=3, echo=True))
        steps = list(ticket)
        assert ticket.prompt_logprobs is not None
        scored = [*ticket.prompt_logprobs, *steps]
        tops = [value for step in scored for _, value in step.top]
        return [step.logprob or 0.0 for step in scored], tops, [[token for token, _ in step.top] for step in steps]

    ours, expected = score(engine), score(reference)
    assert ours[0] == pytest.approx(expected[0], abs=1e-3)
    assert ours[1] == pytest.approx(expected[1], abs=1e-3)
    assert ours[2] == expected[2]


def test_the_same_adapters(engine: Engine, reference: Engine, model: Path, tmp_path: Path) -> None:
    base = run(reference, PROMPTS, max_tokens=20)
    for seed, name in enumerate("ab", 1):
        adapter = make_adapter(model, tmp_path / name, seed)
        for each in (engine, reference):
            each.load_adapter(name, adapter)

    def ask(which: Engine) -> list[list[int]]:
        sampling = Sampling(max_tokens=20)
        asked = [(prompt, name) for prompt in PROMPTS for name in ("a", None, "b")]
        tickets = [which.submit(Generation(tuple(prompt), sampling, (), adapter=name)) for prompt, name in asked]
        return [[step.token for step in ticket] for ticket in tickets]

    answers = ask(engine)
    assert answers == ask(reference)
    assert answers[1::3] == base and answers[0::3] != base != answers[2::3] != answers[0::3]
    for each in (engine, reference):
        each.load_adapter("a", tmp_path / "b")
        each.unload_adapter("b")
    assert run_with(engine, "a") == run_with(reference, "a")
    with pytest.raises(ModelError, match="rank"):
        engine.load_adapter("c", make_adapter(model, tmp_path / "c", 3, r=128))


def run_with(which: Engine, adapter: str) -> list[int]:
    request = Generation(tuple(PROMPTS[0]), Sampling(max_tokens=20), (), adapter=adapter)
    return [step.token for step in which.submit(request)]


def test_one_endpoint_with_the_same_calls(engine: Engine, reference: Engine, tokenizer: Any) -> None:
    served = {"vllm": engine, "torch": reference}
    kept: Any = {name: KeptOpen(each) for name, each in served.items()}
    service = Service([ChatModel(name, each, Hermes(), tokenizer) for name, each in kept.items()])
    messages: Any = [{"role": "user", "content": "What is the weather?"}]
    with running(create_app(Plugins(), service)) as url, OpenAI(base_url=url, api_key="none") as client:

        def ask(name: str, **more: Any) -> Any:
            return client.chat.completions.create(model=name, messages=messages, temperature=0, max_tokens=90, **more)

        calls = [ask(name, tools=[TOOL], tool_choice="required").choices[0].message.tool_calls for name in served]
        assert calls[0][0].function == calls[1][0].function and calls[0][0].function.name == "get_weather"
        texts = [ask(name, tools=[TOOL]).choices[0].message.content for name in served]
        assert texts[0] == texts[1]
        streamed = "".join(chunk.choices[0].delta.content or "" for chunk in ask("vllm", tools=[TOOL], stream=True))
        assert streamed == texts[0]


def test_nothing_is_left(engine: Any) -> None:
    folder = str(engine._copies)
    assert subprocess.run(["pgrep", "-f", folder], capture_output=True).stdout
    engine.drain(0)
    assert not subprocess.run(["pgrep", "-f", folder], capture_output=True).stdout
    assert not Path(folder).exists()
