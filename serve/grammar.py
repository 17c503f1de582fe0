"""Grammars of whole answers: text, calls in the model's own format, JSON; so that what is written is valid.

The library behind it, llguidance, compiles a grammar in milliseconds and says for each token whether it may come
next. JSON is written as the model was trained to write it (`core.types.canonical_json`), which leaves the model
fewer choices, and the engine fewer tokens to compute.
"""

import copy
import itertools
import json
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from sftctl.core.types import ChatFormat, Json, Message
from sftctl.serve.frames import Calls, frames_of, object_schema
from sftctl.serve.hearing import heard_in
from sftctl.serve.matching import TokenMatcher, first_line
from sftctl.serve.schemas import InvalidSchema, UnsupportedSchema, enforceable, enforceable_part
from sftctl.serve.source import Pieces, Source

SPELLING = {"item_separator": ", ", "key_separator": ": ", "whitespace_flexible": False}
"""How `canonical_json` spaces JSON."""
LENIENT = {"lenient": True, "coerce_one_of": True}
"""Lets the library pass over what it cannot enforce."""
ANY_OBJECT: dict[str, Json] = {"type": "object"}
FUEL = 1_000_000
"""The library's limit of work for one token, some 70 ms of it: at its own, an `enum` of 46 words beside a `pattern`
would end an answer on the way."""
KEPT = 256
"""Compiled grammars kept: requests with the same tools share one."""


@dataclass(frozen=True)
class Shape:
    """What an answer must look like: text or calls, or calls alone, or JSON (or calls, where there are tools)."""

    tools: tuple[dict[str, Json], ...] = ()
    required: bool = False
    """At least one call."""
    parallel: bool = True
    """More than one call allowed."""
    repeats: bool = False
    """The same call allowed more than once. Else an engine that can takes back what repeats one (`last_call`)."""
    output: Json = None
    """The JSON Schema of an answer that is no call; None: any text."""
    strict_output: bool = False
    lark: str = ""
    """The grammar of an answer that is no call, in the library's dialect of Lark: instead of a schema, and of tools."""

    @property
    def is_free(self) -> bool:
        """Whether any text will do."""
        return not self.tools and self.output is None and not self.lark


class CompiledGrammar:
    """One compiled grammar; starting it copies its state before the first token."""

    def __init__(
        self, matcher: Any, rules: str, relaxed: tuple[str, ...], calls: Calls | None, source: Source | None = None
    ) -> None:
        self._matcher, self._calls, self._source = matcher, calls, source
        self._lock = threading.Lock()
        self.rules = rules
        self.relaxed = relaxed
        """Tools whose schemas are not enforced as a whole, with what is left out: `f (not at properties.a)`.

        Without any such remark, their arguments are only held to be a JSON object.
        """

    def start(self) -> TokenMatcher:
        with self._lock:
            return TokenMatcher(self._matcher.deep_copy(), self._calls, self._source)

    def grounded(self, source: Source) -> "CompiledGrammar":
        """The same, whose calls rather have what `source` says."""
        grounded = copy.copy(self)
        grounded._source = source
        return grounded


def _by_bytes(tokenizer: Any) -> Any:
    """The tokenizer, or a copy that the library reads rightly: one whose tokens are spelled in bytes says nothing else.

    transformers writes of a converted GGUF that its tokens may be bytes (`<0x0A>`) or characters that stand for bytes
    (`Ċ`). The library would believe the first.
    """
    from tokenizers.decoders import ByteLevel

    decoder = json.loads(tokenizer.backend_tokenizer.to_str())["decoder"] or {}
    if "ByteLevel" not in [part["type"] for part in decoder.get("decoders", ())]:
        return tokenizer
    plain = copy.deepcopy(tokenizer)
    plain.backend_tokenizer.decoder = ByteLevel()
    return plain


class Grammars:
    """Compiles grammars for one tokenizer and ChatFormat. Thread-safe."""

    def __init__(self, tokenizer: Any, chat_format: ChatFormat, stop_token_ids: Collection[int]) -> None:
        from llguidance.hf import from_tokenizer

        self._tokens = from_tokenizer(_by_bytes(tokenizer), eos_token=sorted(stop_token_ids))
        self._format = chat_format
        self._compiled: OrderedDict[str, CompiledGrammar] = OrderedDict()
        self._lock = threading.Lock()

    def bytes_of(self, token: int) -> bytes:
        """The bytes that a token stands for."""
        found: bytes = self._tokens.decode_bytes([token])
        return found

    @cached_property
    def _pieces(self) -> Pieces:
        return Pieces(map(self.bytes_of, range(self._tokens.vocab_size)))

    @cached_property
    def _openings(self) -> tuple[int, ...]:
        """The tokens that the opening of a call begins with."""
        opening = self._format.call_start.encode()
        pieces = map(self.bytes_of, range(self._tokens.vocab_size))
        return tuple(token for token, piece in enumerate(pieces) if piece and opening.startswith(piece))

    def grounded(self, grammar: CompiledGrammar, messages: Sequence[Message]) -> CompiledGrammar:
        """The grammar of an answer to `messages`, whose calls rather have what those say."""
        return grammar.grounded(Source(self._pieces, heard_in(messages)))

    def of(self, shape: Shape) -> CompiledGrammar:
        """The grammar of `shape`.

        Raises UnsupportedSchema (args: the index of the tool, or None for the output; the sentence) where a schema
        that must be kept cannot be: of the output, of a strict tool, or of any where a call is required. Of other
        tools' schemas, what cannot be enforced is left out. InvalidSchema, with the same args, where one is none.
        """
        key = json.dumps([getattr(shape, field.name) for field in fields(shape)])
        with self._lock:
            if key in self._compiled:
                self._compiled.move_to_end(key)
                return self._compiled[key]
        compiled = self._compile(shape)
        with self._lock:
            self._compiled[key] = compiled
            if len(self._compiled) > KEPT:
                self._compiled.popitem(last=False)
        return compiled

    def _compile(self, shape: Shape) -> CompiledGrammar:
        from llguidance import LLMatcher, LLParserLimits

        relaxed: list[str] = []
        arguments: list[Json] = []
        for at, tool in enumerate(shape.tools):
            function = tool["function"]
            strict = bool(function.get("strict"))
            try:
                schema = object_schema(function.get("parameters"))
                if strict or shape.required:
                    arguments.append(self._checked(schema, strict=strict))
                else:
                    made, remark = self._relaxed(schema)
                    arguments.append(made)
                    relaxed += [] if remark is None else [f"{function['name']}{remark}"]
            except UnsupportedSchema as error:
                raise type(error)(at, str(error)) from None
        output: Json = None
        if shape.output is not None:
            try:
                output = self._checked(shape.output, strict=shape.strict_output)
            except UnsupportedSchema as error:
                raise type(error)(None, str(error)) from None
        rules = shape.lark or "\n".join(self._rules(shape, arguments, output))
        limits = LLParserLimits(step_lexer_fuel=FUEL)
        matcher = LLMatcher(self._tokens, LLMatcher.grammar_from_lark(rules), log_level=0, limits=limits)
        if matcher.is_error():
            reason = first_line(matcher.get_error())
            raise UnsupportedSchema(None, f"{reason}." if shape.lark else f"It is too complex: {reason}.")
        return CompiledGrammar(matcher, rules, tuple(relaxed), self._calls_of(shape))

    def _calls_of(self, shape: Shape) -> Calls | None:
        """How the calls of an answer of `shape` are found; None where it has none, or nothing says where they begin."""
        opening = self._format.call_start
        if not (opening and shape.tools):
            return None
        _, close = self._format.call_frame(shape.tools[0]["function"]["name"])
        between = self._format.call_separator + opening
        written = itertools.accumulate(
            len(self.bytes_of(token)) for token in self._tokens.tokenize_str(close + between)
        )
        return Calls(
            self._tokens,
            frames_of(shape.tools, self._format),
            shape.parallel and not shape.repeats,
            opening.encode(),
            self._openings,
            between.encode(),
            len(close.encode()) not in written,
        )

    def _checked(self, schema: Json, *, strict: bool) -> Json:
        """The schema made enforceable, proven to compile by itself so that the refusal can name it."""
        made = enforceable(schema, strict=strict)
        _, reasons = _validate(made)
        if reasons:
            raise UnsupportedSchema(f"{reasons[0]}.")
        return made

    def _relaxed(self, schema: Json) -> tuple[Json, str | None]:
        """What of the schema can be enforced, and what is to be said of the rest; None if there is no rest."""
        try:
            return self._checked(schema, strict=False), None
        except InvalidSchema:
            raise
        except UnsupportedSchema as error:
            reason = str(error)
        made, left_out = _part(schema)
        made = {**made, "x-guidance": LENIENT}
        fits, reasons = _validate(made)
        return (made, f" ({'; '.join([*left_out, *reasons]) or reason})") if fits else (ANY_OBJECT, "")

    def _rules(self, shape: Shape, arguments: Sequence[Json], output: Json) -> list[str]:
        """The grammar in llguidance's dialect of Lark."""
        opening = self._format.call_start
        rules: list[str] = []
        calls = "call more*" if shape.parallel else "call"
        if not shape.tools:
            start = "output"
        elif shape.required:
            start = f"{_literal(opening)} {calls}"
        elif output is not None:
            start = f"output | {_literal(opening)} {calls}"
        else:
            start = f"text | lead {calls}"
            # `lead` ends as soon as a call begins: from there on, nothing but the call is allowed.
            rules += [r"text: /(.|\n)*/", rf"lead[lazy]: /(.|\n)*/ {_literal(opening)}"]
        if output is not None:
            rules.append(f"output: {_json_rule(output)}")
        if shape.tools:
            rules.append("call: " + " | ".join(f"call_{at}" for at in range(len(shape.tools))))
            rules.append(f"more: {_literal(self._format.call_separator + opening)} call")
        for at, (tool, schema) in enumerate(zip(shape.tools, arguments, strict=True)):
            before, after = self._format.call_frame(tool["function"]["name"])
            rest = before.removeprefix(opening)
            rules.append(f"call_{at}: {_literal(rest)} arguments_{at} {_literal(after)}")
            rules.append(f"arguments_{at}: {_json_rule(schema)}")
        return [f"start: {start}", *rules]


def _part(schema: Json) -> tuple[Json, list[str]]:
    try:
        return enforceable_part(schema)
    except UnsupportedSchema:
        return ANY_OBJECT, []


def _validate(schema: Json) -> tuple[bool, list[str]]:
    """Whether the library can enforce a schema, perhaps in part, and what it says about it."""
    from llguidance import LLMatcher

    try:
        failed, reasons = LLMatcher.validate_grammar_with_warnings(f"start: json\njson: {_json_rule(schema)}")
    except BaseException as error:  # its panics are no Exceptions: it stumbles over its own words about some schemas
        if type(error).__name__ != "PanicException":
            raise
        return False, ["It cannot be read"]
    return not failed, [first_line(reason) for reason in reasons]


def _json_rule(schema: Json) -> str:
    schema = schema if isinstance(schema, dict) else {}
    spelled = schema | {"x-guidance": SPELLING | schema.get("x-guidance", {})}
    return "%json " + json.dumps(spelled, ensure_ascii=False)


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
