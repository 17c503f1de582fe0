"""What was called beside what was due, as far as a kind of mistake needs it.

Whether an answer is right is never decided here: the official checker does that.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

from sftctl.core.types import Json

Call = tuple[str, Mapping[str, Json]]
"""Of a call that was made, its arguments; of one that is due, what each may be."""
MOST = 6
"""Arguments that are tried in each other's place."""


def calls_in(value: Json) -> list[Call]:
    """The calls in a list of `{"name", "arguments"}` or of `{name: arguments}`; one that cannot be read has none."""
    return [
        call for each in (value if isinstance(value, list) else ()) if isinstance(each, dict) for call in _read(each)
    ]


def _read(call: Mapping[str, Json]) -> Iterator[Call]:
    pairs = [(call["name"], call["arguments"])] if call.keys() == {"name", "arguments"} else list(call.items())
    for name, arguments in pairs:
        try:
            given = json.loads(arguments) if isinstance(arguments, str) else arguments
        except ValueError:
            given = {}
        yield str(name).replace(".", "_"), given if isinstance(given, dict) else {}  # as an endpoint has its name


def finer(kind: str, due: Call, made: Call, offered: Sequence[str]) -> str:
    """A kind for which the official checker has no type of its own, where `kind` is how it sees `made` for `due`."""
    if kind == "wrong_tool":
        if made[0] != due[0] and made[0].casefold() == due[0].casefold():
            return "wrong_case"
        return "unknown_tool" if offered and made[0] not in offered else kind
    wanted, given = due[1], made[1]
    if kind in ("wrong_type", "wrong_value"):
        wrong = [key for key in given if key in wanted and not fits(given[key], wanted[key])]
        return "swapped_values" if _permuted(wrong, wanted, [given[key] for key in wrong]) else kind
    if kind in ("missing_argument", "extra_argument"):
        missing = [key for key in wanted if key not in given and not _optional(wanted[key])]
        extra = [key for key in given if key not in wanted]
        if missing and sorted(map(str.casefold, missing)) == sorted(map(str.casefold, extra)):
            return "wrong_case"
        return "misnamed_argument" if _renamed(missing, wanted, given) else kind
    return kind


def _permuted(keys: Sequence[str], wanted: Mapping[str, Json], values: Sequence[Json]) -> bool:
    """Whether the values, in some order, are what may be under the keys."""
    if not keys or len(keys) != len(values) or len(keys) > MOST:
        return False
    return any(all(map(fits, order, (wanted[key] for key in keys))) for order in permutations(values))


def _renamed(missing: Sequence[str], wanted: Mapping[str, Json], given: Mapping[str, Json]) -> bool:
    """Whether what is given under unknown names is, in some order, what is missing, and more that may be given."""
    values = [value for key, value in given.items() if key not in wanted]
    unused = [key for key in wanted if key not in given]
    if not missing or len(unused) > MOST or len(values) > len(unused):
        return False
    return any(
        {*missing} <= {*keys} and all(fits(value, wanted[key]) for key, value in zip(keys, values, strict=True))
        for keys in permutations(unused, len(values))
    )


def again(due: Sequence[Call], made: Sequence[Call]) -> bool:
    """Whether each call that was made is one that is due, so that one is there twice in another's place."""
    return bool(made) and all(any(_is(call, each) for each in due) for call in made)


def _is(made: Call, due: Call) -> bool:
    left_out = due[1].keys() - made[1].keys()
    named = made[0] == due[0] and made[1].keys() <= due[1].keys()
    return named and likeness(due, made) == len(made[1]) and all(_optional(due[1][key]) for key in left_out)


def likeness(due: Call, made: Call) -> int:
    """How many arguments of a call are as they are due."""
    return sum(key in due[1] and fits(value, due[1][key]) for key, value in made[1].items())


def fits(value: Json, accepted: Json) -> bool:
    """Whether a value is among those that BFCL accepts; of texts only letters and digits count, in any case."""
    return any(_plain(value) == _plain(each) for each in (accepted if isinstance(accepted, list) else [accepted]))


def _optional(accepted: Json) -> bool:
    return isinstance(accepted, list) and "" in accepted


def _plain(value: Json) -> Json:
    if isinstance(value, str):
        return re.sub(r"[^\w]|_", "", value).casefold()
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each[0] if isinstance(each, list) and each else each) for key, each in value.items()}
    return (type(value).__name__, value)
