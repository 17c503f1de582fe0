"""A teacher's texts in the data: what is kept, what is not and why, and that nothing is paid for twice."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from teachers import OPENING, Response, Teacher, completion, good_answer, says, well

from sftctl.core.errors import TeacherError
from sftctl.core.manager import plugin_manager
from sftctl.core.teacher import TeacherConfig
from sftctl.core.tools import Pick
from sftctl.core.types import Event, Example, RewriteJob, Tool, Toolset
from sftctl.plugins.toolcall import checks
from sftctl.plugins.toolcall.synthesis import synthesize
from sftctl.plugins.toolcall.teacher import _turns, rewrite
from sftctl.toolsets import sftctl_toolsets

TOOLS = Toolset("some", "", tuple(tool for toolset in list(sftctl_toolsets())[:6] for tool in toolset.tools))
EXAMPLES = tuple(synthesize(TOOLS, 120, seed=5))


def brew(cups: int, kind: str, sweet: bool = False) -> str:
    if cups > 20:
        raise ValueError("no such pot")
    return f"{cups} {kind}"


BREW = Tool(
    "brew_tea",
    "Brew some tea.",
    {
        "type": "object",
        "properties": {"cups": {"type": "integer"}, "kind": {"type": "string"}, "sweet": {"type": "boolean"}},
        "required": ["cups", "kind"],
    },
    run=brew,
    values={"kind": Pick("green tea")},
)


class Class:
    """A teacher at work on examples."""

    def __init__(self, server: tuple[Teacher, str], folder: Path) -> None:
        self.teacher, self.url = server
        self.answers = folder / "teacher.jsonl"
        self.notes: list[str] = []

    def __call__(
        self, examples: Sequence[Example] = EXAMPLES, tools: Toolset = TOOLS, **settings: Any
    ) -> tuple[tuple[Example, ...], dict[str, Any]]:
        defaults = {"base_url": self.url, "model": "fake", "share": 1, "timeout": 5, "retries": 0, "concurrency": 4}
        config = TeacherConfig.model_validate(defaults | settings)
        made = rewrite(RewriteJob(tools, tuple(examples), config, self.answers, 5, self.note))
        return made.examples, made.report

    def note(self, event: Event) -> None:
        if event.kind == "note":
            self.notes.append(event.data["text"])


@pytest.fixture
def taught(server: tuple[Teacher, str], tmp_path: Path) -> Class:
    return Class(server, tmp_path)


def requests(examples: Sequence[Example]) -> list[str]:
    return [message["content"] for example in examples for message in example.messages if message["role"] == "user"]


def every_check_passes(examples: Sequence[Example]) -> None:
    """Every call fits the schema that is shown with it, and the user has spoken of all its values."""
    for example in examples:
        shown = {spec["function"]["name"]: spec["function"]["parameters"] for spec in example.tools}
        said = ""
        for message in example.messages:
            if message["role"] == "user":  # what was said in an earlier turn still counts
                said += message["content"] + "\n"
            for call in message.get("tool_calls") or ():
                name, arguments = call["function"]["name"], json.loads(call["function"]["arguments"])
                assert checks.schema_error(Tool(name, "", shown[name]), arguments) == ""
                assert checks.unsupported(arguments, said) == ""


# ---------------------------------------------------------------- paraphrases


def test_only_what_the_user_says_is_changed(taught: Class) -> None:
    made, report = taught()
    kept = report["paraphrases"]["kept"]
    assert kept == report["paraphrases"]["asked"] > 50
    assert sum(request.startswith(OPENING) for request in requests(made)) == kept
    assert sum(example.source == "toolcall+teacher" for example in made) > 50
    every_check_passes(made)
    for before, after in zip(EXAMPLES, made, strict=True):
        assert after.tools == before.tools
        assert after.category == before.category
        for old, new in zip(before.messages, after.messages, strict=True):
            assert new | {"content": ""} == old | {"content": ""}
            assert new["content"] == old["content"] or new["content"] == OPENING + old["content"]


def test_requests_that_lack_an_argument_stay_as_they_are(taught: Class) -> None:
    made, _ = taught()
    lacking = [(before, after) for before, after in zip(EXAMPLES, made, strict=True) if before.category == "missing"]
    assert lacking
    assert all(before == after for before, after in lacking)


def test_truth_values_wait_for_a_judge(taught: Class) -> None:
    def has_truth(example: Example) -> bool:
        return any(value is True or value is False for _, arguments in example.calls for value in arguments.values())

    examples = [example for example in EXAMPLES if example.category == "simple" and has_truth(example)]
    assert examples
    assert taught(examples)[1]["paraphrases"]["asked"] == 0
    assert taught(examples, votes=1)[1]["paraphrases"]["kept"] == len(examples)


def test_a_share_is_rewritten_the_same_one_each_time(taught: Class) -> None:
    half, report = taught(share=0.5)
    assert 0.3 < report["paraphrases"]["asked"] / taught()[1]["paraphrases"]["asked"] < 0.7
    assert taught(share=0.5)[0] == half


def test_a_share_is_put_in_other_languages() -> None:
    config = TeacherConfig(base_url="http://x/v1", model="x", share=1, languages={"German": 0.5, "French": 0.2})
    turns = list(_turns(EXAMPLES, config, seed=0))
    spoken = Counter(turn.language for turn in turns)
    assert 0.3 < spoken["German"] / len(turns) < 0.7 and 0 < spoken["French"] < spoken["German"] and spoken[""]
    for turn in turns:
        assert ("Say the same in German, " in turn.prompt) == (turn.language == "German")
        unchanged = turn.read(json.dumps({"request": turn.text}), strict=True).reason
        assert unchanged == ("not_translated" if turn.language else "unchanged")


def test_every_register_is_asked_for(taught: Class) -> None:
    taught()
    manners = Counter(prompt.partition("Say the same ")[2][:20] for prompt in taught.teacher.prompts)
    assert len(manners) == 5


BAD = {
    "unreadable": ["I would rather not.", '{"request": "Right then, I wan', '{"text": "hm"}', '{"request": 5}', "[]"],
    "unsupported_value": ['{"request": "Do that thing for me please."}'],
    "adds_a_number": [lambda prompt: with_more(prompt, "in 417 words")],
    "adds_a_name": [lambda prompt: with_more(prompt, "as Zebedee would")],
    "unchanged": [lambda prompt: with_more(prompt, "")],
}


def with_more(prompt: str, more: str) -> str:
    request = json.loads(good_answer(prompt))["request"].removeprefix(OPENING)
    return json.dumps({"request": f"{request} {more}".strip()})


@pytest.mark.parametrize(("reason", "answer"), [(reason, answer) for reason in BAD for answer in BAD[reason]])
def test_a_bad_text_is_counted_and_the_offline_text_stays(taught: Class, reason: str, answer: Any) -> None:
    examples = [example for example in EXAMPLES if example.category in ("simple", "multiple") and example.calls[0][1]]
    taught.teacher.script = lambda prompt, number: says(answer(prompt) if callable(answer) else answer)
    made, report = taught(examples)
    assert made == tuple(examples)
    assert report["paraphrases"]["rejected"] == {reason: report["paraphrases"]["asked"]}
    assert f"not kept: {report['paraphrases']['asked']} {reason}" in taught.notes[-1]


def test_what_stands_around_an_answer_does_no_harm(taught: Class) -> None:
    def script(prompt: str, number: int) -> Response:
        return says(
            f'<think>{{"request": "no"}} hm</think>Here you are:\n```json\n{good_answer(prompt)}\n```\nBye {{}}'
        )

    taught.teacher.script = script
    assert taught()[1]["paraphrases"]["rejected"] == {}


def test_no_two_requests_become_the_same(taught: Class) -> None:
    pair = [example for example in EXAMPLES if example.category == "simple"][:2]
    twins = [pair[0], Example(**pair[0].__dict__ | {"seed": 99})]
    _, report = taught(twins)
    assert report["paraphrases"]["rejected"] == {"duplicate": 1}


# ---------------------------------------------------------------- the judge


def test_a_majority_keeps_a_text(taught: Class) -> None:
    def script(prompt: str, number: int) -> Response:
        asked = sum(other == prompt for other in taught.teacher.prompts)
        return says("No." if "yes or no" in prompt and asked == 2 else good_answer(prompt))

    taught.teacher.script = script
    _, report = taught(votes=3, judge_model="judge", concurrency=1)
    assert report["paraphrases"]["kept"] == report["paraphrases"]["asked"]
    models = Counter(asked.body["model"] for asked in taught.teacher.asked)
    assert models == {"fake": report["paraphrases"]["asked"], "judge": 3 * report["paraphrases"]["asked"]}
    assert (report["judge_model"], report["votes"]) == ("judge", 3)


@pytest.mark.parametrize("vote", ["No.", "no, the second call is wrong. Yes?", "Perhaps.", "", "<think>yes</think>No"])
def test_without_a_majority_the_offline_text_stays(taught: Class, vote: str) -> None:
    taught.teacher.script = lambda prompt, number: says(vote if "yes or no" in prompt else good_answer(prompt))
    made, report = taught(EXAMPLES[:16], votes=2)
    assert made == EXAMPLES[:16]
    assert report["paraphrases"]["rejected"] == {"judged_wrong": report["paraphrases"]["asked"]}


def test_a_tie_is_no_majority(taught: Class) -> None:
    def script(prompt: str, number: int) -> Response:
        first = taught.teacher.prompts.index(prompt) == number
        return says(good_answer(prompt) if first else "No.")

    taught.teacher.script = script
    made, report = taught(EXAMPLES[:5], votes=2, concurrency=1)
    assert made == EXAMPLES[:5]
    assert report["paraphrases"]["rejected"] == {"judged_wrong": report["paraphrases"]["asked"]}


def test_the_judge_sees_the_text_and_the_calls(taught: Class) -> None:
    example = next(example for example in EXAMPLES if example.category == "multiple" and example.calls[0][1])
    taught([example], votes=1)
    ballot = taught.teacher.prompts[-1]
    name, arguments = example.calls[0]
    assert OPENING + example.messages[0]["content"] in ballot
    assert name in ballot
    assert json.dumps(arguments, ensure_ascii=False) in ballot


def test_a_judge_that_fails_keeps_nothing(taught: Class) -> None:
    taught.teacher.script = lambda prompt, number: Response("", status=500) if "yes or no" in prompt else well(prompt)
    made, report = taught(EXAMPLES[:6], votes=1)
    assert made == EXAMPLES[:6]
    assert set(report["paraphrases"]["rejected"]) == {"verdict_unanswered"}


# ---------------------------------------------------------------- inventions


def test_a_tool_without_templates_gets_requests(taught: Class) -> None:
    tools = Toolset("more", "", (*TOOLS.tools, BREW))
    made, report = taught((), tools, invent=5)
    assert report["inventions"] == {"asked": 5, "kept": 5, "rejected": {}}
    assert len({example.messages[0]["content"] for example in made}) == 5
    assert all(f'"cups": {n + 4}' in str(made[n].messages[1]) or len(made[n].calls[0][1]) == 2 for n in range(5))
    assert {example.category for example in made} <= {"simple", "multiple"}
    every_check_passes(made)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"request": "Brew 3 cups of oolong", "arguments": {"cups": 3, "kind": "oolong"}}, ""),
        ({"request": "Brew 3 cups of oolong, sweet", "arguments": {"cups": 3, "kind": "oolong", "sweet": True}}, ""),
        ({"request": "Brew 3 cups of oolong", "arguments": {"cups": "3", "kind": "oolong"}}, "breaks_the_schema"),
        ({"request": "Brew 3 cups of oolong", "arguments": {"cups": 3}}, "breaks_the_schema"),
        ({"request": "Brew 3 oolong", "arguments": {"cups": 3, "kind": "oolong", "to": "me"}}, "breaks_the_schema"),
        ({"request": "Brew some oolong", "arguments": {"cups": 3, "kind": "oolong"}}, "unsupported_value"),
        (
            {"request": "Brew 3 cups of oolong", "arguments": {"cups": 3, "kind": "oolong", "sweet": True}},
            "unsupported_value",
        ),
        ({"request": "Brew 3 cups of oolong by 5", "arguments": {"cups": 3, "kind": "oolong"}}, "adds_a_number"),
        ({"request": "Brew 3 cups of oolong tomorrow", "arguments": {"cups": 3, "kind": "oolong"}}, "adds_a_date"),
        ({"request": "Brew 30 cups of oolong", "arguments": {"cups": 30, "kind": "oolong"}}, "fails_when_run"),
        ({"request": "brew_tea 3 oolong", "arguments": {"cups": 3, "kind": "oolong"}}, "names_the_function"),
        ({"request": "Brew 3 cups of oolong", "arguments": "3 oolong"}, "unreadable"),
        ({"arguments": {"cups": 3, "kind": "oolong"}}, "unreadable"),
        ({"request": "Brew NaN oolong", "arguments": {"cups": float("nan"), "kind": "oolong"}}, "unreadable"),
        ({"request": "Brew 3 \ud83d", "arguments": {"cups": 3, "kind": "\ud83d"}}, "unreadable"),
        (
            {"request": f"{'9' * 400} oolong", "arguments": {"cups": int("9" * 400), "kind": "oolong"}},
            "unsupported_value",
        ),
    ],
)
def test_an_invention_passes_the_checks_or_is_counted(taught: Class, answer: dict[str, Any], reason: str) -> None:
    taught.teacher.script = lambda prompt, number: says(json.dumps(answer))
    made, report = taught((), Toolset("tea", "", (BREW,)), invent=1)
    assert report["inventions"]["rejected"] == ({reason: 1} if reason else {})
    assert len(made) == (0 if reason else 1)


# ---------------------------------------------------------------- failures, order, resuming


def test_the_bytes_do_not_depend_on_which_answer_comes_first(taught: Class, tmp_path: Path) -> None:
    tools = Toolset("more", "", (*TOOLS.tools, BREW))
    expected = taught(EXAMPLES, tools, concurrency=1, votes=1)
    other = Class((taught.teacher, taught.url), tmp_path / "other")
    other.teacher.script = lambda prompt, number: Response(completion(good_answer(prompt)), delay=number * 7 % 5 / 200)
    assert other(EXAMPLES, tools, concurrency=16, votes=1) == expected
    assert other.teacher.most_under_way > 4


def test_a_teacher_that_fails_half_way_is_made_up_for_offline(taught: Class) -> None:
    taught.teacher.script = lambda prompt, number: well(prompt) if number < 20 else Response("", hang_up=True)
    made, report = taught(concurrency=2)
    assert report["paraphrases"]["kept"] == 20
    assert report["paraphrases"]["rejected"] == {"unanswered": report["paraphrases"]["asked"] - 20}
    assert len(made) == len(EXAMPLES)
    assert any("in a row" in note for note in taught.notes)
    taught.teacher.script = well
    again, report = taught()
    assert report["paraphrases"]["kept"] == report["paraphrases"]["asked"]
    assert max(Counter(taught.teacher.prompts[:20] + taught.teacher.prompts[-40:]).values()) == 1
    every_check_passes(again)


def test_a_required_teacher_that_fails_is_an_error(taught: Class) -> None:
    taught.teacher.script = lambda prompt, number: well(prompt) if number < 20 else Response("", hang_up=True)
    with pytest.raises(TeacherError, match="cannot be used"):
        taught(required=True)


def test_a_spent_budget_leaves_the_rest_offline(taught: Class) -> None:
    made, report = taught(token_budget=2500, max_tokens=100)
    assert report["tokens"] <= 2500
    assert 10 < report["paraphrases"]["kept"] < 30
    assert set(report["paraphrases"]["rejected"]) == {"over_budget"}
    assert "token budget of 2500 is spent" in taught.notes[0]
    asked = len(taught.teacher.asked)
    assert taught(token_budget=2500, max_tokens=100) == (made, report)
    assert len(taught.teacher.asked) == asked


# ---------------------------------------------------------------- a real model


@pytest.mark.real
def test_whatever_a_small_model_writes_the_data_pass_every_check(real_model: Any, tmp_path: Path) -> None:
    from sftctl.core.stages.evaluation import open_chat
    from sftctl.serve.app import create_app
    from sftctl.serve.server import running
    from sftctl.serve.service import Service

    plugins = plugin_manager()
    chat = open_chat(plugins, "torch", "hermes", real_model, None)
    tools = Toolset("more", "", (*TOOLS.tools, BREW))
    with running(create_app(plugins, Service([chat]))) as url:
        teaching = Class((Teacher(well), url), tmp_path)
        settings = {"model": chat.name, "max_tokens": 48, "seed": 1, "timeout": 120, "invent": 2, "concurrency": 4}
        made, report = teaching(EXAMPLES[:6], tools, **settings)
        again = teaching(EXAMPLES[:6], tools, **settings | {"base_url": "http://127.0.0.1:9/v1"})
    for kind in ("paraphrases", "inventions"):
        assert report[kind]["asked"] == report[kind]["kept"] + sum(report[kind]["rejected"].values()) > 1
        assert "unanswered" not in report[kind]["rejected"]
    assert len(made) == 6 + report["inventions"]["kept"]
    assert again == (made, report), "all of it is in the file of answers"
    every_check_passes(made)
