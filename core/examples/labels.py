"""Which tokens carry loss: what the assistant writes, unless `train` says otherwise; the same for every trainer.

A ChatFormat labels what the assistant writes. `assistant_only_loss` and `completion_only_loss` widen or narrow that
here, after rendering, so that a trainer sees ids and labels alone and no option of its own decides them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sftctl.core.errors import DataError
from sftctl.core.examples.promises import Written
from sftctl.core.types import IGNORED, Message, Rendered


@dataclass(frozen=True)
class LossOn:
    """The tokens that carry loss, in TRL's terms."""

    assistant_only: bool = True
    """False: every token, but the first, which nothing comes before."""
    completion_only: bool | None = None
    """True: only the completion, which is what comes after the last message of the user. False: refuse a row that
    keeps part of it out of the loss (`weight` 0). None: as the rows say."""

    @classmethod
    def of(cls, settings: Any) -> "LossOn":
        """What a trainer's settings ask for; the default where they have no such names."""
        return cls(getattr(settings, "assistant_only_loss", True), getattr(settings, "completion_only_loss", None))


def relabelled(written: Written, loss_on: LossOn) -> Rendered:
    """The row with labels where `loss_on` wants them. Raises DataError saying why that cannot be."""
    rendered, begin = written.rendered, 0
    messages: Sequence[Message] = written.example.messages
    if loss_on.completion_only:
        messages, begin = _completion(written)
    if not loss_on.assistant_only or loss_on.completion_only is False:
        option = "completion_only_loss" if loss_on.assistant_only else "assistant_only_loss"
        if any(message.get("weight") == 0 for message in messages):
            raise DataError(f"{option}: false would train on a message of weight 0, or of a prompt")
    labels = rendered.labels if loss_on.assistant_only else [IGNORED, *rendered.input_ids[1:]]
    labels = [IGNORED] * begin + labels[begin:]
    if all(label == IGNORED for label in labels):
        raise DataError("nothing is left to learn")
    return replace(rendered, labels=labels)


def _completion(written: Written) -> tuple[Sequence[Message], int]:
    """The messages after the last one of the user, and the token that the first of them begins with."""
    messages = written.example.messages
    if not messages:
        raise DataError("completion_only_loss: true needs a conversation, and this is plain text")
    asked = max((at for at, message in enumerate(messages) if message["role"] == "user"), default=-1)
    begin = asked + 1 if asked >= 0 else len(messages) - 1
    prompt = written.chat_format.prompt(messages[:begin], written.example.tools, written.tokenizer)
    if written.rendered.input_ids[: len(prompt)] != prompt:
        raise DataError(f"ChatFormat '{written.chat_format.name}' writes its prompt otherwise than its beginning")
    return messages[begin:], len(prompt)
