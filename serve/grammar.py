"""Grammars of whole answers: text, calls in the model's own format, JSON; so that what is written is valid.

The library behind it, llguidance, compiles a grammar in milliseconds and says for each token whether it may come
next. JSON is written as the model was trained to write it (`core.types.canonical_json`), which leaves the model
fewer choices, and the engine fewer tokens to compute.
"""

import bisect
import copy
import itertools
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sftctl.core.errors import EngineError
from sftctl.core.types import ChatFormat, Json, LastCall
from sftctl.serve.schemas import InvalidSchema, UnsupportedSchema, enforceable, enforceable_part

SPELLING = {"item_separator": ", ", "key_separator": ": ", "whitespace_flexible": False}
"""How `canonical_json` spaces JSON."""
LENIENT = {"lenient": True, "coerce_one_of": True}
"""Lets the library pass over what it cannot enforce."""
ANY_OBJECT: dict[str, Json] = {"type": "object"}
NO_ARGUMENTS: dict[str, Json] = {"type": "object", "properties": {}, "additionalProperties": False}
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

    def __init__(self, matcher: Any, rules: str, relaxed: tuple[str, ...], calls: "Calls | None") -> None:
        self._matcher, self._calls = matcher, calls
        self._lock = threading.Lock()
        self.rules = rules
        self.relaxed = relaxed
        """Tools whose schemas are not enforced as a whole, with what is left out: `f (not at properties.a)`.

        Without any such remark, their arguments are only held to be a JSON object.
        """

    def start(self) -> "TokenMatcher":
        with self._lock:
            return TokenMatcher(self._matcher.deep_copy(), self._calls)


@dataclass(frozen=True)
class Calls:
    """How an answer's calls are found in it."""

    tokens: Any
    """The library's tokenizer."""
    opening: bytes
    """What a call begins with."""
    between: bytes
    """What stands between the end of a call and the inside of the next: a separator and the opening."""
    merged: bool
    """Whether the end of a call and what follows it are written as one token, as `>` and a line break are by some."""


class TokenMatcher:
    """Where one answer stands in its grammar (see `core.types.Matcher`).

    Without `calls`, it says nothing of the last call.
    """

    def __init__(self, matcher: Any, calls: Calls | None) -> None:
        self._matcher, self._calls = matcher, calls
        self._text = bytearray()
        self._places = [0]
        """Bytes before the first token, and after each."""
        self._ends: list[int] = []
        """After how many bytes a call was whole."""

    @property
    def stopped(self) -> bool:
        return bool(self._matcher.is_stopped())

    def mask(self) -> bytes:
        mask: bytes = self._matcher.compute_bitmask()
        self._check()
        return mask

    def advance(self, token: int) -> None:
        self._matcher.consume_token(token)
        self._check()
        if self._calls:
            self._write(token, self._calls)

    def forced(self) -> tuple[int, ...]:
        return () if self.stopped else tuple(self._matcher.compute_ff_tokens())

    def last_call(self) -> LastCall | None:
        if self._calls is None or self._calls.opening not in self._text or not (self._ends or self._calls.merged):
            return None
        bounds = itertools.pairwise([0, *self._ends, len(self._text)])
        *whole, begun = (bytes(self._text[start:end]).partition(self._calls.opening)[2] for start, end in bounds)
        if not whole:
            return LastCall(repeated=False, open=0)
        ended = self._ends[-1] > self._places[-2]
        after = len(self._places) - bisect.bisect_right(self._places, self._ends[-1])
        repeating = any(call.startswith(begun) for call in whole)
        return LastCall(ended and whole[-1] in whole[:-1], after if repeating else 0)

    def rollback(self, count: int) -> None:
        self._matcher.rollback(count)
        self._check()
        del self._places[len(self._places) - count :]
        del self._text[self._places[-1] :]
        self._ends = [end for end in self._ends if end <= len(self._text)]

    def _write(self, token: int, calls: Calls) -> None:
        more = calls.tokens.decode_bytes([token])
        self._text += more
        self._places.append(len(self._text))
        if calls.opening not in self._text or self.stopped:
            return
        if self._matcher.is_accepting():
            self._ends.append(len(self._text))
            return
        for over in range(1, min(len(more), len(calls.between) + 1)):
            if more.endswith(calls.between[:over]) and self._might_end(token, more[:-over], calls):
                self._ends.append(len(self._text) - over)

    def _might_end(self, token: int, begun: bytes, calls: Calls) -> bool:
        """Whether the answer might end if its last token were only the bytes that it begins with."""
        tokens = calls.tokens.tokenize_bytes(begun)
        self._matcher.rollback(1)
        taken = self._matcher.try_consume_tokens(tokens)
        ends = taken == len(tokens) and bool(self._matcher.is_accepting())
        self._matcher.rollback(taken)
        self._matcher.consume_token(token)
        self._check()
        return ends

    def _check(self) -> None:
        if self._matcher.is_error():
            raise EngineError(f"The answer left its grammar: {_first_line(self._matcher.get_error())}.")


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
            reason = _first_line(matcher.get_error())
            raise UnsupportedSchema(None, f"{reason}." if shape.lark else f"It is too complex: {reason}.")
        return CompiledGrammar(matcher, rules, tuple(relaxed), self._calls_of(shape))

    def _calls_of(self, shape: Shape) -> Calls | None:
        """How the calls of an answer of `shape` are found; None where it may repeat them."""
        opening = self._format.call_start
        if not (opening and shape.tools and shape.parallel) or shape.repeats:
            return None
        _, close = self._format.call_frame(shape.tools[0]["function"]["name"])
        between = self._format.call_separator + opening
        written = itertools.accumulate(
            len(self.bytes_of(token)) for token in self._tokens.tokenize_str(close + between)
        )
        return Calls(self._tokens, opening.encode(), between.encode(), len(close.encode()) not in written)

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


def object_schema(parameters: Json) -> dict[str, Json]:
    """The parameters of a tool as a schema of objects. Raises InvalidSchema where they are of another type."""
    schema: dict[str, Json] = parameters or NO_ARGUMENTS
    kinds = schema.get("type", "object")
    if kinds != "object" and "object" not in (kinds if isinstance(kinds, list) else ()):
        raise InvalidSchema(f"Its type is '{kinds}': arguments are an object.")
    return {**schema, "type": "object"}


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
    return not failed, [_first_line(reason) for reason in reasons]


def _json_rule(schema: Json) -> str:
    schema = schema if isinstance(schema, dict) else {}
    spelled = schema | {"x-guidance": SPELLING | schema.get("x-guidance", {})}
    return "%json " + json.dumps(spelled, ensure_ascii=False)


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _first_line(error: str) -> str:
    """The sentence in a message of the library, without the place in a grammar that the client never saw."""
    line = (error.splitlines() or [""])[0]
    line = re.sub(r"^at \d+\(\d+\): |failed to compile JSON schema: ", "", line)
    return line.partition(". ")[0].rstrip(".")
