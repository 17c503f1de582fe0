"""Scenes: a few tools, shown in one disguise and order, and what can be said and done over them."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import accumulate

from sftctl.core.types import OWN, Example, Json, Message, Tool, canonical_json, tool_call
from sftctl.plugins.toolcall import checks
from sftctl.plugins.toolcall.composed.results import told
from sftctl.plugins.toolcall.days import announced, brought_near, some_day
from sftctl.plugins.toolcall.deeds import deed
from sftctl.plugins.toolcall.describing import reworded
from sftctl.plugins.toolcall.disguise import Disguise, disguise, masked, undescribed, without_some
from sftctl.plugins.toolcall.english import can_follow, lowered, words_of
from sftctl.plugins.toolcall.implicit import implied
from sftctl.plugins.toolcall.likeness import Likeness
from sftctl.plugins.toolcall.notation import respelled
from sftctl.plugins.toolcall.registers import in_context, indirect, restyle
from sftctl.plugins.toolcall.requests import Request, ask, ask_without
from sftctl.plugins.toolcall.settings import SynthesisConfig, hits
from sftctl.plugins.toolcall.small_talk import small_talk
from sftctl.plugins.toolcall.values import leaves

JOINTS = (
    " Also, {}", " And {}", " Then {}", " Additionally, {}", " After that, {}", " {}", " Next, {}", "\n{}",
    " And also, {}", " Besides, {}", " On top of that, {}", " I also need this: {}", " One more thing: {}", " Plus, {}",
)  # fmt: skip
SEQUENCES = (
    ("First, {}", "Second, {}", "Third, {}", "Fourth, {}"),
    ("First, {}", "Then {}", "After that, {}", "And then {}"),
    ("1. {}", "2. {}", "3. {}", "4. {}"),
    ("(a) {}", "(b) {}", "(c) {}", "(d) {}"),
    ("- {}", "- {}", "- {}", "- {}"),
    ("To begin with, {}", "Next, {}", "Then {}", "Finally, {}"),
)
"""What each of several requests begins with, if all of them do."""
ANNOUNCED = ("", "", "Here is what I need. ", "A few things, please. ", "I have several requests. ", "My to-do list: ")
REFUSALS = (
    "I can't do that with the functions I have.",
    "I have no function for that.",
    "I have no function that fits this request.",
    "I'm afraid that is beyond the functions I have here.",
    "I can only {deed}, so I can't help with this.",
    "I can {deed}, but I have no function for what you ask.",
)
"""All begin with the same word, as QUESTIONS do: were they spread over several, each would seem less likely than a call
wherever the model doubts, however likely they are together."""
SUPPLIES = (
    "I have updated the functions that you can use. What about now?", "There is a new function now. Try again.",
    "OK, I added a function for that.", "You should have a function for it now. Can you do it?",
    "I've given you one more function. Please do it now.", "Now you can {deed}. Go ahead.",
    "I forgot to give you that function. Here it is, please try once more.",
)  # fmt: skip
QUESTIONS = (
    "I need the {parameter} for that. What is it?",
    "I still need one thing: the {parameter}.",
    "I can do that if you tell me the {parameter}.",
    "I don't know the {parameter} yet. Which should I use?",
)
OTHERS_QUESTIONS = (
    "Sure. Which {parameter}?", "OK, what {parameter} should it be?", "And the {parameter}?",
    "What is the {parameter}, please?", "Happy to help. What's the {parameter}?",
    "Of course! Which {parameter} would you like?", "Could you tell me the {parameter}?",
    "Let me check. What {parameter} do you have in mind?",
)  # fmt: skip
"""As other assistants ask; they are read, and not learned."""
SUPPLIED = (
    "{}", "{}", "{}.", "{}, please.", "It's {}.", "Make it {}.", "{}. Thanks!", "Let's take {}.", "I'd like {}.",
    "The {parameter} is {}.", "Oh, sorry: {}.", "{}, I think.",
)  # fmt: skip
"""What users say when they are asked for an argument."""
CONFIRMATIONS = (
    "Just to be sure: {}. Is that right?", "Please confirm: {}.", "So that's {}. Shall I go ahead?",
    "I have {}. Is that correct?", "Let me repeat that: {}. OK?",
)  # fmt: skip
CONFIRMED = (
    "Yes.", "Yes, please.", "Yes, that's right.", "Correct.", "That's correct, go ahead.", "Right.", "Sounds good.",
    "Yep, do it.", "Exactly.", "Sure, thanks.",
)  # fmt: skip
SEVERAL_REFUSED = 0.3
"""How often a request that no tool fits is for several things: that they are many is no reason for a call."""
REFUSED_LATE = 0.1
"""How often one is refused only after it has been read back and confirmed: nor is a yes."""
IN_SEQUENCE = 0.25
"""How often several requests are counted or listed."""
ALIKE = 0.24
"""How alike two tools are at least, of which one may do what the other is asked for: it is never refused over it."""
THE_SAME = 0.8
"""How alike two tools are at least that are not shown side by side: a request would be for either."""
FEW = 5
"""Tools of a scene that is not long, at most."""
RELATIVE = 0.7
"""How often a request says its days as seen from today, where that is known."""


@dataclass(frozen=True)
class Kit:
    """A toolset arranged for drawing from it."""

    tools: tuple[Tool, ...]
    told_apart: bool = False
    """Whether it is known that no two of the tools do the same; else that is judged by what they say."""

    @cached_property
    def own(self) -> tuple[Tool, ...]:
        """The user's own tools, where there are others beside them."""
        own = tuple(self.by_domain.get(OWN, ()))
        return own if len(own) < len(self.tools) else ()

    @cached_property
    def by_domain(self) -> dict[str, list[Tool]]:
        domains: dict[str, list[Tool]] = {}
        for tool in self.tools:
            domains.setdefault(tool.domain, []).append(tool)
        return domains

    @cached_property
    def _likeness(self) -> Likeness:
        return Likeness(self.tools)

    def others(self, wanted: Sequence[Tool], many: int, rng: random.Random, near: float, unlike: float) -> list[Tool]:
        """Up to `many` tools besides the wanted ones; each, with probability `near`, of the same domain.

        None is as like a wanted one as `unlike`, from 0 to 1, or more.
        """
        chosen: list[Tool] = []
        taken = {tool.name for tool in wanted}
        if not self.told_apart:
            taken = taken.union(*(self._likeness.alike(tool.name, unlike) for tool in wanted))
        for _ in range(many * 4):
            if len(chosen) == many:
                break
            tool = rng.choice(self.by_domain[wanted[0].domain] if rng.random() < near else self.tools)
            if tool.name not in taken:
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
    config: SynthesisConfig
    today: date | None = None
    """The day that its requests speak from, if they do."""
    opening: tuple[Message, ...] = ()
    """What each of its conversations begins with."""

    def calls(self, requests: Sequence[Request], rng: random.Random) -> Example | None:
        """The conversation in which all requests are made at once and answered by their calls.

        None if a call fails a check, or is made twice.
        """
        if _repeats(requests) or not all(map(self.passes, requests)):
            return None
        return Example(self.does(requests, rng), self.specs)

    def does(self, requests: Sequence[Request], rng: random.Random, first_id: int = 0) -> tuple[Message, ...]:
        """A user's turn with all requests, and the assistant's with all their calls."""
        calls: list[Message] = []
        for request in requests:
            for arguments in request.calls:
                name, renamed = self.shown[request.tool.name].call(arguments)
                calls.append(tool_call(name, renamed, id=f"call_{first_id + len(calls)}"))
        text = self._styled(_join([request.text for request in requests], rng), requests, rng)
        return ({"role": "user", "content": text}, {"role": "assistant", "content": None, "tool_calls": calls})

    def refuses(self, rng: random.Random) -> tuple[Message, ...]:
        """What no tool shown can serve is asked for, and the assistant says so; empty where nothing is found.

        It may be several things at once, and may have been read back and confirmed before.
        """
        if hits(self.config.small_talk, rng):
            said = small_talk(self.tools, rng)
            return says(said, self._refusal(self.tools, rng)) if said else ()
        many = rng.choice((2, 2, 3, 4)) if rng.random() < SEVERAL_REFUSED else 1
        requests = [self.retold(ask(stranger, rng), rng) for stranger in self.strangers(many, rng)]
        if not requests:
            return ()
        asked = self._styled(_join([request.text for request in requests], rng), requests, rng)
        turns = says(asked, self._refusal(self.tools, rng))
        understood = requests[0].calls[0] if len(requests) == 1 else {}
        return (
            (turns[0], *_confirmed(understood, rng), turns[1]) if understood and rng.random() < REFUSED_LATE else turns
        )

    def does_later(self, request: Request, rng: random.Random) -> tuple[Message, ...]:
        """A request that is refused, as its tool is not there; then the user supplies it, and the call is made.

        The tools shown are those at the end, as a client sends them with the last turn. Next to them the refusal is
        wrong, so it has `weight` 0: it is read, and not learned.
        """
        (asked, called) = self.does([request], rng)
        others = [tool for tool in self.tools if tool is not request.tool]
        refusal = {"role": "assistant", "content": self._refusal(others, rng), "weight": 0}
        supplied = {"role": "user", "content": rng.choice(SUPPLIES).format(deed=_deed(request.tool))}
        return (asked, refusal, supplied, called)

    def _refusal(self, tools: Sequence[Tool], rng: random.Random) -> str:
        """Of one who has these tools."""
        reply = rng.choice(REFUSALS if tools else REFUSALS[:4])
        return reply.format(deed=_deed(rng.choice(tools))) if tools else reply

    def retold(self, request: Request, rng: random.Random) -> Request:
        """The request, now and then with implicit values and days; as it was where that would lose a value."""
        texts, calls = request.parts or (request.text,), request.calls
        if self.today and rng.random() < RELATIVE:
            texts, calls = brought_near(texts, calls, self.today, rng)
        if hits(self.config.implicit, rng):
            texts = tuple(implied(text, request.tool, calls, rng) for text in texts)
        if texts == (request.parts or (request.text,)):
            return request
        parts = texts if request.parts else ()
        told = replace(request, text=" ".join(texts), calls=calls, parts=parts)
        return request if any(checks.unsupported(call, told.text, self.today) for call in calls) else told

    def passes(self, request: Request) -> bool:
        """The three checks, for every call that the request means."""
        return not any(
            checks.schema_error(request.tool, call)
            or checks.unsupported(call, request.text, self.today)
            or self._loses_percents(request.tool, call, request.text)
            or checks.run(request.tool, call)[1]
            for call in request.calls
        )

    def _loses_percents(self, tool: Tool, call: Mapping[str, Json], text: str) -> bool:
        """Whether a value that is shown rescaled, as a fraction of 1 or in percent, is not said as that."""
        disguise = self.shown.get(tool.name)  # none is called that is not shown
        rescaled = {name: call[name] for name in disguise.scales if name in call} if disguise else {}
        return bool(rescaled and disguise and checks.unsupported(disguise.call(rescaled)[1], text))

    def asks_back(self, rng: random.Random) -> tuple[Message, ...]:
        """A user's turn that leaves a required argument out, and the question for it; empty where none can be."""
        request = self._lacking(rng)
        if request is None:
            return ()
        return says(request.text, rng.choice(QUESTIONS).format(parameter=words_of(request.missing)))

    def completes(self, rng: random.Random) -> tuple[Message, ...]:
        """A request that becomes a call in more than one turn; empty where none can be.

        An argument is asked for and given, or what was understood is read back and confirmed, or both. How others ask
        and read back has `weight` 0: it is read, and not learned.
        """
        asked = rng.random() < 0.75
        request = self._lacking(rng) if asked else self.retold(ask(rng.choice(self.tools), rng), rng)
        if request is None or not request.calls[0]:  # without arguments there is nothing to ask for or read back
            return ()
        if not self.passes(replace(request, text=f"{request.text} {request.supplied}")):
            return ()
        begun, called = self.does([request], rng)
        turns = [begun]
        if asked:
            named = words_of(request.missing)
            own = rng.random() < 0.5
            question = rng.choice(QUESTIONS if own else OTHERS_QUESTIONS).format(parameter=named)
            turns.append({"role": "assistant", "content": question} | ({} if own else {"weight": 0}))
            supplied = rng.choice(SUPPLIED).format(request.supplied, parameter=named)
            turns.append({"role": "user", "content": supplied})
        if not asked or rng.random() < 0.3:
            _, understood = self.shown[request.tool.name].call(request.calls[0])
            turns += _confirmed(understood, rng)
        return (*turns, called)

    def _lacking(self, rng: random.Random) -> Request | None:
        """A request that leaves out an argument which its tool, as it is shown, requires."""
        request = ask_without(rng.choice(self.tools), rng)
        if request is None:
            return None
        shown = self.shown[request.tool.name]
        return request if shown.parameters[request.missing] in shown.tool.required else None

    def _styled(self, text: str, requests: Sequence[Request], rng: random.Random) -> str:
        """The text, now and then in another register; as it was where that would lose a value."""
        meant = [(request.tool, call) for request in requests for call in request.calls]
        styled = indirect(text, rng) if hits(self.config.indirect, rng) else text
        if rng.random() < self.config.registers:
            styled = restyle(styled, [value for _, call in meant for value in leaves(call)], rng)
        if hits(self.config.context, rng):
            styled = in_context(styled, rng)
        is_lost = styled != text and any(
            checks.unsupported(call, styled, self.today) or self._loses_percents(tool, call, styled)
            for tool, call in meant
        )
        return text if is_lost else styled

    def strangers(self, many: int, rng: random.Random) -> list[Tool]:
        """Tools that are not shown and do nothing like those that are, most of them of the domain of the first."""
        return self.kit.others(self.tools, many, rng, near=0.65, unlike=ALIKE)


def scene_of(kit: Kit, size: int, config: SynthesisConfig, rng: random.Random) -> Scene | None:
    """Some tools in disguise, most of one domain; None where two of them look the same."""
    first = rng.choice(kit.own if kit.own and hits(config.own, rng) else kit.tools)
    tools = (first, *kit.others([first], size - 1, rng, near=0.65, unlike=THE_SAME))
    if config.dropped:
        tools = tuple(without_some(tool, config.dropped, rng) for tool in tools)
    shown = masked({tool.name: _dressed(tool, config, rng) for tool in tools}, config.masked, rng)
    tools = _that_fit(tools, shown, config.long_tokens)
    shown = {tool.name: shown[tool.name] for tool in tools}
    specs = [d.tool.spec for d in shown.values()]
    if len({spec["function"]["name"] for spec in specs}) < len(specs):
        return None
    rng.shuffle(specs)
    today = some_day(rng) if hits(config.dated, rng) else None
    opening = ({"role": "system", "content": announced(today, rng)},) if today else ()
    return Scene(kit, tools, shown, tuple(specs), config, today, opening)


def _that_fit(tools: Sequence[Tool], shown: Mapping[str, Disguise], tokens: int) -> tuple[Tool, ...]:
    """The first of many tools, as many as take so many tokens together; a few are kept whatever they take."""
    if len(tools) <= FEW:
        return tuple(tools)
    sizes = accumulate(count_marks(canonical_json(shown[tool.name].tool.spec)) for tool in tools)
    return tuple(
        tool for number, (tool, size) in enumerate(zip(tools, sizes, strict=True)) if number < 2 or size <= tokens
    )


def count_marks(text: str) -> int:
    """Words and punctuation marks: of JSON schemas some fifth more than a tokenizer makes tokens of."""
    return len(_MARKS.findall(text))


_MARKS = re.compile(r"\w+|[^\w\s]")


def _dressed(tool: Tool, config: SynthesisConfig, rng: random.Random) -> Disguise:
    """The tool in disguise, now and then in other words and in another notation."""
    dressed = disguise(tool, rng)
    changes = ((config.reworded, reworded), (config.spellings, respelled), (config.undescribed, undescribed))
    for share, change in changes:
        if hits(share, rng):
            dressed = replace(dressed, tool=change(dressed.tool, rng))
    return dressed


# ---------------------------------------------------------------- turns


def _repeats(requests: Sequence[Request]) -> bool:
    """Whether a call is made twice."""
    calls = [(request.tool.name, call) for request in requests for call in request.calls]
    if len(calls) == 1:
        return False
    return len({(name, canonical_json(call)) for name, call in calls}) < len(calls)


def says(request: str, reply: str) -> tuple[Message, ...]:
    return ({"role": "user", "content": request}, {"role": "assistant", "content": reply})


def _confirmed(understood: Mapping[str, Json], rng: random.Random) -> tuple[Message, ...]:
    """What was understood is read back, which is not learned, and the user says yes."""
    read_back = rng.choice(CONFIRMATIONS).format(_listed(understood))
    yes = {"role": "user", "content": rng.choice(CONFIRMED)}
    return ({"role": "assistant", "content": read_back, "weight": 0}, yes)


def _listed(arguments: Mapping[str, Json]) -> str:
    """`city Paris, days 3`: what was understood."""
    said = (
        (words_of(name), value if isinstance(value, str) else canonical_json(value))
        for name, value in arguments.items()
    )
    return ", ".join(f"{name} {value}" for name, value in said)


def carried_out(turn: tuple[Message, ...], requests: Sequence[Request]) -> tuple[Message, ...]:
    """The turn with the results of its calls and a final answer out of them; empty where a tool gives none."""
    results: list[Message] = []
    answers: list[str] = []
    calls = iter(turn[-1]["tool_calls"])
    for request in requests:
        for arguments in request.calls:
            result, problem = checks.run(request.tool, arguments)
            is_known = request.tool.run is not None and not request.tool.live and not problem
            answer = _answer(request.tool, arguments, result) if is_known else ""
            if not answer:
                return ()
            content = result if isinstance(result, str) else canonical_json(result)
            results.append({"role": "tool", "tool_call_id": next(calls)["id"], "content": content})
            answers.append(answer)
    return (*turn, *results, {"role": "assistant", "content": " ".join(answers)})


def _join(texts: Sequence[str], rng: random.Random) -> str:
    """Several requests as one."""
    if 1 < len(texts) <= 4 and rng.random() < IN_SEQUENCE:
        return _in_sequence(texts, rng)
    text = texts[0]
    for following in texts[1:]:
        if text[-1] not in ".?!":
            text += rng.choice((".", ",", ";"))
        joint = rng.choice(JOINTS) if can_follow(following) and "\n" not in text else "\n{}"
        if text[-1] in ",;":
            joint = " and {}" if can_follow(following) else " {}"
        text += joint.format(following if joint in (" {}", "\n{}") else lowered(following))
    return text


def _in_sequence(texts: Sequence[str], rng: random.Random) -> str:
    """Several requests, counted or listed."""
    sequence = rng.choice(SEQUENCES if all(map(can_follow, texts)) else SEQUENCES[2:5])
    in_rows = sequence[0][0] in "-1" or rng.random() < 0.1
    said = [
        mark.format(text if mark[0] in "-1234(" else lowered(text))
        for mark, text in zip(sequence, (text if text[-1] in ".?!" else f"{text}." for text in texts), strict=False)
    ]
    announced = rng.choice(ANNOUNCED)
    return f"{announced.strip()}\n".lstrip() + "\n".join(said) if in_rows else announced + " ".join(said)


def _deed(tool: Tool) -> str:
    """What the tool does, in the infinitive."""
    return deed(tool.description.partition(".")[0]) or deed(words_of(tool.name))


def _answer(tool: Tool, arguments: dict[str, Json], result: Json) -> str:
    """The final answer that the tool's template, if it has one, gives for a result; empty where it does not fit."""
    if not tool.answer:
        return told(result)
    known = {**arguments, **(result if isinstance(result, dict) else {}), "result": result}
    words = {key: ", ".join(map(str, value)) if isinstance(value, list) else value for key, value in known.items()}
    try:
        return tool.answer.format_map(words)
    except (KeyError, IndexError, ValueError):
        return ""
