"""Synthesis: from a toolset and a seed, conversations in which tools are called, or rightly not called.

Examples come in scenes: a few tools, shown in one disguise and order, and several requests over them, of which
some call one tool, some several, some none. What to do is then decided by the request alone, and a trainer can
compute the tools' tokens once for the whole scene. Every scene and example has a random generator of its own,
so the same seed gives the same bytes. Only what passes the three checks (schema, execution, support by the
request), and fits the tools as they are shown, is kept.
"""

import random
from bisect import bisect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate, count

from sftctl.core.errors import DataError
from sftctl.core.types import Example, Message, Toolset, call_of, canonical_json, tool_call
from sftctl.plugins.toolcall.checks import shown_error
from sftctl.plugins.toolcall.composed.registry import registry
from sftctl.plugins.toolcall.conversation import conversation
from sftctl.plugins.toolcall.requests import Request, ask
from sftctl.plugins.toolcall.scenes import Kit, Scene, carried_out, scene_of
from sftctl.plugins.toolcall.seen import SeenRequests
from sftctl.plugins.toolcall.settings import DEFAULTS, SynthesisConfig, hits
from sftctl.plugins.toolcall.several import ask_again, ask_many, ask_several

ALONE = {"simple": 1.0, "multiple": 0.0, "parallel": 0.85, "parallel_multiple": 0.0}
"""Share of a category's examples that are shown a single tool; of the other categories it is half."""
MANY = (8, 24)
"""Tools of a long scene, at least and at most."""
TRIES = 60
CATALOGUE = 300
"""Composed tools that are drawn at once. Of so few, no two do the same to the same thing, so a refusal is right."""
CORRECTIONS = (
    "Sorry, I meant {}.",
    "Actually, make that {}.",
    "No wait, {}.",
    "I was wrong, it should be {}.",
    "Change it to {}, please.",
)
FAILURES = (
    "service unavailable",
    "the request timed out",
    "internal error",
    "too many requests, try again later",
    "connection refused",
    "permission denied",
)
REPORTS = (
    "That did not work: {reason}. Shall I try again?",
    "Sorry, the function failed ({reason}).",
    "I could not do it, since it answered: {reason}. Should I try once more?",
)
REFUSED = (
    "{parameter} {value} is not available",
    "invalid value for {parameter}: {value}",
    "no entry found for {parameter} {value}",
    "{parameter}: {value} was rejected",
    "cannot use {value} as {parameter} at the moment",
)
QUERIES = (
    "That did not work: {reason}. What should I use instead?",
    "The function refused it ({reason}). Do you have another value?",
    "I got an error: {reason}. Which one should I take?",
)
BETTER = ("Then take {}.", "Try {}.", "OK, use {} instead.", "In that case {}, please.", "My mistake, it should be {}.")
RETRIES = ("Yes, try again.", "Try it again, please.", "Once more, please.", "Yes please.", "Give it another go.")


def synthesize(toolset: Toolset, n: int, seed: int, config: SynthesisConfig = DEFAULTS) -> Iterator[Example]:
    """`n` checked examples in the proportions of `config.mix`, all requests different.

    With a curriculum they are the same ones in its order, all of them in memory. Raises DataError when the toolset
    cannot yield that many.
    """
    examples = _synthesize(toolset, n, seed, config)
    if not config.curriculum:
        return examples
    order = {category: place for place, category in enumerate(config.curriculum)}
    return iter(sorted(examples, key=lambda example: order.get(example.category, len(order))))


def _synthesize(toolset: Toolset, n: int, seed: int, config: SynthesisConfig) -> Iterator[Example]:
    kit, mixes = Kit(toolset.tools), {alone: _mix(config.mix, alone) for alone in (True, False)}
    composed = _catalogues(seed, config)
    seen = SeenRequests(n)
    made = barren = 0
    for number in count():
        rng = random.Random(f"{seed}/{number}")
        alone = rng.random() < sum(mixes[True].values()) / sum(config.mix.values())
        source = composed(number) if rng.random() < config.composed else kit
        scene = scene_of(source, 1 if alone else _size(config, rng), config, rng)
        before = made
        mix = mixes[len(scene.tools) == 1] if scene else {}
        parts = min(config.scene, n - made) if mix else 0
        for part, category in enumerate(_dealt(mix, parts, rng)):
            example = _example(scene, category, mix, seen, seed, f"{number}/{part}") if scene else None
            if example is not None:
                yield example
                made += 1
        if made == n:
            return
        barren = 0 if made > before else barren + 1
        if barren == TRIES:
            raise DataError(
                f"Toolset '{toolset.name}' gave only {made} different examples of the {n} asked for.",
                "Add tools or request templates, or ask for fewer examples.",
            )


def _catalogues(seed: int, config: SynthesisConfig) -> Callable[[int], Kit]:
    """Number of a scene → the composed tools that it draws from; only the last ones are kept."""

    @lru_cache(maxsize=1)
    def catalogue(part: int) -> Kit:
        return Kit(registry(CATALOGUE, f"{seed}/{part}" if part else seed, config.answered), told_apart=True)

    return lambda number: catalogue(number // config.redraw if config.redraw else 0)


def _size(config: SynthesisConfig, rng: random.Random) -> int:
    return rng.randint(*MANY) if hits(config.long, rng) else rng.choice((2, 2, 2, 3, 3, 4, 5))


def _mix(mix: Mapping[str, float], alone: bool) -> dict[str, float]:
    """The categories that scenes of one tool (`alone`) or of several have, with their shares of all examples."""
    shares = {c: share * (ALONE.get(c, 0.5) if alone else 1 - ALONE.get(c, 0.5)) for c, share in mix.items()}
    return {category: share for category, share in shares.items() if share}


def _dealt(mix: Mapping[str, float], n: int, rng: random.Random) -> list[str]:
    """`n` categories in the proportions of the mix, as exactly as `n` allows, in random order.

    Were each drawn by itself, what a trainer sees at once would hold now too many calls, now too many refusals, and
    whether to call at all is what so small a model is least sure of.
    """
    bounds, start = list(accumulate(mix.values())), rng.random()
    dealt = [list(mix)[bisect(bounds, bounds[-1] * (place + start) / n, hi=len(bounds) - 1)] for place in range(n)]
    rng.shuffle(dealt)
    return dealt


def _example(
    scene: Scene, category: str, mix: Mapping[str, float], seen: SeenRequests, seed: int, place: str
) -> Example | None:
    """An example of a new request whose calls fit the tools as shown; None after a few tries."""
    for attempt in range(TRIES // 10):
        rng = random.Random(f"{seed}/{place}/{attempt}")
        if attempt and attempt % 3 == 0:  # a category is not given up at once, or the difficult ones would become rare
            (category,) = rng.choices(list(mix), list(mix.values()))
        example = _CATEGORIES[category](scene, rng)
        if example and not shown_error(example) and seen.add(str(example.messages[0]["content"])):
            messages = (*scene.opening, *example.messages)
            return replace(example, category=category, messages=messages, seed=seed, source="toolcall")
    return None


# ---------------------------------------------------------------- one function per category


def _one(scene: Scene, rng: random.Random) -> Example | None:
    return scene.calls([scene.retold(ask(rng.choice(scene.tools), rng), rng)], rng)


def _parallel(scene: Scene, rng: random.Random) -> Example | None:
    tool, times = rng.choice(scene.tools), rng.choice((2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6))
    if rng.random() < 0.72:
        request = ask_several(tool, times, rng)
        return scene.calls([scene.retold(request, rng)], rng) if request else None
    return scene.calls([scene.retold(ask(tool, rng), rng) for _ in range(min(times, 4))], rng)


def _parallel_multiple(scene: Scene, rng: random.Random) -> Example | None:
    if len(scene.tools) < 2:
        return None
    requests = []
    for tool in rng.sample(scene.tools, min(len(scene.tools), rng.choice((2, 2, 2, 3, 3, 4)))):
        several = ask_several(tool, rng.choice((2, 2, 3)), rng) if rng.random() < 0.35 else None
        requests.append(scene.retold(several or ask(tool, rng), rng))
    return scene.calls(requests, rng)


def _irrelevance(scene: Scene, rng: random.Random) -> Example | None:
    messages = scene.refuses(rng)
    return Example(messages, scene.specs) if messages else None


def _missing(scene: Scene, rng: random.Random) -> Example | None:
    messages = scene.asks_back(rng)
    return Example(messages, scene.specs) if messages else None


def _completed(scene: Scene, rng: random.Random) -> Example | None:
    messages = scene.completes(rng)
    return Example(messages, scene.specs) if messages else None


def _result(scene: Scene, rng: random.Random) -> Example | None:
    request = scene.retold(ask(rng.choice(scene.tools), rng), rng)
    example = scene.calls([request], rng)
    messages = carried_out(example.messages, [request]) if example else ()
    return Example(messages, scene.specs) if messages else None


def _correction(scene: Scene, rng: random.Random) -> Example | None:
    """A call is carried out, then the user changes one value of it."""
    pair = _changed(scene, CORRECTIONS, rng)
    if pair is None:
        return None
    first, second = pair
    turn = carried_out(scene.does([first], rng), [first])
    return Example((*turn, *scene.does([second], rng, first_id=1)), scene.specs) if turn else None


def _changed(scene: Scene, ways: tuple[str, ...], rng: random.Random) -> tuple[Request, Request] | None:
    """A request, and what changes one value of it."""
    pair = ask_again(rng.choice(scene.tools), 2, rng, ways)
    pair = scene.retold(pair, rng) if pair else None
    if pair is None or not scene.passes(pair) or pair.calls[0] == pair.calls[1]:
        return None
    said, corrected = pair.parts
    return replace(pair, text=said, calls=pair.calls[:1]), replace(pair, text=corrected, calls=pair.calls[1:])


def _failure(scene: Scene, rng: random.Random) -> Example | None:
    """A call fails, the assistant says so, and makes it again when asked to."""
    if hits(scene.config.refused, rng):
        return _refusal(scene, rng)
    request = scene.retold(ask(rng.choice(scene.tools), rng), rng)
    if not scene.passes(request):
        return None
    reason = rng.choice(FAILURES)
    turn = _failed(scene.does([request], rng), reason, rng.choice(REPORTS))
    if rng.random() < 0.5:
        return Example(turn, scene.specs)
    name, arguments = call_of(turn[1]["tool_calls"][0])
    again = {"role": "assistant", "content": None, "tool_calls": [tool_call(name, arguments, id="call_1")]}
    return Example((*turn, {"role": "user", "content": rng.choice(RETRIES)}, again), scene.specs)


def _refusal(scene: Scene, rng: random.Random) -> Example | None:
    """A tool refuses a value, the assistant asks for a better one and makes the call with that."""
    pair = _changed(scene, BETTER, rng)
    if pair is None:
        return None
    first, second = pair
    (before,), (after,) = first.calls, second.calls
    name = next(name for name in before if before[name] != after[name])
    parameter = scene.shown[first.tool.name].parameters[name]
    reason = rng.choice(REFUSED).format(parameter=parameter, value=before[name])
    turn = _failed(scene.does([first], rng), reason, rng.choice(QUERIES))
    return Example((*turn, *scene.does([second], rng, first_id=1)), scene.specs)


def _failed(turn: tuple[Message, ...], reason: str, report: str) -> tuple[Message, ...]:
    """The turn, its call answered by an error, and the report of it."""
    result = {"role": "tool", "tool_call_id": "call_0", "content": canonical_json({"error": reason})}
    return (*turn, result, {"role": "assistant", "content": report.format(reason=reason)})


def _supplied(scene: Scene, rng: random.Random) -> Example | None:
    """What no function fits is done once the user has supplied one."""
    request = scene.retold(ask(rng.choice(scene.tools), rng), rng)
    return Example(scene.does_later(request, rng), scene.specs) if scene.passes(request) else None


def _dialogue(scene: Scene, rng: random.Random) -> Example | None:
    """Several turns over the same tools: some requests fit one of them, some fit none, one may lack an argument."""
    messages: tuple[Message, ...] = ()
    turns = rng.choice((2, 3, 3, 4))
    for turn in range(turns):
        kind = rng.choices(("call", "parallel", "irrelevance", "missing"), (0.5, 0.12, 0.32, 0.06))[0]
        if kind == "irrelevance":
            more = scene.refuses(rng)
        elif kind == "missing":
            more = scene.asks_back(rng)
        else:
            tool = rng.choice(scene.tools)
            request = ask_many(tool, 2, rng) if kind == "parallel" else ask(tool, rng)
            request = scene.retold(request, rng) if request else None
            if request is None or not scene.passes(request):
                return None
            more = scene.does([request], rng, first_id=len(messages))
            if turn < turns - 1:
                more = carried_out(more, [request])
        if not more:
            return None
        messages += more
    return Example(messages, scene.specs)


def _conversation(scene: Scene, rng: random.Random) -> Example:
    """Nothing is to be called, and there are no tools either."""
    return Example(conversation(rng))


_CATEGORIES: dict[str, Callable[[Scene, random.Random], Example | None]] = {
    "simple": _one,
    "multiple": _one,
    "parallel": _parallel,
    "parallel_multiple": _parallel_multiple,
    "irrelevance": _irrelevance,
    "missing": _missing,
    "completed": _completed,
    "result": _result,
    "correction": _correction,
    "failure": _failure,
    "supplied": _supplied,
    "dialogue": _dialogue,
    "conversation": _conversation,
}
