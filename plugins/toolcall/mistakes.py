"""The kinds of mistakes in tool calls, from the coarsest to the finest: an answer has the first that applies."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sftctl.core.types import Json
from sftctl.plugins.toolcall.compare import Arguments, normal, said
from sftctl.plugins.toolcall.shapes import kind_of, shape_of

Call = tuple[str, dict[str, Json]]
Schemas = Mapping[str, Mapping[str, Json]]
"""The parameter schema of every offered tool by name."""

MISTAKES = {
    "failed": "an answer that could not be had: the endpoint refuses the question, or what it says cannot be read",
    "malformed": "a call that cannot be read, as broken JSON",
    "cut_off": "a call that was not finished: the answer reached max_tokens, as one does that repeats itself",
    "no_call": "no call where one was due",
    "hallucinated_call": "the right call, and another one that nobody asked for",
    "wrong_case": "a name or value right but for upper and lower case",
    "unknown_tool": "a call of a tool that was not offered",
    "missing_call": "fewer calls than were asked for, or one again in another's place",
    "extra_call": "more calls than were asked for, or one of them twice",
    "wrong_tool": "another tool than the right one, or none of the right ones",
    "misnamed_argument": "a right value under a wrong name",
    "missing_argument": "an argument left out",
    "extra_argument": "an argument that nobody asked for",
    "swapped_values": "the right values, in each other's place",
    "wrong_type": 'a value of another type, as "5" for 5',
    "wrong_value": "a wrong value",
    "called_when_none_fits": "a call where no tool fits",
    "called_with_argument_missing": "a call where the request lacks a required argument",
    "called_again": "another call where the result was to be told",
    "missing_facts": "an answer without what the tool result says",
    "no_answer": "no words at all where some were due",
}


def call_mistake(expected: Sequence[Call], calls: Sequence[Call] | None, schemas: Schemas) -> str:
    """The mistake in calls where `expected` ones were due; empty if there is none. None: they cannot be read."""
    if calls is None:
        return "malformed"
    if not calls:
        return "no_call"
    made, wanted = normal_calls(calls, schemas), normal_calls(expected, schemas)
    if made == wanted:
        return ""
    if wanted < made:
        return "hallucinated_call" if (made - wanted).keys() - wanted.keys() else "extra_call"
    if made.keys() <= wanted.keys():
        return "missing_call"
    if unknown := [name for name, _ in calls if name not in schemas]:
        known = {name.casefold() for name in schemas}
        return "wrong_case" if all(name.casefold() in known for name in unknown) else "unknown_tool"
    if not names(calls) & names(expected):
        return "wrong_tool"
    if len(calls) != len(expected):
        return "missing_call" if len(calls) < len(expected) else "extra_call"
    if names(calls) != names(expected):
        return "wrong_tool"
    return _argument_mistake(expected, calls, schemas)


def names(calls: Sequence[Call]) -> Counter[str]:
    return Counter(name for name, _ in calls)


def normal_calls(calls: Sequence[Call], schemas: Schemas) -> Counter[tuple[str, object]]:
    """Calls as a multiset of normal forms: parallel calls have no order."""
    return Counter(_key(call, schemas) for call in calls)


def _key(call: Call, schemas: Schemas) -> tuple[str, object]:
    return call[0], normal(call[1], schemas.get(call[0], {}))


# ---------------------------------------------------------------- arguments


def _argument_mistake(expected: Sequence[Call], calls: Sequence[Call], schemas: Schemas) -> str:
    """What is wrong with the arguments of the first expected call that was not made as expected."""
    made, wanted = normal_calls(calls, schemas), normal_calls(expected, schemas)
    name, arguments = next(call for call in expected if (wanted - made)[_key(call, schemas)])
    schema = schemas[name]
    leftover = [call[1] for call in calls if call[0] == name and (made - wanted)[_key(call, schemas)]]
    return min(_difference(arguments, other, schema) for other in leftover)[1]


def _difference(expected: Arguments, given: Arguments, schema: Mapping[str, Json]) -> tuple[int, str]:
    """How many arguments differ, and the kind of mistake they make. A default that is left out is not missing."""
    field = shape_of(expected, schema).field
    unequal = [
        key
        for key in expected
        if key in given and normal(expected[key], field(key), schema) != normal(given[key], field(key), schema)
    ]
    missing, extra = said(expected, schema).keys() - given.keys(), said(given, schema).keys() - expected.keys()
    count = len(missing) + len(extra) + len(unequal)
    if missing and _folded(missing) == _folded(extra):
        return count, "wrong_case"
    left_out = expected.keys() - given.keys()  # with defaults, which are not missing
    if missing and _values(given, extra) in (_values(expected, missing), _values(expected, left_out)):
        return count, "misnamed_argument"
    if missing or extra:
        return count, "missing_argument" if missing else "extra_argument"
    return count, _value_mistake([expected[key] for key in unequal], [given[key] for key in unequal])


def _values(arguments: Arguments, keys: Iterable[str]) -> Counter[object]:
    return Counter(normal(arguments[key], {}) for key in keys)


def _folded(words: Iterable[str]) -> set[str]:
    return {word.casefold() for word in words}


def _value_mistake(expected: Sequence[Json], given: Sequence[Json]) -> str:
    """The mistake in the values that differ, position by position."""
    pairs = list(zip(expected, given, strict=True))
    if Counter(normal(value, {}) for value in expected) == Counter(normal(value, {}) for value in given):
        # without a schema all strings are compared whatever their case, so a lone pair differs in that alone
        return "wrong_case" if all(normal(a, {}) == normal(b, {}) for a, b in pairs) else "swapped_values"
    return "wrong_type" if any(_is_another_type(a, b) for a, b in pairs) else "wrong_value"


def _is_another_type(expected: Json, given: Json) -> bool:
    if kind_of(expected) != kind_of(given):
        return True
    if isinstance(expected, list):
        return any(map(_is_another_type, expected, given))
    if isinstance(expected, dict):
        return any(_is_another_type(expected[key], given[key]) for key in expected if key in given)
    return False
