"""The body of `POST /v1/chat/completions`: every parameter that is honoured, and those that may be sent as off."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from sftctl.core.types import Message
from sftctl.serve.form import Form
from sftctl.serve.history import settle
from sftctl.serve.peers import BEAMS, ORDER, QUIET, TEMPLATE, TEXT
from sftctl.serve.protocol import (
    MAX_CHOICES,
    MAX_TOOLS,
    MAX_TOP_LOGPROBS,
    ApiError,
    Asked,
    No,
    Off,
    Params,
    Said,
    Strict,
    ToolSpec,
    check_names,
    check_tools,
    choose_tools,
    ignored,
    invalid,
    read,
)
from sftctl.serve.tokens import Shown

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


# ---------------------------------------------------------------- choices


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


class StreamOptions(Strict):
    include_usage: bool | None = None
    include_obfuscation: No | None = None
    continuous_usage_stats: bool | None = None
    """vLLM's: with `include_usage`, every chunk says what the answer has cost so far."""


# ---------------------------------------------------------------- the request


class ChatRequest(Shown):
    """Body of `POST /v1/chat/completions`."""

    off: ClassVar[Mapping[str, Off]] = {
        "add_special_tokens": Off((False,), TEMPLATE),
        "audio": Off(instead=TEXT),
        "best_of": Off((1,), BEAMS),
        "function_call": Off(instead="use 'tool_choice'"),
        "functions": Off(instead="use 'tools'"),
        "input": Off(instead="use 'messages', or ask /v1/responses"),
        "input_ids": Off(instead="give them as the 'prompt' of /v1/completions"),
        "instructions": Off(instead="write them into 'messages', or ask /v1/responses"),
        "max_output_tokens": Off(instead="use 'max_completion_tokens'"),
        "modalities": Off((["text"],), TEXT),
        "moderation": Off(),
        "prediction": Off(),
        "prompt": Off(instead="use 'messages', or ask /v1/completions"),
        "prompt_cache_options": Off(),
        "reasoning_effort": Off(("none",), QUIET),
        "service_tier": Off(("auto", "default"), ORDER),
        "store": Off((False,), "only /v1/responses keeps what it answers"),
        "verbosity": Off(("medium",), "say in 'messages' how long the answer should be"),
        "web_search_options": Off(instead="offer a tool of yours"),
    }

    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    tools: Annotated[list[ToolSpec], Field(max_length=MAX_TOOLS)] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | AllowedChoice | None = None
    parallel_tool_calls: bool | None = None
    repeat_calls: bool | None = None
    """Ours: an answer may make the same call, with the same arguments, more than once."""
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    n: Annotated[int, Field(ge=1, le=MAX_CHOICES)] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=MAX_TOP_LOGPROBS)] | None = None
    stream_options: StreamOptions | None = None
    # vLLM's: the last message, an assistant's, is the beginning of the answer, which may be given back with it.
    continue_final_message: bool | None = None
    add_generation_prompt: bool | None = None
    echo: bool | None = None

    @property
    def length(self) -> tuple[str, int | None]:
        """The parameter that says how long the answer may be, and its value."""
        old = self.max_tokens is not None
        return ("max_tokens", self.max_tokens) if old else ("max_completion_tokens", self.max_completion_tokens)

    def asked(self, max_tokens: int) -> Asked:
        """What is wanted; `max_tokens` where the request does not say."""
        required, names = self._choice()
        offered = [] if self.tool_choice == "none" else self.tools or []
        form = self.form() or Form("response_format")
        tools, shape = choose_tools(
            offered,
            names,
            required=required,
            parallel=self.parallel_tool_calls is not False,
            repeats=bool(self.repeat_calls),
            output=form.schema,
            strict_output=form.strict,
            lark=form.lark,
        )
        sampling = self.draw(
            self.max_completion_tokens or self.max_tokens or max_tokens,
        )
        messages, lead = self._conversation()
        return Asked(
            messages,
            sampling,
            tools,
            shape,
            n=self.n or 1,
            logprobs=(self.top_logprobs or 0) if self.logprobs else None,
            prompt_logprobs=self.prompt_logprobs,
            named=isinstance(self.tool_choice, NamedTool),
            lead=lead,
            params=Params(output=form.param, schema=form.at or form.param),
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

    def _conversation(self) -> tuple[tuple[Message, ...], str]:
        """The messages before the answer, and how it begins."""
        messages = settle([message.plain() for message in self.messages], lambda at, part: f"messages[{at}].{part}")
        if not self.continue_final_message:
            return messages, ""
        return messages[:-1], messages[-1]["content"]


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
    request.check_shown()
    _check_messages(request.messages)
    _check_continued(request)
    if tools and request.tool_choice != "none" and (form := request.form()) and form.lark:
        raise invalid(form.param, "only allowed without 'tools'")
    return request


def _check_continued(request: ChatRequest) -> None:
    """Whether there is something to go on from."""
    last = request.messages[-1]
    if not request.continue_final_message:
        if request.add_generation_prompt is False:
            raise invalid("add_generation_prompt", "false is only allowed with 'continue_final_message'")
        if request.echo:
            raise invalid("echo", "only allowed with 'continue_final_message'")
    elif request.add_generation_prompt:
        raise invalid("continue_final_message", "only allowed where 'add_generation_prompt' is false")
    elif last.role != "assistant" or last.tool_calls or not last.text:
        raise invalid("continue_final_message", "the last message must be an assistant's text")


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
