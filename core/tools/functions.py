"""Tools from typed Python functions: schema from signature and docstring, request templates by decorator.

    @tool(
        asks=("(What is|Find) the area of a triangle[ with base {base}][ and height {height}][ in {unit}]?",),
        answer="The triangle covers {result} square {unit}.",
    )
    def triangle_area(base: Annotated[float, Between(1, 200)], height: Annotated[float, Between(1, 200)],
                      unit: Annotated[str, Pick("cm", "m", "inches")] = "cm") -> float:
        '''Calculate the area of a triangle from its base and height.

        Args:
            base: Length of the base.
            height: Height over that base.
            unit: Unit of length.
        '''

The template language of `asks`: `{p}` is a parameter as a person would say it (`{p.q}` a field of an
object), `{p:yes|no}` the words for true and false, `(a|b)` a choice, `[…]` a part that is said only when
every parameter in it is given. In `answer`, `{result}` is the result, `{key}` a key of it or an argument.
"""

import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, get_type_hints

from pydantic import PydanticUserError, TypeAdapter
from pydantic.fields import FieldInfo

from sftctl.core.errors import ToolsetError
from sftctl.core.tools.docstrings import read_docstring
from sftctl.core.tools.schema import HintReader, put_default
from sftctl.core.types import Json, Tool, Toolset, to_json

# ---------------------------------------------------------------- where realistic values come from


@dataclass(frozen=True, init=False)
class Pick:
    """One of some values, without closing the set (a `Literal` type closes it: an enum in the schema)."""

    options: tuple[Any, ...]

    def __init__(self, *options: Any) -> None:
        object.__setattr__(self, "options", options)


@dataclass(frozen=True, init=False)
class Said:
    """One of some values that are said in words of their own: `Said({12: ("monthly", "every month"), 4: "quarterly"})`.

    A list is given as a tuple: `Said({(1, 3): "from 1 to 3"})`.
    The checks of synthesis must hear the value in those words; for numbers, see `core/quantities.py`.
    """

    ways: tuple[tuple[Any, tuple[str, ...]], ...]
    """Each value, and the ways in which it is said."""

    def __init__(self, ways: Mapping[Any, str | tuple[str, ...]]) -> None:
        each = ((value, (said,) if isinstance(said, str) else tuple(said)) for value, said in dict(ways).items())
        object.__setattr__(self, "ways", tuple(each))


@dataclass(frozen=True)
class Between:
    """A number from `low` to `high`, both included; floats are rounded to `decimals`."""

    low: float
    high: float
    decimals: int = 1


@dataclass(frozen=True)
class Fake:
    """A value from a Faker provider, e.g. `Fake("city")`, `Fake("email")`, `Fake("name")`."""

    provider: str


@dataclass(frozen=True)
class Day:
    """An ISO date (`2026-03-14`), said in one of the ways people say dates."""


@dataclass(frozen=True)
class Clock:
    """A 24-hour time (`14:30`), said in one of the ways people say times."""


@dataclass(frozen=True)
class Moment:
    """An ISO date and time (`2026-03-14T09:30`)."""


@dataclass(frozen=True)
class Size:
    """How many items a list has, from `low` to `high`."""

    low: int = 1
    high: int = 4


Source = Pick | Said | Between | Fake | Day | Clock | Moment
Date = Annotated[str, Day()]
Time = Annotated[str, Clock()]
DateTime = Annotated[str, Moment()]

_FORMATS = {Day: "date", Clock: "time", Moment: "date-time"}
_KINDS = {kind.__name__: kind for kind in (Pick, Said, Between, Fake, Day, Clock, Moment, Size)}


def values_to_json(values: Mapping[str, Any]) -> Json:
    """A tool's value sources as JSON, for another process; the inverse is `values_from_json`."""
    return {path: [type(source).__name__, to_json(dict(vars(source)))] for path, source in values.items()}


def values_from_json(values: Mapping[str, Json]) -> dict[str, Any]:
    """Value sources out of JSON."""
    return {path: _source(*named) for path, named in values.items()}


def _source(kind: str, fields: Mapping[str, Json]) -> Any:
    if kind == "Pick":
        return Pick(*fields["options"])
    if kind == "Said":
        return Said({tuple(v) if isinstance(v, list) else v: tuple(said) for v, said in fields["ways"]})
    return _KINDS[kind](**fields)


# ---------------------------------------------------------------- the decorator

F = TypeVar("F", bound=Callable[..., Any])


def tool(asks: tuple[str, ...] | list[str] = (), answer: str = "") -> Callable[[F], F]:
    """Mark a function as a tool and say how people ask for it. The function itself is unchanged."""

    def mark(function: F) -> F:
        function.__sftctl_tool__ = {"asks": tuple(asks), "answer": answer}  # type: ignore[attr-defined]
        return function

    return mark


def tool_from_function(function: Callable[..., Any], domain: str = "") -> Tool:
    """The Tool that a typed, documented function is. Raises ToolsetError naming what is missing.

    Arguments come in as JSON has them; where a type hint asks for more (an Enum, a date, a dataclass, a pydantic
    model, …) the function gets that. An async function is waited for.
    """
    name = function.__name__
    summary, documented = read_docstring(function)
    if not summary:
        raise ToolsetError(f"Tool '{name}' has no docstring.", "Describe it in one sentence.")
    try:
        hints = get_type_hints(function, include_extras=True)
    except Exception as error:
        raise ToolsetError(f"The type hints of tool '{name}' cannot be read: {error}.") from None
    values: dict[str, Any] = {}
    reader = HintReader(name, lambda path, schema, note: _note_source(values, path, schema, note))
    properties: dict[str, Json] = {}
    required: list[str] = []
    converters: dict[str, TypeAdapter[Any]] = {}
    signature = inspect.signature(function)
    for parameter in signature.parameters.values():
        reader.makes_objects = False
        schema = _parameter_schema(parameter, hints, documented, reader)
        if reader.makes_objects:
            converters[parameter.name] = _converter(hints[parameter.name], f"{name}({parameter.name})")
        if _is_required(parameter):
            required.append(parameter.name)
        properties[parameter.name] = schema
    unknown = set(documented) - set(properties)
    if unknown:
        raise ToolsetError(f"Tool '{name}': its docstring describes unknown parameter '{min(unknown)}'.")
    marks = getattr(function, "__sftctl_tool__", {"asks": (), "answer": ""})
    return Tool(
        name=name,
        description=summary,
        parameters={"type": "object", "properties": properties, "required": required},
        run=_runner(function, converters, _field_defaults(signature)),
        values=values,
        domain=domain,
        **marks,
    )


def _parameter_schema(
    parameter: inspect.Parameter, hints: Mapping[str, Any], documented: Mapping[str, str], reader: HintReader
) -> dict[str, Json]:
    """The schema of one parameter, with its description and its default."""
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
        raise ToolsetError(
            f"Tool '{reader.where}': parameter '{parameter}' cannot be named in a call.", "Use plain parameters."
        )
    if parameter.name not in hints:
        raise ToolsetError(f"Tool '{reader.where}': parameter '{parameter.name}' has no type hint.", "Add one.")
    hint, default = hints[parameter.name], parameter.default
    if isinstance(default, FieldInfo):  # `x: int = Field(5, description=…)`
        hint, default = Annotated[hint, default], default.get_default(call_default_factory=True)
    schema = reader.schema(hint, parameter.name)
    if parameter.name in documented:
        schema["description"] = documented[parameter.name]
    if not _is_required(parameter):
        put_default(schema, default)
    return schema


def _is_required(parameter: inspect.Parameter) -> bool:
    if isinstance(parameter.default, FieldInfo):
        return parameter.default.is_required()
    return parameter.default is parameter.empty


def _note_source(values: dict[str, Any], path: str, schema: dict[str, Json], note: Any) -> None:
    """Note where values for `path` come from, if that is what `note` says."""
    if isinstance(note, Size):
        values[f"{path}#size"] = note
    elif isinstance(note, Source):
        values[path] = note
        if type(note) in _FORMATS and schema.get("type") == "string":
            schema["format"] = _FORMATS[type(note)]


def _converter(hint: Any, where: str) -> TypeAdapter[Any]:
    """What makes an argument of JSON into what the hint asks for."""
    try:
        return TypeAdapter(hint)
    except PydanticUserError as error:
        raise ToolsetError(f"{where}: its type cannot be used: {error.message.partition('.')[0]}.") from None


def _field_defaults(signature: inspect.Signature) -> dict[str, FieldInfo]:
    """The parameters whose default is a `pydantic.Field`: Python itself would pass that on as it is."""
    defaults = {name: parameter.default for name, parameter in signature.parameters.items()}
    return {name: d for name, d in defaults.items() if isinstance(d, FieldInfo) and not d.is_required()}


def _runner(
    function: Callable[..., Any], converters: Mapping[str, TypeAdapter[Any]], defaults: Mapping[str, FieldInfo]
) -> Callable[..., Json]:
    """The function as it is called: with JSON arguments, and waited for."""
    is_async = inspect.iscoroutinefunction(inspect.unwrap(function))
    if not (converters or defaults or is_async):
        return function

    def run(**arguments: Json) -> Json:
        for name, info in defaults.items():
            if name not in arguments:
                arguments[name] = info.get_default(call_default_factory=True)
        given = {n: converters[n].validate_python(v) if n in converters else v for n, v in arguments.items()}
        result = function(**given)
        if is_async:
            import asyncio

            return asyncio.run(result)
        return result

    return run


# ---------------------------------------------------------------- toolsets from modules


def toolset_from_module(module: types.ModuleType, name: str = "") -> Toolset:
    """All tools of a module: the functions marked with `@tool`, or, if none is, every public function.

    Only functions that are defined there count, not what it imports.
    """
    functions = [
        f
        for key, f in vars(module).items()
        if inspect.isfunction(f) and f.__module__ == module.__name__ and not key.startswith("_")
    ]
    marked = [f for f in functions if hasattr(f, "__sftctl_tool__")]
    name = name or module.__name__.rpartition(".")[2]
    tools = tuple(tool_from_function(function, name) for function in marked or functions)
    if not tools:
        raise ToolsetError(f"Toolset '{name}' has no tools.", "Define at least one typed, documented function.")
    summary = (inspect.getdoc(module) or "").partition("\n")[0]
    return Toolset(name, summary, tools)
