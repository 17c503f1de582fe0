"""Models that are broken in one way each: functions that spoil the right answer to an example."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sftctl.core.types import Answer, EvalJob, Example, Json, Message, Query, Scores, tool_call
from sftctl.plugins.hermes import Hermes
from sftctl.plugins.toolcall.judge import ToolcallEvalConfig, evaluate

Call = tuple[str, dict[str, Json]]
Spoil = Callable[[Example], Message]


def calling(calls: Sequence[Call]) -> Message:
    return {"role": "assistant", "content": None, "tool_calls": [tool_call(*call) for call in calls]}


def saying(text: str) -> Message:
    return {"role": "assistant", "content": text}


def perfect(example: Example) -> Message:
    return example.messages[-1]


def always_calls(example: Example) -> Message:
    name = example.tools[0]["function"]["name"]
    return perfect(example) if example.calls else calling([(name, {})])


def never_calls(example: Example) -> Message:
    return saying("I am sorry, I cannot do that.") if example.calls else perfect(example)


def each_call(change: Callable[[str, dict[str, Json], Mapping[str, Any]], Call]) -> Spoil:
    """Changes every call of the right answer; where none is due, the answer stays right."""

    def spoil(example: Example) -> Message:
        schemas = {tool["function"]["name"]: tool["function"]["parameters"] for tool in example.tools}
        calls = [change(name, arguments, schemas[name]) for name, arguments in example.calls]
        return calling(calls) if calls else perfect(example)

    return spoil


def _swapped(name: str, arguments: dict[str, Json], _: object) -> Call:
    keys = list(arguments)
    return name, dict(zip(keys, [arguments[key] for key in [*keys[1:], *keys[:1]]], strict=True))


def _as_strings(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _as_strings(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_strings(item) for item in value]
    return json.dumps(value) if isinstance(value, int | float | bool) else value


def _required_only(name: str, arguments: dict[str, Json], schema: Mapping[str, Any]) -> Call:
    return name, {key: value for key, value in arguments.items() if key in schema.get("required", ())}


def truncated(example: Example) -> Message:
    """What its text is read as when it ends too soon."""
    if not example.calls:
        return perfect(example)
    before, _ = Hermes().call_frame(example.calls[0][0])
    return Hermes().parse((before + json.dumps(example.calls[0][1]))[:-2])


def and_another(example: Example) -> Message:
    return calling([*example.calls, ("search_web", {"query": "more"})]) if example.calls else perfect(example)


def another_tool(example: Example) -> Message:
    others = [t["function"]["name"] for t in example.tools if t["function"]["name"] not in dict(example.calls)]
    if not example.calls or not others:
        return perfect(example)
    return calling([(others[0], arguments) for _, arguments in example.calls])


def raw(arguments: str) -> Spoil:
    """Every call has this for its arguments."""

    def spoil(example: Example) -> Message:
        calls = [tool_call(name, {}) for name, _ in example.calls]
        for call in calls:
            call["function"]["arguments"] = arguments
        return {"role": "assistant", "content": None, "tool_calls": calls} if calls else perfect(example)

    return spoil


def each_value(change: Callable[[Json], Json]) -> Spoil:
    """Changes every argument as a whole."""
    return each_call(lambda name, arguments, _: (name, {key: change(value) for key, value in arguments.items()}))


def inside(change: Callable[[Json], Json]) -> Callable[[Json], Json]:
    """Changes what is in lists and objects too."""

    def deep(value: Json) -> Json:
        if isinstance(value, dict):
            return {key: deep(item) for key, item in value.items()}
        return [deep(item) for item in value] if isinstance(value, list) else change(value)

    return deep


def _one_more(value: Json) -> Json:
    return value + 1 if isinstance(value, int | float) and not isinstance(value, bool) else value


def as_text(example: Example) -> Message:
    """The right calls, as JSON in words: no client finds them."""
    calls = [{"name": name, "arguments": arguments} for name, arguments in example.calls]
    return saying(f"```json\n{json.dumps(calls)}\n```") if calls else perfect(example)


def prose_around(example: Example) -> Message:
    return {**perfect(example), "content": "Sure! I will look that up."} if example.calls else perfect(example)


def one_again(example: Example) -> Message:
    """The first call in the place of each other."""
    return calling([example.calls[0]] * len(example.calls)) if len(example.calls) > 1 else perfect(example)


def one_made_up(example: Example) -> Message:
    return calling([*example.calls[:-1], ("search_web", {"query": "it"})]) if example.calls else perfect(example)


BROKEN: dict[str, tuple[Spoil, str]] = {
    "always calls": (always_calls, "called_when_none_fits"),
    "never calls": (never_calls, "no_call"),
    "wrong case": (each_call(lambda name, a, _: (name.title(), a)), "wrong_case"),
    "extra arguments": (each_call(lambda name, a, _: (name, a | {"verbose": True})), "extra_argument"),
    "swapped values": (each_call(_swapped), "swapped_values"),
    "truncated JSON": (truncated, "malformed"),
    "one more call": (and_another, "hallucinated_call"),
    "unknown tool": (each_call(lambda name, a, _: (f"{name}_v2", a)), "unknown_tool"),
    "numbers as strings": (each_call(lambda name, a, _: (name, _as_strings(a))), "wrong_type"),
    "no optional arguments": (each_call(_required_only), "missing_argument"),
    "wrong tool": (another_tool, "wrong_tool"),
    "one call of several": (lambda e: calling(e.calls[:1]) if len(e.calls) > 1 else perfect(e), "missing_call"),
    "every call twice": (lambda e: calling([*e.calls, *e.calls]) if e.calls else perfect(e), "extra_call"),
    "a call thrice": (lambda e: calling([*e.calls, *e.calls[:1] * 2]) if e.calls else perfect(e), "extra_call"),
    "one call again for the others": (one_again, "missing_call"),
    "one call made up": (one_made_up, "unknown_tool"),
    "calls as text": (as_text, "no_call"),
    "silence": (lambda e: saying("") if e.calls else perfect(e), "no_call"),
    "no arguments": (each_call(lambda name, a, _: (name, {})), "missing_argument"),
    "arguments in a list": (raw("[1, 2]"), "malformed"),
    "arguments in arguments": (each_call(lambda name, a, _: (name, {"arguments": a})), "missing_argument"),
    "renamed arguments": (
        each_call(lambda name, a, _: (name, {f"{k}_x": v for k, v in a.items()})),
        "misnamed_argument",
    ),
    "prefixed names": (each_call(lambda name, a, _: (f"functions.{name}", a)), "unknown_tool"),
    "nulls": (each_value(lambda value: None), "wrong_type"),
    "lists for values": (each_value(lambda value: [value]), "wrong_type"),
    "one too many": (each_value(inside(_one_more)), "wrong_value"),
    "cut texts": (each_value(inside(lambda v: v[:-3] if isinstance(v, str) else v)), "wrong_value"),
}
"""Name → how the right answer is spoiled, and the mistake that must be named."""


def scored(examples: Sequence[Example], spoil: Spoil, noise: float, seed: int = 0) -> Scores:
    """The real evaluator's judgement of a model; a share `noise` of its answers is spoiled in some other way."""
    draw = random.Random(seed)
    others = [each for each, _ in BROKEN.values()]
    gold = {id(example.messages[0]): example for example in examples}

    def generate(queries: Sequence[Query]) -> list[Answer]:
        spoils = [draw.choice(others) if draw.random() < noise else spoil for _ in queries]
        asked = [gold[id(query.messages[0])] for query in queries]
        messages = [spoil(example) for spoil, example in zip(spoils, asked, strict=True)]
        return [Answer(message, json.dumps(message), "stop", 10, 10) for message in messages]

    return evaluate(EvalJob(generate, examples, ToolcallEvalConfig(), cache=None, seed=0))  # type: ignore[arg-type]
