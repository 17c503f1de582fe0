"""A question to a model as the body of a request, for our own service and for anybody's endpoint alike."""

from sftctl.core.types import REFUSED, Answer, Json, Query, Sampling

NOT_ASKED = "It was not asked."
"""What stands for an answer where only an estimate is wanted."""


def chat_body(model: str, query: Query, sampling: Sampling) -> dict[str, Json]:
    """The body of `POST /v1/chat/completions`. A greedy question has temperature 0."""
    messages = [{key: value for key, value in message.items() if key != "weight"} for message in query.messages]
    body: dict[str, Json] = {"model": model, "messages": messages}
    if query.tools:
        body["tools"] = list(query.tools)
    body |= {"max_tokens": sampling.max_tokens, "temperature": sampling.temperature}
    return body | ({} if sampling.seed is None else {"seed": sampling.seed})


def refused(reason: str) -> Answer:
    """What stands for an answer where an endpoint refuses a question for good."""
    message = {"role": "assistant", "content": "", "parse_error": reason}
    return Answer(message, reason, REFUSED, 0, 0)
