"""No row that a formatter lets through breaks a rule down, however strange it is."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from rows import RULES

from sftctl.core.errors import DataError
from sftctl.core.lint import Linter
from sftctl.core.manager import plugin_manager
from sftctl.plugins.hermes import Hermes

OPENAI = plugin_manager().formatters()["openai"]
KEYS = st.sampled_from(["type", "properties", "items", "enum", "required", "$ref", "$schema", "pattern", "not", "x"])
JSON: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["object", "string", "(", "#", "x", "é\0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
FUNCTION = st.fixed_dictionaries({"name": st.sampled_from(["f", "g", ""]), "parameters": JSON})
CALL = st.fixed_dictionaries(
    {
        "function": st.fixed_dictionaries(
            {"name": st.sampled_from(["f", "g"]), "arguments": JSON | st.just('{"x": NaN}')}
        )
    },
    optional={"id": st.sampled_from(["a", "b"])},
)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "tool"])},
    optional={
        "content": JSON,
        "tool_calls": st.lists(CALL, max_size=2),
        "tool_call_id": st.sampled_from(["a", "c"]),
        "weight": st.sampled_from([0, 1]),
    },
)


@settings(max_examples=200, deadline=None)
@given(st.lists(MESSAGE, max_size=5), st.lists(st.fixed_dictionaries({"function": FUNCTION}), max_size=3))
def test_a_strange_row_is_judged(messages: list[Any], tools: list[Any]) -> None:
    try:
        example = OPENAI.to_example({"messages": messages, "tools": tools})
    except (DataError, ValueError):  # NaN is no JSON
        return
    Linter(RULES.values(), Hermes()).check("f:1", example)


@settings(max_examples=100, deadline=None)
@given(JSON, JSON)
def test_strange_parameters_are_judged(parameters: Any, arguments: Any) -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": arguments}}
    try:
        example = OPENAI.to_example({"messages": [{"role": "assistant", "tool_calls": [call]}], "tools": [tool]})
    except (DataError, ValueError):  # NaN is no JSON
        return
    Linter(RULES.values(), Hermes()).check("f:1", example)
