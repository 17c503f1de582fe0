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

import dataclasses
import importlib.util
import inspect
import json
import re
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints, is_typeddict

from sftctl.core.errors import ToolsetError
from sftctl.core.types import Json, Tool, Toolset

# ---------------------------------------------------------------- where realistic values come from


@dataclass(frozen=True, init=False)
class Pick:
    """One of some values, without closing the set (a `Literal` type closes it: an enum in the schema)."""

    options: tuple[Any, ...]

    def __init__(self, *options: Any) -> None:
        object.__setattr__(self, "options", options)


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


Source = Pick | Between | Fake | Day | Clock | Moment
Date = Annotated[str, Day()]
Time = Annotated[str, Clock()]
DateTime = Annotated[str, Moment()]

_FORMATS = {Day: "date", Clock: "time", Moment: "date-time"}


# ---------------------------------------------------------------- the decorator

F = TypeVar("F", bound=Callable[..., Any])


def tool(asks: tuple[str, ...] | list[str] = (), answer: str = "") -> Callable[[F], F]:
    """Mark a function as a tool and say how people ask for it. The function itself is unchanged."""

    def mark(function: F) -> F:
        function.__sftctl_tool__ = {"asks": tuple(asks), "answer": answer}  # type: ignore[attr-defined]
        return function

    return mark


def tool_from_function(function: Callable[..., Any], domain: str = "") -> Tool:
    """The Tool that a typed, documented function is. Raises ToolsetError naming what is missing."""
    name = function.__name__
    summary, documented = _docstring(function)
    if not summary:
        raise ToolsetError(f"Tool '{name}' has no docstring.", "Describe it in one sentence.")
    try:
        hints = get_type_hints(function, include_extras=True)
    except Exception as error:
        raise ToolsetError(f"The type hints of tool '{name}' cannot be read: {error}.") from None
    properties: dict[str, Json] = {}
    required: list[str] = []
    values: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise ToolsetError(
                f"Tool '{name}': parameter '{parameter}' cannot be named in a call.", "Use plain parameters."
            )
        if parameter.name not in hints:
            raise ToolsetError(f"Tool '{name}': parameter '{parameter.name}' has no type hint.", "Add one.")
        schema = _schema(hints[parameter.name], f"{name}({parameter.name})", parameter.name, values)
        if parameter.name in documented:
            schema["description"] = documented[parameter.name]
        if parameter.default is parameter.empty:
            required.append(parameter.name)
        elif parameter.default is not None:
            schema["default"] = parameter.default
        properties[parameter.name] = schema
    unknown = set(documented) - set(properties)
    if unknown:
        raise ToolsetError(f"Tool '{name}': its docstring describes unknown parameter '{min(unknown)}'.")
    marks = getattr(function, "__sftctl_tool__", {"asks": (), "answer": ""})
    return Tool(
        name=name,
        description=summary,
        parameters={"type": "object", "properties": properties, "required": required},
        run=function,
        values=values,
        domain=domain,
        **marks,
    )


def _docstring(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """Summary and parameter descriptions of a Google-style docstring."""
    text = inspect.getdoc(function) or ""
    head, _, rest = text.partition("\nArgs:\n")
    summary = " ".join(head.split())
    parameters: dict[str, str] = {}
    current = ""
    for line in rest.splitlines():
        if line and not line.startswith(" "):  # the next section, e.g. `Returns:`
            break
        if match := re.match(r" {2,4}(\w+)(?: \([^)]*\))?: (.*)", line):
            current = match[1]
            parameters[current] = match[2].strip()
        elif line.strip() and current:
            parameters[current] += " " + line.strip()
    return summary, parameters


_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object", list: "array"}


def _schema(hint: Any, where: str, path: str, values: dict[str, Any]) -> dict[str, Json]:
    """The JSON Schema of a type hint; notes in `values` where values for `path` come from."""
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *notes = get_args(hint)
        schema = _schema(inner, where, path, values)
        for note in notes:
            if isinstance(note, Size):
                values[f"{path}#size"] = note
            elif isinstance(note, Source):
                values[path] = note
                if type(note) in _FORMATS and schema["type"] == "string":
                    schema["format"] = _FORMATS[type(note)]
        return schema
    if origin in (Union, types.UnionType):
        options = [option for option in get_args(hint) if option is not type(None)]
        if len(options) == 1:
            return _schema(options[0], where, path, values)
        return {"anyOf": [_schema(option, where, path, values) for option in options]}
    if origin is Literal:
        kinds = {type(option) for option in get_args(hint)}
        kind = _SCALARS.get(kinds.pop(), "string") if len(kinds) == 1 else "string"
        return {"type": kind, "enum": list(get_args(hint))}
    if origin is list:
        return {"type": "array", "items": _schema(get_args(hint)[0], where, path, values)}
    if origin is dict:
        return {
            "type": "object",
            "additionalProperties": _schema(get_args(hint)[1], where, f"{path}.*", values),
        }
    if is_typeddict(hint) or dataclasses.is_dataclass(hint):
        return _object_schema(hint, where, path, values)
    if isinstance(hint, type) and hint in _SCALARS:
        return {"type": _SCALARS[hint]}
    raise ToolsetError(
        f"{where}: type {hint!r} has no JSON Schema.",
        "Use str, int, float, bool, list[…], dict[str, …], Literal[…], a TypedDict or a dataclass.",
    )


def _object_schema(hint: Any, where: str, path: str, values: dict[str, Any]) -> dict[str, Json]:
    fields = get_type_hints(hint, include_extras=True)
    properties = {name: _schema(kind, where, f"{path}.{name}", values) for name, kind in fields.items()}
    if is_typeddict(hint):
        optional = set(hint.__optional_keys__)
    else:
        optional = {f.name for f in dataclasses.fields(hint) if f.default is not dataclasses.MISSING}
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


# ---------------------------------------------------------------- toolsets from modules and files


def toolset_from_module(module: types.ModuleType, name: str = "") -> Toolset:
    """All tools of a module: the functions marked with `@tool`, or, if none is, every public function."""
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


def toolset_from_file(path: Path) -> Toolset:
    """A user's own toolset: a Python module (`.py`) or a JSON list of OpenAI tools (`.json`)."""
    if not path.is_file():
        raise ToolsetError(f"Toolset file {path} does not exist.", "Give a .py module or a .json list of tools.")
    if path.suffix == ".py":
        return _from_python(path)
    if path.suffix == ".json":
        return _from_json(path)
    raise ToolsetError(f"Toolset file {path} is neither .py nor .json.")


def _from_python(path: Path) -> Toolset:
    name = f"sftctl_user_toolset_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and get_type_hints look the module up by name
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        line = _line_in(error, path)
        raise ToolsetError(
            f"Toolset {path}{line} raised {type(error).__name__} on import: {error}.",
            "Mend it and run again.",
        ) from error
    return toolset_from_module(module, path.stem)


def _line_in(error: BaseException, path: Path) -> str:
    """`:LINE` of the innermost frame of `error` that lies in `path`."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f":{error.lineno}"
    line, frame = "", error.__traceback__
    while frame:
        if Path(frame.tb_frame.f_code.co_filename) == path.absolute():  # Python makes it so
            line = f":{frame.tb_lineno}"
        frame = frame.tb_next
    return line


def _from_json(path: Path) -> Toolset:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ToolsetError(f"Toolset {path} cannot be read as JSON: {error}.") from None
    if not isinstance(rows, list) or not rows:
        raise ToolsetError(f"Toolset {path} must be a JSON list of OpenAI tools, with at least one entry.")
    return Toolset(path.stem, f"tools of {path.name}", tuple(_tools_from_specs(rows, path)))


def _tools_from_specs(rows: list[Json], path: Path) -> Iterator[Tool]:
    from jsonschema import Draft202012Validator, SchemaError

    for index, row in enumerate(rows):
        function = row.get("function", row) if isinstance(row, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise ToolsetError(
                f"Toolset {path}: entry {index} is no OpenAI tool.", "It needs a 'function' with a 'name'."
            )
        parameters = function.get("parameters") or {"type": "object", "properties": {}}
        try:
            Draft202012Validator.check_schema(parameters)
        except SchemaError as error:
            raise ToolsetError(
                f"Toolset {path}: tool '{function['name']}' has a bad schema: {error.message}."
            ) from None
        if parameters.get("type", "object") != "object":
            raise ToolsetError(f"Toolset {path}: the parameters of tool '{function['name']}' are not of type object.")
        yield Tool(function["name"], function.get("description", ""), parameters, domain=path.stem)
