"""Toolsets out of Python modules."""

from pathlib import Path

import pytest

from sftctl.core.errors import ToolsetError
from sftctl.core.tools import Between
from sftctl.core.tools.calls import run_tool
from sftctl.core.types import Limits
from sftctl.plugins.toolsources.python import load, read_module

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
        ("g.py", 'class T: pass\ndef f(x: T):\n    """Do it."""', r"f\(x\): type .* has no JSON Schema"),
        ("h.py", 'def f(*x: int):\n    """Do it."""', "cannot be named in a call"),
        ("i.py", 'def f(x: "Y"):\n    """Do it."""', "type hints of tool 'f' cannot be read"),
        ("j.py", 'def f():\n    """Do it.\n\n    Args:\n        x: One."""', "describes unknown parameter 'x'"),
    ],
)
def test_a_module_that_cannot_be_used_says_where_and_why(tmp_path: Path, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(ToolsetError, match=message):
        read_module(str(path))


def test_a_missing_file() -> None:
    with pytest.raises(ToolsetError, match="does not exist"):
        load("none.py", Limits())


PLAIN = '''
"""Lamps."""
from dataclasses import dataclass
from textwrap import dedent
from beside import WATTS

@dataclass
class Lamp:
    room: str
    watts: int = WATTS

def switch_on(lamp: Lamp, seconds: int = 10) -> str:
    """Switch a lamp on."""
    return f"{lamp.room} {lamp.watts} {seconds}"

def _private(x: int) -> int:
    return x
'''


def test_a_plain_module_needs_no_decorator(tmp_path: Path) -> None:
    path = tmp_path / "lamps.py"
    path.write_text(PLAIN)
    (tmp_path / "beside.py").write_text("WATTS = 5\n")
    toolset = load(str(path), Limits())
    assert (toolset.name, toolset.summary) == ("lamps", "Lamps.")
    (switch_on,) = toolset.tools
    assert switch_on.name == "switch_on"
    assert switch_on.properties["lamp"]["required"] == ["room"]
    assert run_tool(switch_on, {"lamp": {"room": "hall"}}) == ("hall 5 10", "")


MARKED = '''
"""Lamps."""
from typing import Annotated
from sftctl.core.tools import Between, tool

@tool(asks=("Dim to {level}",), answer="Dimmed to {result}.")
def dim(level: Annotated[int, Between(1, 9, 0)]) -> int:
    """Dim the lamps."""
    return level

def helper(x: int) -> int:
    """No tool, as another function is marked."""
    return x
'''


def test_of_a_module_with_marked_functions_only_these_are_tools(tmp_path: Path) -> None:
    path = tmp_path / "lamps.py"
    path.write_text(MARKED)
    (dim,) = load(str(path), Limits()).tools
    assert (dim.name, dim.asks, dim.answer, dim.domain) == ("dim", ("Dim to {level}",), "Dimmed to {result}.", "lamps")
    assert dim.values == {"level": Between(1, 9, 0)}
