"""The form that an answer is held to: OpenAI's `response_format`, and what other servers have for the same.

vLLM's `structured_outputs`, and its older `guided_…`, SGLang's `json_schema`, `regex` and `ebnf`, llama.cpp's
`json_schema` and `grammar` are sent by many clients. All come down to a JSON Schema, or to a grammar in llguidance's
dialect of Lark. Answers of tool calls keep to the tools; a grammar leaves no room for calls.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, Tag

from sftctl.core.types import Json, strict_json
from sftctl.serve.drawing import Body
from sftctl.serve.grammar import ANY_OBJECT
from sftctl.serve.protocol import ApiError, Strict, by_type, invalid
from sftctl.serve.schemas import LONGEST, spelled_out

MAX_CHOICE = 1000
"""Answers to choose among."""
MAX_GRAMMAR = 20_000
"""Characters of a grammar or a pattern."""


@dataclass(frozen=True)
class Form:
    """What an answer must be: JSON of a schema, or what a grammar spells."""

    param: str
    """What asks for it."""
    schema: Json = None
    lark: str = ""
    strict: bool = False
    at: str = ""
    """Where its schema or grammar stands, if not in `param` itself."""


# ---------------------------------------------------------------- OpenAI's


class JsonSchema(Strict):
    name: Annotated[str, Field(min_length=1, max_length=64)]
    description: str | None = None
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None
    strict: bool | None = None


class TextFormat(Strict):
    type: Literal["text"]

    def form(self) -> Form | None:
        return None


class ObjectFormat(Strict):
    type: Literal["json_object"]
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None
    """Not OpenAI's but llama.cpp's."""

    def form(self) -> Form | None:
        schema = ANY_OBJECT if self.schema_ is None else self.schema_
        return Form("response_format", schema, at="response_format.schema")


class SchemaFormat(Strict):
    type: Literal["json_schema"]
    json_schema: JsonSchema

    def form(self) -> Form | None:
        asked = self.json_schema
        schema, where = asked.schema_ or {}, "response_format.json_schema.schema"
        return Form("response_format", schema, strict=bool(asked.strict), at=where)


ResponseFormat = Annotated[
    Annotated[TextFormat, Tag("TextFormat")]
    | Annotated[ObjectFormat, Tag("ObjectFormat")]
    | Annotated[SchemaFormat, Tag("SchemaFormat")],
    by_type(text="TextFormat", json_object="ObjectFormat", json_schema="SchemaFormat"),
]


# ---------------------------------------------------------------- other servers'

Schema = dict[str, Any] | Annotated[str, Field(min_length=1)]
"""A JSON Schema, perhaps as text."""
Text = Annotated[str, Field(min_length=1, max_length=MAX_GRAMMAR)]
Choice = Annotated[list[Text], Field(min_length=1, max_length=MAX_CHOICE)]


class StructuredOutputs(Strict):
    json_: Annotated[Schema | None, Field(alias="json")] = None
    regex: Text | None = None
    choice: Choice | None = None
    grammar: Text | None = None
    json_object: bool | None = None


class Formed(Body):
    """The body of a request whose answer may be held to a form."""

    response_format: ResponseFormat | None = None
    structured_outputs: StructuredOutputs | None = None
    guided_json: Schema | None = None
    guided_regex: Text | None = None
    guided_choice: Choice | None = None
    guided_grammar: Text | None = None
    json_schema: Schema | None = None
    regex: Text | None = None
    ebnf: Text | None = None
    grammar: Text | None = None

    def form(self) -> Form | None:
        """The form that is asked for. Raises ApiError (400) for several, and for what cannot be read."""
        found = list(self._forms())
        if len(found) > 1:
            raise invalid(found[1].param, f"an answer has one form, and '{found[0].param}' asks for one too")
        return found[0] if found else None

    def _forms(self) -> Iterator[Form]:
        if self.response_format and (form := self.response_format.form()):
            yield form
        wanted = self.structured_outputs or StructuredOutputs()
        for param, schema in (
            ("structured_outputs.json", wanted.json_),
            ("guided_json", self.guided_json),
            ("json_schema", self.json_schema),
        ):
            if schema is not None:
                yield Form(param, _schema(param, schema))
        for param, pattern in (
            ("structured_outputs.regex", wanted.regex),
            ("guided_regex", self.guided_regex),
            ("regex", self.regex),
        ):
            if pattern is not None:
                yield Form(param, lark=_pattern(param, pattern))
        for param, choice in (("structured_outputs.choice", wanted.choice), ("guided_choice", self.guided_choice)):
            if choice is not None:
                yield Form(param, lark=_one_of(choice))
        for param, grammar in (
            ("structured_outputs.grammar", wanted.grammar),
            ("guided_grammar", self.guided_grammar),
            ("ebnf", self.ebnf),
            ("grammar", self.grammar),
        ):
            if grammar is not None:
                yield Form(param, lark=_lark(param, grammar))
        if wanted.json_object:
            yield Form("structured_outputs.json_object", ANY_OBJECT)


def _schema(param: str, schema: dict[str, Any] | str) -> Json:
    if not isinstance(schema, str):
        return schema
    try:
        read = strict_json(schema.encode())
    except ValueError as error:
        raise invalid(param, f"it is no JSON: {error}") from None
    if not isinstance(read, dict):
        raise invalid(param, "it is no JSON object")
    return read


def _pattern(param: str, pattern: str) -> str:
    """A whole answer that matches: in Lark a pattern stands between slashes."""
    if spelled_out(pattern) > LONGEST:
        raise invalid(param, f"it demands more than {LONGEST} characters", "invalid_grammar")
    escaped = re.sub(r"\\.|/", lambda found: r"\/" if found[0] == "/" else found[0], pattern, flags=re.DOTALL)
    return f"start: /{escaped}/"


def _one_of(choice: Sequence[str]) -> str:
    return "start: " + " | ".join(json.dumps(each, ensure_ascii=False) for each in choice)


def _lark(param: str, grammar: str) -> str:
    """A grammar in Lark; llama.cpp's notation, GBNF, is rewritten."""
    from llguidance.gbnf_to_lark import GbnfToLarkError, any_to_lark

    try:
        return str(any_to_lark(grammar))
    except (GbnfToLarkError, RecursionError) as error:
        why = " ".join(str(error).split())[:200]
        raise ApiError(f"Invalid grammar: {why}.", param=param, code="invalid_grammar") from None
