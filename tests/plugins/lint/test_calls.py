"""Rules about tools and calls: each finds the row that breaks it, and that alone."""

from typing import Any

import pytest
from rows import BOOK, CALL, TOOLS, calls, example, found, lint, result, says, tool, user

from sftctl.core.types import Example, Json

OPEN = BOOK | {"additionalProperties": True}


def booking(**arguments: Json) -> Example:
    return example(user(), calls(("book", {"city": "Oslo"} | arguments)))


def raw_arguments(arguments: Json) -> Example:
    call = {"id": "a", "type": "function", "function": {"name": "book", "arguments": arguments}}
    return example(user(), {"role": "assistant", "content": None, "tool_calls": [call]})


@pytest.mark.parametrize(
    "good",
    [
        example(),
        booking(nights=2, room="double", note=None, guest={"age": 7}),
        example(user(), calls(("book", {"city": "Oslo"}), ("wait", {})), result("b"), result("a"), says()),
        example(user(), CALL, result(), says(), user("And Bergen?"), calls(("book", {"city": "Bergen"}))),
        example(user(), calls(("book", {}), weight=0), result("a", "city is missing"), CALL),
        example(user(), calls(("anything", {"x": None})), tools=(tool("anything", {}),)),
        example(
            user(),
            calls(("open", {"x": 1})),
            tools=(tool("open", BOOK | {"additionalProperties": True, "required": []}),),
        ),
        example(user(), says(), tools=()),
        Example((), text="Rain is water."),
    ],
    ids=["whole", "arguments", "parallel", "two turns", "mistake", "no schema", "open schema", "no tools", "text"],
)
def test_a_good_row_has_no_findings(good: Example) -> None:
    assert lint(good) == []


@pytest.mark.parametrize(
    ("bad", "rule", "message"),
    [
        (booking(nights="2"), "schema-mismatch", "message 2 calls 'book': 'nights' must be integer, not string"),
        (booking(nights=True), "schema-mismatch", "message 2 calls 'book': 'nights' must be integer, not boolean"),
        (booking(room="suite"), "schema-mismatch", "'room' is not one of [\"single\", \"double\"]"),
        (booking(guest={}), "schema-mismatch", "message 2 calls 'book': 'guest' lacks 'age'"),
        (booking(stars=5), "schema-mismatch", "message 2 calls 'book': it has no parameter 'stars'"),
        (example(user(), calls(("book", {}))), "schema-mismatch", "message 2 calls 'book': the object lacks 'city'"),
        (booking(nights=None), "null-argument", "'nights' is null, which its schema does not allow"),
        (booking(guest={"age": None}), "null-argument", "'guest.age' is null"),
        (example(user(), calls(("fly", {}))), "undeclared-tool", "'fly', which is not declared (declared: book, wait)"),
        (example(user(), CALL, tools=()), "undeclared-tool", "calls 'book', which is not declared (declared: none)"),
        (example(tools=(*TOOLS, TOOLS[1])), "duplicate-tool", "2 tools are named 'wait'"),
        (example(tools=(*TOOLS, {"type": "function"})), "bad-tool", "tool 3 is no function with a name"),
        (
            example(user(), calls(("odd", {})), tools=(tool("odd", {"type": "objekt"}),)),
            "bad-tool",
            "the parameters of 'odd' are no JSON Schema: 'type' breaks anyOf",
        ),
        (
            example(user(), calls(("odd", {})), tools=(tool("odd", {"type": "string"}),)),
            "bad-tool",
            "they are not of type object",
        ),
        (example(user(), calls(("odd", {})), tools=(tool("odd", ["x"]),)), "bad-tool", "they are not an object"),
        (example(user(), calls(("odd", {})), tools=(tool("odd", {"$schema": []}),)), "bad-tool", "their $schema is no"),
        (
            example(user(), calls(("wait", {}), ("wait", {})), parallel_tool_calls=False),
            "parallel-calls",
            "message 2 makes 2 calls, though parallel_tool_calls is false",
        ),
    ],
)  # fmt: skip
def test_a_bad_row_has_one_finding(bad: Example, rule: str, message: str) -> None:
    (finding,) = lint(bad)
    assert (finding.place, finding.rule, finding.severity) == ("f:1", rule, "error")
    assert message in finding.message


@pytest.mark.parametrize("text", ["I do it: book(city='Oslo')", '```json\n{"name": "book", "city": "Oslo"}\n```'])
def test_a_call_in_words_is_found_where_it_is_learned(text: str) -> None:
    (finding,) = lint(example(user(), says(text)))
    assert (finding.rule, finding.severity) == ("call-as-text", "warning")
    assert finding.message == "message 2 looks like a call to 'book', written as text"
    assert lint(example(user(text), says("The book (of two) is rebook(ed)."))) == []
    assert lint(example(user(), says(text, weight=0), user(), says())) == []


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("{city: Oslo}", "are no JSON"),
        ('["Oslo"]', "not a JSON object"),
        ({"city": "Oslo"}, "they are not a JSON string"),
        (None, "they are not a JSON string"),
    ],
)
def test_arguments_at_rest_are_a_json_string(arguments: Json, problem: str) -> None:
    (finding,) = lint(raw_arguments(arguments), only="bad-arguments")
    assert problem in finding.message
    assert lint(raw_arguments('{"city": "Oslo"}'), only="bad-arguments") == []


def test_a_mistake_that_is_only_shown_is_no_mistake_when_learned_from_on() -> None:
    shown, learned = (
        example(user(), calls(("book", {"nights": "x"}), ("fly", {}), **weight), result(), result("b"), says())
        for weight in ({"weight": 0}, {})
    )
    assert found(shown) == []
    assert found(learned) == ["f:1 undeclared-tool", "f:1 schema-mismatch", "f:1 schema-mismatch"]


def test_no_message_quotes_a_value() -> None:
    secret = "hunter2-hunter2"
    schemas: list[Any] = [{"type": "integer"}, {"enum": ["a"]}, {"maxLength": 3}, {"pattern": "^a$"}, {"not": {}}]
    for schema in schemas:
        parameters = {"type": "object", "properties": {"key": schema}}
        findings = lint(example(user(), calls(("log_in", {"key": secret})), tools=(tool("log_in", parameters),)))
        assert findings
        assert all(secret not in finding.message for finding in findings)


def test_a_reference_to_elsewhere_is_not_fetched() -> None:
    parameters = {"type": "object", "properties": {"x": {"$ref": "http://127.0.0.1:9/schema.json"}}}
    assert lint(example(user(), calls(("ask", {"x": 1})), tools=(tool("ask", parameters),))) == []
