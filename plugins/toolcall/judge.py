"""Evaluator `toolcall`: judges a model's answers to our own held-out examples, or to those of any data set.

What is expected is an example's last message; the question is everything before it. Arguments are compared
as `compare` describes, and parallel calls in any order. An item is right only as a whole; its metrics say
which half was, and its reason is one of the kinds in `mistakes`:

- `well_formed`: nothing in the answer was an attempt at a call that could not be read.
- `known_tool`, `complete` (a call is expected): no call that can be read is of a tool that was not offered, or lacks an
  argument that its tool requires.
- `schema_valid` (a call is expected): there is a call, and every call fits the schema of an offered tool.
  An argument that the tool does not declare does not fit.
- `name` (a call is expected): the functions called are the expected ones, each as often.
- `arguments` (a call is expected): at least one expected function was called, and wherever an expected and
  an actual call have the same name, their arguments are equal.
- `result` (the expected calls can be made): the calls, made for real, give what the expected ones give, as other
  arguments may, too. It decides nothing: many tools answer "done" to anything.
- `no_call` (no call is expected): none was made or attempted.
- `multi_turn` (it is not the first answer of the conversation): whether it is right.
- `facts` (an answer out of a tool result is expected): it says what the expected answer says of the result.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from sftctl.core.config import DataSets
from sftctl.core.errors import DataError, EvalError
from sftctl.core.scores.stats import score, spread, summarise
from sftctl.core.types import (
    NO_TOOLS,
    REFUSED,
    Answer,
    EvalJob,
    Evaluator,
    Example,
    Json,
    Message,
    Query,
    Score,
    Scores,
    Toolset,
    Verdict,
    call_of,
)
from sftctl.plugins.toolcall.compare import missing_facts
from sftctl.plugins.toolcall.mistakes import MISTAKES, Call, Schemas, call_mistake, names, normal_calls
from sftctl.plugins.toolcall.outcomes import outcomes, runnable


class ToolcallEvalConfig(BaseModel):
    """Options of the evaluator `toolcall`."""

    model_config = ConfigDict(extra="forbid")

    data: DataSets = Field(
        default=[], description="data sets to ask instead of the held-out examples, as under `dataset`"
    )
    limit: int | None = Field(
        default=None, ge=1, description="at most so many examples of each category, spread evenly"
    )
    max_tokens: int = Field(default=256, ge=1, description="longest answer, in tokens")
    seen: bool = Field(
        default=True, description="ask the tuned model about tools of the training too, if the run has `seen_examples`"
    )


def evaluator() -> Evaluator:
    """The record that the plugin yields."""
    summary = "tool calls and answers on our own held-out tools"
    return Evaluator("toolcall", summary, ToolcallEvalConfig, evaluate, mistakes=MISTAKES)


def evaluate(job: EvalJob) -> Scores:
    """Ask every held-out question and judge the answers."""
    assert isinstance(job.config, ToolcallEvalConfig)
    items = chosen(_questions(job.examples, job.config), job.config.limit)
    answers = job.generate([_question(example) for _, example in items])
    toolset = job.toolset()
    verdicts = [judge(id, example, answer, toolset) for (id, example), answer in zip(items, answers, strict=True)]
    return Scores("toolcall", summarise(verdicts) | precision(verdicts), tuple(verdicts))


def precision(verdicts: Sequence[Verdict]) -> dict[str, Score]:
    """Of the answers without a call, the share where none was due; `overall/no_call` is the recall to it.

    Each model has other answers without a call, so the two of a comparison are not paired.
    """
    silent = ["no_call" in verdict.metrics for verdict in verdicts if _is_silent(verdict)]
    return {"overall/no_call_precision": score(silent)} if silent else {}


def _is_silent(verdict: Verdict) -> bool:
    """Whether a call was neither made nor attempted."""
    return verdict.metrics["well_formed"] and not isinstance(verdict.answered, list)


def _question(example: Example) -> Query:
    return Query(example.messages[:-1], example.tools)


def _questions(examples: Sequence[Example], config: ToolcallEvalConfig) -> Sequence[Example]:
    """The examples that can be judged; those of data sets get a category, if they have none. Raises EvalError."""
    if not config.data:
        if not examples:
            raise EvalError("There are no held-out examples to ask.", "Synthesize more examples or tools.")
        return examples
    questions = [
        replace(example, category=example.category or _kind(example)) for example in examples if _is_question(example)
    ]
    if not questions:
        paths = ", ".join(dataset.path for dataset in config.data)
        what = "The examples must offer tools and end with what the assistant is to call or to say."
        raise EvalError(f"Not one of {len(examples)} examples of {paths} can be judged.", what)
    return questions


def _is_question(example: Example) -> bool:
    """Whether a call may be right, and the assistant's own message, after another one, says whether it is."""
    return bool(example.tools) and len(example.messages) > 1 and example.messages[-1]["role"] == "assistant"


def _kind(example: Example) -> str:
    if example.calls:
        return "parallel" if len(example.calls) > 1 else "call"
    return "result" if example.messages[-2]["role"] == "tool" else "no_call"


def chosen(examples: Sequence[Example], limit: int | None) -> list[tuple[str, Example]]:
    """At most `limit` examples of each category, each with an id out of its category and place in it."""
    groups: defaultdict[str, list[tuple[str, Example]]] = defaultdict(list)
    for example in examples:
        category = example.category or "uncategorised"
        groups[category].append((f"{category}_{len(groups[category])}", example))
    return [item for group in groups.values() for item in spread(group, limit)]


# ---------------------------------------------------------------- one answer


REASONS = {"length": "cut_off", REFUSED: "failed"}
"""What it is that cannot be read, by why an answer ended."""


class Finding(NamedTuple):
    """Why an answer is wrong (empty if it is right), and its metrics."""

    reason: str
    metrics: dict[str, bool]


def judge(id: str, example: Example, answer: Answer, toolset: Toolset = NO_TOOLS) -> Verdict:
    """The verdict on one answer to the question that `example` ends with; with a toolset calls are made for real."""
    message = answer.message
    calls = calls_of(message)
    findings = [_find(each, message, calls) for each in (example, *_accepted(example))]
    finding = next((finding for finding in findings if not finding.reason), findings[0])
    if finding.reason == "malformed":
        finding = finding._replace(reason=REASONS.get(answer.finish_reason, finding.reason))
    if any(each["role"] == "assistant" for each in example.messages[:-1]):
        finding.metrics["multi_turn"] = not finding.reason
    tools = runnable(example.tools, toolset) if example.calls else {}
    if tools and (due := outcomes(example.calls, tools)):
        finding.metrics["result"] = bool(calls) and _fit(example, calls or ()) and outcomes(calls or (), tools) == due
    return Verdict(
        id=id,
        category=example.category or "uncategorised",
        ok=not finding.reason,
        reason=finding.reason,
        expected=_shown(example.messages[-1], example.calls),
        answered=_shown(message, calls) or answer.text,
        metrics=finding.metrics,
        prompt=_question(example).outline(),
    )


def calls_of(message: Message) -> list[Call] | None:
    """Name and arguments of every call of an answer; None if one of them cannot be read."""
    if message.get("parse_error"):
        return None
    try:
        return [call_of(call) for call in message.get("tool_calls") or ()]
    except DataError:
        return None


def _accepted(example: Example) -> list[Example]:
    """The same question with each of the other answers that its last message names as right. Raises EvalError."""
    last = example.messages[-1]
    try:
        others = [{"role": "assistant", **other} for other in last.get("accepted") or ()]
        found = [replace(example, messages=(*example.messages[:-1], other)) for other in others]
        return [each for each in found if each.calls or _text(each.messages[-1])]
    except (TypeError, KeyError, DataError) as error:
        what = f"What is accepted instead of an answer cannot be read: {error!r}."
        raise EvalError(what, "`accepted` is a list of assistant messages.") from None


def _find(example: Example, message: Message, calls: list[Call] | None) -> Finding:
    if example.calls:
        return _judge_calls(example, calls)
    text = str(message.get("content") or "")
    if example.messages[-2]["role"] == "tool":
        return _judge_result(example, text, calls)
    return _judge_abstention(example, text, calls)


def _shown(message: Message, calls: list[Call] | None) -> Json:
    """The calls, or the text where there are none."""
    return [{"name": name, "arguments": arguments} for name, arguments in calls or ()] or message.get("content")


# ---------------------------------------------------------------- where a call is expected


def _judge_calls(example: Example, calls: list[Call] | None) -> Finding:
    schemas = schemas_of(example)
    metrics = {
        "well_formed": calls is not None,
        "known_tool": all(name in schemas for name, _ in calls or ()),
        "complete": all(given.keys() >= _required(name, schemas) for name, given in calls or ()),
        "schema_valid": bool(calls) and _fit(example, calls or ()),
        "name": names(calls or ()) == names(example.calls),
        "arguments": _arguments_equal(example.calls, calls or (), schemas),
    }
    return Finding(call_mistake(example.calls, calls, schemas), metrics)


def _fit(example: Example, calls: Sequence[Call]) -> bool:
    schemas = schemas_of(example)
    return all(fits(call, schemas) for call in calls)


def _required(name: str, schemas: Schemas) -> set[str]:
    required = schemas.get(name, {}).get("required")
    return {each for each in required if isinstance(each, str)} if isinstance(required, list) else set()


def schemas_of(example: Example) -> dict[str, Mapping[str, Json]]:
    """The parameter schema of every offered tool by name."""
    functions = [tool.get("function", tool) for tool in example.tools]
    return {function["name"]: function.get("parameters") or {} for function in functions}


def fits(call: Call, schemas: Schemas) -> bool:
    """Whether a call's arguments are valid for a tool that was offered; undeclared arguments are not.

    Nothing fits a schema that is none, as a data set may have one.
    """
    from jsonschema import Draft202012Validator

    name, arguments = call
    if name not in schemas:
        return False
    schema = {"unevaluatedProperties": False, **schemas[name]}
    try:
        return Draft202012Validator(schema).is_valid(arguments)
    except Exception:  # jsonschema raises TypeErrors and others of its own then
        return False


def _arguments_equal(expected: Sequence[Call], calls: Sequence[Call], schemas: Schemas) -> bool:
    """Whether every pair of equally named calls has equal arguments, and there is such a pair."""
    named = (names(expected) & names(calls)).total()
    equal = (normal_calls(expected, schemas) & normal_calls(calls, schemas)).total()
    return 0 < named == equal


# ---------------------------------------------------------------- where none is


def _judge_abstention(example: Example, text: str, calls: list[Call] | None) -> Finding:
    """No tool fits, or a required argument is missing: the model must say so, in words of its own."""
    metrics = {"well_formed": calls is not None, "no_call": calls == []}
    if calls is None:
        return Finding("malformed", metrics)
    if calls:
        missing = example.category == "missing"
        return Finding("called_with_argument_missing" if missing else "called_when_none_fits", metrics)
    return Finding("" if text.strip() else "no_answer", metrics)


def _judge_result(example: Example, text: str, calls: list[Call] | None) -> Finding:
    """A final answer out of tool results: no further call, and the facts that the expected answer gives."""
    latest = takewhile(lambda message: message["role"] == "tool", reversed(example.messages[:-1]))
    results = [_text(message) for message in latest]
    request = "\n".join(_text(message) for message in example.messages if message["role"] == "user")
    missing = missing_facts(text, _text(example.messages[-1]), results, request)
    metrics = {
        "well_formed": calls is not None,
        "no_call": calls == [],
        "facts": bool(text.strip()) and not missing,
    }
    if calls is None:
        return Finding("malformed", metrics)
    if calls:
        return Finding("called_again", metrics)
    if not text.strip():
        return Finding("no_answer", metrics)
    return Finding("missing_facts" if missing else "", metrics)


def _text(message: Message) -> str:
    return str(message.get("content") or "")
