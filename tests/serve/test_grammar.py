"""Grammars: whatever a model would say, what it may say is valid; and what cannot be promised is refused."""

import copy
import json
import random
from typing import Any

import jsonschema
import pytest
from fakes import RandomEngine, ScriptedEngine
from serving import TIME, WEATHER, call
from tokenizers import decoders

from sftctl.core.errors import EngineError
from sftctl.core.types import Generation, Sampling, call_of
from sftctl.plugins.hermes import STOP, Hermes
from sftctl.serve.grammar import ANY_OBJECT, Grammars, Shape
from sftctl.serve.schemas import InvalidSchema, UnsupportedSchema, enforceable, enforceable_part, spelled_out

PARIS = call("get_weather", {"city": "Paris"})
NOW = call("now", {})


def may_say(grammars: Grammars, tokenizer: Any, shape: Shape, text: str) -> bool:
    """Whether the whole text, and then the end, is allowed."""
    matcher = grammars.of(shape).start()
    stop = tokenizer.convert_tokens_to_ids(STOP)
    try:
        for token in tokenizer.encode(text, add_special_tokens=False):
            mask = matcher.mask()
            if not mask[token >> 3] >> (token & 7) & 1:
                return False
            matcher.advance(token)
        return bool(matcher.mask()[stop >> 3] >> (stop & 7) & 1)
    except EngineError:
        return False


AUTO = Shape((WEATHER, TIME))
REQUIRED = Shape((WEATHER, TIME), required=True)
ONE = Shape((WEATHER, TIME), required=True, parallel=False)
JSON = Shape(output=ANY_OBJECT)
BOTH = Shape((WEATHER, TIME), output={"type": "array", "items": {"type": "integer"}})


@pytest.mark.parametrize(
    ("shape", "text", "allowed"),
    [
        (AUTO, "", True),
        (AUTO, "Hello < there! 日本\n\n", True),
        (AUTO, f"Let me look.\n{PARIS}\n{NOW}", True),
        (AUTO, NOW, True),
        (AUTO, "Look: <tool_call>no", False),
        (AUTO, call("nobody", {}), False),
        (AUTO, call("get_weather", {"town": "Paris"}), False),
        (AUTO, call("get_weather", {"city": 5}), False),
        (AUTO, call("get_weather", {}), False),
        (AUTO, call("get_weather", {"city": "Paris", "more": 1}), False),
        (AUTO, f"{NOW} and more", False),
        (AUTO, PARIS[:-3], False),
        (REQUIRED, "", False),
        (REQUIRED, "Hello", False),
        (REQUIRED, f"{PARIS}\n{NOW}", True),
        (ONE, NOW, True),
        (ONE, f"{NOW}\n{NOW}", False),
        (JSON, '{"a": [1, {"b": null}]}', True),
        (JSON, "[1]", False),
        (JSON, "Here: {}", False),
        (BOTH, "[1, 2]", True),
        (BOTH, PARIS, True),
        (BOTH, "text", False),
    ],
)
def test_what_an_answer_may_be(grammars: Grammars, tokenizer: Any, shape: Shape, text: str, allowed: bool) -> None:
    assert may_say(grammars, tokenizer, shape, text) == allowed


def test_a_call_is_what_the_format_writes(grammars: Grammars, tokenizer: Any) -> None:
    """The grammar, the template and the parser spell a call in the same way."""
    arguments = {"city": 'Köln "am Rhein"\n', "n": 1.5, "tags": ["a", None], "deep": {"x": True}}
    schema = {"type": "object", "properties": {name: {} for name in arguments}}
    tool = {"type": "function", "function": {"name": 'od"d/ñame', "parameters": schema}}
    text = call('od"d/ñame', arguments)
    assert may_say(grammars, tokenizer, Shape((tool,), required=True), text)
    (made,) = Hermes().parse(text)["tool_calls"]
    assert call_of(made) == ('od"d/ñame', arguments)


def test_tokens_of_a_converted_gguf_are_the_same_bytes(grammars: Grammars, tokenizer: Any) -> None:
    """transformers 5.17 gives it this decoder."""
    converted = copy.deepcopy(tokenizer)
    converted.backend_tokenizer.decoder = decoders.Sequence(
        [decoders.ByteFallback(), decoders.Fuse(), decoders.Replace("▁", " "), decoders.ByteLevel()]
    )
    given = converted.backend_tokenizer.to_str()
    others = Grammars(converted, Hermes(), [tokenizer.convert_tokens_to_ids(STOP)])
    for token in range(len(tokenizer)):
        assert others.bytes_of(token) == grammars.bytes_of(token)
    assert converted.backend_tokenizer.to_str() == given


def test_forced_tokens_are_what_must_follow(grammars: Grammars, tokenizer: Any) -> None:
    matcher = grammars.of(ONE).start()
    forced = matcher.forced()
    assert tokenizer.decode(forced).startswith('<tool_call>\n{"name": "')
    for token in forced:
        assert matcher.mask()[token >> 3] >> (token & 7) & 1
        matcher.advance(token)
    for token in tokenizer.encode(NOW, add_special_tokens=False)[len(forced) :]:
        matcher.advance(token)
    assert matcher.stopped
    assert matcher.forced() == ()
    with pytest.raises(EngineError, match="left its grammar"):
        matcher.advance(70)


def test_matchers_of_one_grammar_are_apart(grammars: Grammars, tokenizer: Any) -> None:
    assert grammars.of(AUTO) is grammars.of(Shape((WEATHER, TIME)))
    first, second = (grammars.of(ONE).start() for _ in range(2))
    for token in first.forced():
        first.advance(token)
    assert second.forced() != first.forced()


# ---------------------------------------------------------------- schemas


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        (
            {"type": "object", "properties": {"a": {"format": "binary", "x-guidance": {}}}},
            {"type": "object", "properties": {"a": {}}, "additionalProperties": False},
        ),
        ({"properties": {"not": {}}}, {"properties": {"not": {}}, "additionalProperties": False}),
        ({"properties": {}, "additionalProperties": True}, {"properties": {}, "additionalProperties": True}),
        ({"properties": {}, "required": ["a"]}, {"properties": {}, "required": ["a"]}),
        ({"properties": {}, "allOf": [{}]}, {"properties": {}, "allOf": [{}]}),
        ({"enum": [{"not": 1}], "uniqueItems": False}, {"enum": [{"not": 1}]}),
        (True, True),
    ],
)
def test_schemas_are_made_enforceable(schema: Any, made: Any) -> None:
    assert enforceable(schema) == made


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"items": [{"not": {}}]}, r"'not' \(at items\[0\]\.not\)"),
        ({"$defs": {"a": {"if": {}}}}, r"'if' \(at \$defs\.a\.if\)"),
        ({"properties": {"a": 5}}, "properties.a is no JSON Schema"),
        *[({word: 1.5}, f"'{word}' .* does not have the form") for word in ("properties", "anyOf", "required", "type")],
        ({"required": [[]], "properties": {}}, "'required' .* does not have the form"),
        ({"format": []}, "'format' .* does not have the form"),
    ],
)
def test_what_cannot_be_enforced_is_named(schema: Any, reason: str) -> None:
    with pytest.raises(UnsupportedSchema, match=reason):
        enforceable(schema)


@pytest.mark.parametrize(
    ("schema", "made", "left_out"),
    [
        ({"type": "string", "not": {}, "maxLength": 3}, {"type": "string", "maxLength": 3}, ["not"]),
        (
            {"properties": {"a": {"uniqueItems": True, "items": {"type": "integer", "contains": {}}}}},
            {"properties": {"a": {"items": {"type": "integer"}}}, "additionalProperties": False},
            ["uniqueItems at properties.a", "contains at properties.a.items"],
        ),
        # what else an object may have is said by what is left out
        (
            {"properties": {"a": {}}, "patternProperties": {"^x": {}}, "additionalProperties": False},
            {"properties": {"a": {}}, "additionalProperties": True},
            ["patternProperties"],
        ),
        (
            {"properties": {"a": {}}, "if": {}, "then": {"properties": {"b": {}}}},
            {"properties": {"a": {}}, "additionalProperties": True},
            ["if", "then"],
        ),
    ],
)
def test_only_what_cannot_be_enforced_is_left_out(schema: Any, made: Any, left_out: list[str]) -> None:
    assert enforceable_part(schema) == (made, left_out)


def test_the_rest_of_a_schema_is_kept_where_nothing_was_promised(grammars: Grammars, tokenizer: Any) -> None:
    ages = {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}
    function = {"name": "f", "parameters": {"type": "object", "properties": {"ages": ages}, "required": ["ages"]}}
    shape = Shape(({"type": "function", "function": function},))
    assert grammars.of(shape).relaxed == ("f (uniqueItems at properties.ages)",)
    assert may_say(grammars, tokenizer, shape, call("f", {"ages": [1, 1]}))
    assert not may_say(grammars, tokenizer, shape, call("f", {"ages": ["1"]}))
    assert not may_say(grammars, tokenizer, shape, call("f", {}))


def test_what_the_library_cannot_enforce_is_left_out_too(grammars: Grammars, tokenizer: Any) -> None:
    size = {"oneOf": [{"type": "number"}, {"type": "integer"}]}
    function = {"name": "f", "parameters": {"type": "object", "properties": {"size": size}, "required": ["size"]}}
    shape = Shape(({"type": "function", "function": function},))
    assert grammars.of(shape).relaxed == ("f (oneOf not fully supported, falling back to anyOf)",)
    assert may_say(grammars, tokenizer, shape, call("f", {"size": 1}))
    assert not may_say(grammars, tokenizer, shape, call("f", {"size": "1"}))


def test_a_pattern_that_the_library_cannot_read_leaves_any_object(grammars: Grammars, tokenizer: Any) -> None:
    function = {"name": "f", "parameters": {"type": "object", "properties": {"a": {"pattern": "(?=x)y"}}}}
    shape = Shape(({"type": "function", "function": function},))
    assert grammars.of(shape).relaxed == ("f",)
    assert may_say(grammars, tokenizer, shape, call("f", {"b": 1}))


TREE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/a~1b"}}}


@pytest.mark.parametrize(
    ("schema", "ends"),
    [
        (TREE | {"$defs": {"a/b": TREE}}, True),
        (TREE | {"$defs": {"a/b": TREE | {"required": ["next"]}}}, True),
        (TREE | {"$defs": {"a/b": TREE | {"required": ["next"]}}, "required": ["next"]}, False),
        ({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}, False),
        ({"type": ["object", "null"], "properties": {"a": {"$ref": "#"}}, "required": ["a"]}, True),
        ({"type": "array", "items": {"$ref": "#"}}, True),
        ({"type": "array", "items": {"$ref": "#"}, "minItems": 1}, False),
        ({"type": "array", "prefixItems": [{}], "items": {"$ref": "#"}, "minItems": 1}, True),
        ({"anyOf": [{"$ref": "#"}, {"type": "null"}]}, True),
        ({"anyOf": [{"$ref": "#"}]}, False),
        ({"allOf": [{"$ref": "#/allOf/0"}]}, False),
        ({"$ref": "#/nowhere"}, True),
    ],
)
def test_a_schema_must_have_a_finite_value(schema: Any, ends: bool) -> None:
    if ends:
        enforceable(schema)
    else:
        with pytest.raises(UnsupportedSchema, match="finite"):
            enforceable(schema)


def test_a_tangle_of_references_is_given_up() -> None:
    names = [str(at) for at in range(30)]
    tangle = {name: {"anyOf": [{"$ref": f"#/$defs/{other}"} for other in names]} for name in names}
    with pytest.raises(UnsupportedSchema, match=r"tangled|finite"):
        enforceable({"$ref": "#/$defs/0", "$defs": tangle})


def test_a_schema_that_is_nested_too_deeply() -> None:
    schema: Any = {}
    for _ in range(5000):
        schema = {"items": schema}
    with pytest.raises(UnsupportedSchema, match="too deeply"):
        enforceable(schema)


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"oneOf": [{"type": "number"}, {"type": "integer"}]}, "oneOf constraints are not supported"),
        ({"type": "string", "pattern": "(?=a)b"}, "regex parse error"),
        ({"$ref": "https://example.com/x"}, "example.com"),
        ({"type": "string", "minLength": 3, "maxLength": 2}, "minLength"),
        ({"type": "json_object"}, "Invalid type"),
    ],
)
def test_what_the_library_refuses_is_passed_on(grammars: Grammars, schema: Any, reason: str) -> None:
    with pytest.raises(UnsupportedSchema, match=reason):
        grammars.of(Shape(output=schema))


# ---------------------------------------------------------------- random tools, a model that knows nothing


class Schemas:
    """Random JSON Schemas of the kind that tools have."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)

    def tool(self) -> dict[str, Any]:
        name = self.draw.choice(["find", "book.seat", "set_value", "größe", "a-b"])
        function = {"name": f"{name}{self.draw.randrange(99)}", "parameters": self.object(0)}
        return {"type": "function", "function": function}

    def object(self, depth: int) -> dict[str, Any]:
        names = self.draw.sample(["city", "count", "when", "日", "a b", 'q"', "deep"], self.draw.randrange(5))
        schema: dict[str, Any] = {"type": "object", "properties": {name: self.any(depth + 1) for name in names}}
        schema["required"] = [name for name in names if self.draw.random() < 0.6]
        if self.draw.random() < 0.3:
            schema["additionalProperties"] = self.draw.choice([False, {"type": "integer"}])
        return schema

    def any(self, depth: int) -> dict[str, Any]:
        kinds = [self.string, self.number, self.choice, lambda _: {"type": "boolean"}]
        if depth < 3:
            kinds += [self.object, self.array, self.either]
        return {"description": "What it is.", **self.draw.choice(kinds)(depth)}

    def string(self, depth: int) -> dict[str, Any]:
        kinds: list[dict[str, Any]] = [
            {"maxLength": 6},
            {"minLength": 2, "maxLength": 5},
            {"pattern": "^[A-Z]{2,3}-[0-9]+$"},
            {"format": "date"},
            {"format": "uuid"},
            {"format": "ipv4"},
        ]
        return {"type": "string", **self.draw.choice(kinds)}

    def number(self, depth: int) -> dict[str, Any]:
        least = self.draw.randrange(-5, 5)
        kinds: list[dict[str, Any]] = [
            {"type": "integer"},
            {"type": "integer", "minimum": least, "maximum": least + 10},
            {"type": "integer", "multipleOf": 5},
            {"type": "number", "exclusiveMinimum": least},
            {"type": ["integer", "null"]},
        ]
        return self.draw.choice(kinds)

    def choice(self, depth: int) -> dict[str, Any]:
        return self.draw.choice([{"enum": ["a", "b c", 'd"e', 7, None]}, {"const": {"x": [1]}}, {"enum": [True]}])

    def array(self, depth: int) -> dict[str, Any]:
        low = self.draw.randrange(3)
        return {"type": "array", "items": self.any(depth + 1), "minItems": low, "maxItems": low + 1}

    def either(self, depth: int) -> dict[str, Any]:
        return {"anyOf": [self.any(depth + 1), self.any(depth + 1)]}


def test_a_local_time_may_be_written_unless_the_tool_is_strict() -> None:
    schema = {"type": "object", "properties": {"at": {"type": "string", "format": "time"}}}
    assert enforceable(schema)["properties"]["at"] == {"type": "string"}
    assert enforceable(schema, strict=True)["properties"]["at"] == {"type": "string", "format": "time"}


def test_every_call_of_a_model_that_knows_nothing_is_valid(grammars: Grammars, tokenizer: Any) -> None:
    engine, whole = RandomEngine(tokenizer), 0
    stop = tokenizer.convert_tokens_to_ids(STOP)
    for seed in range(320):
        tools = {tool["function"]["name"]: tool for tool in (Schemas(seed).tool(), Schemas(-seed - 1).tool())}
        shape = Shape(tuple(tools.values()), required=True, parallel=seed % 2 == 0)
        request = Generation((1,), Sampling(max_tokens=1500), (stop,), grammar=grammars.of(shape))
        ticket = engine.submit(request)
        text = tokenizer.decode([step.token for step in ticket if step.token != stop])
        if ticket.finish_reason == "length":  # it rambles: how it ended says nothing
            continue
        whole += 1
        message = Hermes().parse(text)
        assert "parse_error" not in message, text
        for made in message["tool_calls"]:
            name, arguments = call_of(made)
            jsonschema.validate(arguments, tools[name]["function"]["parameters"])
    assert whole > 300


def test_many_words_beside_a_pattern(grammars: Grammars, tokenizer: Any) -> None:
    """As APIs have them: the library's own limit of work would end such an answer on the way."""
    words = [f"TARGETING_TYPE_{'ABCDEFGH'[at % 8] * (at % 5 + 1)}_{at}_{'OPTION' * (at % 7)}" for at in range(46)]
    schema = {"type": "object", "properties": {"kind": {"type": "string", "enum": words, "pattern": "^[^/]+$"}}}
    shape = Shape(output={**schema, "required": ["kind"]})
    for word in words[::9]:
        assert may_say(grammars, tokenizer, shape, json.dumps({"kind": word}))
    assert not may_say(grammars, tokenizer, shape, '{"kind": "TARGETING_TYPE_Z"}')


@pytest.mark.parametrize(
    ("pattern", "size"),
    [
        ("", 0),
        ("abc", 3),
        (r"^[a-z\]]{8}-\d{4,}$", 15),
        ("(a{1000}){1000}", 1_000_000),
        ("(?:ab|(c{3}d){2}){5}", 55),
        ("(a{2}", 2),
        (r"\({3}\[{2}", 5),
        ("x{0,60000}", 0),
        ("a{999999999999}", 999_999_999),
        (")}{", 3),
    ],
)
def test_what_a_pattern_demands(pattern: str, size: int) -> None:
    """Each sign counts, anchors and bars too."""
    assert spelled_out(pattern) == size


def test_a_value_that_is_too_long_is_refused_or_left_out() -> None:
    for keyword, value in (("pattern", "(a{200}){200}"), ("const", "a" * 20_000), ("enum", ["b", "a" * 20_000])):
        schema = {"properties": {"a": {keyword: value}}}
        with pytest.raises(UnsupportedSchema, match=rf"'{keyword}' \(at properties.a.{keyword}\) .* 20000 characters"):
            enforceable(schema)
        assert enforceable_part(schema)[1] == [f"{keyword} at properties.a"]


@pytest.mark.parametrize("value", ["👋" * 50, "3", True, [1], None])
@pytest.mark.parametrize("keyword", ["maxItems", "minLength", "maximum", "multipleOf"])
def test_a_number_that_is_none_is_no_schema(grammars: Grammars, keyword: str, value: Any) -> None:
    with pytest.raises(InvalidSchema, match=f"'{keyword}'"):
        grammars.of(Shape(output={"type": "array", "items": {keyword: value}}))


def test_the_library_may_panic(grammars: Grammars) -> None:
    """Over its own words, where it cuts them within a character."""
    with pytest.raises(UnsupportedSchema):
        grammars.of(Shape(output={"properties": {"a": {"$ref": "👋" * 50}}}))


def test_a_scripted_answer_that_leaves_the_grammar_is_an_error(grammars: Grammars, tokenizer: Any) -> None:
    engine = ScriptedEngine(tokenizer, lambda _: "text")
    with pytest.raises(EngineError):
        list(engine.submit(Generation((1,), Sampling(), (2,), grammar=grammars.of(ONE))))


def test_json_is_spelled_as_the_model_was_trained_to(grammars: Grammars, tokenizer: Any) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}
    for text, allowed in ((json.dumps({"a": 1, "b": 2}), True), ('{"a":1,"b":2}', False)):
        assert may_say(grammars, tokenizer, Shape(output=schema), text) == allowed
