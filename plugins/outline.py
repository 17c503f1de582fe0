"""ChatFormat `outline`: `hermes`, but a tool is shown as the call that it asks for, with types in the place of values.

    The forecast for a city.
    {"name": "get_forecast", "arguments": {"city": string (e.g. "Oslo"), "days": optional integer = 3}}

To call it, a model copies that line and fills it in. It takes two thirds of the tokens of a JSON Schema, and says the
same: a keyword that has no place in an outline is written behind the type, as JSON.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from sftctl.core import hookimpl
from sftctl.core.types import ChatFormat, Json, canonical_json
from sftctl.plugins import hermes

PLACED = frozenset(
    ("type", "properties", "required", "items", "enum", "const", "anyOf", "oneOf", "default", "description")
)
"""Schema keywords that have a place of their own in an outline."""
LEFT_OUT = frozenset(("title", "$schema"))
"""Schema keywords that help nobody to write a call."""

MACROS = Path(__file__).with_suffix(".jinja").read_text(encoding="utf-8")
TEMPLATE = MACROS + hermes.TEMPLATE.replace(
    "(tool.function if tool.function is defined else tool)|tojson",
    "outline(tool.function if tool.function is defined else tool)",
)


def outline(function: Mapping[str, Json]) -> str:
    """A function of `tools` as its description and its outline, a line each."""
    description = function.get("description")
    name, arguments = canonical_json(function["name"]), described(function.get("parameters") or {}, required=True)
    return (f"{description}\n" if description else "") + f'{{"name": {name}, "arguments": {arguments}}}'


def described(schema: Json, *, required: bool) -> str:
    """A type with all that is known about it: `optional integer = 3 (Days ahead.; maximum: 16)`."""
    if not isinstance(schema, Mapping):
        return "any"
    text = ("" if required else "optional ") + typed(schema)
    if "default" in schema:
        text += f" = {canonical_json(schema['default'])}"
    notes = [str(schema["description"])] if schema.get("description") else []
    notes += [f"{key}: {canonical_json(schema[key])}" for key in schema if _is_noted(key, schema[key])]
    return f"{text} ({'; '.join(notes)})" if notes else text


def _is_noted(key: str, value: Json) -> bool:
    return key not in PLACED | LEFT_OUT and not (key == "additionalProperties" and isinstance(value, bool))


def typed(schema: Json) -> str:
    """A schema as if it were a value of its type: `{"city": string}`, `[integer, ...]`, `"C" | "F"`."""
    if not isinstance(schema, Mapping):
        return "any"
    if "const" in schema:
        return canonical_json(schema["const"])
    if "enum" in schema:
        return " | ".join(map(canonical_json, schema["enum"]))
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " | ".join(map(typed, options))
    if "properties" in schema:
        required = schema.get("required") or ()
        fields = (
            f"{canonical_json(name)}: {described(field, required=name in required)}"
            for name, field in schema["properties"].items()
        )
        return f"{{{', '.join(fields)}}}"
    if "items" in schema:
        return f"[{described(schema['items'], required=True)}, ...]"
    kind = schema.get("type") or "any"
    return kind if isinstance(kind, str) else " | ".join(kind)


@hookimpl
def sftctl_chat_formats() -> Iterable[ChatFormat]:
    summary = "hermes, with each tool shown as the call that it asks for: two thirds of the tokens"
    return [hermes.Hermes("outline", summary, TEMPLATE, show=outline)]
