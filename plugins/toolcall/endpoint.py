"""Asking a teacher: many questions at once at an OpenAI-compatible endpoint, each answer paid for only once.

An answer is appended to a file as soon as it is there, so a run that is killed, or repeated, asks only for the
rest. The first question is preceded by a probe: an endpoint that cannot be used is an error before anything is
spent. What fails later is left unanswered (or ends the run, where the teacher is `required`).
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sftctl.core.errors import TeacherError
from sftctl.core.remote.retries import Failed, Garbled, patiently, reason_of, said_without
from sftctl.core.store import JsonLines, clear_errors, fingerprint
from sftctl.core.teacher import API_KEYS, TeacherConfig, teacher_key
from sftctl.core.types import Emit, Event, Json

if TYPE_CHECKING:
    from openai import AsyncOpenAI

GIVE_UP = 10
"""Failures in a row after which nothing more is asked."""
LONGEST_ANSWER = 100_000
"""Characters; what comes after them is no answer to what we ask."""

OVER_BUDGET, UNANSWERED = "over_budget", "unanswered"


@dataclass(frozen=True)
class Question:
    """What one model is asked, and how it is to answer."""

    model: str
    system: str
    text: str
    temperature: float | None
    max_tokens: int
    seed: int | None = None
    draw: int = 0
    """Tells apart the same question asked several times, for several votes."""

    @property
    def key(self) -> str:
        """The same for the same question, in any run."""
        return fingerprint(asdict(self))

    @property
    def most(self) -> int:
        """An estimate, rather high, of the tokens that it may cost."""
        return (len(self.system) + len(self.text)) // 3 + self.max_tokens


@dataclass(frozen=True)
class Reply:
    """What came back: a text, or the reason why there is none."""

    text: str
    reason: str = ""


@asynccontextmanager
async def opened(config: TeacherConfig, answers: Path, emit: Emit) -> AsyncIterator["Endpoint"]:
    """The endpoint, with a client that is closed at the end."""
    from openai import AsyncOpenAI

    key = teacher_key()
    async with AsyncOpenAI(
        base_url=config.base_url, api_key=key or "none", timeout=config.timeout, max_retries=0
    ) as client:
        yield Endpoint(client, config, answers, emit, key)


class Endpoint:
    """One teacher's endpoint, with what it answered before, and a budget."""

    def __init__(self, client: "AsyncOpenAI", config: TeacherConfig, answers: Path, emit: Emit, key: str) -> None:
        self._client, self._config, self._emit, self._key = client, config, emit, key
        with clear_errors(str(answers.parent)):
            answers.parent.mkdir(parents=True, exist_ok=True)
        self._file = JsonLines(answers)
        self._known, self.spent = _read(answers)
        self._reserved = 0
        self._settled = asyncio.Condition()
        self._slots = asyncio.Semaphore(config.concurrency)
        self._probing = asyncio.Lock()
        self._probed = False
        self._failures = 0
        self._closed = ""
        """Why nothing more is asked, once that is so."""
        self._limit_name = "max_tokens"

    async def ask_all(self, questions: Sequence[Question]) -> list[Reply]:
        """The replies in the order of the questions, whichever comes first. Raises TeacherError."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._ask(question)) for question in questions]
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _ask(self, question: Question) -> Reply:
        if question.key in self._known:
            return Reply(self._known[question.key])
        async with self._slots:
            if not await self._reserve(question.most):
                return Reply("", self._closed)
            try:
                await self._probe()
                text, cost = await self._patiently(question, self._config.retries)
                self._keep(question.key, question.model, text, cost)
            except TeacherError as error:
                return self._failed(error)
            finally:
                await self._settle(question.most)
        self._failures = 0
        return Reply(text)

    def _keep(self, key: str, model: str, text: str, cost: int) -> None:
        """Write down what was paid for, before anything else happens."""
        self._known[key] = text
        self.spent += cost
        self._file.append({"key": key, "model": model, "content": text, "tokens": cost})

    # ---- the budget

    async def _reserve(self, most: int) -> bool:
        """Set the most that a question may cost aside; where that is too much, wait until others have cost less."""
        budget = self._config.token_budget
        async with self._settled:
            while budget is not None and self.spent + self._reserved + most > budget and not self._closed:
                if self._reserved:
                    await self._settled.wait()
                else:
                    self._close(OVER_BUDGET, f"The teacher's token budget of {budget} is spent ({self.spent})")
            if self._closed:
                return False
            self._reserved += most
            return True

    async def _settle(self, most: int) -> None:
        async with self._settled:
            self._reserved -= most
            self._settled.notify_all()

    def _close(self, reason: str, text: str) -> None:
        self._closed = reason
        self._emit(Event("note", "data", {"text": f"{text}; what is left stays as it is without a teacher"}))

    # ---- failures

    def _failed(self, error: TeacherError) -> Reply:
        """Go on without an answer, unless the teacher is required or never answered at all."""
        if self._config.required or not self._probed:
            raise error
        self._failures += 1
        if self._failures == GIVE_UP and not self._closed:
            self._close(UNANSWERED, f"The teacher failed {GIVE_UP} times in a row, lastly: {error}")
        return Reply("", UNANSWERED)

    async def _probe(self) -> None:
        """Once, before the first question: does the endpoint answer, for each model?"""
        async with self._probing:
            if not self._probed:
                for model in dict.fromkeys((self._config.model, self._config.judge_model or self._config.model)):
                    question = Question(model, "", "Say yes.", self._config.temperature, 16, self._config.seed)
                    self._keep("probe", model, *await self._patiently(question, min(1, self._config.retries)))
                self._probed = True

    # ---- one question

    async def _patiently(self, question: Question, retries: int) -> tuple[str, int]:
        """Text and cost in tokens of an answer, after as many tries as it takes. Raises TeacherError."""

        async def ask() -> tuple[str, int]:
            return _content(await self._send(question), question, self._key)

        try:
            return await patiently(ask, self._config.timeout, retries, self._takes_the_newer_name)
        except Failed as failed:
            raise self._told(failed.cause, question.model) from None

    async def _send(self, question: Question) -> str:
        """The body of the endpoint's response, whatever it is."""
        messages = [{"role": "system", "content": question.system}] if question.system else []
        settings: dict[str, Any] = {
            "model": question.model,
            "messages": [*messages, {"role": "user", "content": question.text}],
            self._limit_name: question.max_tokens,
        }
        if question.temperature is not None:
            settings["temperature"] = question.temperature
        if question.seed is not None:
            settings["seed"] = question.seed + question.draw
        response = await self._client.chat.completions.with_raw_response.create(**settings)
        return str(response.text)

    def _takes_the_newer_name(self, error: Exception) -> bool:
        """Whether an error says that a model takes only the newer name of `max_tokens`; from now on it gets that."""
        if self._limit_name != "max_tokens" or getattr(error, "status_code", 0) not in (400, 422):
            return False
        if "max_completion_tokens" not in str(error):
            return False
        self._limit_name = "max_completion_tokens"
        return True

    def _told(self, error: Exception, model: str) -> TeacherError:
        """What went wrong in a sentence that never holds the key."""
        reason = reason_of(error, self._key, self._config.timeout)
        hint = {401: f"Set {API_KEYS[0]}.", 403: f"Set {API_KEYS[0]}.", 404: "Check teacher.model and base_url."}
        status = getattr(error, "status_code", 0)
        return TeacherError(
            f"The teacher '{model}' at {self._config.base_url} cannot be used: {reason}.",
            hint.get(status, "Some models refuse a setting: try teacher.temperature=null." if status == 400 else ""),
        )


# ---------------------------------------------------------------- small steps


def _read(path: Path) -> tuple[dict[str, str], int]:
    """What was answered before, by key, and what all of it cost. A damaged line is an answer that is not there."""
    known: dict[str, str] = {}
    spent = 0
    if not path.exists():
        return known, spent
    with clear_errors(str(path), "read"), path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:  # not splitlines(), which also splits at characters that may be in a text
            try:
                row = json.loads(line)
                key, text, tokens = row["key"], str(row["content"]), int(row["tokens"])
            except (ValueError, KeyError, TypeError):
                continue
            known[key] = text
            spent += tokens
    return known, spent


def _content(body: str, question: Question, key: str) -> tuple[str, int]:
    """The text of a chat completion and its cost in tokens. Raises Garbled where the body is none."""
    try:
        completion = json.loads(body)
        text = completion["choices"][0]["message"].get("content") or ""
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise Garbled(f"it answered with something that is no chat completion: {body[:80]!r}") from None
    if not isinstance(text, str):
        raise Garbled("it answered with a message whose content is no text")
    text = text[:LONGEST_ANSWER].encode(errors="replace").decode()  # half an emoji cannot be written down
    return said_without(key, text), _cost(completion.get("usage"), question, text)


def _cost(usage: Json, question: Question, text: str) -> int:
    """The tokens that the endpoint counted; where it does not say, an estimate."""
    total = usage.get("total_tokens") if isinstance(usage, Mapping) else None
    return total if isinstance(total, int) else (len(question.system) + len(question.text) + len(text)) // 3
