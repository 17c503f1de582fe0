"""The body of `POST /v1/completions`: plain continuation of text or tokens, and scoring of what is there."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from sftctl.core.types import Sampling
from sftctl.serve.chat_request import StreamOptions
from sftctl.serve.peers import BEAMS, ORDER
from sftctl.serve.protocol import MAX_CHOICES, MAX_TOP_LOGPROBS, Off, invalid, read
from sftctl.serve.tokens import Shown

MAX_PROMPTS = 1024
Token = Annotated[int, Field(ge=0)]
Tokens = Annotated[list[Token], Field(min_length=1)]


class CompletionRequest(Shown):
    """Body of `POST /v1/completions`."""

    off: ClassVar[Mapping[str, Off]] = {
        "add_special_tokens": Off((True,), "give the tokens of the 'prompt' themselves"),
        "messages": Off(instead="ask /v1/chat/completions"),
        "prompt_embeds": Off(instead="use 'prompt'"),
        "service_tier": Off(("auto", "default"), ORDER),
        "suffix": Off(("",), "the models served here were not taught to fill in"),
        "tools": Off(([],), "ask /v1/chat/completions"),
    }

    prompt: (
        str
        | Annotated[list[str], Field(min_length=1, max_length=MAX_PROMPTS)]
        | Tokens
        | Annotated[list[Tokens], Field(min_length=1, max_length=MAX_PROMPTS)]
    )
    max_tokens: Annotated[int, Field(ge=0)] | None = None
    """OpenAI's default is 16."""
    n: Annotated[int, Field(ge=1, le=MAX_CHOICES)] | None = None
    best_of: Annotated[int, Field(ge=1, le=MAX_CHOICES)] | None = None
    echo: bool | None = None
    logprobs: Annotated[int, Field(ge=0, le=MAX_TOP_LOGPROBS)] | None = None
    stream_options: StreamOptions | None = None

    @property
    def prompts(self) -> list[str | list[int]]:
        """The prompts one by one."""
        if isinstance(self.prompt, str):
            return [self.prompt]
        if isinstance(self.prompt[0], int):
            return [[token for token in self.prompt if isinstance(token, int)]]
        return [each for each in self.prompt if not isinstance(each, int)]

    def sampling(self) -> Sampling:
        return self.draw(
            16 if self.max_tokens is None else self.max_tokens,
        )


def read_completion(raw: bytes) -> CompletionRequest:
    """The request that a body spells. Raises ApiError (400) naming the parameter that is wrong."""
    request = read(CompletionRequest, raw)
    if request.best_of is not None and request.best_of != (request.n or 1):
        raise invalid("best_of", f"only the value of 'n' is supported; {BEAMS}")
    if request.stream_options and not request.stream:
        raise invalid("stream_options", "only allowed when 'stream' is true")
    request.check_shown()
    if request.max_tokens == 0 and not request.echo:
        raise invalid("max_tokens", "0 is only allowed with 'echo'")
    return request
