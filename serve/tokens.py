"""The tokens of a prompt and of its answer beside their text: scored as OpenAI does, or shown as vLLM does."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from sftctl.core.types import Step
from sftctl.serve.answering import Choice
from sftctl.serve.connection import Body
from sftctl.serve.form import Formed
from sftctl.serve.protocol import MAX_TOP_LOGPROBS, invalid
from sftctl.serve.service import Spell

LEAST = -9999.0
"""What stands for a probability of 0, as JSON has no infinity."""


def scored(step: Step, spell: Spell, *, as_ids: bool = False) -> Body:
    """A token with its log-probability and the likeliest alternatives."""
    tops = [{**_spelled(token, spell, as_ids), "logprob": finite(logprob)} for token, logprob in step.top]
    logprob = LEAST if step.logprob is None else finite(step.logprob)
    return {**_spelled(step.token, spell, as_ids), "logprob": logprob, "top_logprobs": tops}


def _spelled(token: int, spell: Spell, as_ids: bool) -> Body:
    return {"token": token_text(token, spell, as_ids=as_ids), "bytes": list(spell(token))}


def token_text(token: int, spell: Spell, *, as_ids: bool = False) -> str:
    """A token as text; bytes that are no whole character are spelled out, as OpenAI does."""
    if as_ids:
        return f"token_id:{token}"
    raw = spell(token)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in raw)


def finite(logprob: float) -> float:
    return max(logprob, LEAST)


# ---------------------------------------------------------------- vLLM's


class Shown(Formed):
    """The body of a request whose tokens may be shown."""

    return_token_ids: bool | None = None
    return_tokens_as_token_ids: bool | None = None
    """Scores call a token `token_id:5` instead of its text, which others may share."""
    prompt_logprobs: Annotated[int, Field(ge=0, le=MAX_TOP_LOGPROBS)] | None = None

    def check_shown(self) -> None:
        """Raises ApiError (400) for what cannot be shown."""
        if self.prompt_logprobs is not None and self.stream:
            raise invalid("prompt_logprobs", "only allowed where 'stream' is not true")

    def of_prompt(self, choice: Choice, spell: Spell) -> Body:
        """The prompt's tokens, and their scores."""
        shown: Body = {}
        if self.return_token_ids is not None:
            shown["prompt_token_ids"] = list(choice.plan.prompt) if self.return_token_ids else None
        if self.prompt_logprobs is not None and choice.ticket:
            scored = choice.ticket.prompt_logprobs or ()
            shown["prompt_logprobs"] = [_scores(step, self.prompt_logprobs, spell) for step in scored]
        return shown

    def of_answer(self, tokens: Sequence[int]) -> Body:
        """Tokens that were written."""
        if self.return_token_ids is None:
            return {}
        return {"token_ids": list(tokens) if self.return_token_ids else None}


def _scores(step: Step, top: int, spell: Spell) -> Body | None:
    """By token: the `top` likeliest at its place, and the token itself, whose rank is known if it is among them."""
    if step.logprob is None:
        return None
    shown = {step.token: step.logprob, **dict(step.top[:top])}
    ranks = {token: rank for rank, (token, _) in enumerate(step.top, 1)}
    return {
        str(token): {"logprob": finite(logprob), "rank": ranks.get(token), "decoded_token": token_text(token, spell)}
        for token, logprob in shown.items()
    }
