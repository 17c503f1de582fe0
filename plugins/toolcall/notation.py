"""Notation: a tool's schema as other writers spell it, who mean the same.

Every trait either leaves what a schema accepts as it is, or accepts more (null for an optional parameter, a range
that is told in words alone). So a call that fits the original fits what is shown.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from sftctl.core.types import Json, Tool
from sftctl.plugins.toolcall.english import words_of

Schema = dict[str, Json]
Trait = Callable[[str, Schema, bool, random.Random], Schema]
"""Name of a parameter, its schema, whether it is required → the schema in another notation."""

_ANNOTATIONS = ("title", "description", "default", "examples")
_TYPES = {
    "string": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "list", "object": "dict",
}  # fmt: skip


def respelled(tool: Tool, rng: random.Random) -> Tool:
    """The tool with one to three traits of notation, the same ones for all of its parameters."""
    traits = [rng.choice(options) for options in rng.sample(_TRAITS, rng.randint(1, 3))]
    properties = {name: dict(schema) for name, schema in tool.properties.items()}
    for trait in sorted(traits, key=_ORDER.index):
        properties = {name: trait(name, schema, name in tool.required, rng) for name, schema in properties.items()}
    parameters = tool.parameters | {"properties": properties}
    if _titled in traits:
        parameters["title"] = words_of(tool.name.replace(".", " ")).title().replace(" ", "")
    if rng.random() < 0.3:
        parameters.setdefault("additionalProperties", False)
    if not tool.required and rng.random() < 0.5:
        parameters.pop("required", None)
    return replace(tool, parameters=parameters)


# ---------------------------------------------------------------- traits


def _titled(name: str, schema: Schema, required: bool, rng: random.Random) -> Schema:
    """As pydantic does it."""
    return {**schema, "title": words_of(name).title()}


def _union(name: str, schema: Schema, required: bool, rng: random.Random) -> Schema:
    """`Optional[…]`, as pydantic writes it; null is the default unless the description tells of another."""
    if required or not isinstance(schema.get("type"), str):
        return schema
    inner = {key: value for key, value in schema.items() if key not in _ANNOTATIONS}
    outer = {key: value for key, value in schema.items() if key in _ANNOTATIONS}
    default = {} if "default" in str(schema.get("description", "")).lower() else {"default": None}
    return {"anyOf": [inner, {"type": "null"}], **default, **outer}


def _null_type(name: str, schema: Schema, required: bool, rng: random.Random) -> Schema:
    """`["string", "null"]`."""
    if required or not isinstance(schema.get("type"), str) or "const" in schema:
        return schema
    nullable = {**schema, "type": [schema["type"], "null"]}
    return {**nullable, "enum": [*schema["enum"], None]} if "enum" in schema else nullable


def _nullable(name: str, schema: Schema, required: bool, rng: random.Random) -> Schema:
    """As OpenAPI 3.0 has it."""
    return schema if required else {**schema, "nullable": True}


def _options_told(name: str, schema: Schema, required: bool, rng: random.Random) -> Schema:
    """The options of an enum in the description, too."""
    options = [str(option) for option in schema.get("enum", ()) if option is not None]
    if not options or all(option in str(schema.get("description", "")) for option in options):
        return schema
    listed, quoted = ", ".join(options), ", ".join(f"'{option}'" for option in options)
    words = (f"One of: {listed}.", f"Allowed values: {quoted}.", f"Options: {listed}.", f"Must be one of {quoted}.")
    return _told(schema, rng.choice(words))


def _range_told(name: str, schema: Schema, required: bool, rng: random.Random) -> Schema:
    """The range of a number in words, now and then without its keywords."""
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None and high is None:
        return schema
    if low is not None and high is not None:
        words = rng.choice((f"Must be between {low} and {high}.", f"From {low} to {high}.", f"Range: {low}-{high}."))
    elif high is None:
        words = rng.choice((f"Must be at least {low}.", f"Minimum: {low}.", f"Not below {low}."))
    else:
        words = rng.choice((f"Must be at most {high}.", f"Maximum: {high}.", f"Up to {high}."))
    kept = schema
    if rng.random() < 0.5:
        kept = {key: value for key, value in schema.items() if key not in ("minimum", "maximum")}
    return _told(kept, words)


def _exclusive(name: str, schema: Schema, required: bool, rng: random.Random) -> Schema:
    """The limits of a whole number as those that it may not reach."""
    if schema.get("type") != "integer":
        return schema
    shown = dict(schema)
    for limit, outside, step in (("minimum", "exclusiveMinimum", -1), ("maximum", "exclusiveMaximum", 1)):
        if isinstance(schema.get(limit), int) and outside not in schema:
            shown[outside] = shown.pop(limit) + step
    return shown


def _optional_told(name: str, schema: Schema, required: bool, rng: random.Random) -> Schema:
    """Which parameters may be left out, in words."""
    text = str(schema.get("description", ""))
    if required:
        return {**schema, "description": f"(required) {text}".rstrip()} if rng.random() < 0.3 else schema
    words = (f"(optional) {text}", f"Optional. {text}", f"{text} (optional)", f"Optional: {text}", f"[optional] {text}")
    return {**schema, "description": rng.choice(words).strip()}


def _typed(name: str, schema: Schema, required: bool, rng: random.Random) -> Schema:
    """As in a Python docstring: `int, optional: …`."""
    kind = _TYPES.get(str(schema.get("type")))
    if kind is None:
        return schema
    text = str(schema.get("description", ""))
    head = kind if required else f"{kind}, optional"
    return {**schema, "description": rng.choice((f"{head}: {text}", f"({head}) {text}", f"{name} ({head}): {text}"))}


def _told(schema: Mapping[str, Json], words: str) -> Schema:
    text = str(schema.get("description", "")).strip()
    stop = "" if not text or text.endswith((".", "?", "!")) else "."
    return {**schema, "description": f"{text}{stop} {words}".strip()}


_TRAITS: tuple[tuple[Trait, ...], ...] = (
    (_titled,),
    (_union, _null_type, _nullable),
    (_options_told,),
    (_range_told, _exclusive),
    (_optional_told, _typed),
)
"""Of those in one row, a tool has one at most."""
_ORDER: list[Trait] = [
    _options_told,
    _range_told,
    _exclusive,
    _typed,
    _optional_told,
    _titled,
    _null_type,
    _union,
    _nullable,
]
"""What reads the schema of a value comes before what wraps it."""
