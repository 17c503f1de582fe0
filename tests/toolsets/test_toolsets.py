"""Every built-in tool: described, asked for in several ways, and running on whatever its sources give."""

import random
from collections import Counter

import pytest
from jsonschema import Draft202012Validator

from sftctl.core.types import Tool, canonical_json
from sftctl.plugins.toolcall import checks
from sftctl.plugins.toolcall.phrasing import parse
from sftctl.plugins.toolcall.values import draw
from sftctl.toolsets import sftctl_toolsets

TOOLSETS = list(sftctl_toolsets())
TOOLS = [tool for toolset in TOOLSETS for tool in toolset.tools]

each_tool = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: f"{tool.domain}.{tool.name}")


def test_there_are_many_domains_and_functions() -> None:
    assert len(TOOLSETS) >= 12
    assert len(TOOLS) >= 150
    assert Counter(tool.name for tool in TOOLS).most_common(1)[0][1] == 1


def test_parameters_come_in_many_shapes() -> None:
    schemas = [schema for tool in TOOLS for schema in tool.properties.values()]
    kinds = Counter(schema["type"] for schema in schemas)
    assert {"string", "integer", "number", "boolean", "array", "object"} <= set(kinds)
    assert sum("enum" in schema for schema in schemas) > 50
    assert sum("default" in schema for schema in schemas) > 100
    assert sum(schema.get("format") == "date" for schema in schemas) > 20


@each_tool
def test_schema_and_descriptions(tool: Tool) -> None:
    Draft202012Validator.check_schema(tool.parameters)
    assert tool.description.endswith(".")
    assert all(schema.get("description") for schema in tool.properties.values())


@each_tool
def test_people_ask_for_it_in_several_ways(tool: Tool) -> None:
    assert len(tool.asks) >= 4
    sayable = set()
    for template in map(parse, tool.asks):
        assert set(tool.required) <= template.parameters() <= set(tool.properties), template
        assert not template.spoken(()) - set(tool.required), "an optional parameter outside a group"
        sayable |= template.parameters()
    assert sayable == set(tool.properties)


@each_tool
def test_it_runs_and_answers(tool: Tool) -> None:
    rng = random.Random(tool.name)
    ran = 0
    for _ in range(12):
        names = [n for n in tool.properties if n in tool.required or rng.random() < 0.5]
        arguments = {name: draw(tool, name, rng).value for name in names}
        assert checks.schema_error(tool, arguments) == ""
        result, error = checks.run(tool, arguments)
        again, _ = checks.run(tool, arguments)
        if not error:
            ran += 1
            assert canonical_json(result) == canonical_json(again), "the same arguments, another result"
    assert ran >= 8, f"fails too often on its own values: {error}"
