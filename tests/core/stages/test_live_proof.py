"""The live proof's choice of questions, and what counts as an answer to them."""

from sftctl.core.stages.proof import _is_as_asked, _questions
from sftctl.core.types import Example, Json, Message, Tool, Toolset, tool_call

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "array"}}, "required": ["city"]}
WEATHER = Tool("get_weather", "The weather.", SCHEMA, run=str)
SILENT = Tool("get_news", "The news.", SCHEMA)
TOOLS = Toolset("t", "", (WEATHER, SILENT))
ASKED: dict[str, Json] = {"city": "Oslo", "days": [1, 2]}


def turn(*calls: tuple[str, dict[str, Json]]) -> tuple[Message, Message]:
    made = [tool_call(name, arguments) for name, arguments in calls]
    return ({"role": "user", "content": "Weather?"}, {"role": "assistant", "content": None, "tool_calls": made})


def test_only_what_can_be_asked_live_is_asked() -> None:
    usable = Example(turn(("get_weather", ASKED)))
    examples = [
        Example(turn(("fetch_weather", ASKED))),  # in disguise
        Example(turn(("get_weather", {"place": "Oslo"}))),
        Example(turn(("get_news", ASKED))),  # does not run
        Example(turn(("get_weather", ASKED), ("get_weather", ASKED))),
        Example((*turn(("get_weather", ASKED)), *turn(("get_weather", ASKED)))),
        usable,
    ]
    assert list(_questions(examples, TOOLS)) == [("Weather?", WEATHER, ASKED)]


def test_a_call_that_runs_but_was_not_asked_for_proves_nothing() -> None:
    assert _is_as_asked(turn(("get_weather", ASKED)), WEATHER, ASKED)
    assert _is_as_asked(turn(("get_weather", ASKED | {"unit": "C"})), WEATHER, ASKED)
    assert not _is_as_asked(turn(("get_news", ASKED)), WEATHER, ASKED)
    assert not _is_as_asked(turn(("get_weather", ASKED | {"city": "Rome"})), WEATHER, ASKED)
    assert not _is_as_asked(turn(("get_weather", {"city": "Oslo"})), WEATHER, ASKED)
    assert not _is_as_asked(turn(("get_weather", ASKED), ("get_weather", ASKED)), WEATHER, ASKED)
