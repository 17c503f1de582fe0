"""What all requests share: reading a body, refusing it in OpenAI's shape, tools and how to sample.

Nothing is silently ignored: a parameter is honoured, or has no effect by its nature (a label), or stands at a
value that asks for nothing, or the request is refused with a 400 that names it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from sftctl.core.errors import did_you_mean
from sftctl.core.types import Json, Message, Sampling, strict_json
from sftctl.serve.grammar import ANY_OBJECT, Shape

MAX_CHOICES = 16
MAX_TOOLS = 128
MAX_TOP_LOGPROBS = 20


class ApiError(Exception):
    """A refusal, as OpenAI words it."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.body = {"error": {"message": message, "type": type, "param": param, "code": code}}


def invalid(param: str, why: str, code: str = "invalid_value") -> ApiError:
    """A 400 that names the parameter and says what is wrong with its value."""
    return ApiError(f"Invalid value for '{param}': {why}.", param=param, code=code)


def unsupported(param: str, why: str) -> ApiError:
    """A 400 for what OpenAI has and this service does not."""
    return ApiError(f"'{param}' is not supported here: {why}.", param=param, code="unsupported_parameter")


@dataclass(frozen=True)
class Off:
    """A parameter that is not supported: the values, beside null, that ask for nothing, and what to do instead."""

    values: tuple[Json, ...] = ()
    instead: str = ""


@dataclass(frozen=True)
class Asked:
    """What a client wants of a model, whichever way it asked."""

    messages: tuple[Message, ...]
    sampling: Sampling
    tools: tuple[dict[str, Json], ...] = ()
    """The tools that may be called; the model is shown no others."""
    shape: Shape = field(default_factory=Shape)
    n: int = 1
    logprobs: int | None = None
    prompt_logprobs: int | None = None
    named: bool = False
    """One tool was named to be called: then OpenAI says that the answer ends with `stop`, not with `tool_calls`."""
    lead: str = ""
    """How the answer begins, as the request says."""
    params: "Params" = field(default_factory=lambda: Params())
    ignored: tuple[str, ...] = ()
    """Parts of the conversation that no ChatFormat can show, and nobody reads."""


@dataclass(frozen=True)
class Params:
    """What an endpoint calls the parts of a request that can be refused later than when it is read."""

    conversation: str = "messages"
    tool: str = "tools[{}].function"
    output: str = "response_format"
    schema: str = "response_format.json_schema.schema"


# ---------------------------------------------------------------- parts of requests


def _no(value: bool) -> bool:
    if value:
        raise PydanticCustomError("no", "Input should be false")
    return value


No = Annotated[bool, AfterValidator(_no), WithJsonSchema({"const": False})]
"""False, and not 0, which a literal would take for the same."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Said(BaseModel):
    """A part of a conversation. Clients send back what other servers and their own libraries put into answers, so
    fields that are not known are let through; `ignored` names them."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)


def ignored(value: Any, where: str) -> Iterator[str]:
    """The fields in what was said that are not known and say something: `messages[1].reasoning_content`."""
    if isinstance(value, Said):
        yield from (f"{where}.{name}" for name, extra in (value.model_extra or {}).items() if extra is not None)
        for name in type(value).model_fields:
            yield from ignored(getattr(value, name), f"{where}.{name}")
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from ignored(each, f"{where}[{at}]")


def by_type(**classes: str) -> Discriminator:
    """Chooses among tagged classes by the object's `type`, so that a mistake inside is reported of the right one."""

    def tag(value: Any) -> str | None:
        if isinstance(value, dict):
            return classes.get(str(value.get("type", classes.get("default"))))
        return type(value).__name__

    known = " or ".join(f"'{kind}'" for kind in classes if kind != "default")
    return Discriminator(
        tag, custom_error_type="unknown_type", custom_error_message=f"It should be an object of the type {known}"
    )


class Function(Strict):
    # In this order they are shown to the model, whatever order the client wrote them in.
    name: Annotated[str, Field(min_length=1, max_length=256)]
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class ToolSpec(Strict):
    type: Literal["function"]
    function: Function
    strict: bool | None = None
    """Where some clients write what belongs to the function."""

    def plain(self) -> dict[str, Json]:
        """The tool as the model is shown it."""
        return self.model_dump(exclude_none=True, exclude={"function": {"strict"}, "strict": True})

    def held(self) -> dict[str, Json]:
        """The tool as its calls are held to it."""
        strict = self.strict if self.function.strict is None else self.function.strict
        tool = self.plain()
        return tool if strict is None else {**tool, "function": {**tool["function"], "strict": strict}}


class Request(Strict):
    """The body of any request."""

    labels: ClassVar[frozenset[str]] = frozenset()
    """Parameters that label a request, or say how to bill it, and change nothing about its answer."""
    off: ClassVar[Mapping[str, Off]] = {}
    """Parameters of OpenAI's that are not supported."""
    peers: ClassVar[Mapping[str, Off]] = {}
    """The same of other servers' parameters."""

    @classmethod
    def refused(cls) -> Mapping[str, Off]:
        """Every parameter that is known and not supported."""
        return {**cls.peers, **cls.off}


R = TypeVar("R", bound=Request)


def choose_tools(
    tools: Sequence[ToolSpec],
    names: Sequence[str] | None,
    *,
    required: bool,
    parallel: bool,
    repeats: bool,
    output: Json,
    strict_output: bool,
    lark: str = "",
) -> tuple[tuple[dict[str, Json], ...], Shape]:
    """The tools as the model is shown them, and the shape of the answer; `names`: only these may be called."""
    allowed = [tool for tool in tools if names is None or tool.function.name in names]
    held = tuple(tool.held() for tool in allowed)
    required = required and bool(allowed)
    shape = Shape(held, required, parallel, repeats, output, strict_output, lark)
    return tuple(tool.plain() for tool in allowed), shape


def check_tools(tools: Sequence[ToolSpec], where: str) -> None:
    """Names must differ. `where` says how an entry is called: `tools[{}].function.name`."""
    seen: set[str] = set()
    for at, tool in enumerate(tools):
        if tool.function.name in seen:
            raise invalid(where.format(at), f"'{tool.function.name}' is defined twice")
        seen.add(tool.function.name)


def check_names(names: Sequence[str], tools: Sequence[ToolSpec], param: str) -> None:
    """Only tools that are there can be chosen."""
    known = [tool.function.name for tool in tools]
    for name in names:
        if name not in known:
            raise invalid(param, f"'{name}' is none of the 'tools'. {did_you_mean(name, known)}".rstrip(". "))


def output_schema(kind: str, schema: Json) -> Json:
    """The schema that a text format of this kind asks for; None for plain text."""
    return {"text": None, "json_object": ANY_OBJECT}.get(kind, schema)


# ---------------------------------------------------------------- reading a body


def read(kind: type[R], raw: bytes) -> R:
    """The request that a body spells. Raises ApiError (400) naming the parameter that is wrong."""
    body = _json_object(raw)
    for name, off in kind.refused().items():
        value = body.pop(name, None)
        if value is not None and not any(_same(value, harmless) for harmless in off.values):
            asks = f"the value {json.dumps(value)[:100]} asks for something that it cannot do"
            raise unsupported(name, off.instead or asks)
    for name in kind.labels:
        body.pop(name, None)
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        raise _as_api_error(error, kind) from None


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        body = strict_json(raw)
    except ValueError as error:
        raise ApiError(f"The body of the request is not valid JSON: {error}.", code="invalid_json") from None
    if not isinstance(body, dict):
        raise ApiError("The body of the request is not a JSON object.", code="invalid_json")
    return body


def _same(value: Json, off: Json) -> bool:
    """Equal as JSON: 0 and 0.0 are, 0 and false are not."""
    return bool(value == off) and isinstance(value, bool) == isinstance(off, bool)


def _as_api_error(error: ValidationError, kind: type[Request]) -> ApiError:
    """The first thing that is wrong, named as OpenAI does: `messages[0].content`.

    Where a value may have several forms, each gives an error; the one that got furthest is the likeliest meant.
    """
    errors = error.errors()
    same = [each for each in errors if each["loc"][:1] == errors[0]["loc"][:1]]
    found = max(same, key=lambda each: (len(_path(each["loc"])), each["loc"][-1] == "type"))
    path = _path(found["loc"])
    if found["type"] == "unknown_type" and isinstance(found["input"], dict):
        path.append("type")
    param = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    if found["type"] == "extra_forbidden":
        known = {*kind.model_fields, *kind.refused(), *kind.labels}
        hint = did_you_mean(str(path[-1]), known) if len(path) == 1 else ""
        hint = f" {hint}" if hint.startswith("Did") else ""
        return ApiError(f"Unknown parameter: '{param}'.{hint}", param=param, code="unknown_parameter")
    if found["type"] == "missing":
        return ApiError(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")
    return invalid(param, found["msg"])


def _path(location: Sequence[str | int]) -> list[str | int]:
    """A pydantic location without the names of the alternatives that were tried (types, and our classes)."""
    return [part for part in location if isinstance(part, int) or not _is_type(part)]


def _is_type(part: str) -> bool:
    return (
        part in ("str", "int", "bool", "float")
        or "[" in part
        or part[:1].isupper()
        or part.startswith(("function-", "constrained-"))
    )
