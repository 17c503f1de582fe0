"""Tools from JSON and YAML lists."""

import json
from pathlib import Path
from typing import Any

import pytest

from sftctl.core.errors import SftctlError, ToolsetError
from sftctl.core.types import Limits, Tool
from sftctl.plugins.toolsources.specs import load, matches


def tools_of(tmp_path: Path, content: str, name: str = "mine.json") -> tuple[Tool, ...]:
    path = tmp_path / name
    path.write_text(content)
    assert matches(str(path))
    return load(str(path), Limits()).tools


SCHEMA = {"type": "object", "properties": {"host": {"type": "string", "title": "Host"}}, "required": ["host"]}
SPELLINGS: list[dict[str, Any]] = [
    {"type": "function", "function": {"name": "ping", "description": "Ping.", "parameters": SCHEMA}},
    {"name": "ping", "description": "Ping.", "parameters": SCHEMA},
    {"name": "ping", "description": "Ping.", "input_schema": SCHEMA},
    {"name": "ping", "description": "Ping.", "inputSchema": SCHEMA},
]


@pytest.mark.parametrize("entry", SPELLINGS)
@pytest.mark.parametrize("wrapped", [False, True])
def test_each_spelling_is_the_same_tool(tmp_path: Path, entry: dict[str, Any], wrapped: bool) -> None:
    (ping,) = tools_of(tmp_path, json.dumps({"tools": [entry]} if wrapped else [entry]))
    assert ping == Tool("ping", "Ping.", SCHEMA, domain="mine")
    assert ping.run is None


def test_a_tool_needs_no_parameters(tmp_path: Path) -> None:
    (ping,) = tools_of(tmp_path, '[{"name": "ping", "description": null, "parameters": null}]')
    assert ping.parameters == {"type": "object", "properties": {}}


def test_yaml_reads_as_json_does(tmp_path: Path) -> None:
    text = """
tools:
  - name: remind
    description: Set a reminder.
    input_schema:
      type: object
      properties:
        day: {type: string, default: 2026-03-14}
        1: {type: boolean, default: yes}
"""
    (remind,) = tools_of(tmp_path, text, "mine.yaml")
    assert remind.properties == {
        "day": {"type": "string", "default": "2026-03-14"},
        "1": {"type": "boolean", "default": True},
    }


def test_definitions_are_put_in_place_of_references(tmp_path: Path) -> None:
    schema = {
        "type": "object",
        "properties": {"to": {"$ref": "#/$defs/Person"}},
        "$defs": {"Person": {"type": "object", "properties": {"boss": {"$ref": "#/$defs/Person"}}}},
    }
    (greet,) = tools_of(tmp_path, json.dumps([{"name": "greet", "parameters": schema}]))
    assert greet.properties == {"to": {"type": "object", "properties": {"boss": {"type": "object"}}}}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "{", "cannot be read as JSON"),
        ("b.json", "{}", "must be a list"),
        ("c.json", "[]", "must be a list"),
        ("d.json", '[{"name": 3}]', "entry 0 is no tool"),
        ("r.json", '[{"name": "f", "parameters": {"required": ["z"]}}]', "tool 'f' requires 'z', which is none of its"),
        ("e.json", '[{"name": "f", "parameters": {"type": "strange"}}]', "tool 'f' has a bad schema.* types are"),
        ("f.json", '[{"name": "f", "parameters": {"type": "array"}}]', "parameters of .* are not of type object"),
        ("g.yaml", "tools:\n  - {name: f\n", r"g\.yaml:\d is not YAML"),
        ("h.yaml", "just words", "must be a list"),
        ("i.json", '[{"name": "f"}, {"name": "f"}]', "two tools named 'f'"),
        ("j.json", '[{"name": "f", "parameters": {"properties": {"x": {"$ref": "#/y"}}}}]', "'#/y' leads nowhere"),
        ("k.yaml", "- name: f\n  parameters: {properties: {x: {default: .nan}}}", "holds what JSON has not"),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_used_says_where_and_why(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(SftctlError, match=message):
        tools_of(tmp_path, content, name)


def test_a_missing_file() -> None:
    with pytest.raises(ToolsetError, match="does not exist"):
        load("none.json", Limits())
