"""From what a client asked to what the engine is asked: prompt, grammar, and what cannot be done."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sftctl.core.errors import DataError
from sftctl.core.types import Json, Sampling
from sftctl.serve.frames import object_schema
from sftctl.serve.grammar import CompiledGrammar, Grammars, Shape
from sftctl.serve.protocol import ApiError, Asked, Params, invalid, unsupported
from sftctl.serve.schemas import InvalidSchema, UnsupportedSchema, enforceable_part

if TYPE_CHECKING:
    from sftctl.serve.chat import ChatModel


@dataclass(frozen=True)
class Plan:
    """What the engine will be asked for, and how its tokens are to be read."""

    model: "ChatModel"
    prompt: tuple[int, ...]
    sampling: Sampling
    grammar: CompiledGrammar | None = None
    calls: bool = False
    """Whether tools were offered: else whatever is written is just text."""
    one_call: bool = False
    n: int = 1
    logprobs: int | None = None
    """How many alternatives are to be shown for each token of the answer."""
    prompt_logprobs: int | None = None
    """The same of the prompt's tokens."""
    echo: bool = False
    """The prompt is to be scored as the answer is."""
    named: bool = False
    """One tool was named to be called."""
    ignored: tuple[str, ...] = ()
    """Parts of the conversation that nobody reads."""
    lead: str = ""
    """How the answer begins: it stands at the end of the prompt."""
    prompt_param: str = "messages"
    """What a refusal calls the prompt."""

    @property
    def alternatives(self) -> int | None:
        """How many the engine is to give."""
        return max((asked for asked in (self.logprobs, self.prompt_logprobs) if asked is not None), default=None)

    @property
    def relaxed(self) -> tuple[str, ...]:
        """Tools whose calls are not held to their whole schemas."""
        return self.grammar.relaxed if self.grammar else ()


def plan_chat(model: "ChatModel", asked: Asked, grammars: Grammars | None) -> Plan:
    """Renders the prompt and compiles the grammar. Raises ApiError (400) for what cannot be done.

    `grammars` is None where the engine cannot be constrained: calls are then parsed out of free text.
    """
    check_sampling(model, asked.sampling, logprobs=asked.logprobs, prompt_logprobs=asked.prompt_logprobs)
    grammar = grammar_of(asked.shape, asked.params, grammars)
    if grammar and grammars and asked.tools:
        grammar = grammars.grounded(grammar, asked.messages)
    return Plan(
        model,
        prompt_of(model, asked),
        asked.sampling,
        grammar,
        calls=bool(asked.tools),
        one_call=not asked.shape.parallel,
        n=asked.n,
        logprobs=asked.logprobs,
        prompt_logprobs=asked.prompt_logprobs,
        named=asked.named,
        ignored=asked.ignored,
        lead=asked.lead,
        prompt_param=asked.params.conversation,
    )


def prompt_of(model: "ChatModel", asked: Asked) -> tuple[int, ...]:
    """What the model is shown. Raises ApiError (400) for what its ChatFormat cannot write."""
    try:
        prompt = model.chat_format.prompt(asked.messages, asked.tools, model.tokenizer)
        return *prompt, *model.tokenizer.encode(asked.lead, add_special_tokens=False, split_special_tokens=True)
    except DataError as error:
        raise ApiError(str(error), param=asked.params.conversation, code="invalid_value") from None


def grammar_of(shape: Shape, params: Params, grammars: Grammars | None) -> CompiledGrammar | None:
    """The grammar of an answer of this shape; None where any will do. Raises ApiError (400) for what cannot be kept."""
    if shape.is_free:
        return None
    try:
        if grammars:
            return grammars.of(shape)
        _check_unconstrained(shape, params)
        return None
    except UnsupportedSchema as error:
        at, why = error.args
        if at is None and shape.lark:
            raise ApiError(f"Invalid grammar: {why}", param=params.schema, code="invalid_grammar") from None
        if at is None:
            raise ApiError(f"Invalid schema: {why}", param=params.schema, code="invalid_json_schema") from None
        name, param = shape.tools[at]["function"]["name"], f"{params.tool.format(at)}.parameters"
        message = f"Invalid schema for function '{name}': {why}"
        raise ApiError(message, param=param, code="invalid_function_parameters") from None


def _check_unconstrained(shape: Shape, params: Params) -> None:
    """Refuses what only a grammar can keep."""
    why = "this engine cannot constrain what the model writes"
    for at, tool in enumerate(shape.tools):
        if tool["function"].get("strict"):
            raise unsupported(f"{params.tool.format(at)}.strict", why)
        check_schema(at, tool)
    if shape.required:
        raise unsupported("tool_choice", "this engine cannot force a call")
    if shape.output is not None or shape.lark:
        raise unsupported(params.output, why)


def check_schema(at: int, tool: dict[str, Json]) -> None:
    """Raises InvalidSchema (args: the index, the sentence) for parameters that are no schema of objects."""
    try:
        enforceable_part(object_schema(tool["function"].get("parameters")))
    except InvalidSchema as error:
        raise InvalidSchema(at, str(error)) from None
    except UnsupportedSchema:
        pass


def check_sampling(
    model: "ChatModel", sampling: Sampling, *, logprobs: int | None, prompt_logprobs: int | None = None
) -> None:
    """Raises ApiError for what the engine cannot do, or the model's vocabulary does not have."""
    able = model.engine.capabilities
    for name, wanted, needed in (
        ("presence_penalty", sampling.presence_penalty, "penalties"),
        ("frequency_penalty", sampling.frequency_penalty, "penalties"),
        ("repetition_penalty", sampling.repetition_penalty != 1, "penalties"),
        ("min_tokens", sampling.min_tokens, "penalties"),
        ("logit_bias", sampling.logit_bias, "logit_bias"),
        ("logprobs", logprobs is not None, "logprobs"),
        ("prompt_logprobs", prompt_logprobs is not None, "logprobs"),
    ):
        if wanted and needed not in able:
            raise unsupported(name, "the engine has no such thing")
    for name, tokens in (("logit_bias", sampling.logit_bias), ("stop_token_ids", sampling.stop_ids)):
        for token in tokens:
            if token >= len(model.tokenizer):
                raise invalid(name, f"{token} is no token id: there are {len(model.tokenizer)} tokens")
