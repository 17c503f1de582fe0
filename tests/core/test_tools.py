"""Toolsets out of Python functions and files."""

import json
from pathlib import Path
from typing import Annotated, Literal, TypedDict

import pytest

from sftctl.core.errors import ToolsetError
from sftctl.core.tools import Between, Date, Size, tool, tool_from_function, toolset_from_file


class Address(TypedDict):
    street: str
    number: int


@tool(asks=("Send {what} to {to.street}",), answer="Sent {what}.")
def send(
    what: Literal["letter", "parcel"],
    to: Address,
    on: Date,
    weights: Annotated[list[float], Between(0, 9), Size(1, 3)],
    insured: bool = False,
    note: str | None = None,
) -> str:
    """Send something
    by mail.

    Args:
        what: The kind of thing.
        on: The day on which
            it leaves.

    Returns:
        A number.
    """
    return f"{what} {to} {on} {weights} {insured} {note}"


def test_schema_from_signature_and_docstring() -> None:
    made = tool_from_function(send, "mail")
    assert (made.name, made.description, made.domain) == ("send", "Send something by mail.", "mail")
    assert made.parameters == {
        "type": "object",
        "properties": {
            "what": {"type": "string", "enum": ["letter", "parcel"], "description": "The kind of thing."},
            "to": {
                "type": "object",
                "properties": {"street": {"type": "string"}, "number": {"type": "integer"}},
                "required": ["street", "number"],
            },
            "on": {"type": "string", "format": "date", "description": "The day on which it leaves."},
            "weights": {"type": "array", "items": {"type": "number"}},
            "insured": {"type": "boolean", "default": False},
            "note": {"type": "string"},
        },
        "required": ["what", "to", "on", "weights"],
    }
    assert made.spec["function"]["parameters"] == made.parameters


MODULE = '''
"""Lamps."""
from helper_that_is_not_there import x
'''


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.py", MODULE, r"a\.py:3 raised ModuleNotFoundError on import"),
        ("b.py", "def f(:\n  pass", r"b\.py:1 raised SyntaxError on import"),
        ("c.py", "import sys\nsys.exit(3)", r"c\.py:2 raised SystemExit on import"),
        ("d.py", "x = 1", "has no tools"),
        ("e.py", 'def f(x):\n    """Do it."""', "parameter 'x' has no type hint"),
        ("f.py", "def f(x: int): pass", "has no docstring"),
        ("g.py", 'def f(x: complex):\n    """Do it."""', r"f\(x\): type .* has no JSON Schema"),
        ("h.py", 'def f(*x: int):\n    """Do it."""', "cannot be named in a call"),
        ("i.json", "{", "cannot be read as JSON"),
        ("j.json", "{}", "must be a JSON list"),
        ("k.json", '[{"name": 3}]', "entry 0 is no OpenAI tool"),
        ("l.json", '[{"name": "f", "parameters": {"type": "strange"}}]', "tool 'f' has a bad schema"),
        ("m.txt", "", "neither .py nor .json"),
    ],
)
def test_a_toolset_that_cannot_be_used_says_where_and_why(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(ToolsetError, match=message):
        toolset_from_file(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ToolsetError, match="does not exist"):
        toolset_from_file(tmp_path / "none.py")


PLAIN = '''
"""Lamps."""
from dataclasses import dataclass

@dataclass
class Lamp:
    room: str
    watts: int = 5

def switch_on(lamp: Lamp, seconds: int = 10) -> bool:
    """Switch a lamp on."""
    return True

def _private(x: int) -> int:
    return x
'''


def test_a_plain_module_needs_no_decorator(tmp_path: Path) -> None:
    path = tmp_path / "lamps.py"
    path.write_text(PLAIN)
    toolset = toolset_from_file(path)
    assert [t.name for t in toolset.tools] == ["switch_on"]
    assert toolset.tools[0].properties["lamp"]["required"] == ["room"]


def test_a_json_list_of_openai_tools(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([{"type": "function", "function": {"name": "ping", "description": "Ping."}}]))
    (ping,) = toolset_from_file(path).tools
    assert ping.parameters == {"type": "object", "properties": {}}
    assert ping.run is None
