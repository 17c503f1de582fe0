"""The body of `POST /v1/chat/completions`: every parameter that is honoured, and those that may be sent as off."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, Tag

from sftctl.core.types import Json, Message
from sftctl.serve.history import settle
from sftctl.serve.protocol import (
    MAX_CHOICES,
    MAX_TOOLS,
    MAX_TOP_LOGPROBS,
    ApiError,
    Asked,
    Body,
    Said,
    Strict,
    ToolSpec,
    by_type,
    check_names,
    check_tools,
    choose_tools,
    ignored,
    invalid,
    output_schema,
    read,
)

# ---------------------------------------------------------------- messages


class TextPart(Said):
    type: Literal["text"]
    text: str


class RefusalPart(Said):
    type: Literal["refusal"]
    refusal: str


class FunctionCall(Said):
    name: Annotated[str, Field(min_length=1)]
    arguments: str
    """An empty string is how some clients write that there are none."""
    parsed_arguments: Any = None
    """The same again, as the official client's helpers read them."""


class ToolCall(Said):
    id: str
    type: Literal["function"] = "function"
    function: FunctionCall
    index: int | None = None
    """Its place, which chunks of a stream tell."""

    def plain(self) -> Message:
        function = {"name": self.function.name, "arguments": self.function.arguments or "{}"}
        return {"id": self.id, "type": "function", "function": function}


class ChatMessage(Said):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[TextPart | RefusalPart] | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None
    name: str | None = None
    """A label: no ChatFormat shows the model who is speaking."""
    refusal: str | None = None
    # What the official client sends back when an answer is appended to the conversation.
    audio: None = None
    function_call: None = None
    annotations: list[Any] | None = None
    parsed: Any = None

    @property
    def text(self) -> str | None:
        """Its content as one string; a refusal stands for content."""
        if self.content is None:
            return self.refusal
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text if isinstance(part, TextPart) else part.refusal for part in self.content)

    def plain(self) -> Message:
        """The message as a ChatFormat takes it."""
        message: Message = {"role": self.role}
        if self.text is not None:
            message["content"] = self.text
        if self.tool_calls:
            message["tool_calls"] = [call.plain() for call in self.tool_calls]
        if self.tool_call_id is not None:
            message["tool_call_id"] = self.tool_call_id
        return message


# ---------------------------------------------------------------- choices and formats


class FunctionName(Strict):
    name: str


class NamedTool(Strict):
    type: Literal["function"]
    function: FunctionName


class AllowedTools(Strict):
    mode: Literal["auto", "required"]
    tools: Annotated[list[NamedTool], Field(min_length=1)]


class AllowedChoice(Strict):
    type: Literal["allowed_tools"]
    allowed_tools: AllowedTools


class JsonSchema(Strict):
    name: Annotated[str, Field(min_length=1, max_length=64)]
    description: str | None = None
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None
    strict: bool | None = None


class PlainFormat(Strict):
    type: Literal["text", "json_object"]


class SchemaFormat(Strict):
    type: Literal["json_schema"]
    json_schema: JsonSchema


ResponseFormat = Annotated[
    Annotated[PlainFormat, Tag("PlainFormat")] | Annotated[SchemaFormat, Tag("SchemaFormat")],
    by_type(text="PlainFormat", json_object="PlainFormat", json_schema="SchemaFormat"),
]


class StreamOptions(Strict):
    include_usage: bool | None = None
    include_obfuscation: Literal[False] | None = None
    continuous_usage_stats: bool | None = None
    """vLLM's: with `include_usage`, every chunk says what the answer has cost so far."""


# ---------------------------------------------------------------- the request


class ChatRequest(Body):
    """Body of `POST /v1/chat/completions`."""

    off: ClassVar[Mapping[str, tuple[Json, ...]]] = {
        "add_generation_prompt": (True,),
        "add_special_tokens": (False,),
        "audio": (),
        "function_call": (),
        "functions": (),
        "echo": (False,),
        "modalities": (["text"],),
        "moderation": (),
        "prediction": (),
        "prompt_cache_options": (),
        "reasoning_effort": ("none",),
        "service_tier": ("auto", "default"),
        "store": (False,),
        "verbosity": ("medium",),
        "web_search_options": (),
    }

    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    tools: Annotated[list[ToolSpec], Field(max_length=MAX_TOOLS)] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | AllowedChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    n: Annotated[int, Field(ge=1, le=MAX_CHOICES)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    stop: (
        Annotated[str, Field(min_length=1)]
        | Annotated[list[Annotated[str, Field(min_length=1)]], Field(max_length=4)]
        | None
    ) = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    logit_bias: dict[str, Annotated[float, Field(ge=-100, le=100)]] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=MAX_TOP_LOGPROBS)] | None = None
    stream_options: StreamOptions | None = None

    @property
    def length(self) -> tuple[str, int | None]:
        """The parameter that says how long the answer may be, and its value."""
        old = self.max_tokens is not None
        return ("max_tokens", self.max_tokens) if old else ("max_completion_tokens", self.max_completion_tokens)

    def asked(self, max_tokens: int) -> Asked:
        """What is wanted; `max_tokens` where the request does not say."""
        required, names = self._choice()
        offered = [] if self.tool_choice == "none" else self.tools or []
        tools, shape = choose_tools(
            offered,
            names,
            required=required,
            parallel=self.parallel_tool_calls is not False,
            output=self._output(),
            strict_output=isinstance(self.response_format, SchemaFormat)
            and bool(self.response_format.json_schema.strict),
        )
        sampling = self.draw(
            self.max_completion_tokens or self.max_tokens or max_tokens,
            seed=self.seed,
            presence_penalty=self.presence_penalty or 0.0,
            frequency_penalty=self.frequency_penalty or 0.0,
            logit_bias=read_bias(self.logit_bias or {}),
            stop=as_stops(self.stop),
        )
        return Asked(
            settle([message.plain() for message in self.messages], lambda at, part: f"messages[{at}].{part}"),
            sampling,
            tools,
            shape,
            n=self.n or 1,
            logprobs=(self.top_logprobs or 0) if self.logprobs else None,
            named=isinstance(self.tool_choice, NamedTool),
            ignored=tuple(ignored(self.messages, "messages")),
        )

    def _choice(self) -> tuple[bool, list[str] | None]:
        """Whether a call is required, and of which tools alone."""
        if isinstance(self.tool_choice, NamedTool):
            return True, [self.tool_choice.function.name]
        if isinstance(self.tool_choice, AllowedChoice):
            allowed = self.tool_choice.allowed_tools
            return allowed.mode == "required", [tool.function.name for tool in allowed.tools]
        return self.tool_choice == "required", None

    def _output(self) -> Json:
        if self.response_format is None:
            return None
        schema = self.response_format.json_schema.schema_ if isinstance(self.response_format, SchemaFormat) else None
        return output_schema(self.response_format.type, schema if schema is not None else {})


def read_chat(raw: bytes) -> ChatRequest:
    """The request that a body spells. Raises ApiError (400) naming the parameter that is wrong."""
    request = read(ChatRequest, raw)
    if request.max_tokens and request.max_completion_tokens:
        raise invalid("max_tokens", "give either it or 'max_completion_tokens'")
    if request.stream_options and not request.stream:
        raise invalid("stream_options", "only allowed when 'stream' is true")
    if request.top_logprobs is not None and not request.logprobs:
        raise invalid("top_logprobs", "only allowed when 'logprobs' is true")
    tools = request.tools or ()
    check_tools(tools, "tools[{}].function.name")
    if request.tool_choice not in (None, "none", "auto") and not tools:
        raise invalid("tool_choice", "only allowed when 'tools' are given")
    if request.parallel_tool_calls is not None and request.tools is None:
        raise invalid("parallel_tool_calls", "only allowed when 'tools' are given")
    check_names(request._choice()[1] or (), tools, "tool_choice")
    _check_messages(request.messages)
    return request


def as_stops(stop: str | Sequence[str] | None) -> tuple[str, ...]:
    return (stop,) if isinstance(stop, str) else tuple(stop or ())


def read_bias(bias: Mapping[str, float]) -> dict[int, float]:
    """Token id → bias. Raises ApiError where a key is no token id."""
    for key in bias:
        if not (key.isascii() and key.isdigit() and len(key) <= 9):
            raise invalid("logit_bias", f"'{key[:20]}' is no token id")
    return {int(key): value for key, value in bias.items()}


def _check_messages(messages: Sequence[ChatMessage]) -> None:
    """What the roles may and must hold."""
    for at, message in enumerate(messages):
        where = f"messages[{at}]"
        if message.role == "assistant":
            if message.text is None and not message.tool_calls:
                raise invalid(f"{where}.content", "required, unless there are 'tool_calls'")
        elif message.content is None:
            raise invalid(f"{where}.content", "required")
        elif message.tool_calls:
            raise invalid(f"{where}.tool_calls", "only an assistant's message can have them")
        if message.role == "tool" and message.tool_call_id is None:
            raise ApiError(
                f"Missing required parameter: '{where}.tool_call_id'.",
                param=f"{where}.tool_call_id",
                code="missing_required_parameter",
            )
        if message.role != "tool" and message.tool_call_id is not None:
            raise invalid(f"{where}.tool_call_id", "only a tool's message can have it")
