"""Taking values out of raw rows, with a clear word about what is missing or of the wrong kind."""

import ast
import json
from collections.abc import Iterator, Mapping, Sequence

from sftctl.core.datasets.json_value import ROWS, problem_of
from sftctl.core.errors import DataError
from sftctl.core.tools.toolspec import spec_of, tools_in
from sftctl.core.types import Json, kind

SYSTEM = ("system", "system_prompt")
TURNS = ("messages", "conversations", "conversation", "dialog", "dialogue", "contents")


def found(row: Mapping[str, Json], names: Sequence[str]) -> str | None:
    """The first of the columns that the row has with a value in it."""
    return next((name for name in names if row.get(name) is not None), None)


def lacking(names: Sequence[str]) -> str:
    """What to say of a row that has none of these columns."""
    others = f" (or {', '.join(names[1:])})" if len(names) > 1 else ""
    return f"it has no '{names[0]}'{others}"


def has_turns(row: Mapping[str, Json]) -> bool:
    """Whether a conversation stands in it turn by turn: a list of objects, or its JSON text."""
    values = [row.get(name) for name in TURNS]
    lists = [value for value in values if isinstance(value, list) and value and isinstance(value[0], Mapping)]
    return bool(lists) or any(isinstance(value, str) and value.lstrip().startswith("[{") for value in values)


def text(row: Mapping[str, Json], *names: str) -> str:
    """The text in the first of these columns. Raises DataError where there is none."""
    name = found(row, names)
    if name is None:
        raise DataError(lacking(names))
    value = row[name]
    if not isinstance(value, str):
        raise DataError(f"'{name}' must be text, not {kind(value)}")
    return value


def optional_text(row: Mapping[str, Json], *names: str) -> str:
    return text(row, *names) if found(row, names) else ""


def parsed(value: Json, what: str) -> Json:
    """A value that may be given as the text of its JSON. Raises DataError."""
    if not isinstance(value, str):
        return value
    try:
        return ROWS.decode(value)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{what} is no JSON: {problem_of(error, 'character')}") from None


def parsed_loosely(value: Json, what: str) -> Json:
    """A value that may be given as text in JSON or, as pandas writes it, in Python's spelling. Raises DataError."""
    if not isinstance(value, str):
        return value
    try:
        return ROWS.decode(value)
    except json.JSONDecodeError as error:
        try:
            return ast.literal_eval(value.strip())
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            raise DataError(f"{what} is no JSON: {problem_of(error, 'character')}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{what} is no JSON: {error}") from None


def items(value: Json, what: str) -> list[Json]:
    """The items of a list, or of its text; each may again be the text of an object. Raises DataError."""
    value = parsed_loosely(value, what)
    if not isinstance(value, list):
        raise DataError(f"{what} must be a list, not {kind(value)}")
    return [
        parsed_loosely(item, f"entry {number} of {what}") if _is_object(item) else item
        for number, item in enumerate(value, 1)
    ]


def _is_object(item: Json) -> bool:
    return isinstance(item, str) and item.lstrip().startswith("{")


def tools(row: Mapping[str, Json], *names: str) -> list[dict[str, Json]]:
    """The tools that a row declares, in OpenAI's spelling; a list, an object of one or many, or the text of either."""
    name = found(row, names)
    if name is None or row[name] == "":
        return []
    value = parsed_loosely(row[name], f"'{name}'")
    if value is None:
        return []
    given = value if isinstance(value, Mapping) else items(value, f"'{name}'")
    return list(specs(list(tools_in(given)), f"'{name}'"))


def specs(given: Sequence[Json], what: str) -> Iterator[dict[str, Json]]:
    """Each tool in OpenAI's spelling. Raises DataError saying which one is none."""
    for number, tool in enumerate(given, 1):
        try:
            yield spec_of(tool)
        except DataError as error:
            raise DataError(f"entry {number} of {what}: {error}") from None
