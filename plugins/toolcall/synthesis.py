"""Synthesis: from a toolset and a seed, conversations in which tools are called, or rightly not called.

Every example has a random generator of its own, seeded by the run's seed and the example's number, so any
example can be made again by itself and the same seed gives the same bytes. Only what passes the three checks
(schema, execution, support by the request) is kept.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from sftctl.core.errors import DataError
from sftctl.core.types import Example, Json, Message, Tool, Toolset, canonical_json, tool_call
from sftctl.plugins.toolcall import checks
from sftctl.plugins.toolcall.disguise import Disguise, disguise
from sftctl.plugins.toolcall.requests import Request, ask, ask_many, ask_without
from sftctl.plugins.toolcall.values import words_of

MIX = {
    "simple": 0.22,
    "multiple": 0.18,
    "parallel": 0.15,
    "parallel_multiple": 0.12,
    "irrelevance": 0.25,
    "missing": 0.03,
    "result": 0.05,
}
TRIES = 60

JOINTS = (
    " Also, {}",
    " And {}",
    " Then {}",
    " Additionally, {}",
    " After that, {}",
    " {}",
    " Next, {}",
    "\n{}",
)
REFUSALS = (
    "I can't do that with the functions I have.",
    "None of the available functions fits this request.",
    "Sorry, I have no function for that.",
    "I'm afraid that is beyond the functions I have here.",
    "There is no suitable function for this request, so I can't help with it.",
    "Sorry, my functions don't cover that; I can only {deed}.",
    "I can {deed}, but I have no function for what you ask.",
)
QUESTIONS = (
    "Could you tell me the {parameter}?",
    "Which {parameter} should I use?",
    "To do that I need the {parameter}. What is it?",
    "What is the {parameter}?",
    "I still need one thing: the {parameter}.",
)


@dataclass(frozen=True)
class Kit:
    """A toolset arranged for drawing from it."""

    tools: tuple[Tool, ...]

    @cached_property
    def by_domain(self) -> dict[str, list[Tool]]:
        domains: dict[str, list[Tool]] = {}
        for tool in self.tools:
            domains.setdefault(tool.domain, []).append(tool)
        return domains

    def others(self, wanted: Sequence[Tool], count: int, rng: random.Random, near: float) -> list[Tool]:
        """Up to `count` tools besides the wanted ones; each, with probability `near`, of the same domain."""
        chosen: list[Tool] = []
        taken = {tool.name for tool in wanted}
        for _ in range(count * 4):
            pool = self.by_domain[wanted[0].domain] if rng.random() < near else self.tools
            tool = rng.choice(pool)
            if tool.name not in taken and len(chosen) < count:
                chosen.append(tool)
                taken.add(tool.name)
        return chosen


def synthesize(toolset: Toolset, n: int, seed: int) -> Iterator[Example]:
    """`n` checked examples in the proportions of `MIX`, all requests different.

    Raises DataError when the toolset cannot yield that many.
    """
    kit = Kit(toolset.tools)
    seen: set[str] = set()
    for index in range(n):
        for attempt in range(TRIES):
            rng = random.Random(f"{seed}/{index}/{attempt}")
            category = rng.choices(list(MIX), list(MIX.values()))[0]
            example = _CATEGORIES[category](kit, rng)
            if example is None:
                continue
            request = str(example.messages[0]["content"])
            if request not in seen:
                seen.add(request)
                yield Example(**example.__dict__ | {"category": category, "seed": seed, "source": "toolcall"})
                break
        else:
            raise DataError(
                f"Toolset '{toolset.name}' gave only {index} different examples of the {n} asked for.",
                "Add tools or request templates, or ask for fewer examples.",
            )


# ---------------------------------------------------------------- one function per category


def _simple(kit: Kit, rng: random.Random) -> Example | None:
    request = ask(rng.choice(kit.tools), rng)
    return _calls([request], [], rng)


def _multiple(kit: Kit, rng: random.Random) -> Example | None:
    request = ask(rng.choice(kit.tools), rng)
    return _calls([request], kit.others([request.tool], rng.choice((1, 1, 2, 2, 3)), rng, near=0.7), rng)


def _parallel(kit: Kit, rng: random.Random) -> Example | None:
    tool, count = rng.choice(kit.tools), rng.choice((2, 2, 2, 3, 3, 4))
    if rng.random() < 0.65:
        request = ask_many(tool, count, rng)
        requests = [request] if request else []
    else:
        requests = [ask(tool, rng) for _ in range(min(count, 3))]
    if not requests:
        return None
    others = kit.others([tool], 1, rng, near=0.7) if rng.random() < 0.15 else []
    return _calls(requests, others, rng)


def _parallel_multiple(kit: Kit, rng: random.Random) -> Example | None:
    first = rng.choice(kit.tools)
    tools = [first, *kit.others([first], rng.choice((1, 1, 1, 2)), rng, near=0.5)]
    requests = []
    for tool in tools:
        many = ask_many(tool, 2, rng) if rng.random() < 0.3 else None
        requests.append(many or ask(tool, rng))
    return _calls(requests, kit.others(tools, rng.choice((0, 0, 1)), rng, near=0.5), rng)


def _irrelevance(kit: Kit, rng: random.Random) -> Example | None:
    wanted = rng.choice(kit.tools)
    request = ask(wanted, rng)
    shown = kit.others([wanted], rng.choice((1, 1, 1, 2, 3)), rng, near=0.65)
    if not shown:
        return None
    reply = rng.choice(REFUSALS).format(deed=_deed(rng.choice(shown)))
    return _text(request.text, reply, shown, rng)


def _missing(kit: Kit, rng: random.Random) -> Example | None:
    request = ask_without(rng.choice(kit.tools), rng)
    if request is None:
        return None
    others = kit.others([request.tool], rng.randint(1, 2), rng, near=0.5) if rng.random() < 0.4 else []
    reply = rng.choice(QUESTIONS).format(parameter=words_of(request.missing))
    return _text(request.text, reply, [request.tool, *others], rng)


def _result(kit: Kit, rng: random.Random) -> Example | None:
    tool = rng.choice(kit.tools)
    if tool.run is None or not tool.answer:
        return None
    request = ask(tool, rng)
    example = _calls([request], [], rng)
    if example is None:
        return None
    result, _ = checks.run(tool, request.calls[0])
    answer = _answer(tool, request.calls[0], result)
    if not answer:
        return None
    content = result if isinstance(result, str) else canonical_json(result)
    call_id = example.messages[-1]["tool_calls"][0]["id"]
    messages = (
        *example.messages,
        {"role": "tool", "tool_call_id": call_id, "content": content},
        {"role": "assistant", "content": answer},
    )
    return Example(messages, example.tools)


_CATEGORIES: dict[str, Callable[[Kit, random.Random], Example | None]] = {
    "simple": _simple,
    "multiple": _multiple,
    "parallel": _parallel,
    "parallel_multiple": _parallel_multiple,
    "irrelevance": _irrelevance,
    "missing": _missing,
    "result": _result,
}


# ---------------------------------------------------------------- putting an example together


def _calls(requests: Sequence[Request], others: Sequence[Tool], rng: random.Random) -> Example | None:
    """The conversation in which all requests are made at once and answered by their calls; None if one fails."""
    if not all(_passes(request) for request in requests):
        return None
    wanted = {request.tool.name: request.tool for request in requests}
    shown = _show([*wanted.values(), *others], rng)
    if shown is None:
        return None
    calls: list[Message] = []
    for request in requests:
        for arguments in request.calls:
            name, renamed = shown[request.tool.name].call(arguments)
            calls.append(tool_call(name, renamed, id=f"call_{len(calls)}"))
    user = {"role": "user", "content": _join([request.text for request in requests], rng)}
    return Example((user, {"role": "assistant", "content": None, "tool_calls": calls}), _specs(shown, rng))


def _text(request: str, reply: str, tools: Sequence[Tool], rng: random.Random) -> Example | None:
    """The conversation in which nothing is called."""
    shown = _show(tools, rng)
    if shown is None:
        return None
    messages = ({"role": "user", "content": request}, {"role": "assistant", "content": reply})
    return Example(messages, _specs(shown, rng))


def _passes(request: Request) -> bool:
    """The three checks, for every call that the request means."""
    return not any(
        checks.schema_error(request.tool, call)
        or checks.unsupported(call, request.text)
        or checks.run(request.tool, call)[1]
        for call in request.calls
    )


def _show(tools: Sequence[Tool], rng: random.Random) -> dict[str, Disguise] | None:
    """Tool name → the tool in disguise; None where two disguises are the same."""
    shown = {tool.name: disguise(tool, rng) for tool in tools}
    return shown if len({d.tool.name for d in shown.values()}) == len(shown) else None


def _specs(shown: dict[str, Disguise], rng: random.Random) -> tuple[dict[str, Json], ...]:
    specs = [d.tool.spec for d in shown.values()]
    rng.shuffle(specs)
    return tuple(specs)


def _join(texts: Sequence[str], rng: random.Random) -> str:
    """Several requests as one."""
    text = texts[0]
    for following in texts[1:]:
        if text[-1] not in ".?!":
            text += rng.choice((".", ",", ";")) if rng.random() < 0.8 else ""
        joint = rng.choice(JOINTS)
        if text[-1] in ",;":
            joint = " and {}"
        lower = joint != "\n{}" and joint != " {}" and following.split(" ")[0] not in ("I", "I'm", "I'd", "I've")
        text += joint.format(following[:1].lower() + following[1:] if lower else following)
    return text


def _deed(tool: Tool) -> str:
    clause = tool.description.partition(".")[0]
    return clause[:1].lower() + clause[1:]


def _answer(tool: Tool, arguments: dict[str, Json], result: Json) -> str:
    """The final answer that the tool's template gives for a result; empty where it does not fit."""
    known = {**arguments, **(result if isinstance(result, dict) else {}), "result": result}
    words = {key: ", ".join(map(str, value)) if isinstance(value, list) else value for key, value in known.items()}
    try:
        return tool.answer.format_map(words)
    except (KeyError, IndexError, ValueError):
        return ""
