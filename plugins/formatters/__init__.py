"""Dataset formatters: raw rows of the shapes that people publish → Examples. One module for each shape."""

from collections.abc import Iterable

from sftctl.core import hookimpl
from sftctl.core.types import Formatter
from sftctl.plugins.formatters import (
    alpaca,
    chatml,
    choice,
    gemini,
    glaive,
    next_call,
    openai_chat,
    pairs,
    plain_text,
    prompt_completion,
    query_calls,
    sharegpt,
    slots,
)


@hookimpl
def sftctl_formatters() -> Iterable[Formatter]:
    return [
        openai_chat.FORMATTER,
        openai_chat.CANONICAL,
        next_call.FORMATTER,
        gemini.FORMATTER,
        sharegpt.FORMATTER,
        pairs.FORMATTER,
        alpaca.FORMATTER,
        prompt_completion.FORMATTER,
        prompt_completion.PREFERENCE,
        query_calls.FORMATTER,
        glaive.FORMATTER,
        slots.FORMATTER,
        choice.FORMATTER,
        plain_text.FORMATTER,
        chatml.FORMATTER,  # of two that match and read as much, the later one is taken
    ]
