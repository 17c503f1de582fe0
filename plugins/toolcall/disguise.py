"""Disguises: the same tool under another name and spelling, so that a model learns to read schemas, not names."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from string import ascii_lowercase
from typing import Any

from sftctl.core.quantities import SHARE
from sftctl.core.tools import Between, Pick
from sftctl.core.types import OWN, Json, Tool
from sftctl.plugins.toolcall.english import words_of
from sftctl.plugins.toolcall.phrasing import parse
from sftctl.plugins.toolcall.settings import hits
from sftctl.plugins.toolcall.values import whole

SYNONYMS = (
    ("get", "fetch", "retrieve", "lookup", "read", "query"),
    ("calculate", "compute", "calc", "work_out", "determine"),
    ("find", "search", "locate", "look_for", "discover"),
    ("create", "make", "add", "new", "generate"),
    ("list", "show", "enumerate", "get_all"),
    ("convert", "transform", "translate", "change"),
    ("book", "reserve", "order"),
    ("estimate", "predict", "approximate", "guess"),
    ("send", "dispatch", "submit"),
    ("set", "adjust", "configure", "update"),
    ("check", "verify", "test", "validate"),
    ("delete", "remove", "erase"),
)
_PARAMETER_SYNONYMS = (
    ("city", "location", "place", "town", "city_name"),
    ("name", "title", "label"),
    ("date", "day", "on_date", "when"),
    ("time", "hour", "at"),
    ("start", "begin", "from", "initial", "first"),
    ("end", "stop", "until", "final", "last"),
    ("amount", "value", "quantity", "total", "sum"),
    ("number", "count", "num", "n"),
    ("text", "string", "content", "input", "message"),
    ("unit", "units", "measure", "scale"),
    ("rate", "ratio", "percentage", "percent"),
    ("min", "minimum", "lowest", "at_least"),
    ("max", "maximum", "highest", "limit"),
    ("person", "user", "customer", "client"),
    ("kind", "type", "category", "sort"),
    ("include", "with", "show", "add"),
    ("price", "cost", "fee"),
    ("weight", "mass"),
    ("speed", "velocity"),
    ("length", "size", "extent"),
    ("width", "breadth"),
    ("duration", "period", "length_of_time"),
    ("minutes", "mins", "duration_minutes"),
    ("days", "number_of_days", "num_days"),
    ("years", "num_years", "term"),
    ("values", "data", "numbers", "series", "observations"),
    ("id", "identifier", "key", "ref"),
    ("destination", "target", "to"),
    ("origin", "source", "departure"),
    ("level", "degree", "grade"),
    ("style", "mode", "format"),
)
_MASKS = ("func_{}", "function_{}", "fn_{}", "tool_{}", "api_{}", "action_{}", "op_{}", "f{}")
RENAMED = 0.15
"""How often words of a tool's parameter names are replaced."""
RESCALED = 0.5
"""How often a tool that takes percents is shown as one that takes fractions of 1 (5 % is 0.05), or the reverse."""
_IN_PERCENT = re.compile(r",? in percent\b")
_AS_FRACTION = re.compile(r",? as a (?:decimal|fraction)(?: of 1)?\b")
_NUMBERS = ("number", "integer")


def _like(families: tuple[tuple[str, ...], ...]) -> dict[str, tuple[str, ...]]:
    return {word: family for family in families for word in family}


_LIKE, _PARAMETER_LIKE = _like(SYNONYMS), _like(_PARAMETER_SYNONYMS)


@dataclass(frozen=True)
class Disguise:
    """A tool as it is shown to the model, and how to translate a call to the original."""

    tool: Tool
    parameters: Mapping[str, str]
    """Original parameter name → shown name."""
    scales: Mapping[str, float] = field(default_factory=dict)
    """Original name → what its values are multiplied by: 0.01 for percents that are shown as fractions of 1, or 100."""

    def call(self, arguments: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        """Shown name and arguments of a call whose arguments are those of the original."""
        values = {name: _times(arguments[name], scale) for name, scale in self.scales.items() if name in arguments}
        return self.tool.name, {self.parameters[name]: values.get(name, value) for name, value in arguments.items()}


def disguise(tool: Tool, rng: random.Random) -> Disguise:
    """The tool in a random disguise; often it is left as it is."""
    parameters = _rename_parameters(tuple(tool.properties), rng)
    if camel := rng.random() < 0.1:
        parameters = {name: _camel(renamed) for name, renamed in parameters.items()}
    wordless = rng.random() < 0.08
    scales = _other_scales(tool) if rng.random() < RESCALED else {}
    for name in tool.properties:
        if scales.get(name) == 100:
            suffixed = f"{parameters[name]}_{rng.choice(('percent', 'percentage', 'pct', 'percent'))}"
            parameters[name] = _camel(suffixed) if camel else suffixed
        elif name in scales or ("percent" in parameters[name] and not _says_percent(tool, name)):
            parameters[name] = re.sub("percent(age)?", rng.choice(("rate", "share", "fraction")), parameters[name])
    if len(set(parameters.values())) < len(parameters):
        return disguise(tool, rng)
    original = {n: _rescaled(s, scales[n], rng) if n in scales else s for n, s in tool.properties.items()}
    properties = {parameters[name]: _respell(original[name], wordless, rng) for name in original}
    shown = {
        "type": "object",
        "properties": properties,
        "required": [parameters[name] for name in tool.required],
    }
    name = _camel(_rename(tool, rng)) if camel else _rename(tool, rng)
    return Disguise(replace(tool, name=name, parameters=shown), parameters, scales)


def masked(shown: Mapping[str, Disguise], share: float, rng: random.Random) -> dict[str, Disguise]:
    """The tools of a scene, a share of them under names that say nothing. One without a description keeps its name."""
    chosen = [key for key, each in shown.items() if each.tool.description and hits(share, rng)]
    if not chosen:
        return dict(shown)
    mask, marks = rng.choice(_MASKS), rng.sample([*map(str, range(1, 100)), *ascii_lowercase], len(chosen))
    names = {key: mask.format(mark) for key, mark in zip(chosen, marks, strict=True)}
    return {
        key: replace(each, tool=replace(each.tool, name=names[key])) if key in names else each
        for key, each in shown.items()
    }


def undescribed(tool: Tool, rng: random.Random) -> Tool:
    """The tool as hasty people write it: described by its name at most, its parameters by nothing but theirs.

    Now and then it does not say either what it requires.
    """
    properties = {name: {k: v for k, v in s.items() if k != "description"} for name, s in tool.properties.items()}
    parameters = tool.parameters | {"properties": properties}
    if rng.random() < 0.4:
        parameters.pop("required", None)
    named = words_of(tool.name).capitalize()
    return replace(tool, description=rng.choice(("", f"{named}.", named)), parameters=parameters)


def without_some(tool: Tool, share: float, rng: random.Random) -> Tool:
    """The tool without a share of its optional parameters, as if it had never had them.

    Its requests go with them: a template that always speaks of one is left out too, and one that each of the
    remaining templates speaks of stays.
    """
    asks, gone = tool.asks, set[str]()
    for name in tool.properties:
        if name in tool.required or not hits(share, rng):
            continue
        silent = tuple(ask for ask in asks if name not in parse(ask).spoken(()))
        if silent or not asks:
            asks, gone = silent, gone | {name}
    properties = {name: schema for name, schema in tool.properties.items() if name not in gone}
    return replace(tool, asks=asks, parameters=tool.parameters | {"properties": properties}) if gone else tool


def _other_scales(tool: Tool) -> dict[str, float]:
    """How to rescale the numbers in percent that say so (and speak of no other numbers), and the fractions of 1."""
    scales: dict[str, float] = {}
    for name, schema in tool.properties.items():
        said = schema.get("description", "")
        if schema.get("type") in _NUMBERS and _IN_PERCENT.search(said) and not re.search(r"\d", said):
            scales[name] = 0.01
        elif schema.get("type") == "number" and SHARE.search(name) and _is_below_one(tool.values.get(name)):
            scales[name] = 100
    return scales


def _is_below_one(source: Any) -> bool:
    """Whether all values that it gives are fractions of 1."""
    if isinstance(source, Between):
        return source.low >= 0 and source.high <= 1
    return isinstance(source, Pick) and all(isinstance(value, float) and 0 < value < 1 for value in source.options)


def _says_percent(tool: Tool, name: str) -> bool:
    return "percent" in name or "percent" in tool.properties[name].get("description", "")


def _rescaled(schema: Mapping[str, Json], scale: float, rng: random.Random) -> dict[str, Json]:
    """The schema of a number in percent as that of a fraction of 1, or the other way round."""
    scaled = {key: _times(value, scale) for key, value in schema.items() if key in ("default", "minimum", "maximum")}
    said = schema.get("description", "")
    if not said:
        return {**schema, **scaled, "type": "number"}
    if scale < 1:
        said = _IN_PERCENT.sub(rng.choice((", as a decimal", ", as a fraction of 1", "", "")), said)
    else:
        said = f"{_AS_FRACTION.sub('', said).removesuffix('.')}{rng.choice((', in percent', ' in percent', ''))}."
    return {**schema, **scaled, "type": "number", "description": said}


def _times(value: Json, scale: float) -> Json:
    return None if value is None else whole(round(value * scale, 10))


def _rename_parameters(names: Sequence[str], rng: random.Random) -> dict[str, str]:
    """Now and then, some words of the parameters' names replaced by others; names stay different."""
    same = {name: name for name in names}
    if rng.random() >= RENAMED:
        return same

    def other(word: str) -> str:
        return rng.choice(_PARAMETER_LIKE[word]) if word in _PARAMETER_LIKE and rng.random() < 0.7 else word

    renamed = {name: "_".join(other(word) for word in name.split("_")) for name in names}
    return renamed if len(set(renamed.values())) == len(names) else same


def _rename(tool: Tool, rng: random.Random) -> str:
    chance = rng.random()
    words = tool.name.split("_")
    if chance < 0.35:
        return tool.name
    if chance < 0.6 and words[0] in _LIKE:
        return "_".join([rng.choice(_LIKE[words[0]]), *words[1:]])
    if chance < 0.75 and tool.domain not in ("", OWN):
        return f"{tool.domain}_{tool.name}"
    if chance < 0.85 and len(words) > 1:
        return "_".join([*words[1:], words[0]])
    if chance < 0.92:
        return f"{rng.choice(('get', 'do', 'run', 'api', 'my'))}_{tool.name}"
    return f"{tool.name}_{rng.choice(('v2', 'api', 'info', 'tool', 'service', 'details'))}"


def _respell(schema: Mapping[str, Json], wordless: bool, rng: random.Random) -> dict[str, Json]:
    """The same schema in another spelling: the default in words, a numeric format, no description."""
    shown = dict(schema)
    if "default" in shown:
        default = shown["default"]
        chance = rng.random()
        if chance < 0.35:
            shown["description"] = f"{shown.get('description', '')} Default is {default}.".strip()
        if chance < 0.25 or chance > 0.8:
            del shown["default"]
    if wordless:
        shown.pop("description", None)
    if shown.get("type") == "number" and rng.random() < 0.25:
        shown["format"] = "float"
    if rng.random() < 0.5:
        shown.pop("format", None) if shown.get("type") == "string" else None
    order = rng.random()
    if order < 0.2 and "description" in shown:  # description first
        shown = {"description": shown.pop("description"), **shown}
    return shown


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)
