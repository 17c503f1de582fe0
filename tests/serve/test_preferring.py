"""What is preferred where an answer goes on: what the request speaks of, in its own words, and in its own order."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from engines import open_engine
from serving import WEATHER, call

from sftctl.core.types import Generation, Sampling
from sftctl.plugins.hermes import STOP, Hermes
from sftctl.serve import preferring
from sftctl.serve.grammar import Grammars, Shape


def said(*texts: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text} for text in texts]


def preferred(
    grammars: Grammars,
    tokenizer: Any,
    answer: str,
    *tools: dict[str, Any],
    request: str = "Is it wet in Oslo?",
    **shape: Any,
) -> Sequence[str]:
    return sorted(nats_of(grammars, tokenizer, answer, *tools, request=request, **shape))


def nats_of(
    grammars: Grammars, tokenizer: Any, answer: str, *tools: dict[str, Any], request: str, **shape: Any
) -> dict[str, float]:
    """By how much each token is likelier after an answer."""
    matcher = grammars.grounded(grammars.of(Shape(tools or (WEATHER,), **shape)), said(request)).start()
    for token in tokenizer.encode(answer, add_special_tokens=False):
        matcher.advance(token)
    return {grammars.bytes_of(token).decode(): nats for token, nats in matcher.preferred(matcher.mask()).items()}


def test_words_of_the_request_are_preferred_in_the_strings_of_calls_alone(grammars: Grammars, tokenizer: Any) -> None:
    begun, _, _ = call("get_weather", {"city": "Oslo"}).partition("Oslo")
    assert "O" in preferred(grammars, tokenizer, begun)
    assert preferred(grammars, tokenizer, 'They say: "') == []
    assert preferred(grammars, tokenizer, begun[: begun.index("city")]) == []
    assert preferred(grammars, tokenizer, call("get_weather", {"city": "Oslo"})) == []


def test_a_call_is_preferred_where_an_answer_begins_if_a_tool_is_spoken_of(grammars: Grammars, tokenizer: Any) -> None:
    assert "<" in preferred(grammars, tokenizer, "", request="What weather is it in Oslo?")
    assert preferred(grammars, tokenizer, "", request="Is it wet in Oslo?") == []
    weather = {"request": "What weather is it in Oslo?"}
    assert preferred(grammars, tokenizer, "It is", **weather) == preferred(grammars, tokenizer, "<", **weather) == []
    assert grammars.of(Shape((WEATHER,))).start().preferred(b"") == {}  # without a conversation


@pytest.mark.parametrize(
    ("arguments", "request_", "preferred_"),
    [
        ('{"city": "', "Is it wet in Oslo?", "Oslo"),
        ('{"city":', "Is it wet in Oslo?", ' "Oslo"'),
        ('{"city": "', "Is it wet?", ""),
        ('{"city": "Oslo", "parts": [', "Is it wet in the early mornings of Oslo?", '"early morning"'),
        ('{"city": "Oslo", "parts": ["', "Is it wet in the early mornings of Oslo?", "early morning"),
        ('{"city": "Oslo", "parts": ["noon", "', "At noon and in the early morning", "early morning"),
        ('{"city": "Oslo", "parts": ["noon", "', "At noon?", ""),  # given already
        ('{"city": "Oslo", "unit": "', "In metric, please", ""),  # the default
        ('{"city": "Oslo", "unit": "', "In imperial, please", "imperial"),
        ('{"city": "Oslo", "', "In imperial, please", "unit"),
        ('{"city": "Oslo", "', "In metric, please", ""),
    ],
)
def test_an_option_is_preferred_that_the_user_says(
    grammars: Grammars, tokenizer: Any, arguments: str, request_: str, preferred_: str
) -> None:
    properties = {
        "city": {"enum": ["Oslo", "Rome"]},
        "parts": {"type": "array", "items": {"type": "string", "enum": ["noon", "early morning", "night"]}},
        "unit": {"type": "string", "enum": ["metric", "imperial"], "default": "metric"},
    }
    schema = {"type": "object", "properties": properties, "required": ["city"]}
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": schema}}
    begun = f'<tool_call>\n{{"name": "get_weather", "arguments": {arguments}'
    found = preferred(grammars, tokenizer, begun, tool, request=request_)
    begins = preferred_.strip().startswith('"')  # else `found` may hold marks that lead on to another argument
    tokens = [token for token in found if (preferred_.startswith(token) if begins else token[0] not in '",')]
    assert bool(tokens) is bool(preferred_) and all(preferred_.startswith(token) for token in tokens)


@pytest.mark.parametrize(
    ("request_", "cities", "goes_on"),
    [
        ("Is it wet in Oslo?", ["Oslo"], False),
        ("Is it wet in Oslo and in Rome?", ["Oslo"], True),
        ("Is it wet in Oslo and in Rome?", ["Oslo", "Rome"], False),
        ("Is it wet in Oslo and in Rome?", ["Lima"], False),  # it is of something else
        ("Is it wet in Oslo and in Rome or in Lima?", ["Oslo", "Rome"], True),
        ("Is it wet in Oslo and in Rome or in Lima?", ["Oslo", "Oslo"], False),
    ],
)
def test_another_call_is_preferred_as_long_as_calls_take_up_what_the_request_names(
    grammars: Grammars, tokenizer: Any, request_: str, cities: Sequence[str], goes_on: bool
) -> None:
    answer = Hermes().call_separator.join(call("get_weather", {"city": city}) for city in cities)
    tokens = preferred(grammars, tokenizer, answer, request=request_)
    assert bool(tokens) is goes_on and all(Hermes().call_separator.startswith(token) for token in tokens)
    assert not preferred(grammars, tokenizer, call("get_weather", {"city": "Oslo"}), request=request_, parallel=False)


def tool(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}


@pytest.mark.parametrize(
    ("names", "request_", "written", "tokens"),
    [
        (["get_weather", "get_time"], "What time is it?", '{"name": "get_', "time"),
        (["get_weather", "get_time"], "Weather and time, please", '{"name": "get_', "weather"),  # the first
        (["get_weather", "get_time"], "Time and weather, please", '{"name": "get_', "time"),
        (["get_weather", "get_time"], "Is it late?", '{"name": "get_', ""),
        (["get_weather", "get_weathers"], "Weather?", '{"name": "get_weather', ""),  # the names say the same
        (["get_weather"], "Weather?", '{"name": "get_', ""),
    ],
)
def test_a_tool_is_preferred_of_which_the_request_speaks(
    grammars: Grammars, tokenizer: Any, names: list[str], request_: str, written: str, tokens: str
) -> None:
    found = preferred(grammars, tokenizer, f"<tool_call>\n{written}", *map(tool, names), request=request_)
    assert all(any(name.startswith(token) for token in found) for name in tokens.split())
    assert all(any(name.startswith(token) for name in tokens.split()) for token in found)


@pytest.mark.parametrize(
    ("request_", "arguments", "token"),
    [
        ("Rain in Oslo, by the method X?", '{"city": "Oslo', '",'),
        ("Rain in Oslo, by the method X?", '{"city": "Oslo",', ' "'),
        ("Rain in Oslo, by the method X?", '{"city": "Oslo", "', "meth"),
        ("Rain in Oslo, by the method X?", '{"city": "Oslo", "days": 3', ","),
        ("Rain in Oslo, by the method X?", '{"city": "Oslo", "days": 3, "method": "X', ""),
        ("Rain in Oslo, by the method X?", '{"city": "Oslo"}', ""),
        ("Rain in Oslo?", '{"city": "Oslo', ""),
        ("Rain in Oslo?", '{"city": "Oslo", "', ""),
        ("Rain in Oslo for Anna?", '{"city": "Oslo', '",'),  # nothing is named, but there is more
        ("Rain in Oslo for 5?", '{"city": "Oslo", "method": "X', '",'),
        ("Rain in Oslo for Anna?", '{"city": "Oslo", "method": "X', ""),  # no argument is left that could take a name
        ("Rain in Oslo for Anna?", '{"city": "Os', ""),  # it breaks off
    ],
)
def test_an_argument_is_preferred_of_whose_name_the_request_speaks(
    grammars: Grammars, tokenizer: Any, request_: str, arguments: str, token: str
) -> None:
    properties = {"city": {"type": "string"}, "days": {"type": "integer"}, "method": {"type": "string"}}
    forecast: dict[str, Any] = {"name": "forecast", "parameters": {"type": "object", "properties": properties}}
    forecast["parameters"]["required"] = ["city"]
    shape = Shape(({"type": "function", "function": forecast},))
    matcher = grammars.grounded(grammars.of(shape), said(request_)).start()
    begun = f'<tool_call>\n{{"name": "forecast", "arguments": {arguments}'
    for each in tokenizer.encode(begun, add_special_tokens=False):
        matcher.advance(each)
    nats = {grammars.bytes_of(each).decode(): nats for each, nats in matcher.preferred(matcher.mask()).items()}
    likeliest = {text for text, nat in nats.items() if nat == max(nats.values()) and nat > preferring.COPYING} or set(
        nats
    )
    if token in ("", '",'):
        assert ('",' in likeliest and '"' not in likeliest) is bool(token)
    else:
        assert likeliest and all(token.startswith(each) or each.startswith(token) for each in likeliest)


@pytest.mark.parametrize(
    ("request_", "called", "nats"),
    [
        ("What is the weather, and the time?", ["get_weather"], preferring.NAMED),
        ("What is the weather, and the time in Oslo?", ["get_weather"], preferring.SURE),
        ("What is the weather, and the time?", ["get_weather", "get_time"], -preferring.NAMED),
        ("What is the weather?", ["get_weather"], -preferring.NAMED),
        ("How late is it in Oslo?", ["get_weather"], -preferring.NAMED),  # it has taken up nothing
    ],
)
def test_another_call_is_preferred_as_long_as_a_tool_is_spoken_of(
    grammars: Grammars, tokenizer: Any, request_: str, called: list[str], nats: float
) -> None:
    answer = Hermes().call_separator.join(call(name, {}) for name in called)
    tools = map(tool, ("get_weather", "get_time"))
    assert set(nats_of(grammars, tokenizer, answer, *tools, request=request_).values()) == {nats}


@pytest.mark.parametrize(
    ("request_", "nats"),
    [
        ("Is it wet in Oslo, and what is the time?", preferring.SURE),
        ("Is it wet in Oslo, and what is the time in Rome?", preferring.SURE),
        ("Is it wet in Oslo and in Rome, and what is the time?", preferring.NAMED),  # Rome comes before
    ],
)
def test_a_tool_is_surely_called_where_all_that_was_said_before_it_is_taken_up(
    grammars: Grammars, tokenizer: Any, request_: str, nats: float
) -> None:
    begun = call("get_weather", {"city": "Oslo"}) + Hermes().call_separator + '<tool_call>\n{"name": "get_'
    found = nats_of(grammars, tokenizer, begun, WEATHER, tool("get_time"), request=request_)
    assert found and all("time".startswith(token) for token in found) and set(found.values()) == {nats}


def test_what_another_argument_was_given_is_not_preferred_again(grammars: Grammars, tokenizer: Any) -> None:
    properties = {"city": {"type": "string"}, "kind": {"type": "string"}}
    find = {
        "type": "function",
        "function": {"name": "find", "parameters": {"type": "object", "properties": properties}},
    }
    earlier = call("find", {"city": "Oslo"}) + Hermes().call_separator + '<tool_call>\n{"name": "find", "arguments": '
    request = "Bars in Oslo, and cheap"
    assert "O" not in preferred(grammars, tokenizer, earlier + '{"kind": "', find, request=request)
    assert "O" in preferred(grammars, tokenizer, earlier + '{"city": "', find, request=request)
    assert "O" in preferred(grammars, tokenizer, earlier + '{"kind": "', find, request=f"{request} in Oslo")


def test_what_is_preferred_is_chosen_where_the_model_does_not_care(
    tiny_model_dir: Path, grammars: Grammars, tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A random model, made to prefer strongly, says nothing but words of the request."""
    shape = Shape((WEATHER,), required=True, parallel=True)
    stop = tokenizer.convert_tokens_to_ids(STOP)
    prompt = tuple(tokenizer.encode("Is it wet in Oslo?"))
    bias = {token: -50.0 for token in range(len(tokenizer)) if grammars.bytes_of(token).startswith(b'",')}
    texts = []
    monkeypatch.setattr(preferring, "COPYING", 50.0)
    for grammar in (grammars.of(shape), grammars.grounded(grammars.of(shape), said("Is it wet in Oslo?"))):
        asked = Generation(prompt, Sampling(max_tokens=60, logit_bias=bias), (stop,), grammar=grammar)
        texts.append(tokenizer.decode([step.token for step in open_engine(tiny_model_dir).submit(asked)]))
    free, copied = (text.partition('"city": "')[2].partition('"')[0].lower() for text in texts)
    assert copied and copied in "is it wet in oslo?"
    assert free not in "is it wet in oslo?"


@pytest.mark.parametrize(
    ("request_", "yes"), [("Is it wet, in detail?", True), ("Is it wet, without detail?", False), ("Is it wet?", False)]
)
def test_yes_is_preferred_of_what_is_spoken_of(grammars: Grammars, tokenizer: Any, request_: str, yes: bool) -> None:
    schema = {"type": "object", "properties": {"detailed": {"type": "boolean"}}, "required": ["detailed"]}
    weather = {"type": "function", "function": {"name": "get_weather", "parameters": schema}}
    begun = '<tool_call>\n{"name": "get_weather", "arguments": {"detailed": '
    found = preferred(grammars, tokenizer, begun, weather, request=request_)
    assert bool(found) is yes and all("true".startswith(token) for token in found)


# ---------------------------------------------------------------- lists and percents


@pytest.mark.parametrize(
    ("arguments", "goes_on"),
    [
        ('"a":', [" [3, 5]", " [4]"]),
        ('"a": [', ["3, 5]", "4]"]),
        ('"a": [3,', [" 5]"]),
        ('"a": [3, 5', ["],"]),
        ('"a": [5', []),  # the request has none like that
        ('"a": [3, 5], "b": [', ["4]"]),  # the other one
        ('"a": [3, 5], "b": [4], "c": [', []),
    ],
)
def test_a_list_goes_on_as_one_in_brackets(
    grammars: Grammars, tokenizer: Any, arguments: str, goes_on: list[str]
) -> None:
    numbers = {name: {"type": "array", "items": {"type": "integer"}} for name in "abc"}
    schema = {"type": "object", "properties": numbers, "required": ["a", "b", "c"]}
    tool = {"type": "function", "function": {"name": "test", "parameters": schema}}
    begun = f'<tool_call>\n{{"name": "test", "arguments": {{{arguments}'
    found = preferred(grammars, tokenizer, begun, tool, request="Compare [3,5] and [4].")
    assert bool(found) is bool(goes_on)
    assert all(any(text.startswith(token) for text in goes_on) for token in found)


@pytest.mark.parametrize(
    ("name", "description", "preferred_digits"),
    [
        ("tip_percentage", "", True),
        ("tip", "The tip in percent.", True),
        ("tip", "The tip as a percentage.", True),
        ("tip", "The tip, in %", True),
        ("tip", "The number to calculate the percentage of.", False),
        ("tip", "The tip.", False),
    ],
)
def test_a_number_in_percent_goes_on_as_it_is_said(
    grammars: Grammars, tokenizer: Any, name: str, description: str, preferred_digits: bool
) -> None:
    properties = {"bill": {"type": "number"}, name: {"type": "number", "description": description}}
    schema = {"type": "object", "properties": properties, "required": ["bill", name]}
    tool = {"type": "function", "function": {"name": "split", "parameters": schema}}
    whole = call("split", {"bill": 50, name: 15})

    def after(begun: str) -> set[str]:
        matcher = grammars.grounded(grammars.of(Shape((tool,))), said("Add 15% to 50 dollars for 4.")).start()
        for token in tokenizer.encode(begun, add_special_tokens=False):
            matcher.advance(token)
        return {grammars.bytes_of(token).decode() for token in matcher.preferred(matcher.mask())}

    assert after(whole.partition("50")[0]) == set()
    first, second, end = (
        after(whole.partition(f'"{name}": {digits}')[0] + f'"{name}": {digits}') for digits in ("", "1", "15")
    )
    if preferred_digits:
        assert "1" in first and "5" not in first and "5" in second and "}" in end and "5" not in end
    else:
        assert first == second == end == set()


@pytest.mark.parametrize(
    ("name", "schema", "digits"),
    [
        ("tip_percent", {"type": "number", "description": "As a decimal."}, "0.15"),
        ("tip", {"type": "number", "description": "From 0 to 1."}, "0.15"),
        ("tip", {"type": "number", "description": "Such as 0.2."}, "0.15"),
        ("tipRate", {"type": "number", "format": "float"}, "0.15"),
        ("tip_rate", {"type": "number"}, ""),
        ("tip_rate", {"type": "number", "format": "float", "description": "A percentage."}, ""),
        ("tip", {"type": "number", "description": "At 7.25 dollars."}, ""),
        ("places", {"type": "integer", "description": "Such as 0.2."}, ""),
        ("places", {"type": "number", "description": "How many decimal places."}, ""),
    ],
)
def test_a_fraction_goes_on_as_a_hundredth_of_what_is_said(
    grammars: Grammars, tokenizer: Any, name: str, schema: dict[str, Any], digits: str
) -> None:
    parameters = {"type": "object", "properties": {name: schema}, "required": [name]}
    split = {"type": "function", "function": {"name": "split", "parameters": parameters}}
    begun = f'<tool_call>\n{{"name": "split", "arguments": {{"{name}": '
    for end in range(len(digits)):
        found = preferred(grammars, tokenizer, begun + digits[:end], split, request="Add 15% for 4.")
        assert found and all(digits[end:].startswith(token) for token in found)
    assert digits or not preferred(grammars, tokenizer, begun, split, request="Add 15% for 4.")
