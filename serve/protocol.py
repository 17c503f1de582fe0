"""The chat completions protocol: requests in OpenAI's names, errors in OpenAI's shape.

Nothing is silently ignored: a parameter is honoured, or has no effect by its nature (a label), or stands at
the value that says «off», or the request is refused with a 400 that names it.
"""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from sftctl.core.errors import did_you_mean
from sftctl.core.types import Json, Message, Query, Sampling


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
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": type, "param": param, "code": code}}


LABELS = {"metadata", "prompt_cache_key", "safety_identifier", "user"}
"""Parameters that label a request and change nothing about its answer."""

OFF: dict[str, tuple[Json, ...]] = {
    "audio": (),
    "frequency_penalty": (0,),
    "function_call": (),
    "functions": (),
    "logit_bias": ({},),
    "logprobs": (False,),
    "modalities": (["text"],),
    "moderation": (),
    "n": (1,),
    "prediction": (),
    "presence_penalty": (0,),
    "prompt_cache_options": (),
    "prompt_cache_retention": (),
    "reasoning_effort": ("none",),
    "response_format": ({"type": "text"},),
    "service_tier": ("auto", "default"),
    "store": (False,),
    "top_logprobs": (0,),
    "verbosity": ("medium",),
    "web_search_options": (),
}
"""Parameters that are not supported, with the values (beside null) that ask for nothing."""


# ---------------------------------------------------------------- the request


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TextPart(Strict):
    type: Literal["text"]
    text: str


def _as_parts(value: Any) -> Any:
    return [{"type": "text", "text": value}] if isinstance(value, str) else value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Stops = Annotated[list[Annotated[str, Field(min_length=1)]], Field(max_length=4)]
Content = Annotated[list[TextPart] | None, BeforeValidator(_as_parts)]


class FunctionCall(Strict):
    name: str
    arguments: str


class ToolCall(Strict):
    id: str
    type: Literal["function"] = "function"
    function: FunctionCall


class ChatMessage(Strict):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Content = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None
    name: str | None = None
    # What the official client sends back when an answer is appended to the conversation: empty, here.
    refusal: None = None
    audio: None = None
    function_call: None = None
    annotations: Annotated[list[Any], Field(max_length=0)] | None = None

    def plain(self) -> Message:
        """The message as a ChatFormat takes it."""
        message: Message = {"role": self.role}
        if self.content is not None:
            message["content"] = "".join(part.text for part in self.content)
        if self.tool_calls:
            message["tool_calls"] = [call.model_dump() for call in self.tool_calls]
        if self.tool_call_id is not None:
            message["tool_call_id"] = self.tool_call_id
        return message


class Function(Strict):
    # In this order they are shown to the model, whatever order the client wrote them in.
    name: Annotated[str, Field(min_length=1, max_length=256)]
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: Literal[False] | None = None


class ToolSpec(Strict):
    type: Literal["function"]
    function: Function


class StreamOptions(Strict):
    include_usage: bool | None = None
    include_obfuscation: Literal[False] | None = None


class ChatRequest(Strict):
    """Body of `POST /v1/chat/completions`: every parameter that is honoured."""

    model: str
    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    tools: list[ToolSpec] | None = None
    tool_choice: Literal["auto", "none"] | None = None
    parallel_tool_calls: bool | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    """Left out, answers are greedy: small models call tools best so."""
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    seed: int | None = None
    stop: Annotated[Stops | None, BeforeValidator(_as_list)] = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    @property
    def include_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)

    def query(self) -> Query:
        """The question; with `tool_choice: none` the model is not shown the tools."""
        tools = () if self.tool_choice == "none" else self.tools or ()
        return Query(
            messages=tuple(message.plain() for message in self.messages),
            tools=tuple(tool.model_dump(exclude_none=True, exclude={"function": {"strict"}}) for tool in tools),
        )

    def sampling(self, max_tokens: int) -> Sampling:
        """How to answer; `max_tokens` where the request does not say."""
        return Sampling(
            max_tokens=self.max_completion_tokens or self.max_tokens or max_tokens,
            temperature=self.temperature or 0.0,
            top_p=1.0 if self.top_p is None else self.top_p,
            seed=self.seed,
            stop=tuple(self.stop or ()),
        )


# ---------------------------------------------------------------- reading it


def read_request(raw: bytes) -> ChatRequest:
    """The request that a body spells. Raises ApiError (400) naming the parameter that is wrong."""
    body = _json_object(raw)
    for name, harmless in OFF.items():
        value = body.pop(name, None)
        if value is not None and not any(_same(value, off) for off in harmless):
            raise ApiError(
                f"'{name}' is not supported here with the value {json.dumps(value)[:100]}.",
                param=name,
                code="unsupported_parameter",
            )
    for name in LABELS:
        body.pop(name, None)
    _refuse_forced_calls(body.get("tool_choice"))
    try:
        request = ChatRequest.model_validate(body)
    except ValidationError as error:
        raise _as_api_error(error) from None
    _check_options(request)
    _check_tools(request)
    _check_messages(request.messages)
    return request


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()  # NaN or half a surrogate pair
    except (ValueError, RecursionError):
        raise ApiError("The body of the request is not valid JSON.", code="invalid_json") from None
    if not isinstance(body, dict):
        raise ApiError("The body of the request is not a JSON object.", code="invalid_json")
    return body


def _same(value: Json, off: Json) -> bool:
    """Equal as JSON: 0 and 0.0 are, 0 and false are not."""
    return bool(value == off) and isinstance(value, bool) == isinstance(off, bool)


def _refuse_forced_calls(choice: Json) -> None:
    if choice == "required" or isinstance(choice, dict):
        raise ApiError(
            "'tool_choice' can be 'auto' or 'none': a call cannot be forced yet.",
            param="tool_choice",
            code="unsupported_value",
        )


def _as_api_error(error: ValidationError) -> ApiError:
    """The first thing that is wrong, named as OpenAI does: `messages[0].content`."""
    first = error.errors()[0]
    param = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    if first["type"] == "extra_forbidden":
        known = did_you_mean(str(first["loc"][-1]), ChatRequest.model_fields) if len(first["loc"]) == 1 else ""
        hint = f" {known}" if known.startswith("Did") else ""
        return ApiError(f"Unknown parameter: '{param}'.{hint}", param=param, code="unknown_parameter")
    if first["type"] == "missing":
        return ApiError(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")
    return ApiError(f"Invalid value for '{param}': {first['msg']}.", param=param, code="invalid_value")


def _check_options(request: ChatRequest) -> None:
    if request.max_tokens and request.max_completion_tokens:
        raise _invalid("max_tokens", "give either it or 'max_completion_tokens'")
    if request.stream_options and not request.stream:
        raise _invalid("stream_options", "only allowed when 'stream' is true")


def _check_tools(request: ChatRequest) -> None:
    seen: set[str] = set()
    for at, tool in enumerate(request.tools or ()):
        if tool.function.name in seen:
            raise _invalid(f"tools[{at}].function.name", f"'{tool.function.name}' is defined twice")
        seen.add(tool.function.name)


def _check_messages(messages: list[ChatMessage]) -> None:
    """What the roles may and must hold; a tool's message must answer a call that was made."""
    called: set[str] = set()
    for at, message in enumerate(messages):
        where = f"messages[{at}]"
        if message.role == "assistant":
            if message.content is None and not message.tool_calls:
                raise _invalid(f"{where}.content", "required, unless there are 'tool_calls'")
            called |= {call.id for call in message.tool_calls or ()}
        elif message.content is None:
            raise _invalid(f"{where}.content", "required")
        elif message.tool_calls:
            raise _invalid(f"{where}.tool_calls", "only an assistant's message can have them")
        if message.role == "tool" and message.tool_call_id not in called:
            raise _invalid(f"{where}.tool_call_id", "must be the id of a call in an earlier message")
        if message.role != "tool" and message.tool_call_id is not None:
            raise _invalid(f"{where}.tool_call_id", "only a tool's message can have it")
        if message.role != "tool" and message.name is not None:
            raise ApiError(
                f"'{where}.name' is not supported: the model is not shown names of participants.",
                param=f"{where}.name",
                code="unsupported_parameter",
            )


def _invalid(param: str, why: str) -> ApiError:
    return ApiError(f"Invalid value for '{param}': {why}.", param=param, code="invalid_value")
