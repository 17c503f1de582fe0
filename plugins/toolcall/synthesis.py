"""Synthesis: from a toolset and a seed, conversations in which tools are called, or rightly not called.

Examples come in scenes: a few tools, shown in one disguise and order, and several requests over them, of which
some call one tool, some several, some none. What to do is then decided by the request alone, and a trainer can
compute the tools' tokens once for the whole scene. Every scene and example has a random generator of its own,
so the same seed gives the same bytes. Only what passes the three checks (schema, execution, support by the
request) is kept.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count

from sftctl.core.errors import DataError
from sftctl.core.types import Example, Json, Message, Tool, Toolset, canonical_json, tool_call
from sftctl.plugins.toolcall import checks
from sftctl.plugins.toolcall.disguise import Disguise, disguise
from sftctl.plugins.toolcall.registry import registry
from sftctl.plugins.toolcall.requests import Request, ask, ask_again, ask_many, ask_sets, ask_without
from sftctl.plugins.toolcall.values import words_of

MIX = {
    "simple": 0.20,
    "multiple": 0.17,
    "parallel": 0.17,
    "parallel_multiple": 0.10,
    "irrelevance": 0.28,
    "missing": 0.02,
    "result": 0.04,
    "dialogue": 0.02,
}
"""Share of each category."""
ALONE = {"simple": 1.0, "multiple": 0.0, "parallel": 0.85, "parallel_multiple": 0.0}
"""Share of a category's examples that are shown a single tool; of the other categories it is half."""
SCENE = 5
"""Examples in a scene, where many are wanted."""
TRIES = 60
COMPOSED = 0.3
"""A share of scenes over composed tools that leaves most of them to the toolset; see `synthesize`."""
CATALOGUE = 300
"""Composed tools of one seed. Of so few, no two do the same to the same kind of thing, so a refusal is right."""

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

    def others(self, wanted: Sequence[Tool], many: int, rng: random.Random, near: float) -> list[Tool]:
        """Up to `many` tools besides the wanted ones; each, with probability `near`, of the same domain."""
        chosen: list[Tool] = []
        taken = {tool.name for tool in wanted}
        for _ in range(many * 4):
            pool = self.by_domain[wanted[0].domain] if rng.random() < near else self.tools
            tool = rng.choice(pool)
            if tool.name not in taken and len(chosen) < many:
                chosen.append(tool)
                taken.add(tool.name)
        return chosen


@dataclass(frozen=True)
class Scene:
    """Some tools as they are shown to the model, and others that are not."""

    kit: Kit
    tools: tuple[Tool, ...]
    shown: Mapping[str, Disguise]
    """Tool name → disguise."""
    specs: tuple[dict[str, Json], ...]
    """What the model is shown, in a fixed order."""

    def calls(self, requests: Sequence[Request], rng: random.Random) -> Example | None:
        """The conversation in which all requests are made at once and answered by their calls.

        None if a call fails a check, or is made twice.
        """
        meant = [(request.tool.name, canonical_json(call)) for request in requests for call in request.calls]
        if len(set(meant)) < len(meant) or not all(map(_passes, requests)):
            return None
        return Example(_does(requests, self.shown, rng), self.specs)

    def text(self, request: str, reply: str) -> Example:
        """The conversation in which nothing is called."""
        return Example(_says(request, reply), self.specs)

    def strangers(self, many: int, rng: random.Random) -> list[Tool]:
        """Tools that are not shown, most of them of the same domain as the first that is."""
        return self.kit.others(self.tools, many, rng, near=0.65)


def synthesize(toolset: Toolset, n: int, seed: int, composed: float = 0.0) -> Iterator[Example]:
    """`n` checked examples in the proportions of `MIX`, all requests different.

    A share `composed` of the scenes shows no tools of the toolset but some of a catalogue that is composed for the
    seed. Those tools cannot be run, so there are fewer examples that go on from a result. Raises DataError when the
    toolset cannot yield that many.
    """
    kit = Kit(toolset.tools)
    fresh = Kit(registry(CATALOGUE, seed)) if composed else kit
    size = max(1, min(SCENE, n // 200))
    seen: set[str] = set()
    made = barren = 0
    for number in count():
        rng = random.Random(f"{seed}/{number}")
        alone = rng.random() < sum(_mix(alone=True).values())
        source = fresh if composed and rng.random() < composed else kit
        scene = _scene(source, 1 if alone else rng.choice((2, 2, 2, 3, 3, 4, 5)), rng)
        before = made
        for part in range(min(size, n - made) if scene else 0):
            example = _example(scene, seen, f"{seed}/{number}/{part}") if scene else None
            if example is not None:
                yield replace(example, seed=seed, source="toolcall")
                made += 1
        if made == n:
            return
        barren = 0 if made > before else barren + 1
        if barren == TRIES:
            raise DataError(
                f"Toolset '{toolset.name}' gave only {made} different examples of the {n} asked for.",
                "Add tools or request templates, or ask for fewer examples.",
            )


def _mix(alone: bool) -> dict[str, float]:
    """The categories that scenes of one tool (`alone`) or of several have, with their shares of all examples."""
    shares = {c: share * (ALONE.get(c, 0.5) if alone else 1 - ALONE.get(c, 0.5)) for c, share in MIX.items()}
    return {category: share for category, share in shares.items() if share}


def _scene(kit: Kit, size: int, rng: random.Random) -> Scene | None:
    """Some tools in disguise, most of one domain; None where two of them look the same."""
    first = rng.choice(kit.tools)
    tools = (first, *kit.others([first], size - 1, rng, near=0.65))
    shown = {tool.name: disguise(tool, rng) for tool in tools}
    specs = [d.tool.spec for d in shown.values()]
    if len({spec["function"]["name"] for spec in specs}) < len(specs):
        return None
    rng.shuffle(specs)
    return Scene(kit, tools, shown, tuple(specs))


def _example(scene: Scene, seen: set[str], seed: str) -> Example | None:
    """An example whose request is not among those `seen`, to which it is added; None after a few tries."""
    mix = _mix(alone=len(scene.tools) == 1)
    category = ""
    for attempt in range(TRIES // 10):
        rng = random.Random(f"{seed}/{attempt}")
        if attempt % 3 == 0:  # a category is not given up at once, or the difficult ones would become rare
            (category,) = rng.choices(list(mix), list(mix.values()))
        example = _CATEGORIES[category](scene, rng)
        if example is not None and (request := str(example.messages[0]["content"])) not in seen:
            seen.add(request)
            return replace(example, category=category)
    return None


# ---------------------------------------------------------------- one function per category


def _one(scene: Scene, rng: random.Random) -> Example | None:
    return scene.calls([ask(rng.choice(scene.tools), rng)], rng)


def _parallel(scene: Scene, rng: random.Random) -> Example | None:
    tool, times = rng.choice(scene.tools), rng.choice((2, 2, 2, 3, 3, 4))
    style = rng.random()
    if style < 0.75:
        several = ask_many if style < 0.35 else ask_sets if style < 0.6 else ask_again
        request = several(tool, times, rng)
        return scene.calls([request], rng) if request else None
    return scene.calls([ask(tool, rng) for _ in range(min(times, 3))], rng)


def _parallel_multiple(scene: Scene, rng: random.Random) -> Example | None:
    if len(scene.tools) < 2:
        return None
    requests = []
    for tool in rng.sample(scene.tools, min(len(scene.tools), rng.choice((2, 2, 2, 3)))):
        many = rng.choice((ask_many, ask_sets, ask_again))(tool, 2, rng) if rng.random() < 0.25 else None
        requests.append(many or ask(tool, rng))
    return scene.calls(requests, rng)


def _irrelevance(scene: Scene, rng: random.Random) -> Example | None:
    (stranger,) = scene.strangers(1, rng) or (None,)
    return scene.text(ask(stranger, rng).text, _refusal(scene.tools, rng)) if stranger else None


def _missing(scene: Scene, rng: random.Random) -> Example | None:
    request = ask_without(rng.choice(scene.tools), rng)
    return scene.text(request.text, _question(request, rng)) if request else None


def _result(scene: Scene, rng: random.Random) -> Example | None:
    request = ask(rng.choice(scene.tools), rng)
    example = scene.calls([request], rng)
    messages = _carried_out(example.messages, [request]) if example else ()
    return Example(messages, scene.specs) if messages else None


def _dialogue(scene: Scene, rng: random.Random) -> Example | None:
    """Several turns over the same tools: some requests fit one of them, some fit none, one may lack an argument."""
    messages: tuple[Message, ...] = ()
    turns = rng.choice((2, 3, 3, 4))
    for turn in range(turns):
        kind = rng.choices(("call", "parallel", "irrelevance", "missing"), (0.5, 0.12, 0.32, 0.06))[0]
        tool = rng.choice(scene.tools)
        if kind == "irrelevance":
            (stranger,) = scene.strangers(1, rng) or (None,)
            if stranger is None:
                return None
            messages += _says(ask(stranger, rng).text, _refusal(scene.tools, rng))
        elif kind == "missing":
            incomplete = ask_without(tool, rng)
            if incomplete is None:
                return None
            messages += _says(incomplete.text, _question(incomplete, rng))
        else:
            request = ask_many(tool, 2, rng) if kind == "parallel" else ask(tool, rng)
            if request is None or not _passes(request):
                return None
            turn_messages = _does([request], scene.shown, rng, first_id=len(messages))
            if turn < turns - 1:
                turn_messages = _carried_out(turn_messages, [request])
                if not turn_messages:
                    return None
            messages += turn_messages
    return Example(messages, scene.specs)


_CATEGORIES: dict[str, Callable[[Scene, random.Random], Example | None]] = {
    "simple": _one,
    "multiple": _one,
    "parallel": _parallel,
    "parallel_multiple": _parallel_multiple,
    "irrelevance": _irrelevance,
    "missing": _missing,
    "result": _result,
    "dialogue": _dialogue,
}


# ---------------------------------------------------------------- putting an example together


def _says(request: str, reply: str) -> tuple[Message, ...]:
    return ({"role": "user", "content": request}, {"role": "assistant", "content": reply})


def _does(
    requests: Sequence[Request], shown: Mapping[str, Disguise], rng: random.Random, first_id: int = 0
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
