"""The engine `vllm`: an Engine whose tokens come from a `vllm serve` of its own.

Prompts go there as token ids, made by our ChatFormat, and answers come back as token ids: whatever clients see is made
here, as with every engine. Grammars go there as rules, which vLLM's own llguidance compiles.
"""

import itertools
import shutil
import weakref
from pathlib import Path

from sftctl.core.errors import EngineError, ModelError, PromptTooLongError, UnknownAdapterError, did_you_mean
from sftctl.core.types import EngineStats, Generation, Ticket
from sftctl.serve.ticket import StepQueue
from sftctl.serve.vllm.process import VllmProcess
from sftctl.serve.vllm.requests import Requests, Served

BASE = "base"
"""What vLLM calls the model that it was started with."""
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")


class VllmEngine:
    """Token ids in, token ids out; see `core.types.Engine`. It ends its process when it is closed or forgotten."""

    def __init__(self, process: VllmProcess, eos: int, *, adapters: bool) -> None:
        """`eos` ends what a grammar holds; `adapters`: whether it was started to take some."""
        able = {"grammar", "logprobs", "logit_bias", "penalties"}
        self.capabilities = frozenset(able | ({"adapters"} if adapters else set()))
        self._requests = Requests(process)
        self._models: dict[str | None, Served] = {None: Served(BASE)}
        self._eos, self._serials = eos, itertools.count(1)
        self._copies = process.folder
        weakref.finalize(self, self._requests.close)
        cards = self._requests.ask("GET", "/v1/models")["data"]
        self.context = next(int(card["max_model_len"]) for card in cards if card["id"] == BASE)

    @property
    def alive(self) -> bool:
        """Whether vLLM runs: once it has crashed, it is not started again."""
        return self._requests.alive

    def submit(self, request: Generation) -> Ticket:
        """Begin; returns at once. Raises QueueFullError, PromptTooLongError, and EngineError if it cannot be done."""
        served, room = self._find(request.adapter), self.context - len(request.prompt)
        if not request.prompt:
            raise EngineError("A prompt has one token at least.")
        if request.grammar is not None and self._eos not in request.stop_token_ids:
            raise EngineError(
                f"Here a grammar ends with token {self._eos}, which the request does not stop on.",
                "Serve models of another ChatFormat by themselves.",
            )
        if room < 1:
            raise PromptTooLongError(
                f"The prompt has {len(request.prompt)} tokens, and the model's context is {self.context}.",
                "Shorten the messages or offer fewer tools.",
            )
        if request.sampling.max_tokens or request.echo:
            return self._requests.begin(request, served, room)
        ticket = StepQueue()
        ticket.end("length")
        return ticket

    def abort(self, ticket: Ticket) -> None:
        """Nobody waits for this one any more: it ends as `cancelled`, and vLLM is told."""
        assert isinstance(ticket, StepQueue)
        self._requests.abort(ticket)

    def drain(self, timeout: float) -> None:
        """Take nothing new, finish what was begun within `timeout` seconds, cancel the rest, and end vLLM."""
        self._requests.finish(timeout)
        self._requests.close()

    def stats(self) -> EngineStats:
        """What waits for its first token counts as waiting: how vLLM shares its steps out, it does not say."""
        return self._requests.stats()

    def load_adapter(self, name: str, path: Path, *, merged: bool = False) -> None:
        """Make the LoRA adapter in `path` available under `name`; those who use an older one of that name go on.

        It is always beside the base's weights. vLLM knows it under a name, and in a folder, that never come again:
        its caches go by them.
        """
        if "adapters" not in self.capabilities:
            raise EngineError("This vLLM was started without room for adapters.")
        served = Served(f"adapter-{next(self._serials)}")
        copy = _copied(path, self._copies / served.name)
        try:
            self._requests.ask("POST", "/v1/load_lora_adapter", {"lora_name": served.name, "lora_path": str(copy)})
        except EngineError as error:
            raise ModelError(
                f"The adapter in {path} cannot be served beside its base. {error.args[0]}",
                "Serve its run alone, with SFTCTL_VLLM_ARGS=--no-enable-lora: it is merged then.",
            ) from None
        before, self._models[name] = self._models.get(name), served
        if before is not None:
            self._requests.retire(before)

    def unload_adapter(self, name: str) -> None:
        """Forget an adapter; vLLM does once the requests that use it have ended."""
        served = self._find(name)
        del self._models[name]
        self._requests.retire(served)

    def _find(self, name: str | None) -> Served:
        if name not in self._models:
            known = [each for each in self._models if each is not None]
            raise UnknownAdapterError(f"There is no adapter '{name}'.", did_you_mean(str(name), known))
        return self._models[name]


def _copied(adapter: Path, folder: Path) -> Path:
    """A copy of an adapter: vLLM reads it again when it needs it again, and the run may be made anew meanwhile."""
    try:
        folder.mkdir()
        for name in ADAPTER_FILES:
            shutil.copyfile(adapter / name, folder / name)
    except OSError:
        raise ModelError(f"{adapter} holds no adapter.", f"It needs {' and '.join(ADAPTER_FILES)}.") from None
    return folder
