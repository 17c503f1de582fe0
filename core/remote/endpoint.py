"""Any model behind an OpenAI-compatible endpoint: many questions at once, each answer paid for only once.

An answer is appended to a file as soon as it is there, so an evaluation that is interrupted, or repeated, asks only for
the rest. A question is tried again after a time-out, a rate limit, a server's error or a garbled answer.
"""

import asyncio
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sftctl.core.answers import AnswerFile
from sftctl.core.errors import ConfigError, EvalError
from sftctl.core.remote.asking import NOT_ASKED, chat_body, refused
from sftctl.core.remote.completion import read_answer
from sftctl.core.remote.retries import Failed, Garbled, patiently, reason_of
from sftctl.core.store import fingerprint
from sftctl.core.text import counted
from sftctl.core.types import Answer, Json, Place, Query, Sampling

if TYPE_CHECKING:
    from openai import AsyncOpenAI

API_KEYS = ("SFTCTL_EVAL_API_KEY", "OPENAI_API_KEY")
"""Environment variables that the key is looked for in, in this order. It is never a setting: settings are written."""
FIXED = {"temperature": None, "seed": None, "max_tokens": "max_completion_tokens"}
"""Parameters that some models refuse, and the newer name of one of them: they are then asked without, or with that."""
GIVE_UP = 10
"""Garbled answers in a row after which an endpoint is taken as one that gives no others."""
NO_LIKELIHOODS = (
    "A chat endpoint does not tell how likely a text is.",
    "`lm-eval` with `endpoint: completions` can ask.",
)


class NoTokenizer:
    """Stands for the tokenizer of a model that is elsewhere. Whatever is asked of it raises EvalError."""

    def __getattr__(self, name: str) -> Any:
        raise EvalError(*NO_LIKELIHOODS)


def plain_url(url: str, key_name: str = API_KEYS[0]) -> str:
    """The URL of an endpoint, checked to hold no secret. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must begin with http:// or https:// and name a host")
    if parts.username or parts.password or parts.query:
        raise ValueError(f"must hold no password and no query: settings are written down; use {key_name}")
    return url.rstrip("/")


def key_from(names: Sequence[str]) -> str:
    """The API key from the first of these environment variables that is set; empty where none is.

    Raises ConfigError where it cannot be sent.
    """
    for name in names:
        if key := os.environ.get(name, "").strip():  # a file with Windows's line ends leaves one behind
            if not (key.isascii() and key.isprintable()):
                raise ConfigError(f"The key in {name} has characters that no key has.", "Set it again.")
            return key
    return ""


@dataclass(frozen=True)
class Endpoint:
    """Where a model answers, and how patiently it is asked."""

    base_url: str
    model: str
    answers: Path
    """A JSONL file of what it answered so far."""
    concurrency: int = 8
    timeout: float = 120.0
    """Seconds that one try may take."""
    retries: int = 5
    keys: Sequence[str] = API_KEYS
    prices: tuple[float, float] | None = None
    """What a million tokens of prompts and of answers cost, in whatever currency."""


class RemoteModel:
    """Asks an Endpoint. `tell` is told what will be asked, before it is; with `estimate` nothing is asked at all."""

    def __init__(self, endpoint: Endpoint, tell: Callable[[str], None], *, estimate: bool = False) -> None:
        self._endpoint, self._tell, self._estimate = endpoint, tell, estimate
        self._key = key_from(endpoint.keys)
        self._kept = AnswerFile(endpoint.answers)
        self._changed: dict[str, str | None] = {}
        """Parameters of FIXED that the model has refused."""
        self._failure: EvalError | None = None
        self._garbled = 0
        """How many of the latest questions have had nothing but garbled answers."""

    @property
    def name(self) -> str:
        return self._endpoint.model

    def generate(
        self,
        queries: Sequence[Query],
        sampling: Sampling = Sampling(),  # noqa: B008 - frozen
        on_progress: Callable[[int, int], None] | None = None,
    ) -> list[Answer]:
        """Answers in the order of `queries`; a question that is refused (400) has the reason as its answer.

        So has one whose answers are garbled at every try, unless there are too many of them in a row.
        Raises EvalError where the endpoint cannot be used, or stops answering; what it has answered is kept.
        """
        bodies = [chat_body(self.name, query, sampling) for query in queries]
        keyed = {fingerprint(body): body for body in bodies}
        left = {key: body for key, body in keyed.items() if key not in self._kept.answers}
        self._tell(self._estimated(len(keyed), list(left.values()), sampling))
        found: dict[str, Answer] = {}
        if left and not self._estimate:
            found = asyncio.run(self._ask_all(left, on_progress))
        answers = self._kept.answers | found
        nothing = refused(NOT_ASKED)
        return [answers.get(fingerprint(body), nothing) for body in bodies]

    @contextmanager
    def serve(self, _plugins: Any) -> Iterator[Place]:
        """The endpoint itself, for evaluators that ask by themselves."""
        if self._estimate:
            raise EvalError("An evaluator that asks by itself gives no estimate.", "Name the others with --evaluator.")
        yield Place(self._endpoint.base_url, self.name, self._key)

    @property
    def tokenizer(self) -> Any:
        return NoTokenizer()

    @property
    def no_likelihoods(self) -> tuple[str, str]:
        """Why it does not tell how likely texts are, and what to do."""
        return NO_LIKELIHOODS

    def logprobs(self, *_: Any, **__: Any) -> list[tuple[float, ...]]:
        raise EvalError(*NO_LIKELIHOODS)

    def _estimated(self, questions: int, left: Sequence[Json], sampling: Sampling) -> str:
        """How much will be asked; three characters to a token is rather too few for English."""
        if not left:
            told = f"the answers to {counted(questions, 'question')} are in {self._endpoint.answers}"
            return f"0 requests to {self.name}: {told}"
        prompt = sum(len(json.dumps([body["messages"], body.get("tools")], ensure_ascii=False)) for body in left) // 3
        more = counted(questions - len(left), "more is", "more are")
        known = f" ({more} answered in {self._endpoint.answers})" if len(left) != questions else ""
        answer = len(left) * sampling.max_tokens
        told = f"{counted(len(left), 'request')} to {self.name}{known}: at most about {prompt:,} tokens of prompts"
        told += f" and {answer:,} of answers{self._priced(prompt, answer)}"
        seconds = [answer.seconds for answer in self._kept.answers.values() if answer.seconds]
        if not seconds:
            return told
        needed = len(left) * sum(seconds) / len(seconds) / self._endpoint.concurrency
        wait = f"{needed / 60:.1f} minutes" if needed >= 60 else counted(math.ceil(needed), "second")
        return f"{told}; about {wait}, if they take as long as those before"

    def _priced(self, prompt: int, answer: int) -> str:
        if self._endpoint.prices is None:
            return ""
        of_prompts, of_answers = self._endpoint.prices
        return f", which cost {(prompt * of_prompts + answer * of_answers) / 1e6:.2f}"

    # ---- many questions

    async def _ask_all(
        self, bodies: Mapping[str, Json], on_progress: Callable[[int, int], None] | None
    ) -> dict[str, Answer]:
        """An answer to each body by its key. After a failure nothing new is begun, and what is under way is kept."""
        from openai import AsyncOpenAI

        slots = asyncio.Semaphore(self._endpoint.concurrency)
        found: dict[str, Answer] = {}
        self._failure = None

        async def ask(key: str, body: Json) -> None:
            async with slots:
                if self._failure:
                    return
                try:
                    found[key] = answer = await self._patiently(client, body)
                except EvalError as error:
                    self._failure = self._failure or error
                    return
            self._kept.keep(key, answer, model=self.name)
            if on_progress:
                on_progress(len(found), len(bodies))

        async with AsyncOpenAI(
            base_url=self._endpoint.base_url,
            api_key=self._key or "none",
            timeout=self._endpoint.timeout,
            max_retries=0,
        ) as client:
            first, *rest = bodies.items()
            await ask(*first)  # an endpoint that cannot be used is asked once, not many times
            await asyncio.gather(*(ask(*each) for each in rest))
        if self._failure:
            raise self._failure
        return found

    # ---- one question

    async def _patiently(self, client: "AsyncOpenAI", body: Json) -> Answer:
        """The answer, after as many tries as it takes. Raises EvalError."""
        from openai import APIStatusError

        sent: dict[str, Any] = {}

        async def ask() -> Answer:
            nonlocal sent
            sent, begun = _renamed(body, self._changed), time.perf_counter()
            response = await client.chat.completions.with_raw_response.create(**sent)
            return replace(read_answer(response.text, self._key), seconds=time.perf_counter() - begun)

        timeout, retries = self._endpoint.timeout, self._endpoint.retries
        try:
            answer = await patiently(ask, timeout, retries, lambda error: self._is_about_a_parameter(error, sent))
        except Failed as failed:
            cause = failed.cause
            self._garbled += isinstance(cause, Garbled)
            is_refusal = isinstance(cause, APIStatusError) and cause.status_code in (400, 413, 422)
            if is_refusal or (isinstance(cause, Garbled) and self._garbled < GIVE_UP):
                return refused(reason_of(cause, self._key, timeout))
            raise self._told(cause) from None
        self._garbled = 0
        return answer

    def _is_about_a_parameter(self, error: Exception, sent: Mapping[str, Json]) -> bool:
        """Whether a refusal names a parameter of FIXED that can still be changed; from now on it is."""
        if getattr(error, "status_code", 0) not in (400, 422):
            return False
        detail = getattr(error, "body", None)
        param = detail.get("param") if isinstance(detail, dict) else None
        if "max_completion_tokens" in str(error):
            param = "max_tokens"
        if param not in FIXED or param not in sent:
            return False
        if param not in self._changed and FIXED[param] is None:
            self._tell(f"{self.name} refuses `{param}`: it is asked without")
        self._changed[param] = FIXED[param]
        return True

    def _told(self, error: Exception) -> EvalError:
        reason = reason_of(error, self._key, self._endpoint.timeout)
        status = getattr(error, "status_code", 0)
        kept = "What it answered is kept: the same command asks only for the rest."
        hints = {401: f"Set {self._endpoint.keys[0]}.", 403: f"Set {self._endpoint.keys[0]}."}
        hints[404] = "Check the URL, which ends in /v1 as a rule, and the model's name."
        where = f"'{self.name}' at {self._endpoint.base_url}"
        return EvalError(f"The model {where} does not answer: {reason}.", hints.get(status, kept))


# ---------------------------------------------------------------- small steps


def _renamed(body: Mapping[str, Json], changed: Mapping[str, str | None]) -> dict[str, Any]:
    """The body with the parameters in `changed` renamed, or left out where they have no other name."""
    named = ((changed.get(name, name), value) for name, value in body.items())
    return {name: value for name, value in named if name is not None}
