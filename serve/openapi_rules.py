"""What the OpenAPI document says of parameters that depend on each other; `read_chat` and its like see to it."""

from collections.abc import Sequence
from typing import Any

from sftctl.serve.protocol import MAX_CHOICES

Schema = dict[str, Any]
NULL: Schema = {"type": "null"}


def _has(**properties: Schema) -> Schema:
    """These parameters are there, and like this."""
    return {"required": list(properties), "properties": properties}


def _may(**properties: Schema) -> Schema:
    """These parameters are left out, or like this."""
    return {"properties": properties}


def _either(*schemas: Schema) -> Schema:
    return {"anyOf": list(schemas)}


TRUE: Schema = {"const": True}
SOME: Schema = {"type": "array", "minItems": 1}
TEXT: Schema = {"type": ["string", "array"]}
NONE: Schema = _either(NULL, {"maxItems": 0})
STREAMED = _either(_may(stream_options=NULL), _has(stream=TRUE))
CHOICE = _either(_may(tool_choice={"enum": [None, "none", "auto"]}), _has(tools=SOME))
SCORED = {"type": "array", "contains": {"const": "message.output_text.logprobs"}}
OFF: Schema = {"enum": [None, False]}
SCHEMAS = ("guided_json", "json_schema")
GRAMMARS = ("guided_regex", "guided_choice", "guided_grammar", "regex", "ebnf", "grammar")
FORMS = ("response_format", "structured_outputs", *SCHEMAS, *GRAMMARS)
INNER = ("json", "regex", "choice", "grammar", "json_object")
PLAIN = _either(NULL, _has(type={"const": "text"}))


def _one_of(names: Sequence[str], **off: Schema) -> Schema:
    """At most one of these parameters is there; `off`: what counts as not being there."""
    absent = {name: off.get(name, NULL) for name in names}
    return _either(*(_may(**{other: absent[other] for other in names if other != name}) for name in names))


RESPONSES = [
    STREAMED,
    CHOICE,
    _either(_may(top_logprobs={"enum": [None, 0]}), _has(include=SCORED)),
]
RULES: dict[str, list[Schema]] = {
    "ChatRequest": [
        STREAMED,
        CHOICE,
        _either(_may(parallel_tool_calls=NULL), _has(tools={"type": "array"})),
        _either(_may(top_logprobs=NULL), _has(logprobs=TRUE)),
        _either(_may(max_tokens=NULL), _may(max_completion_tokens=NULL)),
        _either(_may(add_generation_prompt={"enum": [None, True]}), _has(continue_final_message=TRUE)),
        _either(_may(continue_final_message=OFF), _may(add_generation_prompt=OFF)),
        _either(_may(echo=OFF), _has(continue_final_message=TRUE)),
        _one_of(FORMS, response_format=PLAIN),
        _either(_may(tools=NONE), _has(tool_choice={"const": "none"}), _may(**dict.fromkeys(GRAMMARS, NULL))),
    ],
    "StructuredOutputs": [_one_of(INNER, json_object=OFF)],
    "ChatMessage": [
        _either(
            _has(role={"const": "assistant"})
            | _either(_has(content=TEXT), _has(refusal={"type": "string"}), _has(tool_calls=SOME)),
            _has(role={"const": "tool"}, content=TEXT, tool_call_id={"type": "string"}),
            _has(role={"enum": ["system", "developer", "user"]}, content=TEXT),
        ),
        _either(_has(role={"const": "assistant"}), _may(tool_calls=NONE)),
        _either(_has(role={"const": "tool"}), _may(tool_call_id=NULL)),
    ],
    "CompletionRequest": [
        STREAMED,
        _one_of(FORMS, response_format=PLAIN),
        _either(_may(max_tokens=_either(NULL, {"type": "integer", "minimum": 1})), _has(echo=TRUE)),
        _either(
            _may(best_of=NULL),
            *(_has(best_of={"const": n}, n={"const": n}) for n in range(1, MAX_CHOICES + 1)),
            _may(best_of={"const": 1}, n=NULL),
        ),
    ],
    "ResponsesRequest": RESPONSES,
    "InputTokensRequest": RESPONSES,
}
"""By the name of a schema, what must hold of it as a whole."""
