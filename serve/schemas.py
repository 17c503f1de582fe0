"""JSON Schemas made fit to be enforced while a model writes, or refused by naming what cannot be."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from sftctl.core.types import Json

FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri", "unknown"}
"""String formats that the grammar library enforces. Others say nothing that a JSON Schema validator checks; where a
tool or an output is strict, they are refused all the same, as OpenAI refuses them."""
LOCAL = {"date-time", "time"}
"""Of these, those that demand an offset from UTC, which a request seldom names: 10:30 would have to be 10:30:00Z. They
are enforced where a tool or an output is strict; to a JSON Schema validator a format is a remark."""

NUMBERS = {
    *("minimum", "maximum", "multipleOf"),
    *(f"{least}{what}" for least in ("min", "max") for what in ("Length", "Items", "Properties")),
}
MAPS = {"properties", "$defs", "definitions"}
LISTS = {"allOf", "anyOf", "oneOf", "prefixItems"}
ONE = {"items", "additionalProperties", "additionalItems"}
"""Keywords under which schemas lie: by name, in a list, or one (or, in old drafts, a list)."""

REFUSED = {
    "$dynamicRef",
    "$recursiveRef",
    "contains",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "maxContains",
    "minContains",
    "not",
    "patternProperties",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
}
"""Keywords that constrain and cannot be enforced."""

OPENING = {"dependencies", "dependentSchemas", "if", "patternProperties", "then", "else"}
"""Of these, those that may allow properties which are not listed beside them."""

OPEN_ENDED = {"$ref", "additionalProperties", "allOf", "anyOf", "oneOf"}
"""Keywords beside which properties that are not listed may be meant."""


class UnsupportedSchema(Exception):
    """Why a schema cannot be enforced: one sentence that names the keyword."""


class InvalidSchema(UnsupportedSchema):
    """Why something is no JSON Schema at all: one sentence."""


def enforceable(schema: Json, *, strict: bool = False) -> Json:
    """A schema that allows nothing which `schema` forbids, written for the grammar library.

    An object whose properties are listed gets no others, unless it asks for them. `strict`: formats that are not
    known are refused. Raises UnsupportedSchema, InvalidSchema among it.
    """
    return _made(_Enforcing(strict), schema)


def enforceable_part(schema: Json) -> tuple[Json, list[str]]:
    """As much of a schema as can be enforced, and the keywords that were left out: `not at properties.a`."""
    enforcing = _Enforcing(strict=False, left_out=[])
    return _made(enforcing, schema), enforcing.left_out or []


def _made(enforcing: "_Enforcing", schema: Json) -> Json:
    try:
        made = enforcing.prepare(schema, "")
        if not Endings(made).has_one(made):
            raise UnsupportedSchema("No value of it is finite: a required part requires itself.")
    except RecursionError:
        raise UnsupportedSchema("It is nested too deeply.") from None
    return made


@dataclass(frozen=True)
class _Enforcing:
    """Rewrites a schema; a keyword that cannot be enforced is refused, or noted in `left_out`, if there is one."""

    strict: bool
    left_out: list[str] | None = None

    def prepare(self, schema: Json, where: str) -> Json:
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, Mapping):
            raise InvalidSchema(f"{where or 'It'} is no JSON Schema.")
        made: dict[str, Any] = {}
        for keyword, value in schema.items():
            here = f"{where}.{keyword}" if where else keyword
            if not _is_well_formed(keyword, value):
                raise InvalidSchema(f"'{keyword}' (at {here}) does not have the form that JSON Schema gives it.")
            if self._is_refused(keyword, value):
                self._refuse(keyword, value, where, here)
            elif keyword in MAPS:
                made[keyword] = {name: self.prepare(each, f"{here}.{name}") for name, each in value.items()}
            elif keyword in LISTS | ONE and isinstance(value, list):
                made[keyword] = [self.prepare(each, f"{here}[{at}]") for at, each in enumerate(value)]
            elif keyword in ONE:
                made[keyword] = self.prepare(value, here)
            elif not (_says_nothing(keyword, value) or (keyword == "format" and value in LOCAL and not self.strict)):
                made[keyword] = value
        if OPENING & schema.keys():  # what else it allows is no longer said
            made["additionalProperties"] = True
        elif _lists_all(made):
            made["additionalProperties"] = False
        return made

    def _is_refused(self, keyword: str, value: Json) -> bool:
        if keyword == "format":
            return self.strict and value not in FORMATS
        if keyword in DEMANDING:
            return _demanded(keyword, value) > LONGEST
        return keyword in REFUSED and not _says_nothing(keyword, value)

    def _refuse(self, keyword: str, value: Json, where: str, here: str) -> None:
        if self.left_out is None:
            what = f"'{keyword}' '{value}'" if keyword == "format" else f"'{keyword}'"
            why = f": it demands more than {LONGEST} characters" if keyword in DEMANDING else ""
            raise UnsupportedSchema(f"{what} (at {here}) cannot be enforced{why}.")
        self.left_out.append(f"{keyword} at {where}" if where else keyword)


def _is_well_formed(keyword: str, value: Json) -> bool:
    """Whether the keywords that are looked into here have the right form."""
    if keyword in MAPS:
        return isinstance(value, Mapping)
    if keyword in LISTS or keyword == "enum":
        return isinstance(value, list) and bool(value)
    if keyword == "required":
        return isinstance(value, list) and all(isinstance(name, str) for name in value)
    if keyword == "type":
        return isinstance(value, str) or (isinstance(value, list) and all(isinstance(each, str) for each in value))
    if keyword in NUMBERS:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return keyword not in ("format", "pattern") or isinstance(value, str)


def _lists_all(schema: Mapping[str, Any]) -> bool:
    """Whether an object's properties are listed, and nothing says that there may be others."""
    if "properties" not in schema or OPEN_ENDED & schema.keys():
        return False
    return set(schema.get("required", ())) <= set(schema["properties"])


def _says_nothing(keyword: str, value: Json) -> bool:
    """Whether a validator would pass over it: the library might not."""
    if keyword == "uniqueItems":
        return value is False
    return keyword == "x-guidance" or (keyword == "format" and value not in FORMATS)


LONGEST = 20_000
"""Characters that may be demanded in a row: what must follow is worked out as soon as it is certain, whole."""
DEMANDING = {"const", "enum", "pattern"}
PART = re.compile(r"\\.|\[\^?\]?(?:\\.|[^]\\])*\]|\{(\d+)(?:,\d*)?\}|\(\?[:=!<]?|.", re.DOTALL)


def _demanded(keyword: str, value: Json) -> int:
    """About how many characters a value may have to have."""
    if keyword == "pattern":
        return spelled_out(value)
    return max(len(json.dumps(each)) for each in (value if keyword == "enum" else [value]))


def spelled_out(pattern: str) -> int:
    """About how many characters a pattern demands at least, with its counted repetitions written out.

    Of alternatives all are counted, and so is what may be left out: it is a bound, and only large ones matter.
    """
    groups: list[list[int]] = [[0]]
    for part in PART.finditer(pattern):
        if part[0].startswith("("):
            groups.append([0])
        elif part[0] == ")" and len(groups) > 1:
            size = sum(groups.pop())
            groups[-1].append(size)
        elif part[1]:
            groups[-1][-1] *= int(part[1][:9])
        else:
            groups[-1].append(1)
    return sum(map(sum, groups))


class Endings:
    """Looks for a finite value of a schema that refers to itself; without one, a model would write for ever."""

    STEPS = 20_000
    """Schemas looked at before giving up on a tangle."""

    def __init__(self, root: Json) -> None:
        self._root = root
        self._known: set[str] = set()  # references that surely end
        self._left = self.STEPS

    def has_one(self, schema: Json, within: frozenset[str] = frozenset()) -> bool:
        """Whether some value is finite; `within`: the references that are being followed."""
        self._left -= 1
        if self._left < 0:
            raise UnsupportedSchema("Its references are too tangled.")
        if not isinstance(schema, Mapping):
            return True
        choices = [schema[keyword] for keyword in ("anyOf", "oneOf") if keyword in schema]
        return (
            self._follows(schema.get("$ref"), within)
            and all(self.has_one(each, within) for each in self._needed(schema))
            and all(any(self.has_one(each, within) for each in options) for options in choices)
        )

    def _follows(self, reference: Json, within: frozenset[str]) -> bool:
        if not isinstance(reference, str) or not reference.startswith("#") or reference in self._known:
            return True
        if reference in within:
            return False
        if ends := self.has_one(self._at(reference), within | {reference}):
            self._known.add(reference)
        return ends

    def _needed(self, schema: Mapping[str, Any]) -> list[Json]:
        """The schemas of which every value has a part."""
        needed = list(schema.get("allOf", ()))
        kinds = schema.get("type", ["object", "array"])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if kinds == ["object"]:
            properties = schema.get("properties", {})
            needed += [properties[name] for name in schema.get("required", ()) if name in properties]
        if kinds == ["array"] and isinstance(least := schema.get("minItems"), int) and least > 0:
            first = schema.get("prefixItems", [])[:least]
            needed += [*first, schema.get("items")] if least > len(first) else first
        return needed

    def _at(self, reference: str) -> Json:
        """What a JSON pointer points at; True, which ends, if it points nowhere: the library refuses that."""
        found = self._root
        for part in unquote(reference).split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, Mapping) and name in found:
                found = found[name]
            elif isinstance(found, list) and name.isdigit() and int(name[:9]) < len(found):
                found = found[int(name)]
            else:
                return True
        return found
