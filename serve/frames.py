"""How calls are written, tool by tool, and what is known of their arguments before a conversation is heard."""

import itertools
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sftctl.core.quantities import SHARE
from sftctl.core.types import ChatFormat, Json
from sftctl.serve.arguments import arguments_of
from sftctl.serve.hearing import DOING, Hearing, snake_case, stems
from sftctl.serve.schemas import InvalidSchema

NO_ARGUMENTS: dict[str, Json] = {"type": "object", "properties": {}, "additionalProperties": False}
_PERCENT = re.compile(r"\b(?:in|as)(?: an?)? (?:percent|%)")
_PER_CENT = re.compile(r"percent|%")
_FRACTION = re.compile(r"decimal(?! place)|fraction|(?<!\d)0?\.\d|\b0 (?:to|and) 1\b|\b0-1\b")


@dataclass(frozen=True)
class Frame:
    """How a call of one tool is written."""

    before: bytes
    """What stands between the opening and the arguments."""
    words: frozenset[str]
    """What its name says and no other tool's (see `hearing.stems`)."""
    properties: Mapping[str, Json]
    """Argument → its JSON Schema."""
    required: frozenset[str]
    """The arguments that must be given."""

    @cached_property
    def few(self) -> frozenset[str]:
        """The arguments that have one of a few values; of those that must be given, yes and no alone."""
        some = self.properties.keys() - self.free
        return frozenset(name for name in some if name not in self.required or self._type(name) == "boolean")

    @cached_property
    def free(self) -> frozenset[str]:
        """The arguments that may have any value."""
        return frozenset(name for name, schema in self.properties.items() if not _is_one_of_some(schema))

    @cached_property
    def defaults(self) -> dict[str, Json]:
        """Argument → what it is taken for where it is not given."""
        found = {name: schema for name, schema in self.properties.items() if isinstance(schema, Mapping)}
        return {name: schema["default"] for name, schema in found.items() if "default" in schema}

    @cached_property
    def lists(self) -> frozenset[str]:
        """The arguments that are lists."""
        return frozenset(name for name in self.properties if self._type(name) == "array")

    @cached_property
    def strings(self) -> frozenset[str]:
        """The arguments that are strings."""
        return frozenset(name for name in self.properties if self._type(name) == "string")

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The arguments that are numbers."""
        return frozenset(name for name in self.properties if self._type(name) in ("number", "integer"))

    @cached_property
    def percents(self) -> frozenset[str]:
        """Those that are in percent, by their name or description, and no fractions of 1."""
        return frozenset(name for name in self.numbers if _is_in_percent(name, self.properties[name]))

    @cached_property
    def fractions(self) -> frozenset[str]:
        """Those that are fractions of 1, by their description; or shares in floating point that say nothing of it."""
        return frozenset(name for name in self.numbers if _is_fraction(name, self.properties[name]))

    @cached_property
    def options(self) -> dict[str, Sequence[Json]]:
        """Argument → what it can be, or what a list of it can hold, where that is one of some."""
        return {name: options for name, schema in self.properties.items() if (options := _options(schema))}

    @cached_property
    def spoken(self) -> dict[str, frozenset[str]]:
        """Argument → what its name says and no other argument's."""
        return dict(zip(self.properties, own_words(list(self.properties)), strict=True))

    @cached_property
    def optional(self) -> dict[str, frozenset[str]]:
        """The same of those that need not be given."""
        return {name: own for name, own in self.spoken.items() if name not in self.required}

    @cached_property
    def truths(self) -> dict[str, frozenset[str]]:
        """The same of those that are yes or no."""
        return {name: own for name, own in self.spoken.items() if self._type(name) == "boolean"}

    def judges(self, name: str) -> bool:
        """Whether a value of this argument is to be said."""
        return name in self.free or name in self.few

    def hears(self, heard: Hearing, name: str, value: Json, times: int) -> bool:
        """Whether a value was said, which calls have `times` times by now, or need not be."""
        if not self.judges(name) or (name in self.defaults and self.defaults[name] == value):
            return True
        return heard.says(value, times) if name in self.free else heard.means(name, value)

    def asked(self, heard: Hearing) -> set[str]:
        """The optional arguments that the user speaks of, by their name or by one of their options."""
        named = {name for name, words in self.optional.items() if heard.asks_for(words)}
        return named | {name for name in self.optional.keys() & self.options.keys() if self.chosen(name, heard)}

    def chosen(self, name: str, heard: Hearing) -> list[str]:
        """The options of an argument that the user speaks of, but for its default."""
        return heard.options(option for option in self.options[name] if option != self.defaults.get(name))

    def _type(self, name: str) -> Json:
        schema = self.properties[name]
        return schema.get("type") if isinstance(schema, Mapping) else None


@dataclass(frozen=True)
class Calls:
    """How an answer's calls are found in it."""

    tokens: Any
    """The library's tokenizer."""
    frames: tuple[Frame, ...]
    """One for each tool."""
    distinct: bool
    """Whether none is to be made twice."""
    opening: bytes
    """What a call begins with."""
    beginning: tuple[int, ...]
    """The tokens that it begins with."""
    between: bytes
    """What stands between the end of a call and the inside of the next: a separator and the opening."""
    merged: bool
    """Whether the end of a call and what follows it are written as one token, as `>` and a line break are by some."""

    def last(self, text: bytes) -> bytes:
        """What is written of the last call of an answer, after the opening."""
        return text.rpartition(self.opening)[2]

    def begun(self, text: bytes) -> tuple[Frame, int] | None:
        """The frame of the last call, and where its arguments begin in the answer; None as long as they do not."""
        start = text.rindex(self.opening) + len(self.opening)
        frame = next((frame for frame in self.frames if text.startswith(frame.before, start)), None)
        return None if frame is None else (frame, start + len(frame.before))

    def given(self, text: bytes) -> list[list[tuple[str, bytes]]]:
        """Of each call in an answer, the arguments that have a value, which may be open in the last: name and JSON."""
        calls = []
        for call in text.split(self.opening)[1:]:
            before = next((frame.before for frame in self.frames if call.startswith(frame.before)), call)
            arguments = arguments_of(inside := call[len(before) :])
            calls.append([(json.loads(a.name), inside[a.value : a.end]) for a in arguments if a.name and a.value])
        return calls

    def open_argument(self, text: bytes) -> tuple[Frame, str, bytes] | None:
        """The argument whose value is open at an answer's end, and what is written of that."""
        found = self.begun(text)
        for argument in arguments_of(text[found[1] :]) if found else ():
            if found and argument.name and argument.value and argument.end is None:
                return found[0], json.loads(argument.name), text[found[1] + argument.value :]
        return None


def frames_of(tools: Sequence[Mapping[str, Json]], chat_format: ChatFormat) -> tuple[Frame, ...]:
    """One for each of some tools, in the form of the API."""
    functions = [tool["function"] for tool in tools]
    words = own_words([function["name"] for function in functions])
    return tuple(_frame(function, own, chat_format) for function, own in zip(functions, words, strict=True))


def object_schema(parameters: Json) -> dict[str, Json]:
    """The parameters of a tool as a schema of objects. Raises InvalidSchema where they are of another type."""
    schema: dict[str, Json] = parameters or NO_ARGUMENTS
    kinds = schema.get("type", "object")
    if kinds != "object" and "object" not in (kinds if isinstance(kinds, list) else ()):
        raise InvalidSchema(f"Its type is '{kinds}': arguments are an object.")
    return {**schema, "type": "object"}


def own_words(names: Sequence[str]) -> list[frozenset[str]]:
    """For each name, what it says and none of the others (see `hearing.stems`)."""
    words = [stems(name) - DOING for name in names]
    shared = Counter(itertools.chain(*words))
    return [frozenset(word for word in each if shared[word] == 1) for each in words]


def _frame(function: Mapping[str, Json], words: frozenset[str], chat_format: ChatFormat) -> Frame:
    before, _ = chat_format.call_frame(function["name"])
    schema = object_schema(function.get("parameters"))
    properties, required = schema.get("properties"), schema.get("required") or ()
    begun = before.removeprefix(chat_format.call_start).encode()
    return Frame(begun, words, properties if isinstance(properties, Mapping) else {}, frozenset(required))


def _options(schema: Json) -> Sequence[Json]:
    for each in (schema, schema.get("items")) if isinstance(schema, Mapping) else ():
        if isinstance(each, Mapping) and isinstance(options := each.get("enum"), list):
            return options
    return ()


def _is_in_percent(name: str, schema: Mapping[str, Json]) -> bool:
    said = str(schema.get("description", "")).lower()
    return ("percent" in name.lower() or bool(_PERCENT.search(said))) and not _FRACTION.search(said)


def _is_fraction(name: str, schema: Mapping[str, Json]) -> bool:
    said = str(schema.get("description", "")).lower()
    if schema["type"] == "integer":
        return False
    if _FRACTION.search(said):
        return True
    is_share = SHARE.search(snake_case(name)) and schema.get("format") in ("float", "double")
    return bool(is_share) and "percent" not in name.lower() and not _PER_CENT.search(said)


def _is_one_of_some(schema: Json) -> bool:
    """Whether a value is one of a few, which a conversation may mean and not say."""
    if not isinstance(schema, Mapping) or schema.get("type") == "boolean":
        return True
    return '"enum"' in (text := json.dumps(schema)) or '"const"' in text
