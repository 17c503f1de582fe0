"""A model that answers evaluators as its endpoint answers a client, without a port in between.

A question is written as the body of a request, read and planned by the code behind `/v1/chat/completions`, and so held
to the same grammar: where tools are offered, a call that is begun is a well-formed call of one of them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any

from sftctl.core.manager import Plugins
from sftctl.core.remote.asking import chat_body, refused
from sftctl.core.types import Answer, ChatFormat, Engine, Place, Query, Sampling, canonical_json
from sftctl.serve.chat import ChatModel, Progress
from sftctl.serve.chat_request import read_chat
from sftctl.serve.planning import Plan, plan_chat
from sftctl.serve.protocol import ApiError
from sftctl.serve.service import Service

NO_LIKELIHOODS = ("This engine does not tell how likely a text is.", "Another one does: --set engine=torch.")


class KeptOpen:
    """An engine that outlives a server: stopping the server does not close it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def drain(self, timeout: float) -> None:
        """Others still ask it."""


class ServedModel:
    """Answers as `serve.app` would with this model."""

    def __init__(self, chat: ChatModel) -> None:
        self.chat = chat

    @property
    def tokenizer(self) -> Any:
        return self.chat.tokenizer

    @property
    def chat_format(self) -> ChatFormat:
        return self.chat.chat_format

    @property
    def no_likelihoods(self) -> tuple[str, str] | None:
        """Why it does not tell how likely texts are, and what to do; None where it does."""
        return None if "logprobs" in self.chat.engine.capabilities else NO_LIKELIHOODS

    def logprobs(self, texts: Sequence[Sequence[int]], on_progress: Progress | None = None) -> list[tuple[float, ...]]:
        """As ChatModel's: nothing is written, so there is nothing to hold to a grammar."""
        return self.chat.logprobs(texts, on_progress)

    @contextmanager
    def serve(self, plugins: Plugins) -> Iterator[Place]:
        """The endpoint itself, on a free port of this machine."""
        from sftctl.serve.app import create_app
        from sftctl.serve.server import running

        kept: Any = KeptOpen(self.chat.engine)
        with running(create_app(plugins, Service([replace(self.chat, engine=kept)]))) as url:
            yield Place(url, self.chat.name, tokenizer=self.chat.tokenizer)

    @cached_property
    def _service(self) -> Service:
        return Service([self.chat])

    def generate(
        self,
        queries: Sequence[Query],
        sampling: Sampling = Sampling(),  # noqa: B008 - frozen
        on_progress: Progress | None = None,
    ) -> list[Answer]:
        """Answers in the order of `queries`; where the endpoint would refuse one (400), the answer is its reason."""
        planned = [self._plan(query, sampling) for query in queries]
        plans = [plan for plan in planned if isinstance(plan, Plan)]
        answers = iter(self.chat.carry_out(plans, on_progress, refusing=True))
        return [next(answers) if isinstance(plan, Plan) else plan for plan in planned]

    def _plan(self, query: Query, sampling: Sampling) -> Plan | Answer:
        body = canonical_json(chat_body(self.chat.name, query, sampling)).encode()
        try:
            asked = read_chat(body).asked(sampling.max_tokens)
            return plan_chat(self.chat, asked, self._service.grammars(self.chat))
        except ApiError as error:
            return refused(str(error))
