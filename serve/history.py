"""What a conversation must be before a model is shown it: its calls readable, each answered, answers in order."""

from collections.abc import Callable, Iterator, Sequence

from sftctl.core.errors import DataError
from sftctl.core.types import Message, call_of
from sftctl.serve.protocol import ApiError, invalid

Name = Callable[[int, str], str]
"""What a request calls a part of the message at an index: `name(2, "content")`."""


def settle(messages: Sequence[Message], name: Name) -> tuple[Message, ...]:
    """The messages, with tools' results in the order of the calls that they answer: formats show no ids.

    Raises ApiError (400) for arguments that are no JSON object, a call without a result, a result without a call.
    """
    settled: list[Message] = []
    at = 0
    while at < len(messages):
        message, here, at = messages[at], at, at + 1
        settled.append(message)
        if message["role"] == "tool":
            raise invalid(name(here, "tool_call_id"), "no call in the assistant's message before it has this id")
        if calls := message.get("tool_calls"):
            _check_readable(calls, lambda part, here=here: name(here, part))  # type: ignore[misc]
            places = {call["id"]: place for place, call in reversed([*enumerate(calls)])}
            results = list(_results(messages, at, places, name))
            at += len(results)
            if missing := [id for id in places if id not in {each["tool_call_id"] for each in results}]:
                why = "these calls have no result in the messages that follow: " + ", ".join(reversed(missing))
                raise invalid(name(here, "tool_calls"), why[:400])
            settled += sorted(results, key=lambda result: places[result["tool_call_id"]])
    return tuple(settled)


def _check_readable(calls: Sequence[Message], name: Callable[[str], str]) -> None:
    for at, call in enumerate(calls):
        try:
            call_of(call)
        except DataError as error:
            param = name(f"tool_calls[{at}].function.arguments")
            raise ApiError(str(error), param=param, code="invalid_value") from None


def _results(messages: Sequence[Message], at: int, known: dict[str, int], name: Name) -> Iterator[Message]:
    """The results in a row from index `at` on."""
    while at < len(messages) and messages[at]["role"] == "tool":
        if messages[at]["tool_call_id"] not in known:
            raise invalid(name(at, "tool_call_id"), "no call in the assistant's message before it has this id")
        yield messages[at]
        at += 1
