"""The models that are served together, their state, and the way in for every request."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakSet

from sftctl.core.errors import ModelError, QueueFullError
from sftctl.core.store import fingerprint
from sftctl.core.types import Engine, EngineStats
from sftctl.serve.answering import Answering, queue_full
from sftctl.serve.chat import ChatModel, stop_ids
from sftctl.serve.deadline import Deadline
from sftctl.serve.grammar import Grammars
from sftctl.serve.limits import MAX_TOKENS, TIMEOUT
from sftctl.serve.metrics import Metrics
from sftctl.serve.planning import Plan, plan_chat
from sftctl.serve.protocol import ApiError, Asked, invalid


class ServiceStopping(ModelError):
    """The service takes no more requests, or could not finish one before it had to end."""

    def __init__(self) -> None:
        super().__init__("The service is shutting down.", "Ask again once it is back.")


Spell = Callable[[int], bytes]
"""The bytes that a token stands for."""


class Service:
    """Several ChatModels by name. `loading` until it has models, then `ready`, at last `stopping`."""

    def __init__(
        self,
        models: Sequence[ChatModel] = (),
        max_tokens: int = MAX_TOKENS,
        timeout: float = TIMEOUT,
        *,
        longest: int | None = None,
        max_waiting: int | None = None,
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self.models: dict[str, ChatModel] = {}
        self.aliases = dict(aliases or {})
        """Other names of models, for clients that cannot be told the right ones."""
        self.longest = longest
        """The most tokens that a request may ask for; None: what the model's context has room for."""
        self.max_tokens = min(max_tokens, longest or max_tokens)
        """The longest answer, where a request does not say."""
        self.max_waiting = max_waiting
        """Requests that may wait for one engine; None: as many as the engine itself lets wait."""
        self.timeout = timeout
        self.metrics = Metrics()
        self.state = "loading"
        self._grammars: dict[str, Grammars] = {}
        self._compilers: dict[str, Grammars] = {}
        self._lock = threading.Lock()
        self._active: WeakSet[Answering] = WeakSet()
        if models:
            self.add(models)

    def add(self, models: Iterable[ChatModel]) -> None:
        """Serve these too, and be ready. Raises ModelError where names do not fit together."""
        for model in models:
            if model.name in self.models:
                raise ModelError("Two models to be served have the same name.", "Name them apart.")
            self.models[model.name] = model
        for alias, name in self.aliases.items():
            if name not in self.models or alias in self.models:
                raise ModelError(
                    f"'{alias}' cannot be another name of '{name}'.", f"Served here: {', '.join(self.models)}."
                )
        if self.state == "loading":
            self.state = "ready"

    def put(self, model: ChatModel) -> None:
        """Serve this one too, or instead of the one of its name; what that one was asked goes on."""
        with self._lock:
            self._grammars.pop(model.name, None)
            self.models[model.name] = model

    def unload(self, name: str) -> None:
        """Serve an adapter no more; what it was asked goes on. Raises ApiError for what is none."""
        model = self.find(name)
        if model.adapter is None:
            raise ApiError(f"The model '{name}' is no adapter of another.", param="lora_name", code="invalid_value")
        with self._lock:
            self.models.pop(name, None)
            self._grammars.pop(name, None)
        model.engine.unload_adapter(model.adapter)

    def warm(self) -> None:
        """Prepare what the first request would wait for."""
        for model in list(self.models.values()):
            self._compiler(model)

    def find(self, name: str | None) -> ChatModel:
        """The model of this name, the first where a request names none.

        Raises ApiError: 404 where there is none of that name, 503 unless the service is ready.
        """
        self.check_ready()
        if name is None:
            return next(iter(self.models.values()))
        name = name if name in self.models else self.aliases.get(name, name)
        if name not in self.models:
            known = ", ".join(self.models)
            message = f"The model '{name}' does not exist. Served here: {known}."
            raise ApiError(message, status=404, param="model", code="model_not_found")
        return self.models[name]

    def base_of(self, model: ChatModel) -> str | None:
        """The name of the model that this one is an adapter of; None where it is none."""
        others = (other for other in self.models.values() if other.engine is model.engine and other.adapter is None)
        return next((other.name for other in others), None) if model.adapter else None

    def check_ready(self) -> None:
        """Raises ApiError (503) while models are loading, and ServiceStopping at the end."""
        if self.state == "stopping":
            raise ServiceStopping
        if self.state == "loading":
            raise ApiError(
                "The models are still loading. Ask again in a moment.",
                status=503,
                type="server_error",
                code="service_unavailable",
                headers={"Retry-After": "2"},
            )

    @property
    def condition(self) -> str:
        """Its state; or `failed`, where it is ready and an engine is not, for good."""
        whole = self.state != "ready" or all(engine.alive for engine in self.engines())
        return self.state if whole else "failed"

    def grammars(self, model: ChatModel) -> Grammars | None:
        """The compiler of grammars for a model; None if its engine cannot be constrained."""
        return self._compiler(model) if "grammar" in model.engine.capabilities else None

    def spell(self, model: ChatModel) -> Spell:
        """What gives the bytes of a token of this model."""
        return lambda token: self._compiler(model).bytes_of(token)

    def _compiler(self, model: ChatModel) -> Grammars:
        """Made once per tokenizer, as it takes a second: models with the same one share it."""
        with self._lock:
            if model.name not in self._grammars:
                stops = sorted(stop_ids(model.chat_format, model.tokenizer))
                key = fingerprint([_identity(model.tokenizer), model.chat_format.name, stops])
                if key not in self._compilers:
                    self._compilers[key] = Grammars(model.tokenizer, model.chat_format, stops)
                self._grammars[model.name] = self._compilers[key]
            return self._grammars[model.name]

    def check_length(self, param: str, wanted: int | None) -> None:
        """Raises ApiError (400) where a request asks for more tokens than one may."""
        if self.longest is not None and wanted is not None and wanted > self.longest:
            raise invalid(param, f"an answer may have {self.longest} tokens here")

    def deadline(self) -> Deadline:
        """When a request that begins now must be done."""
        return Deadline(self.timeout)

    async def answer(self, model: ChatModel, asked: Asked, deadline: Deadline) -> Answering:
        """Begin to answer. Raises ApiError for what cannot be done."""

        def plan() -> Plan:
            return plan_chat(model, asked, self.grammars(model))

        planning = asyncio.to_thread(plan)  # a long conversation takes a while to tokenise, a grammar to compile
        return self.begin([await deadline.wait(planning)], deadline)

    def begin(self, plans: Sequence[Plan], deadline: Deadline) -> Answering:
        """Hand plans to the engine."""
        self.check_ready()
        self._check_queue(plans[0].model.engine)
        answering = Answering(plans, deadline, self._record)
        self._active.add(answering)
        if relaxed := answering.plan.relaxed:
            self.metrics.count("unconstrained_tools", len(relaxed))
        return answering

    def _check_queue(self, engine: Engine) -> None:
        if self.max_waiting is not None and (waiting := engine.stats().waiting) >= self.max_waiting:
            raise queue_full(QueueFullError(f"{waiting} requests wait already.", "Ask again later."))

    def _record(self, answering: Answering) -> None:
        """Count what a request took, once it has ended somehow."""
        count = self.metrics.count
        count("prompt_tokens", answering.prompt_tokens)
        count("cached_tokens", answering.cached_tokens)
        count("completion_tokens", answering.completion_tokens)
        count("tool_calls", sum(len(choice.calls) for choice in answering.choices))
        count("malformed_calls", sum(bool(choice.error) for choice in answering.choices))
        if answering.first_token is not None:
            self.metrics.observe("first_token", answering.first_token)

    def stats(self) -> EngineStats:
        """What all engines together have to do."""
        stats = [engine.stats() for engine in self.engines()]
        return EngineStats(running=sum(each.running for each in stats), waiting=sum(each.waiting for each in stats))

    def engines(self) -> list[Engine]:
        """Each engine once, however many models it serves."""
        return list({id(model.engine): model.engine for model in self.models.values()}.values())

    # ---- the end

    def stop(self) -> None:
        """Take nothing more; what was begun goes on."""
        self.state = "stopping"

    def cut(self) -> None:
        """End what is still being written."""
        for answering in list(self._active):
            answering.fail(ServiceStopping())

    def close(self) -> None:
        """Stop, and close the engines."""
        self.stop()
        for engine in self.engines():
            engine.drain(timeout=0)


def _identity(tokenizer: Any) -> str:
    """What tells one tokenizer from another: its whole content."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    return str(backend.to_str()) if backend is not None else str(id(tokenizer))
