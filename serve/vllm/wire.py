"""What an engine is asked for, in the words of vLLM's `/v1/completions`, and what it answers.

Tokens go both ways as ids: texts, templates and calls are ours. Log-probabilities come under names `token_id:N`.
"""

from collections.abc import Mapping, Sequence

from sftctl.core.types import Generation, Json, Step

Body = dict[str, Json]


def body(request: Generation, model: str, room: int) -> Body:
    """A request for at most `room` tokens of `model`; streamed, unless the prompt is to be scored."""
    sampling = request.sampling
    asked: Body = {
        "model": model,
        "prompt": list(request.prompt),
        "max_tokens": min(sampling.max_tokens, room),
        "temperature": 0.0 if sampling.greedy else sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "min_p": sampling.min_p,
        "seed": sampling.seed,
        "repetition_penalty": sampling.repetition_penalty,
        "presence_penalty": sampling.presence_penalty,
        "frequency_penalty": sampling.frequency_penalty,
        "logit_bias": {str(token): bias for token, bias in sampling.logit_bias.items()} or None,
        "min_tokens": min(sampling.min_tokens, sampling.max_tokens, room),
        "stop_token_ids": list(request.stop_token_ids),
        "ignore_eos": True,  # only what the ChatFormat stops on ends an answer
        "logprobs": request.logprobs,
        "return_token_ids": True,
        "return_tokens_as_token_ids": True,
    }
    if request.grammar is not None:
        asked["structured_outputs"] = {"grammar": request.grammar.rules}
    if request.echo:  # which vLLM does not stream; and it always writes a token
        return asked | {"prompt_logprobs": request.logprobs or 0, "max_tokens": max(1, asked["max_tokens"])}
    return asked | {"stream": True, "stream_options": {"include_usage": True}}


def steps(choice: Mapping[str, Json], top: int | None) -> list[Step]:
    """The tokens of a choice, or of a part of one; `top`: how many alternatives were asked for."""
    tokens: Sequence[int] = choice.get("token_ids") or ()
    scored = choice.get("logprobs")
    if top is None or not scored:
        return [Step(token) for token in tokens]
    rows = zip(tokens, scored["token_logprobs"], scored["top_logprobs"], strict=True)
    return [Step(token, logprob, _likeliest(_by_id(others), top)) for token, logprob, others in rows]


def prompt_steps(choice: Mapping[str, Json], prompt: Sequence[int], top: int) -> tuple[Step, ...]:
    """The prompt's tokens with their log-probabilities; the first has none."""
    found = [Step(prompt[0])]
    for token, others in zip(prompt[1:], choice["prompt_logprobs"][1:], strict=True):
        scores = {int(other): float(value["logprob"]) for other, value in others.items()}
        found.append(Step(token, scores[token], _likeliest(scores, top)))
    return tuple(found)


def reason(answer: Mapping[str, Json]) -> str:
    """What vLLM says is wrong, in one line."""
    error = answer.get("error") or answer
    lines = str(error.get("message") or error).strip().splitlines()
    return lines[0].rstrip(".") if lines else "it gave no reason"


def _by_id(others: Mapping[str, float] | None) -> dict[int, float]:
    return {int(name.removeprefix("token_id:")): value for name, value in (others or {}).items()}


def _likeliest(scores: Mapping[int, float], top: int) -> tuple[tuple[int, float], ...]:
    """The `top` likeliest: vLLM adds the token itself, wherever it stands."""
    ranked = sorted(scores.items(), key=lambda each: -each[1])
    return tuple(ranked[:top])
