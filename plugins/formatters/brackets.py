"""Calls that are written like Python, `[book(city="Rome", nights=2)]`, as in ToolACE."""

import ast
import json
import keyword
import re
from collections.abc import Sequence

from sftctl.core.errors import DataError
from sftctl.core.types import Json
from sftctl.plugins.formatters import tags
from sftctl.plugins.formatters.columns import specs

LITERALS = {"true": True, "false": False, "null": None}
QUOTED = r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
RESERVED = re.compile(rf"{QUOTED}|\b({'|'.join(keyword.kwlist)})(?=\s*=)", re.DOTALL)
"""A quoted text, or the name of an argument that is a word of Python's own, as `from` and `class` are."""
FREED = "reserved__"
"""What such a name is given in front, so that Python can parse it."""


def take_tools(system: str) -> tuple[str, list[dict[str, Json]]]:
    """A system text without the JSON list of tools in it, and these; as it is where there is no such list.

    The sentences that introduce the list and explain how to call go with it.
    """
    start = system.find("[{")
    if start < 0 or '"name"' not in system[start:]:
        return system, []
    try:
        given, end = json.JSONDecoder().raw_decode(system[start:])
    except (ValueError, RecursionError):
        return system, []
    if not all(isinstance(tool, dict) and "name" in tool and "parameters" in tool for tool in given):
        return system, []
    persona = tags.unexplained(system[:start], system[start + end :])
    return persona, list(specs(given, "the tools in the system text"))


def take_calls(text: str, tools: Sequence[dict[str, Json]]) -> list[Json]:
    """The calls that a text consists of; none if it is anything else than known tools called in brackets.

    Raises DataError where a known tool is called in a way that cannot be read.
    """
    text = text.strip()
    names = sorted((tool["function"]["name"] for tool in tools), key=len, reverse=True)
    if not names or not (text.startswith("[") and text.endswith("]")):
        return []
    one = re.compile(rf"\s*({'|'.join(map(re.escape, names))})\s*\(")
    calls: list[Json] = []
    rest = text[1:-1]
    while rest.strip():
        begins = one.match(rest)
        if begins is None:
            if calls:
                raise DataError(f"after a call in brackets comes what is none: {rest.strip()[:40]!r}")
            return []
        arguments, rest = _arguments(rest[begins.end() :], begins[1])
        calls.append({"name": begins[1], "arguments": arguments})
        rest = rest.lstrip().removeprefix(",")
    return calls


def _arguments(text: str, name: str) -> tuple[dict[str, Json], str]:
    """The keyword arguments up to the bracket that closes the call, and what follows it."""
    text = RESERVED.sub(lambda found: found[1] or FREED + found[2], text)
    for end in (index for index, character in enumerate(text) if character == ")"):
        try:
            parsed = ast.parse(f"f({text[:end]})", mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if isinstance(parsed, ast.Call) and not parsed.args and all(given.arg for given in parsed.keywords):
            try:
                values = {str(k.arg): ast.literal_eval(_Literals().visit(k.value)) for k in parsed.keywords}
                return {given.removeprefix(FREED): value for given, value in values.items()}, text[end + 1 :]
            except (ValueError, TypeError):
                break
    raise DataError(f"the call to '{name}' in brackets cannot be read")


class _Literals(ast.NodeTransformer):
    """JSON's true, false and null as Python's."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(LITERALS[node.id]) if node.id in LITERALS else node
