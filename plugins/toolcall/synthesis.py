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
from sftctl.plugins.toolcall.requests import Request, ask, ask_many, ask_sets, ask_without
from sftctl.plugins.toolcall.values import words_of

MIX = {
    "simple": 0.21,
    "multiple": 0.17,
    "parallel": 0.16,
    "parallel_multiple": 0.10,
    "irrelevance": 0.27,
    "missing": 0.02,
    "result": 0.04,
    "dialogue": 0.03,
}
"""Share of each category."""
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
    style = rng.random()
    if style < 0.7:
        request = ask_many(tool, count, rng) if style < 0.4 else ask_sets(tool, count, rng)
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
        many = rng.choice((ask_many, ask_sets))(tool, 2, rng) if rng.random() < 0.25 else None
        requests.append(many or ask(tool, rng))
    return _calls(requests, kit.others(tools, rng.choice((0, 0, 1)), rng, near=0.5), rng)


def _irrelevance(kit: Kit, rng: random.Random) -> Example | None:
    wanted = rng.choice(kit.tools)
    request = ask(wanted, rng)
    shown = kit.others([wanted], rng.choice((1, 1, 1, 2, 3)), rng, near=0.65)
    if not shown:
        return None
    return _text(request.text, _refusal(shown, rng), shown, rng)


def _missing(kit: Kit, rng: random.Random) -> Example | None:
    request = ask_without(rng.choice(kit.tools), rng)
    if request is None:
        return None
    others = kit.others([request.tool], rng.randint(1, 2), rng, near=0.5) if rng.random() < 0.4 else []
    return _text(request.text, _question(request, rng), [request.tool, *others], rng)


def _result(kit: Kit, rng: random.Random) -> Example | None:
    request = ask(rng.choice(kit.tools), rng)
    example = _calls([request], [], rng)
    if example is None:
        return None
    messages = _carried_out(example.messages, [request])
    return Example(messages, example.tools) if messages else None


def _dialogue(kit: Kit, rng: random.Random) -> Example | None:
    """Several turns over the same tools: some requests fit one of them, some fit none, one may lack an argument."""
    first = rng.choice(kit.tools)
    tools = [first, *kit.others([first], rng.choice((0, 1, 1, 2)), rng, near=0.6)]
    shown = _show(tools, rng)
    if shown is None:
        return None
    messages: tuple[Message, ...] = ()
    turns = rng.choice((2, 3, 3, 4))
    for turn in range(turns):
        kind = rng.choices(("call", "parallel", "irrelevance", "missing"), (0.5, 0.12, 0.32, 0.06))[0]
        tool = rng.choice(tools)
        if kind == "irrelevance":
            (stranger,) = kit.others(tools, 1, rng, near=0.65) or (None,)
            if stranger is None:
                return None
            messages += _says(ask(stranger, rng).text, _refusal(tools, rng))
        elif kind == "missing":
            incomplete = ask_without(tool, rng)
            if incomplete is None:
                return None
            messages += _says(incomplete.text, _question(incomplete, rng))
        else:
            request = ask_many(tool, 2, rng) if kind == "parallel" else ask(tool, rng)
            if request is None or not _passes(request):
                return None
            turn_messages = _does([request], shown, rng, first_id=len(messages))
            if turn < turns - 1:
                turn_messages = _carried_out(turn_messages, [request])
                if not turn_messages:
                    return None
            messages += turn_messages
    return Example(messages, _specs(shown, rng))


_CATEGORIES: dict[str, Callable[[Kit, random.Random], Example | None]] = {
    "simple": _simple,
    "multiple": _multiple,
    "parallel": _parallel,
    "parallel_multiple": _parallel_multiple,
    "irrelevance": _irrelevance,
    "missing": _missing,
    "result": _result,
    "dialogue": _dialogue,
}


# ---------------------------------------------------------------- putting an example together


def _calls(requests: Sequence[Request], others: Sequence[Tool], rng: random.Random) -> Example | None:
    """The conversation in which all requests are made at once and answered by their calls; None if one fails."""
    if not all(_passes(request) for request in requests):
        return None
    wanted = {request.tool.name: request.tool for request in requests}
    shown = _show([*wanted.values(), *others], rng)
    return Example(_does(requests, shown, rng), _specs(shown, rng)) if shown else None


def _text(request: str, reply: str, tools: Sequence[Tool], rng: random.Random) -> Example | None:
    """The conversation in which nothing is called."""
    shown = _show(tools, rng)
    return Example(_says(request, reply), _specs(shown, rng)) if shown else None


def _says(request: str, reply: str) -> tuple[Message, ...]:
    return ({"role": "user", "content": request}, {"role": "assistant", "content": reply})


def _does(
    requests: Sequence[Request], shown: dict[str, Disguise], rng: random.Random, first_id: int = 0
) -> tuple[Message, ...]:
    """A user's turn with all requests, and the assistant's with all their calls."""
    calls: list[Message] = []
    for request in requests:
        for arguments in request.calls:
            name, renamed = shown[request.tool.name].call(arguments)
            calls.append(tool_call(name, renamed, id=f"call_{first_id + len(calls)}"))
    user = {"role": "user", "content": _join([request.text for request in requests], rng)}
    return (user, {"role": "assistant", "content": None, "tool_calls": calls})


def _carried_out(turn: tuple[Message, ...], requests: Sequence[Request]) -> tuple[Message, ...]:
    """The turn with the results of its calls and a final answer out of them; empty where a tool gives none."""
    results: list[Message] = []
    answers: list[str] = []
    calls = iter(turn[-1]["tool_calls"])
    for request in requests:
        for arguments in request.calls:
            result, _ = checks.run(request.tool, arguments)
            answer = _answer(request.tool, arguments, result) if result is not None else ""
            if not answer:
                return ()
            content = result if isinstance(result, str) else canonical_json(result)
            results.append({"role": "tool", "tool_call_id": next(calls)["id"], "content": content})
            answers.append(answer)
    return (*turn, *results, {"role": "assistant", "content": " ".join(answers)})


def _refusal(shown: Sequence[Tool], rng: random.Random) -> str:
    return rng.choice(REFUSALS).format(deed=_deed(rng.choice(shown)))


def _question(request: Request, rng: random.Random) -> str:
    return rng.choice(QUESTIONS).format(parameter=words_of(request.missing))


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
    """The final answer that the tool's template gives for a result; empty where there is none or it does not fit."""
    if not tool.answer:
        return ""
    known = {**arguments, **(result if isinstance(result, dict) else {}), "result": result}
    words = {key: ", ".join(map(str, value)) if isinstance(value, list) else value for key, value in known.items()}
    try:
        return tool.answer.format_map(words)
    except (KeyError, IndexError, ValueError):
        return ""
