"""What a judge is asked, how its verdicts are read, and what two verdicts on one pair come to.

A pair is judged twice, with the answers in either order: judges lean to the one that they read first. A win (or a loss)
is one in both orders. The metrics, each over all questions: `won`, `lost`, `tied` (a tie in both orders) and
`disagreed` (the two orders came out differently). Equal answers are a tie that nobody is asked about.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from sftctl.core.errors import EvalError
from sftctl.core.remote.endpoint import Endpoint, RemoteModel
from sftctl.core.scores.stats import spread, summarise
from sftctl.core.store import fingerprint
from sftctl.core.text import counted
from sftctl.core.types import Answer, EvalJob, Example, Message, Query, Sampling, Scores, Verdict, canonical_json
from sftctl.plugins.judge import API_KEYS, JudgeConfig

PAIR = """You compare two answers to the last message of a conversation.

What makes an answer good: {rubric}

{conversation}

[Answer A]
{first}

[Answer B]
{second}

Think briefly, then end with one line: VERDICT: A, VERDICT: B, or VERDICT: TIE."""
ALONE = """You judge an answer to the last message of a conversation.

What makes an answer good: {rubric}

{conversation}

[An answer that is known to be good]
{expected}

[The answer to judge]
{answer}

Think briefly, then end with one line: VERDICT: PASS, or VERDICT: FAIL."""
VERDICT = re.compile(r"VERDICT\s*[:=]\W*(?:ANSWER\W+|A\W+(?=TIE\b))?(A|B|TIE|PASS|FAIL)\b", re.IGNORECASE)


class Item(NamedTuple):
    """A question, the answer that is expected, and the one that was given, both as a judge reads them."""

    id: str
    example: Example
    expected: str
    answered: str
    refused: bool


def evaluate(job: EvalJob) -> Scores:
    """Have every answer judged. Raises EvalError where the judge does not answer."""
    config = job.config
    assert isinstance(config, JudgeConfig)
    asked = [example for example in job.examples if len(example.messages) > 1 and _expects_an_answer(example)]
    chosen = spread(list(enumerate(asked)), config.limit)
    if not chosen:
        raise EvalError("There is no question to judge an answer to.", "Examples must end with the assistant's answer.")
    answers = job.generate([Query(example.messages[:-1], example.tools) for _, example in chosen])
    items = [_item(str(at), example, answer) for (at, example), answer in zip(chosen, answers, strict=True)]
    judge_one = _judged_pair if config.mode == "pairwise" else _judged_alone
    prompts = [prompt for item in items for prompt in _prompts(item, config)]
    words = iter(_ask(job, config, prompts))
    verdicts = [judge_one(item, [next(words) for _ in _prompts(item, config)]) for item in items]
    return Scores("judge", summarise(verdicts), tuple(verdicts))


def _expects_an_answer(example: Example) -> bool:
    return bool(example.messages[-1]["role"] == "assistant")


def _item(id: str, example: Example, answer: Answer) -> Item:
    return Item(id, example, spoken(example.messages[-1]), spoken(answer.message), answer.refused)


def _ask(job: EvalJob, config: JudgeConfig, prompts: Sequence[str]) -> list[str]:
    """The judge's verdicts, each a word in capitals; an empty one where it gave none.

    Raises EvalError where it refuses every question.
    """
    path = job.cache / "judge" / f"{fingerprint([config.base_url, config.model])[:12]}.jsonl"
    endpoint = Endpoint(
        config.base_url, config.model, path, config.concurrency, config.timeout, config.retries, API_KEYS
    )
    queries = [Query(({"role": "user", "content": prompt},)) for prompt in prompts]
    if not queries:
        return []
    answers = RemoteModel(endpoint, job.tell).generate(queries, Sampling(max_tokens=config.judge_max_tokens))
    reasons = [answer.text for answer in answers if answer.refused]
    if reasons:
        told = f"the judge gave no verdict on {len(reasons)} of {counted(len(answers), 'question')}"
        told += f", the first because: {reasons[0]}"
        if len(reasons) == len(answers):
            raise EvalError(f"There is no score of judge: {told}.")
        job.tell(told)
    return ["" if answer.refused else read_verdict(answer.text) for answer in answers]


def read_verdict(text: str) -> str:
    """The last verdict that a judge's answer gives, in capitals; empty if it gives none."""
    found = VERDICT.findall(text)
    return str(found[-1]).upper() if found else ""


# ---------------------------------------------------------------- one question


def _prompts(item: Item, config: JudgeConfig) -> list[str]:
    """What is asked about an item: nothing where there is no answer, or the expected one."""
    conversation = written(item.example)
    if item.refused or item.answered == item.expected:
        return []
    if config.mode == "rubric":
        return [
            ALONE.format(rubric=config.rubric, conversation=conversation, expected=item.expected, answer=item.answered)
        ]
    orders = ((item.answered, item.expected), (item.expected, item.answered))
    return [PAIR.format(rubric=config.rubric, conversation=conversation, first=a, second=b) for a, b in orders]


def _judged_pair(item: Item, words: Sequence[str]) -> Verdict:
    """`words`: the verdicts with the model's answer as A, and with it as B."""
    if item.refused:
        outcome = "lost"
    elif not words:
        outcome = "tied"
    else:
        outcome = outcome_of(*words)
    metrics = {name: outcome == name for name in ("won", "lost", "tied", "disagreed")}
    return _verdict(item, outcome in ("won", "tied"), outcome, metrics)


def outcome_of(as_first: str, as_second: str) -> str:
    """What two verdicts on one pair come to: won, lost, tied, disagreed, or unreadable."""
    known = {"A": 1, "B": -1, "TIE": 0}
    if as_first not in known or as_second not in known:
        return "unreadable"
    pair = (known[as_first], -known[as_second])
    return {(1, 1): "won", (-1, -1): "lost", (0, 0): "tied"}.get(pair, "disagreed")


def _judged_alone(item: Item, words: Sequence[str]) -> Verdict:
    word = "FAIL" if item.refused else words[0] if words else "PASS"
    reason = {"PASS": "", "FAIL": "failed"}.get(word, "unreadable")
    return _verdict(item, not reason, reason, {})


def _verdict(item: Item, ok: bool, reason: str, metrics: dict[str, bool]) -> Verdict:
    category = item.example.category or "uncategorised"
    return Verdict(item.id, category, ok, "" if ok else reason, item.expected, item.answered, metrics)


# ---------------------------------------------------------------- as a judge reads it


def spoken(message: Message) -> str:
    """A message's text and calls."""
    calls = [f"{call['function']['name']}({call['function']['arguments']})" for call in message.get("tool_calls") or ()]
    return "\n".join([*filter(None, [message.get("content")]), *calls]) or "(nothing)"


def written(example: Example) -> str:
    """The conversation before the answer, with the tools that were offered."""
    tools = [canonical_json(tool.get("function", tool)) for tool in example.tools]
    offered = ["[Functions that may be called]\n" + "\n".join(tools)] if tools else []
    turns = [f"[{message['role'].capitalize()}]\n{spoken(message)}" for message in example.messages[:-1]]
    return "\n\n".join([*offered, *turns])
