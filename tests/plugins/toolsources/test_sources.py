"""`--toolset` from end to end: what each form is taken for, and the command line with a real process."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sftctl.core.errors import PluginError, ToolsetError
from sftctl.core.manager import plugin_manager
from sftctl.core.tools.toolset import load_toolset
from sftctl.core.types import OWN

OPENAPI = 'openapi: "3.0.0"\npaths: {}\n'


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("tools.py", "python"),
        ("tools.json", "specs"),
        ("tools.yaml", "specs"),
        ("api.yaml", "openapi"),
        ("http://host/openapi.json", "openapi"),
        ("https://host/api", "openapi"),
        ("mcp:python server.py --flag x", "mcp"),
        ("mcp+https://host/mcp", "mcp"),
        ("weather", None),
        ("notes.txt", None),
    ],
)
def test_what_each_form_is_taken_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, source: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("api.yaml").write_text(OPENAPI)
    Path("tools.yaml").write_text("- name: f\n")
    sources = plugin_manager().toolset_sources().values()
    assert next((s.name for s in sources if s.matches(text)), None) == source


def test_a_name_that_nothing_knows() -> None:
    with pytest.raises(PluginError, match=r"no toolset named 'wether'\. Did you mean 'weather'.* my_tools\.py;"):
        load_toolset(plugin_manager(), ["wether"])


def test_a_tool_of_the_users_takes_the_place_of_a_built_in_one_of_its_name(tmp_path: Path) -> None:
    plugins = plugin_manager()
    first, *others = load_toolset(plugins, ["weather"]).tools
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([{"name": first.name, "description": "Mine."}]))
    both = load_toolset(plugins, ["weather", str(path)]).tools
    assert [tool.name for tool in both] == [tool.name for tool in (*others, first)]
    assert (both[-1].description, both[-1].domain) == ("Mine.", OWN)
    path.write_text(json.dumps([{"name": first.name}, {"name": first.name}]))
    with pytest.raises(ToolsetError, match=f"two tools named '{first.name}'"):
        load_toolset(plugins, [str(path)])


MODULE = '''
"""Lamps."""

def dim_lamp(room: str, level: int = 5) -> str:
    """Dim the lamp of a room."""
    print("dimmed", room)
    return f"{room}: {level}"

def read_meter(serial: str) -> int:
    """Read a meter."""
    return {"77-A": 3}[serial]
'''


def test_tools_of_your_own_are_marked_and_made_examples_of(tmp_path: Path) -> None:
    path, output = tmp_path / "lamps.py", tmp_path / "rows.jsonl"
    path.write_text(MODULE)
    assert [tool.domain for tool in load_toolset(plugin_manager(), [str(path)]).tools] == [OWN, OWN]
    command = [sys.executable, "-m", "sftctl.core.cli", "synth", "--toolset", str(path), "-n", "30", "-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "no example calls 'read_meter', since every call that was tried was refused: KeyError" in " ".join(
        done.stderr.split()
    )
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert len(rows) == 30
    assert sum(len(message.get("tool_calls") or ()) for row in rows for message in row["messages"]) > 10
