"""Tools from JSON and YAML lists."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sftctl.core.config import resolve
from sftctl.core.errors import SftctlError, ToolsetError
from sftctl.core.manager import plugin_manager
from sftctl.core.stages.data import make_examples
from sftctl.core.tools.toolset import load_toolset
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
    {"type": "function", "name": "ping", "description": "Ping.", "parameters": SCHEMA, "strict": True},
    {"function": {"name": "ping", "description": "Ping.", "parameters": SCHEMA}},
    {"functionDeclarations": [{"name": "ping", "description": "Ping.", "parameters": SCHEMA}]},
    {"toolSpec": {"name": "ping", "description": "Ping.", "inputSchema": {"json": SCHEMA}}},
    {"title": "ping", "description": "Ping.", **SCHEMA},
]
SCHEMALESS: list[dict[str, Any]] = [
    {"host": {"type": "str", "description": "H."}, "port": {"type": "int, optional", "default": ""}},
    {"host": {"type": "STRING", "description": "H.", "required": True}, "port": {"type": "INTEGER", "required": False}},
    [{"name": "host", "type": "str", "description": "H."}, {"name": "port", "type": "int", "required": False}],
]  # fmt: skip
HOLDERS = [
    "[{}]", "{}", '{{"tools": [{}]}}', '{{"model": "m", "messages": [], "tools": [{}]}}', '{{"functions": [{}]}}',
    '{{"jsonrpc": "2.0", "id": 1, "result": {{"tools": [{}]}}}}', '{{"toolConfig": {{"tools": [{}]}}}}',
]  # fmt: skip


@pytest.mark.parametrize("entry", SPELLINGS)
@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("name", ["mine.json", "mine.jsonl", "mine.yaml"])
def test_each_spelling_is_the_same_tool(tmp_path: Path, entry: dict[str, Any], holder: str, name: str) -> None:
    (ping,) = tools_of(tmp_path, holder.format(json.dumps(entry)), name)
    assert ping == Tool("ping", "Ping.", SCHEMA, domain="mine")
    assert ping.run is None


@pytest.mark.parametrize("parameters", SCHEMALESS)
def test_parameters_without_a_schema_get_one(tmp_path: Path, parameters: Any) -> None:
    (ping,) = tools_of(tmp_path, json.dumps([{"name": "ping", "parameters": parameters}]))
    assert ping.properties == {"host": {"type": "string", "description": "H."}, "port": {"type": "integer"}}
    assert ping.required == ("host",)


def test_the_types_of_others_become_json_schemas(tmp_path: Path) -> None:
    properties = {"a": {"type": "STRING", "nullable": True}, "b": {"type": "list", "items": {"type": "float"}}, "c": {}}
    schema = {"type": "OBJECT", "properties": properties | {"d": {"type": "any", "title": "D"}}, "required": ["a"]}
    (tool,) = tools_of(tmp_path, json.dumps([{"name": "f", "parameters": schema}]))
    made = {
        "a": {"type": ["string", "null"]},
        "b": {"type": "array", "items": {"type": "number"}},
        "c": {},
        "d": {"title": "D"},
    }
    assert tool.parameters == {"type": "object", "properties": made, "required": ["a"]}


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_tool_on_each_line(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """As in Seal-Tools, whose `required` stands beside the parameters."""
    one = {"api_name": "getPM2.5 Level", "api_description": "P.", "parameters": {"n": {"type": "int"}}, "required": []}
    two = {"api_name": "two", "parameters": {"n": {"type": "int", "default": "7", "examples": "8"}}}
    path = tmp_path / "tool.jsonl"
    path.write_bytes(pack(f"\ufeff{json.dumps(one)}\r\n{json.dumps(two)}\r\n".encode()))
    first, second = load(str(path), Limits()).tools
    assert (first.name, first.spelled, first.description) == ("getPM2_5_Level", "getPM2.5 Level", "P.")
    assert (first.required, second.name, second.spelled) == ((), "two", "")
    assert second.properties == {"n": {"type": "integer", "default": 7, "examples": ["8"]}}


def test_tools_under_their_names(tmp_path: Path) -> None:
    tools = tools_of(tmp_path, json.dumps({"ping": {"description": "Ping.", "parameters": SCHEMA}, "a": {"args": {}}}))
    assert [tool.name for tool in tools] == ["ping", "a"]


def test_a_changed_name_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(
        json.dumps([{"name": f"get.{n}", "description": "Get the rain.", "parameters": {}} for n in range(7)])
    )
    plugins = plugin_manager()
    config = resolve(plugins, "toolcall", flags={"toolset": [str(path)]})
    notes: list[str] = []
    tools = load_toolset(plugins, config.toolset)
    make_examples(config, plugins, tools, 1, tmp_path / "answers", lambda event: notes.append(event.data["text"]))
    assert notes[0].startswith(
        "names of tools that OpenAI's API would refuse are changed: 'get.0' is now 'get_0', 'get.1'"
    )
    assert notes[0].endswith(" and 2 more")


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
        ("a.json", "{", "a.json:1: not JSON: the line ends"),
        ("b.json", "{}", "b.json:1: a tool has no name .it has nothing"),
        ("c.json", "[]", "describes no tool"),
        ("d.json", '[{"name": "f"},\n {"name": 3}]', r"d\.json:2: a tool has no name \(it has name\)"),
        ("l.yaml", "- name: f\n- description: F.", r"l\.yaml, tool 2: a tool has no name"),
        ("m.jsonl", '{"name": "f"}\n\n{"name": ""}', r"m\.jsonl:3: a tool has no name"),
        ("n.jsonl", '{"name": "f"}\n{"name"', r"n\.jsonl:2: not JSON: the line ends within"),
        ("o.json", '["f"]', r"o\.json:1: a row must be a JSON object, not text"),
        ("p.json", "", r"p\.json describes no tool"),
        ("q.json", '[{"type": "web_search"}]', "'web_search' is a tool that its provider runs; leave it out, or desc"),
        ("2.json", '[{"type": "bash_20250124", "name": "bash"}]', "'bash_20250124' is a tool that its provider runs"),
        ("s.json", '{"tools": [{"googleSearch": {}}]}', "'googleSearch' is a tool that its provider runs"),
        ("t.json", '[{"type": "custom", "name": "f"}]', "a 'custom' tool takes text and no arguments"),
        ("u.json", '{"tools": [{"name": "f"}], "nextCursor": "b"}', "one page of a list .* the tools of all pages"),
        ("v.json", '{"mcpServers": {"a": {"command": "b"}}}', "how MCP servers are begun; .* --toolset 'mcp:COMMAND'"),
        ("w.jsonl", '{"messages": [], "tools": [{"name": "f"}]}\n' * 2, "no tool but a row of a data set"),
        ("x.json", '[{"name": "a.b"}, {"name": "a_b"}]', "two tools named 'a_b', as OpenAI's API would have 'a.b'"),
        ("y.json", '[{"name": "\u5929"}]', "has no letter from A to Z"),
        ("z.json", '[{"name": "f", "parameters": {"a": 3}}]', "parameter must be described by an object or the name"),
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
