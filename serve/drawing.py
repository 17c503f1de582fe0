"""How an answer is drawn: what the body of every request that makes a model write may say of it."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from sftctl.core.types import Sampling
from sftctl.serve.peers import PEERS
from sftctl.serve.protocol import Off, Request, invalid

MAX_STOP_IDS = 64


class Body(Request):
    """The body of a request that makes a model write."""

    labels: ClassVar[frozenset[str]] = frozenset(
        {
            "metadata",
            "prompt_cache_key",
            "prompt_cache_retention",
            "safety_identifier",
            "user",
            "cache_prompt",
            "id_slot",
        }
    )
    peers: ClassVar[Mapping[str, Off]] = PEERS

    model: Annotated[str, Field(min_length=1)] | None = None
    """Left out, the first of `/v1/models` answers."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    """Left out, answers are greedy: small models call tools best so."""
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    stop: (
        Annotated[str, Field(min_length=1)]
        | Annotated[list[Annotated[str, Field(min_length=1)]], Field(max_length=4)]
        | None
    ) = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    logit_bias: dict[str, Annotated[float, Field(ge=-100, le=100)]] | None = None
    top_k: Annotated[int, Field(ge=-1, lt=2**31)] | None = None
    """Not OpenAI's but vLLM's, as are those up to `stop_token_ids`: only the likeliest `top_k` tokens; 0 or -1: all."""
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    repetition_penalty: Annotated[float, Field(gt=0, le=2)] | None = None
    min_tokens: Annotated[int, Field(ge=0)] | None = None
    ignore_eos: bool | None = None
    """The answer has as many tokens as it may have."""
    include_stop_str_in_output: bool | None = None
    stop_token_ids: Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=MAX_STOP_IDS)] | None = None
    stream: bool | None = None

    def draw(self, max_tokens: int) -> Sampling:
        """How to answer, within `max_tokens`."""
        min_tokens = max_tokens if self.ignore_eos else self.min_tokens or 0
        if min_tokens > max_tokens:
            raise invalid("min_tokens", f"the answer may have {max_tokens} tokens")
        top_p = 1.0 if self.top_p is None else self.top_p
        return Sampling(
            max_tokens=max_tokens,
            temperature=self.temperature or 0.0,
            top_p=top_p,
            top_k=max(0, self.top_k or 0),
            min_p=self.min_p or 0.0,
            repetition_penalty=1.0 if self.repetition_penalty is None else self.repetition_penalty,
            min_tokens=min_tokens,
            keep_stop=bool(self.include_stop_str_in_output),
            seed=self.seed,
            presence_penalty=self.presence_penalty or 0.0,
            frequency_penalty=self.frequency_penalty or 0.0,
            logit_bias=_read_bias(self.logit_bias or {}),
            stop=(self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ()),
            stop_ids=tuple(self.stop_token_ids or ()),
        )


def _read_bias(bias: Mapping[str, float]) -> dict[int, float]:
    """Token id → bias. Raises ApiError where a key is no token id."""
    if wrong := [key[:20] for key in bias if not (key.isascii() and key.isdigit() and len(key) <= 9)]:
        keys = ", ".join(f"'{key}'" for key in wrong[:10])
        raise invalid("logit_bias", f"{keys} {'is no token id' if len(wrong) == 1 else 'are no token ids'}")
    return {int(key): value for key, value in bias.items()}
