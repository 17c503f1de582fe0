"""Rules about tools and the calls to them. No message quotes a value: it may be a secret."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from sftctl.core.lint import LintCall, LintRow, LintRule, text_of
from sftctl.core.tools.casting import fitted
from sftctl.core.tools.plain_schema import fits, is_plain_object
from sftctl.core.types import Json, function_of, is_learned

MOST = 3
"""Problems told of one call."""


# ---------------------------------------------------------------- tools


def duplicate_tools(row: LintRow) -> Iterator[str]:
    if len(row.functions) == len(row.example.tools):
        return
    names = Counter(function["name"] for function in map(function_of, row.example.tools) if function)
    for name, count in names.items():
        if count > 1:
            yield f"{count} tools are named '{name}'"


def bad_tools(row: LintRow) -> Iterator[str]:
    for number, tool in enumerate(row.example.tools, 1):
        if function_of(tool) is None:
            yield f"tool {number} is no function with a name"
    for name in {call.name: None for call in row.calls if call.name in row.functions}:
        problem = "" if name in _plain(row) else _validator(json.dumps(_parameters(row, name)))[1]
        if problem:
            yield f"the parameters of '{name}' are no JSON Schema: {problem}"


# ---------------------------------------------------------------- calls


def bad_arguments(row: LintRow) -> Iterator[str]:
    for call in row.calls:
        if call.problem:
            yield f"message {call.message} calls '{call.name}' with bad arguments: {call.problem.rstrip('.')}"


def undeclared_tools(row: LintRow) -> Iterator[str]:
    for call in row.calls:
        if call.learned and call.name not in row.functions:
            declared = ", ".join(list(row.functions)[:5]) or "none"
            yield f"message {call.message} calls '{call.name}', which is not declared (declared: {declared})"


def schema_mismatch(row: LintRow) -> Iterator[str]:
    for call, error in _schema_errors(row):
        if not _is_null(error):
            yield f"message {call.message} calls '{call.name}': {_described(error)}"
    for call in row.calls:
        if call.learned and call.arguments:
            for name in _unknown(row.functions.get(call.name, {}), call.arguments)[:MOST]:
                yield f"message {call.message} calls '{call.name}': it has no parameter '{name}'"


def null_arguments(row: LintRow) -> Iterator[str]:
    for call, error in _schema_errors(row):
        if _is_null(error):
            path = _path(error)
            yield f"message {call.message} calls '{call.name}': {path} is null, which its schema does not allow"


def parallel_calls(row: LintRow) -> Iterator[str]:
    if row.example.parallel_tool_calls is False:
        for number, count in Counter(call.message for call in row.calls if call.learned).items():
            if count > 1:
                yield f"message {number} makes {count} calls, though parallel_tool_calls is false"


def calls_as_text(row: LintRow) -> Iterator[str]:
    for number, message in enumerate(row.example.messages, 1):
        text = text_of(message) if is_learned(message) else ""
        for name in row.functions:
            if name in text and re.search(_AS_TEXT.format(re.escape(name)), text):
                yield f"message {number} looks like a call to '{name}', written as text"


_AS_TEXT = r"""(["'])name\1\s*:\s*(["']){0}\2|(?<![\w.]){0}\("""
"""`"name": "f"` or `f(`, where the name goes into the braces."""


# ---------------------------------------------------------------- schemas


@lru_cache(maxsize=1)  # two rules ask it of one row after the other
def _schema_errors(row: LintRow) -> list[tuple[LintCall, Any]]:
    """What jsonschema says against the learned calls, unless the tool's schema itself is bad."""
    found: list[tuple[LintCall, Any]] = []
    for call in row.calls:
        if not call.learned or call.arguments is None or call.name not in row.functions:
            continue
        parameters = _parameters(row, call.name)
        if call.name in _plain(row) and fits(parameters, call.arguments):
            continue
        validator, problem = _validator(json.dumps(parameters))
        if not problem:
            found += [(call, error) for error in _errors(validator, call.arguments)]
    return found


def _errors(validator: Any, arguments: Mapping[str, Json]) -> list[Any]:
    """The first errors; none where the schema cannot be followed (a reference to elsewhere, endless recursion)."""
    from itertools import islice

    from referencing.exceptions import Unresolvable

    try:
        return list(islice(validator.iter_errors(arguments), MOST))
    except (Unresolvable, RecursionError, re.error):
        return []


@lru_cache(maxsize=1)
def _plain(row: LintRow) -> set[str]:
    """The called functions whose parameters are an object in a plain schema."""
    called = {call.name for call in row.calls} & set(row.functions)
    return {name for name in called if is_plain_object(_parameters(row, name))}


def _parameters(row: LintRow, name: str) -> Json:
    return row.functions[name].get("parameters") or {}


@lru_cache(maxsize=4096)
def _validator(schema: str) -> tuple[Any, str]:
    from jsonschema import Draft202012Validator, SchemaError
    from jsonschema.validators import validator_for
    from referencing import Registry

    parameters = json.loads(schema)
    if not isinstance(parameters, dict):
        return None, "they are not an object"
    if not isinstance(parameters.get("$schema", ""), str):
        return None, "their $schema is no text"
    kind = validator_for(parameters, default=Draft202012Validator)
    try:
        kind.check_schema(parameters)
    except SchemaError as error:
        return None, _described(error)
    if parameters.get("type", "object") != "object":
        return None, "they are not of type object"
    return kind(parameters, registry=Registry()), ""  # a registry of our own: the default one would go and fetch


def _unknown(function: Mapping[str, Json], arguments: Mapping[str, Json]) -> list[str]:
    """Arguments that the tool does not have. JSON Schema lets them pass; a function does not take them."""
    parameters = function.get("parameters")
    if not isinstance(parameters, dict) or not isinstance(parameters.get("properties"), dict):
        return []
    if {"additionalProperties", "patternProperties", "$ref", "allOf", "anyOf", "oneOf"} & set(parameters):
        return []  # the validator has judged them
    return sorted(set(arguments) - set(parameters["properties"]))


def _is_null(error: Any) -> bool:
    return error.instance is None and bool(error.absolute_path) and error.validator in ("type", "enum", "anyOf")


def _described(error: Any) -> str:
    """A schema error without the value that broke it."""
    path, rule, value = _path(error), error.validator, error.validator_value
    if rule == "type":
        wanted = " or ".join(value) if isinstance(value, list) else value
        remedy = "; --cast makes it one" if fitted(error.instance, {"type": value}) is not error.instance else ""
        return f"{path} must be {wanted}, not {_kind(error.instance)}{remedy}"
    if rule == "required":
        missing = [name for name in value if name not in error.instance]
        return f"{path} lacks {', '.join(repr(name) for name in missing)}"
    if rule in ("enum", "const"):
        return f"{path} is not {'one of ' if rule == 'enum' else ''}{json.dumps(value)[:80]}"
    if rule == "additionalProperties":
        return f"{path} has unknown keys"
    return f"{path} breaks {rule} {json.dumps(value)[:80]}"


def _path(error: Any) -> str:
    keys = [f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.absolute_path]
    return f"'{''.join(keys).lstrip('.')}'" if keys else "the object"


def _kind(value: Json) -> str:
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array")):
        if isinstance(value, kind):
            return name
    return "null" if value is None else "object"


RULES = (
    LintRule("bad-tool", "a tool without a name, or called and without a valid schema", "error", lambda: bad_tools),
    LintRule("duplicate-tool", "two tools of one row have the same name", "error", lambda: duplicate_tools),
    LintRule("undeclared-tool", "a call to a tool that the row does not declare", "error", lambda: undeclared_tools),
    LintRule("bad-arguments", "arguments that are not a JSON string holding an object", "error", lambda: bad_arguments),
    LintRule("schema-mismatch", "arguments that break the tool's schema", "error", lambda: schema_mismatch),
    LintRule("null-argument", "an argument is null where the schema forbids it", "error", lambda: null_arguments),
    LintRule("parallel-calls", "several calls though `parallel_tool_calls` is false", "error", lambda: parallel_calls),
    LintRule("call-as-text", "text that looks like a call to a declared tool", "warning", lambda: calls_as_text),
)
