"""The body of `POST /v1/responses`: OpenAI's newer way to ask, written as the same messages and tools."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, Tag, TypeAdapter

from sftctl.core.types import Json, Message
from sftctl.serve.drawing import Body
from sftctl.serve.peers import ORDER, TEXT
from sftctl.serve.protocol import (
    MAX_TOOLS,
    MAX_TOP_LOGPROBS,
    Asked,
    Function,
    No,
    Off,
    Params,
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

# ---------------------------------------------------------------- input


class InputText(Said):
    type: Literal["input_text"]
    text: str


class OutputText(Said):
    type: Literal["output_text"]
    text: str
    annotations: list[Any] | None = None
    logprobs: list[Any] | None = None
    parsed: Any = None
    """The same again, as the official client's helpers read it."""


class Refusal(Said):
    type: Literal["refusal"]
    refusal: str


Status = Literal["in_progress", "completed", "incomplete"] | None


class InputMessage(Said):
    type: Literal["message"] = "message"
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[InputText | OutputText | Refusal]
    id: str | None = None
    status: Status = None
    phase: str | None = None

    def plain(self) -> Message:
        if isinstance(self.content, str):
            return {"role": self.role, "content": self.content}
        texts = (part.refusal if isinstance(part, Refusal) else part.text for part in self.content)
        return {"role": self.role, "content": "".join(texts)}


class FunctionCallItem(Said):
    type: Literal["function_call"]
    call_id: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(min_length=1)]
    arguments: str
    parsed_arguments: Any = None
    id: str | None = None
    status: Status = None
    namespace: None = None
    caller: None = None

    def plain(self) -> Message:
        function = {"name": self.name, "arguments": self.arguments or "{}"}
        return {"id": self.call_id, "type": "function", "function": function}


class ReasoningItem(Said):
    """What another model thought; the models served here were not taught to read it."""

    type: Literal["reasoning"]


class ItemReference(Said):
    """Something that a stored response wrote."""

    type: Literal["item_reference"]
    id: Annotated[str, Field(min_length=1)]


class CallOutputItem(Said):
    type: Literal["function_call_output"]
    call_id: Annotated[str, Field(min_length=1)]
    output: str | list[InputText]
    id: str | None = None
    status: Status = None
    name: str | None = None
    namespace: None = None
    caller: None = None

    def plain(self) -> Message:
        output = self.output if isinstance(self.output, str) else "".join(part.text for part in self.output)
        return {"role": "tool", "tool_call_id": self.call_id, "content": output}


Item = Annotated[
    Annotated[InputMessage, Tag("InputMessage")]
    | Annotated[FunctionCallItem, Tag("FunctionCallItem")]
    | Annotated[CallOutputItem, Tag("CallOutputItem")]
    | Annotated[ReasoningItem, Tag("ReasoningItem")]
    | Annotated[ItemReference, Tag("ItemReference")],
    by_type(
        default="message",
        message="InputMessage",
        function_call="FunctionCallItem",
        function_call_output="CallOutputItem",
        reasoning="ReasoningItem",
        item_reference="ItemReference",
    ),
]
"""A message may leave its type out."""
ITEM: TypeAdapter[Any] = TypeAdapter(Item)


def messages_of(items: Sequence[Said]) -> list[Message]:
    """The conversation that input items spell: calls, and the text around them, belong to one assistant's message."""
    messages: list[Message] = []
    for item in items:
        if isinstance(item, FunctionCallItem):
            if not messages or messages[-1]["role"] != "assistant":
                messages.append({"role": "assistant", "content": None})
            messages[-1].setdefault("tool_calls", []).append(item.plain())
        elif isinstance(item, InputMessage) and item.role == "assistant" and messages and "tool_calls" in messages[-1]:
            messages[-1]["content"] = (messages[-1]["content"] or "") + item.plain()["content"]
        elif isinstance(item, InputMessage | CallOutputItem):
            messages.append(item.plain())
    return messages


def _item(item: Said) -> dict[str, Json]:
    """An item as it is given back: contents in parts, and an id where the client gave none."""
    made: dict[str, Json] = item.model_dump(exclude_none=True)
    if isinstance(item, InputMessage):
        text = "output_text" if item.role == "assistant" else "input_text"
        parts = [{"type": text, "text": item.content}] if isinstance(item.content, str) else made["content"]
        empty: dict[str, Json] = {"annotations": [], "logprobs": []}
        made["content"] = [{**empty, **part} if part["type"] == "output_text" else part for part in parts]
    prefix = {"message": "msg", "function_call": "fc", "function_call_output": "fco", "reasoning": "rs"}[made["type"]]
    return {"id": new_id(prefix), "status": "completed", **made}


def new_id(kind: str) -> str:
    """An id as OpenAI's are: `msg_` and 48 hexadecimal digits."""
    return f"{kind}_{secrets.token_hex(24)}"


def _ignored(items: str | Sequence[Said]) -> Iterator[str]:
    """The parts of the input that nobody reads."""
    for at, item in enumerate(items if not isinstance(items, str) else ()):
        where = f"input[{at}]"
        yield from [where] if isinstance(item, ReasoningItem) else ignored(item, where)


# ---------------------------------------------------------------- tools and formats


class FunctionTool(Function):
    type: Literal["function"]
    defer_loading: No | None = None

    def spec(self) -> ToolSpec:
        function = Function(
            name=self.name, description=self.description, parameters=self.parameters, strict=self.strict
        )
        return ToolSpec(type="function", function=function)


class FunctionChoice(Strict):
    type: Literal["function"]
    name: str


class AllowedChoice(Strict):
    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: Annotated[list[FunctionChoice], Field(min_length=1)]


class PlainText(Strict):
    type: Literal["text", "json_object"]


class SchemaText(Strict):
    type: Literal["json_schema"]
    name: Annotated[str, Field(min_length=1, max_length=64)]
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    description: str | None = None
    strict: bool | None = None


TextFormat = Annotated[
    Annotated[PlainText, Tag("PlainText")] | Annotated[SchemaText, Tag("SchemaText")],
    by_type(text="PlainText", json_object="PlainText", json_schema="SchemaText"),
]


class TextOptions(Strict):
    format: TextFormat | None = None
    verbosity: Literal["medium"] | None = None


class Reasoning(Strict):
    """Only the values that ask for none: the models served here do not think aloud."""

    effort: Literal["none"] | None = None
    summary: None = None
    generate_summary: None = None
    context: None = None


class ResponseStreamOptions(Strict):
    include_obfuscation: No | None = None


# ---------------------------------------------------------------- the request


class ResponsesRequest(Body):
    """Body of `POST /v1/responses`."""

    off: ClassVar[Mapping[str, Off]] = {
        "access_programs": Off(),
        "background": Off((False,), "use 'stream' to see the answer grow"),
        "background_options": Off(),
        "context_management": Off(([],), "shorten the 'input'"),
        "conversation": Off(instead="use 'previous_response_id'"),
        "image": Off(instead=TEXT),
        "max_tokens": Off(instead="use 'max_output_tokens'"),
        "messages": Off(instead="use 'input'"),
        "moderation": Off(),
        "prompt": Off(instead="use 'input' and 'instructions'"),
        "prompt_cache_options": Off(),
        "response_format": Off(instead="use 'text.format'"),
        "service_tier": Off(("auto", "default"), ORDER),
    }
    labels: ClassVar[frozenset[str]] = Body.labels - {"metadata"}

    input: str | Annotated[list[Item], Field(min_length=1)]
    instructions: str | None = None
    tools: Annotated[list[FunctionTool], Field(max_length=MAX_TOOLS)] | None = None
    tool_choice: Literal["none", "auto", "required"] | FunctionChoice | AllowedChoice | None = None
    parallel_tool_calls: bool | None = None
    repeat_calls: bool | None = None
    text: TextOptions | None = None
    max_output_tokens: Annotated[int, Field(ge=1)] | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=MAX_TOP_LOGPROBS)] | None = None
    include: list[Literal["message.output_text.logprobs", "reasoning.encrypted_content"]] | None = None
    """Encrypted reasoning of a model that does not reason is none."""
    reasoning: Reasoning | None = None
    previous_response_id: Annotated[str, Field(min_length=1)] | None = None
    store: bool | None = None
    truncation: Literal["disabled"] | None = None
    metadata: dict[str, str] | None = None
    max_tool_calls: Annotated[int, Field(ge=1)] | None = None
    """Of the tools that a server runs; this one runs none."""
    stream_options: ResponseStreamOptions | None = None

    def resolved(self, stored: Callable[[str], dict[str, Json]]) -> "ResponsesRequest":
        """The same, with what references in `input` stand for; `stored` gives an item by its id."""
        if isinstance(self.input, str):
            return self
        items = [
            ITEM.validate_python(stored(item.id)) if isinstance(item, ItemReference) else item for item in self.input
        ]
        return self.model_copy(update={"input": items})

    @property
    def new_messages(self) -> list[Message]:
        """What `input` adds to the conversation."""
        if isinstance(self.input, str):
            return [{"role": "user", "content": self.input}]
        return messages_of(self.input)

    def items(self) -> list[dict[str, Json]]:
        """`input` as a list of items in OpenAI's shape, each with an id."""
        if isinstance(self.input, str):
            items: list[Said] = [InputMessage(role="user", content=self.input)]
        else:
            items = [*self.input]
        return [_item(item) for item in items]

    @property
    def format(self) -> PlainText | SchemaText:
        return (self.text and self.text.format) or PlainText(type="text")

    def asked(self, conversation: Sequence[Message], max_tokens: int) -> Asked:
        """What is wanted of a conversation that ends with the new messages; instructions are this request's alone."""
        opening: list[Message] = [{"role": "system", "content": self.instructions}] if self.instructions else []
        required, names = self._choice()
        offered = [] if self.tool_choice == "none" else [tool.spec() for tool in self.tools or ()]
        schema = self.format.schema_ if isinstance(self.format, SchemaText) else None
        tools, shape = choose_tools(
            offered,
            names,
            required=required,
            parallel=self.parallel_tool_calls is not False,
            repeats=bool(self.repeat_calls),
            output=output_schema(self.format.type, schema),
            strict_output=isinstance(self.format, SchemaText) and bool(self.format.strict),
        )
        wants_logprobs = "message.output_text.logprobs" in (self.include or ())
        return Asked(
            (*opening, *conversation),
            self.draw(self.max_output_tokens or max_tokens),
            tools,
            shape,
            logprobs=(self.top_logprobs or 0) if wants_logprobs else None,
            params=Params("input", "tools[{}]", "text.format", "text.format.schema"),
            ignored=tuple(_ignored(self.input)),
        )

    def _choice(self) -> tuple[bool, list[str] | None]:
        if isinstance(self.tool_choice, FunctionChoice):
            return True, [self.tool_choice.name]
        if isinstance(self.tool_choice, AllowedChoice):
            return self.tool_choice.mode == "required", [tool.name for tool in self.tool_choice.tools]
        return self.tool_choice == "required", None


class InputTokensRequest(ResponsesRequest):
    """Body of `POST /v1/responses/input_tokens`: what could be asked for an answer."""

    off: ClassVar[Mapping[str, Off]] = {**ResponsesRequest.off, "personality": Off()}


def read_responses(raw: bytes, kind: type[ResponsesRequest] = ResponsesRequest) -> ResponsesRequest:
    """The request that a body spells. Raises ApiError (400) naming the parameter that is wrong."""
    request = read(kind, raw)
    specs = [tool.spec() for tool in request.tools or ()]
    check_tools(specs, "tools[{}].name")
    if request.tool_choice not in (None, "none", "auto") and not specs:
        raise invalid("tool_choice", "only allowed when 'tools' are given")
    check_names(request._choice()[1] or (), specs, "tool_choice")
    if request.top_logprobs and "message.output_text.logprobs" not in (request.include or ()):
        raise invalid("top_logprobs", "only allowed when 'include' asks for 'message.output_text.logprobs'")
    if request.stream_options and not request.stream:
        raise invalid("stream_options", "only allowed when 'stream' is true")
    return request
