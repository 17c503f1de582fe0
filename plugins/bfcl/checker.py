"""Official verdicts on a model's answers."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from sftctl.core.types import Answer, Json, Message, Verdict
from sftctl.plugins.bfcl.cast import cast_message
from sftctl.plugins.bfcl.data import Item
from sftctl.plugins.bfcl.isolated import ask_official
from sftctl.plugins.bfcl.reasons import detail_of, kind_of


def check(folder: Path, items: Sequence[Item], answers: Sequence[Answer], python: Path | None = None) -> list[Verdict]:
    """The official verdict on every answer.

    Official checks are strict about types. The metric `schema_cast` is the official verdict on the same
    answer after its strings were cast to the schema's types, to tell "5" for 5 from a wrong value. A question that was
    refused has no answer, and so none that is right, also where no call is due.
    """
    messages = [answer.message for answer in answers]
    cast = [cast_message(message, item.query) for item, message in zip(items, messages, strict=True)]
    replies = ask_official(folder, [*_requests(items, messages), *_requests(items, cast)], python)
    strict, lenient = replies[: len(items)], replies[len(items) :]
    return [
        _verdict(item, answer, reply, cast_reply["ok"])
        for item, answer, reply, cast_reply in zip(items, answers, strict, lenient, strict=True)
    ]


def _verdict(item: Item, answer: Answer, reply: Json, castable: bool) -> Verdict:
    answered, reason = _answered(answer.message), "failed" if answer.refused else ""
    if not (reply["ok"] or reason):
        reason = kind_of(reply["reason"], item.truth, answered, reply["error"], item.query.outline()["tools"])
        if reason == "malformed" or answer.message.get("parse_error"):
            reason = "cut_off" if answer.finish_reason == "length" else "malformed"
    return Verdict(
        id=item.id,
        category=item.category,
        ok=reply["ok"] and not answer.refused,
        reason=reason,
        expected=item.truth,
        answered=answered,
        metrics={"schema_cast": castable and not answer.refused},
        prompt=item.query.outline(),
        detail="" if reply["ok"] else detail_of(reply["reason"], reply["error"]),
    )


def _requests(items: Sequence[Item], messages: Sequence[Message]) -> Iterator[Json]:
    for item, message in zip(items, messages, strict=True):
        yield {"do": "judge", "category": item.category, "id": item.id, "message": message}


def _answered(message: Message) -> Json:
    """The calls, or the text where there is none."""
    return [call["function"] for call in message.get("tool_calls") or ()] or message.get("content")
