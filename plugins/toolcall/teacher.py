"""A teacher's help: some of the offline requests in its words, and requests for tools that bring no templates.

It comes after synthesis, over finished examples, so that what is made without a teacher stays as it is, and is
what remains wherever the teacher's text fails a check, its answer cannot be read, or its budget is spent.
Everything is decided by the seed and the answers, in a fixed order, never by which answer came first.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from sftctl.core.teacher import TeacherConfig
from sftctl.core.text import counted
from sftctl.core.types import Event, Example, Json, Message, RewriteJob, Rewritten, Tool, Toolset, call_of, tool_call
from sftctl.plugins.toolcall import checks, prompts, rewording
from sftctl.plugins.toolcall.days import told_day
from sftctl.plugins.toolcall.disguise import disguise
from sftctl.plugins.toolcall.endpoint import Endpoint, Question, Reply, opened
from sftctl.plugins.toolcall.prompts import REGISTERS
from sftctl.plugins.toolcall.rewording import Call
from sftctl.plugins.toolcall.values import leaves

BY_TEACHER = "+teacher"
"""What the `source` of an example ends with that is in a teacher's words."""
ROUND = 8
"""Tasks for each request under way; after so many their texts are checked and judged. So a budget that ends too
early leaves no more than one round of texts without a verdict."""


@dataclass(frozen=True)
class Proposal:
    """A text of the teacher, and why it is not kept (empty if it is)."""

    text: str = ""
    arguments: dict[str, Json] | None = None
    """Those of the call, where the teacher chose them."""
    reason: str = ""


class Task(Protocol):
    """One thing that the teacher is to write."""

    @property
    def kind(self) -> str: ...

    @property
    def prompt(self) -> str: ...

    def read(self, answer: str, strict: bool) -> Proposal:
        """The proposal that an answer holds, checked; `strict` where nobody will judge it."""
        ...

    def verdict_on(self, proposal: Proposal) -> str:
        """The question whose answer is yes if the proposal is good."""
        ...


def rewrite(job: RewriteJob) -> Rewritten:
    """The examples with the teacher's texts in them, then those that it invented. Raises TeacherError."""
    return asyncio.run(_rewrite(job))


async def _rewrite(job: RewriteJob) -> Rewritten:
    teacher = job.teacher
    assert isinstance(teacher, TeacherConfig)
    tasks: list[Task] = [*_inventions(job.toolset, teacher), *_turns(job.examples, teacher, job.seed)]
    proposals: list[Proposal] = []
    seen = {message["content"] for example in job.examples for message in _users(example)}
    size = ROUND * teacher.concurrency
    async with opened(teacher, job.answers, job.emit) as endpoint:
        for start in range(0, len(tasks), size):
            proposals += await _one_round(tasks[start : start + size], endpoint, teacher, seen)
            job.emit(Event("progress", "data", {"done": len(proposals), "total": len(tasks)}))
    results = list(zip(tasks, proposals, strict=True))
    kept = [(task, proposal) for task, proposal in results if not proposal.reason]
    turns = [(task, proposal.text) for task, proposal in kept if isinstance(task, Turn)]
    invented = [task.example(proposal, job) for task, proposal in kept if isinstance(task, Invention)]
    report = _report(teacher, results, endpoint.spent)
    job.emit(Event("note", "data", {"text": _summary(report)}))
    return Rewritten((*_in_place(job.examples, turns), *invented), report)


async def _one_round(
    tasks: Sequence[Task], endpoint: Endpoint, teacher: TeacherConfig, seen: set[str]
) -> list[Proposal]:
    """Ask, check, and let the judge vote. What is kept is added to `seen`: no two requests are the same."""
    replies = await endpoint.ask_all([_question(teacher, task.prompt) for task in tasks])
    proposals = [_read(task, reply, teacher, seen) for task, reply in zip(tasks, replies, strict=True)]
    good = [index for index, proposal in enumerate(proposals) if not proposal.reason]
    ballots = [
        _ballot(teacher, tasks[index].verdict_on(proposals[index]), draw)
        for index in good
        for draw in range(teacher.votes)
    ]
    votes = iter(await endpoint.ask_all(ballots))
    for index in good:
        if reason := _outvoted([next(votes) for _ in range(teacher.votes)]):
            proposals[index] = replace(proposals[index], reason=reason)
    return proposals


def _read(task: Task, reply: Reply, teacher: TeacherConfig, seen: set[str]) -> Proposal:
    if reply.reason:
        return Proposal(reason=reply.reason)
    proposal = task.read(reply.text, strict=not teacher.votes)
    if not proposal.reason and proposal.text in seen:
        return replace(proposal, reason="duplicate")
    if not proposal.reason:
        seen.add(proposal.text)
    return proposal


def _outvoted(votes: Sequence[Reply]) -> str:
    """Why the votes do not keep a text; nothing where more than half of them do, or there are none."""
    if sum(prompts.is_yes(vote.text) for vote in votes) * 2 > len(votes) or not votes:
        return ""
    return next((f"verdict_{vote.reason}" for vote in votes if vote.reason), "judged_wrong")


def _question(teacher: TeacherConfig, prompt: str) -> Question:
    return Question(teacher.model, prompts.WRITER, prompt, teacher.temperature, teacher.max_tokens, teacher.seed)


def _ballot(teacher: TeacherConfig, prompt: str, draw: int) -> Question:
    judge = teacher.judge_model or teacher.model
    return Question(judge, prompts.JUDGE, prompt, teacher.temperature, teacher.max_tokens, teacher.seed, draw)


# ---------------------------------------------------------------- paraphrases


@dataclass(frozen=True)
class Turn:
    """What a user says at one place of one example, to be said in other words."""

    place: tuple[int, int]
    """Number of the example, and of the message in it."""
    text: str
    calls: tuple[Call, ...]
    """What it means; none where no tool fits."""
    tools: tuple[dict[str, Json], ...]
    register: str
    today: date | None = None
    """The day on which it is said, where that is known."""
    language: str = ""
    """The language that it is put in; empty: as it is."""
    kind: str = "paraphrases"

    @property
    def prompt(self) -> str:
        return prompts.to_paraphrase(self.text, self.calls, self.tools, self.register, self.today, self.language)

    def read(self, answer: str, strict: bool) -> Proposal:
        found = prompts.read_object(answer, "request")
        if found is None or not isinstance(found["request"], str):
            return Proposal(reason="unreadable")
        text = found["request"].strip()
        check = rewording.translated if self.language else rewording.reworded
        return Proposal(text, reason=check(self.text, text, self.calls, strict, self.today))

    def verdict_on(self, proposal: Proposal) -> str:
        if self.calls:
            return prompts.to_judge(proposal.text, self.calls, self.tools, self.today)
        return prompts.to_compare(self.text, proposal.text)


def _turns(examples: Sequence[Example], teacher: TeacherConfig, seed: int) -> Iterator[Turn]:
    """The chosen share of the turns that can be checked in other words."""
    for index, example in enumerate(examples):
        first = example.messages[0]
        today = told_day(str(first["content"])) if first["role"] == "system" else None
        for position, message in enumerate(example.messages[:-1]):
            rng = random.Random(f"{seed}/teacher/{index}/{position}")
            chosen, register = rng.random() < teacher.share, rng.choice(list(REGISTERS))
            language = _drawn(teacher.languages, rng)
            calls = _meant(example, position) if chosen and message["role"] == "user" else None
            if calls is not None and _is_checkable(message, calls, today, judged=bool(teacher.votes)):
                yield Turn((index, position), message["content"], calls, example.tools, register, today, language)


def _drawn(languages: Mapping[str, float], rng: random.Random) -> str:
    """One of the languages by its share; empty for the rest."""
    drawn = rng.random()
    for language, share in languages.items():
        drawn -= share
        if drawn < 0:
            return language
    return ""


def _meant(example: Example, position: int) -> tuple[Call, ...] | None:
    """The calls that answer a user's turn, none where no tool fits; None where it is not known what it means.

    A request that lacks an argument stays as it is: no rule would see that other words supply it.
    """
    reply = example.messages[position + 1]
    if reply.get("tool_calls"):
        return tuple(map(call_of, reply["tool_calls"]))
    return () if example.category == "irrelevance" else None


def _is_checkable(message: Message, calls: Sequence[Call], today: date | None, judged: bool) -> bool:
    """Whether the checks can tell: the offline text passes them itself, and no truth value goes unjudged."""
    text = message["content"]
    if not isinstance(text, str) or (rewording.has_truth(calls) and not judged):
        return False
    return not any(checks.unsupported(arguments, text, today) for _, arguments in calls)


def _in_place(examples: Sequence[Example], turns: Sequence[tuple[Turn, str]]) -> Iterator[Example]:
    """The examples, with the teacher's texts where they belong."""
    texts = {turn.place: text for turn, text in turns}
    changed = {index for index, _ in texts}
    for index, example in enumerate(examples):
        if index in changed:
            messages = tuple(
                message | {"content": texts.get((index, position), message["content"])}
                for position, message in enumerate(example.messages)
            )
            example = replace(example, messages=messages, source=example.source + BY_TEACHER)
        yield example


def _users(example: Example) -> Iterator[Message]:
    return (message for message in example.messages if message["role"] == "user")


# ---------------------------------------------------------------- inventions


@dataclass(frozen=True)
class Invention:
    """A request, and the arguments that it means, for a tool that does not say how people ask for it."""

    tool: Tool
    number: int
    register: str
    kind: str = "inventions"

    @property
    def prompt(self) -> str:
        return prompts.to_invent(self.tool.spec["function"], self.register, self.number)

    def read(self, answer: str, strict: bool) -> Proposal:
        found = prompts.read_object(answer, "arguments")
        if found is None or not isinstance(found.get("request"), str) or not isinstance(found["arguments"], dict):
            return Proposal(reason="unreadable")
        text, arguments = found["request"].strip(), found["arguments"]
        return Proposal(text, arguments, self._problem(text, arguments))

    def _problem(self, text: str, arguments: dict[str, Json]) -> str:
        """The three checks, and that the text speaks of no number that the call leaves out."""
        if problem := rewording.misshapen(text, [self.tool.name], self.tool.description):
            return problem
        if checks.schema_error(self.tool, arguments):
            return "breaks_the_schema"
        if rewording.unheard([(self.tool.name, arguments)], text) or rewording.unheard_truth(arguments, text):
            return "unsupported_value"
        if problem := rewording.added(text, rewording.spelled(leaves(arguments)), names=False):
            return problem
        return "fails_when_run" if checks.run(self.tool, arguments)[1] else ""

    def verdict_on(self, proposal: Proposal) -> str:
        calls = [(self.tool.name, proposal.arguments or {})]
        return prompts.to_judge(proposal.text, calls, [self.tool.spec])

    def example(self, proposal: Proposal, job: RewriteJob) -> Example:
        """The call in a conversation, its tool in disguise and among others, as offline examples have it."""
        rng = random.Random(f"{job.seed}/teacher/{self.tool.name}/{self.number}")
        others = [tool for tool in job.toolset.tools if tool.name != self.tool.name]
        shown = [disguise(self.tool, rng)]
        for other in rng.sample(others, min(len(others), rng.choice((0, 1, 1, 2, 3)))):
            candidate = disguise(other, rng)
            if candidate.tool.name not in [known.tool.name for known in shown]:
                shown.append(candidate)
        name, arguments = shown[0].call(proposal.arguments or {})
        specs = [each.tool.spec for each in shown]
        rng.shuffle(specs)
        messages: tuple[Message, ...] = (
            {"role": "user", "content": proposal.text},
            {"role": "assistant", "content": None, "tool_calls": [tool_call(name, arguments, id="call_0")]},
        )
        category = "multiple" if len(specs) > 1 else "simple"
        source = f"toolcall{BY_TEACHER}"
        return Example(messages, tuple(specs), source=source, category=category, seed=job.seed)


def _inventions(toolset: Toolset, teacher: TeacherConfig) -> Iterator[Invention]:
    """For every tool without templates, in turn through the registers; first one for each tool, then the next."""
    registers = list(REGISTERS)
    for number in range(teacher.invent):
        for index, tool in enumerate(toolset.tools):
            if not tool.asks:
                yield Invention(tool, number, registers[(index + number) % len(registers)])


# ---------------------------------------------------------------- what came of it


def _report(teacher: TeacherConfig, results: Sequence[tuple[Task, Proposal]], spent: int) -> dict[str, Json]:
    report: dict[str, Json] = {"model": teacher.model, "tokens": spent}
    if teacher.votes:
        report |= {"judge_model": teacher.judge_model or teacher.model, "votes": teacher.votes}
    for kind in ("paraphrases", "inventions"):
        reasons = Counter(proposal.reason for task, proposal in results if task.kind == kind)
        rejected = {reason: count for reason, count in sorted(reasons.items()) if reason}
        report[kind] = {"asked": reasons.total(), "kept": reasons[""], "rejected": rejected}
    return report


def _summary(report: dict[str, Json]) -> str:
    parts = [f"{report[kind]['kept']} of {report[kind]['asked']} {kind}" for kind in ("paraphrases", "inventions")]
    refused = Counter(report["paraphrases"]["rejected"]) + Counter(report["inventions"]["rejected"])
    why = ", ".join(f"{count} {reason}" for reason, count in refused.most_common(3))
    kept = f"kept {' and '.join(parts)}" + (f" (not kept: {why})" if why else "")
    return f"Teacher {report['model']}: {kept}; {counted(report['tokens'], 'token')}"
