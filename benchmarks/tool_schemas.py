"""Tools of real APIs, constrained: how many schemas are refused and why, and whether any call is invalid.

    pip download --no-deps google-api-python-client -d /tmp/apis
    unzip -q '/tmp/apis/*.whl' 'googleapiclient/discovery_cache/*' -d /tmp/apis
    python benchmarks/tool_schemas.py /tmp/apis/googleapiclient/discovery_cache/documents [--count 1000]

That package ships the descriptions of some 600 APIs. Each of `count` methods drawn from them becomes a tool, its
parameters and the body of its request written as JSON Schema. A "model" that draws any allowed token at random, though
rather one that closes something, writes a call of it under our grammar; jsonschema judges the call.
"""

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import numpy

from sftctl.core.errors import EngineError
from sftctl.core.manager import plugin_manager
from sftctl.core.models import fetch_model
from sftctl.core.types import Json, call_of
from sftctl.plugins.hermes import STOP
from sftctl.serve.chat import load_tokenizer
from sftctl.serve.grammar import Grammars, Shape
from sftctl.serve.schemas import UnsupportedSchema

TOKENS = 2000
"""A call that is longer is given up: how it would have ended says nothing."""
KEYWORDS = ("type", "description", "enum", "pattern", "format", "additionalProperties", "items", "properties")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path, help="folder of discovery documents")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", default="smollm2-135m-instruct", help="whose tokenizer to use")
    asked = parser.parse_args()
    plugins, draw = plugin_manager(), random.Random(asked.seed)
    tools = draw.sample(sorted(read_tools(asked.documents), key=lambda tool: tool["function"]["name"]), asked.count)
    tokenizer = load_tokenizer(fetch_model(plugins, asked.model).path)
    writer = Writer(tokenizer, plugins.chat_formats()["hermes"], asked.seed)
    seen: Counter[str] = Counter()
    compiling: list[float] = []
    for tool in tools:
        begun = time.perf_counter()
        try:
            grammar = writer.grammars.of(Shape((tool,), required=True, parallel=False))
        except UnsupportedSchema as error:
            seen["refused (400)"] += 1
            print(f"refused: {tool['function']['name']}: {error.args[1]}")
            continue
        compiling.append(time.perf_counter() - begun)
        try:
            text = writer.call(grammar)
        except EngineError as error:
            seen["given up by the library"] += 1
            print(f"given up: {tool['function']['name']}: {error}")
            continue
        seen[judge(tool, text, writer.chat_format)] += 1
    compiling.sort()
    print(f"\n{asked.count} tools: {dict(seen)}")
    print(f"compiled in {1000 * compiling[len(compiling) // 2]:.1f} ms (median), {compiling[-1]:.2f} s at most")


def judge(tool: dict[str, Json], text: str | None, chat_format: Any) -> str:
    """What became of a call: `valid`, `too long`, or why it is invalid."""
    if text is None:
        return "too long"
    (made,) = chat_format.parse(text)["tool_calls"]
    name, arguments = call_of(made)
    try:
        assert name == tool["function"]["name"]
        jsonschema.validate(arguments, tool["function"]["parameters"])
    except jsonschema.ValidationError as error:
        print(f"INVALID: {name}: {error.message}: {text[:2000]}")
        return "invalid"
    return "valid"


class Writer:
    """A model that knows nothing."""

    def __init__(self, tokenizer: Any, chat_format: Any, seed: int) -> None:
        self.chat_format = chat_format
        self._stop = tokenizer.convert_tokens_to_ids(STOP)
        self.grammars = Grammars(tokenizer, chat_format, [self._stop])
        self._tokenizer, self._draw = tokenizer, random.Random(seed)
        texts = [tokenizer.decode([token]) for token in range(len(tokenizer))]
        self._closing = numpy.array([bool(set(text) & set('"}],')) for text in texts])
        self._closing[self._stop] = True

    def call(self, grammar: Any) -> str | None:
        """A call under this grammar; None if it does not end."""
        matcher, tokens = grammar.start(), list[int]()
        while len(tokens) < TOKENS:
            for token in matcher.forced():
                matcher.advance(token)
                tokens.append(token)
            if matcher.stopped:
                return self._text(tokens)
            bits = numpy.frombuffer(matcher.mask(), dtype=numpy.uint8)
            allowed = numpy.unpackbits(bits, bitorder="little")[: len(self._closing)].astype(bool)
            ends = numpy.flatnonzero(allowed & self._closing[: len(allowed)])
            some = ends if len(ends) and self._draw.random() < 0.7 else numpy.flatnonzero(allowed)
            token = int(some[self._draw.randrange(len(some))])
            if token == self._stop:
                return self._text(tokens)
            matcher.advance(token)
            tokens.append(token)
        return None

    def _text(self, tokens: list[int]) -> str:
        return str(self._tokenizer.decode([token for token in tokens if token != self._stop]))


# ---------------------------------------------------------------- discovery documents


def read_tools(folder: Path) -> Iterator[dict[str, Json]]:
    """A tool for each method of each API."""
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if "resources" in document:
            yield from _tools(document, document)


def _tools(node: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[dict[str, Json]]:
    for method in node.get("methods", {}).values():
        schema = _parameters(method, document.get("schemas", {}))
        name = f"{document['name']}.{document['version']}.{method['id']}"
        function = {"name": name, "description": method.get("description", ""), "parameters": schema}
        yield {"type": "function", "function": function}
    for resource in node.get("resources", {}).values():
        yield from _tools(resource, document)


def _parameters(method: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Json]:
    properties = {name: _schema(each) for name, each in method.get("parameters", {}).items()}
    required = [name for name, each in method.get("parameters", {}).items() if each.get("required")]
    body = method.get("request", {}).get("$ref")
    made: dict[str, Json] = {"type": "object", "properties": properties, "required": required}
    if body:
        properties["body"] = {"$ref": f"#/$defs/{body}"}
        made["$defs"] = {name: _schema(schemas[name]) for name in _reached(body, schemas)}
    return made


def _schema(node: Mapping[str, Any]) -> dict[str, Json]:
    """A discovery schema as JSON Schema."""
    if "$ref" in node:
        return {"$ref": f"#/$defs/{node['$ref']}"}
    made: dict[str, Json] = {keyword: node[keyword] for keyword in KEYWORDS if keyword in node}
    if made.get("type") == "any":
        del made["type"]
    if "properties" in made:
        made["properties"] = {name: _schema(each) for name, each in made["properties"].items()}
    for keyword in ("items", "additionalProperties"):
        if isinstance(made.get(keyword), Mapping):
            made[keyword] = _schema(made[keyword])
    if made.get("type") in ("integer", "number"):
        made |= {name: float(node[name]) for name in ("minimum", "maximum") if name in node}
    if node.get("repeated"):
        return {"type": "array", "items": made}
    return made


def _reached(name: str, schemas: Mapping[str, Any]) -> list[str]:
    """The schemas that one of this name leads to, itself the first."""
    found, left = [name], [schemas[name]]
    while left:
        node = left.pop()
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if key == "$ref" and isinstance(value, str) and value not in found:
                found.append(value)
                left.append(schemas[value])
            elif isinstance(value, dict | list):
                left.append(value)
    return found


if __name__ == "__main__":
    main()
